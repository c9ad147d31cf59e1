"""What the kernels charge for a circuit: one number in the objective's unit.

Gates are charged as `pricing.area_of` covers the graph with them: their area, their static power in the states that
the samples put them in, or a weighted sum. Wires are charged by the front end's own prices, once, whoever reads them:
a comparator per threshold and a share per feature, or a binary converter by the bits that are read of it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from bespoke.costs import Objective
from bespoke.model import LogicCircuit
from bespoke.search.power import leakages
from bespoke.search.pricing import (
    AND,
    INPUT_INV,
    INV,
    NAND,
    NOR,
    OR,
    PRICES,
    TRUTHS,
    XOR,
    area_of,
    fanins_by_node,
    prices,
    with_free_complements,
)
from bespoke.sensing import BinaryWires, FrontEnd, ThermometerWires, Wires
from bespoke.technology import Technology

#: What decides among designs of equal power: a cm² counts as so many mW, about a hundredth of what its gates draw.
AREA_BESIDE_POWER = 0.02
#: What cost is weighed in, in mean NANDs' power: about a comparator, the smallest thing that a system gains or loses.
_UNIT_OF_POWER = 2.5
#: A gate's power at most, in units of the mean AND cell: what a removed node can save.
_DEAREST = 2.0


class WireCharges(NamedTuple):
    """Charges of the wires that are read.

    ``wire`` float64 (wires,) and ``feature`` float64 (1,), paid once per feature, hold for wires that are charged one
    by one; ``mask`` float64 (2**bits,) for binary words, by the mask of the bits read; both empty where nothing is
    charged. ``feature_of`` int32 (wires,), and its length is 0 where wires do not imply one another: with
    thermometer wires, of two of one feature the later implies the earlier.
    """

    wire: np.ndarray
    feature: np.ndarray
    mask: np.ndarray
    bits: int
    feature_of: np.ndarray


class CostModel(NamedTuple):
    """Everything that a circuit's charge depends on.

    ``area`` float64 (PRICES,) in cm² by gate; ``leak`` float64 (PRICES, 2) in mW by gate and output value; ``weights``
    float64 (2,) what a cm² and a mW of gates are charged; ``gate`` the most that one node is charged; ``unit`` what
    the searches weigh costs in, a gate or so.
    """

    area: np.ndarray
    leak: np.ndarray
    weights: np.ndarray
    gate: float
    unit: float
    wires: WireCharges

    @property
    def charges_power(self) -> bool:
        return bool(self.weights[1] > 0)


def cost_model(technology: Technology, objective: Objective, wires: Wires, front_end: FrontEnd | None) -> CostModel:
    """Charges of the gates of a technology and the wires of a front end, for an objective.

    Parameters
    ----------
    wires : the inputs of the graphs that are charged.
    front_end : what delivers them; may be None where the objective is the classifier alone.

    Raises
    ------
    InputError
        if the technology has too few cells to build anything.
    """
    area = prices(technology)
    states = leakages(technology, area)
    leak = leakage_by_output(states)
    for_power = objective.is_power
    weights = np.array([AREA_BESIDE_POWER, 1.0]) if for_power else np.array([1.0, 0.0])
    if for_power:
        unit = _UNIT_OF_POWER * (weights[0] * area[NAND] + float(states[NAND].mean()))
        gate = weights[0] * (area[NAND] + area[INV]) + _DEAREST * float(states[AND].mean())
    else:
        unit, gate = float(area[NAND]), float(area[NAND] + area[INV])
    if objective.counts_front_end and isinstance(wires, ThermometerWires):
        area, leak = with_free_complements(area), with_free_complements(leak)
    counted = front_end if objective.counts_front_end else None
    return CostModel(area, leak, weights, gate, unit, wire_charges(wires, counted, weights, for_power))


def wire_charges(wires: Wires, front_end: FrontEnd | None, weights: np.ndarray, for_power: bool) -> WireCharges:
    """Charges of a front end's wires; none without one."""
    binary = isinstance(wires, BinaryWires)
    nothing = np.zeros(0)
    feature_of = np.zeros(0, dtype=np.int32) if binary else wires.feature_of().astype(np.int32)
    if front_end is None:
        return WireCharges(nothing, nothing, nothing, wires.bits, feature_of)
    tables = front_end.tables(wires)

    def charge(area_cm2: np.ndarray | float, power_mw: np.ndarray | float) -> np.ndarray:
        area_cm2, power_mw = np.atleast_1d(np.asarray(area_cm2, float)), np.atleast_1d(np.asarray(power_mw, float))
        return weights[0] * area_cm2 + (power_mw if for_power else 0.0)

    if binary:
        mask = charge(tables.mask_area_cm2, tables.mask_power_mw) if len(tables.mask_area_cm2) else nothing
        mask[1:] += charge(tables.feature_area_cm2, tables.feature_power_mw)
        return WireCharges(nothing, nothing, mask, wires.bits, feature_of)
    return WireCharges(
        charge(tables.wire_area_cm2, tables.wire_power_mw),
        charge(tables.feature_area_cm2, tables.feature_power_mw),
        nothing,
        wires.bits,
        feature_of,
    )


