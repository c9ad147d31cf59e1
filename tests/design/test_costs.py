"""Costs along every objective."""

import pytest

from bespoke.costs import Costs, Objective

COSTS = Costs(area_cm2=1.0, static_power_mw=2.0, front_end_area_cm2=0.5, front_end_power_mw=0.25)


@pytest.mark.parametrize(
    ("objective", "figures"),
    [("area", (1.0, 2.0)), ("power", (2.0, 1.0)), ("system-area", (1.5, 2.25)), ("system-power", (2.25, 1.5))],
)
def test_figures_of_an_objective(objective, figures):
    assert COSTS.ranked(objective) == figures
    assert COSTS.along(objective) == figures[0]


def test_every_objective_has_figures():
    assert all(COSTS.along(objective) > 0 for objective in Objective)


def test_no_front_end_counts_nothing():
    plain = Costs(1.0, 2.0)
    assert (plain.system_area_cm2, plain.system_power_mw) == (1.0, 2.0)
