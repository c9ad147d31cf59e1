"""Forests as circuits, against their integer votes, and those against scikit-learn's trees."""

from __future__ import annotations

import numpy as np
import pytest
from exhaustive import all_vectors
from sklearn.ensemble import RandomForestClassifier

from bespoke.errors import InputError
from bespoke.sensing import BinaryWires, FrontEndKind
from bespoke.train.forests import forest_circuit, grow_forest, grow_forests


def drawn(seed: int, features: int, bits: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 1 << bits, (120, features))
    labels = (values.sum(axis=1) * classes >> bits) % classes
    return values, np.where(rng.random(120) < 0.2, rng.integers(0, classes, 120), labels)


@pytest.mark.parametrize("kind", FrontEndKind)
@pytest.mark.parametrize("extra", [False, True])
@pytest.mark.parametrize(
    ("features", "bits", "classes", "trees"), [(2, 3, 2, 5), (3, 2, 3, 4), (1, 5, 4, 3), (4, 1, 5, 7)]
)
def test_a_forest_is_bit_exact_with_its_votes(kind, extra, features, bits, classes, trees):
    samples = drawn(features, features, bits, classes)
    forest = grow_forest(*samples, classes_count=classes, bits=bits, trees=trees, leaves=6, extra=extra)
    circuit = forest_circuit(forest, kind)
    every = all_vectors(features, bits)
    assert np.array_equal(circuit.predict(every), forest.predict(every))
    assert kind is FrontEndKind.THERMOMETER or circuit.wires == BinaryWires(features, bits)


def test_votes_are_those_of_scikit_learns_trees_and_the_lowest_class_wins():
    values, labels = drawn(7, 3, 3, 4)
    labels = np.array([0, 2, 3, 6])[labels]  # class indices with gaps
    forest = grow_forest(values, labels, classes_count=8, bits=3, trees=4, leaves=9, seed=3)
    grown = RandomForestClassifier(4, max_leaf_nodes=9, random_state=3).fit(values, labels)
    every = all_vectors(3, 3)
    votes = np.zeros((len(every), 8))
    for tree in grown.estimators_:
        votes[np.arange(len(every)), grown.classes_[tree.predict(every).astype(int)]] += 1
    assert np.array_equal(forest.predict(every), votes.argmax(axis=1))
    assert np.array_equal(forest_circuit(forest).predict(every), forest.predict(every))


def test_forests_of_several_sizes_repeat():
    samples = drawn(1, 3, 3, 3)
    first = grow_forests(*samples, classes_count=3, bits=3, sizes=((1, 2), (3, 5)), seed=4)
    again = grow_forests(*samples, classes_count=3, bits=3, sizes=((1, 2), (3, 5)), seed=4)
    assert [len(forest.trees) for forest in first] == [1, 3]
    assert [forest_circuit(forest) for forest in first] == [forest_circuit(forest) for forest in again]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"trees": 0}, "at least 1 tree of 2 leaves, not 0 of 4"),
        ({"leaves": 1}, "not 2 of 1"),
        ({"classes_count": 2}, r"classes must be integers in 0\.\.1"),
    ],
)
def test_mistakes_are_named(changed, message):
    options = {"classes_count": 3, "bits": 3, "trees": 2, "leaves": 4, **changed}
    with pytest.raises(InputError, match=message):
        grow_forest(*drawn(1, 3, 3, 3), **options)


def test_samples_must_fit_their_classes():
    values, labels = drawn(1, 3, 3, 3)
    with pytest.raises(InputError, match="do not fit together"):
        grow_forest(values, labels[:-1], classes_count=3, bits=3, trees=2, leaves=4)
