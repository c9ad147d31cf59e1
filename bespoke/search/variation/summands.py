"""Moves of what a neuron sums: weights, bit masks, bias."""

from __future__ import annotations

import numpy as np
from numba import njit

from bespoke.search.genome import BIAS, INPUT_BITS, LAYERS, MASK, SIZES, WIDTH
from bespoke.search.integers import bit_length, mask_of_low, terms_of
from bespoke.search.randoms import below
from bespoke.search.variation.moves import (
    BIAS_CENTRE,
    BIAS_STEP,
    LARGEST_BIAS,
    MASK_ALL,
    MASK_BIT,
    MASK_COLUMN,
    SOURCE_LOW,
    TERMS,
    WEIGHT_NEW,
    WEIGHT_SHIFT,
    WEIGHT_SHIFTS,
    WEIGHT_SIGN,
    WEIGHT_SWAP,
    WEIGHT_TERM,
    WEIGHT_ZERO,
)


@njit(cache=True)
def layer_of(lay, neuron):
    """Layer of a neuron, its fan-in, its first connection and the first neuron of its layer."""
    connection = np.int64(0)
    first = np.int64(0)
    for layer in range(lay[LAYERS]):
        fan_in = lay[SIZES + layer]
        size = lay[SIZES + layer + 1]
        if neuron < first + size:
            return np.int64(layer), fan_in, connection + (neuron - first) * fan_in, first
        connection += fan_in * size
        first += size
    return np.int64(0), np.int64(0), np.int64(0), np.int64(0)


@njit(cache=True)
def input_width(genes, lay, layer, first, fan_in, j):
    """Bits of input ``j`` of a layer whose first neuron is ``first``."""
    if layer == 0:
        return lay[INPUT_BITS]
    return genes[lay[WIDTH] + first - fan_in + j]


@njit(cache=True)
def active_connection(state, genes, lay, connection, fan_in):
    """A random connection of a neuron with a summand that is not zero, or -1."""
    start = below(state, fan_in)
    for step in range(fan_in):
        c = connection + (start + step) % fan_in
        if genes[c] != 0 and genes[lay[MASK] + c] != 0:
            return c
    return np.int64(-1)


@njit(cache=True)
def _clamped(value, limit):
    return max(-limit, min(limit, value))


@njit(cache=True)
def move_weight(state, genes, lay, limits, move, neuron, keep_masks):
    """Change a weight of a neuron; a new one comes with a mask of its own unless ``keep_masks``."""
    layer, fan_in, connection, first = layer_of(lay, neuron)
    if move == WEIGHT_NEW:
        j = below(state, fan_in)
        c = connection + j
        weight = np.int64(1) << below(state, limits[WEIGHT_SHIFTS] + 1)
        genes[c] = weight if below(state, 2) else -weight
        if not keep_masks:
            width = input_width(genes, lay, layer, first, fan_in, j)
            everything = mask_of_low(width)
            genes[lay[MASK] + c] = everything
            kind = below(state, 3)
            if kind == 0:  # the highest bits alone are cheap
                genes[lay[MASK] + c] = everything ^ mask_of_low(below(state, width))
            elif kind == 1:
                genes[lay[MASK] + c] = np.int64(1) << below(state, width)
        return
    c = active_connection(state, genes, lay, connection, fan_in)
    if c < 0:
        return
    if move == WEIGHT_ZERO:
        genes[c] = 0
    elif move == WEIGHT_SIGN:
        genes[c] = -genes[c]
    elif move == WEIGHT_SHIFT:
        if below(state, 2):
            if abs(genes[c]) < np.int64(1) << limits[WEIGHT_SHIFTS]:
                genes[c] *= 2
        elif genes[c] % 2 == 0:
            genes[c] //= 2
    elif move == WEIGHT_TERM:
        step = np.int64(1) << below(state, limits[WEIGHT_SHIFTS] + 1)
        weight = genes[c] + (step if below(state, 2) else -step)
        if terms_of(weight) <= limits[TERMS] and abs(weight) < np.int64(2) << limits[WEIGHT_SHIFTS]:
            genes[c] = weight
    elif move == WEIGHT_SWAP:
        other = connection + below(state, fan_in)
        genes[c], genes[other] = genes[other], genes[c]
        if layer == 0 and not keep_masks:
            m = lay[MASK]
            genes[m + c], genes[m + other] = genes[m + other], genes[m + c]


