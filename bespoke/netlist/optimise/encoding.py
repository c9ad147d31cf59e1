"""Gates as clauses in a SAT solver, encoded as they are asked for."""

from __future__ import annotations

import itertools
from collections.abc import Collection

from pysat.solvers import Solver

from bespoke.netlist.optimise.library import Library
from bespoke.netlist.optimise.state import SOURCE, State

_SOLVER = "minisat22"


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


class CellClauses:
    """Arity and clauses of every cell of a library."""

    def __init__(self, library: Library):
        self.arity = library.cell["arity"].tolist()
        self.clauses = [
            cell_clauses(truth, pins) for truth, pins in zip(library.cell["truth"].tolist(), self.arity, strict=True)
        ]


class Encoding:
    """A solver and the variables that nodes have in it. Literal 1 is true.

    Parameters
    ----------
    state : the circuit.
    cells : clauses of its cells.
    window : nodes whose function the solver gets to know; the others are free variables. None means all.
    """

    def __init__(self, state: State, cells: CellClauses, *, window: Collection[int] | None = None):
        self._fanin = state.fanin
        self._cell = state.node["cell"]
        self._cells = cells
        self._window = window
        self.solver = Solver(name=_SOLVER)
        self.solver.add_clause([1])
        self.variables = 1
        self.of_node: dict[int, int] = {0: -1, 1: 1}

    def close(self) -> None:
        """Free the solver's memory."""
        self.solver.delete()

    def fresh(self) -> int:
        """A new variable."""
        self.variables += 1
        return self.variables

    def gate(self, cell: int, pins: list[int]) -> int:
        """Variable of a new gate on literals."""
        output = self.fresh()
        names = [*pins, output]
        for clause in self._cells.clauses[cell]:
            self.solver.add_clause([names[place] * sign for place, sign in clause])
        return output

    def difference(self, a: int, b: int) -> int:
        """A literal that implies ``a != b``; -1 (false) where they are the same literal."""
        if a == b:
            return -1
        literal = self.fresh()
        self.solver.add_clause([-literal, a, b])
        self.solver.add_clause([-literal, -a, -b])
        return literal

    def node(self, node: int) -> int:
        """Literal of a node as the circuit stands; its cone is encoded as far as it is not known yet."""
        known = self.of_node
        if node in known:
            return known[node]
        stack = [node]
        while stack:
            top = stack[-1]
            if top in known:
                stack.pop()
                continue
            kind = int(self._cell[top])
            if kind == SOURCE or (self._window is not None and top not in self._window):
                known[top] = self.fresh()
                continue
            fanins = self._fanin[top, : self._cells.arity[kind]].tolist()
            missing = [fanin for fanin in fanins if fanin not in known]
            if missing:
                stack.extend(missing)
                continue
            known[top] = self.gate(kind, [known[fanin] for fanin in fanins])
        return known[node]

    def solve(self, differences: list[int], *, conflicts: int) -> bool | None:
        """Whether one of the difference literals can be true; None where ``conflicts`` do not suffice."""
        differences = [literal for literal in differences if literal != -1]
        if not differences:
            return False
        if len(differences) == 1:
            assumption = differences[0]
        else:
            assumption = self.fresh()
            self.solver.add_clause([-assumption, *differences])
        self.solver.conf_budget(conflicts)
        answer = self.solver.solve_limited(assumptions=[assumption])
        if answer is False:
            self.solver.add_clause([-assumption])
        return answer
