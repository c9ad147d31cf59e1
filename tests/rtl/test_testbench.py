"""The plain-Verilog testbench under Icarus."""

import numpy as np
import pytest
from helpers import random_network

from bespoke.eda.icarus import lint, run_testbench
from bespoke.errors import InputError, ToolFailedError, VerificationError
from bespoke.model import ArgmaxTree
from bespoke.rtl import emit_testbench, emit_verilog, stress_vectors

pytestmark = pytest.mark.eda


@pytest.fixture
def design(tmp_path):
    """A network whose classes all occur, its module's file, vectors."""
    rng = np.random.default_rng(1)
    network = random_network(rng, features=4, hidden=(3,), classes=3)
    network = network.with_argmax(ArgmaxTree.full(3, network.argmax.width))
    source = tmp_path / "top.v"
    source.write_text(emit_verilog(network))
    return network, source, stress_vectors(4, 4, 200, rng)


def _run(source, text, tmp_path, vectors):
    bench = tmp_path / "top_tb.v"
    bench.write_text(text)
    run_testbench([bench, source], folder=tmp_path / "run", expected_vectors=vectors)


def test_right_answers_pass_without_a_warning(design, tmp_path):
    network, source, vectors = design
    expected = network.predict(vectors)
    assert len(set(expected.tolist())) > 1
    _run(source, emit_testbench(network, vectors, expected), tmp_path, 200)
    assert (tmp_path / "run" / "testbench.log").read_text() == "PASS: 200 vectors\n"


@pytest.mark.parametrize("wrong", [0, 77, 199])
def test_one_wrong_expected_value_is_found(design, tmp_path, wrong):
    network, source, vectors = design
    expected = network.predict(vectors)
    expected[wrong] = (expected[wrong] + 1) % 4
    with pytest.raises(VerificationError) as caught:
        _run(source, emit_testbench(network, vectors, expected), tmp_path, 200)
    features = " ".join(map(str, vectors[wrong]))
    assert f"vector {wrong + 1}: out =" in str(caught.value) and f"features {features}\n" in str(caught.value)
    assert "FAIL: 1 of 200 vectors wrong" in str(caught.value)


def test_an_unknown_output_fails(design, tmp_path):
    network, source, vectors = design
    source.write_text(
        "module top (input wire [15:0] inp, output wire [1:0] out);\nassign out[0] = inp[0];\nendmodule\n"
    )
    with pytest.raises(VerificationError, match="FAIL: 200 of 200"):
        _run(source, emit_testbench(network, vectors, network.predict(vectors)), tmp_path, 200)


def test_a_bench_without_its_verdict_fails(design, tmp_path):
    network, source, vectors = design
    text = emit_testbench(network, vectors, network.predict(vectors))
    with pytest.raises(ToolFailedError, match="did not pass its 201 vectors"):
        _run(source, text, tmp_path, 201)
    with pytest.raises(ToolFailedError, match="did not pass its 200 vectors"):
        _run(source, text.replace("    wrong = 0;", "    $finish(0);", 1), tmp_path, 200)


def test_the_testbench_of_a_single_bit_module(tmp_path):
    network = random_network(np.random.default_rng(2), features=1, hidden=(), classes=2, input_bits=1)
    source = tmp_path / "one.v"
    source.write_text(emit_verilog(network, module="one"))
    vectors = np.array([[0], [1]])
    text = emit_testbench(network, vectors, network.predict(vectors), module="one", name="one_tb")
    (tmp_path / "one_tb.v").write_text(text)
    run_testbench([tmp_path / "one_tb.v", source], top="one_tb", folder=tmp_path / "run", expected_vectors=2)
    lint([source], top="one", folder=tmp_path / "lint")


def test_vectors_that_do_not_fit_are_refused(design):
    network, _, vectors = design
    expected = network.predict(vectors)
    with pytest.raises(InputError, match="as many expected class indices"):
        emit_testbench(network, vectors, expected[:-1])
    with pytest.raises(InputError, match="must fit 2 bits"):
        emit_testbench(network, vectors, expected + 4)
    with pytest.raises(InputError, match="inputs must lie in"):
        emit_testbench(network, vectors + 1, expected)
