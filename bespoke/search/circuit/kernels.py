"""The two compiled searches: a descent that trades accuracy for area at a rising price, and the archive's evolution."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from bespoke.search.circuit.accuracy import GIVEN_UP, Simulation, simulate, simulation, wrong_after
from bespoke.search.circuit.archive import allowed_wrong, offer
from bespoke.search.circuit.graph import (
    EDIT_FIELDS,
    EDIT_GROWTH,
    NODE,
    OUTPUT,
    OVERRIDE,
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
from bespoke.search.pricing import INV, NAND, area_of
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
    prices: np.ndarray


def workspace(words: SampleWords, *, capacity: int, output_bits: int, prices: np.ndarray, seed: int) -> Workspace:
    """Arrays for graphs of up to ``capacity`` nodes; ``prices`` as of `bespoke.search.pricing.prices`."""
    room = capacity + EDIT_GROWTH
    features = int(words.thresholds[:, 0].max()) + 1
    return Workspace(
        sim=simulation(words, capacity),
        build=builder(
            room + output_bits,
            output_bits,
            thresholds=words.thresholds,
            features=features,
            input_bits=(words.inputs.shape[1] - 1) // features,
        ),
        fanin0=np.zeros(room, dtype=np.int32),
        fanin1=np.zeros(room, dtype=np.int32),
        outputs=np.zeros(output_bits, dtype=np.int32),
        references=np.zeros(room, dtype=np.int32),
        stack=np.zeros(room, dtype=np.int32),
        need=np.zeros(2 * (room + output_bits), dtype=np.bool_),
        kinds=np.zeros(0, dtype=np.int8),
        edit=np.zeros(EDIT_FIELDS, dtype=np.int32),
        rng=np.array([seed or 1], dtype=np.uint64),
        prices=prices,
    )


@njit(cache=True)
def price(ws, inputs, count, fanin0, fanin1, outputs):
    """Estimated area in cm²."""
    return area_of(fanin0, fanin1, count, inputs, outputs, outputs.size, ws.need, ws.prices, ws.kinds)


@njit(cache=True)
def _adopt(ws, inputs, built):
    """Make the built graph the current one; returns its number of nodes."""
    count = compact(ws.build, inputs, built, ws.fanin0, ws.fanin1, ws.outputs)
    _count_references(ws, inputs, count)
    return count


@njit(cache=True)
def _count_references(ws, inputs, count):
    ws.references[:count] = 0
    for node in range(inputs, count):
        ws.references[ws.fanin0[node] >> 1] += 1
        ws.references[ws.fanin1[node] >> 1] += 1
    for output in ws.outputs:
        ws.references[output >> 1] += 1


@njit(cache=True)
def _dying(ws, inputs):
    """Number of ANDs that only the edited signal keeps alive."""
    edit, references, stack = ws.edit, ws.references, ws.stack
    site = edit[SITE]
    if edit[TARGET] == OVERRIDE:
        return 0
    if edit[TARGET] == NODE:
        top = site
    else:
        if edit[TARGET] == OUTPUT:
            top = ws.outputs[site] >> 1
        else:
            top = (ws.fanin0[site] if edit[SLOT] == 0 else ws.fanin1[site]) >> 1
        if top < inputs or references[top] > 1:
            return 0
    stack[0] = top
    length = 1
    done = 0
    while done < length:
        node = stack[done]
        done += 1
        for operand in (ws.fanin0[node] >> 1, ws.fanin1[node] >> 1):
            references[operand] -= 1
            if references[operand] == 0 and operand >= inputs:
                stack[length] = operand
                length += 1
    for index in range(length):  # put the counts back
        node = stack[index]
        references[ws.fanin0[node] >> 1] += 1
        references[ws.fanin1[node] >> 1] += 1
    return length


@njit(cache=True)
def load(ws, inputs, count, fanin0, fanin1, outputs):
    """Make a graph the current one, folded and hashed; returns its number of nodes."""
    ws.edit[TARGET] = -1
    built = rebuild(ws.build, inputs, count, fanin0, fanin1, outputs, ws.edit)
    return _adopt(ws, inputs, built)


@njit(cache=True)
def _try_edit(ws, inputs, count, wrong, limit):
    """Wrong samples after the workspace's edit, or `GIVEN_UP`."""
    return wrong_after(ws.sim, inputs, count, ws.fanin0, ws.fanin1, ws.outputs, ws.edit, wrong, limit)


