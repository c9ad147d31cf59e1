"""Integers as sums of signed powers of two."""

from __future__ import annotations


def signed_digits(value: int) -> tuple[tuple[int, int], ...]:
    """Canonical signed-digit form of an integer: the fewest signed powers of two that add up to it.

    Parameters
    ----------
    value : any integer.

    Returns
    -------
    tuple of ``(sign, shift)`` with rising shifts; no two shifts are neighbours (non-adjacent form, Reitwiesner 1960).

    >>> signed_digits(7)
    ((-1, 0), (1, 3))
    """
    digits = []
    shift = 0
    while value:
        if value & 1:
            sign = 2 - (value & 3)  # 1 where the low bits are 01, -1 where they are 11
            digits.append((sign, shift))
            value -= sign
        value >>= 1
        shift += 1
    return tuple(digits)


def nearest_power_of_two(value: float) -> int:
    """The signed power of two, or zero, nearest to ``value`` on a linear scale; ties go to the larger magnitude."""
    magnitude = abs(value)
    if magnitude < 0.5:
        return 0
    shift = 0
    while magnitude >= 1.5 * (1 << shift):
        shift += 1
    return (1 << shift) if value > 0 else -(1 << shift)


def signed_width(low: int, high: int) -> int:
    """Bits of the narrowest two's complement signal that holds every integer from ``low`` to ``high``."""
    need = 1
    if high > 0:
        need = max(need, high.bit_length() + 1)
    if low < 0:
        need = max(need, (-low - 1).bit_length() + 1)
    return need


def largest_masked(high: int, mask: int) -> int:
    """The largest ``x & mask`` over all ``0 <= x <= high``."""
    best = high & mask
    for bit in range(high.bit_length()):
        if high >> bit & 1:  # the largest x below high that differs first at this bit
            best = max(best, ((high >> bit + 1 << bit + 1) | ((1 << bit) - 1)) & mask)
    return best
