"""Every circuit that is found says which start it descends from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bespoke.circuit import Circuit
from bespoke.costs import Objective
from bespoke.model import LogicCircuit
from bespoke.search.circuit import ApproximationData, ApproximationOptions, approximate, evolve_small, island
from bespoke.search.cost_model import cost_model
from bespoke.search.found import CIRCUIT_APPROXIMATION, NOTHING
from bespoke.sensing import BinaryWires
from bespoke.technology import load_technology

TECHNOLOGY = load_technology()
WIRES = BinaryWires(3, 2)
EVERY_INPUT = np.array(np.meshgrid(*[range(4)] * 3)).reshape(3, -1).T
OPTIONS = ApproximationOptions(moves=20_000, islands=2, rounds=2, noisy_copies=1, held_back=0)
#: Moves that lead nowhere.
STANDING = replace(OPTIONS, moves=4, rounds=1)


def wire(feature: int) -> LogicCircuit:
    """Two classes: whether a feature is in its upper half."""
    return LogicCircuit(WIRES, 2, Circuit(6, np.zeros((0, 2), dtype=int), np.array([2 * (1 + 2 * feature + 1)])))


def majority() -> LogicCircuit:
    """Two classes: whether two of three features are in their upper halves."""
    a, b, c = (2 * (1 + 2 * feature + 1) for feature in range(3))
    # ab, a + b, (a + b) c, and the disjunction of the first and the third
    fanins = np.array([[a, b], [a ^ 1, b ^ 1], [15 + 2, c], [14 ^ 1, 18 ^ 1]])
    return LogicCircuit(WIRES, 2, Circuit(6, fanins, np.array([21])))


def is_constant(circuit: LogicCircuit) -> bool:
    return not len(circuit.fanins) and (circuit.outputs <= 1).all()


CLASSES = majority().predict(EVERY_INPUT)
DATA = ApproximationData(EVERY_INPUT, CLASSES)


def found(starts, options=OPTIONS, **more):
    return approximate(starts, DATA, options, technology=TECHNOLOGY, seed=2, **more)


def test_the_example_is_a_majority():
    assert CLASSES.tolist() == ((EVERY_INPUT >= 2).sum(axis=1) >= 2).astype(int).tolist()


def test_starts_that_come_through_have_their_own_names():
    front = found([wire(0), majority()], STANDING, origins=["a wire", "majority"])
    names = {len(one.classifier.fanins): one.origin for one in front if not is_constant(one.classifier)}
    assert names[0] == "a wire" and front[-1].origin == "majority" and front[-1].train.value == 1
    assert all(one.origin == NOTHING for one in front if is_constant(one.classifier))


def test_every_circuit_names_one_of_the_starts_or_nothing():
    front = found([wire(0), wire(1), majority()], origins=["first", "second", "third"])
    assert {one.origin for one in front} <= {"first", "second", "third", NOTHING}
    assert any(one.origin != NOTHING for one in front)


@pytest.mark.parametrize("shrunk_above", [2000, 0])
def test_nothing_descends_from_nothing_where_nothing_is_no_start(monkeypatch, shrunk_above):
    """But for the constant itself, which every front may hold; also where large starts are shrunk first."""
    monkeypatch.setattr(island, "SHRUNK_ABOVE", shrunk_above)
    options = replace(OPTIONS, from_nothing=False)
    for seed in range(5):
        front = approximate(
            [wire(0), majority()], DATA, options, technology=TECHNOLOGY, seed=seed, origins=["a wire", "majority"]
        )
        assert front[-1].train.value == 1
        for one in front:
            assert (one.origin == NOTHING) <= is_constant(one.classifier)
            assert one.origin in ("a wire", "majority", NOTHING)


def test_what_is_found_from_nothing_says_so():
    """No start is any good here, so that what is good has grown from the constant."""
    useless = LogicCircuit(WIRES, 2, Circuit(6, np.array([[2, 6], [14, 10]]), np.array([16])))
    front = found(useless, replace(OPTIONS, moves=200_000), origins=["useless"])
    assert {one.origin for one in front} <= {"useless", NOTHING} and front[-1].train.value == 1


def test_what_is_grown_without_a_start_grew_from_nothing():
    front = evolve_small(DATA, OPTIONS, wires=WIRES, classes=2, technology=TECHNOLOGY, seed=2)
    assert len(front) > 1 and {one.origin for one in front} == {NOTHING}


def test_starts_without_names_are_called_by_the_search():
    front = found([wire(0), majority()])
    assert front[-1].origin in (CIRCUIT_APPROXIMATION, NOTHING)
    assert {one.origin for one in front} <= {CIRCUIT_APPROXIMATION, NOTHING}
    standing = found([majority()], STANDING)
    assert standing[-1].origin == CIRCUIT_APPROXIMATION


def test_names_do_not_steer_the_search():
    named, other = (found([wire(0), majority()], origins=names) for names in (["a", "b"], ["c", "d"]))
    renamed = {"a": "c", "b": "d", NOTHING: NOTHING}
    assert [replace(one, origin=renamed[one.origin]) for one in named] == list(other)


def test_a_name_may_be_shared():
    front = found(
        [wire(0), wire(1), majority()], replace(OPTIONS, from_nothing=False), origins=["wire", "wire", "more"]
    )
    assert {one.origin for one in front if not is_constant(one.classifier)} <= {"wire", "more"}


def island_job(starts=(), members=()) -> island.IslandJob:
    model = cost_model(TECHNOLOGY, Objective.AREA, WIRES, None)
    return island.IslandJob(
        starts=starts,
        members=members,
        data=DATA,
        options=OPTIONS,
        model=model,
        rates=(0.001 / model.unit, 0.01 / model.unit),
        moves=20_000,
        largest=100 * model.unit,
        noise=1,
        seed=3,
    )


@pytest.mark.parametrize("shrunk_above", [2000, 0])
@pytest.mark.parametrize("kept_as", ["starts", "members"])
def test_all_that_an_island_finds_descends_from_the_one_circuit_it_was_given(monkeypatch, kept_as, shrunk_above):
    monkeypatch.setattr(island, "SHRUNK_ABOVE", shrunk_above)
    circuits = island.run_island(island_job(**{kept_as: (island.Traced(majority(), 7),)}))
    assert len(circuits) > 1 and {one.origin for one in circuits} == {7}


def test_an_island_tells_its_circuits_apart_by_origin():
    circuits = island.run_island(island_job((island.Traced(majority(), 1),), (island.Traced(wire(0), 4),)))
    assert {one.origin for one in circuits} <= {1, 4} and circuits[-1].origin == 1
