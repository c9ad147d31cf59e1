"""The netlist under work: arrays with fan-out lists, signatures and room to grow, shared by all kernels.

A node is a net of the netlist; output bits are nodes too (``SINK``), with one fanin and no cell. Edge
``node * pins + pin`` is an input pin; the edges that read a node form a doubly linked list.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from bespoke.kernel_words import SCRAMBLER, next_state
from bespoke.netlist.optimise.library import Library
from bespoke.netlist.types import Netlist

#: Kinds of node in ``State.node`` besides the cell indices.
SOURCE, FREE, SINK = -1, -2, -3

#: Gates of the largest move: a template below a top gate.
PLAN_GATES = 6

#: Candidates of one target that are priced exactly.
SHORTLIST = 6

#: Slots of the memory of moves that could not be proven.
TURNED_DOWN = 1 << 14

#: Values of the first six of several nets over all their combinations.
STRIPES = np.array(
    [
        0xAAAAAAAAAAAAAAAA,
        0xCCCCCCCCCCCCCCCC,
        0xF0F0F0F0F0F0F0F0,
        0xFF00FF00FF00FF00,
        0xFFFF0000FFFF0000,
        0xFFFFFFFF00000000,
    ],
    dtype=np.uint64,
)

#: Row of ``State.specification`` with ones where a data word holds a vector.
DATA_MASK = 4

_NODE = np.dtype(
    [
        ("cell", np.int32),  # index into the library, or SOURCE, FREE, SINK
        ("refs", np.int32),  # edges that read the node
        ("head", np.int32),  # the first of them
        ("mark", np.int32),  # ``now.stamp`` where the node is in the target's fan-out cone
        ("changed", np.int32),  # ``now.changed`` where the change being tried alters the node's value
        ("evaluated", np.int32),  # ``now.changed`` where it alters a fanin
        ("walk", np.int32),  # scratch of traversals
        ("seen", np.int32),  # ``now.seen`` where the node has been offered as a divisor
        ("depth", np.int32),  # position in the last topological order
        ("place", np.int32),  # of a gate in the list of gates
        ("inside", np.int32),  # ``now.inside`` where the node is on or behind the cut of a local proof
        ("row", np.int32),  # its row in the table of the local proof, before the move
        ("new_row", np.int32),  # and after it
        ("usable", np.int32),  # 1 for a source that new logic may read
        ("leak", np.float64),  # mean static power over the data, nW
    ],
    align=True,
)
# Lists of nodes; entry i of each.
_SLOT = np.dtype(
    [(name, np.int32) for name in ("stack", "order", "free", "live", "divisor", "best_cell", "cut", "within", "dirty")]
)
_EDGE = np.dtype([("following", np.int32), ("preceding", np.int32)])
_CANDIDATE = np.dtype(
    [
        ("key", np.float64),  # estimated price with noise
        ("first", np.int32),
        ("second", np.int32),  # -1 for a single net
        ("function", np.int32),  # of the two nets
        ("template", np.int32),  # which of the function's
        ("top_cell", np.int32),  # a gate above, or -1
        ("top_pin", np.int32),  # the pin that the function feeds
        ("top_net", np.int32),  # what the other pin reads
    ],
    align=True,
)
_TURNED_DOWN = np.dtype([("move", np.uint64), ("until", np.int64)])
_NOW = np.dtype(
    [
        ("words", np.int64),  # words of a signature in use
        ("data_words", np.int64),  # the first of them hold the data
        ("data_count", np.int64),  # data vectors
        ("free_count", np.int64),
        ("live_count", np.int64),  # gates
        ("order_count", np.int64),
        ("divisor_count", np.int64),
        ("pair_count", np.int64),  # the first divisors, tried in pairs
        ("candidate_count", np.int64),
        ("stamp", np.int64),  # last mark of a fan-out cone
        ("changed", np.int64),  # last mark of a propagation
        ("seen", np.int64),  # last mark of a neighbourhood
        ("inside", np.int64),  # last mark of a local proof
        ("cut_count", np.int64),
        ("inside_count", np.int64),
        ("dirty_count", np.int64),  # nodes whose function changed since the solver looked; more than fit if too many
        ("local_proofs", np.int64),
        ("sorted", np.int64),  # 1 while ``depth`` is up to date
        ("bounded", np.int64),  # 1 where the fan-out cone of the target is too large to follow
        ("target", np.int64),  # node that the move in hand replaces
        ("target_edge", np.int64),  # the one edge where it does, or -1 for all
        ("move", np.uint64),  # the move in hand as one number
        ("plan_size", np.int64),  # gates of the move
        ("plan_source", np.int64),  # what is read instead of the target
        ("tries", np.int64),  # targets looked at
        ("commits", np.int64),  # moves made
        ("best_is_current", np.int64),  # 1 while the netlist at hand is the best so far
        ("random", np.uint64),  # state of the generator
        ("area", np.float64),  # µm²
        ("static", np.float64),  # mean over the data, nW
        ("per_area", np.float64),  # price of a µm²
        ("per_static", np.float64),  # price of a nW
        ("best", np.float64),  # price of the best netlist
        ("freed", np.float64),  # area that the target alone keeps alive
        ("gain_area", np.float64),  # what the move in hand adds (negative where it saves)
        ("gain_static", np.float64),
    ]
)


class State(NamedTuple):
    """Arrays of the netlist under work; records, so that compiled kernels pass few of them.

    node : records (nodes,).
    slot : records (nodes,), lists of nodes.
    edge : records (nodes * pins,), the fan-out lists.
    fanin, best_fanin : int32 (nodes, pins).
    rows : uint64 (2 * nodes + PLAN_GATES + 1, words), signatures. Row n is node n, row nodes + n its value under the
        change being tried, then come the new gates of the move and one scratch row.
    ones : int64 (rows,), high data vectors of each row.
    specification : uint64 (5, words), values that a target must take (on, off), the same one gate deeper, and a mask.
    plan : int32 (PLAN_GATES + 1, 1 + pins), cell and fanins; fanin ``-1 - g`` is the plan's gate g.
    candidates : records (SHORTLIST,).
    turned_down : records (TURNED_DOWN,), moves that could not be proven, and up to how many tries they are left alone.
    pin_rows : int64, the rows that the pins of the gate being computed read.
    now : one record, the counters.
    """

    node: np.ndarray
    slot: np.ndarray
    edge: np.ndarray
    fanin: np.ndarray
    best_fanin: np.ndarray
    rows: np.ndarray
    ones: np.ndarray
    specification: np.ndarray
    plan: np.ndarray
    candidates: np.ndarray
    turned_down: np.ndarray
    pin_rows: np.ndarray
    now: np.ndarray


def new_state(netlist: Netlist, gate_cells: np.ndarray, *, words: int, seed: int) -> State:
    """Arrays for a combinational ``netlist``, its gates' cells given as indices into the library; all rows zero."""
    first, gates, outputs = netlist.first_gate_net, netlist.gates, len(netlist.output_nets)
    pins = max(2, netlist.gate_fanins.shape[1] if gates else 1)
    nodes = netlist.nets + outputs + 64 + gates // 2
    node = np.zeros(nodes, dtype=_NODE)
    node["cell"] = FREE
    node["cell"][:first] = SOURCE
    node["cell"][first : netlist.nets] = gate_cells
    node["cell"][netlist.nets : netlist.nets + outputs] = SINK
    fanin = np.full((nodes, pins), -1, dtype=np.int32)
    if gates:
        fanin[first : netlist.nets, : netlist.gate_fanins.shape[1]] = netlist.gate_fanins
    fanin[netlist.nets : netlist.nets + outputs, 0] = netlist.output_nets
    now = np.zeros(1, dtype=_NOW)
    now["random"] = (seed * 0x9E3779B97F4A7C15 + 0x1234567) & 0xFFFFFFFFFFFFFFFF | 1
    now["best"] = np.inf
    rows = 2 * nodes + PLAN_GATES + 1
    return State(
        node=node,
        slot=np.zeros(nodes, dtype=_SLOT),
        edge=np.zeros(nodes * pins, dtype=_EDGE),
        fanin=fanin,
        best_fanin=fanin.copy(),
        rows=np.zeros((rows, words), dtype=np.uint64),
        ones=np.zeros(rows, dtype=np.int64),
        specification=np.zeros((DATA_MASK + 1, words), dtype=np.uint64),
        plan=np.zeros((PLAN_GATES + 1, 1 + pins), dtype=np.int32),
        candidates=np.zeros(SHORTLIST, dtype=_CANDIDATE),
        turned_down=np.zeros(TURNED_DOWN, dtype=_TURNED_DOWN),
        pin_rows=np.zeros(max(pins, 4), dtype=np.int64),
        now=now,
    )