@njit(cache=True)
def _built(ws, inputs, count):
    """Build the edited graph; returns its number of nodes and its price."""
    built = rebuild(ws.build, inputs, count, ws.fanin0, ws.fanin1, ws.outputs, ws.edit)
    return built, price(ws, inputs, built, ws.build.fanin0, ws.build.fanin1, ws.build.outputs)


@njit(cache=True)
def descend(ws, store, inputs, count, rates, moves, growth, heat):
    """Anneal the current graph at rising prices of area, and offer every graph on the way to the archive.

    At the rate r the graph is changed to lower ``wrong + r * cost``.

    Parameters
    ----------
    ws, store : Workspace with the start loaded, Archive.
    inputs, count : number of the first AND node and of all nodes.
    rates : wrong samples that one cm² is worth, rising.
    moves : edits to try at each rate.
    growth : probability of an edit that adds gates.
    heat : temperature at the start of each rate, in NAND cells; it falls to zero.

    Returns
    -------
    the number of nodes of the graph at the end.
    """
    capacity = ws.fanin0.size - EDIT_GROWTH
    wrong = simulate(ws.sim, inputs, count, ws.fanin0, ws.fanin1, ws.outputs)
    cost = price(ws, inputs, count, ws.fanin0, ws.fanin1, ws.outputs)
    gate = ws.prices[NAND] + ws.prices[INV]
    offer(store, count, ws.fanin0, ws.fanin1, ws.outputs, cost, wrong)
    for rate in rates:
        for move in range(moves):
            propose(ws.sim, ws.rng, inputs, count, ws.fanin0, ws.fanin1, ws.outputs, growth, ws.edit)
            slack = 0.0
            if heat > 0.0:
                temperature = heat * (1.0 - move / moves)
                slack = -temperature * ws.prices[NAND] * rate * np.log(1.0 - unit(ws.rng))
            gain = (_dying(ws, inputs) + 2) * gate
            after = _try_edit(ws, inputs, count, wrong, wrong + np.int64(rate * gain + slack))
            if after == GIVEN_UP:
                continue
            if after > wrong + rate * gain + slack:
                continue
            built, price_after = _built(ws, inputs, count)
            if after - wrong + rate * (price_after - cost) > slack + 1e-9 or built > capacity:
                continue
            count = _adopt(ws, inputs, built)
            wrong = simulate(ws.sim, inputs, count, ws.fanin0, ws.fanin1, ws.outputs)
            cost = price_after
            offer(store, count, ws.fanin0, ws.fanin1, ws.outputs, cost, wrong)
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
    gate = ws.prices[NAND] + ws.prices[INV]
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
        count = load(ws, inputs, store.counts[level], store.fanin0[level], store.fanin1[level], store.outputs[level])
        if (
            remainder_below(ws.rng, 3) == 0
        ):  # start beside the member, so that two edits together may do what neither does alone
            simulate(ws.sim, inputs, count, ws.fanin0, ws.fanin1, ws.outputs)
            propose(ws.sim, ws.rng, inputs, count, ws.fanin0, ws.fanin1, ws.outputs, growth, ws.edit)
            built, _ = _built(ws, inputs, count)
            if built <= capacity:
                count = _adopt(ws, inputs, built)
        wrong = simulate(ws.sim, inputs, count, ws.fanin0, ws.fanin1, ws.outputs)
        cost = price(ws, inputs, count, ws.fanin0, ws.fanin1, ws.outputs)
        for _ in range(min(batch, moves - done)):
            done += 1
            propose(ws.sim, ws.rng, inputs, count, ws.fanin0, ws.fanin1, ws.outputs, growth, ws.edit)
            gain = (_dying(ws, inputs) + 2) * gate
            limit = allowed_wrong(store, max(cost - gain, 0.0))
            after = _try_edit(ws, inputs, count, wrong, limit)
            if after > limit:
                continue
            built, price_after = _built(ws, inputs, count)
            if built > capacity or after > allowed_wrong(store, price_after):
                continue
            better = after < wrong or price_after < cost - 1e-9
            count = _adopt(ws, inputs, built)
            wrong = simulate(ws.sim, inputs, count, ws.fanin0, ws.fanin1, ws.outputs)
            cost = price_after
            offer(store, count, ws.fanin0, ws.fanin1, ws.outputs, cost, wrong)
            improved += better
    return improved
