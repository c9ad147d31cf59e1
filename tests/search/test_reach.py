"""Quantisation and search agree on what sums may reach: no network that training makes is refused for its size."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from helpers import random_network
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from bespoke.costs import Objective
from bespoke.estimator import fitting
from bespoke.model import Network, QRelu
from bespoke.run import procedure
from bespoke.run.budgets import Budget
from bespoke.run.config import Start
from bespoke.search import SearchData, SearchOptions, variation
from bespoke.search.evaluation import accept, evaluate, evaluator, right_answers
from bespoke.search.genome import NEURONS
from bespoke.search.problem import Problem, make_problem
from bespoke.search.randoms import random_state
from bespoke.sensing import FrontEnd, FrontEndKind
from bespoke.technology import load_technology
from bespoke.train import TRAINING_EFFORTS, FloatModel, QuantisationOptions
from bespoke.train.calibration import Grid, starting_trainer

TECHNOLOGY = load_technology()
INT32 = 2**31 - 1


def problem_of(network: Network, inputs: np.ndarray, **options) -> Problem:
    answers = np.arange(len(inputs)) % network.classes
    data = SearchData(inputs, answers, network.input_bits, network.classes)
    return make_problem(data, [network], SearchOptions(**options), TECHNOLOGY)


def assert_searchable(network: Network, inputs: np.ndarray) -> None:
    """The search takes the network, and its kernels answer as the network does."""
    problem = problem_of(network, inputs)
    answers = network.predict(inputs)
    assert right_answers(problem.layout, problem.starts[0], inputs, answers) == len(inputs)
    for sums in network.layer_sums(inputs):
        assert np.abs(sums).max() <= INT32


class Reached(Exception):
    """The search was about to begin."""


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, 1000, 100))
def test_a_fit_never_fails_by_luck(first, monkeypatch):
    """Pure noise: about one network in ten learns to ignore its inputs, and its weights decay beside its biases."""
    monkeypatch.setattr(procedure, "explore", _stopping)
    quantised = QuantisationOptions(activation_bits=4, epochs=1, starts=1)
    training = replace(TRAINING_EFFORTS["fast"], quantised=quantised)
    for seed in range(first, first + 100):
        rng = np.random.default_rng(seed)
        with threadpool_limits(1), pytest.raises(Reached):
            fitting.find_designs(
                rng.normal(size=(20, 3)),
                np.concatenate([np.arange(3), rng.integers(0, 3, 17)]),
                None,
                procedure=procedure.Procedure(
                    hidden=(),
                    starts=(Start.NETWORK,),
                    freeze=(),
                    gate_level=False,
                    objective=Objective.AREA,
                    technology=TECHNOLOGY,
                    front_end=FrontEnd(FrontEndKind.BINARY, None),
                    budget=Budget(training, candidates=1000, tables=30, islands=1, moves=1),
                    seed=seed,
                ),
                hidden=((2,), (1,), (2, 2))[seed % 3],
                folds=0,
                feature_names=("a", "b", "c"),
                class_labels=(0, 1, 2),
                bits=1 + seed % 12,
                workers=1,
            )


def _stopping(data, starts, options, *, technology, front_end, executor, progress, checkpoint):
    make_problem(data, starts, options, technology, front_end)
    assert_searchable(starts[0], np.asarray(data.features))
    raise Reached


def skewed_model(rng: np.random.Generator, sizes: list[int], spread: float) -> FloatModel:
    """Every neuron's weights and every bias of a magnitude of its own, 10 to the power of ``-spread..spread``."""
    weights, biases = [], []
    for inputs, outputs in itertools.pairwise(sizes):
        weights.append(rng.normal(size=(outputs, inputs)) * 10 ** rng.uniform(-spread, spread, (outputs, 1)))
        biases.append(rng.normal(size=outputs) * 10 ** rng.uniform(-spread, spread, outputs))
    return FloatModel(tuple(weights), tuple(biases))


@settings(max_examples=100, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    sizes=st.lists(st.integers(1, 6), min_size=3, max_size=5).filter(lambda sizes: sizes[-1] > 1),
    bits=st.integers(1, 12),
    terms=st.integers(1, 2),
    width=st.integers(1, 8),
    spread=st.sampled_from([1.0, 6.0, 20.0]),
)
def test_any_model_becomes_a_network_that_the_search_takes(seed, sizes, bits, terms, width, spread):
    rng = np.random.default_rng(seed)
    inputs = rng.integers(0, 1 << bits, (30, sizes[0]))
    classes = rng.integers(0, sizes[-1], 30)
    trainer = starting_trainer(skewed_model(rng, sizes, spread), inputs.astype(float), Grid(bits, 7, terms, width))
    assert_searchable(trainer.network(), inputs)
    for _ in range(3):
        trainer.step(inputs.astype(float), classes, 0.01)
    assert_searchable(trainer.network(), inputs)


