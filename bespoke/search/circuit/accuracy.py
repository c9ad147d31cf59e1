"""Wrong samples of a graph and of its edits, counted without simulating more than an edit changes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from bespoke.kernel_words import popcount
from bespoke.search.circuit.graph import (
    CONJUNCTION,
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
from bespoke.search.circuit.words import LANES

#: Returned for an edit that was given up.
GIVEN_UP = np.int64(1) << 40

# Positions in Simulation.state.
_STAMP = 0
KNOWN = 1  # the values of nodes before this one are those of the current graph
FRESH = 2  # the row of defects that the next new node gets

#: Chunks of samples that tell how often a node is 1: enough for a gate's static power.
ONES_CHUNKS = 4

#: AND nodes of an exclusive or.
EXCLUSIVE_ANDS = 3

ONES = np.uint64(0xFFFFFFFFFFFFFFFF)
ZERO = np.uint64(0)


class Simulation(NamedTuple):
    """A graph's values on all samples, and room to try edits; see `simulation`."""

    values: np.ndarray
    library: np.ndarray
    labels: np.ndarray
    valid: np.ndarray
    correct: np.ndarray
    wrong: np.ndarray
    changed: np.ndarray
    dirty: np.ndarray
    cone: np.ndarray
    member: np.ndarray
    signal: np.ndarray
    state: np.ndarray
    ones: np.ndarray
    intact: np.ndarray
    stuck: np.ndarray
    row: np.ndarray


def simulation(words, capacity: int) -> Simulation:
    """Arrays for graphs of up to ``capacity`` nodes on packed samples (`SampleWords`).

    Where the samples bring defects, each AND node owns a row of them for as long as it lives, whatever its number: an
    edit then changes the count of wrong samples by what it does, not by other nodes' luck.
    """
    chunks, inputs, lanes = words.inputs.shape
    values = np.zeros((chunks, capacity, lanes), dtype=np.uint64)
    values[:, :inputs] = words.inputs
    return Simulation(
        values=values,
        library=words.library,
        labels=words.labels,
        valid=words.valid,
        correct=np.zeros((chunks, lanes), dtype=np.uint64),
        wrong=np.zeros(chunks, dtype=np.int64),
        changed=np.zeros((capacity, lanes), dtype=np.uint64),
        dirty=np.zeros(capacity, dtype=np.uint8),
        cone=np.zeros(capacity, dtype=np.int32),
        member=np.zeros(capacity, dtype=np.int32),
        signal=np.zeros(lanes, dtype=np.uint64),
        state=np.zeros(3, dtype=np.int32),
        ones=np.zeros(capacity),
        intact=words.intact,
        stuck=words.stuck,
        row=np.zeros(capacity if words.stuck.shape[1] else 0, dtype=np.int32),
    )


@njit(cache=True, inline="always")
def _break(sim, chunk, row, signal):
    """What broken gates deliver in place of ``signal``, on the samples of a chunk on which the row has them broken."""
    intact, stuck = sim.intact[chunk, row], sim.stuck[chunk, row]
    for lane in range(LANES):
        signal[lane] = (signal[lane] & intact[lane]) | stuck[lane]


@njit(cache=True)
def simulate(sim, inputs, count, fanin0, fanin1, outputs, known=0):
    """Set the values of a graph's nodes from ``known`` on, all by default; returns the number of wrong samples."""
    total = 0
    first_node = max(inputs, known)
    breaks = sim.row.size > 0
    for chunk in range(sim.values.shape[0]):
        values = sim.values[chunk]
        for node in range(first_node, count):
            left, right = fanin0[node], fanin1[node]
            flip0 = ONES if left & 1 else ZERO
            flip1 = ONES if right & 1 else ZERO
            first, second = values[left >> 1], values[right >> 1]
            result = values[node]
            for lane in range(LANES):
                result[lane] = (first[lane] ^ flip0) & (second[lane] ^ flip1)
            if breaks:
                _break(sim, chunk, sim.row[node], result)
        wrong = 0
        for lane in range(LANES):
            word = sim.valid[chunk, lane]
            valid = popcount(word)
            for bit in range(outputs.size):
                flip = ZERO if outputs[bit] & 1 else ONES
                word &= values[outputs[bit] >> 1, lane] ^ sim.labels[chunk, bit, lane] ^ flip
            sim.correct[chunk, lane] = word
            wrong += valid - popcount(word)
        sim.wrong[chunk] = wrong
        total += wrong
    return total