@njit(cache=True)
def _drop_columns(genes, lay, connection, fan_in, column):
    """Clear a neuron's mask bits whose lowest digit lies below a column."""
    for j in range(fan_in):
        weight = abs(genes[connection + j])
        if weight:
            low = bit_length(weight & -weight) - 1
            if column > low:
                m = lay[MASK] + connection + j
                genes[m] = genes[m] & ~mask_of_low(column - low)


@njit(cache=True)
def move_layer_masks(state, genes, lay, move, neuron, changed):
    """Coarser signals for all neurons of a layer at once: one input's lowest bit, or the lowest column of every sum."""
    layer, fan_in, connection, first = layer_of(lay, neuron)
    size = lay[SIZES + layer + 1]
    start = connection - (neuron - first) * fan_in
    if move == SOURCE_LOW:
        j = below(state, fan_in)
        used = np.int64(0)
        for reader in range(size):
            c = start + reader * fan_in + j
            if genes[c] != 0:
                used |= genes[lay[MASK] + c]
        lowest = used & -used
        for reader in range(size):
            genes[lay[MASK] + start + reader * fan_in + j] &= ~lowest
            changed[first + reader] = True
        return
    lowest_column = np.int64(62)
    for c in range(start, start + size * fan_in):
        weight = abs(genes[c])
        mask = genes[lay[MASK] + c]
        if weight != 0 and mask != 0:
            lowest_column = min(lowest_column, bit_length(weight & -weight) + bit_length(mask & -mask) - 2)
    for reader in range(size):
        _drop_columns(genes, lay, start + reader * fan_in, fan_in, lowest_column + 1)
        changed[first + reader] = True


@njit(cache=True)
def move_mask(state, genes, lay, move, neuron):
    """Change one mask of a neuron, or clear the lowest columns of its sum."""
    layer, fan_in, connection, first = layer_of(lay, neuron)
    if move == MASK_COLUMN:
        _drop_columns(genes, lay, connection, fan_in, 1 + below(state, 4))
        return
    c = (
        connection + below(state, fan_in)
        if below(state, 4) == 0
        else active_connection(state, genes, lay, connection, fan_in)
    )
    if c < 0:
        return
    width = input_width(genes, lay, layer, first, fan_in, c - connection)
    m = lay[MASK] + c
    if move == MASK_BIT:
        genes[m] ^= np.int64(1) << below(state, width)
    elif move == MASK_ALL:
        genes[m] = mask_of_low(width)
    else:
        mask = genes[m] & mask_of_low(width)
        if mask:
            if below(state, 3):
                genes[m] = mask & (mask - 1)
            else:
                genes[m] = mask ^ (np.int64(1) << (bit_length(mask) - 1))


@njit(cache=True)
def move_bias(state, genes, lay, limits, move, neuron, sums):
    """Change a neuron's bias; ``sums`` holds its current sums over the samples."""
    b = lay[BIAS] + neuron
    if move == BIAS_STEP:
        step = np.int64(1) << below(state, bit_length(abs(genes[b])) + 2)
        genes[b] += step if below(state, 2) else -step
    elif move == BIAS_CENTRE:
        genes[b] -= np.int64(sums[below(state, sums.size)])
    else:
        size = bit_length(abs(genes[b]))
        if size:
            cut = 1 + below(state, size)
            genes[b] = (genes[b] >> cut) << cut
    genes[b] = _clamped(genes[b], limits[LARGEST_BIAS])
