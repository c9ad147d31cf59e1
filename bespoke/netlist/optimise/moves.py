"""A candidate as a plan of gates; its exact price, its full trial on all patterns, and making the move."""

from __future__ import annotations

import numpy as np
from numba import njit

from bespoke.netlist.optimise.candidates import IDENTITY
from bespoke.netlist.optimise.cones import may_read, release, undo_release
from bespoke.netlist.optimise.signatures import count_ones, delta_leakage, evaluate, leakage, propagate
from bespoke.netlist.optimise.state import (
    SINK,
    add_live,
    connect,
    disconnect,
    remove_dead,
    soil,
)


@njit(cache=True)
def _existing(state, library, cell, pins):
    """A gate that already computes ``cell`` of the nets in ``state.plan``'s last line, or -1."""
    line = state.plan[state.now[0].plan_size]
    for pin in range(pins):
        if line[1 + pin] < 0:
            return -1
    source = line[1]
    if pins == 2 and state.node[line[2]].refs < state.node[source].refs:
        source = line[2]
    width = state.fanin.shape[1]
    edge = state.node[source].head
    while edge >= 0:
        reader = edge // width
        edge = state.edge[edge].following
        if state.node[reader].cell != cell or not may_read(state, reader):
            continue
        same = True
        for pin in range(pins):
            same &= state.fanin[reader, pin] == line[1 + pin]
        if library.cell[cell].symmetric and state.fanin[reader, 0] == line[2] and state.fanin[reader, 1] == line[1]:
            same = True
        if same:
            return reader
    return -1


@njit(cache=True)
def _add_gate(state, library, cell, first, second):
    """A gate of the plan, or the existing gate that does the same; returns what to read."""
    line = state.plan[state.now[0].plan_size]
    line[0], line[1] = cell, first
    pins = library.cell[cell].arity
    if pins == 2:
        line[2] = second
    known = _existing(state, library, cell, pins)
    if known >= 0:
        return known
    state.now[0].plan_size += 1
    return -state.now[0].plan_size


@njit(cache=True)
def build_plan(state, library, candidate):
    """Write the gates that a candidate needs into ``plan``; False where the candidate is what is there already."""
    state.now[0].plan_size = 0
    first, second, function = candidate.first, candidate.second, candidate.function
    source = first
    if function != IDENTITY or second >= 0:
        template = candidate.template
        made = np.empty(8, dtype=np.int32)
        made[0], made[1] = first, second
        for gate in range(library.template_size[function, template]):
            pins = library.template_pins[function, template, gate]
            cell = library.template_cell[function, template, gate]
            made[2 + gate] = _add_gate(state, library, cell, made[pins[0]], made[pins[1]])
            source = made[2 + gate]
    if candidate.top_cell >= 0:
        if candidate.top_pin == 0:
            source = _add_gate(state, library, candidate.top_cell, source, candidate.top_net)
        else:
            source = _add_gate(state, library, candidate.top_cell, candidate.top_net, source)
    state.now[0].plan_source = source
    return source != state.now[0].target and state.now[0].plan_size <= state.now[0].free_count


@njit(cache=True)
def _row(state, net):
    """Row of a net or of a plan's gate."""
    return net if net >= 0 else 2 * len(state.node) - 1 - net


@njit(cache=True)
def _evaluate_plan(state, library, first, last):
    """Rows of the plan's gates; returns the row of what the target's readers will read."""
    for gate in range(state.now[0].plan_size):
        cell = state.plan[gate, 0]
        for pin in range(library.cell[cell].arity):
            state.pin_rows[pin] = _row(state, state.plan[gate, 1 + pin])
        evaluate(state.rows, state.pin_rows, library, cell, _row(state, -1 - gate), first, last)
    return _row(state, state.now[0].plan_source)


@njit(cache=True)
def try_plan(state, library):
    """Follow the plan through the fan-out cone on every pattern; False if an output changes on one."""
    words = state.now[0].words
    row = _evaluate_plan(state, library, 0, words)
    if state.now[0].bounded:
        state.now[0].changed += 1
        for word in range(words):  # noqa: SIM110 - a compiled loop, not a generator
            if state.rows[row, word] != state.rows[state.now[0].target, word]:
                return False
        return True
    return not propagate(state, library, row, 0, words)


