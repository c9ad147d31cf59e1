"""Drift of comparators and sensors against a re-computation sample by sample, in plain Python."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bespoke.circuit import pack_bits, unpack_bits
from bespoke.errors import InputError
from bespoke.netlist import evaluate, read_netlist
from bespoke.robustness.drift import DriftingPrints, Measured, drift
from bespoke.robustness.measured import Answers, Converters
from bespoke.robustness.subject import Subject
from bespoke.sensing import BinaryWires, FrontEndKind, Quantiser, ThermometerWires, port_bits
from bespoke.technology import load_technology

THERMOMETER, BINARY, DIGITAL = FrontEndKind.THERMOMETER, FrontEndKind.BINARY, FrontEndKind.DIGITAL
EGFET = load_technology()
SAMPLES = 100
WIRES = ThermometerWires.of(2, 3, [(0, 2), (0, 5), (1, 4), (1, 6)])

TOP = """
module top(inp, out);
  input [3:0] inp; output [1:0] out;
  wire a, b;
  NAND2X1 g0(.A1(inp[0]), .A2(inp[2]), .Y(a));
  NOR2X1 g1(.A1(inp[1]), .A2(a), .Y(b));
  INVX1 g2(.A(a), .Y(out[0]));
  INVX1 g3(.A(b), .Y(out[1]));
