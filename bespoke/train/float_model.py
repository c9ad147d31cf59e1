"""The float MLP: scikit-learn trains it, the integer networks are made from it."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from bespoke.data import Part, PreparedData
from bespoke.errors import InputError

#: Told how much is done (0 to 1) and what it is about.
Progress = Callable[[float, str], None]

_WEIGHT_DECAYS = (1e-4, 1e-2, 0.1, 1.0)


@dataclass(frozen=True, eq=False)
class FloatModel:
    """A multilayer perceptron with ReLU between its layers; the largest output names the class, the first among equals.

    Parameters
    ----------
    weights : per layer float64 (outputs, inputs). The first layer reads features scaled to 0..1.
    biases : per layer float64 (outputs,).
    """

    weights: tuple[np.ndarray, ...]
    biases: tuple[np.ndarray, ...]

    def __post_init__(self):
        weights = tuple(np.ascontiguousarray(weight, dtype=np.float64) for weight in self.weights)
        biases = tuple(np.ascontiguousarray(bias, dtype=np.float64) for bias in self.biases)
        if not weights or len(weights) != len(biases):
            raise InputError(f"a float model needs as many biases as weights, not {len(biases)} and {len(weights)}")
        for index, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
            if weight.ndim != 2 or bias.shape != weight.shape[:1] or 0 in weight.shape:
                raise InputError(f"layer {index} of the float model has weights {weight.shape}, biases {bias.shape}")
            if index and weight.shape[1] != weights[index - 1].shape[0]:
                raise InputError(f"layer {index} of the float model does not fit the layer before it")
            if not (np.isfinite(weight).all() and np.isfinite(bias).all()):
                raise InputError(f"layer {index} of the float model has weights that are not finite")
        for array in (*weights, *biases):
            array.setflags(write=False)
        object.__setattr__(self, "weights", weights)
        object.__setattr__(self, "biases", biases)

    @property
    def topology(self) -> tuple[int, ...]:
        """Inputs, neurons of every layer."""
        return (self.weights[0].shape[1], *(weight.shape[0] for weight in self.weights))

    def decision(self, features01: np.ndarray) -> np.ndarray:
        """Outputs (samples, classes) for features (samples, features) scaled to 0..1."""
        return self.layer_sums(features01)[-1]

    def layer_sums(self, features01: np.ndarray) -> tuple[np.ndarray, ...]:
        """Sums of every layer before its ReLU, (samples, neurons) each."""
        values = np.asarray(features01, dtype=np.float64)
        sums = []
        for weight, bias in zip(self.weights, self.biases, strict=True):
            sums.append(values @ weight.T + bias)
            values = np.maximum(sums[-1], 0.0)
        return tuple(sums)

    def predict(self, features: np.ndarray, bits: int) -> np.ndarray:
        """Class index per sample, int64 (samples,), for quantised integer ``features`` of ``bits`` bits."""
        return self.decision(scaled(features, bits)).argmax(axis=1)

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": "float",
            "schema": 1,
            "weights": [weight.tolist() for weight in self.weights],
            "biases": [bias.tolist() for bias in self.biases],
        }

    @classmethod
    def from_json(cls, document: Any) -> FloatModel:
        """The model that ``to_json`` wrote; InputError if the document is not one."""
        try:
            if document["kind"] != "float" or document["schema"] != 1:
                raise InputError("the document is not a float model of schema 1")
            return cls(
                tuple(np.array(weight, dtype=np.float64) for weight in document["weights"]),
                tuple(np.array(bias, dtype=np.float64) for bias in document["biases"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"the float model is damaged ({type(error).__name__}: {error})") from error


def scaled(features: np.ndarray, bits: int) -> np.ndarray:
    """What a quantised feature stands for, ``q / 2**bits``: a power of two, so that integer networks scale exactly."""
    return np.asarray(features, dtype=np.float64) / (1 << bits)


def train_float(
    data: PreparedData, *, hidden: tuple[int, ...] = (3,), seed: int = 0, progress: Progress | None = None
) -> FloatModel:
    """The best of a small search over the starts and the weight decay of scikit-learn's ``MLPClassifier``.

    Every candidate learns from the training part; validation accuracy chooses among those that use all the neurons they
    were given (among the others, if there are no such). Among equals the stronger weight decay wins, because small
    weights of one order survive rounding best, then the lower validation loss. A network for two classes has outputs
    ``(0, logit)``: one sum and its sign are all that its hardware needs.

    Parameters
    ----------
    hidden : neurons of every hidden layer.
    seed : same seed, same model.
    progress : called after every fit.

    Raises
    ------
    InputError
        for hidden layers without neurons, or a training part that lacks a class.
    """
    hidden = checked_hidden(hidden)
    counts = np.bincount(data.train.classes, minlength=data.classes)
    if (counts == 0).any():
        raise InputError(
            f"{data.name}: the training part has no sample of class {data.class_labels[counts.argmin()]!r}"
        )
    weights = sum(inputs * outputs for inputs, outputs in pairwise((data.features, *hidden, data.classes)))
    rounds = _rounds(data.train.samples * weights)
    pool = _starts(rounds[0].kept, hidden, np.random.default_rng(seed))
    done, steps = 0.0, sum(a_round.kept * a_round.iterations for a_round in rounds)
    with threadpool_limits(1):  # tiny matrices: threads cost time, and the order of additions must not depend on them
        for a_round in rounds:
            ranked: list[tuple[tuple[bool, float, float, float], MLPClassifier, FloatModel]] = []
            for classifier in pool[: a_round.kept]:
                classifier.max_iter = a_round.iterations
                model = _fitted(classifier, data.train, data.bits)
                accuracy, loss = _validation_score(model, data)
                alive = _uses_all_neurons(model, data)
                ranked.append(((alive, accuracy, classifier.alpha, -loss), classifier, model))
                done += a_round.iterations
                if progress is not None:
                    best = max(merit[1] for merit, _, _ in ranked)
                    progress(done / steps, f"{a_round.kept} starts left, best validation accuracy {best:.4f}")
            ranked.sort(key=lambda entry: entry[0], reverse=True)
            pool = [classifier for _, classifier, _ in ranked]
    return ranked[0][2]


def checked_hidden(hidden: tuple[int, ...]) -> tuple[int, ...]:
    """The sizes of the hidden layers, if they make sense."""
    sizes = tuple(hidden)
    if not sizes or any(
        isinstance(n, bool) or not isinstance(n, int | np.integer) or not 1 <= n <= 1024 for n in sizes
    ):
        raise InputError(f"--hidden must give every hidden layer 1 to 1024 neurons, not {sizes!r}")
    return tuple(int(n) for n in sizes)


@dataclass(frozen=True)
class _Round:
    """How many classifiers learn on, and for how many iterations more."""

    kept: int
    iterations: int


def _rounds(work: int) -> tuple[_Round, ...]:
    """Successive halving: tiny networks often get stuck, so many start and the hopeless ones are dropped early.

    Parameters
    ----------
    work : training samples times weights; beyond a Pendigits or three, fewer start.
    """
    share = min(1.0, 2e6 / work)
    return tuple(
        _Round(max(least, round(share * kept)), iterations)
        for kept, least, iterations in ((40, 4, 30), (12, 3, 100), (4, 2, 400))
    )


def _starts(count: int, hidden: tuple[int, ...], rng: np.random.Generator) -> list[MLPClassifier]:
    return [
        MLPClassifier(
            hidden,
            solver="lbfgs",  # on sets of this size ahead of Adam in accuracy for the same time
            alpha=_WEIGHT_DECAYS[index % len(_WEIGHT_DECAYS)],
            tol=1e-5,
            max_fun=100_000,
            warm_start=True,
            random_state=int(rng.integers(1 << 31)),
        )
        for index in range(count)
    ]


def _fitted(classifier: MLPClassifier, train: Part, bits: int) -> FloatModel:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a fit cut short may go on in the next round
        classifier.fit(scaled(train.features, bits), train.classes)
    weights = [weight.T for weight in classifier.coefs_]
    biases = list(classifier.intercepts_)
    if classifier.out_activation_ == "logistic":  # the single output of a two-class model says how much 1 beats 0
        weights[-1] = np.vstack([np.zeros_like(weights[-1]), weights[-1]])
        biases[-1] = np.concatenate([[0.0], biases[-1]])
    return FloatModel(tuple(weights), tuple(biases))


def _uses_all_neurons(model: FloatModel, data: PreparedData) -> bool:
    """Whether every hidden neuron answers to some training sample; a dead one makes another topology than asked for."""
    *hidden_sums, _ = model.layer_sums(scaled(data.train.features, data.bits))
    return all(bool((sums > 0).any(axis=0).all()) for sums in hidden_sums)


def _validation_score(model: FloatModel, data: PreparedData) -> tuple[float, float]:
    """Accuracy and mean cross-entropy on the validation part."""
    outputs = model.decision(scaled(data.validation.features, data.bits))
    shifted = outputs - outputs.max(axis=1, keepdims=True)
    log_total = np.log(np.exp(shifted).sum(axis=1))
    own = shifted[np.arange(len(outputs)), data.validation.classes]
    return float((outputs.argmax(axis=1) == data.validation.classes).mean()), float((log_total - own).mean())
