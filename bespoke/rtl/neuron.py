"""A neuron as unsigned additions and a QReLU.

Verilog makes an expression unsigned as soon as one operand is, so nothing here relies on signed arithmetic. A negative
summand ``-(v << k)`` with the kept bits ``m`` of ``v`` equals ``((~v & m) << k) - (m << k)``: inverted wires, and a
constant that joins the bias. What remains is one sum of unsigned vectors and one constant, modulo two to the width that
the sum's range needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bespoke.model import Interval, Neuron, QRelu, signed_digits
from bespoke.rtl.adders import Adder
from bespoke.rtl.bits import ONE, ZERO, Bit, Signal, concatenation, constant


@dataclass(frozen=True)
class Operand:
    """One vector that is added, lowest bit first, and what it stands for."""

    bits: tuple[Bit, ...]
    meaning: str

    @property
    def verilog(self) -> str:
        return concatenation(self.bits)


@dataclass(frozen=True)
class NeuronBlock:
    """What the template writes for one neuron.

    ``sum`` is None where the neuron needs no adder: its result is constant, or nobody reads it.
    """

    title: str
    formula: str
    sum: Signal | None
    low: int
    high: int
    operands: tuple[Operand, ...]
    offset: str
    adders: tuple[Adder, ...]
    total: str
    output: Signal | None
    activation: str
    note: str


def sum_width(interval: Interval) -> int:
    """Bits of a sum: two's complement where it can be negative, unsigned where it cannot."""
    return interval.signed_width if interval.low < 0 else max(1, interval.high.bit_length())


def sum_bit(signal: Signal | None, interval: Interval, position: int) -> Bit:
    """Bit ``position`` of a sum's two's complement, extended as far as one likes."""
    if interval.low == interval.high:
        return ONE if interval.low >> position & 1 else ZERO
    if position < signal.width:
        return Bit(signal, position)
    return Bit(signal, signal.width - 1) if interval.low < 0 else ZERO


def operands_of(neuron: Neuron, inputs: Sequence[tuple[Signal | None, int]], width: int) -> tuple[list[Operand], int]:
    """The vectors that a neuron adds, and the constant that goes with them.

    Parameters
    ----------
    neuron : its summands, one per input.
    inputs : per input its signal and its largest value; the signal may be None where that is 0.
    width : bits of the sum; whatever lies above them falls away.
    """
    operands, offset = [], neuron.bias
    for summand, (signal, ceiling) in zip(neuron.summands, inputs, strict=True):
        mask = summand.mask & ((1 << ceiling.bit_length()) - 1)
        for sign, shift in signed_digits(summand.weight) if mask else ():
            bits = [ZERO] * shift
            for index in range(mask.bit_length()):
                bits.append(Bit(signal, index, sign < 0) if mask >> index & 1 else ZERO)
            if sign < 0:
                offset -= mask << shift
            bits = bits[:width]
            if all(bit.is_constant for bit in bits):
                continue
            partial = (
                signal.name
                if mask == (1 << signal.width) - 1
                else f"({signal.name} & {signal.width}'b{mask:0{signal.width}b})"
            )
            operands.append(Operand(tuple(bits), f"{'+-'[sign < 0]} {1 << shift} * {partial}"))
    return operands, offset


def formula(neuron: Neuron, names: Sequence[str]) -> str:
    """The weighted sum as the comment shows it: the bias, then weight * input [& mask]."""
    parts = [str(neuron.bias)]
    for summand, name in zip(neuron.summands, names, strict=True):
        if not summand.is_zero:
            parts.append(f"{'+-'[summand.weight < 0]} {abs(summand.weight)} * {name}")
    return " ".join(parts)


def qrelu_verilog(unit: QRelu, total: Signal, interval: Interval, width: int) -> str:
    """``min(max(0, sum) >> shift, ceiling)`` with tests only for what the sum's range can reach.

    ``width`` is that of the result; the caller has made sure that the result is not constant.
    """
    top = max(1, interval.high.bit_length())  # bits of the largest sum that is not negative
    kept = concatenation([Bit(total, unit.shift + index) for index in range(width)])
    if interval.high >> unit.shift > unit.ceiling:
        above = concatenation([Bit(total, index) for index in range(unit.shift + unit.width, top)])
        over = above if top - unit.shift - unit.width == 1 else f"|{above}"
        kept = f"{kept} | ({over})" if width == 1 else f"{kept} | {{{width}{{{over}}}}}"
    if interval.low < 0:
        kept = f"{total.slice(total.width - 1, 1)} ? {constant(0, width)} : {kept}"
    return kept
