"""Incremental evaluation after random moves against the model's own inference; moves keep what is frozen."""

from __future__ import annotations

import numpy as np
import pytest
from helpers import random_network
from hypothesis import given, settings
from hypothesis import strategies as st

from bespoke.search import SearchData, SearchOptions, variation
from bespoke.search.evaluation import accept, evaluate, evaluator
from bespoke.search.genome import BIAS, MASK, NEURONS, SHIFT, TREE_WIDTH, Layout
from bespoke.search.problem import make_problem, padded, tidied
from bespoke.search.randoms import below, next_bits, random_state, unit
from bespoke.technology import load_technology

TECHNOLOGY = load_technology()


def sampled(rng, *, features, classes, bits, samples=80):
    return rng.integers(0, 1 << bits, (samples, features)), rng.integers(0, classes, samples)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    features=st.integers(1, 6),
    hidden=st.lists(st.integers(1, 4), max_size=2).map(tuple),
    classes=st.integers(2, 5),
    bits=st.integers(1, 4),
)
def test_incremental_answers_equal_the_model(seed, features, hidden, classes, bits):
    rng = np.random.default_rng(seed)
    network = random_network(rng, features=features, hidden=hidden, classes=classes, input_bits=bits, max_weight=4)
    mate = random_network(rng, features=features, hidden=hidden, classes=classes, input_bits=bits, max_weight=4)
    inputs, answers = sampled(rng, features=features, classes=classes, bits=bits)
    data = SearchData(inputs, answers, bits, classes)
    problem = make_problem(data, [network, mate], SearchOptions(max_terms=2), TECHNOLOGY)
    layout = problem.layout
    at = layout.array
    weights = rng.integers(1, 4, len(answers))
    kernel = evaluator(layout, inputs, answers, weights)
    rates = variation.move_rates(multiply=True, accumulate=True, activate=True, terms=2, hidden=sum(hidden))
    state = random_state(rng)
    current = problem.starts[0].copy()
    changed = np.ones(int(at[NEURONS]), dtype=bool)
    order = np.zeros(classes + 1, dtype=np.int64)

    def expected(row):
        return int(weights[layout.decode(row).predict(inputs) == answers].sum())

    right = evaluate(kernel, current, current, at, changed, True)
    accept(kernel)
    assert right == expected(current)
    for _ in range(60):
        child = current.copy()
        changed[:] = False
        for _ in range(int(rng.integers(1, 4))):
            variation.mutate(
                state,
                child,
                problem.starts[1],
                at,
                problem.limits,
                rates,
                changed,
                kernel.sums,
                kernel.side,
                order,
                False,
            )
        answer = evaluate(kernel, child, current, at, changed, False)
        assert (right if answer < 0 else answer) == expected(child)
        if rng.random() < 0.6:
            accept(kernel)
            current = child
            right = expected(child)
            # what tidying takes away must not show
            assert np.array_equal(tidied(layout, child).predict(inputs), layout.decode(child).predict(inputs))


@pytest.mark.parametrize("free", ["multiply", "accumulate", "activate"])
def test_frozen_units_stay(free):
    rng = np.random.default_rng(1)
    network = random_network(rng, features=5, hidden=(3,), classes=4)
    inputs, answers = sampled(rng, features=5, classes=4, bits=4)
    problem = make_problem(SearchData(inputs, answers, 4, 4), [network], SearchOptions(), TECHNOLOGY)
    at = problem.layout.array
    kinds = {unit: unit == free for unit in ("multiply", "accumulate", "activate")}
    rates = variation.move_rates(**kinds, terms=2, hidden=3)
    kernel = evaluator(problem.layout, inputs, answers, np.ones(len(answers)))
    genes, state = problem.starts[0].copy(), random_state(rng)
    changed, order = np.ones(int(at[NEURONS]), dtype=bool), np.zeros(5, dtype=np.int64)
    evaluate(kernel, genes, genes, at, changed, True)
    keep_masks = not kinds["accumulate"]
    for _ in range(500):
        variation.mutate(
            state, genes, genes, at, problem.limits, rates, changed, kernel.sums, kernel.side, order, keep_masks
        )
    parts = {
        "multiply": slice(0, at[MASK]),
        "accumulate": slice(at[MASK], at[SHIFT]),
        "activate": slice(at[SHIFT], None),
    }
    assert at[BIAS] < at[SHIFT] < at[TREE_WIDTH]
    for kind, part in parts.items():
        assert np.array_equal(genes[part], problem.starts[0][part]) == (kind != free)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), hidden=st.lists(st.integers(1, 4), max_size=2).map(tuple))
def test_rows_and_padding_keep_the_network(seed, hidden):
    rng = np.random.default_rng(seed)
    network = random_network(rng, features=3, hidden=hidden, classes=4)
    layout = Layout.of(network)
    inputs = rng.integers(0, 16, (200, 3))
    assert np.array_equal(layout.decode(layout.encode(network)).predict(inputs), network.predict(inputs))
    larger = (3, *(size + 2 for size in hidden), 4)
    assert np.array_equal(padded(network, larger).predict(inputs), network.predict(inputs))


def test_random_numbers_equal_the_published_recurrence():
    # xorshift64* as Vigna gives it, in Python's own integers
    x = 12345
    state = np.array([x], dtype=np.uint64)
    for _ in range(20):
        x ^= x >> 12
        x = (x ^ x << 25) & (1 << 64) - 1
        x ^= x >> 27
        assert int(next_bits(state)) == x * 0x2545F4914F6CDD1D & (1 << 64) - 1
    draws = [below(state, 7) for _ in range(4000)]
    assert set(draws) == set(range(7)) and abs(np.mean(draws) - 3) < 0.15
    assert all(0 <= unit(state) < 1 for _ in range(100))
