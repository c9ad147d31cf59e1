"""Compiled: a graph whose gates are broken on some samples."""

from __future__ import annotations

import numpy as np
from numba import njit

from bespoke.circuit.simulation import conjoin
from bespoke.search.randoms import unit

#: What a broken gate of two inputs does, of its six equally likely faults, as seen from the AND that it stands for:
#: three make it 0, one makes it 1, two let an operand through, which is 1 too often.
ALWAYS_0 = 3 / 6


@njit(cache=True)
def print_each(values, first_and, fanins, shares, exclusive, samples, state):
    """Compute all ANDs of a graph, each sample in a print of its own.

    Parameters
    ----------
    values : uint64 (nodes, words), of which constant and inputs are set; the rest is filled in.
    first_and, fanins : of the graph.
    shares : float64 (ands,), how likely the gate is broken that an AND stands for.
    exclusive : bool (ands,), whether that is an exclusive or, of which most faults leave either value.
    samples : how many there are.
    state : of the random generator, uint64 (1,).
    """
    for gate in range(fanins.shape[0]):
        left, right = fanins[gate, 0], fanins[gate, 1]
        conjoin(values, left, right, first_and + gate)
        if shares[gate] <= 0.0:
            continue
        first, second, result = values[left >> 1], values[right >> 1], values[first_and + gate]
        scale = 1.0 / np.log1p(-min(shares[gate], 1.0 - 1e-12))
        place = np.int64(np.log(1.0 - unit(state)) * scale)  # a geometric number of whole gates up to a broken one
        while place < samples:
            word, bit = place >> 6, np.uint64(1) << np.uint64(place & 63)
            draw = unit(state)
            if exclusive[gate]:
                high = draw < 0.5
            elif draw < ALWAYS_0 + 1 / 6:
                high = draw >= ALWAYS_0
            elif draw < ALWAYS_0 + 2 / 6:
                high = (first[word] & bit != 0) != (left & 1 != 0)
            else:
                high = (second[word] & bit != 0) != (right & 1 != 0)
            if high:
                result[word] |= bit
            else:
                result[word] &= ~bit
            place += 1 + np.int64(np.log(1.0 - unit(state)) * scale)
