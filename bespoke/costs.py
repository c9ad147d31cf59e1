"""What a design costs, and which of its costs is to be small."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum


class Objective(StrEnum):
    """What the search and the choice make small."""

    SYSTEM_POWER = "system-power"
    SYSTEM_AREA = "system-area"
    POWER = "power"
    AREA = "area"
    #: The system's power, while errors are those of prints: of broken devices and drifting thresholds.
    PRINTED_ACCURACY = "printed-accuracy"

    @property
    def cost(self) -> Objective:
        """The cost alone that is to be small, whosever errors count."""
        return Objective.SYSTEM_POWER if self is Objective.PRINTED_ACCURACY else self

    @property
    def counts_front_end(self) -> bool:
        """Whether the front end's costs count, too."""
        return self.cost in (Objective.SYSTEM_POWER, Objective.SYSTEM_AREA)

    @property
    def is_power(self) -> bool:
        return self.cost in (Objective.SYSTEM_POWER, Objective.POWER)


#: The objectives that are a cost and nothing else.
COSTS = tuple(one for one in Objective if one.cost is one)


#: By an objective's value: the figure that it makes small, and the one that decides among equals.
_FIGURES = {
    "area": ("area_cm2", "static_power_mw"),
    "power": ("static_power_mw", "area_cm2"),
    "system-area": ("system_area_cm2", "system_power_mw"),
    "system-power": ("system_power_mw", "system_area_cm2"),
}


@dataclass(frozen=True)
class Costs:
    """Area and power of one design, by an estimate or by a measurement: whoever holds it says which.

    Parameters
    ----------
    area_cm2, static_power_mw : of the printed classifier alone.
    front_end_area_cm2, front_end_power_mw : of the analogue front end before it; None where it has no price.
    comparators : of the front end; None where it is unknown.
    dynamic_power_mw : of the classifier; 0 before it is mapped.
    saved_area_cm2, saved_power_mw : of the classifier's inverters that the system does without, for a comparator with
        swapped inputs delivers the complement.
    """

    area_cm2: float
    static_power_mw: float
    front_end_area_cm2: float | None = None
    front_end_power_mw: float | None = None
    comparators: int | None = None
    dynamic_power_mw: float = 0.0
    saved_area_cm2: float = 0.0
    saved_power_mw: float = 0.0

    @property
    def system_area_cm2(self) -> float | None:
        """Classifier and front end; None where the front end has no price."""
        if self.front_end_area_cm2 is None:
            return None
        return self.area_cm2 + self.front_end_area_cm2 - self.saved_area_cm2

    @property
    def system_power_mw(self) -> float | None:
        """Power of the classifier and of the front end; None where the front end has no price."""
        if self.front_end_power_mw is None:
            return None
        return self.static_power_mw + self.dynamic_power_mw + self.front_end_power_mw - self.saved_power_mw

    def along(self, objective: Objective) -> float:
        """The figure that the objective makes small, in cm² or mW."""
        return self.ranked(objective)[0]

    def ranked(self, objective: Objective) -> tuple[float, float]:
        """Sorting by it puts the cheapest first: the objective's figure, then what decides among equals.

        A cost that nobody knows ranks behind all that are known.
        """
        first, second = (getattr(self, name) for name in _FIGURES[Objective(objective).cost])
        return math.inf if first is None else first, math.inf if second is None else second
