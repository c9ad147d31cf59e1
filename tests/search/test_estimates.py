"""Estimated area and power against gates counted by hand."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from bespoke.circuit import Circuit
from bespoke.errors import InputError
from bespoke.model import LogicCircuit
from bespoke.search import estimate_area, estimate_static_power
from bespoke.search.pricing import prices
from bespoke.sensing import BinaryWires
from bespoke.technology import Technology, load_technology

TECHNOLOGY = load_technology()
NAND, INV, AND, NOR = (TECHNOLOGY.cell(name) for name in ("NAND2X1", "INVX1", "AND2X1", "NOR2X1"))


def circuit(features, classes, fanins, outputs):
    graph = Circuit(features, np.array(fanins).reshape(-1, 2), np.array(outputs))
    return LogicCircuit(BinaryWires(features, 1), classes, graph)


# literals of one-bit inputs: a, b, c are 2, 4, 6
CASES = {
    "wire": (circuit(1, 2, [], [2]), 0),
    "inverter": (circuit(1, 2, [], [3]), INV.area_um2),
    "and": (circuit(2, 2, [[2, 4]], [6]), AND.area_um2),
    "nand": (circuit(2, 2, [[2, 4]], [7]), NAND.area_um2),
    "nor": (circuit(2, 2, [[3, 5]], [6]), NOR.area_um2),
    "exclusive or": (circuit(2, 2, [[2, 4], [3, 5], [7, 9]], [10]), 4 * NAND.area_um2),
    "full adder": (
        circuit(3, 4, [[2, 4], [3, 5], [9, 11], [12, 6], [13, 7], [15, 17], [9, 15]], [18, 21]),
        9 * NAND.area_um2,
    ),
    "dead logic": (circuit(2, 2, [[2, 4], [3, 5]], [7]), NAND.area_um2),
}


@pytest.mark.parametrize("name", CASES)
def test_area_of_known_circuits(name):
    design, area_um2 = CASES[name]
    assert estimate_area(design, TECHNOLOGY) == pytest.approx(area_um2 * 1e-8)


def test_full_adder_case_adds():
    design = CASES["full adder"][0]
    inputs = np.array(list(itertools.product((0, 1), repeat=3)))
    assert np.array_equal(design.predict(inputs), inputs.sum(axis=1))


def test_power_of_known_circuits():
    every = np.array(list(itertools.product((0, 1), repeat=2)))
    nand = np.mean(NAND.leakage_nw) * 1e-6
    assert estimate_static_power(CASES["nand"][0], TECHNOLOGY, every) == pytest.approx(nand)
    low = np.array([[0]])
    assert estimate_static_power(CASES["inverter"][0], TECHNOLOGY, low) == pytest.approx(INV.leakage_nw[0] * 1e-6)
    assert estimate_static_power(CASES["inverter"][0], TECHNOLOGY, 1 - low) == pytest.approx(INV.leakage_nw[1] * 1e-6)
    # four NAND2 of an exclusive or, simulated gate by gate; the pins' mean stands for either order
    mean = {0: NAND.leakage_nw[0], 1: sum(NAND.leakage_nw[1:3]) / 2, 2: NAND.leakage_nw[3]}
    total = 0
    for a, b in every:
        n = 1 - (a & b)
        x, y = 1 - (a & n), 1 - (b & n)
        total += mean[a + b] + mean[a + n] + mean[b + n] + mean[x + y]
    estimated = estimate_static_power(CASES["exclusive or"][0], TECHNOLOGY, every)
    assert estimated == pytest.approx(total / 4 * 1e-6)


def test_missing_gates_are_composed():
    only_nand = Technology("nand", "", 1.0, 200.0, (NAND,))
    area = prices(only_nand)
    assert np.allclose(area / NAND.area_um2 * 1e8, [1, 1, 4, 2, 3, 4, 5])
    with pytest.raises(InputError, match="needs at least"):
        prices(Technology("nothing", "", 1.0, 200.0, (INV,)))
