"""Bits, slices and concatenations as Verilog text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Signal:
    """A wire of ``width`` bits."""

    name: str
    width: int

    def slice(self, low: int, width: int) -> str:
        """``width`` neighbouring bits from bit ``low`` on."""
        if width == self.width:
            return self.name
        if width == 1:
            return f"{self.name}[{low}]"
        return f"{self.name}[{low + width - 1}:{low}]"


@dataclass(frozen=True, slots=True)
class Bit:
    """One bit of a signal, inverted or not; without a signal a constant, 0 or (inverted) 1."""

    signal: Signal | None = None
    index: int = 0
    inverted: bool = False

    def __invert__(self) -> Bit:
        return Bit(self.signal, self.index, not self.inverted)

    @property
    def is_constant(self) -> bool:
        return self.signal is None

    @property
    def verilog(self) -> str:
        if self.signal is None:
            return f"1'b{int(self.inverted)}"
        return "~" * self.inverted + self.signal.slice(self.index, 1)


ZERO = Bit()
ONE = Bit(inverted=True)


def concatenation(bits: Sequence[Bit]) -> str:
    """Verilog of a vector, lowest bit first, as few slices as possible; never context-dependent in width or sign."""
    pieces: list[str] = []
    start = 0
    while start < len(bits):
        end = start + 1
        first = bits[start]
        while end < len(bits) and _continues(bits[end - 1], bits[end]):
            end += 1
        run = bits[start:end]
        if first.is_constant:
            pieces.append(f"{len(run)}'b" + "".join("01"[bit.inverted] for bit in reversed(run)))
        else:
            pieces.append("~" * first.inverted + first.signal.slice(first.index, len(run)))
        start = end
    if len(pieces) == 1:
        return pieces[0] if not pieces[0].startswith("~") else "{" + pieces[0] + "}"
    return "{" + ", ".join(reversed(pieces)) + "}"


def _continues(lower: Bit, upper: Bit) -> bool:
    """Whether ``upper`` extends the slice that ends in ``lower``."""
    if lower.is_constant or upper.is_constant:
        return lower.is_constant and upper.is_constant
    return upper == Bit(lower.signal, lower.index + 1, lower.inverted)


def declaration(width: int) -> str:
    """``wire`` with its range, none for a single bit."""
    return "wire" if width == 1 else f"wire [{width - 1}:0]"


def constant(value: int, width: int) -> str:
    """``value`` modulo ``2**width`` as a sized decimal."""
    return f"{width}'d{value & ((1 << width) - 1)}"
