"""What goes into circuit-level approximation and what comes out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bespoke.errors import InputError
from bespoke.model import LogicCircuit


@dataclass(frozen=True, eq=False)
class ApproximationData:
    """Quantised samples that approximation may look at: the training part, nothing that judges the result later.

    Parameters
    ----------
    inputs : integer (samples, features).
    classes : integer (samples,), class indices.
    held_back_inputs, held_back_classes : samples that guard against over-fitting; by default a stratified share of the
        others is held back.
    """

    inputs: np.ndarray
    classes: np.ndarray
    held_back_inputs: np.ndarray | None = None
    held_back_classes: np.ndarray | None = None

    def __post_init__(self):
        if (self.held_back_inputs is None) != (self.held_back_classes is None):
            raise InputError("held-back inputs and classes must be given together")
        _check_pair("training", self.inputs, self.classes)
        if self.held_back_inputs is not None:
            _check_pair("held-back", self.held_back_inputs, self.held_back_classes)
            if np.shape(self.held_back_inputs)[1] != np.shape(self.inputs)[1]:
                raise InputError("held-back inputs must have as many features as the training inputs")


def _check_pair(part: str, inputs: np.ndarray, classes: np.ndarray) -> None:
    if np.ndim(inputs) != 2 or np.shape(classes) != np.shape(inputs)[:1]:
        raise InputError(
            f"{part} inputs must have the shape (samples, features) and classes (samples,), "
            f"not {np.shape(inputs)} and {np.shape(classes)}"
        )
    if np.shape(inputs)[0] == 0 and part == "training":
        raise InputError("approximation needs at least one training sample")
    if np.asarray(classes).dtype.kind not in "iu" or (np.size(classes) and np.min(classes) < 0):
        raise InputError(f"{part} classes must be class indices from 0")


@dataclass(frozen=True)
class ApproximationOptions:
    """Settings of circuit-level approximation.

    Parameters
    ----------
    moves : edits that every island tries, over all its rounds; time grows with it.
    islands : independent searches, each with noise and a start order of its own; more find more, on more workers.
    rounds : how often the islands exchange what they found.
    noisy_copies : copies of the training samples with jittered features that errors are counted on as well.
    jitter : probability that a copy's feature moves, by one step up or down.
    held_back : share of the training samples held back, where the data bring no held-back part of their own.
    lowest_accuracy : circuits with a lower accuracy on the training samples are of no interest; by default that of
        always naming the most frequent class.
    largest_area_cm2 : circuits above this estimated area are of no interest; by default 1.1 times the largest start.
    """

    moves: int = 2_000_000
    islands: int = 2
    rounds: int = 4
    noisy_copies: int = 3
    jitter: float = 0.3
    held_back: float = 0.15
    lowest_accuracy: float | None = None
    largest_area_cm2: float | None = None

    def __post_init__(self):
        for name in ("moves", "islands", "rounds"):
            if getattr(self, name) < 1:
                raise InputError(f"approximation needs at least one of {name}, not {getattr(self, name)!r}")
        if self.noisy_copies < 0:
            raise InputError(f"the number of noisy copies must not be negative, it is {self.noisy_copies!r}")
        for name in ("jitter", "held_back"):
            if not 0 <= getattr(self, name) <= 0.9:
                raise InputError(f"{name} must lie in 0..0.9, not {getattr(self, name)!r}")
        if self.lowest_accuracy is not None and not 0 <= self.lowest_accuracy <= 1:
            raise InputError(f"the lowest accuracy must lie in 0..1, not {self.lowest_accuracy!r}")
        if self.largest_area_cm2 is not None and not self.largest_area_cm2 > 0:
            raise InputError(f"the largest area must be positive, not {self.largest_area_cm2!r}")


@dataclass(frozen=True)
class ApproximateCircuit:
    """A member of the front.

    Parameters
    ----------
    circuit : valid for every input: no output names a class that does not exist.
    train_accuracy : on the training samples without the held-back part, without noise.
    noisy_accuracy : on the training samples and their noisy copies, what the search counted.
    held_back_accuracy : on the held-back part.
    estimated_area_cm2 : by the search's cost model.
    estimated_static_power_mw : by the same cover, with the training samples' states.
    moves : edits tried over all islands until the front was complete.
    """

    circuit: LogicCircuit
    train_accuracy: float
    noisy_accuracy: float
    held_back_accuracy: float
    estimated_area_cm2: float
    moves: int
