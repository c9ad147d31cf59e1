"""And-inverter graphs: files there and back, evaluation, walks, hashing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_circuits import plain_live, plain_outputs, random_circuit

from bespoke.circuit import Circuit, CircuitBuilder, every_vector, read_aiger, write_aiger
from bespoke.errors import InputError

CIRCUITS = st.builds(random_circuit, st.integers(0, 10**6), st.integers(0, 6), st.integers(0, 40), st.integers(1, 5))


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10**6), st.integers(0, 6), st.integers(0, 300), st.integers(1, 5))
def test_a_written_file_reads_back_as_the_same_function(tmp_path_factory, seed, inputs, ands, outputs):
    aig = random_circuit(seed, inputs, ands, outputs)
    path = tmp_path_factory.mktemp("aiger") / "a.aig"
    write_aiger(aig, path)
    again = read_aiger(path)
    patterns = every_vector(inputs)
    assert again.ands == aig.ands
    assert np.array_equal(again.evaluate(patterns), aig.evaluate(patterns))


def test_known_bytes_of_the_format(tmp_path):
    # the AND of two inputs, as the format's description shows it: deltas 2 and 2
    write_aiger(Circuit(2, np.array([[2, 4]], dtype=np.int32), np.array([6], dtype=np.int32)), tmp_path / "and.aig")
    assert (tmp_path / "and.aig").read_bytes() == b"aig 3 2 0 1 1\n6\n\x02\x02"


@pytest.mark.parametrize("content", [b"", b"aig 3 2 0 1 1\n6\n\x02", b"aag 1 1 0 0 0\n2\n", b"aig 3 2 1 0 0\n"])
def test_what_is_no_combinational_aiger_file_is_refused(tmp_path, content):
    path = tmp_path / "broken.aig"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"broken\.aig"):
        read_aiger(path)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 4).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, (1 << (1 << n)) - 1))))
def test_every_truth_table_becomes_its_graph(case):
    operands, truth = case
    builder = CircuitBuilder(operands)
    aig = builder.build([builder.function(truth, [builder.input(index) for index in range(operands)])])
    patterns = every_vector(operands)
    assert aig.evaluate(patterns)[:, 0].tolist() == [bool(truth >> state & 1) for state in range(1 << operands)]


def test_hashing_folds_constants_and_shares():
    builder = CircuitBuilder(2)
    a, b = builder.input(0), builder.input(1)
    assert builder.conjunction(a, 0) == 0
    assert builder.conjunction(a, 1) == a
    assert builder.conjunction(a, a ^ 1) == 0
    assert builder.conjunction(a, b) == builder.conjunction(b, a)
    assert len(builder.fanins) == 1


def test_reordering_moves_inputs_and_outputs():
    aig = random_circuit(3, 4, 40, 3)
    order_in, order_out = [2, 0, 3, 1], [1, 2, 0]
    patterns = every_vector(4)
    given_patterns = np.empty_like(patterns)
    given_patterns[:, order_in] = patterns
    assert np.array_equal(
        aig.reordered(order_in, order_out).evaluate(patterns), aig.evaluate(given_patterns)[:, order_out]
    )


@settings(deadline=None, max_examples=60)
@given(CIRCUITS, st.integers(0, 200))
def test_evaluation_equals_a_plain_recursion(circuit, vectors):
    bits = np.random.default_rng(vectors).random((vectors, circuit.inputs)) < 0.5
    expected = [plain_outputs(circuit, row) for row in bits.tolist()]
    assert circuit.evaluate(bits).tolist() == expected


@settings(deadline=None, max_examples=60)
@given(CIRCUITS)
def test_live_nodes_are_those_below_the_outputs(circuit):
    assert set(np.flatnonzero(circuit.live()).tolist()) == plain_live(circuit)


def test_without_outputs_nothing_is_live():
    assert not Circuit(2, np.array([[2, 4]]), np.array([], dtype=np.int32)).live().any()


@settings(deadline=None, max_examples=60)
@given(CIRCUITS, st.randoms(use_true_random=False), st.integers(0, 3))
def test_the_same_graph_over_other_inputs(circuit, random, further):
    count = circuit.inputs + further
    places = np.array(random.sample(range(count), circuit.inputs), dtype=np.int64)
    bits = np.random.default_rng(0).random((50, count)) < 0.5
    assert np.array_equal(circuit.with_inputs(count, places).evaluate(bits), circuit.evaluate(bits[:, places]))


def test_inputs_that_nothing_reads_need_no_place():
    circuit = Circuit(3, np.array([[2, 6]]), np.array([8]))  # reads the first and the last input
    narrow = circuit.with_inputs(2, np.array([0, -1, 1]))
    assert narrow == Circuit(2, np.array([[2, 4]]), np.array([6]))


def test_every_vector_is_listed_in_the_order_of_its_number():
    assert every_vector(0).shape == (1, 0)
    assert [sum(bit << place for place, bit in enumerate(row)) for row in every_vector(5).tolist()] == list(range(32))
