"""A random move of a whole network, crossover included, and random networks to start from."""

from __future__ import annotations

import numpy as np
from numba import njit

from bespoke.search.genome import BIAS, CLASSES, FEATURES, HIDDEN, MASK, NEURONS, SHIFT, SIZES, TREE_WIDTH, WIDTH
from bespoke.search.integers import mask_of_low
from bespoke.search.randoms import below, unit
from bespoke.search.variation.moves import (
    BIAS_ROUND,
    CLASS_KILL,
    INPUT_KILL,
    LAYER_COLUMN,
    MASK_ALL,
    MOVES,
    NEURON_KILL,
    QRELU_SHIFT,
    QRELU_SHIFTS,
    QRELU_WIDTH,
    QRELU_WIDTHS,
    TREE_BITS,
    WEIGHT_SHIFTS,
    WEIGHT_SWAP,
)
from bespoke.search.variation.summands import input_width, layer_of, move_bias, move_layer_masks, move_mask, move_weight
from bespoke.search.variation.tree import move_tree, tree_from_order


@njit(cache=True)
def _cross(state, genes, mate, lay, changed):
    """Take a neuron from another network: its summands, bias and unit, and its readers' weights."""
    neuron = below(state, lay[NEURONS])
    layer, fan_in, connection, first = layer_of(lay, neuron)
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
    """Let no neuron of the layer above read a random hidden one."""
    if lay[HIDDEN] == 0:
        return
    neuron = below(state, lay[HIDDEN])
    layer, fan_in, connection, first = layer_of(lay, neuron)
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
        move_weight(state, genes, lay, limits, move, neuron, keep_masks)
    elif move == NEURON_KILL:
        _kill_neuron(state, genes, lay, changed)
    elif move == INPUT_KILL:
        j = below(state, lay[FEATURES])
        for first in range(lay[SIZES + 1]):
            genes[first * lay[FEATURES] + j] = 0
            changed[first] = True
    elif move <= MASK_ALL:
        changed[neuron] = True
        move_mask(state, genes, lay, move, neuron)
    elif move <= LAYER_COLUMN:
        move_layer_masks(state, genes, lay, move, neuron, changed)
    elif move <= BIAS_ROUND:
        changed[neuron] = True
        move_bias(state, genes, lay, limits, move, neuron, ev_sums[ev_side[neuron], neuron])
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
        move_tree(state, genes, lay, limits, move, order)
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
        layer, fan_in, connection, first = layer_of(lay, neuron)
        dense = density if layer == 0 else 0.8
        must = below(state, fan_in)
        for j in range(fan_in):
            width = input_width(genes, lay, layer, first, fan_in, j)
            genes[lay[MASK] + connection + j] = mask_of_low(width)
            if unit(state) < dense or j == must:
                weight = np.int64(1) << below(state, largest)
                genes[connection + j] = weight if below(state, 2) else -weight
                if below(state, 3) == 0:
                    genes[lay[MASK] + connection + j] ^= mask_of_low(below(state, width))
    genes[lay[TREE_WIDTH]] = limits[TREE_BITS] + 1
    classes = lay[CLASSES]
    for node in range(classes):
        order[node] = node
    for node in range(classes - 1, 0, -1):
        other = below(state, node + 1)
        order[node], order[other] = order[other], order[node]
    tree_from_order(genes, lay, order, classes)
