"""The logic circuit against a recursive evaluation in plain Python."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bespoke.circuit import Circuit
from bespoke.errors import InputError
from bespoke.model import LogicCircuit, from_json, to_json
from bespoke.sensing import BinaryWires


def random_circuit(rng, features, bits, classes, ands):
    first = 1 + features * bits
    fanins = np.array([[rng.integers(0, 2 * (first + i)) for _ in range(2)] for i in range(ands)]).reshape(-1, 2)
    outputs = rng.integers(0, 2 * (first + ands), max(1, (classes - 1).bit_length()))
    wires = BinaryWires(features, bits)
    return LogicCircuit(wires, classes, Circuit(wires.count, fanins, outputs))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 3), st.integers(1, 3), st.integers(2, 9), st.integers(0, 30))
def test_predict_equals_recursive_evaluation(seed, features, bits, classes, ands):
    rng = np.random.default_rng(seed)
    circuit = random_circuit(rng, features, bits, classes, ands)
    inputs = rng.integers(0, 1 << bits, (10, features))

    def value(literal, row):
        node = literal >> 1
        if node == 0:
            plain = 0
        elif node < circuit.first_and:
            plain = int(row[(node - 1) // bits]) >> (node - 1) % bits & 1
        else:
            left, right = circuit.fanins[node - circuit.first_and]
            plain = value(left, row) & value(right, row)
        return plain ^ (literal & 1)

    expected = [sum(value(lit, row) << bit for bit, lit in enumerate(circuit.outputs)) for row in inputs]
    assert circuit.predict(inputs).tolist() == expected
    assert from_json(json.loads(json.dumps(to_json(circuit)))) == circuit


def test_used_input_bits_follow_the_graph_only_from_the_outputs():
    # AND 5 reads bits 0 and 3; AND 6 reads bit 1 and is not an output.
    circuit = LogicCircuit(BinaryWires(2, 2), 2, Circuit(4, np.array([[2, 9], [4, 10]]), np.array([10])))
    assert circuit.used_input_bits().tolist() == [[True, False], [False, True]]


@pytest.mark.parametrize("fanins, outputs", [([[6, 2]], [6]), ([[-1, 2]], [6]), ([], [6]), ([], [2, 3])])
def test_impossible_graphs_are_refused(fanins, outputs):
    with pytest.raises(InputError):
        LogicCircuit(BinaryWires(1, 2), 2, Circuit(2, np.array(fanins).reshape(-1, 2), np.array(outputs)))
