"""The and-inverter graph under edit: one local change, then constants folded and equal nodes merged.

An edit replaces one signal - a node, one fanin of a node, or an output - by a function of signals that come earlier, or
lets such a function override the class that the outputs name. Beside the graph's own signals it may read a library of
thresholds ``feature >= constant``, which are built where they are read.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

# What an edit changes.
NODE = 0
FANIN = 1
OUTPUT = 2
OVERRIDE = 3

# By what, a function of the literals ``a`` and ``b``; an odd literal of the whole is ``inverted``.
LITERAL = 0
CONJUNCTION = 1
EXCLUSIVE = 2

# Positions in an edit's array.
TARGET = 0
SITE = 1  # node, number of the output, or class
SLOT = 2  # which fanin
KIND = 3
FIRST = 4
SECOND = 5
FLIP = 6
EDIT_FIELDS = 7

#: Nodes that an edit may add, beside one per output: an exclusive or and two thresholds of 16 bits.
EDIT_GROWTH = 3 + 2 * 16
#: Number of the first threshold of the library, as a node in an edit's literals.
LIBRARY = 1 << 24


class Builder(NamedTuple):
    """A graph being built, with its hash table and the threshold library; see `builder`."""

    fanin0: np.ndarray
    fanin1: np.ndarray
    outputs: np.ndarray
    mapped: np.ndarray
    table: np.ndarray
    stamps: np.ndarray
    state: np.ndarray
    thresholds: np.ndarray
    input_literals: np.ndarray
    feature_of: np.ndarray


# Positions in Builder.state.
_COUNT = 0
_STAMP = 1
SAME = 2  # nodes before this one are as they were when `compact` began


def builder(
    capacity: int,
    output_bits: int,
    *,
    thresholds: np.ndarray | None = None,
    features: int = 0,
    input_bits: int = 1,
    feature_of: np.ndarray | None = None,
) -> Builder:
    """Arrays for graphs of up to ``capacity`` nodes.

    Parameters
    ----------
    thresholds : library (feature, constant) over binary wires, or none.
    feature_of : int32 (wires,), over thermometer wires the feature of each: of two of one feature the later implies the
        earlier, and conjunctions of them are folded.
    """
    slots = 1 << max(8, int(4 * capacity - 1).bit_length())
    return Builder(
        fanin0=np.zeros(capacity, dtype=np.int32),
        fanin1=np.zeros(capacity, dtype=np.int32),
        outputs=np.zeros(output_bits, dtype=np.int32),
        mapped=np.zeros(capacity, dtype=np.int32),
        table=np.zeros(slots, dtype=np.int32),
        stamps=np.zeros(slots, dtype=np.int32),
        state=np.zeros(3, dtype=np.int64),
        thresholds=np.zeros((0, 2), dtype=np.int32) if thresholds is None else thresholds,
        input_literals=2 + 2 * np.arange(features * input_bits, dtype=np.int32).reshape(features, input_bits),
        feature_of=np.zeros(0, dtype=np.int32) if feature_of is None else feature_of,
    )


@njit(cache=True)
def conjunction(graph, inputs, first, second):
    """Literal of ``first & second``: folded by the rules of one and two levels, or found, or made.

    ``inputs`` is the number of the first AND node.
    """
    for _ in range(4):  # a rule may leave a pair to which another applies
        if first > second:
            first, second = second, first
        if first == 0 or first == second ^ 1:
            return np.int32(0)
        if first == 1 or first == second:
            return np.int32(second)
        changed = False
        for swap in range(2):
            inner, other = (second, first) if swap == 0 else (first, second)
            if inner >> 1 < inputs:
                continue
            left, right = graph.fanin0[inner >> 1], graph.fanin1[inner >> 1]
            if inner & 1:
                if other == left ^ 1 or other == right ^ 1:  # !(l & r) holds wherever !l does
                    return np.int32(other)
                if other == left:  # l & !(l & r) = l & !r
                    first, second, changed = other, right ^ 1, True
                    break
                if other == right:
                    first, second, changed = other, left ^ 1, True
                    break
            else:
                if other in (left, right):
                    return np.int32(inner)
                if other == left ^ 1 or other == right ^ 1:
                    return np.int32(0)
        if not changed:
            break
    if first >> 1 >= inputs and second >> 1 >= inputs:
        a0, a1 = graph.fanin0[first >> 1], graph.fanin1[first >> 1]
        b0, b1 = graph.fanin0[second >> 1], graph.fanin1[second >> 1]
        if first & 1 == 0 and second & 1 == 0:
            if a0 == b0 ^ 1 or a0 == b1 ^ 1 or a1 == b0 ^ 1 or a1 == b1 ^ 1:
                return np.int32(0)
        elif first & 1 and second & 1:  # !(x & y) & !(x & !y) = !x
            if (a0 == b0 and a1 == b1 ^ 1) or (a0 == b1 and a1 == b0 ^ 1):
                return np.int32(a0 ^ 1)
            if (a1 == b1 and a0 == b0 ^ 1) or (a1 == b0 and a0 == b1 ^ 1):
                return np.int32(a1 ^ 1)
        elif first & 1:  # (b0 & b1) implies !(a0 & a1) where one of them contradicts
            if a0 == b0 ^ 1 or a0 == b1 ^ 1 or a1 == b0 ^ 1 or a1 == b1 ^ 1:
                return np.int32(second)
        elif a0 == b0 ^ 1 or a0 == b1 ^ 1 or a1 == b0 ^ 1 or a1 == b1 ^ 1:
            return np.int32(first)
    last = second >> 1  # the later of two wires, if both are wires: ``first <= second``
    if last < graph.feature_of.size + 1 and graph.feature_of[(first >> 1) - 1] == graph.feature_of[last - 1]:
        if second & 1 == 0:
            return np.int32(0) if first & 1 else np.int32(second)
        if first & 1:
            return np.int32(first)
    size = graph.table.size - 1
    slot = (first * 0x9E3779B1 + second * 0x85EBCA77) & 0x7FFFFFFF
    slot = (slot ^ (slot >> 15)) & size
    stamp = graph.state[_STAMP]
    while graph.stamps[slot] == stamp:
        node = graph.table[slot]
        if graph.fanin0[node] == first and graph.fanin1[node] == second:
            return np.int32(2 * node)
        slot = (slot + 1) & size
    node = graph.state[_COUNT]
    graph.state[_COUNT] = node + 1
    graph.fanin0[node] = first
    graph.fanin1[node] = second
    graph.table[slot] = node
    graph.stamps[slot] = stamp
    return np.int32(2 * node)


@njit(cache=True)
def at_least(graph, inputs, literals, constant):
    """Literal of ``number >= constant``, the number's bits being ``literals``, lowest first."""
    result = np.int32(1)
    for bit in range(literals.size):
        if constant >> bit & 1:
            result = conjunction(graph, inputs, literals[bit], result)
        else:
            result = conjunction(graph, inputs, literals[bit] ^ 1, result ^ 1) ^ 1
    return result


