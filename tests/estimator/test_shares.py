"""What answers are worth: frequencies on samples that were held out, in the columns and the order of scikit-learn."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize
from sklearn.datasets import load_iris
from sklearn.metrics import balanced_accuracy_score, confusion_matrix, log_loss, roc_auc_score
from sklearn.model_selection import cross_val_score, train_test_split

from bespoke import BespokeClassifier
from bespoke.estimator.shares import class_shares, decisions, weights_of_classes
from bespoke.scores import Confusion, Metric, Scorer

COUNTS = st.integers(2, 4).flatmap(
    lambda classes: st.lists(
        st.lists(st.integers(0, 40), min_size=classes, max_size=classes), min_size=classes, max_size=classes
    )
)


def small(**options) -> BespokeClassifier:
    defaults = {"candidates": 2000, "moves": 4000, "folds": 0, "hidden": (2,), "random_state": 0}
    return BespokeClassifier(**(defaults | options))


def smoothed(counts: list[list[int]], answered: int) -> list[Fraction]:
    """By the words of the docstring, in fractions, every class weighing the same."""
    classes, samples = len(counts), sum(map(sum, counts))
    spread = [Fraction(sum(row) + 1, samples + classes) for row in counts]
    given_answer = sum(row[answered] for row in counts)
    return [
        (row[answered] + classes * share) / (given_answer + classes) for row, share in zip(counts, spread, strict=True)
    ]


@given(COUNTS)
def test_shares_are_smoothed_frequencies_led_by_the_answered_class(counts):
    shares = class_shares(Confusion(np.array(counts)), np.ones(len(counts)))
    assert (shares > 0).all() and shares.sum(axis=1) == pytest.approx(1)
    assert shares.argmax(axis=1).tolist() == list(range(len(counts)))
    for answered, row in enumerate(shares):
        plain = [float(share) for share in smoothed(counts, answered)]
        if all(plain[answered] > share + 1e-5 for other, share in enumerate(plain) if other != answered):
            assert row == pytest.approx(plain)


@pytest.mark.parametrize(
    "counts", [[[3, 9, 0], [2, 4, 5], [0, 30, 6]], [[0, 5], [1, 90]], [[4, 4, 1], [3, 2, 20], [9, 1, 1]]]
)
def test_where_samples_speak_for_others_the_nearest_shares_that_agree_are_taken(counts):
    shares = class_shares(Confusion(np.array(counts)), np.ones(len(counts)))
    for answered, row in enumerate(shares):
        plain = np.array([float(share) for share in smoothed(counts, answered)])
        others = np.delete(np.arange(len(plain)), answered)
        limits = [{"type": "ineq", "fun": lambda p, o=o, a=answered: p[a] - p[o]} for o in others]
        limits.append({"type": "eq", "fun": lambda p: p.sum() - 1})
        nearest = minimize(lambda p, q=plain: ((p - q) ** 2).sum(), plain, constraints=limits, method="SLSQP").x
        assert row == pytest.approx(nearest, abs=1e-4)


def test_nothing_held_out_says_nothing():
    shares = class_shares(Confusion(np.zeros((3, 3), dtype=int)), np.ones(3))
    assert shares == pytest.approx(np.full((3, 3), 1 / 3), abs=1e-5)


def test_classes_weigh_what_they_weigh_in_training():
    counts = np.array([[80, 10], [4, 6]])
    weights = weights_of_classes(Scorer(Metric.BALANCED_ACCURACY), counts.sum(axis=1))
    assert weights * counts.sum(axis=1) == pytest.approx([50, 50])
    weighed = class_shares(Confusion(counts), weights)
    assert weighed[1, 1] == pytest.approx((30 + 1) / (30 + 50 * 10 / 90 + 2))
    assert weighed[1, 1] > class_shares(Confusion(counts), np.ones(2))[1, 1]
    assert weights_of_classes(Scorer(class_weights=(1.0, 5.0)), counts.sum(axis=1)).tolist() == [1, 5]


def test_decisions_are_logarithms_and_odds():
    assert decisions(np.array([[0.25, 0.75], [0.5, 0.5]])) == pytest.approx([np.log(3), 0])
    assert decisions(np.array([[0.2, 0.5, 0.3]])) == pytest.approx(np.log([[0.2, 0.5, 0.3]]))


@pytest.fixture(scope="module")
def iris():
    table = load_iris()
    return train_test_split(table.data, table.target, random_state=0, stratify=table.target)


@pytest.fixture(scope="module")
def folded(iris):
    train, _, classes, _ = iris
    return small(folds=3).fit(train, classes)


@pytest.fixture(scope="module")
def rare():
    """Two overlapping classes, the second of them one sample in eight."""
    rng = np.random.default_rng(0)
    classes = (rng.random(400) < 0.12).astype(int)
    features = rng.normal(size=(400, 3))
    features[:, 0] += 1.5 * classes
    return features, classes


def test_without_folds_they_are_counted_on_the_part_held_back(iris):
    train, test, classes, _ = iris
    model = small().fit(train, classes)
    features, truth = model._vectors["validation"]
    for index, design in enumerate(model.designs_):
        counts = confusion_matrix(truth, design.model.predict(features), labels=[0, 1, 2])
        assert model.held_out_[index].counts.tolist() == counts.tolist()
        answers = model.choose(index).predict(test)
        rows = class_shares(model.held_out_[index], np.ones(3))
        assert model.predict_proba(test) == pytest.approx(rows[answers])


def test_with_folds_every_sample_judges_once_and_trains_nothing_that_it_judges(folded, iris):
    _, _, classes, _ = iris
    for answers in folded.held_out_:
        assert answers.class_samples.tolist() == np.bincount(classes).tolist()
    chosen = folded.held_out_[folded.chosen_]
    assert chosen.accuracy.value == pytest.approx(folded.designs_[folded.chosen_].forecast.accuracy, abs=0.03)


def test_what_cannot_be_learnt_is_worth_nothing():
    """Trees learn classes drawn by lot by heart; shares of training samples would be near 1."""
    rng = np.random.default_rng(3)
    features, classes = rng.normal(size=(160, 4)), np.arange(160) % 2
    model = small(folds=3).fit(features, classes)
    best = max(range(len(model.designs_)), key=lambda index: model.designs_[index].train.value)
    assert model.designs_[best].train.value > 0.8
    assert model.choose(best).predict_proba(features).max() < 0.65


@pytest.mark.parametrize("options", [{}, {"class_weight": "balanced"}, {"metric": "balanced-accuracy"}], ids=str)
def test_they_agree_with_predict_in_every_design(rare, options):
    features, classes = rare
    model = small(folds=2, **options).fit(features, classes)
    for index in range(len(model.designs_)):
        model.choose(index)
        assert (model.classes_[model.predict_proba(features).argmax(axis=1)] == model.predict(features)).all()
        assert ((model.decision_function(features) > 0) == (model.predict(features) == 1)).all()


def test_three_classes_agree_and_are_better_than_guessing(folded, iris):
    _, test, _, labels = iris
    shares, decision = folded.predict_proba(test), folded.decision_function(test)
    assert shares.shape == decision.shape == (len(test), 3)
    assert (folded.classes_[decision.argmax(axis=1)] == folded.predict(test)).all()
    assert log_loss(labels, shares) < 0.5 * np.log(3)


def test_area_under_the_curve_is_that_of_one_operating_point(rare):
    features, classes = rare
    model = small(class_weight="balanced").fit(features, classes)
    answers = model.predict(features)
    assert 0 < answers.mean() < 1
    area = roc_auc_score(classes, model.decision_function(features))
    assert area == pytest.approx(balanced_accuracy_score(classes, answers))
    assert area == pytest.approx(roc_auc_score(classes, model.predict_proba(features)[:, 1]))


def test_scikit_learn_scores_by_them(rare, iris):
    features, classes = rare
    assert cross_val_score(small(), features, classes, scoring="roc_auc", cv=2).mean() >= 0.5
    train, _, labels, _ = iris
    assert cross_val_score(small(), train, labels, scoring="roc_auc_ovr", cv=2).mean() > 0.85


def test_a_saved_classifier_keeps_them(folded, iris, tmp_path):
    _, test, _, _ = iris
    folded.save(tmp_path / "classifier.json")
    loaded = BespokeClassifier.load(tmp_path / "classifier.json")
    assert loaded.held_out_ == folded.held_out_
    assert loaded.predict_proba(test).tolist() == folded.predict_proba(test).tolist()


def test_samples_that_all_had_to_be_learnt_from_judge_nothing():
    features = np.array([[0.0, 1.0], [1.0, 0.0], [0.1, 0.9]])
    model = small(hidden=(1,)).fit(features, [0, 1, 2])
    assert all(answers.samples == 0 for answers in model.held_out_)
    assert model.predict_proba(features) == pytest.approx(np.full((3, 3), 1 / 3), abs=1e-5)
