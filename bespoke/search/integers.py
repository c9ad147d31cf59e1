"""Compiled functions of single integers."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True)
def bit_length(value):
    """Bits of a non-negative integer."""
    length = 0
    while value > 0:
        value >>= 1
        length += 1
    return length


@njit(cache=True)
def signed_width(low, high):
    """Bits of a two's complement number in ``low..high``."""
    width = 1
    if high > 0:
        width = max(width, bit_length(high) + 1)
    if low < 0:
        width = max(width, bit_length(-low - 1) + 1)
    return width


@njit(cache=True)
def largest_masked(high, mask):
    """The largest ``x & mask`` over ``0 <= x <= high``; as in the model."""
    best = high & mask
    bit = 0
    while (high >> bit) > 0:
        if (high >> bit) & 1:
            candidate = (((high >> (bit + 1)) << (bit + 1)) | ((np.int64(1) << bit) - 1)) & mask
            best = max(best, candidate)
        bit += 1
    return best


@njit(cache=True)
def terms_of(weight):
    """Number of signed powers of two that a weight takes."""
    magnitude = abs(weight)
    rest = magnitude ^ (3 * magnitude)
    count = 0
    while rest:
        rest &= rest - 1
        count += 1
    return count


@njit(cache=True)
def mask_of_low(bits):
    """Ones in the lowest bits."""
    return (np.int64(1) << bits) - 1
