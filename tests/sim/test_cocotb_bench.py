"""The cocotb bench: what the simulator sees, and that it sees faults."""

import numpy as np
import pytest
from helpers import random_network

from bespoke.eda.cocotb_bench import simulate
from bespoke.eda.front_ends import Words
from bespoke.errors import InputError, ToolFailedError, VerificationError
from bespoke.model import ArgmaxTree
from bespoke.rtl import emit_verilog, stress_vectors

pytestmark = pytest.mark.eda


@pytest.fixture
def design(tmp_path):
    rng = np.random.default_rng(4)
    network = random_network(rng, features=11, hidden=(3,), classes=4)
    network = network.with_argmax(ArgmaxTree.full(4, network.argmax.width))
    source = tmp_path / "folder with spaces" / "top.v"
    source.parent.mkdir()
    source.write_text(emit_verilog(network))
    return network, source, stress_vectors(11, 4, 150, rng)


def _simulate(source, vectors, folder, expected=None, **options):
    return simulate(
        [source], vectors=vectors, front_end=Words(4), output_bits=2, folder=folder, expected=expected, **options
    )


def test_outputs_are_the_models(design, tmp_path):
    network, source, vectors = design
    expected = network.predict(vectors)
    assert len(set(expected.tolist())) > 1
    seen = _simulate(source, vectors, tmp_path / "a folder", expected, vcd=True)
    assert seen.dtype == np.int64 and np.array_equal(seen, expected)
    waves = (tmp_path / "a folder" / "waves.vcd").read_text()
    assert "$enddefinitions" in waves and " inp " in waves and f"#{len(vectors)}" in waves
    assert (tmp_path / "a folder" / "simulation.cmd").is_file()


def test_a_broken_module_is_caught_with_its_inputs(design, tmp_path):
    network, source, vectors = design
    text = source.read_text()
    source.write_text(text.replace("assign out = ", "assign out = {2{&inp[7:0]}} ^ "))
    expected = network.predict(vectors)
    broken = np.flatnonzero((vectors[:, 0] == 15) & (vectors[:, 1] == 15))
    assert len(broken) > 1 and broken[0] > 0
    with pytest.raises(VerificationError) as caught:
        _simulate(source, vectors, tmp_path / "run", expected)
    assert f"vector {broken[0]}, features {vectors[broken[0]].tolist()}" in str(caught.value)
    # without expectations the outputs come back as they are
    seen = _simulate(source, vectors, tmp_path / "run")
    assert np.array_equal(np.flatnonzero(seen != expected), broken)
    assert np.array_equal(seen[broken], expected[broken] ^ 3)


@pytest.mark.parametrize("given", [True, False], ids=["expected", "free"])
def test_an_unknown_output_is_caught(tmp_path, given):
    source = tmp_path / "top.v"
    source.write_text(
        "module top (input wire [7:0] inp, output wire [1:0] out);\n"
        "assign out = inp == 8'h31 ? 2'b0x : 2'b00;\nendmodule\n"
    )
    vectors = np.array([[0, 0], [1, 3], [2, 2]])
    with pytest.raises(VerificationError, match=r"(?i)0x.*|(features|inputs) \[1, 3\]") as caught:
        _simulate(source, vectors, tmp_path / "run", np.zeros(3, dtype=int) if given else None)
    assert "[1, 3]" in str(caught.value) and "0X" in str(caught.value).upper()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "module top (input wire [7:0] inp, output wire [1:0] out);\nassign out = ;\nendmodule\n",
            "failed with exit code",
        ),
        ("module other (input wire [7:0] inp, output wire [1:0] out);\nendmodule\n", "failed with exit code"),
        ("module top (input wire [7:0] inp, output wire [2:0] out);\nassign out = 0;\nendmodule\n", "expected 2"),
        ("module top (input wire [7:0] bus, output wire [1:0] out);\nassign out = 0;\nendmodule\n", "no.*inp|inp"),
    ],
    ids=["syntax", "module", "width", "port"],
)
def test_sources_that_do_not_fit_fail(tmp_path, text, message):
    source = tmp_path / "top.v"
    source.write_text(text)
    with pytest.raises(ToolFailedError, match=message):
        _simulate(source, np.array([[0, 0]]), tmp_path / "run")


def test_a_simulation_that_ends_early_fails(tmp_path):
    source = tmp_path / "top.v"
    source.write_text(
        "module top (input wire [7:0] inp, output wire [1:0] out);\nassign out = 0;\n"
        "always @(inp) if (inp == 8'h22) $finish;\nendmodule\n"
    )
    with pytest.raises(ToolFailedError):
        _simulate(source, np.array([[0, 0], [1, 1], [2, 2], [3, 3]]), tmp_path / "run", np.zeros(4, dtype=int))


def test_stale_results_are_not_read(tmp_path):
    source = tmp_path / "top.v"
    source.write_text("module top (input wire [7:0] inp, output wire [1:0] out);\nassign out = inp;\nendmodule\n")
    vectors = np.array([[0, 0], [1, 1]])
    assert _simulate(source, vectors, tmp_path / "run").tolist() == [0, 1]
    source.write_text("nonsense")
    with pytest.raises(ToolFailedError):
        _simulate(source, vectors, tmp_path / "run")
    assert not (tmp_path / "run" / "outputs.txt").exists()


def test_vectors_that_do_not_fit_are_refused(tmp_path):
    for vectors in (np.array([[16]]), np.array([[-1]]), np.array([[0.5]]), np.zeros((0, 3), dtype=int), np.array([1])):
        with pytest.raises(InputError):
            _simulate(tmp_path / "none.v", vectors, tmp_path / "run")
    with pytest.raises(InputError, match="as many expected"):
        _simulate(tmp_path / "none.v", np.array([[1]]), tmp_path / "run", np.array([1, 2]))
    with pytest.raises(VerificationError, match="does not fit"):
        _simulate(tmp_path / "none.v", np.array([[1]]), tmp_path / "run", np.array([4]))
