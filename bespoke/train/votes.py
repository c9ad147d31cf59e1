"""From single votes to the class with most of them: multiplexers, popcounts, comparisons and the argmax tree.

The search builds sums and argmax trees of its own, in compiled code, from the genes of a network; these stand on the
plain `CircuitBuilder` and know bits of votes alone.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence

from bespoke.circuit import CircuitBuilder


def exclusive(builder: CircuitBuilder, a: int, b: int) -> tuple[int, int]:
    """Literals of ``a XOR b`` and ``a AND b``; the second is part of the first."""
    both = builder.conjunction(a, b)
    return builder.conjunction(builder.disjunction(a, b), both ^ 1), both


def full_adder(builder: CircuitBuilder, a: int, b: int, c: int) -> tuple[int, int]:
    """Sum and carry of three bits, in seven ANDs."""
    half, both = exclusive(builder, a, b)
    total, late = exclusive(builder, half, c)
    return total, builder.disjunction(both, late)


def choice(builder: CircuitBuilder, select: int, high: int, low: int) -> int:
    """Literal of ``select ? high : low``, one AND where an operand is constant or repeats the selection."""
    if high == low:
        return high
    if high == low ^ 1:
        return exclusive(builder, select, low)[0]
    if high in (1, select):
        return builder.disjunction(select, low)
    if high in (0, select ^ 1):
        return builder.conjunction(select ^ 1, low)
    if low in (0, select):
        return builder.conjunction(select, high)
    if low in (1, select ^ 1):
        return builder.disjunction(select ^ 1, high)
    return builder.choice(select, high, low)


def function(builder: CircuitBuilder, truth: int, operands: Sequence[int]) -> int:
    """Literal of a truth table: bit s is the value in state s, operand i being bit i of s."""
    states = 1 << len(operands)
    if truth in (0, (1 << states) - 1):
        return int(truth > 0)
    half = states >> 1
    low, high = truth & ((1 << half) - 1), truth >> half
    return choice(builder, operands[-1], function(builder, high, operands[:-1]), function(builder, low, operands[:-1]))


def popcount(builder: CircuitBuilder, votes: Sequence[int]) -> list[int]:
    """Literals of how many of the votes are 1, lowest bit first. A literal that votes twice counts twice."""
    columns: list[deque[int]] = [deque()]
    for literal, times in Counter(votes).items():
        for bit in range(times.bit_length()):
            while len(columns) <= bit:
                columns.append(deque())
            if times >> bit & 1:
                columns[bit].append(literal)
    bits: list[int] = []
    for column in columns:  # grows as carries come
        while len(column) > 1:
            a, b = column.popleft(), column.popleft()
            if column:
                total, carry = full_adder(builder, a, b, column.popleft())
            else:
                total, carry = exclusive(builder, a, b)
            column.append(total)
            if carry != 0:
                if len(bits) + 1 == len(columns):
                    columns.append(deque())
                columns[len(bits) + 1].append(carry)
        bits.append(column[0] if column else 0)
    return bits[: len(votes).bit_length()]  # no more can be reached, though the adders do not know


def at_least(builder: CircuitBuilder, first: Sequence[int], second: Sequence[int]) -> int:
    """Literal of ``first >= second``, both unsigned, lowest bit first."""
    result = 1
    for bit in range(max(len(first), len(second))):
        a = first[bit] if bit < len(first) else 0
        b = second[bit] if bit < len(second) else 0
        result = majority(builder, a, b ^ 1, result)
    return result


def majority(builder: CircuitBuilder, a: int, b: int, c: int) -> int:
    """Literal of whether two of three are 1."""
    return builder.disjunction(builder.conjunction(a, b), builder.conjunction(c, builder.disjunction(a, b)))


def constant_bits(value: int, width: int) -> list[int]:
    """Literals of a number, lowest bit first."""
    return [value >> bit & 1 for bit in range(width)]


def most_voted(builder: CircuitBuilder, votes: Sequence[Sequence[int]]) -> list[int]:
    """Literals of the index of the class with most votes, the lowest among equals, lowest bit first.

    Parameters
    ----------
    votes : literals of the votes for each class, as many as there are.
    """
    width = max(1, (len(votes) - 1).bit_length())
    if len(votes) == 2:  # more ones among the votes for 1 and the complements of those for 0 than there are the latter
        against = [literal ^ 1 for literal in votes[0]]
        total = popcount(builder, [*against, *votes[1]])
        return [at_least(builder, total, constant_bits(len(against) + 1, (len(against) + 1).bit_length()))]
    rivals = [(popcount(builder, own), constant_bits(index, width)) for index, own in enumerate(votes)]
    while len(rivals) > 1:  # neighbours meet, so that the first of a pair is always of the lower classes
        winners = [_winner(builder, *rivals[place : place + 2]) for place in range(0, len(rivals) - 1, 2)]
        rivals = winners + rivals[2 * len(winners) :]
    return rivals[0][1]


_Rival = tuple[list[int], list[int]]


def _winner(builder: CircuitBuilder, first: _Rival, second: _Rival) -> _Rival:
    """Sum and index of the one with more votes, the first among equals."""
    take = at_least(builder, first[0], second[0])
    size = max(len(first[0]), len(second[0]))
    sums = [[*total, *[0] * (size - len(total))] for total, _ in (first, second)]
    return (
        [choice(builder, take, a, b) for a, b in zip(*sums, strict=True)],
        [choice(builder, take, a, b) for a, b in zip(first[1], second[1], strict=True)],
    )
