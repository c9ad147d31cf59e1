"""What goes into circuit-level approximation and what comes out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bespoke.costs import Objective
from bespoke.errors import InputError
from bespoke.search.printing import Printing


@dataclass(frozen=True, eq=False)
class ApproximationData:
    """Quantised samples that approximation may look at: the training part, nothing that judges the result later.

    Parameters
    ----------
    features : integer (samples, features).
    classes : integer (samples,), class indices.
    held_back_features, held_back_classes : samples that guard against over-fitting; by default a stratified share of
        the others is held back.
    """

    features: np.ndarray
    classes: np.ndarray
    held_back_features: np.ndarray | None = None
    held_back_classes: np.ndarray | None = None

    def __post_init__(self):
        if (self.held_back_features is None) != (self.held_back_classes is None):
            raise InputError("held-back features and classes must be given together")
        _check_pair("training", self.features, self.classes)
        if self.held_back_features is not None:
            _check_pair("held-back", self.held_back_features, self.held_back_classes)
            if np.shape(self.held_back_features)[1] != np.shape(self.features)[1]:
                raise InputError("the held-back samples must have as many features as the training samples")


def _check_pair(part: str, features: np.ndarray, classes: np.ndarray) -> None:
    if np.ndim(features) != 2 or np.shape(classes) != np.shape(features)[:1] or np.size(classes) == 0:
        raise InputError(
            f"{part} samples need features (samples, features) and as many classes, at least one; they have "
            f"{np.shape(features)} and {np.shape(classes)}"
        )
    if np.asarray(classes).dtype.kind not in "iu" or (np.min(classes) < 0):
        raise InputError(f"{part} classes must be class indices from 0")


@dataclass(frozen=True)
class ApproximationOptions:
    """Settings of circuit-level approximation.

    Parameters
    ----------
    moves : edits that every island tries, over all its rounds; time grows with it.
    islands : independent searches, each with noise and a start order of its own; more find more, on more workers.
    rounds : how often the islands exchange what they found.
    noisy_copies : noisy copies of the training samples that errors are counted on as well; by default 1 to 4, the fewer
        the more samples there are.
    noise : standard deviation of the copies' noise, in standard deviations of each feature.
    held_back : share of the training samples held back, where the data bring no held-back part of their own.
    lowest_accuracy : circuits with a lower accuracy on the training samples are of no interest; by default that of
        always naming the most frequent class.
    from_nothing : whether circuits also grow from one that always names the most frequent class.
    objective : what is to be small beside the errors.
    largest_cost : circuits that are charged more, in the objective's unit, are of no interest; by default 1.1 times the
        dearest start, at least some hundred gates.
    time_limit_s : ends the search after the round in which it passes; the result then depends on the machine's speed.
    printing : how prints differ from what was designed, where errors are to be those of prints; None to count what the
        design does.
    """

    moves: int = 2_000_000
    islands: int = 2
    rounds: int = 4
    noisy_copies: int | None = None
    noise: float = 0.25
    held_back: float = 0.1
    lowest_accuracy: float | None = None
    from_nothing: bool = True
    objective: Objective = Objective.AREA
    largest_cost: float | None = None
    time_limit_s: float | None = None
    printing: Printing | None = None

    def __post_init__(self):
        for name in ("moves", "islands", "rounds"):
            if getattr(self, name) < 1:
                raise InputError(f"approximation needs at least one of {name}, not {getattr(self, name)!r}")
        if self.noisy_copies is not None and self.noisy_copies < 0:
            raise InputError(f"the number of noisy copies must not be negative, it is {self.noisy_copies!r}")
        if not 0 <= self.noise <= 4:
            raise InputError(f"the noise must lie in 0..4 standard deviations, not {self.noise!r}")
        if not 0 <= self.held_back <= 0.9:
            raise InputError(f"the share held back must lie in 0..0.9, not {self.held_back!r}")
        if self.lowest_accuracy is not None and not 0 <= self.lowest_accuracy <= 1:
            raise InputError(f"the lowest accuracy must lie in 0..1, not {self.lowest_accuracy!r}")
        if self.largest_cost is not None and not self.largest_cost > 0:
            raise InputError(f"the largest cost must be positive, not {self.largest_cost!r}")
