"""Compiled packing of what a front end delivers of disturbed measurements, 64 samples a word.

Positions come by feature, float64 (features, samples), in steps of the grid; bit i of word w of an input is sample
``64 * w + i``, bits beyond the last sample are zero.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True)
def pack_comparators(positions, features, thresholds, packed):
    """Fill ``packed``, uint64 (wires, words): whether a wire's feature has reached its threshold.

    ``features`` int64 (wires,), ``thresholds`` float64 (wires,).
    """
    samples = positions.shape[1]
    for wire in range(len(features)):
        row = positions[features[wire]]
        threshold = thresholds[wire]
        for word in range(packed.shape[1]):
            first = 64 * word
            bits = np.uint64(0)
            for sample in range(first, min(first + 64, samples)):
                bits |= np.uint64(row[sample] >= threshold) << np.uint64(sample - first)
            packed[wire, word] = bits


@njit(cache=True)
def pack_codes(positions, features, starts, lowest, bits, thresholds, packed):
    """Fill the rows of ``packed``, uint64 (features * bits, words), of some features with the bits of their codes.

    Feature ``features[k]`` has the rising thresholds from ``starts[k]`` to ``starts[k + 1]``; as many as a position has
    reached, times ``2**lowest[k]``, are its code. Both int64; ``thresholds`` float64. Other rows stay as they are.
    """
    samples = positions.shape[1]
    for place in range(len(features)):
        row = positions[features[place]]
        target = features[place] * bits
        for word in range(packed.shape[1]):
            for bit in range(bits):
                packed[target + bit, word] = np.uint64(0)
        for sample in range(samples):
            low, high = starts[place], starts[place + 1]
            while low < high:
                middle = (low + high) // 2
                if row[sample] >= thresholds[middle]:
                    low = middle + 1
                else:
                    high = middle
            code = np.uint64(low - starts[place]) << np.uint64(lowest[place])
            word, shift = sample // 64, np.uint64(sample % 64)
            for bit in range(bits):
                packed[target + bit, word] |= (code >> np.uint64(bit) & np.uint64(1)) << shift
