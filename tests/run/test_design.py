"""One design through emit, simulation, synthesis and measurement, behind each kind of front end."""

import numpy as np
import pytest
from exhaustive import all_vectors
from helpers import random_network

from bespoke.backend.mapping import Backend, complements, netlist_costs, start_circuits, used_wires
from bespoke.circuit import Circuit
from bespoke.data import Part, PreparedData, load_dataset, prepare
from bespoke.model import ArgmaxTree, LogicCircuit, Network, input_wires, used_bits
from bespoke.netlist import Netlist, Port, read_netlist
from bespoke.run.design import accuracies, measure
from bespoke.run.modelfile import ModelFile
from bespoke.sensing import (
    BinaryWires,
    FrontEnd,
    FrontEndKind,
    Quantiser,
    ThermometerWires,
    priced_front_end,
    read_front_end,
)
from bespoke.technology import load_technology

KINDS = list(FrontEndKind)
THERMOMETER = FrontEndKind.THERMOMETER
TECHNOLOGY = load_technology("egfet-1.0v")


def network(seed=3):
    drawn = random_network(np.random.default_rng(seed), features=4, hidden=(2,), classes=3, input_bits=3)
    return drawn.with_argmax(ArgmaxTree.full(3, drawn.argmax.width))


@pytest.fixture(scope="module")
def data():
    return prepare(load_dataset("iris"), bits=3)


def measured(classifier, data, folder, kind):
    front_end = priced_front_end(TECHNOLOGY, kind)
    backend = Backend(TECHNOLOGY, "fast", "pyosys", TECHNOLOGY.clock_ms, 0, front_end)
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
    assert found.accuracy == accuracies(classifier, data) and found.accuracy.validation is None
    assert found.forecast_accuracy is None and found.forecast_score is None  # nobody cross-fitted it
    wires = input_wires(classifier, kind)
    if kind is THERMOMETER:  # mapping may find that the network does not depend on some of its comparators
        wires, possible = read_front_end(tmp_path / "front_end.csv", data.feature_names, 3), wires
        assert (wires.places_in(possible) >= 0).all()
    levels = {FrontEndKind.BINARY: 7 * used_bits(classifier).any(axis=1).sum(), FrontEndKind.DIGITAL: 0}
    assert found.verification.threshold_probes == 3 * levels.get(kind, wires.count)
    netlist = read_netlist(tmp_path / "netlist.v", TECHNOLOGY)
    assert netlist.input_bits == wires.count
    assert read_front_end(tmp_path / "front_end.csv", data.feature_names, 3) == wires
    converters = priced_front_end(TECHNOLOGY, kind).cost(wires, used_wires(netlist, wires))
    assert found.front_end.kind == kind
    assert found.comparators == found.front_end.comparators == converters.comparators
    assert found.estimated_front_end_area_cm2 == converters.area_cm2
    assert (found.estimated_front_end_area_cm2 > 0) == (kind is not FrontEndKind.DIGITAL)
    assert found.estimated_system_power_mw <= found.total_power_mw + converters.power_mw + 1e-12
    names = {data.feature_names[wires.feature_of()[place]] for place in np.flatnonzero(used_wires(netlist, wires))}
    assert set(found.used_inputs) == names and names
    assert bool(found.shares) == (found.kind == "network")


@pytest.mark.eda
def test_circuits_behind_comparators(data, tmp_path):
    wires = ThermometerWires.of(4, 3, [(0, 3), (2, 2), (2, 5)])
    circuit = LogicCircuit(wires, 3, Circuit(3, np.array([[2, 5], [4, 7]]), np.array([8, 7])))
    found = measured(circuit, data, tmp_path / "reads", THERMOMETER)
    assert found.used_inputs == (data.feature_names[0], data.feature_names[2])
    constant = LogicCircuit(ThermometerWires.of(4, 3, []), 3, Circuit(0, np.zeros((0, 2)), np.array([1, 0])))
    found = measured(constant, data, tmp_path / "constant", THERMOMETER)
    assert (found.used_inputs, found.cells, found.estimated_front_end_power_mw) == ((), 0, 0.0)
    assert found.class_recall == (0.0, 1.0, 0.0)  # it answers class 1, whatever it reads
    assert found.never_answered == tuple(str(data.class_labels[index]) for index in (0, 2))


def test_accuracies_are_those_of_the_parts_that_there_are():
    classifier = network()
    for fraction in (None, 0.25):
        data = prepare(load_dataset("iris"), bits=3, validation_fraction=fraction)
        found = accuracies(classifier, data)
        assert (found.validation is None) == (fraction is None)
        for name, part in data.parts.items():
            right = classifier.predict(part.features) == part.classes
            assert getattr(found, name).correct == right.sum() and getattr(found, name).samples == part.samples


def test_average_power_is_that_of_the_time_switched_on():
    from bespoke.run.design import average_power_mw

    assert average_power_mw(10.0, 36.0, 100.0) == pytest.approx(10.0 * 36 * 100 / 3_600_000)
    assert average_power_mw(10.0, 36.0, 1e9) == 10.0  # never off
    assert average_power_mw(None, 36.0, 1.0) is average_power_mw(10.0, 36.0, None) is None


