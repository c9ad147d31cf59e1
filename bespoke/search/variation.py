"""Compiled moves from one network to a neighbour, and random networks to start from.

Every move works on a row of genes, notes the neurons that it touched in ``changed``, and keeps the genes within the
limits. Moves belong to one of the three kinds of unit (multiply, accumulate, activate), so that each kind can be
frozen.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from bespoke.search.aig import bit_length
from bespoke.search.genome import (
    BIAS,
    CLASSES,
    FEATURES,
    HIDDEN,
    INPUT_BITS,
    LAYERS,
    MASK,
    NEURONS,
    SHIFT,
    SIZES,
    TREE_COUNT,
    TREE_FIRST,
    TREE_MASK,
    TREE_ROOT,
    TREE_SECOND,
    TREE_WIDTH,
    WIDTH,
)
from bespoke.search.randoms import below, unit

# Moves. Those up to INPUT_KILL change multiply units, up to BIAS_ROUND accumulate units, the others activate units;
# CROSS needs all three.
WEIGHT_ZERO = 0
WEIGHT_NEW = 1
WEIGHT_SIGN = 2
WEIGHT_SHIFT = 3
WEIGHT_TERM = 4
WEIGHT_SWAP = 5
NEURON_KILL = 6
INPUT_KILL = 7
MASK_BIT = 8
MASK_END = 9
MASK_COLUMN = 10
MASK_ALL = 11
SOURCE_LOW = 12
LAYER_COLUMN = 13
BIAS_STEP = 14
BIAS_CENTRE = 15
BIAS_ROUND = 16
QRELU_SHIFT = 17
QRELU_WIDTH = 18
TREE_BIT = 19
TREE_LOW = 20
TREE_SWAP = 21
TREE_ORDER = 22
CLASS_KILL = 23
CROSS = 24
MOVES = 25

#: How often each move is made, before frozen kinds are taken out.
RATES = np.zeros(MOVES)
RATES[[WEIGHT_ZERO, WEIGHT_NEW, WEIGHT_SIGN, WEIGHT_SHIFT, WEIGHT_TERM, WEIGHT_SWAP]] = 3.0, 5.0, 1.0, 2.0, 1.0, 2.0
RATES[[NEURON_KILL, INPUT_KILL]] = 0.2, 0.2
RATES[[MASK_BIT, MASK_END, MASK_COLUMN, MASK_ALL, SOURCE_LOW, LAYER_COLUMN]] = 4.0, 2.0, 0.6, 1.0, 0.6, 0.3
RATES[[BIAS_STEP, BIAS_CENTRE, BIAS_ROUND]] = 4.0, 2.0, 1.0
RATES[[QRELU_SHIFT, QRELU_WIDTH]] = 1.2, 1.2
RATES[[TREE_BIT, TREE_LOW, TREE_SWAP, TREE_ORDER, CLASS_KILL]] = 0.8, 0.6, 0.4, 0.3, 0.2
RATES[CROSS] = 1.0

# Positions in the array of limits.
WEIGHT_SHIFTS = 0
TERMS = 1
LARGEST_BIAS = 2
QRELU_SHIFTS = 3
QRELU_WIDTHS = 4
TREE_BITS = 5
LIMITS = 6


def move_rates(*, multiply: bool, accumulate: bool, activate: bool, terms: int, hidden: int) -> np.ndarray:
    """Cumulative probabilities of the moves when only some kinds of unit may change."""
    rates = RATES.copy()
    if not multiply:
        rates[WEIGHT_ZERO:MASK_BIT] = 0
    if not accumulate:
        rates[MASK_BIT:QRELU_SHIFT] = 0
    if not activate:
        rates[QRELU_SHIFT:CROSS] = 0
    if not (multiply and accumulate and activate):
        rates[CROSS] = 0
    if terms < 2:
        rates[WEIGHT_TERM] = 0
    if hidden == 0:
        rates[NEURON_KILL] = 0
        rates[[QRELU_SHIFT, QRELU_WIDTH]] = 0
    return np.cumsum(rates) / rates.sum()


@njit(cache=True)
def _layer_of(lay, neuron):
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
def _input_width(genes, lay, layer, first, fan_in, j):
    """Bits of input ``j`` of a layer whose first neuron is ``first``."""
    if layer == 0:
        return lay[INPUT_BITS]
    return genes[lay[WIDTH] + first - fan_in + j]


@njit(cache=True)
def _active(state, genes, lay, connection, fan_in):
    """A random connection of a neuron with a summand that is not zero, or -1."""
    start = below(state, fan_in)
    for step in range(fan_in):
        c = connection + (start + step) % fan_in
        if genes[c] != 0 and genes[lay[MASK] + c] != 0:
            return c
    return np.int64(-1)


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
def _mask_of_low(bits):
    return (np.int64(1) << bits) - 1


@njit(cache=True)
def _clamped(value, limit):
    return max(-limit, min(limit, value))


@njit(cache=True)
def _move_weight(state, genes, lay, limits, move, neuron, keep_masks):
    layer, fan_in, connection, first = _layer_of(lay, neuron)
    if move == WEIGHT_NEW:
        j = below(state, fan_in)
        c = connection + j
        weight = np.int64(1) << below(state, limits[WEIGHT_SHIFTS] + 1)
        genes[c] = weight if below(state, 2) else -weight
        if not keep_masks:
            width = _input_width(genes, lay, layer, first, fan_in, j)
            everything = _mask_of_low(width)
            genes[lay[MASK] + c] = everything
            kind = below(state, 3)
            if kind == 0:  # the highest bits alone are cheap
                genes[lay[MASK] + c] = everything ^ _mask_of_low(below(state, width))
            elif kind == 1:
                genes[lay[MASK] + c] = np.int64(1) << below(state, width)
        return
    c = _active(state, genes, lay, connection, fan_in)
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
                genes[m] = genes[m] & ~_mask_of_low(column - low)


@njit(cache=True)
def _move_layer_masks(state, genes, lay, move, neuron, changed):
    """Coarser signals for all neurons of a layer at once: one input's lowest bit, or the lowest column of every sum."""
    layer, fan_in, connection, first = _layer_of(lay, neuron)
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
def _move_mask(state, genes, lay, move, neuron):
    layer, fan_in, connection, first = _layer_of(lay, neuron)
    if move == MASK_COLUMN:
        _drop_columns(genes, lay, connection, fan_in, 1 + below(state, 4))
        return
    c = connection + below(state, fan_in) if below(state, 4) == 0 else _active(state, genes, lay, connection, fan_in)
    if c < 0:
        return
    width = _input_width(genes, lay, layer, first, fan_in, c - connection)
    m = lay[MASK] + c
    if move == MASK_BIT:
        genes[m] ^= np.int64(1) << below(state, width)
    elif move == MASK_ALL:
        genes[m] = _mask_of_low(width)
    else:
        mask = genes[m] & _mask_of_low(width)
        if mask:
            if below(state, 3):
                genes[m] = mask & (mask - 1)
            else:
                genes[m] = mask ^ (np.int64(1) << (bit_length(mask) - 1))


