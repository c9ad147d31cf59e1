"""A neuron's sum as full adders, or as the carry chain of a threshold.

A masked summand bit with a positive digit enters its column as it is. A negative digit is folded:
``-b * 2**p = (1 - b) * 2**p - 2**p``, so the inverted bit enters the column and the constant goes to the bias. What
is left is a sum of non-negative bits and one constant; adding ``2**(width-1)`` makes the total non-negative too, so
that it never wraps: in its top column at most one bit can be set, where an OR does for an XOR. Columns are compressed
from the lowest upwards with full adders of seven ANDs (nine NAND2 when mapped), the constant joining a column last,
where it is often free.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from bespoke.search.aig.graph import and_, or_, xor_
from bespoke.search.genome import MASK
from bespoke.search.integers import bit_length, signed_width

# Builder choices, bits of the ``style`` argument; `circuit_of` tries them all, the search uses one.
STYLE_STACK = 1
STYLE_THRESHOLD = 2
STYLES = 4


@njit(cache=True)
def gather(ws, genes, lay, first_connection, fan_in, bias, negate):
    """Put a neuron's bits in the columns and return the constant beside them.

    With ``negate`` it is ``-1 - sum``, the sum's complement, that the columns and the constant add up to.
    """
    ws.counts[:] = 0
    constant = -1 - bias if negate else bias
    for j in range(fan_in):
        weight = genes[first_connection + j]
        if weight == 0:
            continue
        if negate:
            weight = -weight
        mask = genes[lay[MASK] + first_connection + j]
        for bit in range(ws.signal_width[j]):
            if not (mask >> bit) & 1:
                continue
            literal = ws.signals[j, bit]
            if literal == 0:
                continue
            if literal == 1:
                constant += weight << bit
                continue
            rest = weight
            column = bit
            while rest != 0:  # canonical signed digits
                if rest & 1:
                    digit = 2 - (rest & 3)
                    rest -= digit
                    count = ws.counts[column]
                    if digit > 0:
                        ws.columns[column, count] = literal
                    else:
                        ws.columns[column, count] = literal ^ 1
                        constant -= np.int64(1) << column
                    ws.counts[column] = count + 1
                rest >>= 1
                column += 1
    return constant


@njit(cache=True)
def compress(ws, constant, width, style):
    """Add the columns and a non-negative constant whose total stays below ``2**width``; the bits go to ``ws.bits``."""
    for column in range(width):
        head = 0
        tail = ws.counts[column]
        one = (constant >> column) & 1
        if column == width - 1:
            total = np.int64(one)
            for item in range(head, tail):
                total = or_(ws, total, ws.columns[column, item])
            ws.bits[column] = total
            return
        while tail - head > 1:
            if style & STYLE_STACK:
                tail -= 1
                a = ws.columns[column, tail]
                tail -= 1
                b = ws.columns[column, tail]
            else:
                a = ws.columns[column, head]
                b = ws.columns[column, head + 1]
                head += 2
            if tail - head > 0:
                if style & STYLE_STACK:
                    tail -= 1
                    c = ws.columns[column, tail]
                else:
                    c = ws.columns[column, head]
                    head += 1
            else:
                c = np.int64(one)
                one = 0
            half = xor_(ws, a, b)
            carry = or_(ws, and_(ws, a, b), and_(ws, half, c))
            total = xor_(ws, half, c)
            if carry == 1:
                # A constant carry only comes of complementary bits; it joins the constant of the columns to come.
                constant += np.int64(1) << (column + 1)
            elif carry != 0:
                ws.columns[column + 1, ws.counts[column + 1]] = carry
                ws.counts[column + 1] += 1
            ws.columns[column, tail] = total
            tail += 1
        last = ws.columns[column, head] if tail > head else np.int64(0)
        if one:
            if last == 1:
                constant += np.int64(1) << (column + 1)
            elif last != 0:
                ws.columns[column + 1, ws.counts[column + 1]] = last
                ws.counts[column + 1] += 1
            last = last ^ 1
        ws.bits[column] = last


@njit(cache=True)
def threshold(ws, constant, width):
    """Literal of ``columns + constant >= 0``: a carry chain, without the sum's own bits."""
    if constant >= 0:
        return np.int64(1)
    lowest = 0
    while lowest < width and ws.counts[lowest] == 0:
        lowest += 1
    need = -constant
    if lowest == width:
        return np.int64(0)
    need = ((need - 1) >> lowest) + 1  # the bits add up to multiples of 2**lowest
    size = bit_length(need - 1)
    rest = (np.int64(1) << size) - need
    reached = np.int64(0)
    for column in range(lowest, width):
        for item in range(ws.counts[column]):
            if column - lowest >= size:
                reached = or_(ws, reached, ws.columns[column, item])
    # carries out of the columns below `size`
    for position in range(size):
        column = position + lowest
        tail = ws.counts[column] if column < width else 0
        head = 0
        one = (rest >> position) & 1
        while tail - head > 1 or (tail - head == 1 and one):
            a = ws.columns[column, head]
            head += 1
            if tail - head > 0:
                b = ws.columns[column, head]
                head += 1
            else:
                b = np.int64(one)
                one = 0
            if tail - head > 0:
                c = ws.columns[column, head]
                head += 1
            else:
                c = np.int64(one)
                one = 0
            half = xor_(ws, a, b)
            carry = or_(ws, and_(ws, a, b), and_(ws, half, c))
            if tail - head > 0 or one:
                ws.columns[column, tail] = xor_(ws, half, c)
                tail += 1
            if carry == 0:
                continue
            if position + 1 == size:
                reached = or_(ws, reached, carry)
            else:
                ws.columns[column + 1, ws.counts[column + 1]] = carry
                ws.counts[column + 1] += 1
    return reached


@njit(cache=True)
def total_width(low, high, constant):
    """Width of the offset sum, so that the constant beside the columns is not negative either."""
    width = signed_width(low, high)
    while constant + (np.int64(1) << (width - 1)) < 0:
        width += 1
    return width
