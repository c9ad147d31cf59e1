"""Look-up networks as circuits over a front end's wires."""

from __future__ import annotations

from functools import cache
from itertools import permutations, product

import numpy as np

from bespoke.circuit import CircuitBuilder
from bespoke.model import LogicCircuit
from bespoke.sensing import FrontEndKind, ThermometerWires, Wires, all_wires
from bespoke.train.lookup_kernels import PINS, STATES
from bespoke.train.lookup_networks import LookupLayer, LookupNetwork
from bespoke.train.votes import function, most_voted

#: States that cannot occur are given the values that need fewest gates, as far as there are few enough to try.
MOST_FREE_STATES = 4


def lookup_circuit(network: LookupNetwork, kind: FrontEndKind = FrontEndKind.BINARY) -> LogicCircuit:
    """The network as a circuit over a front end's wires, bit-exact with its ``predict``, over those that it reads.

    Every table is built in the cheapest order of its inputs; states that its thresholds exclude (a value that reaches a
    level reaches all lower ones) are free.
    """
    needed = _needed(network)
    read = {int(pin) for layer, kept in zip(network.layers, needed, strict=True) for pin in layer.pins[kept].ravel()}
    levels = [(int(f), int(level)) for f, level in network.levels]
    wires: Wires = all_wires(kind, network.features, network.bits)
    if kind is FrontEndKind.THERMOMETER:
        pairs = [pair for place, pair in enumerate(levels) if place in read]
        wires = ThermometerWires.of(network.features, network.bits, pairs)
    builder = CircuitBuilder(wires.count)
    thresholds = [
        wires.reached(builder, feature, level) if place in read else 0 for place, (feature, level) in enumerate(levels)
    ]
    answers: list[int] = []
    for layer, kept in zip(network.layers, needed, strict=True):
        answers = _answers(builder, network, layer, kept, thresholds + answers)
    votes = [[answers[table] for table in np.flatnonzero(network.votes == group)] for group in range(network.classes)]
    circuit = builder.build(most_voted(builder, votes))
    return LogicCircuit(wires, network.classes, circuit).narrowed()


def _needed(network: LookupNetwork) -> list[np.ndarray]:
    """Which tables of each layer are read, bool (tables,)."""
    needed = [np.ones(len(network.votes), dtype=bool)]
    for layer, before in zip(network.layers[:0:-1], network.layers[-2::-1], strict=True):
        kept = np.zeros(len(before.pins), dtype=bool)
        pins = layer.pins[needed[0]].ravel()
        kept[pins[pins >= len(network.levels)] - len(network.levels)] = True
        needed.insert(0, kept)
    return needed


def _answers(
    builder: CircuitBuilder, network: LookupNetwork, layer: LookupLayer, kept: np.ndarray, signals: list[int]
) -> list[int]:
    """Literals of a layer's tables, 0 for those that nobody reads."""
    result = []
    for table in range(len(layer.pins)):
        if not kept[table]:
            result.append(0)
            continue
        pins = layer.pins[table].tolist()
        truth, order = cheapest(int(layer.truths[table]), _possible(pins, network.levels))
        result.append(function(builder, truth, [signals[pins[place]] for place in order]))
    return result


def _possible(pins: list[int], levels: np.ndarray) -> int:
    """States of a table that its pins can bring about, a bit each."""
    possible = 0
    for state in range(STATES):
        values = [state >> pin & 1 for pin in range(PINS)]
        possible |= all(_together(pins, levels, values, a, b) for a in range(PINS) for b in range(PINS)) << state
    return possible


def _together(pins: list[int], levels: np.ndarray, values: list[int], a: int, b: int) -> bool:
    """Whether two pins can have their values at once."""
    if pins[a] == pins[b]:
        return values[a] == values[b]
    if max(pins[a], pins[b]) >= len(levels) or levels[pins[a], 0] != levels[pins[b], 0]:
        return True
    return not (values[a] and not values[b] and levels[pins[a], 1] > levels[pins[b], 1])


@cache
def cheapest(truth: int, possible: int) -> tuple[int, tuple[int, ...]]:
    """A table that agrees with ``truth`` in all ``possible`` states, with its order of pins, of fewest ANDs.

    Returns
    -------
    the table over the pins in that order, and for each of its operands the pin.
    """
    free = [state for state in range(STATES) if not possible >> state & 1]
    tried = free[-MOST_FREE_STATES:]
    best, best_size = (truth, tuple(range(PINS))), None
    for values in product((0, 1), repeat=len(tried)):
        filled = truth
        for state, value in zip(tried, values, strict=True):
            filled = filled & ~(1 << state) | value << state
        for order in permutations(range(PINS)):
            size, moved = _size(filled, order)
            if best_size is None or size < best_size:
                best, best_size = (moved, order), size
    return best


@cache
def _size(truth: int, order: tuple[int, ...]) -> tuple[int, int]:
    """ANDs of a table whose operand i is pin ``order[i]``, and the table over these operands."""
    moved = 0
    for state in range(STATES):
        own = sum((state >> place & 1) << pin for place, pin in enumerate(order))
        moved |= (truth >> own & 1) << state
    builder = CircuitBuilder(PINS)
    function(builder, moved, [builder.input(pin) for pin in range(PINS)])
    return len(builder.fanins), moved
