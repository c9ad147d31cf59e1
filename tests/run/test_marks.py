"""Near copies and dominated choices, on designs made for it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bespoke.circuit import Circuit
from bespoke.costs import Costs, Objective
from bespoke.data import Part, PreparedData
from bespoke.design import EXACT_BASELINE, Choice, Design, Forecast, Request
from bespoke.model import LogicCircuit
from bespoke.run.marks import dominated, near_copies
from bespoke.run.rivals import RIVAL_TREE
from bespoke.sensing import Quantiser, ThermometerWires
from bespoke.statistics import Accuracy

LEVELS = 16
# every level of the first feature as often as the others: a threshold moved by one changes 1 of 16 answers
GRID = np.array([[level, 15 - level] for level in range(LEVELS)])


def comparator(feature: int, level: int) -> LogicCircuit:
    """Whether a feature has reached a level."""
    return LogicCircuit(ThermometerWires.of(2, 4, [(feature, level)]), 2, Circuit(1, np.zeros((0, 2), int), [2]))


def design(level: int, cost: float, *, feature: int = 0, origin: str = "tree", score: float = 0.9) -> Design:
    forecast = Forecast(score, score - 0.1, min(1.0, score + 0.05), score, score - 0.1, min(1.0, score + 0.05), 0.01)
    costs = Costs(cost, 2 * cost, 0.0, 3 * cost, 1)
    found = Design(comparator(feature, level), origin, Accuracy.of_count(9, 10), 0.9, costs, forecast=forecast)
    return found.with_measured(costs, model_file="m.json")


def part(grid: np.ndarray, classes: np.ndarray) -> Part:
    return Part(grid, classes, np.arange(len(grid)))


def samples(times: int) -> Part:
    """The grid, its level 8 once and all others so often."""
    grid = np.concatenate([np.repeat(GRID[GRID[:, 0] != 8], times, axis=0), GRID[GRID[:, 0] == 8]])
    return part(grid, (grid[:, 0] >= 8).astype(int))


def test_a_copy_is_named_after_the_first_or_the_chosen():
    front = [design(8, 1.0), design(8, 1.004), design(8, 1.009), design(8, 1.1)]
    assert near_copies(front, samples(10)) == [None, 0, 0, None]
    assert near_copies(front, samples(10), chosen=1) == [1, None, 1, None]


def test_other_sensors_costs_or_answers_are_other_designs():
    assert near_copies([design(8, 1.0), design(8, 1.0, feature=1)], samples(10)) == [None, None]
    assert near_copies([design(8, 1.0), design(8, 1.02)], samples(10)) == [None, None]
    # level 9 answers otherwise on the one sample at level 8: of 151 that is less than a hundredth, of 16 more
    assert near_copies([design(8, 1.0), design(9, 1.0)], samples(10)) == [None, 0]
    assert near_copies([design(8, 1.0), design(9, 1.0)], samples(1)) == [None, None]


def test_trees_and_baseline_stand_for_themselves():
    front = [design(8, 1.0), design(8, 1.0, origin=RIVAL_TREE), design(8, 1.0, origin=EXACT_BASELINE)]
    assert near_copies(front, samples(10)) == [None] * 3


def test_costs_that_are_not_known_are_alike():
    bare = [replace(one, measured=Costs(one.costs.area_cm2, 1.0)) for one in (design(8, 1.0), design(8, 1.001))]
    assert near_copies(bare, samples(10)) == [None, 0]
    assert near_copies([bare[0], design(8, 1.0)], samples(10)) == [None, None]


@given(st.lists(st.tuples(st.integers(7, 9), st.sampled_from([1.0, 1.005, 1.02, 2.0])), min_size=1, max_size=8))
def test_every_copy_is_of_a_design_that_stands_for_itself_and_is_like_it(entries):
    front = [design(level, cost) for level, cost in entries]
    copies = near_copies(front, samples(10))
    for index, copy in enumerate(copies):
        if copy is not None:
            assert copy < index and copies[copy] is None
            ours, theirs = front[index].costs.area_cm2, front[copy].costs.area_cm2
            assert abs(ours - theirs) <= 0.01 * max(ours, theirs)


#: Test samples on which the comparator at level 8 is right 14 times of 16, that at level 6 always.
TEST = part(GRID, (GRID[:, 0] >= 6).astype(int))
DATA = PreparedData("x", 4, ("a", "b"), ("n", "y"), Quantiser((0.0, 0.0), (1.0, 1.0), 4), TEST, None, TEST)
ASKED = Request(min_score=0.9, objective=Objective.SYSTEM_POWER)


def told(other: Design, request: Request = ASKED, **options) -> str | None:
    front = [design(8, 1.0), other]
    return dominated(front, DATA, Choice(front[0], 0, 1, request), copies=[None, None], **options)


def test_a_design_that_is_better_on_test_alone_could_not_be_seen():
    said = told(design(6, 0.8, score=0.85))
    assert "design 1 dominates the chosen design 0 on the test part, 1.0000 at 4 mW against 0.8750 at 5 mW" in said
    assert said.endswith("its forecast accuracy, 0.8500, is below what was asked for")
    best = told(design(6, 1.0, score=0.85), Request(max_system_power_mw=9.0, objective=Objective.SYSTEM_POWER))
    assert best.endswith("its forecast accuracy is lower, 0.8500 against 0.9000, and a choice sees nothing else")


def test_a_rival_is_named_as_one_and_a_number_as_a_number():
    rival = design(6, 0.8, score=0.95, origin=RIVAL_TREE)
    assert "in forecast accuracy, 0.9500 at 4 mW against 0.9000" in told(rival)
    assert "rival tree" in told(rival) and "rival tree" not in told(rival, by_number=True)
    assert told(rival, by_number=True).endswith("design 0 was asked for by its number")


def test_a_design_beyond_another_budget_is_no_better():
    beyond = replace(design(6, 0.8, score=0.95), measured=Costs(5.0, 1.0, 0.0, 1.0, 1))
    assert told(beyond, replace(ASKED, max_area_cm2=2.0)).endswith("it is beyond the budget")


def test_nothing_is_said_where_nothing_is_better():
    assert told(design(8, 1.0)) is None
    assert told(design(6, 1.2)) is None  # dearer, so it is a matter of taste
    assert told(design(12, 0.5, score=0.8)) is None
    front = [design(8, 1.0), design(8, 0.995)]
    assert dominated(front, DATA, Choice(front[0], 0, 1, ASKED), copies=[None, 0]) is None


@pytest.mark.parametrize("objective", list(Objective))
def test_the_cost_is_that_of_the_objective(objective):
    said = told(design(6, 0.8, score=0.85), replace(ASKED, objective=objective))
    assert (" mW against" in said) == objective.is_power