endmodule
"""


def judged(netlist, bits, expected, features=None):
    """A subject whose devices nobody asks for."""
    names = tuple(f"wire {number}" for number in range(netlist.input_bits))
    return Subject(netlist, bits, expected, np.ones(netlist.gates), np.ones(len(names)), names, features)


def values():
    rng = np.random.default_rng(5)
    table = rng.uniform([-1.0, 10.0], [3.0, 50.0], (SAMPLES, 2))
    table[:4] = [[-1.0, 10.0], [3.0, 50.0], [-2.0, 90.0], [1.0, 30.0]]  # ends, beyond them, on a threshold
    return table


QUANTISER = Quantiser((-1.0, 10.0), (3.0, 50.0), 3)


def subject(wires=WIRES, features=("length", "mass")):
    netlist = read_netlist(TOP, EGFET)
    bits = port_bits(wires, QUANTISER.transform(values()))
    answers = evaluate(netlist, bits).astype(int) @ [1, 2]
    expected = np.where(np.arange(SAMPLES) % 7 == 0, 3 - answers, answers)
    return judged(netlist, bits, expected, features)


def plain_accuracy(rows, expected):
    """The circuit of TOP on rows of four bits, in plain Python."""
    right = 0
    for (a, _, c, _), b, klass in zip(rows, [row[1] for row in rows], expected, strict=True):
        first = not (a and c)
        second = not (b or first)
        right += int(not first) + 2 * int(not second) == klass
    return right / len(rows)


def plain_places():
    return [[(x + 1.0) / 4.0 * 8, (y - 10.0) / 40.0 * 8] for x, y in values().tolist()]


def test_positions_reach_a_level_exactly_where_the_integers_do():
    rng = np.random.default_rng(1)
    quantiser = Quantiser((-0.3, 1e-3), (0.7, 7e5), 6)
    levels = np.arange(1, 64)
    at = np.stack([quantiser.thresholds(np.full(63, feature), levels) for feature in (0, 1)], axis=1)
    table = np.concatenate([at, np.nextafter(at, -np.inf), np.nextafter(at, np.inf), rng.normal(size=(50, 2)) * 1e3])
    table = np.concatenate([table, [[-np.inf, np.inf], [-1e308, 1e308]]])
    reached = quantiser.transform(table)[:, :, None] >= levels
    assert (reached == (quantiser.positions(table)[:, :, None] >= levels)).all()
    assert quantiser.steps == pytest.approx((1 / 64, (7e5 - 1e-3) / 64))


@pytest.mark.parametrize("kind", list(FrontEndKind))
def test_without_disturbance_the_wires_are_todays(kind):
    wires = ThermometerWires.full(2, 3) if kind is THERMOMETER else BinaryWires(2, 3)
    measured = Measured.of_values(values(), QUANTISER, wires, kind)
    packed = Converters(measured, np.ones(wires.count, dtype=bool)).packed()
    assert (packed == pack_bits(port_bits(wires, QUANTISER.transform(values())))).all()
    codes = Measured.of_codes(QUANTISER.transform(values()), wires, kind)
    assert codes.assumed and not measured.assumed
    assert (Converters(codes, np.ones(wires.count, dtype=bool)).packed() == packed).all()
    nothing = DriftingPrints(measured, np.ones(wires.count, dtype=bool), 0.0)
    assert (nothing.draw(np.random.default_rng(0), 3) == packed).all()


def test_wires_that_nobody_reads_stay_low_and_a_port_without_wires_has_an_idle_bit():
    measured = Measured.of_values(values(), QUANTISER, WIRES, THERMOMETER)
    used = np.array([False, True, False, False])
    today = pack_bits(port_bits(WIRES, QUANTISER.transform(values())))
    packed = Converters(measured, used).packed()
    assert (packed[1] == today[1]).all() and not packed[[0, 2, 3]].any()
    none = Measured.of_values(values(), QUANTISER, ThermometerWires.of(2, 3, []), THERMOMETER)
    assert Converters(none, np.zeros(0, dtype=bool)).packed().shape == (1, 2)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.integers(0, 255))
def test_a_flash_converter_counts_the_thresholds_that_are_passed(seed, bits, mask):
    rng = np.random.default_rng(seed)
    wires = BinaryWires(2, bits)
    used = (mask >> np.arange(2 * bits) & 1).astype(bool)
    places = rng.uniform(-1, (1 << bits) + 1, (70, 2))
    converters = Converters(Measured(wires, BINARY, places), used)
    offsets = rng.normal(size=converters.comparators)
    seen = unpack_bits(converters.packed(offsets=offsets), 70)
    rest = list(offsets)
    for feature in range(2):
        own = used[feature * bits : (feature + 1) * bits]
        if not own.any():
            assert not seen[:, feature * bits : (feature + 1) * bits].any()
            continue
        lowest = own.tolist().index(True)
        thresholds = [level + rest.pop(0) for level in range(1 << lowest, 1 << bits, 1 << lowest)]
        for sample in range(70):
            code = sum(places[sample, feature] >= one for one in thresholds) << lowest
            word = [bool(code >> bit & 1) for bit in range(bits)]
            assert seen[sample, feature * bits : (feature + 1) * bits].tolist() == word
    assert not rest


def test_points_equal_a_plain_recomputation():
    measured = Measured.of_values(values(), QUANTISER, WIRES, THERMOMETER, units=("mm", "kg"))
    one = subject()
    points = drift(one, measured, seed=11, prints=9, sigmas=(0.5, 2.0))
    by_key = {(point.kind, point.feature, point.amount): point for point in points}
    assert len(by_key) == len(points) == 3 * 2 + 3 * (4 + 8)
    levels, places = WIRES.levels.tolist(), plain_places()

    def accuracy(late, *, gains=(1.0, 1.0), moved=(0.0, 0.0), noise=None):
        noise = noise or [[0.0] * SAMPLES] * 2
        rows = [
            [
                places[sample][feature] * gains[feature] + moved[feature] + noise[feature][sample] >= level + late[wire]
                for wire, (feature, level) in enumerate(levels)
            ]
            for sample in range(SAMPLES)
        ]
        return plain_accuracy(rows, one.expected.tolist())

    def check(kind, feature, amount, accuracies):
        point = by_key[kind, feature, amount]
        assert point.prints == len(accuracies)
        assert point.mean_accuracy == pytest.approx(math.fsum(accuracies) / len(accuracies))
        assert min(accuracies) <= point.low_accuracy <= point.high_accuracy <= max(accuracies)
        assert not point.positions_assumed
        return point

    still = [0.0] * 4
    for sigma in (0.5, 2.0):
        rng = np.random.default_rng([11, 0])
        late = [[*(sigma * rng.normal(size=3)).tolist(), 0.0] for _ in range(9)]  # nobody reads the last wire
        check("comparator offset", None, sigma, [accuracy(each) for each in late])
        rng = np.random.default_rng([11, 1])
        common = [float(sigma * rng.normal()) for _ in range(9)]
        check("common offset", None, sigma, [accuracy([each] * 4) for each in common])
        rng = np.random.default_rng([11, 2])
        noises = [(sigma * rng.normal(size=(2, SAMPLES))).tolist() for _ in range(9)]
        check("sensor noise", None, sigma, [accuracy(still, noise=each) for each in noises])
    for feature, name in ((None, None), (0, "length"), (1, "mass")):
        for gain in (0.9, 1.1):
            gains = [gain if feature in (None, place) else 1.0 for place in (0, 1)]
            check("sensor gain", name, gain, [accuracy(still, gains=gains)])
        for offset in (-2.0, 0.25, 1.0):
            moved = [offset if feature in (None, place) else 0.0 for place in (0, 1)]
            point = check("sensor offset", name, offset, [accuracy(still, moved=moved)])
            step = None if feature is None else (0.5, 5.0)[feature]
            assert point.amount_in_unit == (None if step is None else offset * step)
            assert point.unit == ("" if feature is None else ("mm", "kg")[feature])


def test_the_same_seed_gives_the_same_figures_and_progress_is_told():
    measured = Measured.of_codes(QUANTISER.transform(values()), WIRES, THERMOMETER, quantiser=QUANTISER)
    told = []
    first = drift(subject(), measured, seed=3, prints=5, progress=lambda share, text: told.append(share))
    assert first == drift(subject(), measured, seed=3, prints=5)
    assert first != drift(subject(), measured, seed=4, prints=5)
    assert told == sorted(told) and told[0] == 0 and told[-1] == 1
    assert all(point.positions_assumed for point in first)
    assert {point.feature for point in drift(subject(features=None), measured, seed=3, prints=1)} == {
        None,
        "feature 0",
        "feature 1",
    }


def test_a_digital_front_end_has_no_comparators_that_drift():
    wires = BinaryWires(2, 2)
    quantiser = Quantiser(QUANTISER.low, QUANTISER.high, 2)
    netlist = read_netlist(TOP, EGFET)
    bits = port_bits(wires, quantiser.transform(values()))
    one = judged(netlist, bits, evaluate(netlist, bits).astype(int) @ [1, 2])
    kinds = {}
    for kind in (DIGITAL, BINARY):
        measured = Measured.of_values(values(), quantiser, wires, kind)
        kinds[kind] = {point.kind for point in drift(one, measured, seed=0, prints=2, sigmas=(0.5,))}
    assert kinds[DIGITAL] == {"sensor noise", "sensor gain", "sensor offset"}
    assert kinds[BINARY] == kinds[DIGITAL] | {"comparator offset", "common offset"}
    still = DriftingPrints(Measured.of_values(values(), quantiser, wires, DIGITAL), np.ones(4, dtype=bool), 2.0)
    read = netlist.read_inputs()
    assert (still.draw(np.random.default_rng(0), 2) == pack_bits(bits)).all() and read.any()


def test_drifting_prints_have_offsets_of_their_own():
    measured = Measured.of_values(values(), QUANTISER, WIRES, THERMOMETER)
    prints = DriftingPrints(measured, np.ones(4, dtype=bool), 0.7).draw(np.random.default_rng(8), 6)
    offsets = np.random.default_rng(8).normal(size=(6, 4)) * 0.7
    assert prints.shape == (6, 4, 2) and prints.dtype == np.uint64
    places = plain_places()
    for number in range(6):
        rows = unpack_bits(prints[number], SAMPLES).tolist()
        for sample in range(SAMPLES):
            wires = zip(WIRES.levels.tolist(), offsets[number], strict=True)
            assert rows[sample] == [places[sample][feature] >= level + late for (feature, level), late in wires]


def test_classes_that_the_outputs_cannot_say_are_never_right():
    answers = Answers(np.array([0, 3, 4, 7]), 2)
    assert answers.accuracy(pack_bits(np.array([[0, 0], [1, 1], [0, 0], [1, 1]], dtype=bool))) == 0.5


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda m: drift(subject(), m, seed=0, prints=0), "drift needs a print at least, not 0"),
        (
            lambda m: drift(judged(subject().netlist, subject().bits[:9], subject().expected[:9]), m, seed=0),
            "measured values of the 9 samples, not of 100",
        ),
        (lambda m: DriftingPrints(m, np.ones(4, dtype=bool), -1.0), "--threshold-sigma must be zero or more"),
        (lambda m: Measured(WIRES, THERMOMETER, np.full((2, 2), np.nan)), "some are missing"),
        (lambda m: Measured(WIRES, THERMOMETER, np.zeros((2, 3))), r"the shape \(samples, 2\), not \(2, 3\)"),
        (
            lambda m: Measured.of_values(values(), Quantiser((0.0, 0.0), (1.0, 1.0), 4), WIRES, THERMOMETER),
            "the quantiser has 4 bits, the wires 3",
        ),
    ],
)
def test_what_cannot_be_judged_is_refused(make, message):
    with pytest.raises(InputError, match=message):
        make(Measured.of_values(values(), QUANTISER, WIRES, THERMOMETER))
