"""The graph while it is built, structurally hashed.

Everything works on arrays that are made once (`Workspace`) and used again for every candidate; nothing is allocated in
the hot path. Literals are those of `LogicCircuit`: twice the node, plus one where inverted; 0 is false, 1 is true. They
are int64 throughout, so that every helper is compiled once.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from bespoke.search.genome import Layout
from bespoke.sensing import ThermometerWires, Wires

#: Columns of the widest sum, with head-room for carries.
COLUMNS = 66

# Positions in Workspace.state.
NODES = 0
STAMP = 1
FIRST_AND = 2


class Workspace(NamedTuple):
    """Arrays of one builder, sized for one layout and a largest number of digits; see `workspace`."""

    fanin0: np.ndarray
    fanin1: np.ndarray
    table: np.ndarray
    stamps: np.ndarray
    state: np.ndarray
    columns: np.ndarray
    counts: np.ndarray
    bits: np.ndarray
    signals: np.ndarray
    signal_width: np.ndarray
    signal_high: np.ndarray
    next_signals: np.ndarray
    next_width: np.ndarray
    next_high: np.ndarray
    values: np.ndarray
    value_width: np.ndarray
    value_low: np.ndarray
    value_high: np.ndarray
    indices: np.ndarray
    outputs: np.ndarray
    places: np.ndarray
    read: np.ndarray


def workspace(layout: Layout, capacity: int, deepest: int, wires: Wires) -> Workspace:
    """Arrays for circuits of up to ``capacity`` nodes over binary wires, with columns of up to ``deepest`` bits.

    Over thermometer wires ``places`` holds the literal of ``feature >= level``, int32 (features, 2**bits + 1), 0 where
    there is no such wire; it is empty over binary wires. ``read`` is scratch: the mask of bits that neurons read.
    """
    places = np.zeros((0, 0), dtype=np.int64)
    if isinstance(wires, ThermometerWires):
        capacity += wires.count + wires.features * (2 << wires.bits)
        places = np.zeros((wires.features, (1 << wires.bits) + 1), dtype=np.int64)
        places[wires.levels[:, 0], wires.levels[:, 1]] = 2 + 2 * np.arange(wires.count)
    state = np.zeros(4, dtype=np.int64)
    state[FIRST_AND] = 1 + wires.count
    slots = 1 << max(10, int(2 * capacity - 1).bit_length())
    widest = max(layout.topology)
    classes = layout.topology[-1]
    return Workspace(
        fanin0=np.zeros(capacity, dtype=np.int32),
        fanin1=np.zeros(capacity, dtype=np.int32),
        table=np.zeros(slots, dtype=np.int32),
        stamps=np.zeros(slots, dtype=np.int32),
        state=state,
        columns=np.zeros((COLUMNS, deepest), dtype=np.int64),
        counts=np.zeros(COLUMNS, dtype=np.int64),
        bits=np.zeros(COLUMNS, dtype=np.int64),
        signals=np.zeros((widest, COLUMNS), dtype=np.int64),
        signal_width=np.zeros(widest, dtype=np.int64),
        signal_high=np.zeros(widest, dtype=np.int64),
        next_signals=np.zeros((widest, COLUMNS), dtype=np.int64),
        next_width=np.zeros(widest, dtype=np.int64),
        next_high=np.zeros(widest, dtype=np.int64),
        values=np.zeros((2 * classes, COLUMNS), dtype=np.int64),
        value_width=np.zeros(2 * classes, dtype=np.int64),
        value_low=np.zeros(2 * classes, dtype=np.int64),
        value_high=np.zeros(2 * classes, dtype=np.int64),
        indices=np.zeros((2 * classes, 32), dtype=np.int64),
        outputs=np.zeros(32, dtype=np.int64),
        places=places,
        read=np.zeros(layout.topology[0], dtype=np.int64),
    )


@njit(cache=True)
def and_(ws, first, second):
    """Literal of ``first & second``: folded, or found, or made.

    Short on purpose: inlined, it takes some 20 ns; rules that look a node deeper save one or two nodes in a hundred,
    and cost the inlining. So does a function for the look-up, shared with `circuit.graph`: the search is then
    several times slower.
    """
    if first > second:
        first, second = second, first
    if first == 0 or first == second ^ 1:
        return np.int64(0)
    if first == 1 or first == second:
        return np.int64(second)
    size = ws.table.size - 1
    slot = (first * 0x9E3779B1 + second * 0x85EBCA77) & 0x7FFFFFFF
    slot = (slot ^ (slot >> 15)) & size
    stamp = ws.state[STAMP]
    while ws.stamps[slot] == stamp:
        node = ws.table[slot]
        if ws.fanin0[node] == first and ws.fanin1[node] == second:
            return np.int64(2 * node)
        slot = (slot + 1) & size
    node = ws.state[NODES]
    ws.state[NODES] = node + 1
    ws.fanin0[node] = first
    ws.fanin1[node] = second
    ws.table[slot] = node
    ws.stamps[slot] = stamp
    return np.int64(2 * node)


@njit(cache=True)
def or_(ws, first, second):
    return and_(ws, first ^ 1, second ^ 1) ^ 1


@njit(cache=True)
def xor_(ws, first, second):
    """As ``!(a & b) & !(!a & !b)``: the first AND is the half adder's carry."""
    return and_(ws, and_(ws, first, second) ^ 1, and_(ws, first ^ 1, second ^ 1) ^ 1)


@njit(cache=True)
def mux_(ws, select, first, second):
    """``first`` where ``select`` holds, else ``second``."""
    if first == second:
        return np.int64(first)
    if first == second ^ 1:
        return xor_(ws, select, second)
    return or_(ws, and_(ws, select, first), and_(ws, select ^ 1, second))
