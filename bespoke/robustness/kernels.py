"""Compiled loops that count right samples under faults, 64 samples a word.

Rows come as uint64 (2 · nets, words): row n is the intact value of net n, row nets + n its value under the faults that
are being looked at, valid where ``differs[n]`` is set. Gates wait in a set of bits and are taken in order, so each is
computed once, after all that it reads, and only if something that it reads differs.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from bespoke.kernel_words import popcount

_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
_NONE = np.uint64(0)
_ONE = np.uint64(1)
_TWO, _THREE = np.uint64(2), np.uint64(3)


@njit(cache=True)
def _apply(rows, target, plain, operands, width, tables, function, leaves):
    """Fill a row with a function of the rows ``operands[:width]``; returns whether it differs from the row ``plain``.

    ``tables`` is uint64 (functions, chunks). Rows are indexed, not taken as slices: a slice costs more than its words.
    """
    words = rows.shape[1]
    low = tables[function, 0]
    difference = _NONE
    if width <= 2:
        bit0, bit1, bit2, bit3 = low & _ONE, (low >> _ONE) & _ONE, (low >> _TWO) & _ONE, (low >> _THREE) & _ONE
        a = operands[0] if width > 0 else target
        b = operands[1] if width > 1 else a
        c0 = _ALL if bit0 else _NONE
        c1 = _ALL if width > 0 and bit0 ^ bit1 else _NONE
        c2 = _ALL if width > 1 and bit0 ^ bit2 else _NONE
        c3 = _ALL if width > 1 and bit0 ^ bit1 ^ bit2 ^ bit3 else _NONE
        for word in range(words):
            x, y = rows[a, word], rows[b, word]
            result = c0 ^ (c1 & x) ^ (c2 & y) ^ (c3 & x & y)
            rows[target, word] = result
            difference |= result ^ rows[plain, word]
        return difference != _NONE
    half = 1 << (width - 1)
    for word in range(words):
        x = rows[operands[0], word]
        for pair in range(half):
            two = (tables[function, pair >> 5] >> np.uint64(2 * (pair & 31))) & _THREE
            leaves[pair] = (_NONE if two & _ONE == _NONE else ~x) | (_NONE if two < _TWO else x)
        left = half
        for pin in range(1, width):
            x = rows[operands[pin], word]
            left >>= 1
            for pair in range(left):
                leaves[pair] = (x & leaves[2 * pair + 1]) | (~x & leaves[2 * pair])
        rows[target, word] = leaves[0]
        difference |= leaves[0] ^ rows[plain, word]
    return difference != _NONE


@njit(cache=True, inline="always")
def _wake(net, reader_starts, readers, pending):
    """Let all gates that read a net wait; how many did not wait before."""
    woken = 0
    for place in range(reader_starts[net], reader_starts[net + 1]):
        gate = readers[place]
        bit = _ONE << np.uint64(gate & 63)
        if not pending[gate >> 6] & bit:
            pending[gate >> 6] |= bit
            woken += 1
    return woken


@njit(cache=True)
def _right(rows, nets, differs, output_nets, expected, mask, right):
    """Fill ``right`` with ones where every output is as expected, of the samples in ``mask``."""
    right[:] = mask
    for place in range(len(output_nets)):
        net = output_nets[place]
        row = rows[nets + net] if differs[net] else rows[net]
        wanted = expected[place]
        for word in range(len(right)):
            right[word] &= ~(row[word] ^ wanted[word])


@njit(cache=True, inline="always")
def _operands(gate, width, fanins, nets, differs, operands):
    for pin in range(width):
        net = fanins[gate, pin]
        operands[pin] = net + nets if differs[net] else net


@njit(cache=True)
def count_flips(
    rows,
    fanins,
    cells,
    widths,
    tables,
    differences,
    reader_starts,
    readers,
    outputs,
    expected,
    mask,
    counts,
    pin_counts,
):
    """Add the right samples with every net, int64 (nets, 2), and every pin, int64 (gates, pins, 2), at 0 and at 1.

    The word in which the prints would be right if a net were flipped follows from that of the only gate through which
    the flip can reach the outputs, once all that the flip changes passes through one gate; so what lies behind is
    computed once, for all nets before it. ``differences`` is uint64 (cells, pins, chunks): where an output depends on
    a pin.
    """
    nets, words = len(rows) // 2, rows.shape[1]
    first = nets - len(cells)
    flipped = np.empty((nets, words), dtype=np.uint64)
    right = np.empty(words, dtype=np.uint64)
    pending = np.zeros(len(cells) // 64 + 1, dtype=np.uint64)
    differs = np.zeros(nets, dtype=np.bool_)
    changed = np.empty(nets, dtype=np.int64)
    operands = np.empty(16, dtype=np.int64)
    leaves = np.empty(512, dtype=np.uint64)
    is_output = np.zeros(nets, dtype=np.bool_)
    for net in outputs:
        is_output[net] = True
    _right(rows, nets, differs, outputs, expected, mask, right)
    for net in range(nets - 1, 1, -1):
        goal = flipped[net]
        waiting = _wake(net, reader_starts, readers, pending)
        if waiting == 0 and not is_output[net]:
            goal[:] = right
        else:
            for word in range(words):
                rows[nets + net, word] = ~rows[net, word]
            differs[net] = True
            changed[0] = net
            count = 1
            reached = is_output[net]
            through = -1
            place = 0 if net < first else (net - first) >> 6
            while waiting:
                ready = pending[place]
                while ready == _NONE:
                    place += 1
                    ready = pending[place]
                lowest = ready & (~ready + _ONE)
                pending[place] = ready ^ lowest
                waiting -= 1
                gate = place * 64 + popcount(lowest - _ONE)
                cell = cells[gate]
                target = first + gate
                _operands(gate, widths[cell], fanins, nets, differs, operands)
                changes = _apply(rows, nets + target, target, operands, widths[cell], tables, cell, leaves)
                if waiting == 0 and not reached:
                    through = target  # all that differs passes through this gate
                elif changes:
                    differs[target] = True
                    changed[count] = target
                    count += 1
                    reached |= is_output[target]
                    waiting += _wake(target, reader_starts, readers, pending)
            if through >= 0:
                a, b, behind = rows[through], rows[nets + through], flipped[through]
                for word in range(words):
                    passes = a[word] ^ b[word]
                    goal[word] = (passes & behind[word]) | (~passes & right[word])
            else:
                _right(rows, nets, differs, outputs, expected, mask, goal)
            for place in range(count):
                differs[changed[place]] = False
        _add_stuck(rows[net], goal, right, counts[net])
    for gate in range(len(cells)):
        cell, behind = cells[gate], flipped[first + gate]
        for pin in range(widths[cell]):
            operands[pin] = fanins[gate, pin]
        scratch, goal = rows[nets], rows[nets + 1]  # of the constants, which never differ
        for pin in range(widths[cell]):
            _apply(rows, nets, 0, operands, widths[cell], differences[cell], pin, leaves)
            for word in range(words):
                goal[word] = (scratch[word] & behind[word]) | (~scratch[word] & right[word])
            _add_stuck(rows[fanins[gate, pin]], goal, right, pin_counts[gate, pin])


@njit(cache=True)
def _add_stuck(value, flipped, right, counts):
    """Of a place at 0 and at 1, only one differs from the intact value on each sample."""
    low, high = 0, 0
    for word in range(len(value)):
        low += popcount((value[word] & flipped[word]) | (~value[word] & right[word]))
        high += popcount((~value[word] & flipped[word]) | (value[word] & right[word]))
    counts[0] += low
    counts[1] += high


@njit(cache=True)
def count_sets(
    rows, fanins, cells, widths, tables, reader_starts, readers, outputs, expected, mask, starts, faults,
    fault_nets, fault_tables, counts,
):  # fmt: skip
    """Add to ``counts``, int64 (sets,), the right samples under every set of faults.

    Set s is ``faults[starts[s]:starts[s + 1]]``. Fault f makes net ``fault_nets[f]`` the function
    ``tables[fault_tables[f]]`` of what its gate reads, or of nothing if it is an input.
    """
    nets, words = len(rows) // 2, rows.shape[1]
    first = nets - len(cells)
    right = np.empty(words, dtype=np.uint64)
    pending = np.zeros(len(cells) // 64 + 1, dtype=np.uint64)
    differs = np.zeros(nets, dtype=np.bool_)
    changed = np.empty(nets, dtype=np.int64)
    broken = np.full(len(cells), -1, dtype=np.int64)
    operands = np.empty(16, dtype=np.int64)
    leaves = np.empty(512, dtype=np.uint64)
    for number in range(len(starts) - 1):
        count, waiting = 0, 0
        for position in range(starts[number], starts[number + 1]):
            fault = faults[position]
            net = fault_nets[fault]
            if net < first:
                _apply(rows, nets + net, net, operands, 0, tables, fault_tables[fault], leaves)
                differs[net] = True
                changed[count] = net
                count += 1
                waiting += _wake(net, reader_starts, readers, pending)
            else:
                gate = net - first
                broken[gate] = fault_tables[fault]
                bit = _ONE << np.uint64(gate & 63)
                if not pending[gate >> 6] & bit:
                    pending[gate >> 6] |= bit
                    waiting += 1
        place = 0
        while waiting:
            while pending[place] == _NONE:
                place += 1
            lowest = pending[place] & (~pending[place] + _ONE)
            pending[place] ^= lowest
            waiting -= 1
            gate = place * 64 + popcount(lowest - _ONE)
            cell = cells[gate]
            target = first + gate
            function = cell if broken[gate] < 0 else broken[gate]
            _operands(gate, widths[cell], fanins, nets, differs, operands)
            if _apply(rows, nets + target, target, operands, widths[cell], tables, function, leaves):
                differs[target] = True
                changed[count] = target
                count += 1
                waiting += _wake(target, reader_starts, readers, pending)
        _right(rows, nets, differs, outputs, expected, mask, right)
        for word in range(words):
            counts[number] += popcount(right[word])
        for position in range(count):
            differs[changed[position]] = False
        for position in range(starts[number], starts[number + 1]):
            net = fault_nets[faults[position]]
            if net >= first:
                broken[net - first] = -1


@njit(cache=True)
def suffix_sums(take, leave, most, at_least):
    """Float64 (elements + 1, most + 1): the sum over choices among the elements from i on that take m of them.

    A choice weighs the product of ``take`` of those taken and ``leave`` of the others. With ``at_least``, m or more
    of them; then ``take`` and ``leave`` must add up to 1.
    """
    table = np.zeros((len(take) + 1, most + 1))
    table[len(take), 0] = 1.0
    for element in range(len(take) - 1, -1, -1):
        table[element, 0] = 1.0 if at_least else leave[element] * table[element + 1, 0]
        for count in range(1, most + 1):
            table[element, count] = (
                take[element] * table[element + 1, count - 1] + leave[element] * table[element + 1, count]
            )
    return table


@njit(cache=True)
def draw_elements(uniforms, take, table, at_least, broken):
    """Fill ``broken``, bool (prints, elements), from numbers below 1: the last column of ``table`` of them, or more.

    Each element is drawn with its chance given those before and that enough of them break in the end, so the set has
    exactly the distribution of independent breaks under that condition.
    """
    for draw in range(len(uniforms)):
        needed = table.shape[1] - 1
        for element in range(len(take)):
            if needed > 0:
                chance = take[element] * table[element + 1, needed - 1] / table[element, needed]
            else:
                chance = take[element] if at_least else 0.0
            hit = uniforms[draw, element] < chance
            if needed > 0 and table[element + 1, needed] <= 0.0:
                hit = True  # rounding must not leave fewer than needed
            broken[draw, element] = hit
            if hit and needed > 0:
                needed -= 1
