"""Small random forests as circuits: one vote a tree, the class with most votes wins."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier
from threadpoolctl import threadpool_limits

from bespoke.circuit import CircuitBuilder
from bespoke.errors import InputError
from bespoke.model import LogicCircuit
from bespoke.sensing import FrontEndKind, ThermometerWires, Wires, all_wires
from bespoke.sensing.wires import checked_inputs
from bespoke.train.votes import choice, most_voted

#: Trees and most leaves of each of the forests that are grown as starts.
FORESTS = ((3, 8), (3, 16), (5, 16), (5, 32), (9, 32), (9, 64))


@dataclass(frozen=True, eq=False)
class VotingTree:
    """A decision tree on the grid.

    Parameters
    ----------
    children : int32 (nodes, 2), where a sample goes that does not reach the level, and one that does; both after their
        parent; -1 at leaves.
    tests : int32 (nodes, 2), feature and level of ``feature >= level``; anything at leaves.
    winners : int32 (nodes,), the class that a leaf votes for; anything at inner nodes.
    """

    children: np.ndarray
    tests: np.ndarray
    winners: np.ndarray

    def __post_init__(self):
        for field in ("children", "tests", "winners"):
            array = np.array(getattr(self, field), dtype=np.int32)
            array.setflags(write=False)
            object.__setattr__(self, field, array)

    @classmethod
    def of(cls, tree: DecisionTreeClassifier, labels: np.ndarray) -> VotingTree:
        """A fitted tree; ``labels`` are the class indices that its own indices stand for.

        A leaf votes for its most frequent class, the lowest among equals.
        """
        grown = tree.tree_
        # a sample goes right where its integer exceeds the threshold, which is to say reaches the next level
        levels = np.floor(grown.threshold).astype(np.int64) + 1
        return cls(
            np.stack([grown.children_left, grown.children_right], axis=1),
            np.stack([grown.feature, levels], axis=1),
            labels[grown.value[:, 0, :].argmax(axis=1)],
        )

    def inner(self) -> np.ndarray:
        """Numbers of the nodes that test something."""
        return np.flatnonzero(self.children[:, 0] >= 0)

    def predict(self, values: np.ndarray) -> np.ndarray:
        """Vote per sample, int64 (samples,), for checked grid values (samples, features)."""
        node = np.zeros(len(values), dtype=np.int64)
        while (going := self.children[node, 0] >= 0).any():
            tests = self.tests[node[going]]
            reached = values[going, tests[:, 0]] >= tests[:, 1]
            node[going] = self.children[node[going], reached.astype(np.int64)]
        return self.winners[node].astype(np.int64)


@dataclass(frozen=True, eq=False)
class Forest:
    """Trees that vote: not scikit-learn's mean of probabilities, but a whole vote each.

    Parameters
    ----------
    features, bits : the grid.
    classes : number of classes.
    trees : at least one.
    """

    features: int
    bits: int
    classes: int
    trees: tuple[VotingTree, ...]

    def predict(self, inputs: np.ndarray) -> np.ndarray:
        """Class index per sample, int64 (samples,): most votes, the lowest class among equals."""
        values = checked_inputs(inputs, features=self.features, bits=self.bits)
        votes = np.zeros((len(values), self.classes), dtype=np.int64)
        for tree in self.trees:
            votes[np.arange(len(values)), tree.predict(values)] += 1
        return votes.argmax(axis=1).astype(np.int64)


def grow_forest(
    features: np.ndarray,
    classes: np.ndarray,
    *,
    classes_count: int,
    bits: int,
    trees: int,
    leaves: int,
    extra: bool = False,
    seed: int = 0,
) -> Forest:
    """A forest of scikit-learn's trees.

    Parameters
    ----------
    features : integer (samples, features), values of the grid of ``2**bits`` levels.
    classes : integer (samples,), class indices below ``classes_count``.
    trees, leaves : number of trees, and most leaves of each.
    extra : extremely randomised trees, whose thresholds are drawn, instead of a random forest's.
    seed : same seed, same forest.

    Raises
    ------
    InputError
        for less than one tree or two leaves, or samples and classes that do not fit together.
    """
    if trees < 1 or leaves < 2:
        raise InputError(f"a forest needs at least 1 tree of 2 leaves, not {trees} of {leaves}")
    features, classes = np.asarray(features), np.asarray(classes)
    if features.ndim != 2 or classes.shape != features.shape[:1] or not len(classes):
        raise InputError(f"samples {features.shape} and their classes {classes.shape} do not fit together")
    features = checked_inputs(features, features=features.shape[1], bits=bits)
    if classes.dtype.kind not in "iu" or classes.min() < 0 or classes.max() >= classes_count:
        raise InputError(f"classes must be integers in 0..{classes_count - 1}")
    kind = ExtraTreesClassifier if extra else RandomForestClassifier
    with threadpool_limits(1):
        grown = kind(trees, max_leaf_nodes=leaves, random_state=seed, n_jobs=1).fit(features, classes)
    labels = grown.classes_.astype(np.int64)
    voting = tuple(VotingTree.of(tree, labels) for tree in grown.estimators_)
    return Forest(features.shape[1], bits, classes_count, voting)


def grow_forests(
    features: np.ndarray,
    classes: np.ndarray,
    *,
    classes_count: int,
    bits: int,
    sizes: Iterable[tuple[int, int]] = FORESTS,
    seed: int = 0,
) -> list[Forest]:
    """Forests of several sizes, each given by its trees and their most leaves; see `grow_forest`."""
    return [
        grow_forest(features, classes, classes_count=classes_count, bits=bits, trees=trees, leaves=leaves, seed=seed)
        for trees, leaves in sizes
    ]


def forest_circuit(forest: Forest, kind: FrontEndKind = FrontEndKind.BINARY) -> LogicCircuit:
    """The forest as a circuit over a front end's wires, bit-exact with its ``predict``, over those that it reads."""
    wires: Wires = all_wires(kind, forest.features, forest.bits)
    if kind is FrontEndKind.THERMOMETER:
        pairs = {tuple(pair) for tree in forest.trees for pair in tree.tests[tree.inner()].tolist()}
        wires = ThermometerWires.of(forest.features, forest.bits, pairs)
    builder = CircuitBuilder(wires.count)
    votes: list[list[int]] = [[] for _ in range(forest.classes)]
    for tree in forest.trees:
        for winner, literal in enumerate(_votes(builder, wires, tree, forest.classes)):
            votes[winner].append(literal)
    return LogicCircuit(wires, forest.classes, builder.build(most_voted(builder, votes))).narrowed()


def _votes(builder: CircuitBuilder, wires: Wires, tree: VotingTree, classes: int) -> Sequence[int]:
    """Literal for each class of whether the tree votes for it."""
    literals: dict[int, list[int]] = {}
    for node in range(len(tree.children) - 1, -1, -1):  # children stand after their parents
        low, high = tree.children[node].tolist()
        if low < 0:
            literals[node] = [int(winner == tree.winners[node]) for winner in range(classes)]
            continue
        reached = wires.reached(builder, *tree.tests[node].tolist())
        literals[node] = [choice(builder, reached, b, a) for a, b in zip(literals[low], literals[high], strict=True)]
    return literals[0]
