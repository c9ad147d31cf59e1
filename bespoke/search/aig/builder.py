"""A network's circuit from its row of genes, neuron by neuron, then the argmax tree."""

from __future__ import annotations

import numpy as np
from numba import njit

from bespoke.search.aig.argmax import argmax
from bespoke.search.aig.graph import COLUMNS, FIRST_AND, NODES, STAMP, and_, or_
from bespoke.search.aig.sums import STYLE_THRESHOLD, compress, gather, threshold, total_width
from bespoke.search.genome import BIAS, FEATURES, INPUT_BITS, LAYERS, MASK, SHIFT, SIZES, WIDTH, Layout
from bespoke.search.integers import bit_length, largest_masked


def bounds(layout: Layout, row: np.ndarray) -> tuple[int, int]:
    """Nodes and column depth that surely suffice for a row of genes: ``(capacity, deepest)``."""
    at = layout.array
    capacity = 1 + layout.topology[0] * layout.input_bits
    widths = [layout.input_bits] * layout.topology[0]
    connection = neuron = deepest = 0
    for index in range(int(at[LAYERS])):
        fan_in = layout.topology[index]
        for _ in range(layout.topology[index + 1]):
            digits = 0
            for j in range(fan_in):
                weight = abs(int(row[connection + j]))
                mask = int(row[at[MASK] + connection + j]) & ((1 << widths[j]) - 1)
                digits += mask.bit_count() * (weight ^ 3 * weight).bit_count()  # non-zero digits of the weight
            deepest = max(deepest, digits)
            capacity += 7 * digits + 10 * COLUMNS
            connection += fan_in
            neuron += 1
        if index < int(at[LAYERS]) - 1:
            first = neuron - layout.topology[index + 1]
            widths = [min(62, int(row[at[WIDTH] + n])) for n in range(first, neuron)]
    capacity += layout.topology[-1] * 8 * COLUMNS
    return capacity, 2 * deepest + 8


@njit(cache=True)
def hidden_neuron(ws, genes, lay, first_connection, fan_in, neuron, position, low, high, style):
    """Build one hidden neuron's QReLU output into the next layer's signal ``position``."""
    shift = genes[lay[SHIFT] + neuron]
    ceiling_bits = genes[lay[WIDTH] + neuron]
    if ceiling_bits > 62:
        ceiling_bits = 62
    ceiling = (np.int64(1) << ceiling_bits) - 1
    top = high >> shift if high > 0 and shift < 63 else np.int64(0)
    top = min(top, ceiling)
    ws.next_high[position] = top
    size = bit_length(top)
    ws.next_width[position] = size
    if size == 0:
        return
    bias = genes[lay[BIAS] + neuron]
    if size == 1 and style & STYLE_THRESHOLD:
        constant = gather(ws, genes, lay, first_connection, fan_in, bias - (np.int64(1) << shift), False)
        ws.next_signals[position, 0] = threshold(ws, constant, COLUMNS)
        return
    constant = gather(ws, genes, lay, first_connection, fan_in, bias, False)
    if low >= 0 and constant >= 0:
        width = bit_length(high)
        compress(ws, constant, width, style)
        positive = np.int64(1)
        above = width
    else:
        width = total_width(low, high, constant)
        compress(ws, constant + (np.int64(1) << (width - 1)), width, style)
        positive = ws.bits[width - 1]
        above = width - 1
    over = np.int64(0)
    if (high >> shift) > ceiling:
        for bit in range(shift + ceiling_bits, above):
            over = or_(ws, over, ws.bits[bit])
    for bit in range(size):
        literal = ws.bits[shift + bit] if shift + bit < above else np.int64(0)
        ws.next_signals[position, bit] = and_(ws, positive, or_(ws, literal, over))


@njit(cache=True)
def output_neuron(ws, genes, lay, first_connection, fan_in, neuron, position, low, high, style):
    """Build one output sum as a two's complement value of ``ws.value_width[position]`` bits."""
    constant = gather(ws, genes, lay, first_connection, fan_in, genes[lay[BIAS] + neuron], False)
    if low >= 0 and constant >= 0:
        width = bit_length(high)
        compress(ws, constant, width, style)
        ws.values[position, :width] = ws.bits[:width]
        ws.values[position, width] = 0
        ws.value_width[position] = width + 1
        return
    width = total_width(low, high, constant)
    compress(ws, constant + (np.int64(1) << (width - 1)), width, style)
    ws.values[position, :width] = ws.bits[:width]
    ws.values[position, width - 1] ^= 1
    ws.value_width[position] = width


@njit(cache=True)
def decode(ws, genes, lay):
    """Make the bits that the first layer reads of thermometer wires.

    A bit is set from an odd multiple of its weight up to the next multiple.
    """
    features = lay[FEATURES]
    bits = lay[INPUT_BITS]
    ws.read[:] = 0
    for position in range(lay[SIZES + 1]):
        for j in range(features):
            connection = position * features + j
            if genes[connection] != 0:
                ws.read[j] |= genes[lay[MASK] + connection]
    for j in range(features):
        for bit in range(bits):
            value = np.int64(0)
            if (ws.read[j] >> bit) & 1:
                for level in range(1 << bit, 1 << bits, 2 << bit):
                    inside = and_(ws, ws.places[j, level], ws.places[j, level + (1 << bit)] ^ 1)
                    value = or_(ws, value, inside)
            ws.signals[j, bit] = value


@njit(cache=True)
def build(ws, genes, lay, style):
    """Build the circuit of a row of genes; returns its number of nodes, constant and inputs included."""
    features = lay[FEATURES]
    bits = lay[INPUT_BITS]
    ws.state[NODES] = ws.state[FIRST_AND]
    ws.state[STAMP] += 1
    if ws.state[STAMP] > 2_000_000_000:
        ws.stamps[:] = 0
        ws.state[STAMP] = 1
    for j in range(features):
        ws.signal_width[j] = bits
        ws.signal_high[j] = (1 << bits) - 1
        if ws.places.size == 0:
            for bit in range(bits):
                ws.signals[j, bit] = 2 * (1 + j * bits + bit)
    if ws.places.size > 0:
        decode(ws, genes, lay)
    layers = lay[LAYERS]
    connection, neuron = np.int64(0), np.int64(0)  # a bare 0 is a type of its own, and a second compilation
    for layer in range(layers):
        fan_in = lay[SIZES + layer]
        size = lay[SIZES + layer + 1]
        for position in range(size):
            low = genes[lay[BIAS] + neuron]
            high = low
            for j in range(fan_in):
                weight = genes[connection + j]
                if weight != 0:
                    reach = weight * largest_masked(ws.signal_high[j], genes[lay[MASK] + connection + j])
                    if reach < 0:
                        low += reach
                    else:
                        high += reach
            if layer < layers - 1:
                hidden_neuron(ws, genes, lay, connection, fan_in, neuron, position, low, high, style)
            else:
                ws.value_low[position] = low
                ws.value_high[position] = high
                output_neuron(ws, genes, lay, connection, fan_in, neuron, position, low, high, style)
            connection += fan_in
            neuron += 1
        if layer < layers - 1:
            for position in range(size):
                ws.signal_width[position] = ws.next_width[position]
                ws.signal_high[position] = ws.next_high[position]
                for bit in range(ws.next_width[position]):
                    ws.signals[position, bit] = ws.next_signals[position, bit]
    argmax(ws, genes, lay)
    return ws.state[NODES]
