"""Bit-parallel evaluation of gates on rows of 64-pattern words, and the static power that the data give them."""

from __future__ import annotations

import numpy as np
from numba import njit

from bespoke.kernel_words import popcount
from bespoke.netlist.optimise.state import (
    DATA_MASK,
    SINK,
    pins_of,
    sort_gates,
)


@njit(cache=True)
def evaluate(rows, pin_rows, library, cell, out, first, last):
    """Compute words ``first`` to ``last`` of row ``out`` from the rows named in ``pin_rows``."""
    pins = library.cell[cell].arity
    constant = library.anf[cell, 0]
    if pins == 2:
        a, b = pin_rows[0], pin_rows[1]
        by_a, by_b, by_both = library.anf[cell, 1], library.anf[cell, 2], library.anf[cell, 3]
        for word in range(first, last):
            x, y = rows[a, word], rows[b, word]
            rows[out, word] = constant ^ (by_a & x) ^ (by_b & y) ^ (by_both & x & y)
    elif pins == 1:
        a = pin_rows[0]
        by_a = library.anf[cell, 1]
        for word in range(first, last):
            rows[out, word] = constant ^ (by_a & rows[a, word])
    else:
        for word in range(first, last):
            value = constant
            for subset in range(1, 1 << pins):
                term = library.anf[cell, subset]
                if term:
                    for pin in range(pins):
                        if subset >> pin & 1:
                            term &= rows[pin_rows[pin], word]
                    value ^= term
            rows[out, word] = value


@njit(cache=True)
def count_ones(state, row):
    """High data vectors of a row, into ``ones``."""
    total = np.int64(0)
    for word in range(state.now[0].data_words):
        total += popcount(state.rows[row, word] & state.specification[DATA_MASK, word])
    state.ones[row] = total


@njit(cache=True)
def leakage(state, library, cell):
    """Mean static power over the data of a cell whose pins carry the rows in ``pin_rows``, nW."""
    pins = library.cell[cell].arity
    coefficients = library.leak[cell]
    scale = 1.0 / state.now[0].data_count
    power = coefficients[0]
    if pins == 1:
        return power + coefficients[1] * scale * state.ones[state.pin_rows[0]]
    if pins == 2:
        a, b = state.pin_rows[0], state.pin_rows[1]
        both = np.int64(0)
        for word in range(state.now[0].data_words):
            both += popcount(state.rows[a, word] & state.rows[b, word] & state.specification[DATA_MASK, word])
        single = coefficients[1] * state.ones[a] + coefficients[2] * state.ones[b]
        return power + scale * (single + coefficients[3] * both)
    for subset in range(1, 1 << pins):
        total = np.int64(0)
        for word in range(state.now[0].data_words):
            value = state.specification[DATA_MASK, word]
            for pin in range(pins):
                if subset >> pin & 1:
                    value &= state.rows[state.pin_rows[pin], word]
            total += popcount(value)
        power += scale * coefficients[subset] * total
    return power


@njit(cache=True)
def simulate_all(state, library, first, last):
    """Words ``first`` to ``last`` of every gate from the sources' rows; counts, leakage, area and power anew."""
    count = sort_gates(state, library)
    state.now[0].area = 0.0
    state.now[0].static = 0.0
    rows = state.rows
    state.now[0].order_count = 0
    for index in range(count):
        node = state.slot[index].order
        kind = state.node[node].cell
        for pin in range(pins_of(state, library, node)):
            state.pin_rows[pin] = state.fanin[node, pin]
        if kind == SINK:
            state.rows[node, first:last] = state.rows[state.fanin[node, 0], first:last]
        elif kind >= 0:
            evaluate(rows, state.pin_rows, library, kind, node, first, last)
            if first == 0:
                state.node[node].leak = leakage(state, library, kind)
            state.now[0].area += library.cell[kind].area
            state.now[0].static += state.node[node].leak
        if first == 0:
            count_ones(state, node)


@njit(cache=True)
def propagate(state, library, new_row, first, last):
    """Let the target read ``new_row`` and follow the change through its fan-out cone in ``order``.

    Nodes that change have their new value in row ``nodes + node`` and ``changed`` set to the current mark; every node
    that had to be computed has ``evaluated`` set. Returns whether any output or flip-flop pin changes; the words of
    such changes are gathered in the scratch row (the last one).
    """
    nodes = len(state.node)
    rows = state.rows
    width = state.fanin.shape[1]
    scratch = rows.shape[0] - 1
    target, target_edge = state.now[0].target, state.now[0].target_edge
    state.now[0].changed += 1
    stamp = state.now[0].changed
    rows[scratch, first:last] = np.uint64(0)
    seen = False
    for index in range(state.now[0].order_count):
        node = state.slot[index].order
        touched = False
        for pin in range(pins_of(state, library, node)):
            source = state.fanin[node, pin]
            if source == target and (target_edge < 0 or target_edge == node * width + pin):
                state.pin_rows[pin] = new_row
                touched = True
            elif state.node[source].changed == stamp:
                state.pin_rows[pin] = nodes + source
                touched = True
            else:
                state.pin_rows[pin] = source
        if not touched:
            continue
        state.node[node].evaluated = stamp
        kind = state.node[node].cell
        if kind == SINK:
            row = state.pin_rows[0]
            for word in range(first, last):
                difference = rows[row, word] ^ rows[node, word]
                if difference:
                    rows[scratch, word] |= difference
                    seen = True
                    state.node[node].changed = stamp
        else:
            evaluate(rows, state.pin_rows, library, kind, nodes + node, first, last)
            for word in range(first, last):
                if rows[nodes + node, word] != rows[node, word]:
                    state.node[node].changed = stamp
                    break
    return seen


@njit(cache=True)
def delta_leakage(state, library, new_row):
    """After ``propagate`` over the data words: how much the static power of the fan-out cone grows, nW."""
    nodes = len(state.node)
    width = state.fanin.shape[1]
    target, target_edge = state.now[0].target, state.now[0].target_edge
    stamp = state.now[0].changed
    growth = 0.0
    for index in range(state.now[0].order_count):
        node = state.slot[index].order
        kind = state.node[node].cell
        if kind < 0 or state.node[node].evaluated != stamp:
            continue
        for pin in range(library.cell[kind].arity):
            source = state.fanin[node, pin]
            if source == target and (target_edge < 0 or target_edge == node * width + pin):
                state.pin_rows[pin] = new_row
            elif state.node[source].changed == stamp:
                state.pin_rows[pin] = nodes + source
            else:
                state.pin_rows[pin] = source
        growth += leakage(state, library, kind) - state.node[node].leak
        if state.node[node].changed == stamp:
            count_ones(state, nodes + node)
    return growth


@njit(cache=True)
def add_word(state, library, patterns, slot):
    """Put 64 more patterns (uint64 per source, from node 2 on) into word ``slot`` and simulate them."""
    state.rows[0, slot] = np.uint64(0)
    state.rows[1, slot] = ~np.uint64(0)
    for index in range(len(patterns)):
        state.rows[2 + index, slot] = patterns[index]
    simulate_all(state, library, slot, slot + 1)
    state.now[0].words = max(state.now[0].words, slot + 1)
