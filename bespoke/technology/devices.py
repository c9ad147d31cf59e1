"""How many printed devices a cell consists of: as its technology file says, else counted from its function.

Counted cells are of n-type transistors with a resistor pull-up. A stage is one pull-up and a pull-down network of
transistors in series and in parallel, one transistor per literal; it inverts what the network conducts for. An
inverter, of two devices, stands before every pin that the network reads complemented, and behind the stage where the
network is that of the function itself. The network is the one with the fewest devices: exactly so for functions that
depend on four inputs at most, by factoring for wider ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from itertools import combinations, permutations, product

import numpy as np

from bespoke.technology.boolean import (
    Expression,
    parse_expression,
    truth_table,
    without_constants,
    without_xor,
)
from bespoke.technology.cells import Cell, FlipFlop, MultiOutputCell

_INVERTER = 2
_PULL_UP = 1
#: Widest function whose smallest network is found by enumeration.
_EXACT_INPUTS = 4
#: An edge-triggered flip-flop counts as six NANDs of two inputs, an active-low reset as three inputs more: the
#: classic circuit of three latches. Whatever a technology really prints belongs into its file.
_FLIP_FLOP, _RESET = 18, 3


@dataclass(frozen=True)
class Devices:
    """Printed devices of a cell, and whether they were counted from its function, its technology saying nothing."""

    count: int
    counted: bool


@dataclass(frozen=True)
class Stage:
    """A pull-down network in negation normal form over a cell's pins, and whether an inverter stands behind it.

    A network ``("const", 0)`` never conducts, ``("const", 1)`` always does.
    """

    network: Expression
    inverted: bool

    @property
    def devices(self) -> int:
        complemented = {literal[1][1] for literal in _literals(self.network) if literal[0] == "!"}
        return (
            len(_literals(self.network))
            + _PULL_UP
            + _INVERTER * len(complemented)
            + (_INVERTER if self.inverted else 0)
        )


def devices_of(cell: Cell | MultiOutputCell | FlipFlop) -> Devices:
    """Printed devices of a cell; of a part of a cell with several outputs, the first part has those of the file.

    The outputs of a cell with several are counted as if they shared nothing.
    """
    if cell.devices is not None:
        return Devices(cell.devices, counted=False)
    if isinstance(cell, FlipFlop):
        return Devices(_FLIP_FLOP + (_RESET if cell.reset else 0), counted=True)
    if isinstance(cell, MultiOutputCell):
        return Devices(sum(devices_of(part).count for part in cell.parts), counted=True)
    return Devices(smallest_stage(cell.function, cell.inputs).devices, counted=True)


@lru_cache(maxsize=4096)
def smallest_stage(function: str, inputs: tuple[str, ...]) -> Stage:
    """The stage with the fewest devices that computes a function of our notation; the same one every time."""
    truth = truth_table(parse_expression(function), inputs)
    read = [pin for pin in range(len(inputs)) if _depends(truth, len(inputs), pin)]
    narrow = sum((truth >> sum(1 << pin for at, pin in enumerate(read) if state >> at & 1) & 1) << state
                 for state in range(1 << len(read)))  # fmt: skip
    pins = [inputs[pin] for pin in read]
    full = (1 << (1 << len(pins))) - 1
    if narrow in (0, full):
        return Stage(("const", int(narrow == 0)), inverted=False)
    stages = []
    for inverted, target in ((False, full ^ narrow), (True, narrow)):
        if len(pins) <= _EXACT_INPUTS:
            stages.append(Stage(_named(_exact_network(target, len(pins)), pins), inverted))
        else:
            written = _negation_normal(without_xor(parse_expression(function)), negate=not inverted)
            found = [*_factored_networks(target, pins), without_constants(written)]
            stages += [Stage(network, inverted) for network in found]
    return min(stages, key=lambda stage: stage.devices)


def _literals(network: Expression) -> list[Expression]:
    if network[0] == "const":
        return []
    if network[0] in ("pin", "!"):
        return [network]
    return [literal for operand in network[1:] for literal in _literals(operand)]


def _depends(truth: int, inputs: int, pin: int) -> bool:
    return any((truth >> state ^ truth >> (state | 1 << pin)) & 1 for state in range(1 << inputs))


def _falls(truth: int, inputs: int, pin: int) -> bool:
    """Whether the function goes from 1 to 0 somewhere as the pin rises."""
    return any(
        truth >> state & 1 and not truth >> (state | 1 << pin) & 1
        for state in range(1 << inputs)
        if not state >> pin & 1
    )


def _rises(truth: int, inputs: int, pin: int) -> bool:
    return _falls(truth ^ (1 << (1 << inputs)) - 1, inputs, pin)


# --- up to four inputs: the smallest networks of all functions ---------------------------------------------------


def _exact_network(target: int, inputs: int) -> Expression:
    """The network of a function with the fewest devices, literals and inverters of pins counted.

    More pins than must be may be read complemented where that saves literals.
    """
    needed = frozenset(pin for pin in range(inputs) if _falls(target, inputs, pin))
    least = inputs + sum(_rises(target, inputs, pin) for pin in needed)
    best, chosen = None, needed
    for extra in range(inputs - len(needed) + 1):
        if best is not None and least + _INVERTER * (len(needed) + extra) >= best:
            break
        for more in combinations(sorted(set(range(inputs)) - needed), extra):
            complemented = needed | set(more)
            devices = int(_sizes(inputs, complemented)[target]) + _INVERTER * len(complemented)
            if best is None or devices < best:
                best, chosen = devices, complemented
    return _rebuilt(target, inputs, chosen)


def _literal_tables(inputs: int, complemented: frozenset[int]) -> dict[int, Expression]:
    """Truth table of every literal that a network may read, with the literal."""
    full = (1 << (1 << inputs)) - 1
    tables = {}
    for pin in range(inputs):
        table = sum(1 << state for state in range(1 << inputs) if state >> pin & 1)
        tables[table] = ("pin", pin)
        if pin in complemented:
            tables[full ^ table] = ("!", ("pin", pin))
    return tables


@lru_cache(maxsize=32)
def _sizes(inputs: int, complemented: frozenset[int]) -> np.ndarray:
    """Fewest literals of a network by truth table, int64 (functions,); -1 where these literals make none.

    Networks are joined size by size, one operand of each pair taken once per class of functions that differ by names
    and complements of pins alone.
    """
    orders = _renamings(inputs, complemented)
    sizes = np.full(1 << (1 << inputs), -1, dtype=np.int64)
    literals = np.array(sorted(_literal_tables(inputs, complemented)), dtype=np.int64)
    sizes[literals] = 1
    by_size, leaders, largest = {1: literals}, {1: _leaders(literals, orders)[0]}, 1
    size = 2
    while size <= 2 * largest:
        found = np.zeros(len(sizes), dtype=bool)
        for first in range(1, size):
            if first in leaders and size - first in by_size:
                for leader in leaders[first]:
                    found[leader & by_size[size - first]] = True
                    found[leader | by_size[size - first]] = True
        found[[0, -1]] = False
        fresh = np.flatnonzero(found & (sizes < 0))
        if len(fresh):
            leaders[size], by_size[size] = _leaders(fresh, orders)
            sizes[by_size[size]] = size
            largest = size
        size += 1
    return sizes


def _renamings(inputs: int, complemented: frozenset[int]) -> np.ndarray:
    """Places of states under every exchange of pins that keeps the literals the same, int64 (exchanges, states)."""
    states = range(1 << inputs)
    orders = []
    for names in permutations(range(inputs)):
        if any((pin in complemented) != (names[pin] in complemented) for pin in range(inputs)):
            continue
        for flips in product(*((0, 1) if pin in complemented else (0,) for pin in range(inputs))):
            orders.append(
                [sum((state >> names[pin] & 1 ^ flips[pin]) << pin for pin in range(inputs)) for state in states]
            )
    return np.array(orders, dtype=np.int64)


def _leaders(functions: np.ndarray, orders: np.ndarray) -> tuple[list[int], np.ndarray]:
    """One function of each class, and all functions of these classes in rising order."""
    states = orders.shape[1]
    waiting, leaders, members = set(functions.tolist()), [], set()
    for function in functions.tolist():
        if function in waiting:
            bits = function >> np.arange(states) & 1
            whole = set((bits[orders] @ (1 << np.arange(states))).tolist())
            leaders.append(function)
            members |= whole
            waiting -= whole
    return leaders, np.array(sorted(members), dtype=np.int64)


def _rebuilt(target: int, inputs: int, complemented: frozenset[int]) -> Expression:
    """A network of the fewest literals, over pin numbers."""
    literals = _literal_tables(inputs, complemented)
    if target in literals:
        return literals[target]
    sizes = _sizes(inputs, complemented)
    size = int(sizes[target])
    for first in range(1, size // 2 + 1):
        for sign, fits in (("&", _above), ("|", _below)):
            ours = fits(np.flatnonzero(sizes == first), target)
            theirs = fits(np.flatnonzero(sizes == size - first), target)
            for one in ours.tolist():
                joined = one & theirs if sign == "&" else one | theirs
                matching = theirs[joined == target]
                if len(matching):
                    parts = (_rebuilt(part, inputs, complemented) for part in (one, int(matching[0])))
                    return _join(sign, *parts)
    raise AssertionError(f"no network of {size} literals makes {target:#x}")


def _above(functions: np.ndarray, target: int) -> np.ndarray:
    return functions[functions & target == target]


def _below(functions: np.ndarray, target: int) -> np.ndarray:
    return functions[functions | target == target]


def _named(network: Expression, pins: Sequence[str]) -> Expression:
    if network[0] == "pin":
        return ("pin", pins[network[1]])
    return (network[0], *(_named(operand, pins) for operand in network[1:]))


# --- wider functions: sums of products, factored -------------------------------------------------------------------

#: A product: literals as pin number and polarity.
_Cube = frozenset[tuple[int, bool]]


def _factored_networks(target: int, pins: Sequence[str]) -> list[Expression]:
    """Two networks of a function: its sum of products factored, and that of its complement turned inside out."""
    width = len(pins)
    full = (1 << (1 << width)) - 1
    straight = _factored(_cover(target, target, width, width)[0])
    inside_out = _negation_normal(_factored(_cover(full ^ target, full ^ target, width, width)[0]), negate=True)
    return [_named(network, pins) for network in (straight, inside_out)]


def _cover(lower: int, upper: int, pin: int, width: int) -> tuple[list[_Cube], int]:
    """Irredundant products that cover ``lower`` and stay within ``upper``, and their table (Minato and Morreale).

    ``pin`` pins are left to split at, the highest first; tables shrink to their halves as it goes.
    """
    if lower == 0:
        return [], 0
    if upper == (1 << (1 << pin)) - 1:
        return [frozenset()], upper
    half = 1 << (pin - 1)
    mask = (1 << half) - 1
    lower0, lower1, upper0, upper1 = lower & mask, lower >> half, upper & mask, upper >> half
    cubes0, table0 = _cover(lower0 & ~upper1, upper0, pin - 1, width)
    cubes1, table1 = _cover(lower1 & ~upper0, upper1, pin - 1, width)
    rest, table = _cover(lower0 & ~table0 | lower1 & ~table1, upper0 & upper1, pin - 1, width)
    cubes = [cube | {(pin - 1, False)} for cube in cubes0] + [cube | {(pin - 1, True)} for cube in cubes1] + rest
    return cubes, (table0 | table) | (table1 | table) << half


def _factored(cubes: list[_Cube]) -> Expression:
    """A sum of products with the most frequent literal taken out, again and again; over pin numbers."""
    counts: dict[tuple[int, bool], int] = {}
    for cube in cubes:
        for literal in cube:
            counts[literal] = counts.get(literal, 0) + 1
    literal = min(counts, key=lambda one: (-counts[one], one), default=None)
    if literal is None:
        return ("const", int(bool(cubes)))
    if counts[literal] == 1:
        return _join("|", *(_join("&", *(_literal(one) for one in sorted(cube))) for cube in cubes))
    divided = [cube - {literal} for cube in cubes if literal in cube]
    common = reduce(frozenset.__and__, divided)
    quotient = [cube - common for cube in divided]
    factors = [_literal(one) for one in sorted({literal} | common)]
    if all(quotient):
        factors.append(_factored(quotient))
    taken = _join("&", *factors)
    others = [cube for cube in cubes if literal not in cube]
    return _join("|", taken, _factored(others)) if others else taken


def _literal(literal: tuple[int, bool]) -> Expression:
    pin, positive = literal
    return ("pin", pin) if positive else ("!", ("pin", pin))


def _negation_normal(expression: Expression, *, negate: bool) -> Expression:
    """An expression without XOR, or its complement, with complements at pins alone."""
    kind = expression[0]
    if kind == "const":
        return ("const", expression[1] ^ negate)
    if kind == "pin":
        return ("!", expression) if negate else expression
    if kind == "!":
        return _negation_normal(expression[1], negate=not negate)
    sign = {"&": "|", "|": "&"}[kind] if negate else kind
    return _join(sign, *(_negation_normal(operand, negate=negate) for operand in expression[1:]))


def _join(sign: str, *operands: Expression) -> Expression:
    """Operands under one sign, those under the same sign taken up."""
    flat: list[Expression] = []
    for operand in operands:
        flat += operand[1:] if operand[0] == sign else [operand]
    return flat[0] if len(flat) == 1 else (sign, *flat)