def by_hand(*, outputs):
    """Four inputs, nets 2 to 5. Of inverters, net 6 has its input alone, 7 and 8 share one, 9 stands beside a NAND."""
    inverter, nand = TECHNOLOGY.cell("INVX1"), TECHNOLOGY.cell("NAND2X1")
    fanins = [[2, -1], [3, -1], [3, -1], [4, -1], [4, 6], [10, -1]]
    return Netlist(
        module="top",
        inputs=(Port("inp", 4),),
        outputs=(Port("out", len(outputs)),),
        cells=(inverter, nand),
        gate_cells=np.array([0, 0, 0, 0, 1, 0], dtype=np.int32),
        gate_fanins=np.array(fanins, dtype=np.int32),
        output_nets=np.array(outputs, dtype=np.int32),
    )


WIRES = ThermometerWires.of(2, 2, [(0, 1), (0, 3), (1, 1), (1, 2)])


def test_inverters_that_alone_read_an_input_are_needless():
    assert complements(by_hand(outputs=[7, 8, 9, 11])).tolist() == [0, 1, 2]
    assert complements(by_hand(outputs=[7, 8, 9, 11, 2])).tolist() == [1, 2]  # an output reads the plain input
    empty = Netlist("top", (Port("inp", 1),), (Port("out", 1),), (), np.zeros(0, int), np.zeros((0, 0), int), [2])
    assert complements(empty).tolist() == []


def test_costs_of_a_netlist_by_hand():
    netlist = by_hand(outputs=[7, 8, 9, 11])
    vector = np.array([[1, 0, 1, 1]], dtype=bool)
    inverter, nand = netlist.cells
    # gates in order: inverters of 1, 0, 0, 1; NAND of 1 and 0; inverter of 1
    power_nw = 3 * inverter.leakage_nw[1] + 2 * inverter.leakage_nw[0] + nand.leakage_nw[1]
    front_end = priced_front_end(TECHNOLOGY, THERMOMETER)
    costs = netlist_costs(netlist, WIRES, vector, front_end)
    assert costs.area_cm2 == pytest.approx((5 * inverter.area_um2 + nand.area_um2) * 1e-8)
    assert costs.static_power_mw == pytest.approx(power_nw * 1e-6)
    converters = front_end.cost(WIRES, np.array([True, True, True, False]))  # nothing reads the last
    assert costs.comparators == converters.comparators == 3
    assert (costs.front_end_area_cm2, costs.front_end_power_mw) == (converters.area_cm2, converters.power_mw)
    assert costs.saved_area_cm2 == pytest.approx(3 * inverter.area_um2 * 1e-8)
    assert costs.saved_power_mw == pytest.approx((inverter.leakage_nw[1] + 2 * inverter.leakage_nw[0]) * 1e-6)
    assert costs.system_power_mw == pytest.approx(costs.static_power_mw + converters.power_mw - costs.saved_power_mw)


def test_nothing_is_saved_where_no_comparator_delivers_a_complement():
    netlist, vector = by_hand(outputs=[7, 8, 9, 11]), np.ones((1, 4), dtype=bool)
    for kind in (FrontEndKind.BINARY, FrontEndKind.DIGITAL):
        costs = netlist_costs(netlist, BinaryWires(2, 2), vector, priced_front_end(TECHNOLOGY, kind))
        assert costs.saved_area_cm2 == costs.saved_power_mw == 0
    assert costs.system_area_cm2 == costs.area_cm2  # words from elsewhere cost nothing
    costs = netlist_costs(netlist, WIRES, vector, FrontEnd(THERMOMETER, None))
    assert (costs.system_power_mw, costs.front_end_area_cm2, costs.comparators) == (None, None, None)
    assert costs.area_cm2 > 0


def test_a_network_loses_the_comparators_that_mapping_finds_idle(tmp_path):
    """Of two thresholds that its bits are formed from, the network needs one; what is written has just that."""
    # class 1 where bit 1 of the only feature is set, whatever bit 0 is: the weight of bit 0 never decides
    model = Network.from_arrays(input_bits=2, weights=[np.array([[0], [2]])], biases=[np.array([3, 0])], activations=[])
    rng = np.random.default_rng(3)
    features = rng.integers(0, 4, (40, 1))
    part = Part(features, model.predict(features), np.arange(40))
    prepared = PreparedData("one", 2, ("x",), ("low", "high"), Quantiser((0.0,), (4.0,), 2), part, part, part)
    backend = Backend(
        technology=TECHNOLOGY,
        effort="fast",
        yosys="pyosys",
        clock_ms=200.0,
        seed=0,
        front_end=priced_front_end(TECHNOLOGY, THERMOMETER),
    )
    model_file = tmp_path / "model.json"
    ModelFile.of(model, prepared, front_end=THERMOMETER).save(model_file)
    found = measure(model, prepared, tmp_path, name="design", backend=backend, model_file=model_file, root=tmp_path)
    wires = read_front_end(tmp_path / "front_end.csv", ("x",), 2)
    assert wires.levels.tolist() == [[0, 2]] and found.comparators == 1
    kept = ModelFile.load(model_file).classifier
    everything = np.arange(4)[:, None]
    assert kept.predict(everything).tolist() == model.predict(everything).tolist()
