"""One design through emit, simulation, synthesis and measurement, behind each kind of front end."""

import numpy as np
import pytest
from exhaustive import all_vectors
from helpers import random_network

from bespoke.circuit import Circuit
from bespoke.data import load_dataset, prepare
from bespoke.model import ArgmaxTree, LogicCircuit, input_wires, used_bits
from bespoke.netlist import read_netlist
from bespoke.pipeline.design import Backend, converters, measure, start_circuits, used_wires
from bespoke.sensing import BinaryWires, FrontEndKind, ThermometerWires, read_front_end
from bespoke.technology import load_technology

KINDS = list(FrontEndKind)
THERMOMETER = FrontEndKind.THERMOMETER


def network(seed=3):
    drawn = random_network(np.random.default_rng(seed), features=4, hidden=(2,), classes=3, input_bits=3)
    return drawn.with_argmax(ArgmaxTree.full(3, drawn.argmax.width))


@pytest.fixture(scope="module")
def data():
    return prepare(load_dataset("iris"), bits=3)


def measured(classifier, data, folder, kind):
    technology = load_technology("egfet-1.0v")
    backend = Backend(technology, "fast", "pyosys", technology.clock_ms, 0, kind)
    return measure(
        classifier, data, folder, name="a design", backend=backend, model_file=folder / "model.json", root=folder
    )


@pytest.mark.parametrize("seed", range(30))
def test_start_circuits_are_over_the_rtls_wires(seed):
    classifier = random_network(np.random.default_rng(seed), features=2, hidden=(2,), classes=3, input_bits=3)
    for kind in KINDS:
        wires = input_wires(classifier, kind)
        for circuit in start_circuits(classifier, wires):
            assert circuit.wires == wires
            assert np.array_equal(circuit.predict(all_vectors(2, 3)), classifier.predict(all_vectors(2, 3)))
    assert not wires.count or start_circuits(network(), input_wires(network(), THERMOMETER))


@pytest.mark.eda
@pytest.mark.parametrize("kind", KINDS)
def test_a_network_behind_each_front_end(data, tmp_path, kind):
    classifier = network()
    found = measured(classifier, data, tmp_path, kind)
    assert found.verification.netlist_vectors == 1000 + 150
    wires = input_wires(classifier, kind)
    levels = {FrontEndKind.BINARY: 7 * used_bits(classifier).any(axis=1).sum(), FrontEndKind.DIGITAL: 0}
    assert found.verification.threshold_probes == 3 * levels.get(kind, wires.count)
    netlist = read_netlist(tmp_path / "netlist.v", load_technology("egfet-1.0v"))
    assert netlist.input_bits == wires.count
    assert read_front_end(tmp_path / "front_end.csv", data.feature_names, 3) == wires
    assert (found.front_end_area_cm2 > 0) == (kind is not FrontEndKind.DIGITAL)
    names = {data.feature_names[wires.feature_of()[place]] for place in np.flatnonzero(used_wires(netlist, wires))}
    assert set(found.used_inputs) == names and names
    assert found.shares


@pytest.mark.eda
def test_circuits_behind_comparators(data, tmp_path):
    wires = ThermometerWires.of(4, 3, [(0, 3), (2, 2), (2, 5)])
    circuit = LogicCircuit(wires, 3, Circuit(3, np.array([[2, 5], [4, 7]]), np.array([8, 7])))
    found = measured(circuit, data, tmp_path / "reads", THERMOMETER)
    assert found.used_inputs == (data.feature_names[0], data.feature_names[2])
    constant = LogicCircuit(ThermometerWires.of(4, 3, []), 3, Circuit(0, np.zeros((0, 2)), np.array([1, 0])))
    found = measured(constant, data, tmp_path / "constant", THERMOMETER)
    assert (found.used_inputs, found.cells, found.front_end_power_mw) == ((), 0, 0.0)


def test_converters_of_each_kind():
    used = np.array([True, False, True, True])
    comparators = converters(ThermometerWires.of(3, 2, [(0, 1), (0, 2), (2, 1), (2, 3)]), used, THERMOMETER)
    assert comparators.comparators.tolist() == [1, 0, 2] and not comparators.ors.any()
    flash = converters(BinaryWires(2, 2), used, FrontEndKind.BINARY)
    assert flash.comparators.tolist() == [4, 4]
    assert converters(BinaryWires(2, 2), used, FrontEndKind.DIGITAL).area_cm2 == 0
