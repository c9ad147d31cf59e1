"""The rival trees are there to be compared with: they are chosen only where the user asks for it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bespoke.circuit import Circuit
from bespoke.costs import Costs, Objective
from bespoke.data import load_dataset, prepare
from bespoke.design import Design, Request
from bespoke.errors import NoDesignError
from bespoke.model import LogicCircuit
from bespoke.pipeline.proposals import RIVAL_TREE, rival_trees
from bespoke.pipeline.run import _chosen, _rival
from bespoke.sensing import FrontEndKind, ThermometerWires, priced_front_end
from bespoke.statistics import Accuracy
from bespoke.technology import load_technology


@pytest.fixture(scope="module")
def data():
    return prepare(load_dataset("iris"))


def design(data, origin: str, share: int, power_mw: float) -> Design:
    wires = ThermometerWires.of(len(data.feature_names), data.bits, [(2, 5)])
    circuit = LogicCircuit(wires, 3, Circuit(1, np.zeros((0, 2), int), np.array([2, 0])))
    accuracy = Accuracy.of_count(share, 100)
    measured = Costs(power_mw, power_mw, 0.1, 0.5, 1)
    return Design(circuit, origin, accuracy, accuracy, Costs(0.0, 0.0)).with_measured(measured)


def test_a_rival_is_chosen_only_where_it_is_asked_for(data):
    front = [design(data, RIVAL_TREE, 95, 1.0), design(data, "search", 90, 2.0), design(data, RIVAL_TREE, 99, 3.0)]
    for request in (Request.at_least(0.9, objective=Objective.SYSTEM_POWER), Request(max_system_power_mw=9.0)):
        choice = _chosen(front, request, rivals=False)
        assert (choice.index, choice.eligible) == (1, 1)
    assert _chosen(front, Request.at_least(0.9, objective=Objective.SYSTEM_POWER), rivals=True).index == 0
    assert _chosen(front, Request(max_system_power_mw=9.0), rivals=True).index == 2
    with pytest.raises(NoDesignError):
        _chosen(front, Request.at_least(0.95), rivals=False)


def test_the_rival_is_the_tree_that_the_same_rule_picks(data):
    front = [design(data, "search", 99, 0.1), design(data, RIVAL_TREE, 95, 1.0), design(data, RIVAL_TREE, 99, 3.0)]
    assert _rival(front[:1], Request.at_least(0.5), data) is None
    found = _rival(front, Request.at_least(0.9, objective=Objective.SYSTEM_POWER), data)
    assert (found.index, found.fits, found.area_cm2) == (1, True, 1.0)
    assert (found.comparators, found.estimated_system_power_mw) == (1, 1.5)
    right = front[1].model.predict(data.test.features) == data.test.classes
    assert found.accuracy.test.value == pytest.approx(right.mean())


def test_where_no_tree_fits_the_most_accurate_within_the_budget_stands_there(data):
    front = [design(data, RIVAL_TREE, 80, 1.0), design(data, RIVAL_TREE, 85, 2.0), design(data, RIVAL_TREE, 99, 3.0)]
    found = _rival(front, Request.at_least(0.9, max_system_power_mw=2.5), data)
    assert (found.index, found.fits) == (1, False)
    found = _rival(front, Request.at_least(0.9, max_system_power_mw=0.1), data)  # none is within the budget
    assert (found.index, found.fits) == (2, False)


@pytest.mark.parametrize("kind", FrontEndKind)
def test_trees_stand_behind_the_same_front_end(data, kind):
    technology = load_technology()
    front_end = priced_front_end(technology, kind)
    trees = rival_trees(data, technology, front_end)
    assert len(trees) > 2 and {tree.origin for tree in trees} == {RIVAL_TREE}
    for tree in trees:
        converters = front_end.cost(tree.model.wires, tree.model.used_wires())
        assert tree.estimated.comparators == converters.comparators
        assert tree.estimated.system_power_mw == pytest.approx(
            tree.estimated.static_power_mw + converters.power_mw - tree.estimated.saved_power_mw
        )
    assert trees == rival_trees(replace(data, test=data.train), technology, front_end)  # they never see the test part
