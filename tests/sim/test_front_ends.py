"""From measured values to the class: the front ends' models, exact floats, and faults that must show."""

import importlib.util
import re

import numpy as np
import pytest
from exhaustive import all_vectors
from helpers import ROOT, random_network

from bespoke.circuit import Circuit
from bespoke.data import Part
from bespoke.eda.cocotb_bench import simulate
from bespoke.eda.front_ends import Comparators, FlashConverters, Words
from bespoke.errors import InputError, VerificationError
from bespoke.model import ArgmaxTree, LogicCircuit, input_wires
from bespoke.rtl import bus_words, emit_verilog, stress_vectors
from bespoke.run.sensor import front_end_model, measured_stimuli, probed_levels
from bespoke.run.simulation import simulate_design
from bespoke.sensing import FrontEndKind, Quantiser, ThermometerWires

QUANTISER = Quantiser((4.3, -1e-3, 1e9), (7.9, 1e-3, 1e9 + 1), 3)
THERMOMETER, BINARY = FrontEndKind.THERMOMETER, FrontEndKind.BINARY


def _models():
    spec = importlib.util.spec_from_file_location("front_ends", ROOT / "sim" / "front_ends.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def network():
    """The first random one that gives every class to a tenth of all vectors."""
    for seed in range(1000):
        drawn = random_network(np.random.default_rng(seed), features=3, hidden=(3,), classes=3, input_bits=3)
        drawn = drawn.with_argmax(ArgmaxTree.full(3, drawn.argmax.width))
        if np.bincount(drawn.predict(all_vectors(3, 3)), minlength=3).min() > 51:
            return drawn
    raise AssertionError("no such network")


def part(network, count=40):
    rng = np.random.default_rng(5)
    measured = np.array(QUANTISER.low) + rng.random((count, 3)) * np.subtract(QUANTISER.high, QUANTISER.low) * 1.1
    grid = QUANTISER.transform(measured)
    return Part(grid, network.predict(grid), np.arange(count), measured)


def stimuli(network, kind):
    rng = np.random.default_rng(1)
    wires = input_wires(network, kind)
    return wires, measured_stimuli(network, wires, QUANTISER, part(network), stress_vectors(3, 3, 60, rng), rng)


@pytest.mark.parametrize("kind", [THERMOMETER, BINARY])
def test_the_models_deliver_what_the_encodings_say(network, kind):
    wires, found = stimuli(network, kind)
    job = front_end_model(wires, QUANTISER).to_json(3)
    model = _models().front_end_of(job)
    words = [model.word([repr(value) for value in row]) for row in found.vectors.tolist()]
    assert model.width == wires.count and words == bus_words(found.grid, wires)
    assert np.isinf(found.vectors).any()


@pytest.mark.parametrize("kind", [THERMOMETER, BINARY])
def test_every_threshold_is_probed_on_both_sides(network, kind):
    wires, found = stimuli(network, kind)
    levels = probed_levels(network, wires)
    assert found.probes == 3 * len(levels) > 0
    probes = found.grid[40 : 40 + found.probes].reshape(len(levels), 3, 3)
    for (feature, level), (at, below, above) in zip(levels, probes, strict=True):
        assert (at[feature], below[feature], above[feature]) == (level, level - 1, level)
        others = np.arange(3) != feature
        assert (at[others] == below[others]).all() and (at[others] == above[others]).all()
    answers = network.predict(probes.reshape(-1, 3)).reshape(-1, 3)
    assert (answers[:, 0] != answers[:, 1]).mean() > 0.5  # on most of them a comparator that is off would show


@pytest.mark.eda
@pytest.mark.parametrize("kind", list(FrontEndKind))
def test_a_design_from_the_sensor_on(network, tmp_path, kind):
    wires, test = input_wires(network, kind), part(network)
    source = tmp_path / "top.v"
    source.write_text(emit_verilog(network, wires=wires))
    report = simulate_design(
        [source], network, test, folder=tmp_path / "run", seed=1, extra=60, front_end=kind, quantiser=QUANTISER
    )
    assert (report.test_vectors, report.test_accuracy) == (40, 1.0)
    digital = kind is FrontEndKind.DIGITAL
    assert report.measured_vectors == (0 if digital else report.vectors)
    assert (report.threshold_probes == 0) if digital else (report.threshold_probes >= 3 * 6)
    if not digital:  # as they were measured, to the last bit
        lines = (tmp_path / "run/vectors.txt").read_text().splitlines()[:40]
        assert np.array_equal([[float(cell) for cell in line.split()[:-1]] for line in lines], test.measured)
    plain = simulate_design([source], network, test, folder=tmp_path / "plain", seed=1, extra=60, front_end=kind)
    assert plain.measured_vectors == plain.threshold_probes == 0 and plain.test_accuracy == 1.0
    few = simulate_design(
        [source], network, test, folder=tmp_path / "few", seed=1, front_end=kind, quantiser=QUANTISER, max_vectors=30
    )
    assert few.vectors == 30 and few.test_vectors < 10


@pytest.mark.eda
def test_a_comparator_on_the_wrong_wire_is_caught(network, tmp_path):
    wires, test = input_wires(network, THERMOMETER), part(network)
    text = emit_verilog(network, wires=wires)
    names = re.findall(r"wire (\w+_ge\d+) = inp\[\d+\];", text)
    assert len(names) == wires.count
    source = tmp_path / "top.v"
    for place in (0, len(names) - 2):  # each reads its neighbour's comparator
        source.write_text(text.replace(f"{names[place]} = inp[{place}]", f"{names[place]} = inp[{place + 1}]"))
        with pytest.raises(VerificationError, match=r"vector \d+, measured values \[.*\], input 0x"):
            simulate_design(
                [source],
                network,
                test,
                folder=tmp_path / "run",
                seed=1,
                extra=10,
                front_end=THERMOMETER,
                quantiser=QUANTISER,
            )


@pytest.mark.eda
def test_a_circuit_made_for_another_threshold_is_caught(tmp_path):
    """The same graph over a wire one level higher; without probes four samples would not show it."""

    def circuit(level):
        wires = ThermometerWires.of(3, 3, [(0, level), (2, 6)])
        return LogicCircuit(wires, 2, Circuit(2, np.array([[2, 5]]), np.array([6])))

    grid = np.array([[0, 0, 0], [7, 7, 7], [7, 0, 0], [0, 0, 7]])
    right = circuit(3)
    test = Part(grid, right.predict(grid), np.arange(4))
    assert np.array_equal(circuit(4).predict(grid), right.predict(grid))
    source = tmp_path / "top.v"
    source.write_text(emit_verilog(right))
    options = {"folder": tmp_path / "run", "seed": 0, "extra": 0, "front_end": THERMOMETER, "quantiser": QUANTISER}
    assert simulate_design([source], right, test, **options).threshold_probes == 6
    found = measured_stimuli(right, right.wires, QUANTISER, test, grid[:0], np.random.default_rng(0))
    off = front_end_model(circuit(4).wires, QUANTISER)  # the sensor's side was built one level off
    with pytest.raises(VerificationError, match="measured values"):
        simulate(
            [source],
            vectors=found.vectors,
            front_end=off,
            output_bits=1,
            expected=right.predict(found.grid),
            folder=tmp_path / "off",
        )


@pytest.mark.eda
def test_a_circuit_that_reads_no_wire(tmp_path):
    constant = LogicCircuit(ThermometerWires.of(3, 3, []), 3, Circuit(0, np.zeros((0, 2)), np.array([1, 0])))
    source = tmp_path / "top.v"
    source.write_text(emit_verilog(constant))
    grid = np.array([[0, 1, 2]])
    report = simulate_design(
        [source],
        constant,
        Part(grid, np.array([1]), np.arange(1)),
        folder=tmp_path / "run",
        seed=0,
        extra=20,
        front_end=THERMOMETER,
        quantiser=QUANTISER,
    )
    assert (report.test_accuracy, report.threshold_probes) == (1.0, 0)


def test_what_does_not_fit_is_refused(network):
    test = part(network)
    wrong = Part(test.features ^ 1, test.classes, test.rows, test.measured)
    rng = np.random.default_rng(0)
    with pytest.raises(VerificationError, match="do not quantise to its integers"):
        measured_stimuli(network, input_wires(network, BINARY), QUANTISER, wrong, test.features, rng)
    with pytest.raises(InputError, match="measured values"):
        Part(test.features, test.classes, test.rows, test.measured[:, :2])
    for model in (Comparators(np.array([2]), np.array([0.5])), FlashConverters(np.zeros((3, 1)), 1)):
        for vectors in (np.zeros((0, 3)), np.zeros((2, 2)), np.array([[0, np.nan, 1]])):
            with pytest.raises(InputError, match="measured values"):
                model.checked(vectors)
    wide = Quantiser((0.0,) * 300, (1.0,) * 300, 12)
    assert front_end_model(input_wires(_wide(), BINARY), wide) is None
    assert Words(3).to_json(2) == {"kind": "words", "features": 2, "bits": 3}


def _wide():
    return random_network(np.random.default_rng(0), features=300, hidden=(), classes=2, input_bits=12)
