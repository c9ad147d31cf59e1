"""Which proposals are mapped."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bespoke.circuit import Circuit
from bespoke.costs import Costs, Objective
from bespoke.design import Design, Request, estimated, front_of, mistrust, thinned
from bespoke.model import LogicCircuit
from bespoke.sensing import BinaryWires
from bespoke.statistics import Accuracy

_WIRE = LogicCircuit(BinaryWires(1, 1), 2, Circuit(1, np.zeros((0, 2), int), np.array([2])))


def proposal(train, validation, area, power, origin="test"):
    accuracies = Accuracy.of_count(train, 100), Accuracy.of_count(validation, 100)
    front_end = (0.02 * (train % 5), 0.3 * (validation % 7))
    return Design(_WIRE, origin, *accuracies, Costs(area, power, *front_end))


PROPOSALS = st.lists(
    st.tuples(st.integers(50, 100), st.integers(50, 100), st.integers(0, 1000), st.integers(0, 9)),
    min_size=1,
    max_size=40,
    unique_by=lambda row: row[:3],
).map(lambda rows: [proposal(train, validation, area / 1000, power) for train, validation, area, power in rows])


@given(PROPOSALS, st.integers(2, 20), st.integers(50, 100), st.sampled_from(Objective))
def test_the_cheapest_fitting_and_the_most_accurate_are_mapped(proposals, count, percent, objective):
    request = Request.at_least(percent / 100, objective=objective)
    cost = estimated(objective)
    kept = thinned(proposals, count, request)
    assert len(kept) <= count and len(set(map(id, kept))) == len(kept)
    assert [cost(design) for design in kept] == sorted(cost(design) for design in kept)
    fitting = [d for d in proposals if d.trusted_accuracy >= percent / 100]
    if fitting:
        cheapest = min(cost(design) for design in fitting)
        assert any(cost(d) == cheapest and d in fitting for d in kept)
    if count > 3:
        best = max(d.trusted_accuracy for d in proposals)
        assert any(d.trusted_accuracy == best for d in kept)


def test_designs_that_no_figure_tells_apart_are_mapped_once():
    proposals = [proposal(90, 90, 0.5, 1.0, origin) for origin in ("first", "second")]
    assert [design.origin for design in thinned(proposals, 8, Request.at_least(0.5))] == ["first"]


def test_equal_circuits_behind_other_comparators_are_told_apart():
    """A threshold further down takes a cheaper comparator; the circuit is as large."""
    dear, cheap = (
        Design(_WIRE, "test", Accuracy.of_count(90, 100), Accuracy.of_count(90, 100), Costs(0.5, 1.0, 0.1, power))
        for power in (0.3, 0.2)
    )
    assert thinned([dear, cheap], 1, Request.at_least(0.5, objective=Objective.SYSTEM_POWER)) == [cheap]


@given(PROPOSALS, st.sampled_from(Objective))
def test_the_front_against_its_definition(proposals, objective):
    cost = estimated(objective)
    points = {(cost(design), -design.trusted_accuracy) for design in proposals}
    best = {p for p in points if not any(q != p and q[0] <= p[0] and q[1] <= p[1] for q in points)}
    front = front_of(proposals, cost, mistrust)
    assert [(cost(design), mistrust(design)) for design in front] == sorted(best)
