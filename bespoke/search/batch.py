"""The compiled candidate loop: pick a parent, walk from it, evaluate, price, keep."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from bespoke.search.aig import STYLE_THRESHOLD, build
from bespoke.search.aig.graph import FIRST_AND
from bespoke.search.archive import bin_of, insert, pick
from bespoke.search.cost_model import charge_of_wires
from bespoke.search.evaluation import accept, evaluate
from bespoke.search.genome import BIAS, CLASSES, INPUT_BITS, LAYERS, MASK, SIZES
from bespoke.search.power import power_of
from bespoke.search.pricing import area_of
from bespoke.search.randoms import below, unit
from bespoke.search.variation import mutate, random_network

# What a candidate costs.
COST_AREA = 0
COST_POWER = 1
COST_FULL_ADDERS = 2

# Positions in the array of settings.
WALK = 0
KEEP_MASKS = 1
COST_KIND = 2
FLOOR = 3
POWER_SAMPLES = 4
PROBE = 5
SETTINGS = 6

#: A candidate less accurate than what is known at this share of its parent's cost, less a few gates, is not priced: one
#: move seldom saves more.
_FALL = 0.6
_FALL_UNITS = 5.0

# Positions in the array of counters.
EVALUATED = 0
PRICED = 1
INSERTED = 2
FILLED = 3
COUNTERS = 4


class Scratch(NamedTuple):
    """Arrays of the candidate loop; ``kinds`` and ``values`` are empty unless power is the cost."""

    current: np.ndarray
    child: np.ndarray
    changed: np.ndarray
    order: np.ndarray
    need: np.ndarray
    kinds: np.ndarray
    values: np.ndarray
    leak: np.ndarray


class Offspring(NamedTuple):
    """Ring of the last priced candidates, from which NSGA-II selects."""

    genes: np.ndarray
    right: np.ndarray
    cost: np.ndarray


@njit(cache=True)
def full_adders(genes, lay):
    """The published cost: full adders of the column compression, without any folding of constants or shared logic."""
    total = 0
    connection = 0
    for layer in range(lay[LAYERS]):
        fan_in = lay[SIZES + layer]
        for _ in range(lay[SIZES + layer + 1]):
            counts = np.zeros(64, dtype=np.int64)
            for j in range(fan_in):
                weight = abs(genes[connection + j])
                mask = genes[lay[MASK] + connection + j]
                shift = 0
                while weight >> shift:
                    if (weight >> shift) & 1:
                        for bit in range(lay[INPUT_BITS] if layer == 0 else 8):
                            counts[min(63, bit + shift)] += (mask >> bit) & 1
                    shift += 1
            carry = 0
            for column in range(64):
                count = counts[column] + carry
                carry = count // 2
                total += carry
            connection += fan_in
    return float(total)


@njit(cache=True)
def cost_of(ws, genes, lay, model, settings, scratch):
    """Cost of a network by the chosen measure."""
    if settings[COST_KIND] == COST_FULL_ADDERS:
        return full_adders(genes, lay)
    nodes = build(ws, genes, lay, np.int64(STYLE_THRESHOLD))
    out_bits = 1
    while (1 << out_bits) < lay[CLASSES]:
        out_bits += 1
    first_and = ws.state[FIRST_AND]
    area = area_of(
        ws.fanin0, ws.fanin1, nodes, first_and, ws.outputs, out_bits, scratch.need, model.area, scratch.kinds
    )
    cost = model.weights[0] * area
    if settings[COST_KIND] == COST_POWER:
        cost += model.weights[1] * power_of(
            ws.fanin0, ws.fanin1, nodes, first_and, scratch.need, scratch.kinds, scratch.values,
            settings[POWER_SAMPLES], scratch.leak,
        )  # fmt: skip
    return cost + charge_of_wires(scratch.need, first_and, model.wires)


@njit(cache=True)
def _remember(offspring, counters, genes, right, cost):
    place = counters[FILLED] % offspring.right.size
    offspring.genes[place] = genes
    offspring.right[place] = right
    offspring.cost[place] = cost
    counters[FILLED] += 1


@njit(cache=True)
def _least_useful(archive, cost, floor):
    """Right answers below which a neighbour of a network of that cost is not worth pricing."""
    cheaper = _FALL * cost - _FALL_UNITS * archive.scale[0]
    if cheaper <= 0:
        return floor
    return max(floor, archive.best[bin_of(archive, cheaper)])


@njit(cache=True)
def _hopeless(loss, allowed, share):
    """Whether a loss of right answers on a share of the samples rules out one of at most ``allowed`` on all of them."""
    expected = allowed * share
    return loss > expected + 3.0 * np.sqrt(expected + 1.0)


@njit(cache=True)
def seed_given(starts, state, ev, ws, archive, offspring, lay, limits, model, settings, scratch, counters):
    """Enter the given starts."""
    for start in range(starts.shape[0]):
        genes = scratch.child
        genes[:] = starts[start]
        scratch.changed[:] = True
        right = evaluate(ev, genes, genes, lay, scratch.changed, True)
        accept(ev)
        counters[EVALUATED] += 1
        cost = cost_of(ws, genes, lay, model, settings, scratch)
        insert(state, archive, genes, right, cost)
        _remember(offspring, counters, genes, right, cost)


@njit(cache=True)
def seed_random(number, state, ev, ws, archive, offspring, lay, limits, model, settings, scratch, counters):
    """Enter random networks, every bias set so that its neuron divides the samples."""
    genes = scratch.child
    for _ in range(number):
        random_network(state, genes, lay, limits, scratch.order)
        scratch.changed[:] = True
        right = evaluate(ev, genes, genes, lay, scratch.changed, True)
        accept(ev)
        for neuron in range(scratch.changed.size):
            scratch.current[:] = genes
            sums = ev.sums[ev.side[neuron], neuron]
            genes[lay[BIAS] + neuron] -= np.int64(sums[below(state, sums.size)])
            scratch.changed[:] = False
            scratch.changed[neuron] = True
            answer = evaluate(ev, genes, scratch.current, lay, scratch.changed, False)
            if answer >= 0:
                right = answer
            accept(ev)
        counters[EVALUATED] += 1
        cost = cost_of(ws, genes, lay, model, settings, scratch)
        insert(state, archive, genes, right, cost)
        _remember(offspring, counters, genes, right, cost)


@njit(cache=True)
def run_batch(
    number, state, ev, probe, ws, archive, population, population_share, offspring, lay, limits, rates, model, settings,
    scratch, counters,
):  # fmt: skip
    """Evaluate about ``number`` candidates.

    Where ``settings[PROBE]`` says so, a candidate is first tried on the few samples of the evaluator ``probe``, and on
    all of them only if its loss there leaves hope.
    """
    until = counters[EVALUATED] + number
    probing = settings[PROBE] != 0
    share = probe.weights.sum() / ev.weights.sum() if probing else 1.0
    current = scratch.current
    child = scratch.child
    while counters[EVALUATED] < until:
        if population.shape[0] > 0 and unit(state) < population_share:
            current[:] = population[below(state, population.shape[0])]
        else:
            bin_number, place = pick(state, archive)
            if bin_number < 0:
                return
            current[:] = archive.genes[bin_number, place]
        mate_bin, mate_place = pick(state, archive)
        mate = archive.genes[mate_bin, mate_place]
        scratch.changed[:] = True
        current_right = evaluate(ev, current, current, lay, scratch.changed, True)
        accept(ev)
        probe_right = np.int64(0)
        if probing:
            probe_right = evaluate(probe, current, current, lay, scratch.changed, True)
            accept(probe)
        current_cost = cost_of(ws, current, lay, model, settings, scratch)
        for _ in range(settings[WALK]):
            child[:] = current
            scratch.changed[:] = False
            moves = 1
            while moves < 8 and below(state, 5) < 2:
                moves += 1
            for _ in range(moves):
                mutate(
                    state, child, mate, lay, limits, rates, scratch.changed, ev.sums, ev.side, scratch.order,
                    settings[KEEP_MASKS] != 0,
                )  # fmt: skip
            counters[EVALUATED] += 1
            least = _least_useful(archive, current_cost, settings[FLOOR])
            child_probe_right = probe_right
            if probing:
                answer = evaluate(probe, child, current, lay, scratch.changed, False)
                if answer >= 0:
                    child_probe_right = answer
                if _hopeless(probe_right - child_probe_right, max(np.int64(0), current_right - least), share):
                    continue
            right = evaluate(ev, child, current, lay, scratch.changed, False)
            if right < 0:
                same = True
                for gene in range(child.size):
                    if child[gene] != current[gene]:
                        same = False
                        break
                if same:
                    continue
                right = current_right
            if right < least:
                continue
            cost = cost_of(ws, child, lay, model, settings, scratch)
            counters[PRICED] += 1
            better = insert(state, archive, child, right, cost)
            counters[INSERTED] += better
            if population_share > 0 and (better or below(state, 16) == 0):
                _remember(offspring, counters, child, right, cost)
            if better or (right >= current_right and cost <= current_cost):
                accept(ev)
                if probing:
                    accept(probe)
                    probe_right = child_probe_right
                current[:] = child
                current_right = right
                current_cost = cost
