"""The two compiled searches: a descent that trades accuracy for cost at a rising price, and the archive's evolution."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from bespoke.search.circuit.accuracy import (
    FRESH,
    GIVEN_UP,
    KNOWN,
    Simulation,
    count_ones,
    simulate,
    simulation,
    wrong_after,
)
from bespoke.search.circuit.archive import allowed_wrong, offer
from bespoke.search.circuit.graph import (
    EDIT_FIELDS,
    EDIT_GROWTH,
    FIRST,
    KIND,
    LITERAL,
    NODE,
    OUTPUT,
    OVERRIDE,
    SAME,
    SECOND,
    SITE,
    SLOT,
    TARGET,
    Builder,
    builder,
    compact,
    rebuild,
)
from bespoke.search.circuit.proposals import propose
from bespoke.search.circuit.words import SampleWords
from bespoke.search.cost_model import CostModel, charge
from bespoke.search.randoms import remainder_below, unit


class Workspace(NamedTuple):
    """What one search needs beside its archive; see `workspace`."""

    sim: Simulation
    build: Builder
    fanin0: np.ndarray
    fanin1: np.ndarray
    outputs: np.ndarray
    references: np.ndarray
    stack: np.ndarray
    need: np.ndarray
    kinds: np.ndarray
    edit: np.ndarray
    rng: np.ndarray
    ones: np.ndarray
    origin: np.ndarray
    rows: np.ndarray
    taken: np.ndarray
    model: CostModel


def workspace(words: SampleWords, *, capacity: int, output_bits: int, model: CostModel, seed: int) -> Workspace:
    """Arrays for graphs of up to ``capacity`` nodes."""
    room = capacity + EDIT_GROWTH
    features = int(words.thresholds[:, 0].max(initial=-1)) + 1
    size = room + output_bits
    return Workspace(
        sim=simulation(words, capacity),
        build=builder(
            size,
            output_bits,
            thresholds=words.thresholds,
            features=features,
            input_bits=(words.inputs.shape[1] - 1) // max(features, 1),
            feature_of=None if words.breaks else model.wires.feature_of,  # a comparator may guard one near by
        ),
        fanin0=np.zeros(room, dtype=np.int32),
        fanin1=np.zeros(room, dtype=np.int32),
        outputs=np.zeros(output_bits, dtype=np.int32),
        references=np.zeros(room, dtype=np.int32),
        stack=np.zeros(room, dtype=np.int32),
        need=np.zeros(2 * size, dtype=np.bool_),
        kinds=np.zeros(size if model.charges_power else 0, dtype=np.int8),
        edit=np.zeros(EDIT_FIELDS, dtype=np.int32),
        rng=np.array([seed or 1], dtype=np.uint64),
        ones=np.zeros(size),
        origin=np.zeros(1, dtype=np.int32),
        rows=np.zeros(size if words.stuck.shape[1] else 0, dtype=np.int32),
        taken=np.zeros(words.stuck.shape[1], dtype=np.bool_),
        model=model,
    )


@njit(cache=True)
def rate(ws, inputs, count):
    """Wrong samples of the current graph, and what it is charged."""
    wrong = simulate(ws.sim, inputs, count, ws.fanin0, ws.fanin1, ws.outputs, min(ws.sim.state[KNOWN], count))
    ws.sim.state[KNOWN] = count
    if ws.model.weights[1] > 0.0:
        count_ones(ws.sim, count)
    cost = charge(
        ws.fanin0, ws.fanin1, count, inputs, ws.outputs, ws.outputs.size, ws.need, ws.kinds, ws.sim.ones, ws.model
    )
    return wrong, cost


@njit(cache=True)
def _guess_ones(ws, inputs, count, built):
    """How often the nodes of the built graph are 1: kept ones as before, new ones by their operands."""
    ones, old, mapped = ws.ones, ws.sim.ones, ws.build.mapped
    ones[:inputs] = old[:inputs]
    ones[inputs:built] = -1.0
    site = ws.edit[SITE] if ws.edit[TARGET] == NODE else -1
    for node in range(inputs, count):
        literal = mapped[node]
        if literal >> 1 >= inputs and node != site:
            ones[literal >> 1] = 1.0 - old[node] if literal & 1 else old[node]
    for node in range(inputs, built):
        if ones[node] < 0.0:
            left, right = ws.build.fanin0[node], ws.build.fanin1[node]
            first = 1.0 - ones[left >> 1] if left & 1 else ones[left >> 1]
            second = 1.0 - ones[right >> 1] if right & 1 else ones[right >> 1]
            ones[node] = first * second


@njit(cache=True)
def _adopt(ws, inputs, count, built, rows):
    """Make the built graph the current one; returns its number of nodes.

    ``rows`` are the rows of defects of the ``count`` nodes of the graph that it was built from.
    """
    if ws.taken.size:
        _carry_rows(ws, inputs, count, built, rows)
    count = compact(ws.build, inputs, built, ws.fanin0, ws.fanin1, ws.outputs)
    ws.sim.state[KNOWN] = min(ws.sim.state[KNOWN], ws.build.state[SAME])
    if ws.taken.size:
        ws.sim.state[KNOWN] = min(ws.sim.state[KNOWN], _settle_rows(ws, inputs, built))
    _count_references(ws, inputs, count)
    return count


@njit(cache=True)
def _carry_rows(ws, inputs, count, built, rows):
    """Rows of defects of the built graph's nodes, -1 of new ones: a node that stays keeps its own."""
    own = ws.rows
    own[inputs:built] = -1
    site = ws.edit[SITE] if ws.edit[TARGET] == NODE else -1
    for node in range(inputs, count):
        kept = ws.build.mapped[node] >> 1
        if kept >= inputs and node != site and own[kept] < 0:
            own[kept] = rows[node]


