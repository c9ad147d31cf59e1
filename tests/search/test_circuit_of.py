"""The circuit of a network against the network itself, over all inputs."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from helpers import random_network
from hypothesis import given, settings
from hypothesis import strategies as st

from bespoke.model import Network, QRelu
from bespoke.search import circuit_of
from bespoke.sensing import ThermometerWires


def all_inputs(features: int, bits: int) -> np.ndarray:
    return np.array(list(itertools.product(range(1 << bits), repeat=features)), dtype=np.int64)


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    features=st.integers(1, 3),
    hidden=st.lists(st.integers(1, 4), max_size=2).map(tuple),
    classes=st.integers(1, 6),
    input_bits=st.integers(1, 3),
    max_weight=st.sampled_from([1, 2, 8, 100]),
)
def test_equals_network_on_every_input(seed, features, hidden, classes, input_bits, max_weight):
    rng = np.random.default_rng(seed)
    network = random_network(
        rng, features=features, hidden=hidden, classes=classes, input_bits=input_bits, max_weight=max_weight
    )
    inputs = all_inputs(features, input_bits)
    assert np.array_equal(circuit_of(network).predict(inputs), network.predict(inputs))
    thermometer = circuit_of(network, wires=ThermometerWires.full(features, input_bits))
    assert np.array_equal(thermometer.predict(inputs), network.predict(inputs))
    assert np.array_equal(thermometer.narrowed().predict(inputs), network.predict(inputs))


@pytest.mark.parametrize("topology", [(21, (3,), 3), (16, (5,), 10), (11, (4,), 7), (6, (4, 3), 5)])
def test_equals_network_on_samples_at_published_sizes(topology):
    features, hidden, classes = topology
    rng = np.random.default_rng(3)
    for max_weight in (4, 127):
        network = random_network(rng, features=features, hidden=hidden, classes=classes, max_weight=max_weight)
        inputs = rng.integers(0, 16, (500, features))
        assert np.array_equal(circuit_of(network).predict(inputs), network.predict(inputs))


def test_very_wide_sums():
    rng = np.random.default_rng(5)
    weights = [np.array([[3 << 50, -(5 << 48)], [1 << 52, 7]]), np.array([[1, -1], [-(1 << 20), 2]])]
    network = Network.from_arrays(
        input_bits=8,
        weights=weights,
        biases=[np.array([-(1 << 57), 1 << 40]), np.array([3, -4])],
        activations=[[QRelu(40, 18), QRelu(3, 30)]],
    )
    inputs = rng.integers(0, 256, (500, 2))
    assert np.array_equal(circuit_of(network).predict(inputs), network.predict(inputs))


def test_constant_classifier_needs_no_gates():
    network = Network.from_arrays(
        input_bits=4, weights=[np.zeros((3, 5), dtype=int)], biases=[np.array([0, 2, 1])], activations=[]
    )
    circuit = circuit_of(network)
    assert len(circuit.fanins) == 0
    assert circuit.predict(np.zeros((4, 5), dtype=int)).tolist() == [1, 1, 1, 1]


def test_one_full_adder_is_seven_ands():
    # x0 + x1 + x2 over single bits, shown bit by bit through a QReLU and compared with constants: the sum's two bits
    # are an exclusive or (six ANDs, one shared with the carry) and a majority.
    network = Network.from_arrays(
        input_bits=1,
        weights=[np.ones((1, 3), dtype=int), np.array([[1], [0]])],
        biases=[np.array([0]), np.array([0, 2])],
        activations=[[QRelu(0, 2)]],
    )
    circuit = circuit_of(network)
    # sum >= 2 is the majority alone
    assert len(circuit.fanins) <= 5
