"""Modules behind comparators: the same class as the integer model's on every value of the grid."""

from pathlib import Path

import numpy as np
import pytest
from exhaustive import all_vectors, assert_equals_model
from helpers import random_network

from bespoke.circuit import Circuit
from bespoke.eda.icarus import lint, run_testbench
from bespoke.errors import InputError
from bespoke.model import ArgmaxTree, LogicCircuit, Network, QRelu, input_wires
from bespoke.rtl import check_verilog, emit_testbench, emit_verilog
from bespoke.sensing import FrontEndKind, Quantiser, ThermometerWires, port_width

GOLDEN = Path(__file__).parent / "golden"
THERMOMETER = FrontEndKind.THERMOMETER
NAMES = ["mean radius", "*/ endmodule\nassign out = 0; `include"]


def random_circuit(rng, wires, classes, ands):
    first = 1 + wires.count
    fanins = [[rng.integers(0, 2 * (first + index)) for _ in range(2)] for index in range(ands)]
    outputs = rng.integers(2 * first, 2 * (first + ands), max(1, (classes - 1).bit_length()))
    return LogicCircuit(wires, classes, Circuit(wires.count, np.array(fanins), outputs))


def classifiers():
    """Networks and circuits over two features of three bits, and each of them with a constant answer."""
    rng = np.random.default_rng(7)
    networks = [random_network(rng, features=2, hidden=(2,), classes=3, input_bits=3) for _ in range(60)]
    networks = [network.with_argmax(ArgmaxTree.full(3, network.argmax.width)) for network in networks]
    networks = [network for network in networks if len(set(network.predict(all_vectors(2, 3)))) > 1]
    networks.append(networks[0].with_argmax(ArgmaxTree(3, networks[0].argmax.width, (), 2)))
    full = ThermometerWires.full(2, 3)
    circuits = [random_circuit(rng, full, 4, 25).narrowed() for _ in range(12)]
    circuits.append(LogicCircuit(full, 3, Circuit(full.count, np.zeros((0, 2)), np.array([0, 1]))).narrowed())
    return networks, circuits


@pytest.mark.eda
def test_every_grid_value_behind_comparators(tmp_path):
    networks, circuits = classifiers()
    wires = [input_wires(classifier, THERMOMETER) for classifier in networks + circuits]
    assert {0} < {own.count for own in wires[: len(networks)]} and wires[-1].count == 0
    assert len({tuple(network.predict(all_vectors(2, 3))) for network in networks}) > 8
    assert_equals_model(networks + circuits, tmp_path / "narrow", wires)
    assert_equals_model(networks + circuits, tmp_path / "full", [ThermometerWires.full(2, 3)] * len(wires))
    assert_equals_model(networks, tmp_path / "binary")


@pytest.mark.eda
@pytest.mark.parametrize("kind", range(2), ids=["network", "circuit"])
def test_the_testbench_passes_and_finds_a_fault(tmp_path, kind):
    vectors = all_vectors(2, 3)
    for number in (0, -1):  # one that reads wires, one that reads none
        classifier = classifiers()[kind][number]
        wires, folder = input_wires(classifier, THERMOMETER), tmp_path / str(number)
        folder.mkdir()
        text = emit_verilog(classifier, wires=wires)
        check_verilog(text, input_width=port_width(wires), output_width=2)
        (folder / "top.v").write_text(text)
        lint([folder / "top.v"], top="top", folder=folder / "lint")
        answers = classifier.predict(vectors)
        bench = emit_testbench(classifier, vectors, answers, wires=wires)
        (folder / "tb.v").write_text(bench)
        run_testbench([folder / "tb.v", folder / "top.v"], folder=folder / "run", expected_vectors=len(vectors))
        answers[9] ^= 1
        (folder / "tb.v").write_text(emit_testbench(classifier, vectors, answers, wires=wires))
        with pytest.raises(Exception, match=r"vector 10: out = \d\d, expected \d\d, inp = [01]+\n"):
            run_testbench([folder / "tb.v", folder / "top.v"], folder=folder / "run", expected_vectors=len(vectors))


def golden_pair():
    network = Network.from_arrays(
        input_bits=3,
        weights=[np.array([[4, -2], [-1, 0]]), np.array([[2, -1], [-4, 1]])],
        biases=[np.array([-12, 5]), np.array([3, 0])],
        masks=[np.array([[0b111, 0b110], [0b010, 0b111]]), np.full((2, 2), 0b111)],
        activations=[[QRelu(1, 4), QRelu(0, 3)]],
    )
    wires = ThermometerWires.of(2, 3, [(0, 3), (0, 5), (1, 1)])
    circuit = LogicCircuit(wires, 2, Circuit(3, np.array([[2, 5], [7, 9]]), np.array([11])))
    return {"thermometer_network.v": network, "thermometer_circuit.v": circuit}


@pytest.mark.parametrize("name", ["thermometer_network.v", "thermometer_circuit.v"])
def test_golden_text(name):
    classifier = golden_pair()[name]
    text = emit_verilog(
        classifier,
        wires=input_wires(classifier, THERMOMETER),
        quantiser=Quantiser((4.3, -1.0), (7.9, 1.0), 3),
        feature_names=NAMES,
    )
    assert text == (GOLDEN / name).read_text(encoding="ascii")
    check_verilog(text)


def test_the_header_names_every_wire_safely():
    circuit = golden_pair()["thermometer_circuit.v"]
    named = emit_verilog(circuit, quantiser=Quantiser((4.3, -1.0), (7.9, 1.0), 3), feature_names=NAMES)
    assert "// inp[1]: 'mean radius' >= 6.55 (level 5 of 8)\n" in named
    assert named.isascii() and "endmodule\nassign" not in named and "`" not in named
    assert "// inp[1]: x0 >= level 5 of 8\n" in emit_verilog(circuit)


def test_thresholds_have_the_digits_that_tell_them_apart():
    for low, high in ((1e9, 1e9 + 1), (-1e-300, 1e-300), (0.0, 1e300), (0.0, 5e-324), (4.3, 7.9)):
        quantiser = Quantiser((low,), (high,), 4)
        texts = [quantiser.threshold_text(0, level) for level in range(1, 16)]
        assert len({float(text) for text in texts}) == (15 if high > 5e-324 else 1)
        for level, text in enumerate(texts, start=1):
            assert abs(float(text) - quantiser.threshold(0, level)) <= (high - low) / 16 / 100


def test_wires_that_do_not_fit_are_refused():
    network, circuit = golden_pair().values()
    with pytest.raises(InputError, match="no wire at level"):
        emit_verilog(network, wires=ThermometerWires.of(2, 3, [(0, 4)]))
    with pytest.raises(InputError, match="wires are those of 3 features"):
        emit_verilog(network, wires=ThermometerWires.full(3, 3))
    with pytest.raises(InputError, match="not among the others"):
        emit_verilog(circuit, wires=ThermometerWires.of(2, 3, [(0, 3)]))
    with pytest.raises(InputError, match="thermometer wires"):
        emit_verilog(circuit, wires=input_wires(network, FrontEndKind.BINARY))
    with pytest.raises(InputError, match="the quantiser is one of 1 features of 3 bits"):
        emit_verilog(circuit, quantiser=Quantiser((0.0,), (1.0,), 3))