@njit(cache=True)
def random_below(state, bound):
    """A whole number in 0..bound-1 (xorshift64*)."""
    state.now[0].random = next_state(state.now[0].random)
    high = (state.now[0].random * SCRAMBLER) >> np.uint64(33)
    return np.int64(high % np.uint64(bound))


@njit(cache=True)
def random_unit(state):
    """A number in (0, 1)."""
    return (random_below(state, 1 << 30) + 0.5) / (1 << 30)


@njit(cache=True)
def connect(state, node, pin, source):
    """Let an input pin read ``source``; the pin must be open."""
    edge = node * state.fanin.shape[1] + pin
    state.fanin[node, pin] = source
    first = state.node[source].head
    state.edge[edge].following = first
    state.edge[edge].preceding = -1
    if first >= 0:
        state.edge[first].preceding = edge
    state.node[source].head = edge
    state.node[source].refs += 1


@njit(cache=True)
def disconnect(state, node, pin):
    """Open an input pin."""
    edge = node * state.fanin.shape[1] + pin
    source = state.fanin[node, pin]
    before, after = state.edge[edge].preceding, state.edge[edge].following
    if before >= 0:
        state.edge[before].following = after
    else:
        state.node[source].head = after
    if after >= 0:
        state.edge[after].preceding = before
    state.node[source].refs -= 1
    state.fanin[node, pin] = -1


