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
#: Cones of more nodes are not followed; nets looked at as divisors, alone and in pairs.
CONE_LIMIT, NET_LIMIT, PAIR_LIMIT = 3000, 500, 64


@njit(cache=True)
def price(state):
    """The price of the netlist at hand."""
    return state.now[0].area * state.now[0].per_area + state.now[0].static * state.now[0].per_static


@njit(cache=True)
def draw_target(state, library):
    """A random gate, as a whole or at one of its readers."""
    target = state.slot[random_below(state, state.now[0].live_count)].live
    edge = -1
    if state.node[target].refs > 1 and random_below(state, 2) == 0:
        edge = state.node[target].head
        for _ in range(random_below(state, state.node[target].refs)):
            edge = state.edge[edge].following
    set_target(state, library, target, edge, CONE_LIMIT)


@njit(cache=True)
def list_candidates(state, library, slack, temperature):
    """Fill the shortlist for the target."""
    state.now[0].candidate_count = 0
    specify(state, library)
    measure_freed(state, library)
    gather_divisors(state, library, NET_LIMIT, PAIR_LIMIT)
    single_nets(state, library, 0, 0.0, slack, temperature, -1, 0, 0)
    pairs_of_nets(state, library, 0, 0.0, slack, temperature, -1, 0, 0)
    below_a_gate(state, library, slack, temperature)


@njit(cache=True)
def choose(state, library, temperature):
    """Price the shortlist and leave the chosen plan in hand; False where none is accepted.

    The choice is a draw by ``exp(-price / temperature)``, acceptance is Metropolis'; at temperature 0 the cheapest is
    taken if it costs nothing.
    """
    best, best_key, best_gain = -1, np.inf, 0.0
    for index in range(state.now[0].candidate_count):
        if not build_plan(state, library, state.candidates[index]):
            continue
        price_plan(state, library)
        gain = state.now[0].gain_area * state.now[0].per_area + state.now[0].gain_static * state.now[0].per_static
        key = gain - (temperature + 1e-9) * -np.log(-np.log(random_unit(state)))
        if key < best_key:
            best, best_key, best_gain = index, key, gain
    if best < 0:
        return False
    if best_gain > 1e-12 and (temperature <= 0 or random_unit(state) >= np.exp(-best_gain / temperature)):
        return False
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
    gain = state.now[0].gain_area * state.now[0].per_area + state.now[0].gain_static * state.now[0].per_static
    if state.now[0].best_is_current and gain > -1e-12:
        keep_best(state)
        state.now[0].best_is_current = 0


@njit(cache=True)
def search(state, library, table, stop, budget, hottest, progress, self_proving, solver_share):
    """Look at targets until ``stop`` of them have been tried in all.

    Returns True as soon as a move waits in hand for its proof. Where the patterns are all there are
    (``self_proving``), moves are made at once. The temperature falls linearly from ``hottest`` to 0 at ``budget``
    tries, or faster where ``progress`` (0 to 1, of the time) is ahead. Of the moves that need the solver, a share of
    ``solver_share`` gets it; the others are dropped.
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
                if changed_nodes(state) <= REGION_LIMIT and random_unit(state) < solver_share:
                    return True
                state.now[0].unproven += 1
                continue
            state.now[0].local_proofs += 1
        before_commit(state)
        commit(state, library)
    return False
