"""The final choice along the front, on training and validation data alone.

Designs are compared by their measured costs or, where none of them is measured, by their estimated ones.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bespoke.costs import Costs, Objective
from bespoke.design.design import Design
from bespoke.errors import NoDesignError

#: By an objective's value: what the report calls the cheapest design.
_CHEAPEST = {
    "area": "smallest",
    "power": "lowest-power",
    "system-area": "smallest, front end included,",
    "system-power": "lowest-power, front end included,",
}
#: Sums of shares do not come out even.
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Request:
    """What the user asks for; None asks for nothing. ``describe`` is the sentence for the report.

    Parameters
    ----------
    min_accuracy : least trusted accuracy.
    min_train_accuracy, min_validation_accuracy : least accuracies on the parts.
    max_area_cm2, max_power_mw : budget of the classifier alone; the power is static.
    max_system_area_cm2, max_system_power_mw : budget of classifier and front end.
    source : name of the power source that the last stands for, for the sentence.
    objective : what the cheapest design is cheapest in.
    """

    min_accuracy: float | None = None
    min_train_accuracy: float | None = None
    min_validation_accuracy: float | None = None
    max_area_cm2: float | None = None
    max_power_mw: float | None = None
    max_system_area_cm2: float | None = None
    max_system_power_mw: float | None = None
    source: str | None = None
    objective: Objective = Objective.AREA

    @classmethod
    def at_least(cls, accuracy: float | None, **limits: Any) -> Request:
        """An accuracy, as far as it can be trusted."""
        return cls(min_accuracy=accuracy, **limits)

    @classmethod
    def within(cls, loss: float, train: float, validation: float, **limits: Any) -> Request:
        """At most ``loss`` below another model's accuracies, on train as well as on validation.

        Unlike an accuracy by itself, a loss compares two models on the same samples, so what is lucky or hard about a
        part is so for both. And a design that is worse than the model that it replaces even where the search looked
        hard is worse indeed.
        """
        return cls(min_train_accuracy=train - loss, min_validation_accuracy=validation - loss, **limits)

    def met_by(self, design: Design) -> bool:
        """Whether a design is accurate enough; budgets are ``affords``."""
        asked = (
            (self.min_accuracy, design.trusted_accuracy),
            (self.min_train_accuracy, design.train.value),
            (self.min_validation_accuracy, design.validation.value),
        )
        return all(least is None or value >= least - _ROUNDING for least, value in asked)

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
            words.append(f"area of at most {self.max_area_cm2:g} cm²")
        if self.max_power_mw is not None:
            words.append(f"static power of at most {self.max_power_mw:g} mW")
        if self.max_system_area_cm2 is not None:
            words.append(f"area with front end of at most {self.max_system_area_cm2:g} cm²")
        if self.max_system_power_mw is not None:
            carrier = "" if self.source is None else f" ({self.source})"
            words.append(f"power with front end of at most {self.max_system_power_mw:g} mW{carrier}")
        return words

    @property
    def asks_accuracy(self) -> bool:
        return any(
            least is not None for least in (self.min_accuracy, self.min_train_accuracy, self.min_validation_accuracy)
        )

    def describe(self) -> str:
        asked = []
        if self.min_accuracy is not None:
            asked.append(f"trusted accuracy of at least {self.min_accuracy:.4f}")
        if self.min_train_accuracy is not None:
            asked.append(f"accuracy of at least {self.min_train_accuracy:.4f} on train")
        if self.min_validation_accuracy is not None:
            asked.append(f"accuracy of at least {self.min_validation_accuracy:.4f} on validation")
        asked += self._budgets_in_words()
        goal = _CHEAPEST[self.objective] if self.asks_accuracy else "most accurate"
        return f"{goal} design with {' and '.join(asked)}" if asked else f"{goal} design"


@dataclass(frozen=True)
class Choice:
    """The chosen design, its place among those given, and how many were eligible."""

    design: Design
    index: int
    eligible: int


def choose(designs: Sequence[Design], request: Request) -> Choice:
    """Cheapest design that reaches the accuracy asked for, or the most accurate one within the budget.

    Raises
    ------
    NoDesignError
        if no design meets the request; the message names the nearest.
    ValueError
        if some designs are measured and some are not: an estimate beside a measurement would decide.
    """
    if len({design.measured is None for design in designs}) > 1:
        raise ValueError("measured and unmeasured designs cannot be chosen among together")
    affordable = [design for design in designs if request.affords(design)]
    eligible = [index for index, design in enumerate(designs) if request.affords(design) and request.met_by(design)]

    def order(index: int) -> tuple:
        cost, mistrust = request.cost(designs[index]), -designs[index].trusted_accuracy
        return (cost, mistrust, index) if request.asks_accuracy else (mistrust, cost, index)

    if not eligible:
        raise NoDesignError(_nothing_meets(designs, affordable, request))
    best = min(eligible, key=order)
    return Choice(designs[best], best, len(eligible))


def _nothing_meets(designs: Sequence[Design], affordable: Sequence[Design], request: Request) -> str:
    if not designs:
        return "the front is empty, so there is nothing to choose from"
    nearest = (
        max(affordable, key=lambda design: design.trusted_accuracy)
        if affordable
        else min(designs, key=lambda design: _excess(design, request))
    )
    return (
        f"no design on the front is the {request.describe()}; the nearest has accuracy {nearest.validation.value:.4f} "
        f"on validation ({nearest.train.value:.4f} on train), {_in_words(nearest.costs)}: relax the request or raise "
        "--effort"
    )


def _in_words(costs: Costs) -> str:
    alone = f"{costs.area_cm2:.4g} cm² and {costs.static_power_mw:.4g} mW"
    if costs.system_power_mw is None:
        return alone
    return f"{alone}, with front end {costs.system_area_cm2:.4g} cm² and {costs.system_power_mw:.4g} mW"


def _excess(design: Design, request: Request) -> float:
    """By what factor the design overshoots its worst budget."""
    return max([1.0, *(value / max(most, 1e-12) for value, most in request.budgets(design))])