@njit(cache=True)
def pins_of(state, library, node):
    """Number of pins of a node."""
    kind = state.node[node].cell
    if kind >= 0:
        return library.cell[kind].arity
    return 1 if kind == SINK else 0


@njit(cache=True)
def add_live(state, node):
    state.node[node].place = state.now[0].live_count
    state.slot[state.now[0].live_count].live = node
    state.now[0].live_count += 1


@njit(cache=True)
def soil(state, node):
    """Note that the function of ``node`` is another now, or that it came or went."""
    if state.now[0].dirty_count < len(state.slot):
        state.slot[state.now[0].dirty_count].dirty = node
    state.now[0].dirty_count += 1


@njit(cache=True)
def remove_dead(state, library, node):
    """Free ``node`` if nothing reads it, and what it alone kept alive; area and static power follow."""
    state.slot[0].stack = node
    size = 1
    while size:
        size -= 1
        dead = state.slot[size].stack
        if state.node[dead].cell < 0 or state.node[dead].refs > 0:
            continue
        state.now[0].area -= library.cell[state.node[dead].cell].area
        state.now[0].static -= state.node[dead].leak
        for pin in range(library.cell[state.node[dead].cell].arity):
            source = state.fanin[dead, pin]
            disconnect(state, dead, pin)
            if state.node[source].refs == 0 and state.node[source].cell >= 0:
                state.slot[size].stack = source
                size += 1
        state.node[dead].cell = FREE
        soil(state, dead)
        state.slot[state.now[0].free_count].free = dead
        state.now[0].free_count += 1
        last = state.slot[state.now[0].live_count - 1].live
        state.slot[state.node[dead].place].live = last
        state.node[last].place = state.node[dead].place
        state.now[0].live_count -= 1


@njit(cache=True)
def link(state, library):
    """Build fan-out lists, the list of gates and the free list from ``cell`` and ``fanin``; drop dead gates."""
    state.now[0].free_count = 0
    state.now[0].live_count = 0
    nodes = len(state.node)
    for node in range(nodes):
        state.node[node].head = -1
        state.node[node].refs = 0
    for node in range(nodes - 1, -1, -1):
        if state.node[node].cell == FREE:
            state.slot[state.now[0].free_count].free = node
            state.now[0].free_count += 1
    for node in range(nodes):
        if state.node[node].cell >= 0:
            add_live(state, node)
        for pin in range(pins_of(state, library, node)):
            connect(state, node, pin, state.fanin[node, pin])
    # Area and power of the dead do not count: they are summed up after this.
    for node in range(nodes):
        if state.node[node].cell >= 0 and state.node[node].refs == 0:
            remove_dead(state, library, node)


@njit(cache=True)
def keep_best(state):
    """Remember the netlist at hand as the best."""
    for node in range(len(state.node)):
        state.slot[node].best_cell = state.node[node].cell
    state.best_fanin[:] = state.fanin


@njit(cache=True)
def sort_gates(state, library):
    """Live nodes in topological order into ``order``; their number. Fills ``depth``, the position of each node."""
    nodes = len(state.node)
    count = 0
    size = 0
    for node in range(nodes):
        state.node[node].walk = pins_of(state, library, node)
        if state.node[node].walk == 0 and state.node[node].cell != FREE:
            state.slot[size].stack = node
            size += 1
    while size:
        size -= 1
        node = state.slot[size].stack
        state.node[node].depth = count
        state.slot[count].order = node
        count += 1
        edge = state.node[node].head
        while edge >= 0:
            reader = edge // state.fanin.shape[1]
            state.node[reader].walk -= 1
            if state.node[reader].walk == 0:
                state.slot[size].stack = reader
                size += 1
            edge = state.edge[edge].following
    state.now[0].sorted = 1
    state.now[0].order_count = 0
    return count


def restore_best(state: State, library: Library) -> None:
    """Go back to the best netlist; signatures must be computed again."""
    state.node["cell"] = state.slot["best_cell"]
    state.fanin[:] = state.best_fanin
    link(state, library)