def charge_of(circuit: LogicCircuit, model: CostModel) -> float:
    """What a circuit is charged where every node is 1 half of the time."""
    fanin0, fanin1 = fanins_by_node(circuit)
    nodes = len(fanin0)
    need, kinds = np.zeros(2 * nodes, dtype=np.bool_), np.zeros(nodes if model.charges_power else 0, dtype=np.int8)
    outputs = np.array(circuit.outputs)
    return float(
        charge(fanin0, fanin1, nodes, circuit.first_and, outputs, outputs.size, need, kinds, np.full(nodes, 0.5), model)
    )


def leakage_by_output(states: np.ndarray) -> np.ndarray:
    """Mean leakage of every gate while its output is 0 and while it is 1, float64 (PRICES, 2), of that by state.

    In n-type logic the output decides nearly alone, so that a gate's power follows from how often its node is 1.
    """
    table = np.zeros((PRICES, 2))
    for gate, (truth, inputs) in TRUTHS.items():
        for output in (0, 1):
            table[gate, output] = np.mean([states[gate, s] for s in range(1 << inputs) if truth >> s & 1 == output])
    table[INPUT_INV] = table[INV]
    return table


@njit(cache=True)
def charge(fanin0, fanin1, nodes, first_and, outputs, out_bits, need, kinds, ones, model):
    """What a graph is charged.

    Parameters
    ----------
    need, kinds : scratch of `pricing.area_of`; ``kinds`` empty unless power is charged.
    ones : float64 (nodes or more,), share of the samples in which each node is 1; read only where power is charged.
    """
    area = area_of(fanin0, fanin1, nodes, first_and, outputs, out_bits, need, model.area, kinds)
    total = model.weights[0] * area
    if model.weights[1] > 0.0:
        total += model.weights[1] * expected_power(nodes, first_and, need, kinds, ones, model.leak)
    return total + charge_of_wires(need, first_and, model.wires)


@njit(cache=True)
def charge_of_wires(need, first_and, wires):
    """What the wires that a covered graph reads are charged; ``need`` is what `pricing.area_of` left."""
    total = 0.0
    if wires.mask.size > 0:
        read = 0
        for wire in range(first_and - 1):
            if need[2 * wire + 2] or need[2 * wire + 3]:
                read |= 1 << (wire % wires.bits)
            if (wire + 1) % wires.bits == 0:
                total += wires.mask[read]
                read = 0
    elif wires.wire.size > 0:
        last = -1
        for wire in range(first_and - 1):
            if need[2 * wire + 2] or need[2 * wire + 3]:
                total += wires.wire[wire]
                if wires.feature_of[wire] != last:
                    last = wires.feature_of[wire]
                    total += wires.feature[0]
    return total


@njit(cache=True, inline="always")
def _leak(leak, gate, high):
    """Mean leakage of a gate whose output is 1 in a share ``high`` of the time."""
    return leak[gate, 1] * high + leak[gate, 0] * (1.0 - high)


@njit(cache=True)
def expected_power(nodes, first_and, need, kinds, ones, leak):
    """Static power in mW of a covered graph, by how often every node is 1."""
    total = 0.0
    for node in range(first_and, nodes):
        if kinds[node] == 0:
            continue
        kind = kinds[node] & 7
        one = ones[node]
        high = one  # share of the time in which the output of what is covered is 1
        if kind == 1:
            high = 1.0 - one
            total += _leak(leak, NAND, high)
        elif kind == 2:
            total += _leak(leak, NOR, high)
        elif kind == 3:
            total += _leak(leak, AND, high)
        elif kind == 4:
            high = 1.0 - one
            total += _leak(leak, OR, high)
        elif kind == 5:  # the two middle NANDs are low in turn, together as often as the exclusive or is 1
            total += 2.0 * leak[NAND, 1] + one * (leak[NAND, 0] - leak[NAND, 1]) + _leak(leak, NAND, one)
        elif kind == 6:
            total += _leak(leak, XOR, high)
        else:
            high = 1.0 - one
            total += leak[OR, 1] + _leak(leak, NAND, high)
        if kinds[node] & 8:
            total += _leak(leak, INV, 1.0 - high)
    for node in range(1, first_and):
        if need[2 * node + 1]:
            total += _leak(leak, INV if need[2 * node] else INPUT_INV, 1.0 - ones[node])
    return total
