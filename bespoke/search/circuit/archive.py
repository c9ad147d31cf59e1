"""The best circuit found for every level of cost."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

#: Ratio of neighbouring levels of cost.
LEVEL_RATIO = 1.06


class Archive(NamedTuple):
    """One graph per level of cost, levels log-spaced; see `archive`.

    ``wrong`` is -1 where a level is empty. Levels whose graph is no better than a cheaper one are emptied. ``origins``
    are numbers of the starts that the graphs descend from, ``rows`` the nodes' rows of defects, of no length where
    gates never break.
    """

    fanin0: np.ndarray
    fanin1: np.ndarray
    outputs: np.ndarray
    counts: np.ndarray
    costs: np.ndarray
    wrong: np.ndarray
    origins: np.ndarray
    rows: np.ndarray
    bounds: np.ndarray


def archive(*, capacity: int, output_bits: int, lowest: float, highest: float, breaks: bool = False) -> Archive:
    """Empty archive for graphs of up to ``capacity`` nodes that cost up to ``highest``.

    The first level holds what costs less than ``lowest``.
    """
    levels = 2 + max(1, int(np.ceil(np.log(max(highest / lowest, 1.0)) / np.log(LEVEL_RATIO))))
    return Archive(
        fanin0=np.zeros((levels, capacity), dtype=np.int32),
        fanin1=np.zeros((levels, capacity), dtype=np.int32),
        outputs=np.zeros((levels, output_bits), dtype=np.int32),
        counts=np.zeros(levels, dtype=np.int32),
        costs=np.zeros(levels),
        wrong=np.full(levels, -1, dtype=np.int64),
        origins=np.zeros(levels, dtype=np.int32),
        rows=np.zeros((levels, capacity if breaks else 0), dtype=np.int32),
        bounds=lowest * LEVEL_RATIO ** np.arange(levels),
    )


@njit(cache=True)
def level_of(store, cost):
    """Level of a cost, -1 where it is beyond the archive."""
    level = np.searchsorted(store.bounds, cost, side="right")
    return level if level < store.bounds.size else -1


@njit(cache=True)
def allowed_wrong(store, cost):
    """Wrong samples that a graph of this cost may have to be of use; -1 beyond the archive."""
    level = level_of(store, cost)
    if level < 0:
        return np.int64(-1)
    best = np.int64(1) << 40
    if store.wrong[level] >= 0:
        best = store.wrong[level] if cost <= store.costs[level] else store.wrong[level] - 1
    for lower in range(level - 1, -1, -1):
        if store.wrong[lower] >= 0:
            best = min(best, store.wrong[lower] - 1)
            break
    return best


@njit(cache=True)
def offer(store, count, fanin0, fanin1, outputs, rows, cost, wrong, origin):
    """Keep a graph if it is good for its level; returns the level, or -1 where it was not kept."""
    level = level_of(store, cost)
    if level < 0 or count > store.fanin0.shape[1] or wrong > allowed_wrong(store, cost):
        return -1
    store.fanin0[level, :count] = fanin0[:count]
    store.fanin1[level, :count] = fanin1[:count]
    store.outputs[level] = outputs
    if store.rows.shape[1]:
        store.rows[level, :count] = rows[:count]
    store.counts[level] = count
    store.costs[level] = cost
    store.wrong[level] = wrong
    store.origins[level] = origin
    for higher in range(level + 1, store.wrong.size):
        if store.wrong[higher] >= wrong:
            store.wrong[higher] = -1
    return level
