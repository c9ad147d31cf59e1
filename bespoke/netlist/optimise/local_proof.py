"""Proof by truth table: a move that holds for every value of a small cut before it holds for every input.

Sound but not complete: values that the cut can never take are counted as possible. What this does not prove goes to
SAT.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from bespoke.netlist.optimise.signatures import evaluate
from bespoke.netlist.optimise.state import SINK, SOURCE, STRIPES, pins_of

#: A cut has at most so many nets; the table of 2**14 states is 256 words.
CUT_LIMIT = 14
#: First attempt with a smaller cut: most moves that hold are proven on a few nets.
SMALL_CUT = 9
#: Nodes between cut and move.
INSIDE_LIMIT = 120
#: Rows of the table: nodes inside, cut, new values and gates of the move.
TABLE_ROWS = 2 * INSIDE_LIMIT + CUT_LIMIT + 64


@njit(cache=True)
def _leaf(state, net):
    """Put a net on the cut unless it is there, inside, or constant; whether it is new."""
    if net < 2 or state.node[net].inside == state.now[0].inside:
        return False
    state.node[net].inside = state.now[0].inside
    state.slot[state.now[0].cut_count].cut = net
    state.now[0].cut_count += 1
    return True


@njit(cache=True)
def _expansion_cost(state, library, net):
    """How many nets the cut grows by if ``net`` is replaced by its fanins."""
    cost = -1
    for pin in range(pins_of(state, library, net)):
        source = state.fanin[net, pin]
        repeated = False
        for other in range(pin):
            repeated |= state.fanin[net, other] == source
        if source >= 2 and not repeated and state.node[source].inside != state.now[0].inside:
            cost += 1
    return cost


@njit(cache=True)
def _expand(state, library, position):
    """Replace a net of the cut by its fanins; the net goes inside."""
    net = state.slot[position].cut
    state.now[0].cut_count -= 1
    state.slot[position].cut = state.slot[state.now[0].cut_count].cut
    state.slot[state.now[0].inside_count].within = net
    state.now[0].inside_count += 1
    for pin in range(pins_of(state, library, net)):
        _leaf(state, state.fanin[net, pin])


@njit(cache=True)
def _start_cut(state, library, keeps_value):
    """The cut right before the move: what its gates read, and what the nodes that see the change read besides."""
    now = state.now[0]
    now.inside += 1
    now.cut_count = 0
    now.inside_count = 0
    for gate in range(now.plan_size):
        for pin in range(library.cell[state.plan[gate, 0]].arity):
            if state.plan[gate, 1 + pin] >= 0:
                _leaf(state, state.plan[gate, 1 + pin])
    if now.plan_source >= 0:
        _leaf(state, now.plan_source)
    _leaf(state, now.target)
    if keeps_value:
        return True
    for index in range(now.order_count):
        node = state.slot[index].order
        if state.node[node].evaluated != now.changed:
            continue
        if now.cut_count > 4 * CUT_LIMIT:
            return False
        if state.node[node].cell == SINK:
            _leaf(state, state.fanin[node, 0])
        else:
            _leaf(state, node)
    # What sees the change is computed in both versions, so it must lie inside.
    position = 0
    while position < now.cut_count:
        net = state.slot[position].cut
        if state.node[net].evaluated == now.changed and state.node[net].cell >= 0:
            if now.inside_count >= INSIDE_LIMIT or now.cut_count > 4 * CUT_LIMIT:
                return False
            _expand(state, library, position)
        else:
            position += 1
    return now.cut_count <= CUT_LIMIT


@njit(cache=True)
def _grow_cut(state, library, limit):
    """Expand the cut backwards where that costs least, up to ``limit`` nets; whether anything was expanded."""
    now = state.now[0]
    grown = False
    while now.inside_count < INSIDE_LIMIT:
        best, best_cost = -1, 1 << 30
        for position in range(now.cut_count):
            net = state.slot[position].cut
            if state.node[net].cell == SOURCE:
                continue
            cost = _expansion_cost(state, library, net)
            if cost < best_cost:
                best, best_cost = position, cost
        if best < 0 or now.cut_count + best_cost > limit:
            break
        _expand(state, library, best)
        grown = True
    return grown


@njit(cache=True)
def _fill_cut(state, table, words):
    """Rows of the cut's nets: every combination of their values. Rows 0 and 1 are the constants."""
    now = state.now[0]
    for word in range(words):
        table[0, word] = np.uint64(0)
        table[1, word] = ~np.uint64(0)
    for position in range(now.cut_count):
        net = state.slot[position].cut
        state.node[net].row = 2 + position
        for word in range(words):
            if position < 6:
                table[2 + position, word] = STRIPES[position]
            else:
                table[2 + position, word] = ~np.uint64(0) if word >> (position - 6) & 1 else np.uint64(0)
    return 2 + now.cut_count


