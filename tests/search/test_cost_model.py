"""What the kernels charge, against gates and converters counted one by one in plain Python."""

from __future__ import annotations

import numpy as np
import pytest

from bespoke.circuit import Circuit
from bespoke.costs import Objective
from bespoke.model import LogicCircuit
from bespoke.search.cost_model import AREA_BESIDE_POWER, charge, charge_of, cost_model
from bespoke.search.pricing import TRUTHS, area_of, fanins_by_node
from bespoke.sensing import BinaryWires, FrontEndKind, ThermometerWires, priced_front_end
from bespoke.technology import load_technology

TECHNOLOGY = load_technology()
INV, NAND, NOR, AND, OR = (TECHNOLOGY.find(*TRUTHS[gate]) for gate in range(5))
WIRES = {
    FrontEndKind.THERMOMETER: ThermometerWires.of(3, 3, [(0, 1), (0, 2), (0, 7), (1, 4), (2, 3), (2, 6)]),
    FrontEndKind.BINARY: BinaryWires(3, 3),
    FrontEndKind.DIGITAL: BinaryWires(3, 3),
}
#: Gates of a covered node without the inverter behind it, by kind; an exclusive or shares its first NAND.
GATES = {1: (NAND,), 2: (NOR,), 3: (AND,), 4: (OR,), 5: (NAND, NAND, NAND), 7: (OR, NAND)}


def drawn(seed: int, wires) -> LogicCircuit:
    """Random ANDs and exclusive ors over wires, constants and one another, read in either polarity."""
    rng = np.random.default_rng(seed)
    first, fanins = 1 + wires.count, []
    for _ in range(int(rng.integers(1, 14))):
        a, b = rng.integers(0, 2 * (first + len(fanins)), 2).tolist()
        fanins.append((a, b))
        if rng.random() < 0.4:
            fanins.append((a ^ 1, b ^ 1))
            both = 2 * (first + len(fanins) - 2)
            fanins.append((both | 1, both + 3))
    outputs = rng.integers(0, 2 * (first + len(fanins)), 2)
    return LogicCircuit(wires, 4, Circuit(wires.count, np.array(fanins), outputs))


def shares_of(circuit: LogicCircuit, samples: np.ndarray) -> np.ndarray:
    """Share of the samples in which every node is 1."""
    bits = circuit.wires.encode(samples)
    values = [np.zeros(len(samples), dtype=bool), *bits.T]
    for a, b in circuit.fanins.tolist():
        values.append((values[a >> 1] ^ bool(a & 1)) & (values[b >> 1] ^ bool(b & 1)))
    return np.mean(values, axis=1)


def covered(circuit: LogicCircuit, model):
    """How the graph is covered: kinds by node, polarities that are needed by node (bool (nodes, 2))."""
    fanin0, fanin1 = fanins_by_node(circuit)
    need, kinds = np.zeros(2 * len(fanin0), dtype=np.bool_), np.zeros(len(fanin0), dtype=np.int8)
    outputs = np.array(circuit.outputs)
    area_of(fanin0, fanin1, len(fanin0), circuit.first_and, outputs, len(outputs), need, model.area, kinds)
    return kinds, need.reshape(-1, 2)


def gates_of(circuit: LogicCircuit, model, ones: np.ndarray, *, free_complements: bool):
    """Every gate of the covered graph as (cell, share of the time in which its output is 1)."""
    kinds, need = covered(circuit, model)
    gates = []
    for node in range(circuit.first_and, len(kinds)):
        kind, one = int(kinds[node]) & 7, float(ones[node])
        if not kinds[node]:
            continue
        output = {1: 1 - one, 2: one, 3: one, 4: 1 - one, 5: one, 7: 1 - one}[kind]
        inner = {5: [1 - one / 2, 1 - one / 2], 7: [1.0]}.get(kind, [])
        gates += zip(GATES[kind], [*inner, output], strict=True)
        if kinds[node] & 8:
            gates.append((INV, 1 - output))
    for node in range(1, circuit.first_and):
        if need[node, 1] and (need[node, 0] or not free_complements):
            gates.append((INV, 1 - float(ones[node])))
    return gates, need[1 : circuit.first_and].any(axis=1)


