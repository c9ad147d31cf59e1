"""The costs that a front is drawn against."""

from __future__ import annotations

from dataclasses import dataclass

from bespoke.costs import Objective
from bespoke.report.reading import FrontRow


@dataclass(frozen=True)
class CostAxis:
    """A cost: what makes it small, its name on a switch, its label on an axis, and its column of ``front.csv``."""

    objective: Objective
    title: str
    label: str
    column: str

    def of(self, row: FrontRow) -> float | None:
        return getattr(row, self.column)


COST_AXES = (
    CostAxis(Objective.SYSTEM_POWER, "System power", "System power, mW (estimated)", "estimated_system_power_mw"),
    CostAxis(Objective.SYSTEM_AREA, "System area", "System area, cm² (estimated)", "estimated_system_area_cm2"),
    CostAxis(Objective.POWER, "Classifier's power", "Classifier's static power, mW", "static_power_mw"),
    CostAxis(Objective.AREA, "Classifier's area", "Classifier's area, cm²", "area_cm2"),
)
#: What is left of an objective where nobody knows the front end's costs.
_ALONE = {Objective.SYSTEM_POWER: Objective.POWER, Objective.SYSTEM_AREA: Objective.AREA}


def axis_of(objective: Objective) -> CostAxis:
    return next(axis for axis in COST_AXES if axis.objective is objective)


def usual_axis(objective: Objective, *, priced: bool) -> CostAxis:
    """The axis of what a run made small; without figures of the front end, the classifier's share of it."""
    return axis_of(objective if priced else _ALONE.get(objective, objective))
