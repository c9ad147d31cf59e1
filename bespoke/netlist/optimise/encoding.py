"""Gates as clauses in a SAT solver, encoded as they are asked for."""

from __future__ import annotations

from collections.abc import Collection

from bespoke.circuit.sat import FALSE, TRUE, Encoder, function_clauses
from bespoke.netlist.optimise.library import Library
from bespoke.netlist.optimise.state import SOURCE, State

_SOLVER = "minisat22"


class CellClauses:
    """Arity and clauses of every cell of a library."""

    def __init__(self, library: Library):
        self.arity = library.cell["arity"].tolist()
        self.clauses = [
            function_clauses(truth, pins)
            for truth, pins in zip(library.cell["truth"].tolist(), self.arity, strict=True)
        ]


class Encoding(Encoder):
    """A solver and the variables that nodes of the circuit under work have in it.

    Parameters
    ----------
    state : the circuit.
    cells : clauses of its cells.
    window : nodes whose function the solver gets to know; the others are free variables. None means all.
    """

    def __init__(self, state: State, cells: CellClauses, *, window: Collection[int] | None = None):
        super().__init__(_SOLVER)
        self._fanin = state.fanin
        self._cell = state.node["cell"]
        self._cells = cells
        self._window = window
        self.of_node: dict[int, int] = {0: FALSE, 1: TRUE}

    def gate(self, cell: int, pins: list[int]) -> int:
        """Variable of a new gate on literals."""
        return self.function(self._cells.clauses[cell], pins)

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

    def can_differ(self, differences: list[int], *, conflicts: int) -> bool | None:
        """Whether one of the difference literals can be true; None where ``conflicts`` do not suffice."""
        differences = [literal for literal in differences if literal != FALSE]
        if not differences:
            return False
        if len(differences) == 1:
            assumption = differences[0]
        else:
            assumption = self.fresh()
            self.require([-assumption, *differences])
        answer = self.solve([assumption], conflicts=conflicts)
        if answer is False:
            self.require([-assumption])
        return answer
