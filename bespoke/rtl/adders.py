"""Sums as full adders, column by column.

Left as ``a + b + c``, a sum's shape is the synthesis tool's choice, and the usual one (a tree of carry-save adders
and a fast final adder) is a choice for speed. Printed circuits have all the time in the world and pay for area: here
every column adds three bits at a time, so that no half adder is spent but the one that a column may end in, and a
constant bit is added first, where it turns an adder into two plain gates. Those that arrive first are added first: the
same adders as in a chain, at a fraction of its delay.

Of few vectors there is not much to choose, so such sums are left as ``a + b``, which people can read;
benchmarks/verilog_forms.py says what that costs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bespoke.rtl.bits import ONE, ZERO, Bit, Signal

#: Vectors of a sum, a constant among them, that is left as one expression.
LONGEST_WORD_SUM = 3


@dataclass(frozen=True)
class Adder:
    """Counts two or three bits into ``output``: bit 0 stays in the column, bit 1, if wanted, goes to the next."""

    output: Signal
    operands: tuple[Bit, ...]
    column: int
    has_carry: bool

    @property
    def verilog(self) -> str:
        """Gates of a full or half adder, ``{carry, sum}``.

        A Verilog function would read better and simulate four times slower in Icarus; ``a + b + c`` would leave the
        adder's shape to Yosys, which ends in more area as soon as a sum is long (benchmarks/verilog_forms.py).
        """
        a, b, *rest = (bit.verilog for bit in self.operands if bit != ONE)
        if ONE in self.operands:
            carry, kept = f"{a} | {b}", f"{a} ~^ {b}"
        elif rest:
            carry, kept = f"{a} & {b} | {rest[0]} & ({a} ^ {b})", f"{a} ^ {b} ^ {rest[0]}"
        else:
            carry, kept = f"{a} & {b}", f"{a} ^ {b}"
        return f"{{1'b0, {kept}}}" if not self.has_carry else f"{{{carry}, {kept}}}"


def add_columns(columns: Sequence[Sequence[Bit]], constant: int, stem: str) -> tuple[list[Adder], list[Bit]]:
    """Adders that sum bits and a constant, modulo two to the number of columns.

    Parameters
    ----------
    columns : per column, lowest first, the bits of that weight.
    constant : added to them, of any sign.
    stem : start of the adders' names.

    Returns
    -------
    the adders in order, and the sum's bits, lowest first.
    """
    adders: list[Adder] = []
    total: list[Bit] = []
    waiting: list[list[tuple[int, Bit]]] = [[(0, bit) for bit in column] for column in columns]  # arrival, bit
    for position, column in enumerate(waiting):
        last = position == len(waiting) - 1
        if constant >> position & 1:
            column.insert(0, (0, ONE))
        while len(column) > 1:
            column.sort(key=lambda entry: entry[0])
            operands, column[:3] = column[:3], []
            kept, carry = _add([bit for _, bit in operands], adders, stem, position, carries=not last)
            arrival = operands[-1][0] + 1
            if kept != ZERO:
                column.append((arrival, kept))
            if carry != ZERO and not last:
                waiting[position + 1].append((arrival, carry))
        total.append(column[0][1] if column else ZERO)
    return adders, total


def _add(operands: list[Bit], adders: list[Adder], stem: str, column: int, *, carries: bool) -> tuple[Bit, Bit]:
    """Sum and carry of up to three bits, through a new adder unless wires will do."""
    for index, bit in enumerate(operands):
        others = operands[:index] + operands[index + 1 :]
        if bit == ZERO and len(others) == 1:
            return others[0], ZERO
        if bit == ONE and len(others) == 1:
            return ~others[0], others[0]
        for place, other in enumerate(others):
            rest = others[:place] + others[place + 1 :]
            if other == bit:
                return (rest[0] if rest else ZERO), bit
            if other == ~bit:
                return (~rest[0] if rest else ONE), (rest[0] if rest else ZERO)
    adder = Adder(Signal(f"{stem}{len(adders)}", 2), tuple(operands), column, carries)
    adders.append(adder)
    return Bit(adder.output, 0), Bit(adder.output, 1) if carries else ZERO
