"""A technology's cells as arrays, and the cheapest gate templates of every two-input function."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from bespoke.errors import InputError
from bespoke.technology import Cell

#: Widest cell that the kernels know.
MAX_PINS = 4
#: A template has at most so many gates; four NANDs make an XOR.
TEMPLATE_GATES = 4
#: So many templates are kept for a function.
TEMPLATES = 3
#: Templates dearer than the cheapest by this factor are not kept.
TEMPLATE_SLACK = 1.6
#: So many (function, template) choices are kept for a pair of nets under don't-cares.
CHOICES = 4

_ALL_ONES = np.uint64(0xFFFFFFFFFFFFFFFF)
# Truth tables over two variables: bit s is the value in state s = a + 2 b.
_A, _B = 0b1010, 0b1100

_CELL = np.dtype([("arity", np.int32), ("symmetric", np.int32), ("truth", np.int64), ("area", np.float64)], align=True)


class Library(NamedTuple):
    """Cells and templates as arrays; a named tuple so that compiled kernels take it.

    cell : records (cells,): arity; truth, bit s of which is the output in state s; area in µm²; whether the two pins
        of a two-input cell may be swapped.
    anf : uint64 (cells, 16), all ones where the AND of the pins in subset s is an XOR-term of the function.
    leak : float64 (cells, 16), coefficients c with ``leakage = Σ_s c[s] · P(all pins of subset s high)``, nW.
    template_count : int32 (16,), templates known for each function of two nets.
    template_size, template_area : (16, TEMPLATES).
    template_cell : int32 (16, TEMPLATES, TEMPLATE_GATES).
    template_pins : int32 (16, TEMPLATES, TEMPLATE_GATES, 2); 0 and 1 are the nets, 2 + i is the template's gate i.
    choice_count : int32 (16, 16), by the states that must be one and the states that must be zero.
    choice_function, choice_template : int32 (16, 16, CHOICES), cheapest first.
    top_cells : int32, the two-input cells that depend on both pins.
    """

    cell: np.ndarray
    anf: np.ndarray
    leak: np.ndarray
    template_count: np.ndarray
    template_size: np.ndarray
    template_area: np.ndarray
    template_cell: np.ndarray
    template_pins: np.ndarray
    choice_count: np.ndarray
    choice_function: np.ndarray
    choice_template: np.ndarray
    top_cells: np.ndarray


def build_library(cells: Sequence[Cell], allowed: Sequence[bool]) -> Library:
    """Arrays of ``cells``; templates use only those that are ``allowed`` and have one or two pins.

    Raises
    ------
    InputError
        naming the cell, if one has more than four inputs.
    """
    count = len(cells)
    table = np.zeros(count, dtype=_CELL)
    anf = np.zeros((count, 16), dtype=np.uint64)
    leak = np.zeros((count, 16))
    for index, cell in enumerate(cells):
        pins = len(cell.inputs)
        if pins > MAX_PINS:
            raise InputError(f"cell {cell.name} has {pins} inputs; the optimiser knows cells of up to {MAX_PINS}")
        symmetric = pins == 2 and (cell.truth >> 1 & 1) == (cell.truth >> 2 & 1)
        table[index] = (pins, symmetric, cell.truth, cell.area_um2)
        values = [cell.truth >> state & 1 for state in range(1 << pins)]
        power = [float(value) for value in cell.leakage_nw]
        for pin in range(pins):  # Möbius transforms over the subsets of pins, of the function and of the leakage
            for state in range(1 << pins):
                if state >> pin & 1:
                    values[state] ^= values[state ^ 1 << pin]
                    power[state] -= power[state ^ 1 << pin]
        anf[index, : 1 << pins] = [_ALL_ONES if value else np.uint64(0) for value in values]
        leak[index, : 1 << pins] = power
    return Library(table, anf, leak, *_templates(cells, allowed), _top_cells(cells, allowed))


def _top_cells(cells: Sequence[Cell], allowed: Sequence[bool]) -> np.ndarray:
    """Two-input cells that depend on both pins."""
    both = [
        index
        for index, (cell, use) in enumerate(zip(cells, allowed, strict=True))
        if use and len(cell.inputs) == 2 and not {cell.truth} & {0, 15, _A, _B, _A ^ 15, _B ^ 15}
    ]
    return np.array(both, dtype=np.int32)


def _templates(cells: Sequence[Cell], allowed: Sequence[bool]) -> tuple[np.ndarray, ...]:
    found = _cheapest_structures(cells, allowed)
    counts = np.zeros(16, dtype=np.int32)
    sizes = np.zeros((16, TEMPLATES), dtype=np.int32)
    areas = np.zeros((16, TEMPLATES))
    gates = np.zeros((16, TEMPLATES, TEMPLATE_GATES), dtype=np.int32)
    pins = np.zeros((16, TEMPLATES, TEMPLATE_GATES, 2), dtype=np.int32)
    for function, structures in found.items():
        counts[function] = len(structures)
        for rank, (cost, structure) in enumerate(structures):
            sizes[function, rank] = len(structure)
            areas[function, rank] = cost
            for place, (cell, operands) in enumerate(structure):
                gates[function, rank, place] = cell
                pins[function, rank, place, : len(operands)] = operands
    choice_counts = np.zeros((16, 16), dtype=np.int32)
    choice_functions = np.zeros((16, 16, CHOICES), dtype=np.int32)
    choice_templates = np.zeros((16, 16, CHOICES), dtype=np.int32)
    # Functions of less than two nets are looked for net by net, before pairs.
    genuine = [function for function in found if function not in (0, 15, _A, _B, _A ^ 15, _B ^ 15)]
    for ones, zeros in itertools.product(range(16), repeat=2):
        if ones & zeros:
            continue
        options = sorted(
            (cost, function, rank)
            for function in genuine
            if function & ones == ones and not function & zeros
            for rank, (cost, _) in enumerate(found[function])
        )[:CHOICES]
        choice_counts[ones, zeros] = len(options)
        for place, (_, function, rank) in enumerate(options):
            choice_functions[ones, zeros, place] = function
            choice_templates[ones, zeros, place] = rank
    return counts, sizes, areas, gates, pins, choice_counts, choice_functions, choice_templates


def _cheapest_structures(cells, allowed) -> dict[int, list[tuple[float, tuple]]]:
    """For every function of two nets its cheapest gate structures, found by Dijkstra's search over the sets of
    functions that a structure makes available (a set of the 16 functions is a 16-bit mask)."""
    usable = [
        (index, len(cell.inputs), cell.truth, float(cell.area_um2))
        for index, (cell, use) in enumerate(zip(cells, allowed, strict=True))
        if use and len(cell.inputs) in (1, 2)
    ]
    inverters = any(pins == 1 and truth == 0b01 for _, pins, truth, _ in usable)
    start = 1 << _A | 1 << _B
    best: dict[int, float] = {start: 0.0}
    queue: list[tuple[float, int, tuple, tuple]] = [(0.0, start, (_A, _B), ())]
    found: dict[int, list[tuple[float, tuple]]] = {}
    cheapest_gate = min((cost for *_, cost in usable), default=0.0)
    limit = _area_limit(usable)
    while queue:
        cost, mask, signals, structure = heapq.heappop(queue)
        if cost > best.get(mask, np.inf):
            continue
        if structure and _all_used(structure):
            kept = found.setdefault(signals[-1], [])
            if len(kept) < TEMPLATES and (not kept or cost <= TEMPLATE_SLACK * kept[0][0]):
                kept.append((cost, structure))
        if len(structure) == TEMPLATE_GATES or cost + cheapest_gate > limit:
            continue
        for index, pins, truth, area in usable:
            for operands in itertools.product(range(len(signals)), repeat=pins):
                if pins == 2 and operands[0] == operands[1] and inverters:
                    continue
                function = _apply(truth, [signals[operand] for operand in operands])
                grown = mask | 1 << function
                total = cost + area
                if grown == mask or function in (0, 15) or total > limit or total >= best.get(grown, np.inf):
                    continue
                best[grown] = total
                heapq.heappush(queue, (total, grown, (*signals, function), (*structure, (index, operands))))
    return found


def _area_limit(usable) -> float:
    """No template needs to cost more than an XOR made of the dearest of the small cells; wide searches stay short."""
    two = sorted(cost for _, pins, _, cost in usable if pins == 2)
    one = sorted(cost for _, pins, _, cost in usable if pins == 1)
    if not two:
        return sum(one[:1]) * 2
    return 1.05 * max(TEMPLATE_GATES * two[0], two[-1], two[0] + 2 * sum(one[:1]))


def _apply(truth: int, operands: list[int]) -> int:
    function = 0
    for state in range(4):
        inner = sum((operand >> state & 1) << pin for pin, operand in enumerate(operands))
        function |= (truth >> inner & 1) << state
    return function


def _all_used(structure: tuple) -> bool:
    """Whether every gate but the last feeds another."""
    read = {operand for _, operands in structure for operand in operands}
    return all(2 + place in read for place in range(len(structure) - 1))
