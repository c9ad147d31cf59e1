"""What a search returns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bespoke.dominance import non_dominated
from bespoke.search.found import Found

#: Areas between which fronts are compared on a logarithmic axis, in cm²: below one gate, above every exact baseline.
SMALLEST_AREA_CM2 = 0.001
LARGEST_AREA_CM2 = 100.0


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

    candidates: tuple[Found, ...]
    statistics: SearchStatistics

    @cached_property
    def pareto(self) -> tuple[Found, ...]:
        """The non-dominated candidates in training accuracy and estimated area, from cheap to dear."""
        points = [(area, -accuracy) for area, accuracy in self._points()]
        return tuple(self.candidates[index] for index in non_dominated(points))

    @cached_property
    def hypervolume(self) -> float:
        """Hypervolume of the training front; see `hypervolume`."""
        return hypervolume(self._points())

    def _points(self) -> list[tuple[float, float]]:
        return [(candidate.estimated.area_cm2, candidate.train.value) for candidate in self.candidates]


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
