"""Compiled builder of a network's structurally hashed and-inverter graph.

Everything works on arrays that are made once (`Workspace`) and used again for every candidate; nothing is allocated in
the hot path. Literals are those of `LogicCircuit`: twice the node, plus one where inverted; 0 is false, 1 is true. They
are int64 throughout, so that every helper is compiled once.

How a sum is built. A masked summand bit with a positive digit enters its column as it is. A negative digit is folded:
``-b * 2**p = (1 - b) * 2**p - 2**p``, so the inverted bit enters the column and the constant goes to the bias. What
is left is a sum of non-negative bits and one constant; adding ``2**(width-1)`` makes the total non-negative too, so
that it never wraps: in its top column at most one bit can be set, where an OR does for an XOR. Columns are compressed
from the lowest upwards with full adders of seven ANDs (nine NAND2 when mapped), the constant joining a column last,
where it is often free.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from bespoke.search.genome import (
    BIAS,
    CLASSES,
    FEATURES,
    INPUT_BITS,
    LAYERS,
    MASK,
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

#: Columns of the widest sum, with head-room for carries.
COLUMNS = 66

# Positions in Workspace.state.
NODES = 0
STAMP = 1

# Builder choices, bits of the ``style`` argument; `circuit_of` tries them all, the search uses one.
STYLE_STACK = 1
STYLE_THRESHOLD = 2
STYLES = 4


class Workspace(NamedTuple):
    """Arrays of one builder, sized for one layout and a largest number of digits; see `workspace`."""

    fanin0: np.ndarray
    fanin1: np.ndarray
    table: np.ndarray
    stamps: np.ndarray
    state: np.ndarray
    columns: np.ndarray
    counts: np.ndarray
    bits: np.ndarray
    signals: np.ndarray
    signal_width: np.ndarray
    signal_high: np.ndarray
    next_signals: np.ndarray
    next_width: np.ndarray
    next_high: np.ndarray
    values: np.ndarray
    value_width: np.ndarray
    value_low: np.ndarray
    value_high: np.ndarray
    indices: np.ndarray
    outputs: np.ndarray


def workspace(layout: Layout, capacity: int, deepest: int) -> Workspace:
    """Arrays for circuits of up to ``capacity`` nodes, with columns of up to ``deepest`` bits."""
    slots = 1 << max(10, int(2 * capacity - 1).bit_length())
    widest = max(layout.topology)
    classes = layout.topology[-1]
    return Workspace(
        fanin0=np.zeros(capacity, dtype=np.int32),
        fanin1=np.zeros(capacity, dtype=np.int32),
        table=np.zeros(slots, dtype=np.int32),
        stamps=np.zeros(slots, dtype=np.int32),
        state=np.zeros(4, dtype=np.int64),
        columns=np.zeros((COLUMNS, deepest), dtype=np.int64),
        counts=np.zeros(COLUMNS, dtype=np.int64),
        bits=np.zeros(COLUMNS, dtype=np.int64),
        signals=np.zeros((widest, COLUMNS), dtype=np.int64),
        signal_width=np.zeros(widest, dtype=np.int64),
        signal_high=np.zeros(widest, dtype=np.int64),
        next_signals=np.zeros((widest, COLUMNS), dtype=np.int64),
        next_width=np.zeros(widest, dtype=np.int64),
        next_high=np.zeros(widest, dtype=np.int64),
        values=np.zeros((2 * classes, COLUMNS), dtype=np.int64),
        value_width=np.zeros(2 * classes, dtype=np.int64),
        value_low=np.zeros(2 * classes, dtype=np.int64),
        value_high=np.zeros(2 * classes, dtype=np.int64),
        indices=np.zeros((2 * classes, 32), dtype=np.int64),
        outputs=np.zeros(32, dtype=np.int64),
    )


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
def and_(ws, first, second):
    """Literal of ``first & second``: folded, or found, or made.

    Short on purpose: inlined, it takes some 20 ns; rules that look a node deeper save one or two nodes in a hundred,
    and cost the inlining.
    """
    if first > second:
        first, second = second, first
    if first == 0 or first == second ^ 1:
        return np.int64(0)
    if first == 1 or first == second:
        return np.int64(second)
    size = ws.table.size - 1
    slot = (first * 0x9E3779B1 + second * 0x85EBCA77) & 0x7FFFFFFF
    slot = (slot ^ (slot >> 15)) & size
    stamp = ws.state[STAMP]
    while ws.stamps[slot] == stamp:
        node = ws.table[slot]
        if ws.fanin0[node] == first and ws.fanin1[node] == second:
            return np.int64(2 * node)
        slot = (slot + 1) & size
    node = ws.state[NODES]
    ws.state[NODES] = node + 1
    ws.fanin0[node] = first
    ws.fanin1[node] = second
    ws.table[slot] = node
    ws.stamps[slot] = stamp
    return np.int64(2 * node)


@njit(cache=True)
def or_(ws, first, second):
    return and_(ws, first ^ 1, second ^ 1) ^ 1


@njit(cache=True)
def xor_(ws, first, second):
    """As ``!(a & b) & !(!a & !b)``: the first AND is the half adder's carry."""
    return and_(ws, and_(ws, first, second) ^ 1, and_(ws, first ^ 1, second ^ 1) ^ 1)


@njit(cache=True)
def mux_(ws, select, first, second):
    """``first`` where ``select`` holds, else ``second``."""
    if first == second:
        return np.int64(first)
    if first == second ^ 1:
        return xor_(ws, select, second)
    return or_(ws, and_(ws, select, first), and_(ws, select ^ 1, second))


@njit(cache=True)
def bit_length(value):
    """Bits of a non-negative integer."""
    length = 0
    while value > 0:
        value >>= 1
        length += 1
    return length


@njit(cache=True)
def signed_width_(low, high):
    width = 1
    if high > 0:
        width = max(width, bit_length(high) + 1)
    if low < 0:
        width = max(width, bit_length(-low - 1) + 1)
    return width


@njit(cache=True)
def largest_masked_(high, mask):
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
    width = signed_width_(low, high)
    while constant + (np.int64(1) << (width - 1)) < 0:
        width += 1
    return width


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


@njit(cache=True)
def build(ws, genes, lay, style):
    """Build the circuit of a row of genes; returns its number of nodes, constant and inputs included."""
    features = lay[FEATURES]
    bits = lay[INPUT_BITS]
    ws.state[NODES] = 1 + features * bits
    ws.state[STAMP] += 1
    if ws.state[STAMP] > 2_000_000_000:
        ws.stamps[:] = 0
        ws.state[STAMP] = 1
    for j in range(features):
        ws.signal_width[j] = bits
        ws.signal_high[j] = (1 << bits) - 1
        for bit in range(bits):
            ws.signals[j, bit] = 2 * (1 + j * bits + bit)
    layers = lay[LAYERS]
    connection = 0
    neuron = 0
    for layer in range(layers):
        fan_in = lay[SIZES + layer]
        size = lay[SIZES + layer + 1]
        for position in range(size):
            low = genes[lay[BIAS] + neuron]
            high = low
            for j in range(fan_in):
                weight = genes[connection + j]
                if weight != 0:
                    reach = weight * largest_masked_(ws.signal_high[j], genes[lay[MASK] + connection + j])
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
