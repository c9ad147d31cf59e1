"""What a classifier reads, and the wires that its module gets for it."""

import numpy as np
import pytest
from exhaustive import all_vectors
from helpers import random_network

from bespoke.circuit import Circuit
from bespoke.errors import InputError
from bespoke.model import ArgmaxTree, LogicCircuit, Network, QRelu, input_wires, read_values, used_bits
from bespoke.sensing import BinaryWires, FrontEndKind, ThermometerWires

NETWORK = Network.from_arrays(
    input_bits=3,
    weights=[np.array([[1, 0, 2], [0, 1, 0], [3, 0, 0]]), np.array([[1, 0, 0], [-1, 0, 0]])],
    biases=[np.array([0, 0, -1000]), np.array([-3, 0])],
    masks=[np.array([[0b110, 7, 0b100], [7, 7, 7], [7, 7, 7]]), np.full((2, 3), 15)],
    activations=[[QRelu(0, 4)] * 3],
)


def test_only_what_reaches_the_output_is_read():
    # neuron 1 is read by nobody, neuron 2 is always 0
    assert read_values(NETWORK) == [{0, 2}, {0}, {0, 1}]
    assert used_bits(NETWORK).tolist() == [[False, True, True], [False, False, False], [False, False, True]]


def test_wires_of_a_network():
    assert input_wires(NETWORK, FrontEndKind.BINARY) == BinaryWires(3, 3)
    assert input_wires(NETWORK, FrontEndKind.DIGITAL) == BinaryWires(3, 3)
    wires = input_wires(NETWORK, FrontEndKind.THERMOMETER)
    assert wires == ThermometerWires.of(3, 3, [(0, 2), (0, 4), (0, 6), (2, 4)])
    constant = NETWORK.with_argmax(ArgmaxTree(2, NETWORK.argmax.width, (), 1))
    assert input_wires(constant, FrontEndKind.THERMOMETER).count == 0


@pytest.mark.parametrize("seed", range(20))
def test_unread_bits_and_wires_do_not_matter(seed):
    rng = np.random.default_rng(seed)
    network = random_network(rng, features=2, hidden=(2,), classes=3, input_bits=3)
    vectors = all_vectors(2, 3)
    answers = network.predict(vectors)
    for feature, bit in np.argwhere(~used_bits(network)):
        flipped = vectors.copy()
        flipped[:, feature] ^= 1 << bit
        assert np.array_equal(network.predict(flipped), answers)
    words = input_wires(network, FrontEndKind.THERMOMETER).encode(vectors)
    by_word = {}
    for word, answer in zip(map(tuple, words.tolist()), answers.tolist(), strict=True):
        assert by_word.setdefault(word, answer) == answer


def test_a_circuit_has_its_own_wires():
    wires = ThermometerWires.of(2, 2, [(0, 1), (1, 3)])
    circuit = LogicCircuit(wires, 2, Circuit(2, np.array([[2, 4]]), np.array([6])))
    assert input_wires(circuit, FrontEndKind.THERMOMETER) == wires
    with pytest.raises(InputError, match="reads thermometer wires, which a binary front end does not deliver"):
        input_wires(circuit, FrontEndKind.BINARY)
    with pytest.raises(InputError, match="reads no bits"):
        used_bits(circuit)
    plain = LogicCircuit(BinaryWires(1, 2), 2, Circuit(2, np.array([[2, 4]]), np.array([6])))
    assert input_wires(plain, FrontEndKind.DIGITAL) == BinaryWires(1, 2)
    with pytest.raises(InputError, match="reads binary wires"):
        input_wires(plain, FrontEndKind.THERMOMETER)
