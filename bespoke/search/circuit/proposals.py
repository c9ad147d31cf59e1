"""Random edits, guided by what signals resemble one another on the samples."""

from __future__ import annotations

import numpy as np
from numba import njit

from bespoke.search.circuit.accuracy import distances, literal_words
from bespoke.search.circuit.graph import (
    CONJUNCTION,
    EXCLUSIVE,
    FANIN,
    FIRST,
    FLIP,
    KIND,
    LIBRARY,
    LITERAL,
    NODE,
    OUTPUT,
    OVERRIDE,
    SECOND,
    SITE,
    SLOT,
    TARGET,
)
from bespoke.search.randoms import remainder_below, unit

#: Share of the growing edits that override the class.
OVERRIDES = 0.15
#: Share of the edits that change which threshold is read; and of these, the shares that try one near by and one that is
#: read already. The rest drops the wire.
WIRE_MOVES = 0.15
NEIGHBOURS, SHARED = 0.6, 0.25
#: Signals drawn at random, of which the most similar one is proposed.
RIVALS = 6


@njit(cache=True)
def _any_literal(sim, rng, inputs, bound):
    """A literal of a random node before ``bound``, or of a threshold of the library.

    Half are thresholds: they are what a table's features are mostly good for. Over thermometer wires these are the
    inputs themselves. Among few ANDs and many inputs, the ANDs get their share.
    """
    draw = remainder_below(rng, 4)
    if draw < 2:
        thresholds = sim.library.shape[1]
        node = LIBRARY + remainder_below(rng, thresholds) if thresholds else 1 + remainder_below(rng, inputs - 1)
    elif draw == 2 and bound > inputs:
        node = inputs + remainder_below(rng, bound - inputs)
    else:
        node = 1 + remainder_below(rng, bound - 1)
    return 2 * node + remainder_below(rng, 2)


@njit(cache=True)
def _similar_literal(sim, rng, inputs, bound, literal):
    """Of some random literals the one that differs from ``literal`` on the fewest samples of a random chunk."""
    chunk = remainder_below(rng, sim.values.shape[0])
    best, best_distance = 0, np.int64(1) << 40
    for _ in range(RIVALS):
        rival = _any_literal(sim, rng, inputs, bound)
        if rival >> 1 == literal >> 1:
            continue
        apart, opposite = distances(sim, chunk, rival, literal)
        if opposite < apart:
            rival, apart = rival ^ 1, opposite
        if apart < best_distance:
            best, best_distance = rival, apart
    return best


@njit(cache=True)
def propose(sim, rng, inputs, count, fanin0, fanin1, outputs, growth, feature_of, edit):
    """Write a random edit of the graph to ``edit``.

    Parameters
    ----------
    growth : probability of an edit that adds gates (a signal's conjunction, disjunction or exclusive or with another);
        the rest replaces a signal by a constant, by an operand of its own, or by another signal.
    feature_of : int32, feature of each wire where wires are thresholds, else empty.
    """
    ands = count - inputs
    wire = feature_of.size > 0 and ands > 0 and unit(rng) < WIRE_MOVES
    if wire and _propose_wire(rng, inputs, ands, fanin0, fanin1, feature_of, edit):
        return
    grow = unit(rng) < growth
    edit[SLOT] = 0
    edit[FLIP] = 0
    edit[SECOND] = 0
    edit[KIND] = LITERAL
    if grow and unit(rng) < OVERRIDES:
        _propose_override(sim, rng, inputs, count, edit)
        return
    if ands == 0 or remainder_below(rng, 3 * ands + outputs.size) < outputs.size or remainder_below(rng, 20) == 0:
        edit[TARGET] = OUTPUT
        edit[SITE] = remainder_below(rng, outputs.size)
        bound = count
        current = outputs[edit[SITE]]
    else:
        edit[SITE] = bound = inputs + remainder_below(rng, ands)
        if remainder_below(rng, 3) == 0:
            edit[TARGET] = NODE
            current = 2 * edit[SITE]
        else:
            edit[TARGET] = FANIN
            edit[SLOT] = remainder_below(rng, 2)
            current = fanin0[edit[SITE]] if edit[SLOT] == 0 else fanin1[edit[SITE]]
    if grow:
        _propose_growth(sim, rng, inputs, bound, fanin0, fanin1, current, edit)
        return
    draw = unit(rng)
    if draw < 0.1:
        edit[FIRST] = remainder_below(rng, 2)
    elif draw < 0.4 and current >> 1 >= inputs:
        node = current >> 1
        operand = fanin0[node] if remainder_below(rng, 2) else fanin1[node]
        edit[FIRST] = operand ^ (current & 1)
    elif draw < 0.85:
        edit[FIRST] = _similar_literal(sim, rng, inputs, bound, current)
    else:
        edit[FIRST] = _any_literal(sim, rng, inputs, bound)


