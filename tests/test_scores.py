"""Metrics of a confusion against scikit-learn, their intervals, and what an error on each class weighs."""

import json
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, balanced_accuracy_score, confusion_matrix, f1_score
from sklearn.utils.class_weight import compute_class_weight

from bespoke.errors import InputError
from bespoke.scores import MAX_GROWTH, Confusion, Metric, Scorer, class_weights, repetitions

COSTS = ((0.0, 1.0, 5.0), (2.0, 0.0, 1.0), (10.0, 0.5, 0.0))


@st.composite
def answers(draw):
    """Classes, true and answered, of some samples."""
    classes = draw(st.integers(2, 5))
    index = st.integers(0, classes - 1)
    pairs = draw(st.lists(st.tuples(index, index), min_size=1, max_size=40))
    true, answered = np.array(pairs).T
    return classes, true, answered


@given(answers())
def test_metrics_are_those_of_scikit_learn(drawn):
    classes, true, answered = drawn
    counts = Confusion.of(answered, true, classes)
    assert counts.counts.tolist() == confusion_matrix(true, answered, labels=range(classes)).tolist()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-learn warns of answered classes that do not occur
        expected = {
            Metric.ACCURACY: accuracy_score(true, answered),
            Metric.BALANCED_ACCURACY: balanced_accuracy_score(true, answered),
            Metric.F1_MACRO: f1_score(true, answered, average="macro", zero_division=0),
        }
    for metric, value in expected.items():
        assert Scorer(metric).value(counts) == pytest.approx(value, abs=1e-12)
    assert counts.accuracy.value == pytest.approx(expected[Metric.ACCURACY])
    costs = np.random.default_rng(classes).random((classes, classes))
    scorer = Scorer(Metric.COST, tuple(map(tuple, costs)))
    assert scorer.value(counts) == pytest.approx(-np.mean([costs[t, a] for t, a in zip(true, answered, strict=True)]))


@given(answers(), st.integers(0, 40))
def test_parts_pool_to_the_whole(drawn, cut):
    classes, true, answered = drawn
    whole = Confusion.of(answered, true, classes)
    parts = [Confusion.of(answered[part], true[part], classes) for part in (slice(cut), slice(cut, None))]
    assert parts[0] + parts[1] == whole
    assert hash(parts[0] + parts[1]) == hash(whole)
    assert Confusion.from_json(json.loads(json.dumps(whole.to_json()))) == whole
    assert whole.samples == len(true)


def test_recalls_and_classes_that_are_never_answered():
    counts = Confusion(np.array([[8, 0, 2, 0], [3, 0, 0, 0], [0, 0, 0, 0], [0, 0, 1, 0]]))
    assert counts.recalls == pytest.approx([0.8, 0.0, np.nan, 0.0], nan_ok=True)
    assert counts.never_answered == (1, 3)
    assert counts != Confusion(counts.counts.T)
    with pytest.raises(ValueError, match="read-only"):
        counts.counts[0, 0] = 1


def test_an_answer_that_is_no_class_is_an_error_of_every_class():
    counts = Confusion.of(np.array([3, 3, 3, 2]), np.array([0, 1, 2, 2]), 3)
    assert counts.counts.tolist() == [[0, 0, 1], [0, 0, 1], [0, 1, 1]]


@pytest.mark.parametrize("counts", [[[1, 2]], [1, 2], [[1, -1], [0, 1]]])
def test_what_is_no_confusion(counts):
    with pytest.raises(ValueError, match="square of counts"):
        Confusion(np.array(counts))


def test_confusions_that_do_not_fit_together():
    with pytest.raises(ValueError, match="do not pool"):
        Confusion(np.eye(2)) + Confusion(np.eye(3))
    with pytest.raises(ValueError, match="without samples"):
        Scorer().value(Confusion(np.zeros((2, 2))))
    with pytest.raises(ValueError, match="3 classes, not 2"):
        Scorer(Metric.COST, COSTS).value(Confusion(np.eye(2)))


@pytest.mark.parametrize(
    ("metric", "matrix", "message"),
    [
        (Metric.COST, None, "needs a cost matrix"),
        (Metric.F1_MACRO, COSTS, "takes no cost matrix"),
        (Metric.COST, (), "row and a column"),
        (Metric.COST, ((0, 1), (1,)), "row and a column"),
        (Metric.COST, ((0, -1), (1, 0)), "finite costs"),
        (Metric.COST, ((0, float("nan")), (1, 0)), "finite costs"),
    ],
)
def test_scorers_that_make_no_sense(metric, matrix, message):
    with pytest.raises(InputError, match=message):
        Scorer(metric, matrix)


SCORERS = [Scorer(metric, COSTS if metric is Metric.COST else None) for metric in Metric]


@pytest.mark.parametrize("scorer", SCORERS, ids=lambda scorer: scorer.metric)
def test_intervals_hold_the_value_and_repeat(scorer):
    rng = np.random.default_rng(3)
    for _ in range(20):
        counts = Confusion(rng.integers(0, 12, (3, 3)) * (rng.random((3, 3)) < 0.7) + np.eye(3, dtype=int))
        low, high = scorer.interval(counts)
        assert low <= scorer.value(counts) <= high
        assert (low, high) == scorer.interval(Confusion(counts.counts))
        assert 0 < scorer.standard_error(counts) < high - low


