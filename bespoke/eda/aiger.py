"""And-inverter graphs and their binary AIGER files.

Format: Biere, Heljanko, Wieringa: AIGER 1.9 and beyond, FMV report 11/2, JKU Linz, 2011.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from bespoke.errors import InputError


@dataclass(frozen=True, eq=False)
class Aig:
    """A combinational and-inverter graph.

    Node 0 is constant false, nodes ``1..inputs`` the inputs, every further node the AND of two literals of earlier
    nodes. A literal is ``2 * node``, plus 1 where inverted.

    Parameters
    ----------
    inputs : number of inputs.
    fanins : int32 (ands, 2).
    outputs : int32 (outputs,), literals.
    """

    inputs: int
    fanins: np.ndarray
    outputs: np.ndarray

    @property
    def ands(self) -> int:
        return len(self.fanins)

    def reordered(self, inputs: list[int], outputs: list[int]) -> Aig:
        """The same graph with input ``inputs[i]`` as input i and output ``outputs[i]`` as output i."""
        node = np.arange(1 + self.inputs + self.ands, dtype=np.int32)
        node[1 + np.asarray(inputs, dtype=np.int32)] = 1 + np.arange(self.inputs, dtype=np.int32)

        def renamed(literals: np.ndarray) -> np.ndarray:
            return 2 * node[literals >> 1] + (literals & 1)

        return Aig(self.inputs, renamed(self.fanins), renamed(self.outputs[np.asarray(outputs, dtype=np.intp)]))

    def evaluate(self, bits: np.ndarray) -> np.ndarray:
        """Outputs, bool (samples, outputs), for ``bits``, bool (samples, inputs)."""
        bits = np.asarray(bits, dtype=bool)
        values = np.zeros((1 + self.inputs + self.ands, bits.shape[0]), dtype=bool)
        values[1 : 1 + self.inputs] = bits.T
        first = 1 + self.inputs
        for index, (a, b) in enumerate(self.fanins.tolist()):
            values[first + index] = (values[a >> 1] ^ (a & 1)) & (values[b >> 1] ^ (b & 1))
        return (values[self.outputs >> 1] ^ (self.outputs & 1)[:, None].astype(bool)).T


@dataclass
class AigBuilder:
    """Builds a structurally hashed AIG: constants are folded and no AND exists twice."""

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

    def build(self, outputs: list[int]) -> Aig:
        """The graph with these output literals."""
        return Aig(
            self.inputs,
            np.array(self.fanins, dtype=np.int32).reshape(-1, 2),
            np.array(outputs, dtype=np.int32),
        )


def write_aiger(aig: Aig, path: Path) -> None:
    """Write a binary AIGER file without symbols: inputs and outputs are known by their order."""
    header = f"aig {aig.inputs + aig.ands} {aig.inputs} 0 {len(aig.outputs)} {aig.ands}\n"
    body = bytearray("".join([header, *(f"{literal}\n" for literal in aig.outputs.tolist())]).encode())
    own = 2 * (1 + aig.inputs)
    for a, b in aig.fanins.tolist():
        if a < b:
            a, b = b, a
        for delta in (own - a, a - b):
            while delta > 127:
                body.append(delta & 127 | 128)
                delta >>= 7
            body.append(delta)
        own += 2
    path.write_bytes(body)


def read_aiger(path: Path) -> Aig:
    """Read a combinational binary AIGER file.

    Raises
    ------
    InputError
        if the file is not one, or has latches.
    """
    data = path.read_bytes()
    try:
        end = data.index(b"\n")
        kind, *numbers = data[:end].decode("ascii").split()
        _, inputs, latches, outputs, ands = map(int, numbers[:5])
        if kind != "aig" or latches:
            raise ValueError("not a combinational binary AIGER file")
        position = end + 1
        literals = []
        for _ in range(outputs):
            end = data.index(b"\n", position)
            literals.append(int(data[position:end]))
            position = end + 1
        fanins = np.empty((ands, 2), dtype=np.int32)
        own = 2 * (1 + inputs)
        for index in range(ands):
            for column in range(2):
                delta = shift = 0
                while data[position] & 128:
                    delta |= (data[position] & 127) << shift
                    shift += 7
                    position += 1
                delta |= data[position] << shift
                position += 1
                fanins[index, column] = (own if column == 0 else fanins[index, 0]) - delta
            own += 2
    except (ValueError, IndexError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not a combinational binary AIGER file ({error})") from error
    return Aig(inputs, fanins, np.array(literals, dtype=np.int32))
