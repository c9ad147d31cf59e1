"""And-inverter graphs: files there and back, evaluation, hashing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bespoke.circuit import Circuit, CircuitBuilder, read_aiger, write_aiger
from bespoke.errors import InputError


def _random_aig(seed: int, inputs: int, ands: int, outputs: int) -> Circuit:
    rng = np.random.default_rng(seed)
    fanins = np.array([rng.integers(0, 2 * (1 + inputs + index), 2) for index in range(ands)]).reshape(ands, 2)
    return Circuit(inputs, fanins.astype(np.int32), rng.integers(0, 2 * (1 + inputs + ands), outputs).astype(np.int32))


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10**6), st.integers(0, 6), st.integers(0, 300), st.integers(1, 5))
def test_a_written_file_reads_back_as_the_same_function(tmp_path_factory, seed, inputs, ands, outputs):
    aig = _random_aig(seed, inputs, ands, outputs)
    path = tmp_path_factory.mktemp("aiger") / "a.aig"
    write_aiger(aig, path)
    again = read_aiger(path)
    patterns = (np.arange(1 << inputs)[:, None] >> np.arange(inputs) & 1).astype(bool)
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
    patterns = (np.arange(1 << operands)[:, None] >> np.arange(operands) & 1).astype(bool)
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
    aig = _random_aig(3, 4, 40, 3)
    order_in, order_out = [2, 0, 3, 1], [1, 2, 0]
    patterns = (np.arange(16)[:, None] >> np.arange(4) & 1).astype(bool)
    given_patterns = np.empty_like(patterns)
    given_patterns[:, order_in] = patterns
    assert np.array_equal(
        aig.reordered(order_in, order_out).evaluate(patterns), aig.evaluate(given_patterns)[:, order_out]
    )
