"""What a graph computes: every node on every vector, 64 vectors a word."""

from __future__ import annotations

import numpy as np
from numba import njit

from bespoke.circuit.graph import Circuit


def simulate(circuit: Circuit, packed: np.ndarray) -> np.ndarray:
    """Value of every node.

    Parameters
    ----------
    packed : uint64 (inputs, words), as ``pack_bits`` gives it.

    Returns
    -------
    uint64 (nodes, words). Bits beyond the last vector hold what the circuit makes of zeros.
    """
    values = np.zeros((circuit.nodes, packed.shape[1]), dtype=np.uint64)
    values[1 : circuit.first_and] = packed
    _conjunctions(values, circuit.first_and, circuit.fanins)
    return values


@njit(cache=True)
def _conjunctions(values, first_and, fanins):
    for index in range(fanins.shape[0]):
        conjoin(values, fanins[index, 0], fanins[index, 1], first_and + index)


@njit(cache=True, inline="always")
def conjoin(values, left, right, target):
    """Set a row of ``values``, uint64 (nodes, words), to the AND of two literals of others."""
    ones = np.uint64(0xFFFFFFFFFFFFFFFF)
    flip0 = ones if left & 1 else np.uint64(0)
    flip1 = ones if right & 1 else np.uint64(0)
    first, second, result = values[left >> 1], values[right >> 1], values[target]
    for word in range(result.size):
        result[word] = (first[word] ^ flip0) & (second[word] ^ flip1)
