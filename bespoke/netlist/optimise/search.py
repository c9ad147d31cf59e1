"""The compiled search: draw a target, list candidates, price the shortlist, choose; until one waits for its proof."""

from __future__ import annotations

import numpy as np
from numba import njit

from bespoke.netlist.optimise.candidates import below_a_gate, pairs_of_nets, single_nets
from bespoke.netlist.optimise.cones import gather_divisors, measure_freed, set_target, specify
from bespoke.netlist.optimise.local_proof import proven_locally
from bespoke.netlist.optimise.moves import build_plan, commit, price_plan, try_plan
from bespoke.netlist.optimise.state import (
    keep_best,
    random_below,
    random_unit,
)

#: Moves that change the value of more nodes than this are turned down: they hardly ever hold.
REGION_LIMIT = 40
#: A move that could not be proven is left alone while every gate is looked at so many times.
PATIENCE = 8
#: Cones of more nodes are not followed; nets looked at as divisors, alone and in pairs.
CONE_LIMIT, NET_LIMIT, PAIR_LIMIT = 3000, 500, 64


@njit(cache=True)
def price(state):
    """The price of the netlist at hand."""
    return state.now[0].area * state.now[0].per_area + state.now[0].static * state.now[0].per_static


@njit(cache=True)
def growth(state):
    """Change of the price that the plan in hand brings."""
    return state.now[0].gain_area * state.now[0].per_area + state.now[0].gain_static * state.now[0].per_static


@njit(cache=True)
def draw_target(state, library):
    """A random gate, as a whole or at one of its readers."""
    target = state.slot[random_below(state, state.now[0].live_count)].live
    edge = -1
    if state.node[target].refs > 1 and random_below(state, 2) == 0:
        edge = state.node[target].head
        for _ in range(random_below(state, state.node[target].refs)):
            edge = state.edge[edge].following
    set_target(state, library, np.int64(target), np.int64(edge), np.int64(CONE_LIMIT))


@njit(cache=True)
def list_candidates(state, library, slack, temperature):
    """Fill the shortlist for the target."""
    state.now[0].candidate_count = 0
    specify(state, library)
    measure_freed(state, library)
    gather_divisors(state, library, NET_LIMIT, PAIR_LIMIT)
    # of one type wherever candidates are listed, so that they are compiled once: a bare -1 is a type of its own
    level, no_cell, no_pin, no_net = np.int64(0), np.int64(-1), np.int64(0), np.int64(0)
    single_nets(state, library, level, 0.0, slack, temperature, no_cell, no_pin, no_net)
    pairs_of_nets(state, library, level, 0.0, slack, temperature, no_cell, no_pin, no_net)
    below_a_gate(state, library, slack, temperature)


@njit(cache=True)
def number_of(state, candidate):
    """The move that puts a candidate in the target's place as one number, the same as another's hardly ever."""
    number = np.uint64(state.now[0].target)
    for part in (
        state.now[0].target_edge,
        np.int64(candidate.first),
        np.int64(candidate.second),
        np.int64(candidate.function),
        np.int64(candidate.template),
        np.int64(candidate.top_cell),
        np.int64(candidate.top_pin),
        np.int64(candidate.top_net),
    ):
        number = (number ^ (number >> np.uint64(29))) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(part + 2)
    return number ^ (number >> np.uint64(31))


@njit(cache=True)
def is_turned_down(state, move):
    """Whether a move could not be proven a while ago."""
    entry = state.turned_down[move % np.uint64(len(state.turned_down))]
    return entry.move == move and entry.until > state.now[0].tries


@njit(cache=True)
def turn_down(state):
    """Leave the move in hand alone until the circuit around it may have become another."""
    entry = state.turned_down[state.now[0].move % np.uint64(len(state.turned_down))]
    entry.move = state.now[0].move
    entry.until = state.now[0].tries + PATIENCE * state.now[0].live_count


@njit(cache=True)
def choose(state, library, temperature):
    """Price the shortlist and leave the chosen plan in hand; False where none is accepted.

    The choice is a draw by ``exp(-price / temperature)``, acceptance is Metropolis'; at temperature 0 the cheapest is
    taken if it costs nothing.
    """
    best, best_key, best_gain = -1, np.inf, 0.0
    for index in range(state.now[0].candidate_count):
        if is_turned_down(state, number_of(state, state.candidates[index])):
            continue
        if not build_plan(state, library, state.candidates[index]):
            continue
        price_plan(state, library)
        gain = growth(state)
        key = gain - (temperature + 1e-9) * -np.log(-np.log(random_unit(state)))
        if key < best_key:
            best, best_key, best_gain = index, key, gain
    if best < 0:
        return False
    if best_gain > 1e-12 and (temperature <= 0 or random_unit(state) >= np.exp(-best_gain / temperature)):
        return False
    state.now[0].move = number_of(state, state.candidates[best])
    build_plan(state, library, state.candidates[best])
    price_plan(state, library)
    return try_plan(state, library)


@njit(cache=True)
def changed_nodes(state):
    """Number of nodes whose value the move in hand changes on some pattern."""
    count = 0
    for index in range(state.now[0].order_count):
        count += state.node[state.slot[index].order].changed == state.now[0].changed
    return count


@njit(cache=True)
def before_commit(state):
    """Keep the netlist at hand if it is the best and the move in hand would make it worse."""
    now = price(state)
    if now < state.now[0].best - 1e-12:
        state.now[0].best = now
        state.now[0].best_is_current = 1
    if state.now[0].best_is_current and growth(state) > -1e-12:
        keep_best(state)
        state.now[0].best_is_current = 0


@njit(cache=True, nogil=True)
def search(state, library, table, stop, budget, hottest, progress, self_proving, solver_share):
    """Look at targets until ``stop`` of them have been tried in all.

    Returns True as soon as a move waits in hand for its proof. Where the patterns are all there are
    (``self_proving``), moves are made at once. The temperature falls linearly from ``hottest`` to 0 at ``budget``
    tries, or faster where ``progress`` (0 to 1, of the time) is ahead. Of the moves that need the solver,
    all that pay get it and a share of ``solver_share`` of the others; the rest are dropped.
    """
    while state.now[0].tries < stop and state.now[0].live_count > 0:
        state.now[0].tries += 1
        done = max(progress, state.now[0].tries / budget)
        temperature = hottest * max(0.0, 1.0 - done / 0.9)
        draw_target(state, library)
        list_candidates(state, library, 4.0 * temperature + 1e-9, temperature)
        if not choose(state, library, temperature):
            continue
        if not self_proving:
            if not proven_locally(state, library, table):
                pays = growth(state) < -1e-12
                if changed_nodes(state) <= REGION_LIMIT and (pays or random_unit(state) < solver_share):
                    return True
                turn_down(state)
                continue
            state.now[0].local_proofs += 1
        before_commit(state)
        commit(state, library)
    return False
