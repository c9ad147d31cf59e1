"""Where a graph shows what registers take over, once a design was cut at them."""

from __future__ import annotations

from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")


class RegisterCut(NamedTuple, Generic[T]):
    """What a register reads, in the order in which the outputs of a cut design show it.

    The fields are whatever stands for a signal: positions among the outputs, literals, nets. A register without a reset
    shows constant true, for resets are active low.
    """

    data: T
    clock: T
    reset: T


def cut_outputs(index: int, first: int) -> RegisterCut[int]:
    """Positions of register ``index`` among the outputs of a graph whose registers begin at position ``first``."""
    start = first + len(RegisterCut._fields) * index
    return RegisterCut(start, start + 1, start + 2)
