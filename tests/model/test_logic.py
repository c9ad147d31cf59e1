"""The logic circuit against a recursive evaluation in plain Python."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_circuits import plain_outputs, random_circuit

from bespoke.circuit import Circuit
from bespoke.errors import InputError
from bespoke.model import LogicCircuit, from_json, to_json
from bespoke.sensing import BinaryWires


def random_logic(seed, features, bits, classes, ands):
    circuit = random_circuit(seed, features * bits, ands, max(1, (classes - 1).bit_length()))
    return LogicCircuit(BinaryWires(features, bits), classes, circuit)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 3), st.integers(1, 3), st.integers(2, 9), st.integers(0, 30))
def test_predict_equals_recursive_evaluation(seed, features, bits, classes, ands):
    logic = random_logic(seed, features, bits, classes, ands)
    inputs = np.random.default_rng(seed).integers(0, 1 << bits, (10, features))
    expected = [
        sum(value << place for place, value in enumerate(plain_outputs(logic.circuit, wires)))
        for wires in ([int(value) >> bit & 1 for value in row for bit in range(bits)] for row in inputs)
    ]
    assert logic.predict(inputs).tolist() == expected
    assert from_json(json.loads(json.dumps(to_json(logic)))) == logic


def test_used_input_bits_follow_the_graph_only_from_the_outputs():
    # AND 5 reads bits 0 and 3; AND 6 reads bit 1 and is not an output.
    circuit = LogicCircuit(BinaryWires(2, 2), 2, Circuit(4, np.array([[2, 9], [4, 10]]), np.array([10])))
    assert circuit.used_input_bits().tolist() == [[True, False], [False, True]]


@pytest.mark.parametrize("fanins, outputs", [([[6, 2]], [6]), ([[-1, 2]], [6]), ([], [6]), ([], [2, 3])])
def test_impossible_graphs_are_refused(fanins, outputs):
    with pytest.raises(InputError):
        LogicCircuit(BinaryWires(1, 2), 2, Circuit(2, np.array(fanins).reshape(-1, 2), np.array(outputs)))