@pytest.mark.parametrize("scorer", SCORERS, ids=lambda scorer: scorer.metric)
def test_intervals_cover_the_truth_as_often_as_they_say(scorer):
    """Confusions of classes with 60, 40 and 30 samples, drawn with known shares."""
    rng = np.random.default_rng(11)
    shares = np.array([[0.8, 0.15, 0.05], [0.2, 0.7, 0.1], [0.1, 0.1, 0.8]])
    samples = np.array([60, 40, 30])
    truth = scorer._values((shares * samples[:, None])[None])[0]
    trials, inside, values, errors = 300, 0, [], []
    for _ in range(trials):
        counts = Confusion(np.array([rng.multinomial(n, row) for n, row in zip(samples, shares, strict=True)]))
        low, high = scorer.interval(counts)
        inside += low <= truth <= high
        values.append(scorer.value(counts))
        errors.append(scorer.standard_error(counts))
    assert 0.91 <= inside / trials <= 0.995
    assert np.mean(errors) == pytest.approx(np.std(values), rel=0.15)


@pytest.mark.parametrize("metric", [Metric.BALANCED_ACCURACY, Metric.F1_MACRO])
def test_a_small_class_without_an_error_leaves_doubt(metric):
    low, high = Scorer(metric).interval(Confusion(np.diag([200, 3])))
    assert low < 0.95
    assert high == 1.0


@given(st.lists(st.integers(1, 500), min_size=2, max_size=6))
def test_weights_of_balanced_metrics_are_scikit_learns(counts):
    classes = np.repeat(np.arange(len(counts)), counts)
    expected = compute_class_weight("balanced", classes=np.arange(len(counts)), y=classes)
    for metric in (Metric.BALANCED_ACCURACY, Metric.F1_MACRO):
        assert class_weights(metric, counts) == pytest.approx(expected)
    assert class_weights(Metric.ACCURACY, counts, "balanced") == pytest.approx(expected)
    assert class_weights(Scorer(), counts).tolist() == [1.0] * len(counts)


def test_weights_of_a_cost_are_what_its_errors_cost():
    assert class_weights(Scorer(Metric.COST, COSTS), [5, 5, 5]).tolist() == [3.0, 1.5, 5.25]
    shifted = tuple(tuple(value + 2 for value in row) for row in COSTS)  # what every answer costs alike weighs nothing
    assert class_weights(Scorer(Metric.COST, shifted), [5, 5, 5]).tolist() == [3.0, 1.5, 5.25]


def test_own_weights_come_on_top():
    assert class_weights(Metric.ACCURACY, [10, 5, 5], {1: 4.0, 2: 0}).tolist() == [1.0, 4.0, 0.0]
    assert class_weights(Metric.BALANCED_ACCURACY, [30, 10, 0], {0: 3.0}) == pytest.approx([2.0, 2.0, 0.0])


@pytest.mark.parametrize(
    ("own", "message"),
    [
        ("equal", "not 'equal'"),
        ({2: 1.0}, "class 2, but there are 2"),
        ({-1: 1.0}, "class -1"),
        ({0: -1.0}, "weight of class 0"),
        ({0: float("inf")}, "weight of class 0"),
        ({0: "2"}, "weight of class 0"),
        ({0: 0.0, 1: 0.0}, "no class"),
    ],
)
def test_own_weights_that_make_no_sense(own, message):
    with pytest.raises(InputError, match=message):
        class_weights(Metric.ACCURACY, [10, 10], own)


@pytest.mark.parametrize(
    ("weights", "times"),
    [
        ([0.3, 0.3, 0.3], [1, 1, 1]),
        ([1.0, 1.02, 1.0], [1, 1, 1]),
        ([0.0, 2.0, 2.0], [0, 1, 1]),
        ([1.0, 2.0, 1.0, 2.0], [1, 2, 1, 2]),
        ([0.5, 0.75, 0.5, 0.75], [2, 3, 2, 3]),
        ([1.0] * 9 + [1e6], [1] * 9 + [8]),
    ],
)
def test_repetitions_by_hand(weights, times):
    assert repetitions(weights).tolist() == times


@given(
    st.lists(st.one_of(st.just(0.0), st.floats(1e-3, 1e3)), min_size=1, max_size=60).filter(any),
    st.integers(1, 10),
)
def test_repetitions_are_bounded_and_in_the_order_of_the_weights(weights, most):
    weights = np.array(weights)
    times = repetitions(weights, most=most)
    assert times.shape == weights.shape
    assert times.dtype == np.int64
    assert ((times == 0) == (weights == 0)).all()
    assert times.max() <= most
    assert times.sum() <= MAX_GROWTH * np.count_nonzero(weights)
    order = np.argsort(weights, kind="stable")
    assert (np.diff(times[order]) >= 0).all()
    shuffled = np.random.default_rng(0).permutation(len(weights))
    assert (repetitions(weights[shuffled], most=most) == times[shuffled]).all()


@given(st.lists(st.integers(20, 200), min_size=2, max_size=4))
def test_repetitions_even_out_classes(counts):
    """A class's share of a repeated training part is closer to the others' than it was, or as close."""
    classes = np.repeat(np.arange(len(counts)), counts)
    times = repetitions(class_weights(Metric.BALANCED_ACCURACY, counts)[classes])
    after = np.bincount(classes, weights=times)
    off = np.abs(after / after.sum() - 1 / len(counts)).sum() / 2
    before = np.abs(np.array(counts) / sum(counts) - 1 / len(counts)).sum() / 2
    assert off <= before + 1e-12
    assert off <= 0.12


@pytest.mark.parametrize("weights", [[0.0, 0.0], [1.0, -1.0], [1.0, float("nan")]])
def test_sample_weights_that_make_no_sense(weights):
    with pytest.raises(InputError, match="sample weights"):
        repetitions(weights)
