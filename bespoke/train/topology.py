"""How many neurons the hidden layer gets, by cross-validation on the training part.

Too few neurons cap what every later stage can reach; too many cost area and power in the exact baseline and in every
design that starts from the network. So the smallest size wins that cannot be told from the best: the one-standard-error
rule (Breiman et al., 'Classification and Regression Trees', 1984, section 3.4.3), paired over samples and folds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from bespoke.data import PreparedData
from bespoke.errors import InputError
from bespoke.train.descent import CrossEntropy
from bespoke.train.float_model import Progress, check_all_classes, checked_hidden, scaled

#: Folds of the cross-validation.
FOLDS = 3
#: No size beyond it is tried.
LARGEST_SIZE = 40
#: A network may have a weight for so many samples: with fewer, the comparison between sizes is one of over-fitting.
_SAMPLES_PER_WEIGHT = 5
#: Neighbouring sizes differ by about this factor.
_STEP = 1.35
#: Weight decays of a size's fits, one in every fold with each. Their mean stands for the size: which one does better is
#: mostly luck, and taking the luckier of two makes the comparison of sizes noisier.
_WEIGHT_DECAYS = (0.1, 1.0)
#: Sizes without a new best accuracy after which larger ones are not tried.
_PATIENCE = 3
#: Accuracy that must come with every doubling of the layer, which about doubles the exact baseline's cost: less is not
#: worth it, however many samples prove that it is there, and the best of a dozen sizes is partly the luckiest.
_WORTH_OF_DOUBLING = 0.005
#: The first fits of a size have one in so many of the iterations of the fit that is judged.
_FIRST_SHARE = 5
#: Of the work, what is left for samples at least, where the overhead of the evaluations alone would take all of it.
_SAMPLES_SHARE = 0.1


@dataclass(frozen=True)
class TopologyBudget:
    """What ``choose_topology`` may spend, counted in work: the same on every machine.

    Parameters
    ----------
    starts : short fits per size, fold and weight decay, of which the one of least loss goes on.
    iterations : of the fit that goes on.
    work : values that all fits together may compute (some 500 million a second on one core). Where the data ask for
        more, a share of the samples, drawn once, is all that the folds see.
    """

    starts: int = 6
    iterations: int = 150
    work: float = 8e9

    def __post_init__(self):
        if self.starts < 1 or self.iterations < 1 or not self.work > 0:
            raise InputError("choosing the hidden layer needs at least one start, one iteration and some work")


@dataclass(frozen=True)
class TriedSize:
    """What a hidden layer of ``neurons`` neurons reached on samples that its networks had not learned from.

    Parameters
    ----------
    accuracy : mean over folds.
    standard_error : of ``accuracy``.
    behind_best : by how much the accuracy falls short of the best size's.
    behind_best_error : standard error of that difference, paired: the larger of what samples and folds say.
    forgiven : ``behind_best`` up to which the size is as good as the best: that error, or half a point for every time
        that its neurons could be doubled to reach the best's, once at least, whichever is larger.
    """

    neurons: int
    accuracy: float
    standard_error: float
    behind_best: float
    behind_best_error: float
    forgiven: float


@dataclass(frozen=True)
class TopologyChoice:
    """The hidden layers chosen, and what the choice rests on.

    Parameters
    ----------
    hidden : neurons of every hidden layer.
    best : neurons of the size that was most accurate.
    tried : in rising size.
    folds : of the cross-validation.
    samples : that it saw, of all in the training part.
    """

    hidden: tuple[int, ...]
    best: int
    tried: tuple[TriedSize, ...]
    folds: int
    samples: int


def choose_topology(
    data: PreparedData,
    *,
    seed: int = 0,
    budget: TopologyBudget | None = None,
    sizes: Sequence[int] | None = None,
    progress: Progress | None = None,
) -> TopologyChoice:
    """The size of one hidden layer: the smallest within one standard error of the best in cross-validation.

    Where the standard error is smaller, half a point is forgiven, and as much for every halving of the layer. Sizes are
    tried in rising order until three in a row bring nothing. Only the training part is looked at.

    Parameters
    ----------
    seed : same seed, same choice.
    budget : what the fits may spend; see ``TRAINING_EFFORTS``.
    sizes : neurons to try; by default ``candidate_sizes``.
    progress : called after every size.

    Raises
    ------
    InputError
        for a size that is none, or a training part that lacks a class or has fewer samples than there are folds. A
        class of fewer samples than folds is no error: some networks do not know it and get its samples wrong, whatever
        their size.
    """
    budget = budget or TopologyBudget()
    check_all_classes(data)
    if data.train.samples < FOLDS:
        raise InputError(f"{data.name}: {data.train.samples} training samples are too few for {FOLDS} folds")
    if sizes is None:
        sizes = candidate_sizes(features=data.features, classes=data.classes, samples=data.train.samples)
    sizes = sorted(set(checked_hidden(tuple(sizes))))
    rng = np.random.default_rng(seed)
    folds = stratified_folds(data.train.classes, FOLDS, rng)
    folds[~_affordable(data, folds, sizes, budget, rng)] = -1
    found: list[_Judged] = []
    with threadpool_limits(1):  # as for the float model
        for neurons in sizes:
            found.append(_judged(data, folds, neurons, budget, rng))
            best = max(range(len(found)), key=lambda index: found[index].accuracy)
            if progress is not None:
                share = sum(sizes[: len(found)]) / sum(sizes)
                progress(share, f"{neurons} hidden neurons: accuracy {found[-1].accuracy:.4f} in cross-validation")
            if len(found) - 1 - best >= _PATIENCE:
                break
    if progress is not None:
        progress(1.0, f"best accuracy {found[best].accuracy:.4f} in cross-validation")
    tried = tuple(one.beside(found[best]) for one in found)
    smallest = next(one for one in tried if one.behind_best <= one.forgiven)
    return TopologyChoice((smallest.neurons,), found[best].neurons, tried, FOLDS, int((folds >= 0).sum()))


def candidate_sizes(*, features: int, classes: int, samples: int) -> tuple[int, ...]:
    """Neurons to try, log-spaced: from one (two classes) or two, to what the samples can carry, at most 40."""
    lowest = 1 if classes == 2 else 2
    outputs = 1 if classes == 2 else classes
    carried = samples // (_SAMPLES_PER_WEIGHT * (features + outputs))
    highest = min(LARGEST_SIZE, max(lowest + 1, carried))
    sizes = [lowest]
    while sizes[-1] < highest:
        sizes.append(min(highest, max(sizes[-1] + 1, round(sizes[-1] * _STEP))))
    return tuple(sizes)


def stratified_folds(classes: np.ndarray, folds: int, rng: np.random.Generator) -> np.ndarray:
    """Fold of every sample, int64 (samples,): each class, and all of them, are spread as evenly as can be."""
    order = np.concatenate([rng.permutation(np.flatnonzero(classes == label)) for label in np.unique(classes)])
    result = np.empty(len(classes), dtype=np.int64)
    result[order] = np.arange(len(classes)) % folds
    return result


def _affordable(
    data: PreparedData, folds: np.ndarray, sizes: Sequence[int], budget: TopologyBudget, rng: np.random.Generator
) -> np.ndarray:
    """Bool (samples,): all samples, or a stratified share of every fold that keeps all sizes within the budget."""
    iterations = budget.iterations + budget.starts * max(1, budget.iterations // _FIRST_SHARE)
    features = np.zeros((0, data.features))
    evaluations = FOLDS * len(_WEIGHT_DECAYS) * iterations
    losses = [
        CrossEntropy(features, np.zeros(0, dtype=np.int64), hidden=(neurons,), class_count=data.classes)
        for neurons in sizes
    ]
    fixed = evaluations * sum(loss.work for loss in losses)
    learned = data.train.samples * (FOLDS - 1) // FOLDS
    growing = evaluations * learned * sum(loss.work_per_sample for loss in losses)
    share = min(1.0, max(budget.work - fixed, _SAMPLES_SHARE * budget.work) / growing)
    kept = np.zeros(len(folds), dtype=bool)
    groups = folds * data.classes + data.train.classes
    for group in np.unique(groups):
        rows = np.flatnonzero(groups == group)
        kept[rng.permutation(rows)[: math.ceil(share * len(rows))]] = True
    return kept


@dataclass(frozen=True, eq=False)
class _Judged:
    """A size's answers on held-out samples: ``right`` is the share of its networks that got a sample right, (samples,).

    ``folds`` (samples,) is the fold that held the sample out.
    """

    neurons: int
    right: np.ndarray
    folds: np.ndarray

    @property
    def accuracy(self) -> float:
        return float(self.right.mean())

    def beside(self, best: _Judged) -> TriedSize:
        behind = best.right - self.right
        error = max(_standard_error(behind), _standard_error(self._by_fold(behind)))
        halvings = max(1.0, math.log2(best.neurons / self.neurons))
        return TriedSize(
            self.neurons,
            self.accuracy,
            _standard_error(self.right),
            float(behind.mean()),
            error,
            max(error, _WORTH_OF_DOUBLING * halvings),
        )

    def _by_fold(self, values: np.ndarray) -> np.ndarray:
        return np.array([values[self.folds == fold].mean() for fold in range(FOLDS) if (self.folds == fold).any()])


def _standard_error(values: np.ndarray) -> float:
    """Of the mean of independent values."""
    return float(values.std(ddof=1) / math.sqrt(len(values))) if len(values) > 1 else 0.0


def _judged(
    data: PreparedData, folds: np.ndarray, neurons: int, budget: TopologyBudget, rng: np.random.Generator
) -> _Judged:
    features, classes = scaled(data.train.features, data.bits), data.train.classes
    right = np.zeros(len(classes))
    for fold in range(FOLDS):
        learning, held = (folds >= 0) & (folds != fold), folds == fold
        loss = CrossEntropy(features[learning], classes[learning], hidden=(neurons,), class_count=data.classes)
        for weight_decay in _WEIGHT_DECAYS:
            parameters = _fitted(loss, weight_decay, budget, rng)
            right[held] += (loss.answers(parameters, features[held]) == classes[held]) / len(_WEIGHT_DECAYS)
    seen = folds >= 0
    return _Judged(neurons, right[seen], folds[seen])


def _fitted(loss: CrossEntropy, weight_decay: float, budget: TopologyBudget, rng: np.random.Generator) -> np.ndarray:
    """Parameters of the start that led after a few iterations, on the samples that are learned from, taken further."""
    first = max(1, budget.iterations // _FIRST_SHARE)
    starts = [
        loss.descended(loss.drawn(rng), weight_decay=weight_decay, iterations=first) for _ in range(budget.starts)
    ]
    parameters, _ = min(starts, key=lambda start: start[1])
    return loss.descended(parameters, weight_decay=weight_decay, iterations=budget.iterations)[0]
