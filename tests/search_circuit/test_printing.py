"""Answers of prints on average, against enumeration in plain Python, and the search that counts their errors."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from bespoke.circuit import Circuit, unpack_bits
from bespoke.costs import Objective
from bespoke.data import load_dataset, prepare
from bespoke.errors import InputError
from bespoke.model import LogicCircuit
from bespoke.robustness.measured import DriftingPrints, Measured
from bespoke.scores import Confusion
from bespoke.search import Printing
from bespoke.search.circuit import ApproximationData, ApproximationOptions, evolve_small
from bespoke.sensing import BinaryWires, FrontEndKind, ThermometerWires, all_wires, priced_front_end
from bespoke.technology import load_technology

TECHNOLOGY = load_technology()
THERMOMETER = priced_front_end(TECHNOLOGY, FrontEndKind.THERMOMETER)
WIRES = ThermometerWires.of(2, 3, [(0, 2), (0, 5), (1, 4)])
#: out = (f0 >= 5) | (f0 >= 2 & f1 >= 4), as ANDs with inverted literals.
CIRCUIT = LogicCircuit(WIRES, 2, Circuit(3, np.array([[2, 6], [5, 9]]), np.array([11])))
EVERY = np.array(list(itertools.product(range(8), range(8))))


def printing(share: float, sigma: float = 0.0) -> Printing:
    return Printing(TECHNOLOGY, THERMOMETER, device_yield=share, threshold_sigma=sigma)


def accuracy(spread: Printing, classes: np.ndarray, **more) -> float:
    found = spread.answers(CIRCUIT, EVERY, classes, class_count=2, seed=1, **more)
    assert found.samples == len(EVERY)
    assert found.class_samples.tolist() == np.bincount(classes, minlength=2).tolist()
    return found.accuracy.value


def test_where_nothing_breaks_or_drifts_a_print_answers_as_designed():
    classes = CIRCUIT.predict(EVERY)
    assert accuracy(printing(1.0), classes) == 1.0
    binary = LogicCircuit(BinaryWires(2, 3), 2, Circuit(6, np.zeros((0, 2)), np.array([6])))
    spread = Printing(TECHNOLOGY, priced_front_end(TECHNOLOGY, FrontEndKind.BINARY), device_yield=1.0)
    found = spread.answers(binary, EVERY, binary.predict(EVERY), class_count=2, seed=0)
    assert found == Confusion.of(binary.predict(EVERY), binary.predict(EVERY), 2)


def expected_accuracy(share: float, classes: np.ndarray) -> float:
    """Every wire whole or stuck, every gate whole, 0, 1 or one of its operands, each weighed."""
    wire, gate = 1 - share**6, 1 - share**3  # a comparator's devices, and a NAND's
    wires = [(1 - wire, None), (wire / 2, False), (wire / 2, True)]
    gates = [(1 - gate, "whole"), (gate / 2, "0"), (gate / 6, "1"), (gate / 6, "first"), (gate / 6, "second")]
    bits, total = WIRES.encode(EVERY), 0.0
    for picks in itertools.product(wires, wires, wires, gates, gates):
        chance = np.prod([one for one, _ in picks])
        nets = [
            bits[:, place] if stuck is None else np.full(len(EVERY), stuck)
            for place, (_, stuck) in enumerate(picks[:3])
        ]

        def through(how, first, second):
            return {
                "whole": first & second,
                "0": np.zeros_like(first),
                "1": np.ones_like(first),
                "first": first,
                "second": second,
            }[how]

        low = through(picks[3][1], nets[0], nets[2])
        neither = through(picks[4][1], ~nets[1], ~low)
        total += chance * (~neither == classes.astype(bool)).mean()
    return total


@pytest.mark.parametrize("share", [0.9, 0.99])
def test_broken_devices_cost_what_going_through_all_of_them_says(share):
    classes = CIRCUIT.predict(EVERY)
    assert accuracy(printing(share), classes, prints=1500) == pytest.approx(
        expected_accuracy(share, classes), abs=0.009
    )


def test_drift_moves_what_lies_near_a_threshold_alone():
    classes = CIRCUIT.predict(EVERY)
    middle = EVERY + 0.5
    assert accuracy(printing(1.0, 0.05), classes, positions=middle) == 1.0  # ten standard deviations away
    drifted = accuracy(printing(1.0, 0.6), classes, positions=middle, prints=400)
    rng = np.random.default_rng(0)
    again = np.mean(
        [
            np.mean(_by_hand(middle + rng.normal(size=(len(EVERY), 3)) @ np.zeros((3, 2)), 0.6, rng) == classes)
            for _ in range(400)
        ]
    )
    assert drifted == pytest.approx(again, abs=0.01)


def _by_hand(positions: np.ndarray, sigma: float, rng: np.random.Generator) -> np.ndarray:
    draws = sigma * rng.normal(size=(len(positions), 3))
    a, b, c = (positions[:, f] >= level + draws[:, k] for k, (f, level) in enumerate([(0, 2), (0, 5), (1, 4)]))
    return (b | (a & c)).astype(int)


@pytest.mark.parametrize("kind", FrontEndKind)
def test_drifting_front_ends_deliver_what_the_finished_netlist_will_meet(kind):
    """Each wire is as often high as behind the converters that a mapped design is judged with."""
    wires = WIRES if kind is FrontEndKind.THERMOMETER else BinaryWires(2, 3)
    spread = Printing(TECHNOLOGY, priced_front_end(TECHNOLOGY, kind), device_yield=1.0, threshold_sigma=0.8)
    positions = np.random.default_rng(1).random((40, 2)) * 8
    prints = DriftingPrints(Measured(wires, kind, positions), np.ones(wires.count, dtype=bool), 0.8)
    rng = np.random.default_rng(2)
    finished = np.mean([unpack_bits(one, 40) for one in prints.draw(rng, 1500)], axis=0)
    grid = np.floor(positions).astype(int)
    searched = np.mean([spread.carried(wires, grid, rng, positions=positions) for _ in range(1500)], axis=0)
    assert searched == pytest.approx(finished, abs=0.065)
    assert (searched == wires.encode(grid)).all() == (kind is FrontEndKind.DIGITAL)


@pytest.mark.parametrize(
    "words", [{"device_yield": 0.0}, {"device_yield": 1.2}, {"device_yield": 0.9, "threshold_sigma": -1.0}]
)
def test_what_is_no_spread_is_refused(words):
    with pytest.raises(InputError, match=r"device yield|drift"):
        Printing(TECHNOLOGY, THERMOMETER, **words)


def test_the_search_finds_circuits_whose_prints_are_better(two_workers):
    """Counted as designed, errors ask for as many gates as help; counted in prints, for few. The result repeats."""
    data = prepare(load_dataset("breast_cancer"))
    features, classes, wires = data.train.features, data.train.classes, all_wires(FrontEndKind.THERMOMETER, 30, 4)
    search = dict(wires=wires, classes=2, technology=TECHNOLOGY, front_end=THERMOMETER, seed=5)
    kept = {}
    for option in (None, printing(0.97)):
        options = ApproximationOptions(moves=100_000, rounds=2, printing=option, objective=Objective.SYSTEM_POWER)
        found = evolve_small(ApproximationData(features, classes), options, **search)
        if option is not None:
            again = evolve_small(ApproximationData(features, classes), options, **search, executor=two_workers)
            assert [one.classifier for one in again] == [one.classifier for one in found]
        best = max(found, key=lambda one: one.overall_accuracy).classifier
        printed = printing(0.97).answers(best, features, classes, class_count=2, seed=9)
        kept[option is not None] = printed.accuracy.value
    assert kept[True] > kept[False] + 0.02
