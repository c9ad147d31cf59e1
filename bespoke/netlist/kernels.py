"""Compiled loops over the gates of a netlist.

Truth tables come as uint64 (cells, chunks): state s of a cell is bit ``s % 64`` of chunk ``s // 64``.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from bespoke.kernel_words import popcount

_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
_ONE = np.uint64(1)


@njit(cache=True)
def evaluate_gates(values, first, cells, fanins, widths, tables):
    """Fill ``values[first:]``, uint64 (nets, words), from the rows before, gate by gate in order."""
    words = values.shape[1]
    for gate in range(len(cells)):
        cell = cells[gate]
        width = widths[cell]
        target = first + gate
        low = tables[cell, 0]
        if width == 1:
            flip = _ALL if low & _ONE else np.uint64(0)
            pick = _ALL if (low ^ (low >> _ONE)) & _ONE else np.uint64(0)
            a = fanins[gate, 0]
            for word in range(words):
                values[target, word] = flip ^ (pick & values[a, word])
        elif width == 2:
            # Reed-Muller form: c0 ^ c1·a ^ c2·b ^ c3·a·b
            bit0, bit1, bit2, bit3 = low & _ONE, (low >> _ONE) & _ONE, (low >> np.uint64(2)) & _ONE, low >> np.uint64(3)
            c0 = _ALL if bit0 else np.uint64(0)
            c1 = _ALL if bit0 ^ bit1 else np.uint64(0)
            c2 = _ALL if bit0 ^ bit2 else np.uint64(0)
            c3 = _ALL if (bit0 ^ bit1 ^ bit2 ^ bit3) & _ONE else np.uint64(0)
            a, b = fanins[gate, 0], fanins[gate, 1]
            for word in range(words):
                x, y = values[a, word], values[b, word]
                values[target, word] = c0 ^ (c1 & x) ^ (c2 & y) ^ (c3 & x & y)
        else:
            for word in range(words):
                result = np.uint64(0)
                for state in range(1 << width):
                    if (tables[cell, state >> 6] >> np.uint64(state & 63)) & _ONE:
                        result |= _state_word(values, fanins, gate, width, state, word)
                values[target, word] = result


@njit(cache=True, inline="always")
def _state_word(values, fanins, gate, width, state, word):
    """Ones where the gate's inputs are in ``state``."""
    product = _ALL
    for pin in range(width):
        literal = values[fanins[gate, pin], word]
        product &= literal if state >> pin & 1 else ~literal
    return product


@njit(cache=True)
def count_states(values, cells, fanins, widths, vectors, states):
    """int64 (gates, states): how many of the first ``vectors`` vectors put each gate in each state."""
    counts = np.zeros((len(cells), states), dtype=np.int64)
    words = values.shape[1]
    rest = vectors % 64
    last = (_ONE << np.uint64(rest)) - _ONE if rest else _ALL
    for gate in range(len(cells)):
        width = widths[cells[gate]]
        for state in range(1 << width):
            total = np.int64(0)
            for word in range(words):
                product = _state_word(values, fanins, gate, width, state, word)
                if word == words - 1:
                    product &= last
                total += popcount(product)
            counts[gate, state] = total
    return counts


@njit(cache=True)
def run_cycles(inputs, first_input, d_nets, reset_nets, first, cells, fanins, widths, tables, nets):
    """uint8 (cycles, nets): a sequential netlist from the all-zero state, one vector a clock cycle.

    ``inputs`` is uint8 (cycles, input bits). A flip-flop takes over its data at the end of a cycle; while its reset net
    (-1 for none) is low it is zero.
    """
    cycles = inputs.shape[0]
    flip_flops = len(d_nets)
    first_q = first - flip_flops
    values = np.zeros((cycles, nets), dtype=np.uint8)
    state = np.zeros(flip_flops, dtype=np.uint8)
    for cycle in range(cycles):
        row = values[cycle]
        row[1] = 1
        row[first_input : first_input + inputs.shape[1]] = inputs[cycle]
        settled = False
        while not settled:  # a reset net may depend on flip-flops that an earlier reset clears; each pass clears more
            row[first_q:first] = state
            for gate in range(len(cells)):
                index = 0
                for pin in range(widths[cells[gate]]):
                    index |= np.int64(row[fanins[gate, pin]]) << pin
                row[first + gate] = np.uint8((tables[cells[gate], index >> 6] >> np.uint64(index & 63)) & _ONE)
            settled = True
            for position in range(flip_flops):
                if reset_nets[position] >= 0 and state[position] and not row[reset_nets[position]]:
                    state[position] = 0
                    settled = False
        for position in range(flip_flops):
            state[position] = row[d_nets[position]]
            if reset_nets[position] >= 0 and not row[reset_nets[position]]:
                state[position] = 0
    return values
