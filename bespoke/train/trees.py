"""Decision trees on the grid: the obvious rival of every design, and starts of the gate-level search."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.tree import DecisionTreeClassifier

from bespoke.circuit import CircuitBuilder
from bespoke.data import Part
from bespoke.model import LogicCircuit
from bespoke.sensing import FrontEndKind, ThermometerWires, Wires, all_wires

#: Leaves of the trees that are grown; a tree that needs fewer ends the row.
LEAVES = (2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 26, 32, 40, 52, 64, 80, 100, 128, 160, 200, 256, 320, 400, 512)


def grow_trees(
    features: np.ndarray, classes: np.ndarray, *, leaves: Sequence[int] = LEAVES, seed: int = 0
) -> list[DecisionTreeClassifier]:
    """scikit-learn's decision trees of rising size, as far as the samples give rise to larger ones.

    Parameters
    ----------
    features : integer (samples, features), values of the grid.
    classes : integer (samples,), class indices.
    leaves : most leaves of each tree, rising.
    """
    trees: list[DecisionTreeClassifier] = []
    for most in leaves:
        tree = DecisionTreeClassifier(max_leaf_nodes=most, random_state=seed).fit(features, classes)
        if trees and tree.get_n_leaves() <= trees[-1].get_n_leaves():
            break
        trees.append(tree)
    return trees


def noisy_samples(
    part: Part, bits: int, *, copies: int, noise: float = 0.25, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """A part's samples and noisy copies of them, features and classes, against over-fitting.

    A copy adds normal noise to every feature, ``noise`` times the feature's standard deviation, and rounds.
    """
    rng = np.random.default_rng(seed)
    features = [part.features]
    spread = noise * part.features.std(axis=0)
    for _ in range(copies):
        moved = part.features + np.rint(rng.normal(size=part.features.shape) * spread).astype(np.int64)
        features.append(np.clip(moved, 0, (1 << bits) - 1))
    return np.concatenate(features), np.tile(part.classes, copies + 1)


def tree_circuit(
    tree: DecisionTreeClassifier, *, classes: int, bits: int, kind: FrontEndKind = FrontEndKind.BINARY
) -> LogicCircuit:
    """The tree as a circuit over a front end's wires: a multiplexer per inner node, bit-exact with its ``predict``.

    Parameters
    ----------
    tree : fitted on values of a grid of ``2**bits`` levels, with class indices as labels.
    classes : number of classes, which may be more than the tree has seen.
    """
    grown = tree.tree_
    inner = np.flatnonzero(grown.children_left >= 0)
    # a sample goes right where its integer exceeds the threshold, which is to say reaches the next level
    level = np.floor(grown.threshold).astype(np.int64) + 1
    wires: Wires = all_wires(kind, tree.n_features_in_, bits)
    if kind is FrontEndKind.THERMOMETER:
        pairs = [(int(grown.feature[node]), int(level[node])) for node in inner]
        wires = ThermometerWires.of(tree.n_features_in_, bits, pairs)
    builder = CircuitBuilder(wires.count)
    width = max(1, (classes - 1).bit_length())
    literals: dict[int, list[int]] = {}
    for node in range(grown.node_count - 1, -1, -1):  # scikit-learn numbers children after their parents
        left, right = grown.children_left[node], grown.children_right[node]
        if left < 0:
            winner = int(tree.classes_[int(np.argmax(grown.value[node]))])
            literals[node] = [winner >> bit & 1 for bit in range(width)]
            continue
        reached = wires.reached(builder, int(grown.feature[node]), int(level[node]))
        literals[node] = [
            builder.choice(reached, high, low) for high, low in zip(literals[right], literals[left], strict=True)
        ]
    return LogicCircuit(wires, classes, builder.build(literals[0])).narrowed()
