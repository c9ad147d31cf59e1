"""The drawing of a network: comparators of the argmax tree stand apart, whatever the tree."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bespoke.model import ArgmaxTree, Comparator, Network, QRelu
from bespoke.report.drawing import draw_network

WIDTH, BELOW, ABOVE = 30, 28, 12  # of a comparator in the template: the box, and the caption under it


def drawn(tree):
    rng = np.random.default_rng(tree.classes)
    network = Network.from_arrays(
        input_bits=4,
        weights=[rng.choice([-2, -1, 1, 2], (2, 3)), rng.choice([-2, -1, 1, 2], (tree.classes, 2))],
        biases=[[0, 1], [0] * tree.classes],
        activations=[[QRelu(0, 4)] * 2],
        argmax=tree,
    )
    return draw_network(network, ["a", "b", "c"], list(range(tree.classes)))


def check(drawing, count):
    assert len(drawing.comparators) == count
    for node in drawing.comparators:
        assert node.y - ABOVE > 0 and node.y + BELOW <= drawing.height
    for one, other in itertools.combinations(drawing.comparators, 2):
        apart = abs(one.x - other.x) >= WIDTH or abs(one.y - other.y) >= BELOW + ABOVE
        assert apart, (one, other)
        assert (one.x, one.y) != (other.x, other.y)


def test_symmetric_operands_do_not_bring_two_comparators_to_one_spot():
    """Classes 0 and 3 meet in the middle, as 1 and 2 do."""
    check(drawn(ArgmaxTree.full(4, 12, order=(0, 3, 1, 2))), 3)


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_no_order_of_four_classes_does(order):
    check(drawn(ArgmaxTree.full(4, 12, order=order)), 3)


@st.composite
def trees(draw):
    classes = draw(st.integers(2, 12))
    nodes, comparators = list(range(classes)), []
    while len(nodes) > 1:
        first = nodes.pop(draw(st.integers(0, len(nodes) - 1)))
        second = nodes.pop(draw(st.integers(0, len(nodes) - 1)))
        nodes.append(classes + len(comparators))
        comparators.append(Comparator(first, second, 0xFFF))
    return ArgmaxTree(classes, 12, tuple(comparators), nodes[0])


@settings(max_examples=60, deadline=None, derandomize=True)
@given(trees())
def test_no_tree_does(tree):
    drawing = drawn(tree)
    check(drawing, tree.classes - 1)
    columns = {}
    for node in drawing.comparators:
        columns.setdefault(node.x, []).append(node.y)
    assert len(columns) == max(_depths(tree).values())


def _depths(tree):
    depth = dict.fromkeys(range(tree.classes), 0)
    for index, comparator in enumerate(tree.comparators):
        depth[tree.classes + index] = 1 + max(depth[comparator.first], depth[comparator.second])
    return depth
