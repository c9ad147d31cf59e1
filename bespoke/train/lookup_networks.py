"""Networks of small look-up tables over thresholds: starts of the gate-level search where trees saturate.

A table reads four wires, ``feature >= level`` or what a table of the layer before answers, and holds 16 bits. The last
layer's tables vote, each for the class of its group; the class with most votes wins, the lowest among equals. Entries
and connections are learned by gradient descent with straight-through estimates, so that what is trained is the network
that is built (Petersen et al. 2022, "Deep differentiable logic gate networks"; Bacellar et al. 2024, "Differentiable
weightless neural networks").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from threadpoolctl import threadpool_limits

from bespoke.errors import InputError
from bespoke.sensing.wires import checked_inputs
from bespoke.train.lookup_kernels import PINS, STATES, adam, connect, layer_backward, layer_forward, through_softmax

#: Tables and layers of the networks that are trained as starts: small ones say more with fewer gates in two layers,
#: large ones learn better in one.
SIZES = ((12, 2), (30, 2), (100, 1), (300, 1))
#: And of one more where there are enough samples for it.
LARGE_SIZE, LARGE_SAMPLES = (1000, 1), 3000
#: Most thresholds of one feature that a table may read; on a finer grid they follow the samples' quantiles.
MOST_LEVELS = 63
#: Half the span of a table's logits at the start, when it passes its first pin on.
PASS_THROUGH = 1.0
#: Spread of the connections' logits at the start: enough to break ties, little enough to be overcome.
CONNECTION_SPREAD = 0.1
#: Fewest steps of a pass.
LEAST_STEPS = 16
#: Entries are relaxed (values between 0 and 1 vote) for this share of the epochs.
RELAXED_SHARE = 0.5


@dataclass(frozen=True)
class LookupOptions:
    """What a look-up network looks like and how long it learns.

    Parameters
    ----------
    tables : tables of the last layer, and of every layer before it; at least one for each class.
    layers : 1 or 2 layers of tables. Tables of the second may read thresholds as well.
    epochs : most passes over the samples.
    budget : most multiply-adds (samples x pins x wires that each may read x passes): it shortens the training, to no
        less than a pass.
    batch : samples of one step; fewer where there are so few samples that a pass would have less than `LEAST_STEPS`.
    noise : normal noise added to every feature anew in every pass, in its standard deviations: against over-fitting.
    rate : step size of Adam at the start; it falls to zero along half a cosine.
    sharpness : how much one vote more is worth before softmax, times the root of the tables of a class.

    Raises
    ------
    InputError
        for a value out of its range.
    """

    tables: int
    layers: int = 1
    epochs: int = 60
    budget: int = 80_000_000_000
    batch: int = 256
    noise: float = 0.1
    rate: float = 0.05
    sharpness: float = 3.0

    def __post_init__(self):
        for name, least, most in (
            ("tables", 1, 1 << 16),
            ("layers", 1, 2),
            ("epochs", 1, 1 << 20),
            ("budget", 1, 1 << 50),
            ("batch", 1, 1 << 20),
        ):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | np.integer) or not least <= value <= most:
                raise InputError(f"a look-up network's {name} must be an integer in {least}..{most}, not {value!r}")
        if not 0 <= self.noise <= 4:
            raise InputError(f"the noise must lie in 0..4 standard deviations, not {self.noise!r}")
        if not 0 < self.rate <= 1:
            raise InputError(f"a look-up network's learning rate must lie in 0..1, not {self.rate!r}")
        if not 0 < self.sharpness <= 100:
            raise InputError(f"a look-up network's sharpness must lie in 0..100, not {self.sharpness!r}")


@dataclass(frozen=True, eq=False)
class LookupLayer:
    """Tables side by side.

    Parameters
    ----------
    pins : int32 (tables, 4), signals that each table reads: thresholds first, then the tables of the layer before.
    truths : int32 (tables,): bit s is the answer in state s, pin i being bit i of s.
    """

    pins: np.ndarray
    truths: np.ndarray

    def __post_init__(self):
        for field in ("pins", "truths"):
            array = np.array(getattr(self, field), dtype=np.int32)
            array.setflags(write=False)
            object.__setattr__(self, field, array)

    def evaluate(self, signals: np.ndarray) -> np.ndarray:
        """Answers, bool (tables, samples), for bool ``signals`` (signals, samples)."""
        states = np.zeros((len(self.pins), signals.shape[1]), dtype=np.int32)
        for pin in range(PINS):
            states |= signals[self.pins[:, pin]].astype(np.int32) << pin
        return (self.truths[:, None] >> states & 1).astype(bool)


@dataclass(frozen=True, eq=False)
class LookupNetwork:
    """Layers of tables over thresholds, and the classes that the last ones vote for.

    Parameters
    ----------
    features, bits : the grid.
    classes : number of classes.
    levels : int32 (thresholds, 2), feature and level of each threshold.
    layers : first layer first.
    votes : int32 (tables,), class of each table of the last layer.
    """

    features: int
    bits: int
    classes: int
    levels: np.ndarray
    layers: tuple[LookupLayer, ...]
    votes: np.ndarray

    @property
    def tables(self) -> int:
        """Tables of all layers."""
        return sum(len(layer.pins) for layer in self.layers)

    def sums(self, inputs: np.ndarray) -> np.ndarray:
        """Votes per sample and class, int64 (samples, classes), for integers (samples, features)."""
        values = checked_inputs(inputs, features=self.features, bits=self.bits)
        thresholds = (values[:, self.levels[:, 0]] >= self.levels[:, 1]).T
        answers = thresholds[:0]
        for layer in self.layers:
            answers = layer.evaluate(np.concatenate([thresholds, answers]))
        return np.stack([answers[self.votes == group].sum(axis=0) for group in range(self.classes)], axis=1)

    def predict(self, inputs: np.ndarray) -> np.ndarray:
        """Class index per sample, int64 (samples,): most votes, the lowest class among equals."""
        return self.sums(inputs).argmax(axis=1).astype(np.int64)


def train_lookup_network(
    features: np.ndarray, classes: np.ndarray, *, classes_count: int, bits: int, options: LookupOptions, seed: int = 0
) -> LookupNetwork:
    """A look-up network that gradient descent finds.

    Parameters
    ----------
    features : integer (samples, features), values of the grid of ``2**bits`` levels.
    classes : integer (samples,), class indices below ``classes_count``.
    seed : same seed and options, same network.

    Raises
    ------
    InputError
        where samples and classes do not fit together, or there are fewer tables than classes.
    """
    features, classes = _checked(features, classes, classes_count, bits)
    if options.tables < classes_count:
        raise InputError(
            f"a look-up network needs a table for each of the {classes_count} classes, not {options.tables} in all"
        )
    levels = _thresholds(features, bits)
    rng = np.random.default_rng(seed)
    votes = np.arange(options.tables, dtype=np.int32) % classes_count
    read = [len(levels) + before for before in (0, options.tables)[: options.layers]]
    layers = [_Layer.started(options.tables, signals, len(levels), rng) for signals in read]
    with threadpool_limits(1):  # the order of additions must not depend on threads
        _Training(features, classes, classes_count, bits, options, levels, layers, votes, rng).run()
    return LookupNetwork(
        features.shape[1], bits, classes_count, levels, tuple(layer.discrete() for layer in layers), votes
    )


def lookup_networks(
    features: np.ndarray,
    classes: np.ndarray,
    *,
    classes_count: int,
    bits: int,
    sizes: Sequence[tuple[int, int]] | None = None,
    options: LookupOptions | None = None,
    seed: int = 0,
) -> list[LookupNetwork]:
    """Look-up networks of several sizes, those left out that have fewer tables than there are classes.

    Parameters
    ----------
    sizes : tables of a layer, and layers, of each network; by default those of `default_sizes`.
    options : of every network but for its size; see `train_lookup_network`.
    """
    options = options or LookupOptions(tables=1)
    return [
        train_lookup_network(
            features,
            classes,
            classes_count=classes_count,
            bits=bits,
            options=replace(options, tables=tables, layers=layers),
            seed=seed,
        )
        for tables, layers in (default_sizes(len(classes)) if sizes is None else sizes)
        if tables >= classes_count
    ]


def default_sizes(samples: int) -> tuple[tuple[int, int], ...]:
    """Tables of a layer, and layers, of the networks that are worth their training on so many samples."""
    return (*SIZES, LARGE_SIZE) if samples >= LARGE_SAMPLES else SIZES


def _checked(features: np.ndarray, classes: np.ndarray, classes_count: int, bits: int) -> tuple[np.ndarray, np.ndarray]:
    features, classes = np.asarray(features), np.asarray(classes)
    if features.ndim != 2 or classes.shape != features.shape[:1] or not len(classes):
        raise InputError(f"samples {features.shape} and their classes {classes.shape} do not fit together")
    features = checked_inputs(features, features=features.shape[1], bits=bits)
    if classes.dtype.kind not in "iu" or classes.min() < 0 or classes.max() >= classes_count:
        raise InputError(f"classes must be integers in 0..{classes_count - 1}")
    return features, classes.astype(np.int64)


def _thresholds(features: np.ndarray, bits: int) -> np.ndarray:
    """Levels that some samples reach and others do not, int32 (thresholds, 2); one that nobody reaches if all agree."""
    found = []
    for feature in range(features.shape[1]):
        levels = np.unique(features[:, feature])[1:]
        if len(levels) > MOST_LEVELS:
            shares = np.linspace(0, 1, MOST_LEVELS + 2)[1:-1]
            quantiles = np.unique(np.quantile(features[:, feature], shares, method="higher"))
            levels = quantiles[quantiles >= levels[0]]
        found += [(feature, int(level)) for level in levels]
    return np.array(found or [(0, (1 << bits) - 1)], dtype=np.int32)


@dataclass(frozen=True, eq=False)
class _Layer:
    """A layer that learns: logits of entries and of connections, and what Adam knows of them."""

    entries: np.ndarray
    logits: np.ndarray
    shares: np.ndarray
    pins: np.ndarray
    entry_moments: np.ndarray
    logit_moments: np.ndarray

    @classmethod
    def started(cls, tables: int, signals: int, thresholds: int, rng: np.random.Generator) -> _Layer:
        """Every table passes its first pin on; beyond the first layer that pin reads the table of its own number."""
        entries = np.where(np.arange(STATES) & 1, PASS_THROUGH, -PASS_THROUGH)
        entries = np.tile(entries, (tables, 1)) + 0.1 * rng.normal(size=(tables, STATES))
        logits = CONNECTION_SPREAD * rng.normal(size=(tables, PINS, signals))
        if signals > thresholds:
            logits[np.arange(tables), 0, thresholds + np.arange(tables)] = 1.0
        return cls(
            entries=entries.astype(np.float32),
            logits=logits.astype(np.float32).reshape(tables * PINS, signals),
            shares=np.zeros((tables * PINS, signals), dtype=np.float32),
            pins=np.zeros((tables, PINS), dtype=np.int32),
            entry_moments=np.zeros((2, entries.size), dtype=np.float32),
            logit_moments=np.zeros((2, logits.size), dtype=np.float32),
        )

    def discrete(self) -> LookupLayer:
        connect(self.logits, self.shares, self.pins)
        return LookupLayer(self.pins, ((self.entries > 0) << np.arange(STATES)).sum(axis=1))


@dataclass(frozen=True, eq=False)
class _Training:
    """One training, step by step."""

    features: np.ndarray
    classes: np.ndarray
    classes_count: int
    bits: int
    options: LookupOptions
    levels: np.ndarray
    layers: list[_Layer]
    votes: np.ndarray
    rng: np.random.Generator

    def run(self) -> None:
        """Learn for as many passes as the options and their budget allow."""
        options = self.options
        samples = len(self.features)
        a_pass = samples * sum(layer.logits.size for layer in self.layers)
        epochs = max(1, min(options.epochs, options.budget // a_pass))
        batches = max(samples // options.batch, min(LEAST_STEPS, samples))
        step = 0
        for epoch in range(epochs):
            order = self.rng.permutation(samples)
            moved = self._moved()
            for part in np.array_split(order, batches):
                step += 1
                rate = options.rate * 0.5 * (1 + np.cos(np.pi * step / (epochs * batches)))
                thresholds = moved[part][:, self.levels[:, 0]] >= self.levels[:, 1]
                self._step(np.ascontiguousarray(thresholds.T), self.classes[part], rate, step, epoch / epochs)

    def _moved(self) -> np.ndarray:
        """The samples with new noise."""
        if self.options.noise == 0:
            return self.features
        spread = self.options.noise * self.features.std(axis=0)
        noise = np.rint(self.rng.normal(size=self.features.shape) * spread).astype(np.int64)
        return np.clip(self.features + noise, 0, (1 << self.bits) - 1)

    def _step(self, thresholds: np.ndarray, classes: np.ndarray, rate: float, step: int, done: float) -> None:
        samples = len(classes)
        signals = [thresholds.astype(np.uint8)]
        soft, states = [], []
        values = np.zeros((0, samples), dtype=np.float32)
        for index, layer in enumerate(self.layers):
            connect(layer.logits, layer.shares, layer.pins)
            relaxed = 1 / (1 + np.exp(-layer.entries))
            votes = index + 1 == len(self.layers) and done < RELAXED_SHARE
            entries = relaxed if votes else (layer.entries > 0).astype(np.float32)
            soft.append(relaxed)
            states.append(np.zeros((len(layer.pins), samples), dtype=np.uint8))
            values = np.zeros((len(layer.pins), samples), dtype=np.float32)
            layer_forward(signals[-1], layer.pins, entries, states[-1], values)
            if index + 1 < len(self.layers):
                signals.append(np.concatenate([signals[0], values.astype(np.uint8)]))
        upstream = self._vote_gradient(values, classes)[self.votes]
        for index in range(len(self.layers) - 1, -1, -1):
            layer = self.layers[index]
            gradient = np.zeros((len(signals[index]) if index else 0, samples), dtype=np.float32)
            by_entry = np.zeros_like(layer.entries)
            by_pin = np.zeros((*layer.pins.shape, samples), dtype=np.float32)
            layer_backward(states[index], soft[index], upstream, layer.pins, by_entry, by_pin, gradient)
            by_logit = by_pin.reshape(-1, samples) @ signals[index].astype(np.float32).T
            through_softmax(by_logit, layer.shares)
            adam(layer.entries.ravel(), by_entry.ravel(), *layer.entry_moments, rate, step)
            adam(layer.logits.ravel(), by_logit.ravel(), *layer.logit_moments, rate, step)
            upstream = gradient[len(thresholds) :]

    def _vote_gradient(self, values: np.ndarray, classes: np.ndarray) -> np.ndarray:
        """Gradient of the mean cross-entropy by one vote for each class, float32 (classes, samples)."""
        worth = self.options.sharpness / np.sqrt(len(self.votes) / self.classes_count)
        sums = np.stack([values[group :: self.classes_count].sum(axis=0) for group in range(self.classes_count)])
        scores = worth * (sums - sums.max(axis=0))
        shares = np.exp(scores)
        shares /= shares.sum(axis=0)
        shares[classes, np.arange(len(classes))] -= 1
        return (shares * (worth / len(classes))).astype(np.float32)