@njit(cache=True)
def _settle_rows(ws, inputs, built):
    """Rows of the graph that `compact` made the current one, new nodes getting free ones; returns the first changed."""
    own, taken, place = ws.rows, ws.taken, ws.build.mapped
    taken[:] = False
    for node in range(inputs, built):
        if place[node] >= inputs and own[node] >= 0:
            taken[own[node]] = True
    fresh = _free_row(taken, ws.sim.state[FRESH])
    changed = built
    for node in range(inputs, built):
        if place[node] < inputs:
            continue
        row = own[node]
        if row < 0:
            row = fresh
            taken[row] = True
            fresh = _free_row(taken, fresh)
        if row != ws.sim.row[place[node]]:
            ws.sim.row[place[node]] = row
            changed = min(changed, place[node])
    ws.sim.state[FRESH] = fresh
    return changed


@njit(cache=True)
def _free_row(taken, first):
    """The next row from ``first`` on that no node has; where all are taken, nodes share."""
    for step in range(taken.size):
        row = (first + step) % taken.size
        if not taken[row]:
            return row
    return (first + 1) % taken.size


@njit(cache=True)
def _count_references(ws, inputs, count):
    ws.references[:count] = 0
    for node in range(inputs, count):
        ws.references[ws.fanin0[node] >> 1] += 1
        ws.references[ws.fanin1[node] >> 1] += 1
    for output in ws.outputs:
        ws.references[output >> 1] += 1


@njit(cache=True, inline="always")
def _wire_saving(wires, node):
    """The most that a wire can save which is no longer read."""
    if wires.mask.size > 0:
        return wires.mask[wires.mask.size - 1]
    if wires.wire.size > 0 and node > 0:
        return wires.wire[node - 1] + wires.feature[0]
    return 0.0


@njit(cache=True)
def _saving(ws, inputs):
    """About the most that the edit can save: what only the edited signal keeps alive, ANDs and wires.

    An edit that puts a signal in the place of another may save two ANDs more by folding; one that adds a function of
    the signal itself keeps it, and saves nothing.
    """
    wires = ws.model.wires
    edit, references, stack = ws.edit, ws.references, ws.stack
    saved = 2.0 * ws.model.gate if edit[KIND] == LITERAL else 0.0
    site = edit[SITE]
    if edit[TARGET] == OVERRIDE:
        return saved
    if edit[TARGET] == NODE:
        top = site
        if top < inputs:
            return saved + _wire_saving(wires, top)
    else:
        if edit[TARGET] == OUTPUT:
            top = ws.outputs[site] >> 1
        else:
            top = (ws.fanin0[site] if edit[SLOT] == 0 else ws.fanin1[site]) >> 1
        if edit[KIND] != LITERAL and (edit[FIRST] >> 1 == top or edit[SECOND] >> 1 == top):
            return saved
        if references[top] > 1:
            return saved
        if top < inputs:
            return saved + _wire_saving(wires, top)
    stack[0] = top
    length = 1
    done = 0
    while done < length:
        node = stack[done]
        done += 1
        for operand in (ws.fanin0[node] >> 1, ws.fanin1[node] >> 1):
            references[operand] -= 1
            if references[operand] == 0:
                if operand >= inputs:
                    stack[length] = operand
                    length += 1
                else:
                    saved += _wire_saving(wires, operand)
    for index in range(length):  # put the counts back
        node = stack[index]
        references[ws.fanin0[node] >> 1] += 1
        references[ws.fanin1[node] >> 1] += 1
    return saved + length * ws.model.gate


@njit(cache=True)
def load(ws, inputs, count, fanin0, fanin1, outputs, rows):
    """Make a graph the current one, folded and hashed; returns its number of nodes.

    ``rows`` are its nodes' rows of defects, -1 for a new one; of no length where gates never break.
    """
    ws.edit[TARGET] = -1
    built = rebuild(ws.build, inputs, count, fanin0, fanin1, outputs, ws.edit)
    return _adopt(ws, inputs, count, built, rows)


@njit(cache=True)
def _propose(ws, inputs, count, growth):
    """A random edit of the current graph, in the workspace."""
    features = ws.model.wires.feature_of
    propose(ws.sim, ws.rng, inputs, count, ws.fanin0, ws.fanin1, ws.outputs, growth, features, ws.edit)


