"""The forecast of accuracy against cost, from what a procedure achieved on folds that it did not see.

The procedure ran on every fold's other samples; at a cost it would have ended at the best design, by what it saw, of
that cost or less. Such designs of all folds, judged on their held-out samples and pooled, are a forecast for the
procedure that has run on all the samples (cross-validation of the procedure, Stone 1974).
"""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property, reduce
from typing import Any

import numpy as np

from bespoke.costs import Costs, Objective
from bespoke.errors import InputError
from bespoke.scores import Confusion, Scorer
from bespoke.statistics import wilson_interval


@dataclass(frozen=True)
class Answers:
    """What a model answers as designed and, where prints are what counts, what its prints answer on average."""

    intact: Confusion
    printed: Confusion | None = None

    @property
    def scored(self) -> Confusion:
        """Those that designs are compared by."""
        return self.intact if self.printed is None else self.printed

    def __add__(self, other: Answers) -> Answers:
        printed = None if self.printed is None or other.printed is None else self.printed + other.printed
        return Answers(self.intact + other.intact, printed)

    def to_json(self) -> Any:
        """The counts alone where there are no prints."""
        if self.printed is None:
            return self.intact.to_json()
        return {"intact": self.intact.to_json(), "printed": self.printed.to_json()}

    @classmethod
    def from_json(cls, document: Any) -> Answers:
        if isinstance(document, dict):
            return cls(Confusion.from_json(document["intact"]), Confusion.from_json(document["printed"]))
        return cls(Confusion.from_json(document))


@dataclass(frozen=True)
class Judged:
    """A design that was found without some samples, and what it answers on them.

    Parameters
    ----------
    costs : by the search's cost model.
    score : on the samples that it was found with, by the run's metric.
    held_out : answers on those that it was found without.
    """

    costs: Costs
    score: float
    held_out: Answers


