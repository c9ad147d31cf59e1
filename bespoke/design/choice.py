"""The final choice along the front, by forecasts and costs alone: neither has seen the test part.

Designs are compared by their measured costs or, where none of them is measured, by their estimated ones.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from bespoke.costs import Costs, Objective
from bespoke.design.design import Design
from bespoke.design.forecast import Forecast
from bespoke.errors import NoDesignError

#: By an objective's value: what the cheapest design is the one of.
_CHEAPEST = {
    "area": "the smallest area",
    "power": "the lowest power",
    "system-area": "the smallest area, front end included,",
    "system-power": "the lowest power, front end included,",
}
#: Sums of shares do not come out even.
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Request:
    """What the user asks for; None asks for nothing. ``describe`` is the sentence for the report.

    Parameters
    ----------
    min_score : least forecast by the run's metric.
    frugal : ask for a forecast within one standard error of the best (Breiman et al. 1984); `settled` turns it into
        a least forecast.
    max_area_cm2, max_power_mw : budget of the classifier alone; the power is static.
    max_system_area_cm2, max_system_power_mw : budget of classifier and front end.
    source : name of the power source that the last stands for, for the sentence.
    objective : what the cheapest design is cheapest in.
    metric : name of what is forecast, for the sentence.
    reason : where the least forecast comes from, for the sentence.
    """

    min_score: float | None = None
    frugal: bool = False
    max_area_cm2: float | None = None
    max_power_mw: float | None = None
    max_system_area_cm2: float | None = None
    max_system_power_mw: float | None = None
    source: str | None = None
    objective: Objective = Objective.AREA
    metric: str = "accuracy"
    reason: str | None = None

    @classmethod
    def within(cls, loss: float, baseline: Forecast, **limits: Any) -> Request:
        """At most ``loss`` below another model's forecast.

        Both were judged on the same held-out samples, so what is lucky or hard about those is so for both.
        """
        reason = f"at most {loss:g} below the exact baseline's {baseline.score:.4f} on the same folds"
        return cls(min_score=baseline.score - loss, reason=reason, **limits)

    def settled(self, designs: Sequence[Design]) -> Request:
        """The request with its least forecast, where that depends on what there is."""
        affordable = [design for design in designs if self.affords(design)]
        if not self.frugal or not affordable:
            return self
        best = max(affordable, key=lambda design: design.expected_score)
        error = 0.0 if best.forecast is None else best.forecast.error
        reason = f"within one standard error, {error:.4f}, of the best forecast, {best.expected_score:.4f}"
        return replace(self, frugal=False, min_score=best.expected_score - error, reason=reason)

    def met_by(self, design: Design) -> bool:
        """Whether a design's forecast is good enough; budgets are ``affords``."""
        return self.min_score is None or design.expected_score >= self.min_score - _ROUNDING

    def preference(self, design: Design) -> tuple:
        """Sorting by it puts first what is asked for: the cheapest, or the best where only budgets are set."""
        if self.asks_accuracy:
            return (*self.cost(design), -design.expected_score)
        return (-design.expected_score, *self.cost(design))

    def affords(self, design: Design) -> bool:
        """Whether a design is within the budget."""
        return all(value <= most for value, most in self.budgets(design))

    def budgets(self, design: Design) -> list[tuple[float, float]]:
        """What the design takes and what it may take, for every budget that is set; no budget covers the unknown."""
        costs = design.costs
        budgets = (
            (costs.area_cm2, self.max_area_cm2),
            (costs.static_power_mw, self.max_power_mw),
            (costs.system_area_cm2, self.max_system_area_cm2),
            (costs.system_power_mw, self.max_system_power_mw),
        )
        return [(math.inf if value is None else value, most) for value, most in budgets if most is not None]

    def cost(self, design: Design) -> tuple[float, float]:
        """What the cheapest is cheapest in, and what decides among equals."""
        return design.costs.ranked(self.objective)

    def _budgets_in_words(self) -> list[str]:
        words = []
        if self.max_area_cm2 is not None:
            words.append(f"an area of at most {self.max_area_cm2:g} cm²")
        if self.max_power_mw is not None:
            words.append(f"a static power of at most {self.max_power_mw:g} mW")
        if self.max_system_area_cm2 is not None:
            words.append(f"an area, front end included, of at most {self.max_system_area_cm2:g} cm²")
        if self.max_system_power_mw is not None:
            carrier = "" if self.source is None else f" ({self.source})"
            words.append(f"a power, front end included, of at most {self.max_system_power_mw:g} mW{carrier}")
        return words

    @property
    def limited(self) -> str:
        """What budgets are set of, in words; nothing where there are none."""
        is_area = self.max_area_cm2 is not None or self.max_system_area_cm2 is not None
        is_power = self.max_power_mw is not None or self.max_system_power_mw is not None
        return " and ".join([name for name, is_set in (("area", is_area), ("power", is_power)) if is_set])

    @property
    def demands(self) -> str:
        """What every eligible design has, in words; nothing where nothing is demanded."""
        asked = []
        if self.frugal:
            asked.append(f"a forecast {self.metric} within one standard error of the best")
        elif self.min_score is not None:
            why = "" if self.reason is None else f" ({self.reason})"
            asked.append(f"a forecast {self.metric} of at least {self.min_score:.4f}{why}")
        return " and ".join(asked + self._budgets_in_words())

    @property
    def asks_accuracy(self) -> bool:
        return self.frugal or self.min_score is not None

    @property
    def axis(self) -> Objective:
        """The cost along which designs are forecast: the objective, or what alone is limited."""
        if self.asks_accuracy:
            return self.objective
        limits = {
            Objective.SYSTEM_POWER: self.max_system_power_mw,
            Objective.SYSTEM_AREA: self.max_system_area_cm2,
            Objective.POWER: self.max_power_mw,
            Objective.AREA: self.max_area_cm2,
        }
        limited = [axis for axis, limit in limits.items() if limit is not None]
        return self.objective if not limited or self.objective in limited else limited[0]

    def describe(self) -> str:
        goal = _CHEAPEST[self.objective.cost] if self.asks_accuracy else "the best forecast"
        return f"the one of {goal} with {self.demands}" if self.demands else f"the one of {goal}"


