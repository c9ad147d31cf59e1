"""Non-domination against its definition, point by point."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bespoke.dominance import dominators, non_dominated

POINTS = st.integers(1, 4).flatmap(lambda axes: st.lists(st.tuples(*[st.integers(0, 4)] * axes), max_size=25))


def dominates(one, other):
    return all(a <= b for a, b in zip(one, other, strict=True)) and one != other


@given(POINTS)
def test_kept_are_the_undominated_each_once_in_order(points):
    kept = non_dominated(points)
    front = {point for point in points if not any(dominates(other, point) for other in points)}
    assert [points[index] for index in kept] == sorted(front)
    assert all(index == points.index(points[index]) for index in kept)  # the first of equals


@given(POINTS)
def test_dominators_are_counted(points):
    assert dominators(points).tolist() == [sum(dominates(other, point) for other in points) for point in points]


def test_many_points_on_many_axes():
    points = np.random.default_rng(0).random((3000, 5))
    assert sorted(non_dominated(points)) == np.flatnonzero(dominators(points) == 0).tolist()


def test_a_larger_is_better_axis_is_given_negative():
    area_and_accuracy = [(0.5, 0.9), (0.1, 0.6), (0.4, 0.6), (0.5, 0.95)]
    assert non_dominated([(area, -accuracy) for area, accuracy in area_and_accuracy]) == [1, 3]


@pytest.mark.parametrize("empty", [[], np.zeros((0, 2))])
def test_nothing_dominates_nothing(empty):
    assert non_dominated(empty) == [] and dominators(empty).tolist() == []
