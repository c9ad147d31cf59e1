"""Compiled, incremental evaluation of a candidate on the training samples.

The sums and hidden outputs of the current network are kept, a row of samples per neuron, in one of two buffers. A
changed candidate writes only the rows that its changes touch to the other buffer; if it becomes the current network
the touched rows change sides. A sum is updated by the summands that changed, or computed anew where that takes fewer
passes.

Values are int32; the limits of `problem` keep every sum within 31 bits and its sign. Bit-exact with `Network.predict`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from bespoke.search.genome import (
    BIAS,
    CLASSES,
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
    Layout,
)


class Evaluator(NamedTuple):
    """Samples and buffers; see `evaluator`.

    ``features`` is int32 (features, samples), ``classes`` and ``weights`` int32 (samples,), ``sums`` and ``hidden``
    int32 (2, neurons, samples), ``side`` the buffer in which each current row lies, ``touched`` which rows the last
    candidate wrote, ``values`` and ``winners`` the argmax tree's rows.
    """

    features: np.ndarray
    classes: np.ndarray
    weights: np.ndarray
    sums: np.ndarray
    hidden: np.ndarray
    side: np.ndarray
    touched: np.ndarray
    differs: np.ndarray
    values: np.ndarray
    winners: np.ndarray


def evaluator(layout: Layout, features: np.ndarray, classes: np.ndarray, weights: np.ndarray) -> Evaluator:
    """Buffers for samples ``features`` (samples, features), their ``classes`` and integer ``weights`` (samples,)."""
    samples = len(classes)
    neurons = sum(layout.topology[1:])
    number = layout.topology[-1]
    winners = np.zeros((2 * number, samples), dtype=np.int32)
    winners[:number] = np.arange(number, dtype=np.int32)[:, None]
    return Evaluator(
        features=np.ascontiguousarray(np.asarray(features).T, dtype=np.int32),
        classes=np.ascontiguousarray(classes, dtype=np.int32),
        weights=np.ascontiguousarray(weights, dtype=np.int32),
        sums=np.zeros((2, neurons, samples), dtype=np.int32),
        hidden=np.zeros((2, neurons, samples), dtype=np.int32),
        side=np.zeros(neurons, dtype=np.int64),
        touched=np.zeros(neurons, dtype=np.bool_),
        differs=np.zeros(neurons, dtype=np.bool_),
        values=np.zeros((number, samples), dtype=np.int32),
        winners=winners,
    )


@njit(cache=True)
def _fill(sums, value):
    value = np.int32(value)
    for i in range(sums.size):
        sums[i] = value


@njit(cache=True)
def _copy_plus(sums, old, value):
    value = np.int32(value)
    for i in range(sums.size):
        sums[i] = old[i] + value


@njit(cache=True)
def _add(sums, inputs, mask, weight):
    mask = np.int32(mask)
    weight = np.int32(weight)
    for i in range(sums.size):
        sums[i] += (inputs[i] & mask) * weight


@njit(cache=True)
def _exchange(sums, old_inputs, old_mask, old_weight, inputs, mask, weight):
    old_mask = np.int32(old_mask)
    old_weight = np.int32(old_weight)
    mask = np.int32(mask)
    weight = np.int32(weight)
    for i in range(sums.size):
        sums[i] += (inputs[i] & mask) * weight - (old_inputs[i] & old_mask) * old_weight


@njit(cache=True)
def _qrelu(hidden, sums, old, shift, width):
    """Apply the unit; True where any output differs from ``old``."""
    ceiling = np.int32((1 << width) - 1)
    # Clamped before the shift, so that the shifted number is never negative.
    highest = np.int32(min(((np.int64(1) << width) << shift) - 1, np.int64(0x7FFFFFFF)))
    scale = np.uint32(shift)
    different = np.int32(0)
    for i in range(sums.size):
        value = np.uint32(min(max(sums[i], np.int32(0)), highest)) >> scale
        value = min(np.int32(value), ceiling)
        different |= np.int32(value) ^ old[i]
        hidden[i] = value
    return different != 0


@njit(cache=True)
def _duel(first, second, first_class, second_class, mask, values, winners):
    mask = np.int32(mask)
    for i in range(first.size):
        a = first[i]
        b = second[i]
        take = (a & mask) >= (b & mask)
        values[i] = a if take else b
        winners[i] = first_class[i] if take else second_class[i]


@njit(cache=True)
def _final_duel(first, second, first_class, second_class, mask, classes, weights):
    """Weighted number of right answers where the winner is the network's answer."""
    mask = np.int32(mask)
    right = np.int32(0)
    for i in range(first.size):
        winner = first_class[i] if (first[i] & mask) >= (second[i] & mask) else second_class[i]
        right += weights[i] if winner == classes[i] else np.int32(0)
    return np.int64(right)


@njit(cache=True)
def _constant_answer(answer, classes, weights):
    right = np.int64(0)
    for i in range(classes.size):
        if classes[i] == answer:
            right += weights[i]
    return right


@njit(cache=True)
def comparison_mask(mask, width):
    """Mask for numbers of any width: a sign bit in ``mask`` stands for all bits from there on."""
    if (mask >> (width - 1)) & 1:
        return mask | (np.int64(-1) << (width - 1))
    return mask


@njit(cache=True)
def _row(ev, neuron):
    """Buffer in which the candidate's row of a neuron lies."""
    return 1 - ev.side[neuron] if ev.touched[neuron] else ev.side[neuron]


