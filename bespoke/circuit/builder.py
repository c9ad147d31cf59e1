"""Builds graphs gate by gate."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from bespoke.circuit.graph import Circuit


@dataclass
class CircuitBuilder:
    """Builds a structurally hashed graph: constants are folded and no AND exists twice."""

    inputs: int
    fanins: list[tuple[int, int]] = field(default_factory=list)
    _known: dict[tuple[int, int], int] = field(default_factory=dict)

    def input(self, index: int) -> int:
        """Literal of an input."""
        return 2 * (1 + index)

    def conjunction(self, a: int, b: int) -> int:
        """Literal of ``a AND b``."""
        if a > b:
            a, b = b, a
        if a == 0 or a ^ 1 == b:
            return 0
        if a == 1 or a == b:
            return b
        literal = self._known.get((a, b))
        if literal is None:
            literal = 2 * (1 + self.inputs + len(self.fanins))
            self.fanins.append((a, b))
            self._known[a, b] = literal
        return literal

    def disjunction(self, a: int, b: int) -> int:
        """Literal of ``a OR b``."""
        return self.conjunction(a ^ 1, b ^ 1) ^ 1

    def choice(self, select: int, high: int, low: int) -> int:
        """Literal of ``select ? high : low``."""
        if high == low:
            return high
        return self.disjunction(self.conjunction(select, high), self.conjunction(select ^ 1, low))

    def function(self, truth: int, operands: list[int]) -> int:
        """Literal of a truth table: bit s is the value in state s, operand i being bit i of s."""
        states = 1 << len(operands)
        if truth == 0:
            return 0
        if truth == (1 << states) - 1:
            return 1
        half = states >> 1
        low, high = truth & ((1 << half) - 1), truth >> half
        rest = operands[:-1]
        return self.choice(operands[-1], self.function(high, rest), self.function(low, rest))

    def build(self, outputs: list[int]) -> Circuit:
        """The graph with these output literals."""
        return Circuit(
            self.inputs,
            np.array(self.fanins, dtype=np.int32).reshape(-1, 2),
            np.array(outputs, dtype=np.int32),
        )
