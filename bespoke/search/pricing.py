"""Printed area of an and-inverter graph, estimated without mapping it.

The graph is covered from the outputs down: an AND is a NAND2 or AND2 of its fanins or a NOR2 or OR2 of their
complements, whatever is cheaper with the polarities that its readers want and the inverters that exist already; two
ANDs below a third that make an exclusive or are four NAND2 (one shared with a half adder's carry) or the technology's
own cell.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from bespoke.errors import InputError
from bespoke.model import LogicCircuit
from bespoke.technology import Technology

# Positions in the array of prices.
INV = 0
NAND = 1
NOR = 2
AND = 3
OR = 4
XOR = 5
XNOR = 6
#: An inverter at an input that is read in no other polarity: what delivers it may as well deliver the complement.
INPUT_INV = 7
PRICES = 8

#: Truth table and number of inputs of every gate.
TRUTHS = {
    INV: (0b01, 1),
    NAND: (0b0111, 2),
    NOR: (0b0001, 2),
    AND: (0b1000, 2),
    OR: (0b1110, 2),
    XOR: (0b0110, 2),
    XNOR: (0b1001, 2),
}


def prices(technology: Technology) -> np.ndarray:
    """Area in cm² of the gates of at most two inputs, by `INV`..`INPUT_INV`; composed where there is no such cell.

    An inverter at an input costs what any inverter costs; see `with_free_complements`.

    Raises
    ------
    InputError
        if the technology has neither NAND2 and inverter nor NOR2 and inverter.
    """
    area = np.full(PRICES, np.inf)
    for position, (truth, inputs) in TRUTHS.items():
        cell = technology.find(truth, inputs)
        if cell is not None:
            area[position] = cell.area_um2 * 1e-8
    for _ in range(3):  # compositions build on one another
        inv, nand, nor = area[INV], area[NAND], area[NOR]
        area[INV] = min(inv, nand, nor)
        area[AND] = min(area[AND], nand + area[INV], nor + 2 * area[INV])
        area[OR] = min(area[OR], nor + area[INV], nand + 2 * area[INV])
        area[NAND] = min(nand, area[AND] + area[INV], nor + 3 * area[INV])
        area[NOR] = min(nor, area[OR] + area[INV], nand + 3 * area[INV])
        area[XOR] = min(area[XOR], 4 * area[NAND], 4 * area[NOR] + area[INV])
        area[XNOR] = min(area[XNOR], area[XOR] + area[INV], 2 * area[NAND] + area[OR])
    area[INPUT_INV] = area[INV]
    if not np.isfinite(area).all():
        raise InputError(f"technology {technology.name} needs at least an inverter and a NAND2 or NOR2 cell")
    return area


def with_free_complements(prices: np.ndarray) -> np.ndarray:
    """Prices, or leakages by gate, where inputs are comparators': swapping its inputs makes one give the complement."""
    free = prices.copy()
    free[INPUT_INV] = 0.0
    return free


def fanins_by_node(circuit: LogicCircuit) -> tuple[np.ndarray, np.ndarray]:
    """First and second fanin of every node, as the kernels read them; constant and inputs have none."""
    padding = np.zeros(circuit.first_and, dtype=np.int32)
    return (
        np.concatenate([padding, circuit.fanins[:, 0]]),
        np.concatenate([padding, circuit.fanins[:, 1]]),
    )


@njit(cache=True)
def mark(fanin0, fanin1, nodes, first_and, outputs, out_bits, live):
    """Set ``live`` for nodes that the outputs depend on; returns the number of live ANDs."""
    live[:nodes] = False
    for bit in range(out_bits):
        live[outputs[bit] >> 1] = True
    count = 0
    for node in range(nodes - 1, first_and - 1, -1):
        if live[node]:
            live[fanin0[node] >> 1] = True
            live[fanin1[node] >> 1] = True
            count += 1
    return count


@njit(cache=True)
def _demand(need, fanin0, first_and, literal, price):
    """What asking for one more literal is likely to cost."""
    if literal < 2 or need[literal]:
        return 0.0
    if (literal >> 1) < first_and:
        if need[literal ^ 1]:
            return price[INV] if literal & 1 else price[INV] - price[INPUT_INV]
        return price[INPUT_INV] if literal & 1 else 0.0
    if need[literal ^ 1]:
        return price[INV]
    return 0.0 if literal & 1 else price[AND] - price[NAND]