@njit(cache=True)
def count_ones(sim, count):
    """Set the share of the samples in which every node is 1, of those of the first chunks; `simulate` has run."""
    chunks = min(sim.values.shape[0], ONES_CHUNKS)
    samples = 0
    for chunk in range(chunks):
        for lane in range(LANES):
            samples += popcount(sim.valid[chunk, lane])
    for node in range(count):
        total = 0
        for chunk in range(chunks):
            for lane in range(LANES):
                total += popcount(sim.values[chunk, node, lane] & sim.valid[chunk, lane])
        sim.ones[node] = total / samples


@njit(cache=True, inline="always")
def literal_words(sim, chunk, literal):
    """Values on one chunk of a literal's node, or of the library's threshold."""
    node = literal >> 1
    if node >= LIBRARY:
        return sim.library[chunk, node - LIBRARY]
    return sim.values[chunk, node]


@njit(cache=True, inline="always")
def _new_signal(sim, chunk, edit):
    """The edit's replacement on one chunk, in ``sim.signal``; its new gates may be broken."""
    flip0 = ONES if edit[FIRST] & 1 else ZERO
    first = literal_words(sim, chunk, edit[FIRST])
    signal = sim.signal
    if edit[KIND] == LITERAL:
        if edit[FLIP]:
            flip0 = ~flip0
        for lane in range(LANES):
            signal[lane] = first[lane] ^ flip0
        return
    flip1 = ONES if edit[SECOND] & 1 else ZERO
    flip = ONES if edit[FLIP] else ZERO
    second = literal_words(sim, chunk, edit[SECOND])
    if edit[KIND] == CONJUNCTION:
        for lane in range(LANES):
            signal[lane] = (first[lane] ^ flip0) & (second[lane] ^ flip1)
    else:
        for lane in range(LANES):
            signal[lane] = first[lane] ^ flip0 ^ second[lane] ^ flip1
    if sim.row.size:
        for gate in range(1 if edit[KIND] == CONJUNCTION else EXCLUSIVE_ANDS):
            _break(sim, chunk, _fresh_row(sim, gate), signal)
    if flip:
        for lane in range(LANES):
            signal[lane] ^= flip


@njit(cache=True, inline="always")
def _fresh_row(sim, number):
    """Row of defects of one of the gates that an edit is about to add."""
    return (sim.state[FRESH] + number) % sim.stuck.shape[1]


