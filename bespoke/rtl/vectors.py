"""Input vectors that reach the corners of a classifier."""

from __future__ import annotations

import numpy as np


def stress_vectors(features: int, bits: int, count: int, rng: np.random.Generator) -> np.ndarray:
    """Corner vectors, then random ones.

    In order: all zero, all ones; every single input bit alone, then every single bit missing; each feature alone at
    its largest, then each alone at zero with all others largest; then a quarter of what remains with every feature at
    one of its two extremes, the rest uniform. Where the corners alone are more than ``count``, a random choice of them
    is returned, all zero and all ones among them.

    Parameters
    ----------
    features, bits : inputs and the width of each.
    count : number of vectors.
    rng : source of all randomness.

    Returns
    -------
    int64 (count, features), every value in ``0..2**bits - 1``.
    """
    largest = (1 << bits) - 1
    walking = np.kron(np.eye(features, dtype=np.int64), 1 << np.arange(bits)[:, None])
    alone = largest * np.eye(features, dtype=np.int64)
    ends = np.array([[0] * features, [largest] * features], dtype=np.int64)
    corners = np.concatenate([walking, largest - walking, alone, largest - alone])
    if len(ends) + len(corners) > count:
        corners = corners[np.sort(rng.permutation(len(corners))[: max(0, count - len(ends))])]
    room = max(0, count - len(ends) - len(corners))
    extremes = largest * rng.integers(0, 2, (room // 4, features))
    uniform = rng.integers(0, largest + 1, (room - room // 4, features))
    return np.concatenate([ends, corners, extremes, uniform])[:count]
