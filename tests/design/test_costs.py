"""Costs along every objective."""

from dataclasses import replace

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


def test_needless_inverters_count_for_the_classifier_alone():
    saving = replace(COSTS, saved_area_cm2=0.25, saved_power_mw=0.5)
    assert saving.ranked(Objective.SYSTEM_POWER) == (1.75, 1.25)
    assert saving.ranked(Objective.POWER) == COSTS.ranked(Objective.POWER)


def test_what_nobody_knows_ranks_last():
    plain = Costs(1.0, 2.0)
    assert (plain.system_area_cm2, plain.system_power_mw) == (None, None)
    assert plain.ranked(Objective.AREA) == (1.0, 2.0)
    assert max([COSTS, plain], key=lambda costs: costs.ranked(Objective.SYSTEM_POWER)) is plain
