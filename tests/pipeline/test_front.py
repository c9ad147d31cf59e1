"""Which proposals are mapped."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bespoke.circuit import Circuit
from bespoke.costs import Objective
from bespoke.model import LogicCircuit
from bespoke.pipeline.front import thinned
from bespoke.pipeline.proposals import Proposal
from bespoke.pipeline.selection import Request, trusted_accuracy
from bespoke.sensing import BinaryWires
from bespoke.statistics import Accuracy

_WIRE = LogicCircuit(BinaryWires(1, 1), 2, Circuit(1, np.zeros((0, 2), int), np.array([2])))
COSTS = {
    Objective.AREA: lambda design: design.estimated_area_cm2,
    Objective.POWER: lambda design: design.estimated_static_power_mw,
}

PROPOSALS = st.lists(
    st.tuples(st.integers(50, 100), st.integers(50, 100), st.integers(0, 1000), st.integers(0, 9)),
    min_size=1,
    max_size=40,
    unique_by=lambda row: row[:3],
).map(
    lambda rows: [
        Proposal(_WIRE, "test", Accuracy.of_count(train, 100), Accuracy.of_count(validation, 100), area / 1000, power)
        for train, validation, area, power in rows
    ]
)


@given(PROPOSALS, st.integers(2, 20), st.integers(50, 100), st.sampled_from(list(COSTS)))
def test_the_cheapest_fitting_and_the_most_accurate_are_mapped(proposals, count, percent, objective):
    request = Request.at_least(percent / 100, objective=objective)
    cost = COSTS[objective]
    kept = thinned(proposals, count, request)
    assert len(kept) <= count and len(set(map(id, kept))) == len(kept)
    assert [cost(design) for design in kept] == sorted(cost(design) for design in kept)
    fitting = [d for d in proposals if trusted_accuracy(d.train, d.validation) >= percent / 100]
    if fitting:
        cheapest = min(cost(design) for design in fitting)
        assert any(cost(d) == cheapest and d in fitting for d in kept)
    if count > 3:
        best = max(trusted_accuracy(d.train, d.validation) for d in proposals)
        assert any(trusted_accuracy(d.train, d.validation) == best for d in kept)


def test_designs_that_no_figure_tells_apart_are_mapped_once():
    accuracy = Accuracy.of_count(9, 10)
    proposals = [Proposal(_WIRE, origin, accuracy, accuracy, 0.5, 1.0) for origin in ("first", "second")]
    assert [design.origin for design in thinned(proposals, 8, Request.at_least(0.5))] == ["first"]