@njit(cache=True)
def _operand(graph, inputs, literal):
    """An edit's literal in the new graph."""
    node = literal >> 1
    if node >= LIBRARY:
        feature, constant = graph.thresholds[node - LIBRARY]
        return at_least(graph, inputs, graph.input_literals[feature], constant) ^ (literal & 1)
    return graph.mapped[node] ^ (literal & 1)


@njit(cache=True)
def _function(graph, inputs, edit):
    """The edit's replacement, in the new graph's literals."""
    first = _operand(graph, inputs, edit[FIRST])
    result = first
    if edit[KIND] != LITERAL:
        second = _operand(graph, inputs, edit[SECOND])
        if edit[KIND] == CONJUNCTION:
            result = conjunction(graph, inputs, first, second)
        else:
            both = conjunction(graph, inputs, first, second)
            neither = conjunction(graph, inputs, first ^ 1, second ^ 1)
            result = conjunction(graph, inputs, both ^ 1, neither ^ 1)
    return result ^ edit[FLIP]


@njit(cache=True)
def rebuild(graph, inputs, count, fanin0, fanin1, outputs, edit):
    """Build the edited graph in ``graph``; nodes that nothing reads may remain. Returns its number of nodes.

    Parameters
    ----------
    graph : Builder, overwritten, with room for `EDIT_GROWTH` and an output's bits more nodes.
    inputs : number of the first AND node.
    count, fanin0, fanin1, outputs : the graph before the edit.
    edit : int32 (EDIT_FIELDS,); a TARGET of -1 changes nothing.
    """
    graph.state[_STAMP] += 1
    graph.state[_COUNT] = inputs
    mapped = graph.mapped
    for node in range(inputs):
        mapped[node] = 2 * node
    target, site = edit[TARGET], edit[SITE]
    if target == NODE and site < inputs:  # all readers of a wire read something else
        mapped[site] = _function(graph, inputs, edit)
    for node in range(inputs, count):
        if node == site and target == NODE:
            mapped[node] = _function(graph, inputs, edit)
            continue
        left = mapped[fanin0[node] >> 1] ^ (fanin0[node] & 1)
        right = mapped[fanin1[node] >> 1] ^ (fanin1[node] & 1)
        if node == site and target == FANIN:
            if edit[SLOT] == 0:
                left = _function(graph, inputs, edit)
            else:
                right = _function(graph, inputs, edit)
        mapped[node] = conjunction(graph, inputs, left, right)
    for bit in range(outputs.size):
        graph.outputs[bit] = mapped[outputs[bit] >> 1] ^ (outputs[bit] & 1)
    if target == OUTPUT:
        graph.outputs[site] = _function(graph, inputs, edit)
    elif target == OVERRIDE:
        when = _function(graph, inputs, edit)
        for bit in range(outputs.size):
            output = graph.outputs[bit]
            if site >> bit & 1:
                graph.outputs[bit] = conjunction(graph, inputs, output ^ 1, when ^ 1) ^ 1
            else:
                graph.outputs[bit] = conjunction(graph, inputs, output, when ^ 1)
    return graph.state[_COUNT]