@dataclass(frozen=True)
class Choice:
    """The chosen design, its place among those given, how many were eligible, and the request as it was met."""

    design: Design
    index: int
    eligible: int
    request: Request


def choose(designs: Sequence[Design], request: Request) -> Choice:
    """Cheapest design whose forecast is what is asked for, or that of the best forecast within the budget.

    Raises
    ------
    NoDesignError
        if no design meets the request; the message names the nearest.
    ValueError
        if some designs are measured and some are not: an estimate beside a measurement would decide.
    """
    if len({design.measured is None for design in designs}) > 1:
        raise ValueError("measured and unmeasured designs cannot be chosen among together")
    request = request.settled(designs)
    affordable = [design for design in designs if request.affords(design)]
    eligible = [index for index, design in enumerate(designs) if request.affords(design) and request.met_by(design)]
    if not eligible:
        raise NoDesignError(_nothing_meets(designs, affordable, request))
    best = min(eligible, key=lambda index: (*request.preference(designs[index]), index))
    return Choice(designs[best], best, len(eligible), request)


def _nothing_meets(designs: Sequence[Design], affordable: Sequence[Design], request: Request) -> str:
    if not designs:
        return "the front is empty, so there is nothing to choose from"
    nearest = (
        max(affordable, key=lambda design: design.expected_score)
        if affordable
        else min(designs, key=lambda design: _excess(design, request))
    )
    return (
        f"no design on the front has {request.demands}; the nearest has a forecast {request.metric} of "
        f"{nearest.expected_score:.4f} at {_in_words(nearest.costs)}: {_advice(nearest, request)}"
    )


def _advice(nearest: Design, request: Request) -> str:
    """What to ask for so that the nearest design is met."""
    less = f"ask for a forecast {request.metric} of at most {math.floor(nearest.expected_score * 1e4) / 1e4:.4f}"
    if request.affords(nearest):
        return f"{less}, or allow more {request.limited}" if request.limited else less
    more = f"allow more {request.limited}"
    return more if request.met_by(nearest) else f"{more} and {less}"


def _in_words(costs: Costs) -> str:
    alone = f"{costs.area_cm2:.4g} cm² and {costs.static_power_mw:.4g} mW"
    if costs.system_power_mw is None:
        return alone
    return f"{alone}, with front end {costs.system_area_cm2:.4g} cm² and {costs.system_power_mw:.4g} mW"


def _excess(design: Design, request: Request) -> float:
    """By what factor the design overshoots its worst budget."""
    return max([1.0, *(value / max(most, 1e-12) for value, most in request.budgets(design))])
