"""Which proposals are mapped."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bespoke.model import LogicCircuit
from bespoke.pipeline.front import thinned
from bespoke.pipeline.metrics import Accuracy
from bespoke.pipeline.proposals import Proposal
from bespoke.pipeline.selection import Request, trusted_accuracy

_WIRE = LogicCircuit(1, 1, 2, np.zeros((0, 2), int), np.array([2]))

PROPOSALS = st.lists(
    st.tuples(st.integers(50, 100), st.integers(50, 100), st.integers(0, 1000)), min_size=1, max_size=40, unique=True
).map(
    lambda rows: [
        Proposal(_WIRE, "test", Accuracy.of_count(train, 100), Accuracy.of_count(validation, 100), area / 1000, 1.0)
        for train, validation, area in rows
    ]
)


@given(PROPOSALS, st.integers(2, 20), st.integers(50, 100))
def test_the_cheapest_fitting_and_the_most_accurate_are_mapped(proposals, count, percent):
    request = Request.at_least(percent / 100)
    kept = thinned(proposals, count, request)
    assert len(kept) <= count and len(set(map(id, kept))) == len(kept)
    assert [design.estimated_area_cm2 for design in kept] == sorted(design.estimated_area_cm2 for design in kept)
    fitting = [d for d in proposals if trusted_accuracy(d.train, d.validation) >= percent / 100]
    if fitting:
        cheapest = min(design.estimated_area_cm2 for design in fitting)
        assert any(d.estimated_area_cm2 == cheapest and d in fitting for d in kept)
    if count > 3:
        best = max(trusted_accuracy(d.train, d.validation) for d in proposals)
        assert any(trusted_accuracy(d.train, d.validation) == best for d in kept)


def test_designs_that_no_figure_tells_apart_are_mapped_once():
    accuracy = Accuracy.of_count(9, 10)
    proposals = [Proposal(_WIRE, origin, accuracy, accuracy, 0.5, 1.0) for origin in ("first", "second")]
    assert [design.origin for design in thinned(proposals, 8, Request.at_least(0.5))] == ["first"]
