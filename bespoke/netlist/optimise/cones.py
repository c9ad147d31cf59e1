"""What surrounds the target of a move: its fan-out cone, its observability, what it keeps alive, its neighbourhood."""

from __future__ import annotations

from numba import njit

from bespoke.netlist.optimise.signatures import propagate
from bespoke.netlist.optimise.state import (
    FREE,
    SINK,
    SOURCE,
    pins_of,
    random_below,
    sort_gates,
)


@njit(cache=True)
def set_target(state, library, target, target_edge, cone_limit):
    """Choose what the next move replaces: all readers of ``target``, or one edge.

    Puts the fan-out cone into ``order``, readers after what they read, and marks it. A cone of more than
    ``cone_limit`` nodes is left out (``now.bounded``): the target must then keep its value on every pattern.
    """
    state.now[0].target = target
    state.now[0].target_edge = target_edge
    state.now[0].stamp += 1
    stamp = state.now[0].stamp
    width = state.fanin.shape[1]
    count = 0
    first = target_edge if target_edge >= 0 else state.node[target].head
    while first >= 0 and count <= cone_limit:
        root = first // width
        if state.node[root].mark != stamp:
            state.node[root].mark = stamp
            state.node[root].walk = state.node[root].head
            state.slot[0].stack = root
            size = 1
            while size:
                node = state.slot[size - 1].stack
                edge = state.node[node].walk
                if edge < 0:
                    size -= 1
                    state.slot[count].order = node
                    count += 1
                    if count > cone_limit:
                        break
                    continue
                state.node[node].walk = state.edge[edge].following
                reader = edge // width
                if state.node[reader].mark != stamp:
                    state.node[reader].mark = stamp
                    state.node[reader].walk = state.node[reader].head
                    state.slot[size].stack = reader
                    size += 1
        if target_edge >= 0:
            break
        first = state.edge[first].following
    state.now[0].bounded = count > cone_limit
    if state.now[0].bounded:
        if not state.now[0].sorted:
            sort_gates(state, library)
        state.now[0].order_count = 0
        return
    for index in range(count // 2):
        state.slot[index].order, state.slot[count - 1 - index].order = (
            state.slot[count - 1 - index].order,
            state.slot[index].order,
        )
    state.now[0].order_count = count


@njit(cache=True)
def may_read(state, node):
    """Whether the new logic of the target may read ``node``: no sink, nothing that depends on the target."""
    kind = state.node[node].cell
    if kind in (FREE, SINK) or (kind == SOURCE and not state.node[node].usable):
        return False
    if state.now[0].bounded:
        return state.node[node].depth <= state.node[state.now[0].target].depth
    return state.node[node].mark != state.now[0].stamp


@njit(cache=True)
def specify(state, library):
    """On- and off-set of the target over all patterns, into ``specification``: where flipping it reaches an output."""
    words = state.now[0].words
    target = state.now[0].target
    rows = state.rows
    flipped = 2 * len(state.node)
    for word in range(words):
        rows[flipped, word] = ~rows[target, word]
    if state.now[0].bounded:
        for word in range(words):
            state.specification[0, word] = rows[target, word]
            state.specification[1, word] = rows[flipped, word]
        return
    propagate(state, library, flipped, 0, words)
    observed = rows.shape[0] - 1
    for word in range(words):
        state.specification[0, word] = rows[target, word] & rows[observed, word]
        state.specification[1, word] = rows[flipped, word] & rows[observed, word]


@njit(cache=True)
def release(state, library, node):
    """Take away the references of ``node``, which nothing reads any more, and of all that dies with it.

    Returns the area and the static power that die; the dead are listed in ``walk``, their number is the third value.
    """
    area, static = 0.0, 0.0
    state.node[0].walk = node
    size = 1
    position = 0
    while position < size:
        dead = state.node[position].walk
        position += 1
        kind = state.node[dead].cell
        area += library.cell[kind].area
        static += state.node[dead].leak
        for pin in range(library.cell[kind].arity):
            source = state.fanin[dead, pin]
            state.node[source].refs -= 1
            if state.node[source].refs == 0 and state.node[source].cell >= 0:
                state.node[size].walk = source
                size += 1
    return area, static, size


@njit(cache=True)
def undo_release(state, library, size):
    """Give the references back that ``release`` took."""
    for position in range(size):
        dead = state.node[position].walk
        for pin in range(library.cell[state.node[dead].cell].arity):
            state.node[state.fanin[dead, pin]].refs += 1


@njit(cache=True)
def measure_freed(state, library):
    """Area that goes if the target's readers read something else altogether, into ``now.freed``."""
    target = state.now[0].target
    state.now[0].freed = 0.0
    if state.node[target].cell < 0 or (state.now[0].target_edge >= 0 and state.node[target].refs > 1):
        return
    area, _, size = release(state, library, target)
    undo_release(state, library, size)
    state.now[0].freed = area


@njit(cache=True)
def _offer(state, node):
    """Add a net to the divisors unless it is there or may not be read."""
    if state.node[node].seen == state.now[0].seen:
        return
    state.node[node].seen = state.now[0].seen
    state.slot[state.now[0].divisor_count].stack = node
    state.now[0].divisor_count += 1


@njit(cache=True)
def gather_divisors(state, library, limit, pair_limit):
    """Nets that the new logic may read, nearest first: the neighbourhood of the target and some nets from afar.

    The first ``pair_count`` divisors are tried in pairs: half of them near, half drawn from the others.
    """
    target = state.now[0].target
    width = state.fanin.shape[1]
    state.now[0].seen += 1
    state.now[0].divisor_count = 0
    _offer(state, target)
    position = 0
    # Breadth first over fanins and readers alike; ``stack`` holds what was reached.
    while position < state.now[0].divisor_count and state.now[0].divisor_count < limit:
        node = state.slot[position].stack
        position += 1
        for pin in range(pins_of(state, library, node)):
            _offer(state, state.fanin[node, pin])
        edge = state.node[node].head
        while edge >= 0 and state.now[0].divisor_count < limit:
            _offer(state, edge // width)
            edge = state.edge[edge].following
    if state.now[0].divisor_count >= limit and state.now[0].live_count > 0:
        for _ in range(limit // 4):
            _offer(state, state.slot[random_below(state, state.now[0].live_count)].live)
    reached = state.now[0].divisor_count
    count = 0
    for position in range(reached):
        node = state.slot[position].stack
        if node == target and state.now[0].target_edge < 0:
            continue
        if node > 1 and may_read(state, node):
            state.slot[count].divisor = node
            count += 1
    state.now[0].divisor_count = count
    pairs = min(count, pair_limit)
    if count > pair_limit:
        for place in range(pair_limit // 2, pair_limit):
            other = place + random_below(state, count - place)
            state.slot[place].divisor, state.slot[other].divisor = state.slot[other].divisor, state.slot[place].divisor
    state.now[0].pair_count = pairs


@njit(cache=True)
def usable_sources(state):
    """A source is of use where something reads it: the others' signatures need not vary."""
    for node in range(len(state.node)):
        state.node[node].usable = state.node[node].cell == SOURCE and (node < 2 or state.node[node].refs > 0)
