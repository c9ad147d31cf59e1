"""Moves of the argmax tree: its order, its classes, the bits that its comparators look at."""

from __future__ import annotations

import numpy as np
from numba import njit

from bespoke.search.genome import CLASSES, TREE_COUNT, TREE_FIRST, TREE_MASK, TREE_ROOT, TREE_SECOND, TREE_WIDTH
from bespoke.search.integers import mask_of_low
from bespoke.search.randoms import below
from bespoke.search.variation.moves import CLASS_KILL, TREE_BIT, TREE_BITS, TREE_ORDER, TREE_SWAP


@njit(cache=True)
def tree_from_order(genes, lay, order, count):
    """Balanced tree over the first ``count`` classes of ``order``; comparators keep their masks by position."""
    classes = lay[CLASSES]
    full = mask_of_low(genes[lay[TREE_WIDTH]])
    made = 0
    size = count
    level = order[:count].copy()
    while size > 1:
        above = 0
        for position in range(0, size - 1, 2):
            genes[lay[TREE_FIRST] + made] = level[position]
            genes[lay[TREE_SECOND] + made] = level[position + 1]
            if made >= genes[lay[TREE_COUNT]]:
                genes[lay[TREE_MASK] + made] = full
            level[above] = classes + made
            above += 1
            made += 1
        if size % 2:
            level[above] = level[size - 1]
            above += 1
        size = above
    genes[lay[TREE_ROOT]] = level[0]
    genes[lay[TREE_COUNT]] = made


@njit(cache=True)
def _leaves(genes, lay, order):
    """Classes of the tree in the order of their comparators; returns how many."""
    count = 0
    comparators = genes[lay[TREE_COUNT]]
    if comparators == 0:
        order[0] = genes[lay[TREE_ROOT]]
        return 1
    for index in range(comparators):
        for node in (genes[lay[TREE_FIRST] + index], genes[lay[TREE_SECOND] + index]):
            if node < lay[CLASSES]:
                order[count] = node
                count += 1
    return count


@njit(cache=True)
def move_tree(state, genes, lay, limits, move, order):
    """Change the argmax tree; ``order`` is scratch for its leaves."""
    count = genes[lay[TREE_COUNT]]
    if move in (TREE_ORDER, CLASS_KILL) or count == 0:
        classes = lay[CLASSES]
        kept = _leaves(genes, lay, order)
        if move == TREE_ORDER and kept > 1:
            a = below(state, kept)
            b = below(state, kept)
            order[a], order[b] = order[b], order[a]
        elif kept < classes and (kept == 1 or below(state, 2)):
            missing = below(state, classes - kept)
            for node in range(classes):
                present = False
                for position in range(kept):
                    present |= order[position] == node
                if not present:
                    if missing == 0:
                        order[kept] = node
                        break
                    missing -= 1
            kept += 1
        elif kept > 1:
            gone = below(state, kept)
            for position in range(gone, kept - 1):
                order[position] = order[position + 1]
            kept -= 1
        tree_from_order(genes, lay, order, kept)
        return
    index = below(state, count)
    m = lay[TREE_MASK] + index
    if move == TREE_SWAP:
        f = lay[TREE_FIRST] + index
        s = lay[TREE_SECOND] + index
        genes[f], genes[s] = genes[s], genes[f]
    elif move == TREE_BIT:
        # the sign stays: without it the order of negative sums turns around
        genes[m] ^= np.int64(1) << below(state, limits[TREE_BITS])
    else:
        mask = genes[m]
        sign = np.int64(1) << (genes[lay[TREE_WIDTH]] - 1)
        if below(state, 3) == 0:
            genes[m] = mask | mask_of_low(below(state, limits[TREE_BITS]))
        elif below(state, 3) == 0:
            low = mask_of_low(1 + below(state, 6))
            for other in range(count):
                genes[lay[TREE_MASK] + other] &= ~low
        elif (mask & (mask - 1)) & sign:
            genes[m] = mask & (mask - 1)
