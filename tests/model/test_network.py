"""The integer network against a plain-Python loop written from its definition."""

import json

import numpy as np
import pytest
from helpers import random_network
from hypothesis import given, settings
from hypothesis import strategies as st

from bespoke.errors import InputError
from bespoke.model import ArgmaxTree, Comparator, Network, QRelu, Summand, Term, from_json, to_json

SHAPES = st.tuples(st.integers(1, 5), st.sampled_from([(), (1,), (3,), (2, 3)]), st.integers(1, 6), st.integers(1, 5))


def plain_predict(network: Network, row) -> int:
    """Reference semantics, one sample, Python integers only."""
    values = [int(value) for value in row]
    for layer in network.layers:
        sums = []
        for neuron in layer.neurons:
            total = neuron.bias
            for value, summand in zip(values, neuron.summands, strict=True):
                for term in summand.terms:
                    total += term.sign * ((value & summand.mask) << term.shift)
            sums.append(total)
        values = [
            total
            if neuron.activation is None
            else min(max(0, total) >> neuron.activation.shift, 2**neuron.activation.width - 1)
            for total, neuron in zip(sums, layer.neurons, strict=True)
        ]
    tree = network.argmax

    def masked(value, mask):  # two's complement bit by bit, the top bit negative
        bits = value % 2**tree.width
        return sum(
            (-1 if bit == tree.width - 1 else 1) << bit for bit in range(tree.width) if bits >> bit & mask >> bit & 1
        )

    nodes = [(value, index) for index, value in enumerate(values)]
    for comparator in tree.comparators:
        first, second = nodes[comparator.first], nodes[comparator.second]
        nodes.append(second if masked(second[0], comparator.mask) > masked(first[0], comparator.mask) else first)
    return nodes[tree.root][1]


@settings(max_examples=60, deadline=None)
@given(SHAPES, st.integers(0, 2**32 - 1))
def test_predict_equals_the_definition(shape, seed):
    features, hidden, classes, bits = shape
    rng = np.random.default_rng(seed)
    network = random_network(rng, features=features, hidden=hidden, classes=classes, input_bits=bits)
    inputs = rng.integers(0, 1 << bits, (40, features))
    assert network.predict(inputs).tolist() == [plain_predict(network, row) for row in inputs]


@settings(max_examples=30, deadline=None)
@given(SHAPES, st.integers(0, 2**32 - 1))
def test_json_round_trip(shape, seed):
    features, hidden, classes, bits = shape
    network = random_network(
        np.random.default_rng(seed), features=features, hidden=hidden, classes=classes, input_bits=bits
    )
    assert from_json(json.loads(json.dumps(to_json(network)))) == network


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_sum_intervals_hold_every_sum_and_are_exact_in_the_first_layer(seed):
    network = random_network(np.random.default_rng(seed), features=2, hidden=(3,), classes=3, input_bits=3)
    inputs = np.stack(np.meshgrid(range(8), range(8)), axis=-1).reshape(-1, 2)
    for layer, (sums, intervals) in enumerate(zip(network.layer_sums(inputs), network.sum_intervals, strict=True)):
        low, high = sums.min(axis=0), sums.max(axis=0)
        assert all(low >= [interval.low for interval in intervals])
        assert all(high <= [interval.high for interval in intervals])
        if layer == 0:
            assert low.tolist() == [interval.low for interval in intervals]
            assert high.tolist() == [interval.high for interval in intervals]


def test_full_argmax_gives_ties_to_the_lowest_class():
    tree = ArgmaxTree.full(5, 6)
    sums = np.array([[1, 3, 3, 2, 3], [-4, -4, -9, -4, -5], [0, 0, 0, 0, 1]])
    assert tree.apply(sums).tolist() == [1, 0, 4]


def test_argmax_reads_only_the_masked_bits():
    # 0b0110 and 0b0101 agree on the upper bits, so the first operand wins although it is smaller.
    tree = ArgmaxTree(2, 5, (Comparator(1, 0, 0b11100),), 2)
    assert tree.apply(np.array([[0b0110, 0b0101], [8, 0]])).tolist() == [1, 0]


def test_a_tree_without_comparators_always_names_its_root():
    assert ArgmaxTree(3, 4, (), 2).apply(np.array([[7, 0, -8]])).tolist() == [2]


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: Term(0, 1), "sign"),
        (lambda: Term(1, -1), "shift"),
        (lambda: Summand((), -1), "mask"),
        (lambda: QRelu(0, 0), "QReLU"),
        (lambda: ArgmaxTree(2, 4, (Comparator(0, 0, 1),), 2), "reads node 0"),
        (lambda: ArgmaxTree(2, 4, (Comparator(0, 1, 16),), 2), "wider"),
        (lambda: ArgmaxTree(3, 4, (Comparator(0, 1, 1),), 0), "root"),
        (lambda: ArgmaxTree(3, 4, (), 3), "root"),
        (
            lambda: Network.from_arrays(
                input_bits=4, weights=[np.array([[1 << 61]])], biases=[np.array([0])], activations=[]
            ),
            "62 bits",
        ),
        (
            lambda: Network.from_arrays(
                input_bits=17, weights=[np.array([[1]])], biases=[np.array([0])], activations=[]
            ),
            "input bits",
        ),
    ],
)
def test_impossible_units_are_refused(make, words):
    with pytest.raises(InputError, match=words):
        make()


def test_inputs_of_the_wrong_kind_are_refused():
    network = random_network(np.random.default_rng(0), features=2, hidden=(), classes=2)
    for inputs in (np.zeros((3, 3), int), np.zeros((3, 2)), np.full((3, 2), 16), np.full((3, 2), -1), np.zeros(2, int)):
        with pytest.raises(InputError, match="inputs must"):
            network.predict(inputs)


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {},
        {"kind": "network"},
        {"kind": "tree", "schema": 1},
        {"kind": "network", "schema": 2},
        {"kind": "network", "schema": 1, "input_bits": 4, "layers": [[{"bias": 1.5}]], "argmax": {}},
        {
            "kind": "logic",
            "schema": 1,
            "features": 1,
            "input_bits": 1,
            "classes": 2,
            "fanins": [[9, 9]],
            "outputs": [0],
        },
    ],
)
def test_documents_that_are_no_model_are_refused(document):
    with pytest.raises(InputError):
        from_json(document)
