"""Adders, comparisons and the argmax of votes, against counting."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from bespoke.circuit import CircuitBuilder
from bespoke.train.votes import at_least, choice, function, most_voted, popcount


def every_state(inputs: int) -> np.ndarray:
    return (np.arange(1 << inputs)[:, None] >> np.arange(inputs) & 1).astype(bool)


def number(bits: np.ndarray) -> np.ndarray:
    return bits.astype(np.int64) @ (1 << np.arange(bits.shape[1]))


@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 7, 8, 11])
def test_popcount_counts(size):
    builder = CircuitBuilder(max(1, size))
    bits = popcount(builder, [builder.input(index) for index in range(size)])
    states = every_state(max(1, size))
    assert len(bits) == size.bit_length()
    assert np.array_equal(number(builder.build(bits).evaluate(states)), states[:, :size].sum(axis=1))


def test_popcount_of_repeated_complementary_and_constant_votes():
    builder = CircuitBuilder(3)
    a, b, c = (builder.input(index) for index in range(3))
    circuit = builder.build(popcount(builder, [a, a, a, b, b ^ 1, c, 1, 1, 0]))
    states = every_state(3)
    assert np.array_equal(number(circuit.evaluate(states)), 3 * states[:, 0] + 1 + states[:, 2] + 2)


@pytest.mark.parametrize("widths", [(2, 2), (1, 3), (3, 1), (0, 2), (2, 0)])
def test_at_least_compares(widths):
    builder = CircuitBuilder(max(1, sum(widths)))
    literals = [builder.input(index) for index in range(sum(widths))]
    circuit = builder.build([at_least(builder, literals[: widths[0]], literals[widths[0] :])])
    states = every_state(max(1, sum(widths)))
    first, second = states[:, : widths[0]], states[:, widths[0] : sum(widths)]
    assert np.array_equal(circuit.evaluate(states)[:, 0], number(first) >= number(second))


def test_choice_of_every_mixture_of_operands():
    for names in product(range(4), repeat=3):
        builder = CircuitBuilder(2)
        literals = [0, 1, builder.input(0), builder.input(1) ^ 1]
        select, high, low = (literals[name] for name in names)
        states = every_state(2)
        columns = [np.zeros(4, bool), np.ones(4, bool), states[:, 0], ~states[:, 1]]
        expected = np.where(columns[names[0]], columns[names[1]], columns[names[2]])
        circuit = builder.build([choice(builder, select, high, low)])
        assert np.array_equal(circuit.evaluate(states)[:, 0], expected)


def test_function_of_random_tables():
    rng = np.random.default_rng(0)
    states = every_state(4)
    for truth in [0, 0xFFFF, *rng.integers(0, 1 << 16, 100).tolist()]:
        builder = CircuitBuilder(4)
        circuit = builder.build([function(builder, truth, [builder.input(pin) for pin in range(4)])])
        assert np.array_equal(circuit.evaluate(states)[:, 0], truth >> np.arange(16) & 1)


@pytest.mark.parametrize("sizes", [(1, 1), (3, 2), (2, 2, 2), (1, 3, 0, 2), (2, 1, 2, 1, 2), (1,)])
def test_the_lowest_of_the_classes_with_most_votes_wins(sizes):
    builder = CircuitBuilder(sum(sizes))
    ends = np.cumsum(sizes)
    votes = [[builder.input(index) for index in range(end - size, end)] for end, size in zip(ends, sizes, strict=True)]
    circuit = builder.build(most_voted(builder, votes))
    states = every_state(sum(sizes))
    sums = np.stack([states[:, end - size : end].sum(axis=1) for end, size in zip(ends, sizes, strict=True)], axis=1)
    assert np.array_equal(number(circuit.evaluate(states)), sums.argmax(axis=1))