@njit(cache=True)
def compact(graph, inputs, count, fanin0, fanin1, outputs):
    """Copy the part of ``graph`` that its outputs read; returns the number of nodes copied."""
    mapped = graph.mapped
    mapped[inputs:count] = -1
    for output in graph.outputs:
        if output >> 1 >= inputs:
            mapped[output >> 1] = 0
    for node in range(count - 1, inputs - 1, -1):
        if mapped[node] == 0:
            if graph.fanin0[node] >> 1 >= inputs:
                mapped[graph.fanin0[node] >> 1] = 0
            if graph.fanin1[node] >> 1 >= inputs:
                mapped[graph.fanin1[node] >> 1] = 0
    for node in range(inputs):
        mapped[node] = node
    kept = inputs
    same = inputs
    for node in range(inputs, count):
        if mapped[node] == 0:
            first = 2 * mapped[graph.fanin0[node] >> 1] + (graph.fanin0[node] & 1)
            second = 2 * mapped[graph.fanin1[node] >> 1] + (graph.fanin1[node] & 1)
            if same == kept and fanin0[kept] == first and fanin1[kept] == second:
                same = kept + 1
            fanin0[kept] = first
            fanin1[kept] = second
            mapped[node] = kept
            kept += 1
    for bit in range(outputs.size):
        outputs[bit] = 2 * mapped[graph.outputs[bit] >> 1] + (graph.outputs[bit] & 1)
    graph.state[SAME] = same
    return kept
