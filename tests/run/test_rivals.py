"""The rival trees are there to be compared with: they are chosen only where the user asks for it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from helpers import random_network

from bespoke.circuit import Circuit
from bespoke.costs import Costs, Objective
from bespoke.data import load_dataset, prepare
from bespoke.design import EXACT_BASELINE, Answers, CrossFit, Design, FoldEvidence, Forecast, Judged, Request
from bespoke.errors import NoDesignError
from bespoke.model import LogicCircuit
from bespoke.run.choosing import _chosen, _rival
from bespoke.run.judging import Judge
from bespoke.run.rivals import RIVAL_TREE, exact_design, rival_trees
from bespoke.scores import Confusion, Metric, Scorer
from bespoke.sensing import FrontEndKind, ThermometerWires, priced_front_end
from bespoke.statistics import Accuracy
from bespoke.technology import load_technology


@pytest.fixture(scope="module")
def data():
    return prepare(load_dataset("iris"))


def design(data, origin: str, share: int, power_mw: float) -> Design:
    wires = ThermometerWires.of(len(data.feature_names), data.bits, [(2, 5)])
    circuit = LogicCircuit(wires, 3, Circuit(1, np.zeros((0, 2), int), np.array([2, 0])))
    train, score = Accuracy.of_count(50, 100), share / 100
    forecast = Forecast(0.3, 0.2, 0.4, score, score - 0.1, score + 0.1, 0.02)
    design = Design(circuit, origin, train, train.value, Costs(0.0, 0.0), forecast=forecast)
    return design.with_measured(Costs(power_mw, power_mw, 0.1, 0.5, 1))


def crossfit_of(data, trees: int, scorer: Scorer | None = None) -> CrossFit:
    """Two folds whose trees get better with their number, and whose baselines are right half the time."""
    folds = []
    for fold in range(2):

        def answers(right: int) -> Answers:
            return Answers(Confusion(np.diag([right, 0, 0]) + np.diag([20 - right, 0], k=1)))

        rows = tuple(answers(min(20, 4 + index + fold)) for index in range(trees))
        folds.append(FoldEvidence((Judged(Costs(0, 0), 1.0, answers(10)),), answers(10), rows))
    return CrossFit(folds, scorer or Scorer())


def test_a_rival_is_chosen_only_where_it_is_asked_for(data):
    front = [design(data, RIVAL_TREE, 95, 1.0), design(data, "search", 90, 2.0), design(data, RIVAL_TREE, 99, 3.0)]
    for request in (Request(min_score=0.9, objective=Objective.SYSTEM_POWER), Request(max_system_power_mw=9.0)):
        choice = _chosen(front, request, rivals=False)
        assert (choice.index, choice.eligible) == (1, 1)
    assert _chosen(front, Request(min_score=0.9, objective=Objective.SYSTEM_POWER), rivals=True).index == 0
    assert _chosen(front, Request(max_system_power_mw=9.0), rivals=True).index == 2
    with pytest.raises(NoDesignError):
        _chosen(front, Request(min_score=0.95), rivals=False)


def test_the_rival_is_the_tree_that_the_same_rule_picks(data):
    front = [design(data, "search", 99, 0.1), design(data, RIVAL_TREE, 95, 1.0), design(data, RIVAL_TREE, 99, 3.0)]
    assert _rival(front[:1], Request(min_score=0.5), data) is None
    found = _rival(front, Request(min_score=0.9, objective=Objective.SYSTEM_POWER), data)
    assert (found.index, found.fits, found.area_cm2) == (1, True, 1.0)
    assert (found.comparators, found.estimated_system_power_mw) == (1, 1.5)
    assert (found.forecast_accuracy, found.forecast_low, found.forecast_high) == (0.3, 0.2, 0.4)
    right = front[1].model.predict(data.test.features) == data.test.classes
    assert found.accuracy.test.value == pytest.approx(right.mean())
    assert found.accuracy.validation is None


def test_a_frugal_rival_is_frugal_among_the_trees(data):
    """The best of all designs sets what the chosen design must reach, the best of the trees what the rival must."""
    front = [design(data, "search", 99, 0.1), design(data, RIVAL_TREE, 89, 1.0), design(data, RIVAL_TREE, 90, 3.0)]
    request = Request(frugal=True, objective=Objective.SYSTEM_POWER)
    assert _rival(front, request, data).index == 1
    assert _chosen(front, request, rivals=True).index == 0


def test_where_no_tree_fits_the_most_accurate_within_the_budget_stands_there(data):
    front = [design(data, RIVAL_TREE, 80, 1.0), design(data, RIVAL_TREE, 85, 2.0), design(data, RIVAL_TREE, 99, 3.0)]
    found = _rival(front, Request(min_score=0.9, max_system_power_mw=2.5), data)
    assert (found.index, found.fits) == (1, False)
    found = _rival(front, Request(min_score=0.9, max_system_power_mw=0.1), data)  # none is within the budget
    assert (found.index, found.fits) == (2, False)


@pytest.mark.parametrize("kind", FrontEndKind)
def test_trees_stand_behind_the_same_front_end(data, kind):
    technology = load_technology()
    front_end = priced_front_end(technology, kind)
    crossfit = crossfit_of(data, 30)
    trees = rival_trees(Judge(data, crossfit.scorer, technology), front_end, crossfit)
    assert len(trees) > 2 and {tree.origin for tree in trees} == {RIVAL_TREE}
    for index, tree in enumerate(trees):
        assert tree.forecast == crossfit.tree(index)
        right = tree.model.predict(data.train.features) == data.train.classes
        assert tree.train.value == tree.score == pytest.approx(right.mean())
        converters = front_end.cost(tree.model.wires, tree.model.used_wires())
        assert tree.estimated.comparators == converters.comparators
        assert tree.estimated.system_power_mw == pytest.approx(
            tree.estimated.static_power_mw + converters.power_mw - tree.estimated.saved_power_mw
        )
    again = rival_trees(Judge(replace(data, test=data.train), crossfit.scorer, technology), front_end, crossfit)
    assert trees == again  # they never see the test part


def test_trees_and_baseline_are_forecast_by_the_runs_metric(data):
    technology, scorer = load_technology(), Scorer(Metric.COST, ((0, 3, 3), (1, 0, 1), (1, 1, 0)))
    front_end = priced_front_end(technology, FrontEndKind.THERMOMETER)
    crossfit = crossfit_of(data, 2, scorer)
    trees = rival_trees(Judge(data, crossfit.scorer, technology), front_end, crossfit)
    assert trees[0].forecast.score == pytest.approx(-3 * (16 + 15) / 40)
    assert [tree.forecast for tree in trees[1:]] == [crossfit.tree(1)] * (len(trees) - 1)
    for tree in trees:
        wrong = tree.model.predict(data.train.features) != data.train.classes
        assert tree.score == pytest.approx(-np.where(data.train.classes == 0, 3, 1)[wrong].sum() / len(wrong))


def test_the_exact_baseline_stands_beside_them_with_its_own_forecast(data):
    technology, crossfit = load_technology(), crossfit_of(data, 2)
    network = random_network(np.random.default_rng(3), features=4, hidden=(2,), classes=3)
    exact = exact_design(
        network,
        Judge(data, crossfit.scorer, technology),
        priced_front_end(technology, FrontEndKind.BINARY),
        crossfit,
    )
    assert exact.origin == EXACT_BASELINE and exact.forecast == crossfit.baseline and exact.forecast.accuracy == 0.5
    assert exact.train.value == pytest.approx((network.predict(data.train.features) == data.train.classes).mean())
    assert exact.estimated.system_power_mw > exact.estimated.static_power_mw