@njit(cache=True)
def wrong_after(sim, inputs, count, fanin0, fanin1, outputs, edit, total, limit):
    """Wrong samples after an edit, or `GIVEN_UP`.

    Chunk by chunk, only nodes whose operands changed are computed. The samples stand in random order, so that an edit
    whose first chunks lose far more than ``limit`` allows, by more than 2.5 standard deviations of what its changes may
    still bring, is given up; every count that is returned is exact.

    Parameters
    ----------
    sim : Simulation, set by `simulate` for this graph; unchanged but for its scratch.
    edit : int32 (EDIT_FIELDS,); its operands must come before its site.
    total : wrong samples of the graph as it is.
    limit : wrong samples beyond which the caller does not want the edit.
    """
    target, site = edit[TARGET], edit[SITE]
    cone, member = sim.cone, sim.member
    length = 0
    at_outputs = target in (OUTPUT, OVERRIDE)
    breaks = sim.row.size > 0
    if not at_outputs:
        sim.state[_STAMP] += 1
        stamp = sim.state[_STAMP]
        member[site] = stamp
        for node in range(max(site + 1, inputs), count):
            if member[fanin0[node] >> 1] == stamp or member[fanin1[node] >> 1] == stamp:
                member[node] = stamp
                cone[length] = node
                length += 1
    dirty, changed = sim.dirty, sim.changed
    chunks = sim.values.shape[0]
    allowed = max(limit - total, 0)
    loss = 0
    flips = 0
    for chunk in range(chunks):
        values = sim.values[chunk]
        _new_signal(sim, chunk, edit)
        signal = sim.signal
        if not at_outputs:
            old = values[site]
            new = changed[site]
            if target == NODE:
                difference = ZERO
                for lane in range(LANES):
                    new[lane] = signal[lane]
                    difference |= signal[lane] ^ old[lane]
            else:
                other = fanin1[site] if edit[SLOT] == 0 else fanin0[site]
                flip = ONES if other & 1 else ZERO
                operand = values[other >> 1]
                difference = ZERO
                for lane in range(LANES):
                    new[lane] = signal[lane] & (operand[lane] ^ flip)
                if breaks:
                    _break(sim, chunk, sim.row[site], new)
                for lane in range(LANES):
                    difference |= new[lane] ^ old[lane]
            if difference == ZERO:
                continue
            dirty[site] = 1
            for index in range(length):
                node = cone[index]
                left, right = fanin0[node], fanin1[node]
                dirty0, dirty1 = dirty[left >> 1], dirty[right >> 1]
                if dirty0 | dirty1:
                    flip0 = ONES if left & 1 else ZERO
                    flip1 = ONES if right & 1 else ZERO
                    first = changed[left >> 1] if dirty0 else values[left >> 1]
                    second = changed[right >> 1] if dirty1 else values[right >> 1]
                    old = values[node]
                    new = changed[node]
                    difference = ZERO
                    for lane in range(LANES):
                        word = (first[lane] ^ flip0) & (second[lane] ^ flip1)
                        new[lane] = word
                        difference |= word ^ old[lane]
                    if breaks:
                        _break(sim, chunk, sim.row[node], new)
                        difference = ZERO
                        for lane in range(LANES):
                            difference |= new[lane] ^ old[lane]
                    if difference != ZERO:
                        dirty[node] = 1
        touched = at_outputs
        for bit in range(outputs.size):
            if dirty[outputs[bit] >> 1]:
                touched = True
        if touched:
            correct = sim.correct[chunk]
            for lane in range(LANES):
                word = sim.valid[chunk, lane]
                for bit in range(outputs.size):
                    node = outputs[bit] >> 1
                    if target == OUTPUT and bit == site:
                        value = signal[lane] ^ ONES
                    else:
                        value = changed[node, lane] if dirty[node] else values[node, lane]
                        if outputs[bit] & 1 == 0:
                            value ^= ONES
                        if target == OVERRIDE:  # ``value`` is the output inverted
                            value = value & ~signal[lane] if site >> bit & 1 else value | signal[lane]
                            if breaks:
                                row = _fresh_row(sim, bit + EXCLUSIVE_ANDS)
                                value = (value | ~sim.intact[chunk, row, lane]) & ~sim.stuck[chunk, row, lane]
                    word &= value ^ sim.labels[chunk, bit, lane]
                gone = correct[lane] & ~word
                come = word & ~correct[lane]
                lost, won = popcount(gone), popcount(come)
                loss += lost - won
                flips += lost + won
        if not at_outputs:
            dirty[site] = 0
            for index in range(length):
                dirty[cone[index]] = 0
        if loss > allowed and chunk + 1 < chunks:
            excess = loss - allowed - 2.0
            if excess > 0 and excess * excess > 6.25 * flips:
                return GIVEN_UP
    return total + loss


@njit(cache=True)
def distances(sim, chunk, first, second):
    """Samples of one chunk on which two literals differ, and on which they agree."""
    flip = ONES if (first ^ second) & 1 else ZERO
    a, b = literal_words(sim, chunk, first), literal_words(sim, chunk, second)
    different = 0
    samples = 0
    for lane in range(LANES):
        valid = sim.valid[chunk, lane]
        different += popcount((a[lane] ^ b[lane] ^ flip) & valid)
        samples += popcount(valid)
    return different, samples - different
