"""Elites per cost bin: for each log-spaced interval of cost the most accurate networks found so far."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from bespoke.search.randoms import below


class Archive(NamedTuple):
    """Arrays of an archive.

    ``genes`` int64 (bins, depth, genes), ``right`` int64 (bins, depth) with -1 for an empty place, ``cost`` float64
    (bins, depth), ``best`` int64 (bins,) the most right answers in this bin or a cheaper one, ``scale`` float64 (2,):
    upper cost of bin 0 and the natural logarithm of a bin's ratio.
    """

    genes: np.ndarray
    right: np.ndarray
    cost: np.ndarray
    best: np.ndarray
    scale: np.ndarray


@njit(cache=True)
def bin_of(archive, cost):
    if cost <= archive.scale[0]:
        return np.int64(0)
    number = 1 + np.int64(np.log(cost / archive.scale[0]) / archive.scale[1])
    return min(number, np.int64(archive.best.size - 1))


@njit(cache=True)
def insert(state, archive, genes, right, cost):
    """Put a network in if it deserves a place; True where the front moves or a bin gets better.

    A network that a cheaper bin's best beats is of no use.
    """
    number = bin_of(archive, cost)
    if number > 0 and right < archive.best[number - 1]:
        return False
    depth = archive.right.shape[1]
    worst = 0
    for place in range(depth):
        if archive.right[number, place] == right and archive.cost[number, place] == cost:
            if below(state, 2):
                archive.genes[number, place] = genes
            return False
        lower = archive.right[number, place] < archive.right[number, worst]
        equal = archive.right[number, place] == archive.right[number, worst]
        if lower or (equal and archive.cost[number, place] > archive.cost[number, worst]):
            worst = place
    old = archive.right[number, worst]
    if right < old or (right == old and cost >= archive.cost[number, worst]):
        return False
    archive.genes[number, worst] = genes
    archive.right[number, worst] = right
    archive.cost[number, worst] = cost
    if right > archive.best[number]:
        for above in range(number, archive.best.size):
            if archive.best[above] < right:
                archive.best[above] = right
            else:
                break
    return True


@njit(cache=True)
def pick(state, archive):
    """A random useful place: ``(bin, place)``; bins are equally likely. (-1, -1) if there is none."""
    bins = archive.best.size
    depth = archive.right.shape[1]
    for _ in range(200):
        number = below(state, bins)
        place = below(state, depth)
        right = archive.right[number, place]
        if right < 0:
            continue
        if number > 0 and right < archive.best[number - 1]:
            continue
        return number, place
    for number in range(bins):
        for place in range(depth):
            if archive.right[number, place] >= 0:
                return np.int64(number), np.int64(place)
    return np.int64(-1), np.int64(-1)


@njit(cache=True)
def insert_all(state, archive, genes, right, cost):
    """Enter another archive's elites, given as its ``genes``, ``right`` and ``cost``."""
    for number in range(right.shape[0]):
        for place in range(right.shape[1]):
            if right[number, place] >= 0:
                insert(state, archive, genes[number, place], right[number, place], cost[number, place])
