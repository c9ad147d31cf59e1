"""Proof that a move keeps every output, by incremental SAT on the part of the circuit that the move can change."""

from __future__ import annotations

import itertools
from enum import Enum

import numpy as np
from pysat.solvers import Solver

from bespoke.netlist.optimise.library import Library
from bespoke.netlist.optimise.state import (
    SINK,
    SOURCE,
    State,
)

#: Solver conflicts spent on one move; beyond, the move counts as not proven.
MOVE_CONFLICTS = 2000
#: A solver is thrown away when it has this many times the variables of a fresh one.
STALE = 6
_SOLVER = "glucose4"


class Verdict(Enum):
    """What became of a proof."""

    PROVEN = "proven"
    REFUTED = "refuted"
    UNDECIDED = "undecided"


def cell_clauses(truth: int, pins: int) -> tuple[tuple[tuple[int, int], ...], ...]:
    """Prime implicates of ``output = cell(pins)``: clauses of (variable, sign), the output being variable ``pins``."""
    constant_cubes: dict[tuple[int, ...], int] = {}
    for cube in itertools.product((0, 1, 2), repeat=pins):  # 2 leaves the pin open
        values = {
            truth >> sum(bit << pin for pin, bit in enumerate(state)) & 1
            for state in itertools.product(*(((0, 1) if value == 2 else (value,)) for value in cube))
        }
        if len(values) == 1:
            constant_cubes[cube] = values.pop()
    clauses = []
    for cube, value in constant_cubes.items():
        wider = ((*cube[:pin], 2, *cube[pin + 1 :]) for pin in range(pins) if cube[pin] != 2)
        if any(other in constant_cubes for other in wider):
            continue
        literals = [(pin, 1 - 2 * bit) for pin, bit in enumerate(cube) if bit != 2]
        clauses.append((*literals, (pins, 1 if value else -1)))
    return tuple(clauses)


