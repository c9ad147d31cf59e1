"""Candidates for a target: nets, inverted nets, two-input functions of nets, and those below one more gate.

Every candidate agrees with the target on all patterns where the target is observed; that is a filter, not a proof.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from bespoke.netlist.optimise.state import (
    SHORTLIST,
    random_below,
    random_unit,
)

IDENTITY, INVERTER = 0b1010, 0b0101


@njit(cache=True)
def offer(state, area, slack, temperature, first, second, function, template, top_cell, top_pin, top_net):
    """Put a candidate on the shortlist if its area may pay; the noise makes a draw of the ranking."""
    growth = (area - state.now[0].freed) * state.now[0].per_area
    if growth > slack:
        return
    # Gumbel noise: at temperature T the order of the keys is a draw by exp(-growth / T). Ties fall at random.
    key = growth - (temperature + 1e-9) * -np.log(-np.log(random_unit(state)))
    count = state.now[0].candidate_count
    if count < SHORTLIST:
        slot = count
        state.now[0].candidate_count += 1
    else:
        slot = 0
        for index in range(1, SHORTLIST):
            if state.candidates[index].key > state.candidates[slot].key:
                slot = index
        if key >= state.candidates[slot].key:
            return
    entry = state.candidates[slot]
    entry.key = key
    entry.first, entry.second, entry.function, entry.template = first, second, function, template
    entry.top_cell, entry.top_pin, entry.top_net = top_cell, top_pin, top_net


@njit(cache=True)
def single_nets(state, library, level, base_area, slack, temperature, top_cell, top_pin, top_net):
    """Offer every constant, net and inverted net that meets the specification at ``level`` (rows 2 level, + 1)."""
    on, off = state.specification[2 * level], state.specification[2 * level + 1]
    words = state.now[0].words
    # `offer` is compiled once if all calls have arguments of the same types
    none, first, identity, inverter = np.int64(-1), np.int64(0), np.int64(IDENTITY), np.int64(INVERTER)
    inverter_area = np.inf
    if library.template_count[INVERTER] > 0:
        inverter_area = library.template_area[INVERTER, 0]
    for index in range(-2, state.now[0].divisor_count):
        net = state.slot[index].divisor if index >= 0 else index + 2
        row = state.rows[net]
        same, opposite = True, index >= 0
        for word in range(words):
            value = row[word]
            if same and ((on[word] & ~value) | (off[word] & value)):
                same = False
                if not opposite:
                    break
            if opposite and ((on[word] & value) | (off[word] & ~value)):
                opposite = False
                if not same:
                    break
        if same:
            offer(state, base_area, slack, temperature, net, none, identity, first, top_cell, top_pin, top_net)
        if opposite:
            area = base_area + inverter_area
            offer(state, area, slack, temperature, net, none, inverter, first, top_cell, top_pin, top_net)


@njit(cache=True)
def _witnesses(state, on, off, row, value):
    """Patterns where the net ``row`` has ``value``, first and last in the on-set and in the off-set; -1 for none."""
    words = state.now[0].words
    flip = np.uint64(0) if value else ~np.uint64(0)
    first_on = last_on = first_off = last_off = -1
    for word in range(words):
        here = state.rows[row, word] ^ flip
        in_on, in_off = on[word] & here, off[word] & here
        if in_on:
            if first_on < 0:
                first_on = word * 64 + _low_bit(in_on)
            last_on = word * 64 + _high_bit(in_on)
        if in_off:
            if first_off < 0:
                first_off = word * 64 + _low_bit(in_off)
            last_off = word * 64 + _high_bit(in_off)
    return first_on, last_on, first_off, last_off


@njit(cache=True)
def _low_bit(word):
    bit = 0
    while not (word >> np.uint64(bit)) & np.uint64(1):
        bit += 1
    return bit


@njit(cache=True)
def _high_bit(word):
    bit = 63
    while not (word >> np.uint64(bit)) & np.uint64(1):
        bit -= 1
    return bit


@njit(cache=True)
def _bit(state, net, pattern):
    return (state.rows[net, pattern >> 6] >> np.uint64(pattern & 63)) & np.uint64(1)


@njit(cache=True)
def pairs_of_nets(state, library, level, base_area, slack, temperature, top_cell, top_pin, top_net):
    """Offer the two-input functions of two nets that meet the specification at ``level``.

    A net splits the patterns in two; where a half holds both an on- and an off-pattern, the second net must tell the
    two apart, which rules most of them out at the price of two bits.
    """
    on, off = state.specification[2 * level], state.specification[2 * level + 1]
    words = state.now[0].words
    count = state.now[0].pair_count
    cheapest = np.inf
    for index in range(len(library.template_count)):
        if library.template_count[index] and index != IDENTITY and index != INVERTER:
            cheapest = min(cheapest, library.template_area[index, 0])
    if (base_area + cheapest - state.now[0].freed) * state.now[0].per_area > slack:
        return
    for i in range(count - 1):
        a = state.slot[i].divisor
        on0, on0_last, off0, off0_last = _witnesses(state, on, off, a, False)
        on1, on1_last, off1, off1_last = _witnesses(state, on, off, a, True)
        mixed0, mixed1 = on0 >= 0 and off0 >= 0, on1 >= 0 and off1 >= 0
        for j in range(i + 1, count):
            b = state.slot[j].divisor
            if mixed0:
                if _bit(state, b, on0) == _bit(state, b, off0):
                    continue
                if _bit(state, b, on0_last) == _bit(state, b, off0_last):
                    continue
            if mixed1:
                if _bit(state, b, on1) == _bit(state, b, off1):
                    continue
                if _bit(state, b, on1_last) == _bit(state, b, off1_last):
                    continue
            ones, zeros = 0, 0
            for word in range(words):
                x, y = state.rows[a, word], state.rows[b, word]
                high, low = on[word], off[word]
                if high & ~x & ~y:
                    ones |= 1
                if high & x & ~y:
                    ones |= 2
                if high & ~x & y:
                    ones |= 4
                if high & x & y:
                    ones |= 8
                if low & ~x & ~y:
                    zeros |= 1
                if low & x & ~y:
                    zeros |= 2
                if low & ~x & y:
                    zeros |= 4
                if low & x & y:
                    zeros |= 8
                if ones & zeros:
                    break
            if ones & zeros:
                continue
            for choice in range(library.choice_count[ones, zeros]):
                function = np.int64(library.choice_function[ones, zeros, choice])
                template = np.int64(library.choice_template[ones, zeros, choice])
                area = base_area + library.template_area[function, template]
                offer(
                    state,
                    area,
                    slack,
                    temperature,
                    np.int64(a),
                    np.int64(b),
                    function,
                    template,
                    top_cell,
                    top_pin,
                    top_net,
                )


@njit(cache=True)
def below_a_gate(state, library, slack, temperature):
    """Draw a top gate and a net for one of its pins, work out what the other pin must carry, and offer logic for it."""
    if len(library.top_cells) == 0 or state.now[0].pair_count < 2:
        return
    cell = library.top_cells[random_below(state, len(library.top_cells))]
    base_area = library.cell[cell].area
    if (base_area - state.now[0].freed) * state.now[0].per_area > slack:
        return
    pin = random_below(state, 2)
    truth = library.cell[cell].truth
    # The cell as a function of the open pin, for each value of the other: bit 0 where it is low, bit 1 where high.
    step_net, step_open = (2, 1) if pin == 0 else (1, 2)
    low = (truth & 1) | (truth >> step_open & 1) << 1
    high = (truth >> step_net & 1) | (truth >> (step_net + step_open) & 1) << 1
    words = state.now[0].words
    on, off = state.specification[0], state.specification[1]
    chosen, fitting = -1, 0
    for index in range(state.now[0].pair_count):
        net = state.slot[index].divisor
        conflict, settled = False, low != 0 and low != 3 and high != 0 and high != 3
        for word in range(words):
            x = state.rows[net, word]
            if low == 0 or low == 3:
                wrong = (on[word] if low == 0 else off[word]) & ~x
                conflict |= wrong != 0
                settled |= ((off[word] if low == 0 else on[word]) & ~x) != 0
            if high == 0 or high == 3:
                wrong = (on[word] if high == 0 else off[word]) & x
                conflict |= wrong != 0
                settled |= ((off[word] if high == 0 else on[word]) & x) != 0
            if conflict:
                break
        if not conflict and settled:
            fitting += 1
            if random_below(state, fitting) == 0:
                chosen = net
    if chosen < 0:
        return
    need, avoid = state.specification[2], state.specification[3]
    for word in range(words):
        x = state.rows[chosen, word]
        here, there = on[word], off[word]
        need[word] = np.uint64(0)
        avoid[word] = np.uint64(0)
        if low == 2:
            need[word] |= here & ~x
            avoid[word] |= there & ~x
        elif low == 1:
            need[word] |= there & ~x
            avoid[word] |= here & ~x
        if high == 2:
            need[word] |= here & x
            avoid[word] |= there & x
        elif high == 1:
            need[word] |= there & x
            avoid[word] |= here & x
    level, top_net = np.int64(1), np.int64(chosen)
    pairs_of_nets(state, library, level, base_area, slack, temperature, np.int64(cell), np.int64(pin), top_net)
