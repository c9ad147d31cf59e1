"""What a search returns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bespoke.model import Network
from bespoke.statistics import wilson_interval

#: Areas between which fronts are compared on a logarithmic axis, in cm²: below one gate, above every exact baseline.
SMALLEST_AREA_CM2 = 0.001
LARGEST_AREA_CM2 = 100.0


@dataclass(frozen=True)
class Candidate:
    """A network that the search proposes.

    Parameters
    ----------
    classifier : the network.
    train_right, train_samples : right answers on the training samples, without noisy copies.
    validation_right, validation_samples : the same on the held-back samples; 0 samples where there are none.
    estimated_area_cm2, estimated_static_power_mw : by the hashed circuit; estimates, not measurements.
    origin : which start it descends from is not tracked; ``"search"``, or ``"start"`` for a start that came through.
    """

    classifier: Network
    train_right: int
    train_samples: int
    validation_right: int
    validation_samples: int
    estimated_area_cm2: float
    estimated_static_power_mw: float
    origin: str = "search"

    @property
    def train_accuracy(self) -> float:
        return self.train_right / self.train_samples

    @property
    def validation_accuracy(self) -> float | None:
        """None where the search was given no validation samples."""
        return self.validation_right / self.validation_samples if self.validation_samples else None

    @property
    def train_interval(self) -> tuple[float, float]:
        """95 % Wilson interval of the training accuracy."""
        return wilson_interval(self.train_right, self.train_samples)

    @property
    def validation_interval(self) -> tuple[float, float] | None:
        """95 % Wilson interval of the validation accuracy."""
        if not self.validation_samples:
            return None
        return wilson_interval(self.validation_right, self.validation_samples)

    @property
    def pooled_accuracy(self) -> float:
        """Accuracy over training and validation samples together."""
        return (self.train_right + self.validation_right) / (self.train_samples + self.validation_samples)


@dataclass(frozen=True)
class EpochRecord:
    """One epoch of the search, all islands together.

    Parameters
    ----------
    epoch : counted from 1.
    evaluated, priced : candidates so far whose accuracy, whose cost was computed.
    improvements : elites entered so far.
    front_size : non-dominated networks, training accuracy against cost.
    hypervolume : of these, as `hypervolume` has it, by the search's own cost; 0 where cost is not an area.
    """

    epoch: int
    evaluated: int
    priced: int
    improvements: int
    front_size: int
    hypervolume: float


@dataclass(frozen=True)
class SearchStatistics:
    """What the search spent.

    ``seconds`` is time on the clock, kernels' loading and, where they were not cached, compiling included;
    ``search_seconds`` the processor time of the islands' work alone, summed over islands.
    """

    evaluated: int
    priced: int
    seconds: float
    search_seconds: float
    epochs: tuple[EpochRecord, ...]

    @property
    def candidates_per_second(self) -> float:
        """Candidates a second on one core, everything in the loop included."""
        return self.evaluated / self.search_seconds if self.search_seconds else 0.0


@dataclass(frozen=True)
class Front:
    """Candidates from cheap to dear: the Pareto front in training accuracy and estimated area, and its near-ties.

    Near-ties are kept so that a choice on validation samples has several designs at every cost.
    """

    candidates: tuple[Candidate, ...]
    statistics: SearchStatistics

    @cached_property
    def pareto(self) -> tuple[Candidate, ...]:
        """The non-dominated candidates in training accuracy and estimated area, from cheap to dear."""
        points = [(candidate.estimated_area_cm2, candidate.train_accuracy) for candidate in self.candidates]
        return tuple(self.candidates[index] for index in non_dominated(points))

    @cached_property
    def hypervolume(self) -> float:
        """Hypervolume of the training front; see `hypervolume`."""
        return hypervolume((candidate.estimated_area_cm2, candidate.train_accuracy) for candidate in self.candidates)


def non_dominated(points: Sequence[tuple[float, float]]) -> list[int]:
    """Indices of the points (cost, accuracy) that no other beats, by rising cost."""
    best = -np.inf
    kept = []
    for index in sorted(range(len(points)), key=lambda i: (points[i][0], -points[i][1], i)):
        if points[index][1] > best:
            best = points[index][1]
            kept.append(index)
    return kept


def hypervolume(points: Iterable[tuple[float, float]], *, reference_accuracy: float = 0.0) -> float:
    """Share of the box that a front of points (area in cm², accuracy) dominates.

    The box spans accuracies from ``reference_accuracy`` to 1 and areas from `SMALLEST_AREA_CM2` to `LARGEST_AREA_CM2`
    on a logarithmic axis, so that a factor in area counts alike everywhere; on a linear axis circuits of a few gates
    would not show.
    """
    low, high = np.log(SMALLEST_AREA_CM2), np.log(LARGEST_AREA_CM2)
    total, best = 0.0, reference_accuracy
    for area, accuracy in sorted(points):
        if accuracy > best:
            reach = (high - np.clip(np.log(max(area, SMALLEST_AREA_CM2)), low, high)) / (high - low)
            total += reach * (accuracy - best)
            best = accuracy
    return float(total / (1 - reference_accuracy))