@dataclass(frozen=True)
class FoldEvidence:
    """What the procedure achieved without one fold.

    Parameters
    ----------
    designs : those that the search found.
    baseline : the exact baseline's answers on the held-out samples.
    trees : of the rival decision trees, by rising size; the last stands for all larger ones.
    """

    designs: tuple[Judged, ...]
    baseline: Answers
    trees: tuple[Answers, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "designs": [
                {"costs": asdict(one.costs), "score": one.score, "held_out": one.held_out.to_json()}
                for one in self.designs
            ],
            "baseline": self.baseline.to_json(),
            "trees": [tree.to_json() for tree in self.trees],
        }

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> FoldEvidence:
        """The evidence that ``to_json`` wrote.

        Raises
        ------
        InputError
            if a field is missing or holds something else.
        """
        try:
            return cls(
                tuple(
                    Judged(Costs(**one["costs"]), float(one["score"]), Answers.from_json(one["held_out"]))
                    for one in document["designs"]
                ),
                Answers.from_json(document["baseline"]),
                tuple(Answers.from_json(tree) for tree in document["trees"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"no evidence of this version: {type(error).__name__} {error}") from None


@dataclass(frozen=True)
class Forecast:
    """What a design will achieve on samples that nobody has looked at, with 95 % intervals.

    Parameters
    ----------
    accuracy, low, high : share of right answers, as designed.
    score, score_low, score_high : by the run's metric, higher is better; the accuracy where that is the metric. That of
        prints on average where the search counted their errors.
    error : standard error of the score: of the samples that judged, and of what one more run ends at.
    """

    accuracy: float
    low: float
    high: float
    score: float
    score_low: float
    score_high: float
    error: float

    @property
    def as_designed(self) -> Forecast:
        """With the accuracy as the score, whatever prints make of it; for the metric accuracy."""
        return replace(self, score=self.accuracy, score_low=self.low, score_high=self.high)


class CrossFit:
    """Forecasts from the evidence of all folds; see the module."""

    def __init__(self, folds: Sequence[FoldEvidence], scorer: Scorer):
        self.folds, self.scorer = tuple(folds), scorer
        self._curves: dict[Objective, _Curve] = {}

    def at(self, cost: float, axis: Objective) -> Forecast:
        """For the design that the procedure ends at if it may cost so much along an axis, in the axis' unit."""
        return self._curve(axis).at(cost)

    def answers_at(self, cost: float, axis: Objective) -> Confusion:
        """The held-out samples' answers that the forecast at that cost rests on, all folds together."""
        return self._curve(axis).answers_at(cost)

    @cached_property
    def baseline(self) -> Forecast:
        """For the exact baseline, from those of the folds."""
        return _pooled([fold.baseline for fold in self.folds], self.scorer)

    @cached_property
    def baseline_answers(self) -> Confusion:
        """What the exact baselines of all folds answer on held-out samples."""
        return _sum([fold.baseline for fold in self.folds]).intact

    def tree(self, index: int) -> Forecast:
        """For the rival tree of that place in the row of sizes."""
        return _pooled(self._trees(index), self.scorer)

    def tree_answers(self, index: int) -> Confusion:
        """What the rival trees of that place answer on held-out samples, all folds together."""
        return _sum(self._trees(index)).intact

    def _trees(self, index: int) -> list[Answers]:
        return [fold.trees[min(index, len(fold.trees) - 1)] for fold in self.folds]

    def _curve(self, axis: Objective) -> _Curve:
        if axis not in self._curves:
            self._curves[axis] = _Curve(self.folds, self.scorer, axis)
        return self._curves[axis]


class _Curve:
    """Forecast against cost along one axis.

    Between two costs the pooled designs change by chance as well as by merit; more cost never makes the procedure
    worse but for over-fitting, so the curve is smoothed to the nearest one that never falls (isotonic regression,
    which pools adjacent violators).
    """

    def __init__(self, folds: Sequence[FoldEvidence], scorer: Scorer, axis: Objective):
        fronts = [_front(fold.designs, axis) for fold in folds]
        dearest_start = max(front[0][0] for front in fronts)  # below it some fold has no design at all
        self.costs = np.unique([cost for front in fronts for cost, _ in front if cost >= dearest_start])
        picked = [[_best_within(front, cost).held_out for front in fronts] for cost in self.costs]
        self.pooled = [_sum(answers) for answers in picked]
        self.scorer, self.folds = scorer, len(folds)
        self.scores = _rising([scorer.value(answers.scored) for answers in self.pooled])
        self.accuracies = _rising([answers.intact.accuracy.value for answers in self.pooled])
        self.shares = _rising([answers.scored.accuracy.value for answers in self.pooled])
        self.likeness = _likeness([[answers.scored for answers in fronts] for fronts in picked])

    def at(self, cost: float) -> Forecast:
        place = self._place(cost)
        return _forecast(
            self.pooled[place],
            self.scorer,
            _of_one_more(self.likeness * _variance(float(self.shares[place])), self.folds),
            float(self.accuracies[place]),
            float(self.scores[place]),
        )

    def answers_at(self, cost: float) -> Confusion:
        return self.pooled[self._place(cost)].intact

    def _place(self, cost: float) -> int:
        return max(0, int(np.searchsorted(self.costs, cost * (1 + 1e-9), side="right")) - 1)


def _likeness(picked: Sequence[Sequence[Confusion]]) -> float:
    """By how much samples of one fold share their luck: the intraclass correlation of a beta-binomial model.

    One for the whole curve, for from so few folds at one cost it says next to nothing; without the constants at its
    cheap end, which may name another class in every fold.
    """
    found = []
    for answers in picked:
        own = _variance(reduce(operator.add, answers).accuracy.value)
        if own and not any(map(_is_constant, answers)):
            found.append(_excess(answers) / own)
    return max(0.0, float(np.mean(found))) if found else 0.0


def _variance(share: float) -> float:
    """Of one sample that is right with this probability."""
    return share * (1 - share)


def _front(designs: Sequence[Judged], axis: Objective) -> list[tuple[float, Judged]]:
    """Designs of rising cost, each with a higher score than all before it."""
    front: list[tuple[float, Judged]] = []
    for design in sorted(designs, key=lambda one: (one.costs.along(axis), -one.score)):
        if not front or design.score > front[-1][1].score:
            front.append((design.costs.along(axis), design))
    return front


def _best_within(front: list[tuple[float, Judged]], cost: float) -> Judged:
    return [design for least, design in front if least <= cost][-1]


def _rising(values: Sequence[float]) -> np.ndarray:
    """The nearest values that never fall."""
    from sklearn.isotonic import IsotonicRegression  # heavy: only when a forecast is made

    return IsotonicRegression().fit_transform(np.arange(len(values)), np.asarray(values))


def _sum(answers: Sequence[Answers]) -> Answers:
    """All samples together."""
    return reduce(operator.add, answers)


def _is_constant(answers: Confusion) -> bool:
    """Whether all answers are of one class."""
    return int(np.count_nonzero(answers.counts.sum(axis=0))) == 1


def _excess(answers: Sequence[Confusion]) -> float:
    """Variance of accuracy among folds beyond that of drawing their samples: that of what the procedure ends at."""
    if len(answers) < 2:
        return 0.0
    shares = np.array([one.accuracy.value for one in answers])
    sampling = np.mean([one.accuracy.value * (1 - one.accuracy.value) / one.samples for one in answers])
    return float(shares.var(ddof=1) - sampling)


def _pooled(answers: Sequence[Answers], scorer: Scorer) -> Forecast:
    spread = max(0.0, _excess([one.scored for one in answers]))
    return _forecast(_sum(answers), scorer, _of_one_more(spread, len(answers)))


def _of_one_more(spread: float, folds: int) -> float:
    """Variance of one more design around the mean of the folds': its own, and that of the mean."""
    return spread * (1 + 1 / folds)


def _forecast(
    pooled: Answers, scorer: Scorer, spread: float, accuracy: float | None = None, score: float | None = None
) -> Forecast:
    """A forecast of pooled answers; the values may have been smoothed.

    ``spread`` is the variance of one design's accuracy around that of the folds, beyond sampling; for another metric it
    is scaled as the sampling errors are.
    """
    intact, scored = pooled.intact, pooled.scored
    accuracy = intact.accuracy.value if accuracy is None else accuracy
    score = scorer.value(scored) if score is None else score
    low, high = _wilson(accuracy, intact.samples, _variance(intact.accuracy.value) / intact.samples + spread)
    sampling = _variance(scored.accuracy.value) / scored.samples
    widened = 1.0 if sampling == 0 else math.sqrt(1 + spread / sampling)
    error = widened * scorer.standard_error(scored)
    if scorer.is_share:
        score_low, score_high = _wilson(score, scored.samples, sampling + spread)
        return Forecast(accuracy, low, high, score, score_low, score_high, error)
    least, most = scorer.limits
    below, above = (limit - scorer.value(scored) for limit in scorer.interval(scored))
    score_low, score_high = max(least, score + widened * below), min(most, score + widened * above)
    return Forecast(accuracy, low, high, score, score_low, score_high, error)


def _wilson(value: float, samples: int, variance: float) -> tuple[float, float]:
    """Wilson's interval with as many samples as would have that variance by drawing alone."""
    own = value * (1 - value)
    effective = samples if own == 0 or variance == 0 else min(samples, own / variance)
    return wilson_interval(value * effective, effective)
