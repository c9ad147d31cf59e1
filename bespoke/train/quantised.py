"""Power-of-two networks by quantisation-aware training."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from bespoke.data import PreparedData
from bespoke.errors import InputError
from bespoke.model import Network
from bespoke.train.calibration import Grid, enough_activation_bits, starting_trainer
from bespoke.train.float_model import FloatModel, Progress
from bespoke.train.straight_through import QuantisedTrainer

_STAGES = 10  # in which the weights are fixed, a tenth at a time
_FIXING_RATE, _TUNING_RATE = 0.005, 0.0005
_TUNING_SHARE = 0.3  # of the epochs, after all weights are fixed once
_LARGEST_BATCH = 256
_BATCHES_PER_EPOCH = 16


@dataclass(frozen=True)
class QuantisationOptions:
    """Settings of quantisation-aware training.

    Parameters
    ----------
    weight_bits : width of a weight, sign included: powers of two up to ``2**(weight_bits - 2)``.
    activation_bits : width of every hidden activation; by default the fewest of 4 to 8 that the training data need.
    max_terms : at most so many signed powers of two in a weight, 1 or 2.
    epochs : passes over the training part per start.
    starts : trainings, each rounding from a place of its own; the best is kept.
    """

    weight_bits: int = 8
    activation_bits: int | None = None
    max_terms: int = 1
    epochs: int = 60
    starts: int = 3

    def __post_init__(self):
        if not 2 <= self.weight_bits <= 16:
            raise InputError(f"weights need 2 to 16 bits, not {self.weight_bits}")
        if self.activation_bits is not None and not 1 <= self.activation_bits <= 16:
            raise InputError(f"hidden activations need 1 to 16 bits, not {self.activation_bits}")
        if self.max_terms not in (1, 2):
            raise InputError(f"a weight may be a sum of 1 or 2 powers of two, not of {self.max_terms}")
        if self.epochs < 1 or self.starts < 1:
            raise InputError("quantisation-aware training needs at least one epoch and one start")


def train_quantised(
    model: FloatModel,
    data: PreparedData,
    *,
    seed: int = 0,
    options: QuantisationOptions | None = None,
    progress: Progress | None = None,
) -> Network:
    """Integer network with signed power-of-two weights that learns from where the float model stands.

    Largest first, a tenth of the weights at a time is rounded for good while the others make up for it; in the end all
    are let loose again for a last tuning through the straight-through estimator. The state of the best epoch is kept,
    over all starts, from the epoch on in which the last weights are fixed: accuracy, then loss, on the validation part.
    Without one, on the training part: a network of a few dozen powers of two, whose float model has been chosen
    already, hardly over-fits, while a held-out share would be missing from the learning and picks by luck.

    Parameters
    ----------
    model : float model with the features and classes of ``data``.
    seed : same seed, same network.
    progress : called after every start.

    Raises
    ------
    InputError
        where the model does not fit the data.
    """
    options = options or QuantisationOptions()
    if (model.topology[0], model.topology[-1]) != (data.features, data.classes):
        raise InputError(
            f"the float model has {model.topology[0]} inputs and {model.topology[-1]} classes, the data have "
            f"{data.features} and {data.classes}"
        )
    inputs = data.train.features.astype(np.float64)
    exponents = options.weight_bits - 1
    grid = Grid(data.bits, exponents, options.max_terms, options.activation_bits or 8)
    with threadpool_limits(1):  # as for the float model: quick on tiny matrices, and the same on every machine
        if options.activation_bits is None:
            width = enough_activation_bits(model, inputs, data.train.classes, grid)
            grid = Grid(data.bits, exponents, options.max_terms, width)
        best: _Best | None = None
        for start, rng in enumerate(np.random.default_rng(seed).spawn(options.starts)):
            trainer = starting_trainer(model, inputs, grid, headroom=_headroom(start))
            found = _trained(trainer, data, options.epochs, rng)
            if best is None or found.merit > best.merit:
                best = found
            if progress is not None:
                judge = "training" if data.validation is None else "validation"
                progress(
                    (start + 1) / options.starts,
                    f"start {start + 1} of {options.starts}: {judge} accuracy {found.merit[0]:.4f}",
                )
    return best.network


@dataclass(frozen=True)
class _Best:
    merit: tuple[float, float]
    network: Network


def _headroom(start: int) -> float:
    """Where the largest weight falls between two powers of two; each start rounds from another place."""
    return 0.75 * 2 ** ((start * 0.618034 + 0.415) % 1.0)


def _trained(trainer: QuantisedTrainer, data: PreparedData, epochs: int, rng: np.random.Generator) -> _Best:
    inputs, classes = data.train.features.astype(np.float64), data.train.classes
    judging = data.train if data.validation is None else data.validation
    judged = judging.features.astype(np.float64)
    samples = len(classes)
    batch = max(1, min(_LARGEST_BATCH, math.ceil(samples / _BATCHES_PER_EPOCH)))
    merit = (-1.0, 0.0)
    network: Network | None = None
    first_judged = _fixing_epochs(epochs) - 1  # before it, rounding throws away what the free weights have learned
    for epoch, rate in enumerate(_schedule(trainer, epochs)):
        order = rng.permutation(samples)
        for first in range(0, samples, batch):
            chosen = order[first : first + batch]
            trainer.step(inputs[chosen], classes[chosen], rate)
        if epoch < first_judged:
            continue
        sums = trainer.sums(judged)[-1]
        accuracy = float((sums.argmax(axis=1) == judging.classes).mean())
        found = (accuracy, -trainer.loss(sums, judging.classes))
        if found > merit:
            merit, network = found, trainer.network()
    return _Best(merit, network)


def _fixing_epochs(epochs: int) -> int:
    return epochs - round(_TUNING_SHARE * epochs)


def _schedule(trainer: QuantisedTrainer, epochs: int) -> Iterator[float]:
    """Learning rate of every epoch; between epochs it tells the trainer which weights are fixed."""
    fixing = _fixing_epochs(epochs)
    tuning = epochs - fixing
    trainer.relaxed = True
    stage = 0
    for epoch in range(fixing):
        due = min(_STAGES, epoch * _STAGES // fixing + 1)
        if due > stage:
            stage, begun = due, epoch
            trainer.fix(stage / _STAGES)
        length = max(1, fixing / _STAGES)
        yield _FIXING_RATE * (0.1 + 0.45 * (1 + math.cos(math.pi * min(1.0, (epoch - begun) / length))))
    trainer.release()
    trainer.relaxed = False
    for epoch in range(tuning):
        yield _TUNING_RATE * 0.5 * (1 + math.cos(math.pi * epoch / tuning))