@njit(cache=True)
def count_right(ev, genes, lay):
    """Weighted number of right answers for the sums of the candidate."""
    classes = lay[CLASSES]
    first_output = lay[NEURONS] - classes
    count = genes[lay[TREE_COUNT]]
    if count == 0:
        return _constant_answer(genes[lay[TREE_ROOT]], ev.classes, ev.weights)
    width = genes[lay[TREE_WIDTH]]
    for index in range(count):
        first = genes[lay[TREE_FIRST] + index]
        second = genes[lay[TREE_SECOND] + index]
        if first < classes:
            a = ev.sums[_row(ev, first_output + first), first_output + first]
        else:
            a = ev.values[first - classes]
        if second < classes:
            b = ev.sums[_row(ev, first_output + second), first_output + second]
        else:
            b = ev.values[second - classes]
        mask = comparison_mask(genes[lay[TREE_MASK] + index], width)
        if index == count - 1:
            return _final_duel(a, b, ev.winners[first], ev.winners[second], mask, ev.classes, ev.weights)
        _duel(a, b, ev.winners[first], ev.winners[second], mask, ev.values[index], ev.winners[classes + index])
    return np.int64(0)


@njit(cache=True)
def evaluate(ev, genes, parent, lay, changed, everything):
    """Weighted number of right answers of a candidate.

    ``changed`` names the neurons whose own genes may differ from the ``parent``'s, whose rows the buffers hold; with
    ``everything`` the buffers hold nothing yet. Returns -1 where the answers are the parent's for sure, because no
    output sum and no comparator changed; the caller adds what the tree's genes say.
    """
    layers = lay[LAYERS]
    neurons = lay[NEURONS]
    for neuron in range(neurons):
        ev.touched[neuron] = False
        ev.differs[neuron] = False
    connection = 0
    neuron = 0
    below_first = 0
    outputs_changed = False
    for layer in range(layers):
        fan_in = lay[SIZES + layer]
        size = lay[SIZES + layer + 1]
        for _ in range(size):
            exchanged = 0
            live = 0
            for j in range(fan_in):
                c = connection + j
                m = lay[MASK] + c
                live += genes[c] != 0 and genes[m] != 0
                own = changed[neuron] and (genes[c] != parent[c] or genes[m] != parent[m])
                moved = layer > 0 and ev.differs[below_first + j] and (genes[c] != 0 or parent[c] != 0)
                exchanged += own or moved
            bias = genes[lay[BIAS] + neuron]
            bias_changed = bias != parent[lay[BIAS] + neuron]
            hidden = layer < layers - 1
            unit_changed = hidden and (
                genes[lay[SHIFT] + neuron] != parent[lay[SHIFT] + neuron]
                or genes[lay[WIDTH] + neuron] != parent[lay[WIDTH] + neuron]
            )
            if everything or exchanged > 0 or bias_changed or unit_changed:
                old_side = ev.side[neuron]
                side = 1 - old_side
                sums = ev.sums[side, neuron]
                old = ev.sums[old_side, neuron]
                if everything or 2 * exchanged > live:
                    _fill(sums, bias)
                    for j in range(fan_in):
                        c = connection + j
                        m = lay[MASK] + c
                        if genes[c] != 0 and genes[m] != 0:
                            if layer == 0:
                                _add(sums, ev.features[j], genes[m], genes[c])
                            else:
                                source = below_first + j
                                _add(sums, ev.hidden[_row(ev, source), source], genes[m], genes[c])
                else:
                    _copy_plus(sums, old, bias - parent[lay[BIAS] + neuron])
                    for j in range(fan_in):
                        c = connection + j
                        m = lay[MASK] + c
                        own = genes[c] != parent[c] or genes[m] != parent[m]
                        if layer == 0:
                            if own:
                                x = ev.features[j]
                                _exchange(sums, x, parent[m], parent[c], x, genes[m], genes[c])
                        else:
                            source = below_first + j
                            if own or (ev.differs[source] and (genes[c] != 0 or parent[c] != 0)):
                                before = ev.hidden[ev.side[source], source]
                                after = ev.hidden[_row(ev, source), source]
                                _exchange(sums, before, parent[m], parent[c], after, genes[m], genes[c])
                ev.touched[neuron] = True
                if hidden:
                    different = _qrelu(
                        ev.hidden[side, neuron],
                        sums,
                        ev.hidden[old_side, neuron],
                        genes[lay[SHIFT] + neuron],
                        genes[lay[WIDTH] + neuron],
                    )
                    ev.differs[neuron] = different or everything
                else:
                    outputs_changed = True
            connection += fan_in
            neuron += 1
        below_first = neuron - size
    if not outputs_changed:
        same = True
        for gene in range(lay[TREE_WIDTH], genes.size):
            if genes[gene] != parent[gene]:
                same = False
                break
        if same and not everything:
            return np.int64(-1)
    return count_right(ev, genes, lay)


@njit(cache=True)
def accept(ev):
    """Make the last evaluated candidate the current network."""
    for neuron in range(ev.side.size):
        if ev.touched[neuron]:
            ev.side[neuron] = 1 - ev.side[neuron]
            ev.touched[neuron] = False


def right_answers(layout: Layout, row: np.ndarray, features: np.ndarray, classes: np.ndarray) -> int:
    """Number of samples that a row of genes answers right; the evaluator from scratch, for single networks."""
    ev = evaluator(layout, features, classes, np.ones(len(classes), dtype=np.int32))
    changed = np.ones(sum(layout.topology[1:]), dtype=np.bool_)
    return int(evaluate(ev, row, row, layout.array, changed, True))