@njit(cache=True)
def _move_bias(state, genes, lay, limits, move, neuron, sums):
    """``sums`` holds the neuron's current sums over the samples."""
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


@njit(cache=True)
def tree_from_order(genes, lay, order, count):
    """Balanced tree over the first ``count`` classes of ``order``; comparators keep their masks by position."""
    classes = lay[CLASSES]
    full = _mask_of_low(genes[lay[TREE_WIDTH]])
    made = 0
    size = count
    level = order[:count].copy()
    while size > 1:
        above = 0
        for position in range(0, size - 1, 2):
            genes[lay[TREE_FIRST] + made] = level[position]
            genes[lay[TREE_SECOND] + made] = level[position + 1]
            if made >= genes[lay[TREE_COUNT]]:
                genes[lay[TREE_MASK] + made] = full
            level[above] = classes + made
            above += 1
            made += 1
        if size % 2:
            level[above] = level[size - 1]
            above += 1
        size = above
    genes[lay[TREE_ROOT]] = level[0]
    genes[lay[TREE_COUNT]] = made


@njit(cache=True)
def _leaves(genes, lay, order):
    """Classes of the tree in the order of their comparators; returns how many."""
    count = 0
    comparators = genes[lay[TREE_COUNT]]
    if comparators == 0:
        order[0] = genes[lay[TREE_ROOT]]
        return 1
    for index in range(comparators):
        for node in (genes[lay[TREE_FIRST] + index], genes[lay[TREE_SECOND] + index]):
            if node < lay[CLASSES]:
                order[count] = node
                count += 1
    return count


