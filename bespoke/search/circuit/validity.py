"""Outputs that name existing classes only, proven for every input."""

from __future__ import annotations

import itertools

import numpy as np
from pysat.solvers import Solver

from bespoke.circuit import Circuit
from bespoke.model import LogicCircuit
from bespoke.search.circuit.graph import EDIT_FIELDS, TARGET, at_least, builder, compact, conjunction, rebuild
from bespoke.search.pricing import area_of, fanins_by_node

#: Conflicts after which the solver is stopped; the circuit is then mended as if it were found at fault.
CONFLICTS = 20_000


def names_missing_class(circuit: LogicCircuit) -> bool:
    """Whether some input makes the outputs name a class index of ``classes`` or more; True where that is undecided."""
    if circuit.classes == 1 << circuit.output_bits:
        return False

    def signed(literal: int) -> int:
        return -(int(literal >> 1) + 1) if literal & 1 else int(literal >> 1) + 1

    with Solver(name="glucose4") as solver:
        solver.add_clause([-1])  # the constant
        for index, (first, second) in enumerate(circuit.fanins):
            node = circuit.first_and + index + 1
            solver.add_clause([-node, signed(first)])
            solver.add_clause([-node, signed(second)])
            solver.add_clause([node, -signed(first), -signed(second)])
        # the index is at least `classes`: read from the highest bit, it is larger, or equal so far
        for code in range(circuit.classes):
            solver.add_clause([signed(int(output) ^ (code >> bit & 1)) for bit, output in enumerate(circuit.outputs)])
        solver.conf_budget(CONFLICTS)
        return solver.solve_limited() is not False


def with_existing_classes(circuit: LogicCircuit, prices: np.ndarray) -> LogicCircuit:
    """The circuit, mended at its outputs where some input makes them name a class that does not exist.

    Where the index is too large some of its bits are cleared, those for which that costs the least area. Other indices
    stay as they are, so that no correct prediction is lost.
    """
    if not names_missing_class(circuit):
        return circuit
    top = circuit.output_bits - 1
    missing = range(circuit.classes, 1 << circuit.output_bits)
    upper = range(1 << top, circuit.classes)
    best, best_area = circuit, np.inf
    for size in range(1, circuit.output_bits + 1):
        for cleared in itertools.combinations(range(circuit.output_bits), size):
            mask = sum(1 << bit for bit in cleared)
            if any(code & ~mask >= circuit.classes for code in missing):
                continue
            # the highest bit alone may say when to clear, if no existing class with it set has a bit to lose
            simple = all(code & mask == 0 for code in upper)
            for by_top in (True, False) if simple else (False,):
                candidate, area = _cleared(circuit, cleared, by_top, prices)
                if area < best_area:
                    best, best_area = candidate, area
    return best


def _cleared(circuit: LogicCircuit, cleared: tuple[int, ...], by_top: bool, prices: np.ndarray):
    inputs = circuit.first_and
    count = inputs + len(circuit.fanins)
    graph = builder(count + 4 * circuit.output_bits + 4, circuit.output_bits)
    nothing = np.zeros(EDIT_FIELDS, dtype=np.int32)
    nothing[TARGET] = -1
    rebuild(
        graph,
        inputs,
        count,
        *fanins_by_node(circuit),
        circuit.outputs,
        nothing,
    )
    top = circuit.output_bits - 1
    outputs = [int(literal) for literal in graph.outputs]
    when = outputs[top]
    if not by_top:
        bound = circuit.classes - (1 << top)
        beyond = int(at_least(graph, inputs, np.array(outputs[:top], dtype=np.int32), bound))
        when = int(conjunction(graph, inputs, outputs[top], beyond))
    for bit in cleared:
        graph.outputs[bit] = conjunction(graph, inputs, outputs[bit], when ^ 1)
    return _extracted(circuit, graph, prices)


def _extracted(circuit: LogicCircuit, graph, prices: np.ndarray) -> tuple[LogicCircuit, float]:
    inputs = circuit.first_and
    fanin0, fanin1 = np.zeros_like(graph.fanin0), np.zeros_like(graph.fanin1)
    outputs = np.zeros_like(graph.outputs)
    count = compact(graph, inputs, int(graph.state[0]), fanin0, fanin1, outputs)
    need = np.zeros(2 * count, dtype=np.bool_)
    area = area_of(fanin0, fanin1, count, inputs, outputs, outputs.size, need, prices, np.zeros(0, dtype=np.int8))
    fanins = np.stack([fanin0[inputs:count], fanin1[inputs:count]], axis=1)
    return LogicCircuit(circuit.wires, circuit.classes, Circuit(circuit.wires.count, fanins, outputs)), float(area)