@settings(max_examples=100, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    magnitude=st.integers(20, 45),
    classes=st.integers(2, 4),
    silent=st.booleans(),
)
def test_smaller_output_biases_give_the_same_answers(seed, magnitude, classes, silent):
    """Against plain integers: the model's own sums, scaled so that every weight is the integer that the trainer has."""
    rng = np.random.default_rng(seed)
    weights = 2 ** rng.integers(0, 7, (classes, 2)) * rng.choice([-1, 1], (classes, 2))
    weights[-1, 0] = 64  # the largest power, so that the trainer's gain is one
    biases = rng.integers(-300, 300, classes) + rng.integers(-1, 2, classes) * (1 << magnitude)
    if silent:
        weights[0], biases[0] = 0, 0
    inputs = np.array(list(itertools.product(range(4), repeat=2)))
    model = FloatModel((weights / 64.0,), (biases / 256.0,))  # of two bits: q / 4
    trainer = starting_trainer(model, inputs.astype(float), Grid(2, 7, 1, 4))
    network = trainer.network()
    assert np.array_equal(network.weights[0], weights)
    sums = [[int(b) + sum(int(w) * int(x) for w, x in zip(row, sample, strict=True))
             for row, b in zip(weights, biases, strict=True)] for sample in inputs]  # fmt: skip
    assert network.predict(inputs).tolist() == [row.index(max(row)) for row in sums]
    assert np.abs(network.biases[0]).max() <= 1 << 30


def wide_network(bits: int, features: int, terms: int, bias: int) -> Network:
    """Sums as large as the search takes: every weight the largest there is, every bias on the brink."""
    weight = 64 if terms == 1 else 96
    return Network.from_arrays(
        input_bits=bits,
        weights=[np.full((2, features), weight) * [[1], [-1]], np.array([[weight, -weight]] * 3)],
        biases=[np.array([bias, -bias]), np.array([bias, -bias, 0])],
        activations=[[QRelu(20, 8), QRelu(0, 4)]],
    )


@pytest.mark.parametrize(
    ("bits", "features", "terms", "bias"),
    [(4, 3, 1, 1 << 30), (12, 30, 1, 1 << 30), (16, 250, 1, 1 << 30), (12, 1000, 2, 1 << 30), (16, 500, 1, 0)],
)
def test_moves_keep_within_what_the_kernels_take(bits, features, terms, bias):
    """Incremental answers on the brink of int32 equal the model's own, in 64 bits, after every kind of move."""
    rng = np.random.default_rng(features)
    network = wide_network(bits, features, terms, bias)
    inputs = rng.integers(0, 1 << bits, (40, features))
    inputs[:4] = (1 << bits) - 1
    problem = problem_of(network, inputs, max_terms=terms)
    layout, at = problem.layout, problem.layout.array
    answers = network.predict(inputs)
    kernel = evaluator(layout, inputs, answers, np.ones(len(inputs)))
    rates = variation.move_rates(multiply=True, accumulate=True, activate=True, terms=terms, hidden=2)
    state, order = random_state(rng), np.zeros(4, dtype=np.int64)
    current, changed = problem.starts[0].copy(), np.ones(int(at[NEURONS]), dtype=bool)
    right = evaluate(kernel, current, current, at, changed, True)
    accept(kernel)
    assert right == len(inputs)
    for number in range(600):
        child = current.copy()
        changed[:] = False
        variation.mutate(
            state, child, current, at, problem.limits, rates, changed, kernel.sums, kernel.side, order, False
        )
        answer = evaluate(kernel, child, current, at, changed, False)
        right = right if answer < 0 else answer
        accept(kernel)
        current = child
        if number % 60 == 0:
            moved = layout.decode(current)
            assert right == (moved.predict(inputs) == answers).sum()
            reach = [max(-i.low, i.high) for layer in moved.sum_intervals for i in layer]
            assert max(reach) <= INT32


@pytest.mark.parametrize("shift", [31, 32, 40, 61])
def test_a_shift_beyond_every_sum_gives_zero(shift):
    network = Network.from_arrays(
        input_bits=4,
        weights=[np.array([[64, 64]]), np.array([[8], [-8]])],
        biases=[np.array([1 << 20]), np.array([-1, 0])],
        activations=[[QRelu(shift, 4)]],
    )
    inputs = np.array(list(itertools.product(range(16), repeat=2)))
    assert set(network.predict(inputs)) == {1}
    assert_searchable(network, inputs)


@pytest.mark.parametrize("hidden", [(1,), (3, 2)])
def test_the_generous_limits_of_small_networks_stay(hidden):
    """Limits steer the random moves, so that closer ones would change every front found so far."""
    network = random_network(np.random.default_rng(3), features=5, hidden=hidden, classes=3)
    problem = problem_of(network, np.zeros((6, 5), dtype=np.int64))
    reach = max(5, *hidden) * 128 * 255
    assert problem.limits.tolist() == [6, 1, reach, 8, 8, (2 * reach).bit_length()]