@njit(cache=True)
def _read_wire(rng, inputs, ands, fanin0, fanin1):
    """The site, slot and literal of a random reader of a wire; a literal of 0 where none was found."""
    for _ in range(6):
        site = inputs + remainder_below(rng, ands)
        slot = remainder_below(rng, 2)
        literal = fanin0[site] if slot == 0 else fanin1[site]
        if 0 < literal >> 1 < inputs:
            return site, slot, literal
    return 0, 0, 0


@njit(cache=True)
def _propose_wire(rng, inputs, ands, fanin0, fanin1, feature_of, edit):
    """Have one reader of a wire, or all of them, read another: a threshold near by, one that is read already, none."""
    site, slot, literal = _read_wire(rng, inputs, ands, fanin0, fanin1)
    if literal == 0:
        return False
    wire = literal >> 1
    other = 0
    draw = unit(rng)
    if draw < NEIGHBOURS:
        step = 1 + remainder_below(rng, 3)
        other = wire - step if remainder_below(rng, 3) else wire + step  # a lower threshold costs less
        if not 0 < other < inputs or feature_of[other - 1] != feature_of[wire - 1]:
            return False
    elif draw < NEIGHBOURS + SHARED:
        for _ in range(6):
            _, _, rival = _read_wire(rng, inputs, ands, fanin0, fanin1)
            if rival and rival >> 1 != wire and feature_of[(rival >> 1) - 1] == feature_of[wire - 1]:
                other = rival >> 1
                break
        if other == 0:
            return False
    edit[KIND] = LITERAL
    edit[SECOND] = 0
    edit[FLIP] = 0
    if remainder_below(rng, 2):
        edit[TARGET], edit[SITE], edit[SLOT] = NODE, wire, 0
        edit[FIRST] = 2 * other
    else:
        edit[TARGET], edit[SITE], edit[SLOT] = FANIN, site, slot
        edit[FIRST] = 2 * other + (literal & 1)
    if other == 0:  # a constant, either one
        edit[FIRST] = remainder_below(rng, 2)
    return True


@njit(cache=True)
def _holding(sim, chunk, lane, place, literal):
    """The literal or its complement, whichever holds for a sample."""
    value = literal_words(sim, chunk, literal & ~1)[lane] >> place & np.uint64(1)
    return literal & ~1 if value else literal | 1


@njit(cache=True)
def _propose_override(sim, rng, inputs, count, edit):
    """The right class of a sample, mostly one that is wrong so far, where one or two of its literals hold."""
    for _ in range(4):
        chunk, lane = remainder_below(rng, sim.valid.shape[0]), remainder_below(rng, sim.valid.shape[1])
        wrong = sim.valid[chunk, lane] & ~sim.correct[chunk, lane]
        place = np.uint64(remainder_below(rng, 64))
        if wrong:
            while wrong >> place & np.uint64(1) == 0:
                place = (place + np.uint64(1)) & np.uint64(63)
            break
    winner = 0
    for bit in range(sim.labels.shape[1]):
        winner |= np.int64((sim.labels[chunk, bit, lane] >> place) & np.uint64(1)) << bit
    edit[TARGET] = OVERRIDE
    edit[SITE] = winner
    edit[FIRST] = _any_literal(sim, rng, inputs, count)
    if remainder_below(rng, 3):
        edit[KIND] = CONJUNCTION
        edit[SECOND] = _any_literal(sim, rng, inputs, count)
        edit[SECOND] = _holding(sim, chunk, lane, place, edit[SECOND])
    edit[FIRST] = _holding(sim, chunk, lane, place, edit[FIRST])


@njit(cache=True)
def _propose_growth(sim, rng, inputs, bound, fanin0, fanin1, current, edit):
    draw = unit(rng)
    other = _any_literal(sim, rng, inputs, bound)
    if edit[TARGET] == NODE or draw < 0.15:
        # a new function of two signals in place of the old one; one operand may stay
        node = current >> 1
        edit[KIND] = CONJUNCTION if remainder_below(rng, 8) else EXCLUSIVE
        edit[FLIP] = remainder_below(rng, 2)
        if node >= inputs and remainder_below(rng, 2):
            edit[FIRST] = fanin0[node] if remainder_below(rng, 2) else fanin1[node]
        else:
            edit[FIRST] = _any_literal(sim, rng, inputs, bound)
        edit[SECOND] = other
        return
    if remainder_below(rng, 3) == 0:
        other = _similar_literal(sim, rng, inputs, bound, current)
    edit[FIRST] = current
    edit[SECOND] = other
    if draw < 0.5:
        edit[KIND] = CONJUNCTION
    elif draw < 0.88:
        edit[KIND] = CONJUNCTION
        edit[FIRST] = current ^ 1
        edit[FLIP] = 1
    else:
        edit[KIND] = EXCLUSIVE
