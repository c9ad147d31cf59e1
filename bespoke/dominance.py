"""Which points no other beats: the only place that decides it.

A point dominates another where it is no larger on any axis and smaller on at least one. So equal points do not dominate
one another, and whoever wants an axis large gives its negative.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

Points = Sequence[Sequence[float]] | np.ndarray


def non_dominated(points: Points) -> list[int]:
    """Indices of the points that no other dominates; of equal points the one given first stands for all.

    Parameters
    ----------
    points : (points, axes), no NaN; smaller is better on every axis.

    Returns
    -------
    indices by rising first axis, then second and so on.
    """
    if not len(points):
        return []
    values = np.asarray(points, dtype=np.float64)
    # a dominator sorts before what it dominates; the sort is stable, so the first of equals stays the first
    rest = np.lexsort(values.T[::-1])
    kept = []
    while len(rest):
        kept.append(int(rest[0]))
        rest = rest[(values[rest] < values[rest[0]]).any(axis=1)]
    return kept


def dominators(points: Points) -> np.ndarray:
    """How many others dominate each point, int64 (points,): 0 on the front, equal points alike.

    Parameters
    ----------
    points : as in `non_dominated`.
    """
    values = np.asarray(points, dtype=np.float64)
    counts = [((values <= point).all(axis=1) & (values < point).any(axis=1)).sum() for point in values]
    return np.array(counts, dtype=np.int64)