@njit(cache=True)
def _move_tree(state, genes, lay, limits, move, order):
    count = genes[lay[TREE_COUNT]]
    if move in (TREE_ORDER, CLASS_KILL) or count == 0:
        classes = lay[CLASSES]
        kept = _leaves(genes, lay, order)
        if move == TREE_ORDER and kept > 1:
            a = below(state, kept)
            b = below(state, kept)
            order[a], order[b] = order[b], order[a]
        elif kept < classes and (kept == 1 or below(state, 2)):
            missing = below(state, classes - kept)
            for node in range(classes):
                present = False
                for position in range(kept):
                    present |= order[position] == node
                if not present:
                    if missing == 0:
                        order[kept] = node
                        break
                    missing -= 1
            kept += 1
        elif kept > 1:
            gone = below(state, kept)
            for position in range(gone, kept - 1):
                order[position] = order[position + 1]
            kept -= 1
        tree_from_order(genes, lay, order, kept)
        return
    index = below(state, count)
    m = lay[TREE_MASK] + index
    if move == TREE_SWAP:
        f = lay[TREE_FIRST] + index
        s = lay[TREE_SECOND] + index
        genes[f], genes[s] = genes[s], genes[f]
    elif move == TREE_BIT:
        # the sign stays: without it the order of negative sums turns around
        genes[m] ^= np.int64(1) << below(state, limits[TREE_BITS])
    else:
        mask = genes[m]
        sign = np.int64(1) << (genes[lay[TREE_WIDTH]] - 1)
        if below(state, 3) == 0:
            genes[m] = mask | _mask_of_low(below(state, limits[TREE_BITS]))
        elif below(state, 3) == 0:
            low = _mask_of_low(1 + below(state, 6))
            for other in range(count):
                genes[lay[TREE_MASK] + other] &= ~low
        elif (mask & (mask - 1)) & sign:
            genes[m] = mask & (mask - 1)


@njit(cache=True)
def _cross(state, genes, mate, lay, changed):
    """Take a neuron from another network: its summands, bias and unit, and its readers' weights."""
    neuron = below(state, lay[NEURONS])
    layer, fan_in, connection, first = _layer_of(lay, neuron)
    size = lay[SIZES + layer + 1]
    changed[neuron] = True
    m = lay[MASK]
    source = first + below(state, size)
    origin = connection + (source - first - (neuron - first)) * fan_in
    for j in range(fan_in):
        genes[connection + j] = mate[origin + j]
        genes[m + connection + j] = mate[m + origin + j]
    genes[lay[BIAS] + neuron] = mate[lay[BIAS] + source]
    if neuron >= lay[HIDDEN]:
        return
    genes[lay[SHIFT] + neuron] = mate[lay[SHIFT] + source]
    genes[lay[WIDTH] + neuron] = mate[lay[WIDTH] + source]
    above_connection = connection + (first + size - neuron) * fan_in
    for reader in range(lay[SIZES + layer + 2]):
        c = above_connection + reader * size + (neuron - first)
        d = above_connection + reader * size + (source - first)
        genes[c] = mate[d]
        genes[m + c] = mate[m + d]
        changed[first + size + reader] = True


@njit(cache=True)
def _kill_neuron(state, genes, lay, changed):
    if lay[HIDDEN] == 0:
        return
    neuron = below(state, lay[HIDDEN])
    layer, fan_in, connection, first = _layer_of(lay, neuron)
    size = lay[SIZES + layer + 1]
    above_connection = connection + (first + size - neuron) * fan_in
    for reader in range(lay[SIZES + layer + 2]):
        genes[above_connection + reader * size + (neuron - first)] = 0
        changed[first + size + reader] = True