@njit(cache=True)
def _try_edit(ws, inputs, count, wrong, limit):
    """Wrong samples after the workspace's edit, or `GIVEN_UP`."""
    return wrong_after(ws.sim, inputs, count, ws.fanin0, ws.fanin1, ws.outputs, ws.edit, wrong, limit)


@njit(cache=True)
def _built(ws, inputs, count):
    """Build the edited graph; returns its number of nodes and its charge, whose power is a guess."""
    built = rebuild(ws.build, inputs, count, ws.fanin0, ws.fanin1, ws.outputs, ws.edit)
    if ws.model.weights[1] > 0.0:
        _guess_ones(ws, inputs, count, built)
    graph = ws.build
    cost = charge(
        graph.fanin0, graph.fanin1, built, inputs, graph.outputs, graph.outputs.size, ws.need, ws.kinds, ws.ones,
        ws.model,
    )  # fmt: skip
    return built, cost


@njit(cache=True)
def descend(ws, store, inputs, count, rates, moves, growth, heat):
    """Anneal the current graph at rising prices of its cost, and offer every graph on the way to the archive.

    At the rate r the graph is changed to lower ``wrong + r * cost``.

    Parameters
    ----------
    ws, store : Workspace with the start loaded, Archive.
    inputs, count : number of the first AND node and of all nodes.
    rates : wrong samples that a unit of cost is worth, rising.
    moves : edits to try at each rate.
    growth : probability of an edit that adds gates.
    heat : temperature at the start of each rate, in NAND cells; it falls to zero.

    Returns
    -------
    the number of nodes of the graph at the end.
    """
    capacity = ws.fanin0.size - EDIT_GROWTH
    wrong, cost = rate(ws, inputs, count)
    offer(store, count, ws.fanin0, ws.fanin1, ws.outputs, ws.sim.row, cost, wrong, ws.origin[0])
    for worth in rates:
        for move in range(moves):
            _propose(ws, inputs, count, growth)
            slack = 0.0
            if heat > 0.0:
                temperature = heat * (1.0 - move / moves)
                slack = -temperature * ws.model.unit * worth * np.log(1.0 - unit(ws.rng))
            gain = _saving(ws, inputs)
            after = _try_edit(ws, inputs, count, wrong, wrong + np.int64(worth * gain + slack))
            if after == GIVEN_UP:
                continue
            if after > wrong + worth * gain + slack:
                continue
            built, cost_after = _built(ws, inputs, count)
            if after - wrong + worth * (cost_after - cost) > slack + 1e-9 or built > capacity:
                continue
            count = _adopt(ws, inputs, count, built, ws.sim.row)
            wrong, cost = rate(ws, inputs, count)
            offer(store, count, ws.fanin0, ws.fanin1, ws.outputs, ws.sim.row, cost, wrong, ws.origin[0])
    return count


@njit(cache=True)
def evolve(ws, store, inputs, moves, batch, growth, largest):
    """Improve an archive by edits of its members, each tried member changed for the better on the way.

    Parameters
    ----------
    moves : edits to try in all; ``batch`` of them on one member before the next is drawn.
    growth : probability of an edit that adds gates.
    largest : members with more nodes are left alone.

    Returns
    -------
    the number of edits that entered the archive with fewer wrong samples or lower cost than what they replaced.
    """
    capacity = ws.fanin0.size - EDIT_GROWTH
    candidates = np.zeros(store.wrong.size, dtype=np.int64)
    improved = 0
    done = 0
    while done < moves:
        eligible = 0
        for level in range(store.wrong.size):
            if store.wrong[level] >= 0 and store.counts[level] <= largest:
                candidates[eligible] = level
                eligible += 1
        if eligible == 0:
            return improved
        level = candidates[remainder_below(ws.rng, eligible)]
        ws.origin[0] = store.origins[level]
        count = load(
            ws,
            inputs,
            store.counts[level],
            store.fanin0[level],
            store.fanin1[level],
            store.outputs[level],
            store.rows[level],
        )
        if (
            remainder_below(ws.rng, 3) == 0
        ):  # start beside the member, so that two edits together may do what neither does alone
            rate(ws, inputs, count)
            _propose(ws, inputs, count, growth)
            built, _ = _built(ws, inputs, count)
            if built <= capacity:
                count = _adopt(ws, inputs, count, built, ws.sim.row)
        wrong, cost = rate(ws, inputs, count)
        for _ in range(min(batch, moves - done)):
            done += 1
            _propose(ws, inputs, count, growth)
            limit = allowed_wrong(store, max(cost - _saving(ws, inputs), 0.0))
            after = _try_edit(ws, inputs, count, wrong, limit)
            if after > limit:
                continue
            built, cost_after = _built(ws, inputs, count)
            if built > capacity or after > allowed_wrong(store, cost_after):
                continue
            better = after < wrong or cost_after < cost - 1e-9
            count = _adopt(ws, inputs, count, built, ws.sim.row)
            wrong, cost = rate(ws, inputs, count)
            offer(store, count, ws.fanin0, ws.fanin1, ws.outputs, ws.sim.row, cost, wrong, ws.origin[0])
            improved += better
    return improved