@njit(cache=True)
def _fill_inside(state, library, table, words, row):
    """Rows of the nodes inside, fanins first; returns the next free row."""
    now = state.now[0]
    state.node[0].row, state.node[1].row = 0, 1
    for index in range(now.inside_count):
        state.node[state.slot[index].within].row = -1
    for index in range(now.inside_count):
        state.slot[0].stack = state.slot[index].within
        size = 1
        while size:
            node = state.slot[size - 1].stack
            if state.node[node].row >= 0:
                size -= 1
                continue
            ready = True
            for pin in range(pins_of(state, library, node)):
                source = state.fanin[node, pin]
                if state.node[source].row < 0:
                    state.slot[size].stack = source
                    size += 1
                    ready = False
                state.pin_rows[pin] = state.node[source].row
            if ready:
                evaluate(table, state.pin_rows, library, state.node[node].cell, row, 0, words)
                state.node[node].row = row
                row += 1
                size -= 1
    return row


@njit(cache=True)
def _plan_row(net, first_plan_row, state):
    return state.node[net].row if net >= 0 else first_plan_row - 1 - net


@njit(cache=True)
def _equal_rows(table, a, b, words):
    for word in range(words):  # noqa: SIM110 - a compiled loop, not a generator
        if table[a, word] != table[b, word]:
            return False
    return True


@njit(cache=True)
def _holds(state, library, table, keeps_value):
    """Whether the move changes nothing that it must not change, for every value of the cut as it stands."""
    now = state.now[0]
    words = 1 << max(0, now.cut_count - 6)
    row = _fill_cut(state, table, words)
    row = _fill_inside(state, library, table, words, row)
    first_plan_row = row
    for gate in range(now.plan_size):
        cell = state.plan[gate, 0]
        for pin in range(library.cell[cell].arity):
            state.pin_rows[pin] = _plan_row(state.plan[gate, 1 + pin], first_plan_row, state)
        evaluate(table, state.pin_rows, library, cell, row, 0, words)
        row += 1
    new_row = _plan_row(now.plan_source, first_plan_row, state)
    if keeps_value:
        return _equal_rows(table, new_row, state.node[now.target].row, words)
    width = state.fanin.shape[1]
    for index in range(now.order_count):
        node = state.slot[index].order
        if state.node[node].evaluated != now.changed:
            continue
        for pin in range(pins_of(state, library, node)):
            source = state.fanin[node, pin]
            if source == now.target and (now.target_edge < 0 or now.target_edge == node * width + pin):
                state.pin_rows[pin] = new_row
            elif state.node[source].changed == now.changed:
                state.pin_rows[pin] = state.node[source].new_row
            else:
                state.pin_rows[pin] = state.node[source].row
        kind = state.node[node].cell
        if kind == SINK:
            if not _equal_rows(table, state.pin_rows[0], state.node[state.fanin[node, 0]].row, words):
                return False
            continue
        if row >= table.shape[0]:
            return False
        evaluate(table, state.pin_rows, library, kind, row, 0, words)
        if state.node[node].changed == now.changed:
            state.node[node].new_row = row
        elif not _equal_rows(table, row, state.node[node].row, words):
            return False
        row += 1
    return True


@njit(cache=True)
def proven_locally(state, library, table):
    """Whether the move in hand (``try_plan`` has run) can be proven on a cut of few nets."""
    now = state.now[0]
    words = now.words
    keeps_value = True
    new_row = now.plan_source if now.plan_source >= 0 else 2 * len(state.node) - 1 - now.plan_source
    for word in range(words):
        if state.rows[new_row, word] != state.rows[now.target, word]:
            keeps_value = False
            break
    if not _start_cut(state, library, keeps_value):
        return False
    _grow_cut(state, library, SMALL_CUT)
    if _holds(state, library, table, keeps_value):
        return True
    return _grow_cut(state, library, CUT_LIMIT) and _holds(state, library, table, keeps_value)
