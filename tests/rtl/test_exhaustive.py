"""RTL against the integer model, over all input vectors."""

import numpy as np
import pytest
from exhaustive import assert_equals_model, simulated_exhaustively
from helpers import random_network
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bespoke.circuit import Circuit
from bespoke.model import ArgmaxTree, Comparator, Layer, LogicCircuit, Network, Neuron, QRelu, Summand, Term
from bespoke.sensing import BinaryWires

pytestmark = pytest.mark.eda

_SETTINGS = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)


@st.composite
def summands(draw):
    """Any terms, in any order, twice the same and cancelling ones among them; masks wider than the input."""
    terms = draw(st.lists(st.builds(Term, st.sampled_from((-1, 1)), st.integers(0, 4)), max_size=3))
    return Summand(tuple(terms), draw(st.integers(0, 63)))


@st.composite
def argmax_trees(draw, classes, width):
    nodes = draw(st.lists(st.sampled_from(range(classes)), min_size=1, max_size=classes, unique=True))
    comparators = []
    while len(nodes) > 1:
        first, second = (nodes.pop(draw(st.integers(0, len(nodes) - 1))) for _ in range(2))
        comparators.append(Comparator(first, second, draw(st.integers(0, (1 << width) - 1))))
        nodes.append(classes + len(comparators) - 1)
    return ArgmaxTree(classes, width, tuple(comparators), nodes[0])


@st.composite
def networks(draw):
    bits = draw(st.integers(1, 4))
    features = draw(st.integers(1, 9 // bits))
    hidden = draw(st.lists(st.integers(1, 3), max_size=2))
    classes = draw(st.integers(1, 5))
    layers, fan_in = [], features
    for size in (*hidden, classes):
        last = len(layers) == len(hidden)
        layers.append(
            Layer(
                tuple(
                    Neuron(
                        tuple(draw(summands()) for _ in range(fan_in)),
                        draw(st.integers(-60, 60)),
                        None if last else QRelu(draw(st.integers(0, 5)), draw(st.integers(1, 6))),
                    )
                    for _ in range(size)
                )
            )
        )
        fan_in = size
    wide = Network(bits, tuple(layers), ArgmaxTree.full(classes, 62))
    width = max(interval.signed_width for interval in wide.sum_intervals[-1]) + draw(st.integers(0, 2))
    return wide.with_argmax(draw(argmax_trees(classes, width)))


@st.composite
def logic_circuits(draw):
    bits = draw(st.integers(1, 3))
    features = draw(st.integers(1, 8 // bits))
    classes = draw(st.integers(1, 6))
    first = 1 + features * bits
    ands = draw(st.integers(0, 12))
    fanins = [[draw(st.integers(0, 2 * (first + index) - 1)) for _ in range(2)] for index in range(ands)]
    outputs = [draw(st.integers(0, 2 * (first + ands) - 1)) for _ in range(max(1, (classes - 1).bit_length()))]
    return LogicCircuit(
        BinaryWires(features, bits), classes, Circuit(features * bits, np.array(fanins), np.array(outputs))
    )


@_SETTINGS
@given(batch=st.lists(networks(), min_size=8, max_size=8))
def test_networks_of_any_shape(batch, tmp_path):
    assert_equals_model(batch, tmp_path)


@_SETTINGS
@given(batch=st.lists(logic_circuits(), min_size=8, max_size=8))
def test_logic_circuits_of_any_shape(batch, tmp_path):
    assert_equals_model(batch, tmp_path)


def test_random_networks_with_ten_input_bits(tmp_path):
    rng = np.random.default_rng(20)
    shapes = [(2, 5, (3,)), (5, 2, (4, 3)), (10, 1, (3,)), (3, 3, (2, 2, 2)), (2, 4, ()), (2, 3, (5,))]
    batch = [
        random_network(rng, features=features, input_bits=bits, hidden=hidden, classes=int(rng.integers(2, 8)))
        for features, bits, hidden in shapes
        for _ in range(4)
    ]
    assert_equals_model(batch, tmp_path)


def _output_only(rows, biases, *, bits=2, argmax=None):
    return Network.from_arrays(
        input_bits=bits, weights=[np.array(rows)], biases=[np.array(biases)], activations=[], argmax=argmax
    )


def test_corner_cases_by_name(tmp_path):
    hidden_dead = Network.from_arrays(
        input_bits=2,
        weights=[np.array([[-1, -2], [0, 0]]), np.array([[3, 1], [1, -1]])],
        biases=[np.array([0, 9]), np.array([0, 1])],
        activations=[[QRelu(0, 4), QRelu(1, 2)]],
    )
    saturating = Network.from_arrays(
        input_bits=4,
        weights=[np.array([[7, 5]]), np.array([[1], [-1]])],
        biases=[np.array([-20]), np.array([0, 3])],
        activations=[[QRelu(2, 1)]],
    )
    batch = [
        _output_only([[0, 0], [0, 0]], [0, 0]),  # all zero: a tie, the first wins
        _output_only([[0, 0], [0, 0]], [-3, -2]),  # constant sums, the second wins
        _output_only([[1, -1]], [0]),  # one class
        _output_only([[1, 2], [2, 1], [-1, 3]], [0, 1, -2], argmax=ArgmaxTree(3, 6, (), 2)),  # the root is a class
        _output_only([[1, 2], [2, 1]], [0, 0], argmax=ArgmaxTree(2, 6, (Comparator(1, 0, 0),), 2)),  # no bits compared
        _output_only([[1, 0], [-1, 0]], [-8, -9]),  # sums that are never positive; feature 1 is not read
        _output_only([[1, 0], [-1, 0]], [0, 0], argmax=ArgmaxTree(2, 3, (Comparator(0, 1, 4),), 2)),  # signs alone
        _output_only([[1], [-1]], [0, 0], bits=1),
        hidden_dead,
        saturating,
        LogicCircuit(BinaryWires(1, 1), 1, Circuit(1, np.zeros((0, 2)), np.array([1]))),  # a constant
        LogicCircuit(BinaryWires(1, 1), 2, Circuit(1, np.zeros((0, 2)), np.array([3]))),  # an inverted input
    ]
    assert_equals_model(batch, tmp_path)


def test_the_comparison_itself_sees_a_difference(tmp_path):
    network = _output_only([[1, 0], [0, 1]], [0, 0])
    other = _output_only([[1, 0], [0, 1]], [1, 0])
    seen = simulated_exhaustively([network, other], tmp_path)
    assert seen[0] != seen[1]