class Prover:
    """Keeps a solver that knows the circuit as it stands, and proves moves against it.

    Parameters
    ----------
    state, library : the circuit under work.
    conflicts : solver conflicts spent on a move at most.
    """

    def __init__(self, state: State, library: Library, *, conflicts: int = MOVE_CONFLICTS):
        self._state = state
        self._conflicts = conflicts
        self._sources = np.flatnonzero(state.node["cell"] == SOURCE)[2:]
        self._arity = library.cell["arity"].tolist()
        self._clauses = [
            cell_clauses(int(truth), int(pins))
            for truth, pins in zip(library.cell["truth"], library.cell["arity"], strict=True)
        ]
        self._solver: Solver | None = None
        self._pending: dict[int, int] = {}
        self._pending_plan: list[int] = []
        self.reset()

    def reset(self) -> None:
        """Forget everything about the circuit."""
        self.close()
        self._solver = Solver(name=_SOLVER)
        self._variables = 1
        self._of_node = np.zeros(len(self._state.node), dtype=np.int64)
        self._solver.add_clause([1])
        self._of_node[0], self._of_node[1] = -1, 1

    def close(self) -> None:
        """Free the solver's memory."""
        if self._solver is not None:
            self._solver.delete()
            self._solver = None

    def check(self) -> tuple[Verdict, np.ndarray | None]:
        """Whether the move in hand (``try_plan`` has run) keeps all outputs for every input.

        Nodes whose value changes on some pattern get a second copy; those that read them and do not change on any
        pattern must be equal to what they were, which the solver decides. A model of the contrary is returned as the
        sources' values, bool (sources,): either an output does change, or the caller's patterns learn a further node
        that changes, and the next check goes that much deeper.
        """
        state = self._state
        if self._variables > STALE * (1000 + len(state.node)):
            self.reset()
        nodes, width = state.fanin.shape
        words = int(state.now[0]["words"])
        target, target_edge = int(state.now[0]["target"]), int(state.now[0]["target_edge"])
        self._pending, plan = {}, []
        for gate in range(int(state.now[0]["plan_size"])):
            cell, *fanins = state.plan[gate].tolist()
            plan.append(self._gate(cell, [self._variable(net, plan) for net in fanins[: self._arity[cell]]]))
        self._pending_plan = plan
        source = int(state.now[0]["plan_source"])
        new = self._variable(source, plan)
        differences = []
        source_row = source if source >= 0 else 2 * nodes - 1 - source
        if state.now[0]["bounded"] or np.array_equal(state.rows[source_row, :words], state.rows[target, :words]):
            differences.append(self._difference(new, self._variable(target, plan)))
        else:
            stamp = int(state.now[0]["changed"])
            for node in state.slot["order"][: state.now[0]["order_count"]].tolist():
                if state.node[node]["evaluated"] != stamp:
                    continue
                kind = int(state.node[node]["cell"])
                pins = []
                for pin in range(1 if kind == SINK else self._arity[kind]):
                    net = int(state.fanin[node, pin])
                    if net == target and target_edge in (-1, node * width + pin):
                        pins.append(new)
                    else:
                        pins.append(self._pending.get(net) or self._variable(net, plan))
                if kind == SINK:
                    differences.append(self._difference(pins[0], self._variable(int(state.fanin[node, 0]), plan)))
                elif state.node[node]["changed"] == stamp:
                    self._pending[node] = self._gate(kind, pins)
                else:
                    differences.append(self._difference(self._gate(kind, pins), self._variable(node, plan)))
        return self._solve([literal for literal in differences if literal != -1])

    def made(self, new_nodes: list[int], freed: np.ndarray) -> None:
        """The move in hand was made: its gates are the nodes ``new_nodes``; ``freed`` (bool) nodes are gone."""
        for node, variable in self._pending.items():
            self._of_node[node] = variable
        self._of_node[freed] = 0
        for node, variable in zip(new_nodes, self._pending_plan, strict=True):
            self._of_node[node] = variable

    def _solve(self, differences: list[int]) -> tuple[Verdict, np.ndarray | None]:
        if not differences:
            return Verdict.PROVEN, None
        solver = self._solver
        if len(differences) == 1:
            assumption = differences[0]
        else:
            assumption = self._fresh()
            solver.add_clause([-assumption, *differences])
        solver.conf_budget(self._conflicts)
        answer = solver.solve_limited(assumptions=[assumption])
        if answer is None:
            return Verdict.UNDECIDED, None
        if not answer:
            solver.add_clause([-assumption])
            return Verdict.PROVEN, None
        model = solver.get_model()
        variables = self._of_node[self._sources]
        values = np.zeros(len(variables), dtype=bool)
        for index, variable in enumerate(variables.tolist()):
            values[index] = variable > 0 and variable <= len(model) and model[variable - 1] > 0
        return Verdict.REFUTED, values

    def _fresh(self) -> int:
        self._variables += 1
        return self._variables

    def _gate(self, cell: int, pins: list[int]) -> int:
        output = self._fresh()
        names = [*pins, output]
        for clause in self._clauses[cell]:
            self._solver.add_clause([names[place] * sign for place, sign in clause])
        return output

    def _difference(self, a: int, b: int) -> int:
        """A literal that implies ``a != b``; -1 (the false literal) where they are the same."""
        if a == b:
            return -1
        literal = self._fresh()
        self._solver.add_clause([-literal, a, b])
        self._solver.add_clause([-literal, -a, -b])
        return literal

    def _variable(self, net: int, plan: list[int]) -> int:
        """Literal of a net as it stands, or of the plan's gate ``-1 - net``; encodes what is not yet known."""
        if net < 0:
            return plan[-1 - net]
        known = self._of_node
        if known[net]:
            return int(known[net])
        state = self._state
        stack = [net]
        while stack:
            node = stack[-1]
            if known[node]:
                stack.pop()
                continue
            kind = int(state.node[node]["cell"])
            if kind == SOURCE:
                known[node] = self._fresh()
                continue
            fanins = state.fanin[node, : self._arity[kind]].tolist()
            missing = [fanin for fanin in fanins if not known[fanin]]
            if missing:
                stack.extend(missing)
                continue
            known[node] = self._gate(kind, [int(known[fanin]) for fanin in fanins])
        return int(known[net])
