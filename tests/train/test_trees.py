"""Decision trees as circuits, against scikit-learn's own answers on every value of the grid."""

from __future__ import annotations

import numpy as np
import pytest
from exhaustive import all_vectors
from sklearn.tree import DecisionTreeClassifier

from bespoke.data import Part
from bespoke.sensing import BinaryWires, FrontEndKind, ThermometerWires
from bespoke.train.trees import LEAVES, grow_trees, noisy_samples, tree_circuit


def drawn(seed: int, features: int, bits: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Samples whose classes follow a threshold or two, and some that follow nothing."""
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 1 << bits, (80, features))
    labels = (values[:, 0] * classes >> bits) % classes
    noisy = rng.random(80) < 0.3
    return values, np.where(noisy, rng.integers(0, classes, 80), labels)


@pytest.mark.parametrize("kind", FrontEndKind)
@pytest.mark.parametrize(
    ("seed", "features", "bits", "classes"), [(0, 2, 3, 2), (1, 3, 2, 3), (2, 1, 5, 4), (3, 4, 1, 5)]
)
def test_a_tree_is_bit_exact_with_scikit_learn(kind, seed, features, bits, classes):
    trees = grow_trees(*drawn(seed, features, bits, classes))
    every = all_vectors(features, bits)
    for tree in trees:
        circuit = tree_circuit(tree, classes=classes, bits=bits, kind=kind)
        assert np.array_equal(circuit.predict(every), tree.predict(every))
        if kind is FrontEndKind.THERMOMETER:
            inner = tree.tree_.children_left >= 0
            cuts = {
                (int(f), int(np.floor(t)) + 1)
                for f, t in zip(tree.tree_.feature[inner], tree.tree_.threshold[inner], strict=True)
            }
            assert {(int(f), int(level)) for f, level in circuit.wires.levels} <= cuts
        else:
            assert circuit.wires == BinaryWires(features, bits)


@pytest.mark.parametrize("kind", FrontEndKind)
def test_classes_that_the_tree_has_not_seen(kind):
    """The labels are class indices with gaps, and the width of the output is that of all classes."""
    values, labels = drawn(4, 2, 3, 2)
    tree = DecisionTreeClassifier(max_leaf_nodes=5, random_state=0).fit(values, np.array([1, 6])[labels])
    circuit = tree_circuit(tree, classes=8, bits=3, kind=kind)
    assert circuit.output_bits == 3
    assert np.array_equal(circuit.predict(all_vectors(2, 3)), tree.predict(all_vectors(2, 3)))


def test_a_tree_of_one_class_reads_nothing():
    tree = DecisionTreeClassifier(random_state=0).fit([[0], [7]], [2, 2])
    circuit = tree_circuit(tree, classes=3, bits=3, kind=FrontEndKind.THERMOMETER)
    assert circuit.wires == ThermometerWires.of(1, 3, [])
    assert set(circuit.predict(all_vectors(1, 3))) == {2}


def test_trees_grow_as_long_as_the_samples_give_rise_to_larger_ones():
    values, labels = drawn(5, 3, 4, 3)
    sizes = [tree.get_n_leaves() for tree in grow_trees(values, labels)]
    assert sizes == sorted(set(sizes)) and all(size <= most for size, most in zip(sizes, LEAVES, strict=False))
    assert (DecisionTreeClassifier(random_state=0).fit(values, labels).get_n_leaves()) >= sizes[-1]
    assert len(grow_trees(values, labels, leaves=(2, 4))) == 2


def test_noisy_samples_repeat_and_stay_on_the_grid():
    values, labels = drawn(6, 3, 4, 3)
    part = Part(values, labels, np.arange(len(values)))
    features, classes = noisy_samples(part, 4, copies=2, seed=1)
    again, _ = noisy_samples(part, 4, copies=2, seed=1)
    other, _ = noisy_samples(part, 4, copies=2, seed=2)
    assert np.array_equal(features, again) and not np.array_equal(features, other)
    assert np.array_equal(features[: len(values)], values) and not np.array_equal(features[len(values) : 160], values)
    assert np.array_equal(classes, np.tile(labels, 3))
    assert features.min() >= 0 and features.max() <= 15 and features.dtype.kind == "i"
