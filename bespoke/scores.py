"""How good answers are: counts by class, the metrics made of them, and what an error on each class weighs.

Every metric is made of a `Confusion` alone, so classifiers are compared, pooled and scored without their answers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

import numpy as np

from bespoke.errors import InputError
from bespoke.statistics import Accuracy

#: Confusions drawn for an interval, and the seed of the draws: the same counts have the same interval anywhere.
_DRAWS = 2000
_SEED = 20_240_229
#: Numbers drawn at a time, which bounds the memory that an interval takes.
_DRAWN_AT_ONCE = 4_000_000
#: How many times longer `repetitions` makes a training part at most.
MAX_GROWTH = 4.0
#: Share of a training part's weight that may be misplaced for the sake of a shorter one, see `repetitions`.
_TOLERATED_MISPLACED = 0.02
#: Scales that `repetitions` tries at most.
_MAX_SCALES = 512


class Metric(StrEnum):
    """What a classifier is judged by."""

    ACCURACY = "accuracy"
    BALANCED_ACCURACY = "balanced-accuracy"
    F1_MACRO = "f1-macro"
    COST = "cost"


@dataclass(frozen=True, eq=False)
class Confusion:
    """Samples by true class (rows) and answered class (columns), int64 (classes, classes), not to be written to."""

    counts: np.ndarray

    def __post_init__(self):
        counts = np.array(self.counts, dtype=np.int64)
        if counts.ndim != 2 or counts.shape[0] != counts.shape[1] or (counts < 0).any():
            raise ValueError(f"a confusion is a square of counts, not of shape {counts.shape}")
        counts.setflags(write=False)
        object.__setattr__(self, "counts", counts)

    @classmethod
    def of(cls, predicted: np.ndarray, classes: np.ndarray, count: int) -> Confusion:
        """Confusion of class indices ``predicted`` with the true ``classes``, both (samples,), among ``count`` classes.

        A logic circuit may answer a code that is no class. That is an error, so it is counted as one: under the last
        class, or under the one before it where the last is the true one.
        """
        classes = np.asarray(classes, dtype=np.int64)
        predicted = np.asarray(predicted, dtype=np.int64)
        stray = (predicted < 0) | (predicted >= count)
        wrong = np.where(classes == count - 1, max(0, count - 2), count - 1)
        cells = classes * count + np.where(stray, wrong, predicted)
        return cls(np.bincount(cells, minlength=count * count).reshape(count, count))

    def __add__(self, other: Confusion) -> Confusion:
        """The samples of both."""
        if not isinstance(other, Confusion):
            return NotImplemented
        if self.counts.shape != other.counts.shape:
            raise ValueError(f"confusions of {self.classes} and of {other.classes} classes do not pool")
        return Confusion(self.counts + other.counts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Confusion) and np.array_equal(self.counts, other.counts)

    def __hash__(self) -> int:
        return hash((self.counts.shape, self.counts.tobytes()))

    @property
    def classes(self) -> int:
        return self.counts.shape[0]

    @property
    def samples(self) -> int:
        return int(self.counts.sum())

    @property
    def class_samples(self) -> np.ndarray:
        """Samples of every true class, int64 (classes,)."""
        return self.counts.sum(axis=1)

    @property
    def accuracy(self) -> Accuracy:
        """Share of samples answered correctly."""
        return Accuracy.of_count(int(np.trace(self.counts)), self.samples)

    @property
    def recalls(self) -> np.ndarray:
        """Share of every class's samples answered correctly, float (classes,); NaN where a class has no sample."""
        return _shares(np.diag(self.counts), self.class_samples, absent=np.nan)

    @property
    def never_answered(self) -> tuple[int, ...]:
        """Classes that have samples and are never answered."""
        silent = (self.class_samples > 0) & (self.counts.sum(axis=0) == 0)
        return tuple(int(index) for index in np.flatnonzero(silent))

    def to_json(self) -> list[list[int]]:
        return self.counts.tolist()

    @classmethod
    def from_json(cls, document: Sequence[Sequence[int]]) -> Confusion:
        return cls(np.array(document, dtype=np.int64))


