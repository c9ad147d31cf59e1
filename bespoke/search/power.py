"""Static power of an and-inverter graph on data, estimated without mapping it.

The graph is covered with gates as `pricing.area_of` covers it; every gate's leakage in each state is weighted by how
often the samples put it there. Printed n-type gates burn power while their output is low, so the states matter as much
as the gates.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from bespoke.circuit import pack_bits
from bespoke.kernel_words import popcount
from bespoke.search.pricing import AND, INPUT_INV, INV, NAND, NOR, OR, PRICES, TRUTHS, XOR
from bespoke.sensing import Wires
from bespoke.technology import Technology


def leakages(technology: Technology, price: np.ndarray) -> np.ndarray:
    """Leakage in mW by gate and state (A1 + 2 A2), float64 (PRICES, 4).

    A gate without a cell of its own gets the mean leakage per area of the smallest inverting gate.
    """
    table = np.full((PRICES, 4), np.nan)
    for position, (truth, inputs) in TRUTHS.items():
        cell = technology.find(truth, inputs)
        if cell is not None:
            states = [cell.leakage_nw[state % len(cell.leakage_nw)] * 1e-6 for state in range(4)]
            if inputs == 2:  # the two pins differ by little; which signal meets which pin is not known yet
                states[1] = states[2] = (states[1] + states[2]) / 2
            table[position] = states
    known = NAND if np.isfinite(table[NAND, 0]) else NOR
    density = table[known].mean() / price[known]
    table[INPUT_INV] = table[INV]
    for position in range(PRICES):
        if not np.isfinite(table[position, 0]):
            table[position] = density * price[position]
    return table


def packed_inputs(features: np.ndarray, wires: Wires) -> np.ndarray:
    """Samples bit-parallel: uint64 (1 + wires, words), row as node."""
    packed = pack_bits(wires.encode(features))
    return np.concatenate([np.zeros((1, packed.shape[1]), dtype=np.uint64), packed])


@njit(cache=True)
def _pair(values, a, b, samples, states):
    """How often literals ``a`` and ``b`` are in each of their four joint states, as shares."""
    flip_a = np.uint64(0xFFFFFFFFFFFFFFFF) if a & 1 else np.uint64(0)
    flip_b = np.uint64(0xFFFFFFFFFFFFFFFF) if b & 1 else np.uint64(0)
    row_a = values[a >> 1]
    row_b = values[b >> 1]
    both = 0
    only_a = 0
    only_b = 0
    words = values.shape[1]
    for word in range(words):
        x = row_a[word] ^ flip_a
        y = row_b[word] ^ flip_b
        if word == words - 1 and samples % 64:
            valid = (np.uint64(1) << np.uint64(samples % 64)) - np.uint64(1)
            x &= valid
            y &= valid
        both += popcount(x & y)
        only_a += popcount(x & ~y)
        only_b += popcount(y & ~x)
    states[3] = both / samples
    states[1] = only_a / samples
    states[2] = only_b / samples
    states[0] = 1.0 - states[1] - states[2] - states[3]


@njit(cache=True)
def _weighted(table, gate, s00, s10, s01, s11):
    return table[gate, 0] * s00 + table[gate, 1] * s10 + table[gate, 2] * s01 + table[gate, 3] * s11


@njit(cache=True)
def power_of(fanin0, fanin1, nodes, first_and, need, kinds, values, samples, table):
    """Estimated static power in mW.

    ``kinds`` and ``need`` are what `area_of` left; ``values`` (nodes or more, words) holds the packed inputs and
    receives the nodes' states.
    """
    states = np.zeros(4)
    total = 0.0
    for node in range(first_and, nodes):
        a = fanin0[node]
        b = fanin1[node]
        flip_a = np.uint64(0xFFFFFFFFFFFFFFFF) if a & 1 else np.uint64(0)
        flip_b = np.uint64(0xFFFFFFFFFFFFFFFF) if b & 1 else np.uint64(0)
        for word in range(values.shape[1]):
            values[node, word] = (values[a >> 1, word] ^ flip_a) & (values[b >> 1, word] ^ flip_b)
        kind = kinds[node] & 7
        if kinds[node] == 0:
            continue
        if kind <= 4:
            if kind == 2 or kind == 4:
                a ^= 1
                b ^= 1
            _pair(values, a, b, samples, states)
            high = states[3]
            if kind == 1:
                total += _weighted(table, NAND, states[0], states[1], states[2], states[3])
                after = 1.0 - high
            elif kind == 2:
                total += _weighted(table, NOR, states[0], states[1], states[2], states[3])
                after = states[0]
            elif kind == 3:
                total += _weighted(table, AND, states[0], states[1], states[2], states[3])
                after = high
            else:
                total += _weighted(table, OR, states[0], states[1], states[2], states[3])
                after = 1.0 - states[0]
        else:
            # an exclusive or: its operands are the fanins of the AND that stays
            p = fanin0[a >> 1]
            q = fanin1[a >> 1]
            _pair(values, p, q, samples, states)
            s00, s10, s01, s11 = states[0], states[1], states[2], states[3]
            after = s10 + s01
            if kind == 5:
                # the shared NAND n is priced as a node; x1 = NAND(p, n), x2 = NAND(q, n), NAND(x1, x2)
                total += _weighted(table, NAND, 0.0, s11, s00 + s01, s10)
                total += _weighted(table, NAND, 0.0, s11, s00 + s10, s01)
                total += _weighted(table, NAND, 0.0, s01, s10, s00 + s11)
            elif kind == 6:
                total += _weighted(table, XOR, s00, s10, s01, s11)
            else:
                # NAND(n, OR(p, q)) beside the shared NAND n
                total += _weighted(table, OR, s00, s10, s01, s11)
                total += _weighted(table, NAND, 0.0, s00, s11, s10 + s01)
                after = s00 + s11
        if kinds[node] & 8:
            total += table[INV, 1] * after + table[INV, 0] * (1.0 - after)
    for node in range(1, first_and):
        if need[2 * node + 1]:
            _pair(values, 2 * node, 2 * node, samples, states)
            gate = INV if need[2 * node] else INPUT_INV
            total += table[gate, 1] * states[3] + table[gate, 0] * (1.0 - states[3])
    return total