@njit(cache=True)
def area_of(fanin0, fanin1, nodes, first_and, outputs, out_bits, need, price, kinds):
    """Estimated area in cm² of the logic below the outputs.

    ``need`` (2 * nodes booleans) is scratch. ``kinds`` (int8, nodes), unless empty, receives how each node was covered,
    for the power estimate: 0 not at all, 1 NAND, 2 NOR, 3 AND, 4 OR, 5 an exclusive or of NANDs, 6 the XOR cell, 7 the
    XNOR cell or its parts; plus 8 where an inverter follows.
    """
    keep = kinds.size > 0
    need[: 2 * nodes] = False
    total = 0.0
    for bit in range(out_bits):
        need[outputs[bit]] = True
    for node in range(nodes - 1, first_and - 1, -1):
        if keep:
            kinds[node] = 0
        positive = need[2 * node]
        negative = need[2 * node + 1]
        if not (positive or negative):
            continue
        a = fanin0[node]
        b = fanin1[node]
        if a & 1 and b & 1 and (a >> 1) >= first_and and (b >> 1) >= first_and:
            p = fanin0[a >> 1]
            q = fanin1[a >> 1]
            r = fanin0[b >> 1]
            s = fanin1[b >> 1]
            if (p == r ^ 1 and q == s ^ 1) or (p == s ^ 1 and q == r ^ 1):
                # node = p xor q; one of the two ANDs below stays as a NAND, the other goes
                shared = a
                x, y = p, q
                if need[b] and not need[a]:
                    shared = b
                    x, y = r, s
                if not (need[a] or need[b]):
                    first = _demand(need, fanin0, first_and, p, price) + _demand(need, fanin0, first_and, q, price)
                    second = _demand(need, fanin0, first_and, r, price) + _demand(need, fanin0, first_and, s, price)
                    if second < first:
                        shared = b
                        x, y = r, s
                nand_xor = 3 * price[NAND] + (0.0 if need[shared] else price[NAND])
                own_cell = nand_xor > price[XOR]
                cost = price[XOR] if own_cell else nand_xor
                kind = 6 if own_cell else 5
                if negative:
                    cost += price[INV]
                    kind += 8
                    # NAND(NAND(x, y), OR(x, y)) against the exclusive or and an inverter
                    parts = price[NAND] + price[OR] + (0.0 if need[shared] else price[NAND])
                    if not positive and min(parts, price[XNOR]) < cost:
                        own_cell = price[XNOR] < parts
                        cost = price[XNOR] if own_cell else parts
                        kind = 7
                if keep:
                    kinds[node] = kind
                if not own_cell and not need[shared]:
                    # the NAND is priced when its own turn comes
                    cost -= price[NAND]
                    need[shared] = True
                need[x] = True
                need[y] = True
                total += cost
                continue
        da = _demand(need, fanin0, first_and, a, price)
        db = _demand(need, fanin0, first_and, b, price)
        na = _demand(need, fanin0, first_and, a ^ 1, price)
        nb = _demand(need, fanin0, first_and, b ^ 1, price)
        if positive and negative:
            straight = price[NAND] + price[INV]
            crossed = price[NOR] + price[INV]
        elif positive:
            straight = min(price[AND], price[NAND] + price[INV])
            crossed = price[NOR]
        else:
            straight = price[NAND]
            crossed = min(price[OR], price[NOR] + price[INV])
        if straight + da + db <= crossed + na + nb:
            total += straight
            need[a] = True
            need[b] = True
            if keep:
                if positive and not negative and price[AND] <= price[NAND] + price[INV]:
                    kinds[node] = 3
                else:
                    kinds[node] = 9 if positive else 1
        else:
            total += crossed
            need[a ^ 1] = True
            need[b ^ 1] = True
            if keep:
                if negative and not positive and price[OR] <= price[NOR] + price[INV]:
                    kinds[node] = 4
                else:
                    kinds[node] = 10 if negative else 2
    for node in range(1, first_and):
        if need[2 * node + 1]:
            total += price[INV] if need[2 * node] else price[INPUT_INV]
    return total