def power_of(cell, high: float) -> float:
    """Mean leakage in mW of a cell whose output is 1 in that share of the time."""
    by_output = [[nw for state, nw in enumerate(cell.leakage_nw) if cell.truth >> state & 1 == o] for o in (0, 1)]
    return (np.mean(by_output[1]) * high + np.mean(by_output[0]) * (1 - high)) * 1e-6


def by_hand(circuit: LogicCircuit, model, objective: Objective, kind: FrontEndKind, ones: np.ndarray) -> float:
    counts = objective.counts_front_end
    free = counts and kind is FrontEndKind.THERMOMETER
    gates, read = gates_of(circuit, model, ones, free_complements=free)
    area = sum(cell.area_um2 for cell, _ in gates) * 1e-8
    power = sum(power_of(cell, high) for cell, high in gates)
    if counts:
        converters = priced_front_end(TECHNOLOGY, kind).cost(circuit.wires, read)
        area, power = area + converters.area_cm2, power + converters.power_mw
    return power + AREA_BESIDE_POWER * area if objective.is_power else area


@pytest.mark.parametrize("kind", FrontEndKind)
@pytest.mark.parametrize("objective", Objective)
def test_the_charge_is_that_of_gates_and_converters(kind, objective):
    wires = WIRES[kind]
    model = cost_model(TECHNOLOGY, objective, wires, priced_front_end(TECHNOLOGY, kind))
    samples = np.random.default_rng(7).integers(0, 8, (50, 3))
    kinds_seen = set()
    for seed in range(150):
        circuit = drawn(seed, wires)
        kinds_seen |= set(covered(circuit, model)[0].tolist())
        half = np.full(circuit.first_and + len(circuit.fanins), 0.5)
        assert charge_of(circuit, model) == pytest.approx(by_hand(circuit, model, objective, kind, half), rel=1e-9)
        ones = shares_of(circuit, samples)
        assert charged(circuit, model, ones) == pytest.approx(by_hand(circuit, model, objective, kind, ones), rel=1e-9)
    assert {kind & 7 for kind in kinds_seen} >= {1, 2, 3, 4, 5, 7} and any(kind & 8 for kind in kinds_seen)


def charged(circuit: LogicCircuit, model, ones: np.ndarray) -> float:
    fanin0, fanin1 = fanins_by_node(circuit)
    nodes, outputs = len(fanin0), np.array(circuit.outputs)
    need, kinds = np.zeros(2 * nodes, dtype=np.bool_), np.zeros(nodes if model.charges_power else 0, dtype=np.int8)
    return charge(fanin0, fanin1, nodes, circuit.first_and, outputs, outputs.size, need, kinds, ones, model)


def test_a_wire_costs_once_whoever_reads_it():
    """Two outputs read two levels of one feature, one of them twice: two comparators, one feature."""
    wires = WIRES[FrontEndKind.THERMOMETER]
    front_end = priced_front_end(TECHNOLOGY, FrontEndKind.THERMOMETER)
    model = cost_model(TECHNOLOGY, Objective.SYSTEM_AREA, wires, front_end)
    circuit = LogicCircuit(wires, 8, Circuit(6, np.zeros((0, 2), int), np.array([2, 2, 4])))
    read = np.array([True, True, False, False, False, False])
    assert charge_of(circuit, model) == pytest.approx(front_end.cost(wires, read).area_cm2)


@pytest.mark.parametrize("objective", Objective)
def test_complements_are_free_at_comparators_alone_and_for_the_system_alone(objective):
    for kind, wires in WIRES.items():
        model = cost_model(TECHNOLOGY, objective, wires, priced_front_end(TECHNOLOGY, kind))
        plain, inverted, both = (
            LogicCircuit(wires, 4, Circuit(wires.count, np.zeros((0, 2), int), np.array(outputs)))
            for outputs in ([2, 0], [3, 0], [2, 3])
        )
        free = objective.counts_front_end and kind is FrontEndKind.THERMOMETER
        assert (charge_of(inverted, model) == charge_of(plain, model)) == free
        assert charge_of(both, model) > charge_of(plain, model)
