"""Circuits as clauses in a SAT solver.

Literals are pysat's: a variable's number, negative where inverted. Variable 1 is true in every solver here.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Self

from pysat.solvers import Solver

from bespoke.circuit.graph import Circuit

#: Clauses of (place, sign); places are the operands of a function in order, then its output.
Clauses = tuple[tuple[tuple[int, int], ...], ...]

TRUE, FALSE = 1, -1
#: ``output = a AND b``.
CONJUNCTION: Clauses = (((2, -1), (0, 1)), ((2, -1), (1, 1)), ((2, 1), (0, -1), (1, -1)))


def function_clauses(truth: int, operands: int) -> Clauses:
    """Prime implicates of ``output = function(operands)``.

    Parameters
    ----------
    truth : bit s is the function's value in state s, operand i being bit i of s.
    """
    constant_cubes: dict[tuple[int, ...], int] = {}
    for cube in itertools.product((0, 1, 2), repeat=operands):  # 2 leaves the operand open
        values = {
            truth >> sum(bit << place for place, bit in enumerate(state)) & 1
            for state in itertools.product(*(((0, 1) if value == 2 else (value,)) for value in cube))
        }
        if len(values) == 1:
            constant_cubes[cube] = values.pop()
    clauses = []
    for cube, value in constant_cubes.items():
        wider = ((*cube[:place], 2, *cube[place + 1 :]) for place in range(operands) if cube[place] != 2)
        if any(other in constant_cubes for other in wider):
            continue
        literals = [(place, 1 - 2 * bit) for place, bit in enumerate(cube) if bit != 2]
        clauses.append((*literals, (operands, 1 if value else -1)))
    return tuple(clauses)


class Encoder:
    """A solver and the variables given out in it.

    Parameters
    ----------
    solver : pysat's name of one that can stop after a number of conflicts.
    """

    def __init__(self, solver: str):
        self.solver = Solver(name=solver)
        self.solver.add_clause([TRUE])
        self.variables = 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def close(self) -> None:
        """Free the solver's memory."""
        self.solver.delete()

    def fresh(self) -> int:
        """A new variable."""
        self.variables += 1
        return self.variables

    def require(self, literals: Sequence[int]) -> None:
        """Ask for one of the literals to be true."""
        self.solver.add_clause(literals)

    def function(self, clauses: Clauses, operands: Sequence[int]) -> int:
        """Variable of a function's output on literals, as ``function_clauses`` describes it."""
        output = self.fresh()
        names = [*operands, output]
        for clause in clauses:
            self.solver.add_clause([names[place] * sign for place, sign in clause])
        return output

    def circuit(self, circuit: Circuit, inputs: Sequence[int]) -> list[int]:
        """Literals of a graph's outputs, its inputs being these literals."""
        known = [FALSE, *inputs]

        def named(literal: int) -> int:
            return -known[literal >> 1] if literal & 1 else known[literal >> 1]

        for first, second in circuit.fanins.tolist():
            known.append(self.function(CONJUNCTION, (named(first), named(second))))
        return [named(literal) for literal in circuit.outputs.tolist()]

    def difference(self, a: int, b: int) -> int:
        """A literal that implies ``a != b``; false where they are the same literal."""
        if a == b:
            return FALSE
        literal = self.fresh()
        self.solver.add_clause([-literal, a, b])
        self.solver.add_clause([-literal, -a, -b])
        return literal

    def solve(self, assumptions: Sequence[int] = (), *, conflicts: int) -> bool | None:
        """Whether all clauses and assumptions can hold; None where ``conflicts`` do not suffice."""
        self.solver.conf_budget(conflicts)
        return self.solver.solve_limited(assumptions=list(assumptions))
