"""The float network's loss against finite differences, and against scikit-learn's own at the same parameters."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from bespoke.train.descent import CrossEntropy


def drawn(classes: int, samples: int = 60) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(classes)
    return rng.integers(0, 16, (samples, 3)) / 16, np.arange(samples) % classes


@pytest.mark.parametrize("classes", [2, 3, 10])
@pytest.mark.parametrize("hidden", [(4,), (4, 3)])
def test_slopes_against_finite_differences(classes, hidden):
    inputs, labels = drawn(classes)
    loss = CrossEntropy(inputs, labels, hidden=hidden, class_count=classes)
    parameters = np.random.default_rng(1).normal(size=len(loss.drawn(np.random.default_rng(1))))  # bends on no sample
    _, slopes = loss.value_and_gradient(parameters, 0.3)
    for index in range(0, len(parameters), 3):
        step = np.zeros_like(parameters)
        step[index] = 1e-3
        below, above = (loss.value_and_gradient(parameters + sign * step, 0.3)[0] for sign in (-1, 1))
        assert slopes[index] == pytest.approx((above - below) / 2e-3, rel=0.05, abs=3e-3)


@pytest.mark.parametrize("classes", [2, 3, 10])
def test_loss_and_answers_are_those_of_scikit_learn(classes):
    inputs, labels = drawn(classes)
    classifier = MLPClassifier((4,), solver="lbfgs", alpha=0.5, max_iter=20, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        classifier.fit(inputs, labels)
    parts = zip(classifier.coefs_, classifier.intercepts_, strict=True)
    parameters = np.concatenate([array for weights, biases in parts for array in (weights.T.ravel(), biases)])
    loss = CrossEntropy(inputs, labels, hidden=(4,), class_count=classes)
    assert loss.value_and_gradient(parameters, 0.5)[0] == pytest.approx(classifier.loss_, rel=1e-4)
    assert np.array_equal(loss.answers(parameters, inputs), classifier.predict(inputs))


def test_outputs_far_apart_do_not_overflow():
    inputs, labels = drawn(2)
    loss = CrossEntropy(inputs, labels, hidden=(4,), class_count=2)
    for sign in (-1, 1):
        value, slopes = loss.value_and_gradient(sign * 1e3 * loss.drawn(np.random.default_rng(0)), 0.0)
        assert np.isfinite(value) and np.isfinite(slopes).all()


def test_descent_lowers_the_loss_and_starts_bend_on_a_sample():
    inputs, labels = drawn(3)
    loss = CrossEntropy(inputs, labels, hidden=(4,), class_count=3)
    start = loss.drawn(np.random.default_rng(0))
    weights, biases = loss.layers(start)[0]
    sums = inputs @ weights.T + biases
    assert (np.abs(sums).min(axis=0) < 1e-6).all()
    assert loss.descended(start, weight_decay=0.1, iterations=20)[1] < loss.value_and_gradient(start, 0.1)[0]