@njit(cache=True)
def mutate(state, genes, mate, lay, limits, rates, changed, ev_sums, ev_side, order, keep_masks):
    """Make one move on ``genes``. ``ev_sums`` and ``ev_side`` are the evaluator's, for moves that look at the data."""
    draw = unit(state)
    move = 0
    while move < MOVES - 1 and draw >= rates[move]:
        move += 1
    # Half of the draws go to a layer first, so that a small output layer is not starved by a wide hidden one.
    if below(state, 2):
        neuron = below(state, lay[NEURONS])
    elif below(state, 2) and lay[HIDDEN] > 0:
        neuron = below(state, lay[HIDDEN])
    else:
        neuron = lay[HIDDEN] + below(state, lay[CLASSES])
    if move <= WEIGHT_SWAP:
        changed[neuron] = True
        _move_weight(state, genes, lay, limits, move, neuron, keep_masks)
    elif move == NEURON_KILL:
        _kill_neuron(state, genes, lay, changed)
    elif move == INPUT_KILL:
        j = below(state, lay[FEATURES])
        for first in range(lay[SIZES + 1]):
            genes[first * lay[FEATURES] + j] = 0
            changed[first] = True
    elif move <= MASK_ALL:
        changed[neuron] = True
        _move_mask(state, genes, lay, move, neuron)
    elif move <= LAYER_COLUMN:
        _move_layer_masks(state, genes, lay, move, neuron, changed)
    elif move <= BIAS_ROUND:
        changed[neuron] = True
        _move_bias(state, genes, lay, limits, move, neuron, ev_sums[ev_side[neuron], neuron])
    elif move <= QRELU_WIDTH:
        if lay[HIDDEN] == 0:
            return
        neuron = below(state, lay[HIDDEN])
        changed[neuron] = True
        g = lay[SHIFT] + neuron if move == QRELU_SHIFT else lay[WIDTH] + neuron
        step = 1 if below(state, 2) else -1
        if move == QRELU_SHIFT:
            genes[g] = max(np.int64(0), min(limits[QRELU_SHIFTS], genes[g] + step))
        else:
            genes[g] = max(np.int64(1), min(limits[QRELU_WIDTHS], genes[g] + step))
    elif move <= CLASS_KILL:
        _move_tree(state, genes, lay, limits, move, order)
    else:
        _cross(state, genes, mate, lay, changed)


@njit(cache=True)
def random_network(state, genes, lay, limits, order):
    """A sparse random network of powers of two, its biases zero; returns nothing, fills ``genes``."""
    genes[:] = 0
    density = 0.05 + 0.6 * unit(state) * unit(state)
    largest = 1 + below(state, limits[WEIGHT_SHIFTS] + 1)
    for neuron in range(lay[HIDDEN]):
        genes[lay[WIDTH] + neuron] = 1 + below(state, min(limits[QRELU_WIDTHS], np.int64(6)))
        genes[lay[SHIFT] + neuron] = below(state, min(limits[QRELU_SHIFTS], np.int64(5)) + 1)
    for neuron in range(lay[NEURONS]):
        layer, fan_in, connection, first = _layer_of(lay, neuron)
        dense = density if layer == 0 else 0.8
        must = below(state, fan_in)
        for j in range(fan_in):
            width = _input_width(genes, lay, layer, first, fan_in, j)
            genes[lay[MASK] + connection + j] = _mask_of_low(width)
            if unit(state) < dense or j == must:
                weight = np.int64(1) << below(state, largest)
                genes[connection + j] = weight if below(state, 2) else -weight
                if below(state, 3) == 0:
                    genes[lay[MASK] + connection + j] ^= _mask_of_low(below(state, width))
    genes[lay[TREE_WIDTH]] = limits[TREE_BITS] + 1
    classes = lay[CLASSES]
    for node in range(classes):
        order[node] = node
    for node in range(classes - 1, 0, -1):
        other = below(state, node + 1)
        order[node], order[other] = order[other], order[node]
    tree_from_order(genes, lay, order, classes)