@njit(cache=True)
def _redirected(state):
    """Number of edges that the move takes from the target."""
    return state.node[state.now[0].target].refs if state.now[0].target_edge < 0 else 1


@njit(cache=True)
def price_plan(state, library):
    """Change of area and static power that the plan brings, into ``now.gain_area`` and ``now.gain_static``."""
    data_words = state.now[0].data_words
    target = state.now[0].target
    row = _evaluate_plan(state, library, 0, data_words)
    area, static = 0.0, 0.0
    for gate in range(state.now[0].plan_size):
        cell = state.plan[gate, 0]
        for pin in range(library.cell[cell].arity):
            state.pin_rows[pin] = _row(state, state.plan[gate, 1 + pin])
        count_ones(state, _row(state, -1 - gate))
        area += library.cell[cell].area
        static += leakage(state, library, cell)
    if not state.now[0].bounded:
        propagate(state, library, row, 0, data_words)
        static += delta_leakage(state, library, row)
    moved = _redirected(state)
    _reference_plan(state, library, 1)
    state.node[target].refs -= moved
    if state.node[target].refs == 0 and state.node[target].cell >= 0:
        freed_area, freed_static, size = release(state, library, target)
        undo_release(state, library, size)
        area -= freed_area
        static -= freed_static
    state.node[target].refs += moved
    _reference_plan(state, library, -1)
    state.now[0].gain_area = area
    state.now[0].gain_static = static


@njit(cache=True)
def _reference_plan(state, library, step):
    for gate in range(state.now[0].plan_size):
        for pin in range(library.cell[state.plan[gate, 0]].arity):
            source = state.plan[gate, 1 + pin]
            if source >= 0:
                state.node[source].refs += step
    if state.now[0].plan_source >= 0:
        state.node[state.now[0].plan_source].refs += step


@njit(cache=True)
def commit(state, library):
    """Make the move in hand. ``try_plan`` must have run last, so that the changed values are at hand."""
    target, target_edge = state.now[0].target, state.now[0].target_edge
    nodes = len(state.node)
    width = state.fanin.shape[1]
    words = state.now[0].words
    edges = np.empty(_redirected(state), dtype=np.int64)
    edge = target_edge if target_edge >= 0 else state.node[target].head
    for index in range(len(edges)):
        edges[index] = edge
        edge = state.edge[edge].following
    made = np.empty(state.now[0].plan_size, dtype=np.int64)
    for gate in range(state.now[0].plan_size):
        state.now[0].free_count -= 1
        node = state.slot[state.now[0].free_count].free
        made[gate] = node
        cell = state.plan[gate, 0]
        state.node[node].cell = cell
        for pin in range(library.cell[cell].arity):
            source = state.plan[gate, 1 + pin]
            if source < 0:
                source = made[-1 - source]
            connect(state, node, pin, source)
            state.pin_rows[pin] = source
        state.rows[node, :words] = state.rows[_row(state, -1 - gate), :words]
        count_ones(state, node)
        state.node[node].leak = leakage(state, library, cell)
        state.now[0].area += library.cell[cell].area
        state.now[0].static += state.node[node].leak
        add_live(state, node)
        soil(state, node)
    source = state.now[0].plan_source
    if source < 0:
        source = made[-1 - source]
    for edge in edges:
        disconnect(state, edge // width, edge % width)
        connect(state, edge // width, edge % width, source)
    stamp = state.now[0].changed
    for index in range(state.now[0].order_count):
        node = state.slot[index].order
        if state.node[node].changed == stamp and state.node[node].cell != SINK:
            state.rows[node, :words] = state.rows[nodes + node, :words]
            count_ones(state, node)
            soil(state, node)
    for index in range(state.now[0].order_count):
        node = state.slot[index].order
        if state.node[node].evaluated == stamp and state.node[node].cell >= 0:
            for pin in range(library.cell[state.node[node].cell].arity):
                state.pin_rows[pin] = state.fanin[node, pin]
            fresh = leakage(state, library, state.node[node].cell)
            state.now[0].static += fresh - state.node[node].leak
            state.node[node].leak = fresh
    state.now[0].sorted = 0
    state.now[0].commits += 1
    if state.node[target].refs == 0:
        remove_dead(state, library, target)
    return source
