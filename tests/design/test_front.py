"""Fronts, the forecasts of their designs, and which of them are mapped."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from bespoke.circuit import Circuit
from bespoke.costs import Costs, Objective
from bespoke.design import (
    Answers,
    CrossFit,
    Design,
    FoldEvidence,
    Judged,
    Request,
    estimated,
    front_of,
    shortfall,
    thinned,
    with_forecasts,
)
from bespoke.model import LogicCircuit
from bespoke.scores import Confusion, Metric, Scorer
from bespoke.sensing import BinaryWires
from bespoke.statistics import Accuracy

_WIRE = LogicCircuit(BinaryWires(1, 1), 2, Circuit(1, np.zeros((0, 2), int), np.array([2])))


def proposal(train, percent, area, power, origin="test"):
    """A design with another accuracy than score, for the score alone orders designs."""
    front_end = (0.02 * (train % 5), 0.3 * (percent % 7))
    return Design(_WIRE, origin, Accuracy.of_count(train, 100), percent / 100, Costs(area, power, *front_end))


PROPOSALS = st.lists(
    st.tuples(st.integers(50, 100), st.integers(50, 100), st.integers(0, 1000), st.integers(0, 9)),
    min_size=1,
    max_size=40,
    unique_by=lambda row: row[:3],
).map(lambda rows: [proposal(train, percent, area / 1000, power) for train, percent, area, power in rows])


@st.composite
def crossfits(draw):
    """Evidence of two folds in which what costs more is better, as far as the search saw."""
    folds = []
    for _ in range(2):
        rights = draw(st.lists(st.integers(0, 40), min_size=1, max_size=8))
        steps = [Costs(*[0.2 * index] * 4) for index in range(len(rights))]
        designs = [
            Judged(cost, index / 10, Answers(Confusion(np.array([[right, 40 - right], [5, 5]]))))
            for index, (cost, right) in enumerate(zip(steps, rights, strict=True))
        ]
        folds.append(FoldEvidence(tuple(designs), Answers(Confusion(np.array([[40, 0], [5, 5]])))))
    return CrossFit(folds, Scorer())


@settings(deadline=None)
@given(PROPOSALS, crossfits(), st.integers(4, 20), st.integers(50, 100), st.sampled_from(Objective), st.booleans())
def test_the_cheapest_fitting_and_the_best_forecast_are_mapped(proposals, crossfit, count, percent, objective, frugal):
    request = Request(min_score=None if frugal else percent / 100, frugal=frugal, objective=objective)
    cost = estimated(objective)
    offered = with_forecasts(proposals, crossfit, request.axis)
    kept = thinned(offered, count, request)
    assert len(kept) <= count and len(set(map(id, kept))) == len(kept)
    assert [cost(design) for design in kept] == sorted(cost(design) for design in kept)
    assert all(any(design is one for one in offered) for design in kept)
    settled = request.settled(offered)
    fitting = [d for d in offered if settled.met_by(d)]
    if fitting:
        cheapest = min(cost(design) for design in fitting)
        assert any(cost(d) == cheapest and d in fitting for d in kept)
    best = max(d.forecast.score for d in offered)
    assert any(d.forecast.score == best for d in kept)
    assert cost(kept[0]) == cost(offered[0])  # the front is shown from end to end


@settings(deadline=None)
@given(PROPOSALS, crossfits(), st.integers(2, 20), st.integers(0, 1000))
def test_what_a_budget_is_likely_to_end_at_is_mapped(proposals, crossfit, count, area):
    request = Request(max_area_cm2=area / 1000)
    offered = with_forecasts(proposals, crossfit, request.axis)
    fitting = [d for d in offered if d.estimated.area_cm2 <= area / 1000]
    kept = thinned(offered, count, request)
    if fitting:
        best = max(d.forecast.score for d in fitting)
        assert any(d.forecast.score == best and d in fitting for d in kept)
        likely = sorted(fitting, key=request.preference)[: count // 2]
        assert all(any(design is one for one in kept) for design in likely)


def test_what_costs_far_more_than_the_best_forecast_is_not_mapped_for_show():
    """More cost brings nothing there; what the request may end at is mapped wherever it is."""
    held_out = [Answers(Confusion(np.array([[right, 40 - right], [5, 5]]))) for right in (20, 35, 35)]
    steps = [Judged(Costs(cost, cost), cost / 10, one) for cost, one in zip((0.1, 0.3, 0.5), held_out, strict=True)]
    crossfit = CrossFit([FoldEvidence(tuple(steps), held_out[0])], Scorer())
    dear_ones = [proposal(99, 60 + place, 0.3 + 0.04 * place, 1.0) for place in range(12)]
    offered = with_forecasts([proposal(50, 50, 0.1, 1.0), *dear_ones], crossfit, Objective.AREA)
    areas = [d.estimated.area_cm2 for d in thinned(offered, 40, Request(min_score=0.9, objective=Objective.AREA))]
    assert areas == [d.estimated.area_cm2 for d in offered if d.estimated.area_cm2 <= 0.6] and len(areas) == 9
    wanted = thinned(offered, 40, Request(min_score=0.75, objective=Objective.AREA))
    assert wanted == offered


def test_designs_that_no_figure_tells_apart_are_mapped_once():
    proposals = [proposal(90, 90, 0.5, 1.0, origin) for origin in ("first", "second")]
    assert [design.origin for design in thinned(proposals, 8, Request(min_score=0.5))] == ["first"]


def test_equal_circuits_behind_other_comparators_are_told_apart():
    """A threshold further down takes a cheaper comparator; the circuit is as large."""
    dear, cheap = (
        Design(_WIRE, "test", Accuracy.of_count(90, 100), 0.9, Costs(0.5, 1.0, 0.1, power)) for power in (0.3, 0.2)
    )
    assert thinned([dear, cheap], 1, Request(min_score=0.5, objective=Objective.SYSTEM_POWER)) == [cheap]


@settings(deadline=None)
@given(PROPOSALS, st.sampled_from(Objective))
def test_the_front_against_its_definition(proposals, objective):
    cost = estimated(objective)
    points = {(cost(design), -design.score) for design in proposals}
    best = {p for p in points if not any(q != p and q[0] <= p[0] and q[1] <= p[1] for q in points)}
    front = front_of(proposals, cost, shortfall)
    assert [(cost(design), shortfall(design)) for design in front] == sorted(best)


@settings(deadline=None)
@given(PROPOSALS, crossfits(), st.sampled_from(Objective))
def test_only_what_the_procedure_would_end_at_is_forecast(proposals, crossfit, axis):
    """The forecast at a cost is one of the best design within it, so no other design may have it."""
    forecast = with_forecasts(proposals, crossfit, axis)
    front = front_of(proposals, estimated(axis), shortfall)
    assert [(d.model, d.train, d.score, d.estimated) for d in forecast] == [
        (d.model, d.train, d.score, d.estimated) for d in front
    ]
    for design in forecast:
        assert design.forecast == crossfit.at(design.estimated.along(axis), axis)
    scores = [design.forecast.score for design in forecast]
    assert scores == sorted(scores)


def test_forecasts_are_by_the_runs_metric():
    held_out = Answers(Confusion(np.array([[38, 2], [5, 5]])))
    crossfit = CrossFit(
        [FoldEvidence((Judged(Costs(0, 0), 1.0, held_out),), held_out)], Scorer(Metric.BALANCED_ACCURACY)
    )
    (design,) = with_forecasts([proposal(90, 80, 0.5, 1.0)], crossfit, Objective.AREA)
    assert (design.forecast.accuracy, design.forecast.score) == (43 / 50, (38 / 40 + 0.5) / 2)