@dataclass(frozen=True)
class Scorer:
    """A metric, higher being better for every one of them.

    Parameters
    ----------
    metric : what is scored. The cost counts as MINUS the mean cost of a sample, so 0 is best where being right is free.
    cost_matrix : what a sample costs by true class (rows) and answered class (columns), for the cost alone.
    class_weights : what a sample of each true class counts, as scikit-learn's sample weights do; None for all alike.

    Raises
    ------
    InputError
        where the cost lacks its matrix, another metric has one, or the matrix is not square, finite and 0 or more.
    """

    metric: Metric = Metric.ACCURACY
    cost_matrix: tuple[tuple[float, ...], ...] | None = None
    class_weights: tuple[float, ...] | None = None

    def __post_init__(self):
        object.__setattr__(self, "metric", Metric(self.metric))
        if self.metric is not Metric.COST:
            if self.cost_matrix is not None:
                raise InputError(f"the metric {self.metric} takes no cost matrix; ask for the metric {Metric.COST}")
            return
        if self.cost_matrix is None:
            raise InputError(f"the metric {Metric.COST} needs a cost matrix")
        matrix = tuple(tuple(float(value) for value in row) for row in self.cost_matrix)
        if not matrix or any(len(row) != len(matrix) for row in matrix):
            raise InputError("the cost matrix needs a row and a column for every class")
        if not all(math.isfinite(value) and value >= 0 for row in matrix for value in row):
            raise InputError("the cost matrix needs finite costs of 0 or more")
        object.__setattr__(self, "cost_matrix", matrix)

    @property
    def is_share(self) -> bool:
        """Whether the score is the plain share of right answers, so that what is known of shares holds."""
        return self.metric is Metric.ACCURACY and self.class_weights is None

    @property
    def limits(self) -> tuple[float, float]:
        """The least and the greatest score that there can be."""
        if self.cost_matrix is None:
            return 0.0, 1.0
        costs = [cost for row in self.cost_matrix for cost in row]
        return -max(costs), -min(costs)

    def value(self, confusion: Confusion) -> float:
        """Score of a confusion with samples; the same as scikit-learn's where it has the metric.

        Balanced accuracy is the mean recall of the classes that have samples, macro F1 the mean F1 of those that have
        samples or are answered.
        """
        self._check(confusion)
        return float(self._values(confusion.counts[np.newaxis].astype(np.float64))[0])

    def interval(self, confusion: Confusion) -> tuple[float, float]:
        """95 % interval of the score, around its value and within the metric's range.

        That of accuracy is Wilson's. The others are percentiles of 2000 seeded draws of the confusion, every true class
        by itself with its number of samples. A row's shares are drawn from their Dirichlet posterior under Perks' prior
        of one sample per class (Goutte and Gaussier, A probabilistic interpretation of precision, recall and F-score,
        ECIR 2005) rather than from the counts (the multinomial bootstrap), which would find no doubt at all where a
        small class is answered without error.
        """
        self._check(confusion)
        if self.is_share:
            accuracy = confusion.accuracy
            return accuracy.low, accuracy.high
        low, high = np.percentile(self._drawn(confusion), (2.5, 97.5))
        value = self.value(confusion)
        return min(float(low), value), max(float(high), value)

    def standard_error(self, confusion: Confusion) -> float:
        """Standard error of the score: binomial for accuracy, that of the draws of `interval` for the others."""
        self._check(confusion)
        if self.is_share:
            share = confusion.accuracy.value
            return math.sqrt(share * (1 - share) / confusion.samples)
        return float(self._drawn(confusion).std())

    @cached_property
    def _costs(self) -> np.ndarray:
        return np.array(self.cost_matrix, dtype=np.float64)

    def _check(self, confusion: Confusion) -> None:
        if not confusion.samples:
            raise ValueError("a confusion without samples has no score")
        if self.cost_matrix is not None and len(self.cost_matrix) != confusion.classes:
            raise ValueError(f"the cost matrix is of {len(self.cost_matrix)} classes, not {confusion.classes}")
        if self.class_weights is not None and len(self.class_weights) != confusion.classes:
            raise ValueError(f"there are weights of {len(self.class_weights)} classes, not of {confusion.classes}")

    def _values(self, counts: np.ndarray) -> np.ndarray:
        """Scores (confusions,) of counts (confusions, true classes, answered classes)."""
        if self.class_weights is not None:
            counts = counts * np.array(self.class_weights)[:, np.newaxis]
        rights = np.diagonal(counts, axis1=1, axis2=2)
        truths, answers = counts.sum(axis=2), counts.sum(axis=1)
        if self.metric is Metric.ACCURACY:
            return rights.sum(axis=1) / truths.sum(axis=1)
        if self.metric is Metric.BALANCED_ACCURACY:
            return _shares(rights, truths, absent=0.0).sum(axis=1) / (truths > 0).sum(axis=1)
        if self.metric is Metric.F1_MACRO:
            return _shares(2 * rights, truths + answers, absent=0.0).sum(axis=1) / (truths + answers > 0).sum(axis=1)
        return -(counts * self._costs).sum(axis=(1, 2)) / truths.sum(axis=1)

    def _drawn(self, confusion: Confusion) -> np.ndarray:
        """Scores of drawn confusions, float (draws,); classes that neither occur nor are answered take no part."""
        occurring = np.flatnonzero(confusion.counts.sum(axis=0) + confusion.counts.sum(axis=1))
        counts = confusion.counts[np.ix_(occurring, occurring)]
        costs, weights = self.cost_matrix, self.class_weights
        if costs is not None:
            costs = tuple(tuple(costs[row][column] for column in occurring) for row in occurring)
        if weights is not None:
            weights = tuple(weights[index] for index in occurring)
        scorer = Scorer(self.metric, costs, weights)
        samples = counts.sum(axis=1, keepdims=True)
        prior = 1 / len(occurring)
        rng = np.random.default_rng(_SEED)
        scores = []
        left = _DRAWS
        while left:
            draws = min(left, max(1, _DRAWN_AT_ONCE // counts.size))
            shares = rng.standard_gamma(counts + prior, size=(draws, *counts.shape))
            shares /= shares.sum(axis=2, keepdims=True)
            scores.append(scorer._values(shares * samples))
            left -= draws
        return np.concatenate(scores)


def class_weights(
    scorer: Scorer | Metric,
    class_counts: Sequence[int] | np.ndarray,
    class_weight: str | Mapping[int, float] | None = None,
) -> np.ndarray:
    """What an error on a sample of each class weighs where a search counts errors, float (classes,).

    1 each for accuracy; the inverse of the class's frequency, as scikit-learn's ``balanced``, for balanced accuracy and
    macro F1; for the cost, what the class's errors cost in the mean over the wrong answers, more than the right answer.
    Counting weighted errors is balanced accuracy to the letter, but only comes near macro F1, which punishes wrong
    answers too, and near a cost that depends on which wrong answer is given. The choice among designs is exact.

    Parameters
    ----------
    scorer : the scorer, or its metric where that is not the cost.
    class_counts : (classes,), samples of every class.
    class_weight : the user's own weights on top: ``balanced``, or by class index, 1 where a class is not named.

    Raises
    ------
    InputError
        for a class weight that is negative, not finite or of no class, and where no class weighs anything.
    """
    scorer = scorer if isinstance(scorer, Scorer) else Scorer(scorer)
    counts = np.asarray(class_counts, dtype=np.float64)
    if scorer.metric is Metric.ACCURACY:
        weights = np.ones(len(counts))
    elif scorer.metric is Metric.COST:
        costs = np.array(scorer.cost_matrix, dtype=np.float64)
        if len(costs) != len(counts):
            raise ValueError(f"the cost matrix is of {len(costs)} classes, not {len(counts)}")
        wrong = (costs.sum(axis=1) - np.diag(costs)) / max(1, len(costs) - 1)
        weights = np.maximum(0.0, wrong - np.diag(costs))
    else:
        weights = _inverse_frequencies(counts)
    weights = weights * own_weights(class_weight, counts)
    if not (weights * counts).any():
        raise InputError("no class with samples has a weight above 0, so no error would count")
    return weights


def repetitions(sample_weights: Sequence[float] | np.ndarray, *, most: int = 8) -> np.ndarray:
    """How often each sample stands in a training part so that the repetitions come near the weights, int64 (samples,).

    A sample of weight 0 is dropped, every other one stays, ``most`` times at most, and the part grows to `MAX_GROWTH`
    times the samples that stay at most. The weights are rounded on a common scale, no randomness enters. Of the scales
    that misplace hardly more of the part's weight than the best, the one of the shortest part is taken, so weights that
    differ by little repeat nothing.

    Raises
    ------
    InputError
        for weights that are negative or not finite, or all 0.
    """
    weights = np.asarray(sample_weights, dtype=np.float64)
    if not np.isfinite(weights).all() or (weights < 0).any():
        raise InputError("sample weights must be finite and 0 or more")
    if not weights.any():
        raise InputError("all sample weights are 0, so no sample would be left")
    if most < 1:
        raise ValueError(f"samples are repeated once at least, not {most} times")
    distinct, position, count = np.unique(weights, return_inverse=True, return_counts=True)
    kept = distinct > 0
    levels, samples = distinct[kept] / distinct[-1], count[kept]
    times = np.zeros(len(distinct), dtype=np.int64)
    times[kept] = _rounded_levels(levels, samples, most)
    return times[position.reshape(weights.shape)]


def _rounded_levels(levels: np.ndarray, samples: np.ndarray, most: int) -> np.ndarray:
    """Repetitions of each level of weight, of which the greatest is 1; see `repetitions`."""
    shares = levels * samples / (levels * samples).sum()
    tried = []
    for scale in _scales(most):
        times = np.clip(np.floor(levels * scale + 0.5), 1, most)
        total = float((times * samples).sum())
        if total <= MAX_GROWTH * samples.sum():
            misplaced = float(np.abs(times * samples / total - shares).sum()) / 2
            tried.append((misplaced, total, times))
    best = min(misplaced for misplaced, _, _ in tried)
    near = [entry for entry in tried if entry[0] <= best + _TOLERATED_MISPLACED]
    _, _, times = min(near, key=lambda entry: (entry[1], entry[0]))
    return times.astype(np.int64)


def _scales(most: int) -> np.ndarray:
    """Repetitions of the heaviest sample before rounding, from one up to where the lightest is rounded fairly too.

    Beyond ``most`` the heaviest are cut off, which serves the others where a few samples are far heavier than the rest.
    """
    return np.concatenate([[1.0], np.geomspace(1.0, 16.0 * most, _MAX_SCALES)])


def _inverse_frequencies(counts: np.ndarray) -> np.ndarray:
    """Weights (classes,) that make every class that has samples as heavy as any other, 1 in the mean over samples."""
    return _shares(np.full(len(counts), counts.sum()), counts * max(1, np.count_nonzero(counts)), absent=0.0)


def own_weights(class_weight: str | Mapping[int, float] | None, counts: np.ndarray) -> np.ndarray:
    """The user's own weights of classes of so many samples, float (classes,); see `class_weights`."""
    if class_weight is None:
        return np.ones(len(counts))
    if isinstance(class_weight, str):
        if class_weight != "balanced":
            raise InputError(f"class weights are 'balanced' or a weight by class, not {class_weight!r}")
        return _inverse_frequencies(counts)
    weights = np.ones(len(counts))
    for index, weight in class_weight.items():
        if not 0 <= index < len(counts):
            raise InputError(f"a class weight is given for class {index}, but there are {len(counts)} classes")
        if not _is_weight(weight):
            raise InputError(f"the weight of class {index} must be a finite number of 0 or more, not {weight!r}")
        weights[index] = weight
    return weights


def _is_weight(value: Any) -> bool:
    return isinstance(value, int | float | np.number) and math.isfinite(value) and value >= 0


def _shares(part: np.ndarray, whole: np.ndarray, *, absent: float) -> np.ndarray:
    """Quotients, ``absent`` where the whole is nothing."""
    return np.divide(part, whole, out=np.full(np.shape(whole), absent, dtype=np.float64), where=np.asarray(whole) > 0)
