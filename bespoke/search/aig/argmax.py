"""The argmax tree: comparators that may look at some bits only, and the index of the winner."""

from __future__ import annotations

import numpy as np
from numba import njit

from bespoke.search.aig.graph import and_, mux_, or_
from bespoke.search.genome import CLASSES, TREE_COUNT, TREE_FIRST, TREE_MASK, TREE_ROOT, TREE_SECOND, TREE_WIDTH
from bespoke.search.integers import bit_length


@njit(cache=True)
def ignored_bits(mask, width):
    """How many low bits a mask clears, or -1 where it clears others as well."""
    clear = ((np.int64(1) << width) - 1) & ~mask
    return bit_length(clear) if clear & (clear + 1) == 0 else np.int64(-1)


@njit(cache=True)
def decided(ws, first, second, mask, width):
    """1 or 0 where the operands' ranges alone decide the comparison, else -1."""
    low_bits = ignored_bits(mask, width)
    if low_bits == width:
        return np.int64(1)
    if low_bits >= 0:
        if ws.value_low[first] >> low_bits >= ws.value_high[second] >> low_bits:
            return np.int64(1)
        if ws.value_high[first] >> low_bits < ws.value_low[second] >> low_bits:
            return np.int64(0)
    return np.int64(-1)


@njit(cache=True)
def winner_range(ws, first, second, node, take, mask, width):
    """Range of a comparator's winner."""
    if take == 1:
        second = first
    elif take == 0:
        first = second
    exact = ignored_bits(mask, width) == 0
    lows = ws.value_low[first], ws.value_low[second]
    ws.value_low[node] = max(lows) if exact else min(lows)
    ws.value_high[node] = max(ws.value_high[first], ws.value_high[second])


@njit(cache=True)
def compare(ws, first, second, mask, width):
    """Literal of ``first >= second``, both compared on the bits of ``mask`` as two's complement numbers."""
    known = decided(ws, first, second, mask, width)
    if known >= 0:
        return known
    width_first = ws.value_width[first]
    width_second = ws.value_width[second]
    # From this bit on both operands only repeat their signs.
    repeat = max(width_first, width_second) - 1
    sign_first = ws.values[first, width_first - 1]
    sign_second = ws.values[second, width_second - 1]
    result = np.int64(1)
    for bit in range(min(repeat, width - 1)):
        if (mask >> bit) & 1:
            a = ws.values[first, bit] if bit < width_first else sign_first
            b = (ws.values[second, bit] if bit < width_second else sign_second) ^ 1
            result = or_(ws, and_(ws, a, b), and_(ws, result, or_(ws, a, b)))
    if (mask >> (width - 1)) & 1:
        a, b = sign_first ^ 1, sign_second
    elif repeat < width - 1 and (mask >> repeat) != 0:
        a, b = sign_first, sign_second ^ 1
    else:
        return result
    return or_(ws, and_(ws, a, b), and_(ws, result, or_(ws, a, b)))


@njit(cache=True)
def argmax(ws, genes, lay):
    """Build the tree over ``ws.values``; the class index goes to ``ws.outputs``."""
    classes = lay[CLASSES]
    out_bits = max(1, bit_length(classes - 1))
    width = genes[lay[TREE_WIDTH]]
    for node in range(classes):
        for bit in range(out_bits):
            ws.indices[node, bit] = (node >> bit) & 1
    for index in range(genes[lay[TREE_COUNT]]):
        first = genes[lay[TREE_FIRST] + index]
        second = genes[lay[TREE_SECOND] + index]
        take = compare(ws, first, second, genes[lay[TREE_MASK] + index], width)
        node = classes + index
        winner_range(ws, first, second, node, take, genes[lay[TREE_MASK] + index], width)
        size = max(ws.value_width[first], ws.value_width[second])
        ws.value_width[node] = size
        if node != genes[lay[TREE_ROOT]]:
            for bit in range(size):
                a = ws.values[first, min(bit, ws.value_width[first] - 1)]
                b = ws.values[second, min(bit, ws.value_width[second] - 1)]
                ws.values[node, bit] = mux_(ws, take, a, b)
        for bit in range(out_bits):
            ws.indices[node, bit] = mux_(ws, take, ws.indices[first, bit], ws.indices[second, bit])
    root = genes[lay[TREE_ROOT]]
    for bit in range(out_bits):
        ws.outputs[bit] = ws.indices[root, bit]
