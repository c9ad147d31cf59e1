"""The final choice along the front, on training and validation data alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bespoke.costs import Objective
from bespoke.errors import NoDesignError
from bespoke.statistics import Accuracy


@dataclass(frozen=True)
class Entry:
    """One design of the front as the choice sees it: no figure of the test part."""

    index: int
    train: Accuracy
    validation: Accuracy
    area_cm2: float
    static_power_mw: float

    @property
    def trusted_accuracy(self) -> float:
        """See `trusted_accuracy`."""
        return trusted_accuracy(self.train, self.validation)


def trusted_accuracy(train: Accuracy, validation: Accuracy) -> float:
    """The accuracy on which designs are compared.

    The search has looked hard at the training part, so accuracy there flatters; the validation part is small, so that
    the luckiest of some dozen designs stands out in it. Pooled, the two make the surest figure, and it is believed up
    to one standard error above the validation accuracy: beyond that the design is over-fitted. It orders designs; as a
    forecast it still flatters, `benchmarks/search_quality.py` prints by how much.
    """
    pooled = (train.value * train.samples + validation.value * validation.samples) / (
        train.samples + validation.samples
    )
    error = math.sqrt(validation.value * (1 - validation.value) / validation.samples)
    return min(pooled, validation.value + error)


@dataclass(frozen=True)
class Request:
    """What the user asks for; None asks for nothing. ``describe`` is the sentence for the report.

    Parameters
    ----------
    min_accuracy : least trusted accuracy.
    min_train_accuracy, min_validation_accuracy : least accuracies on the parts.
    max_area_cm2, max_power_mw : budget; the power is static.
    objective : what the cheapest design is cheapest in.
    """

    min_accuracy: float | None = None
    min_train_accuracy: float | None = None
    min_validation_accuracy: float | None = None
    max_area_cm2: float | None = None
    max_power_mw: float | None = None
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

    def met_by(self, entry: Entry) -> bool:
        """Whether an entry is accurate enough; budgets are ``affords``."""
        slack = 1e-12  # sums of shares do not come out even
        asked = (
            (self.min_accuracy, entry.trusted_accuracy),
            (self.min_train_accuracy, entry.train.value),
            (self.min_validation_accuracy, entry.validation.value),
        )
        return all(least is None or value >= least - slack for least, value in asked)

    def affords(self, entry: Entry) -> bool:
        return (self.max_area_cm2 is None or entry.area_cm2 <= self.max_area_cm2) and (
            self.max_power_mw is None or entry.static_power_mw <= self.max_power_mw
        )

    def cost(self, entry: Entry) -> tuple[float, float]:
        """What the cheapest is cheapest in, and what decides among equals."""
        costs = (entry.area_cm2, entry.static_power_mw)
        return costs if self.objective is Objective.AREA else costs[::-1]

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
        if self.max_area_cm2 is not None:
            asked.append(f"area of at most {self.max_area_cm2:g} cm²")
        if self.max_power_mw is not None:
            asked.append(f"static power of at most {self.max_power_mw:g} mW")
        cheapest = "smallest" if self.objective is Objective.AREA else "lowest-power"
        goal = cheapest if self.asks_accuracy else "most accurate"
        return f"{goal} design with {' and '.join(asked)}" if asked else f"{goal} design"


@dataclass(frozen=True)
class Choice:
    """The chosen entry and how many were eligible."""

    entry: Entry
    eligible: int


def choose(entries: Sequence[Entry], request: Request) -> Choice:
    """Cheapest design that reaches the accuracy asked for, or the most accurate one within the budget.

    Raises
    ------
    NoDesignError
        if no entry meets the request; the message names the nearest.
    """
    affordable = [entry for entry in entries if request.affords(entry)]
    eligible = [entry for entry in affordable if request.met_by(entry)]
    if request.asks_accuracy:
        best = min(eligible, key=lambda e: (request.cost(e), -e.trusted_accuracy, e.index), default=None)
    else:
        best = min(eligible, key=lambda e: (-e.trusted_accuracy, request.cost(e), e.index), default=None)
    if best is None:
        raise NoDesignError(_nothing_meets(entries, affordable, request))
    return Choice(best, len(eligible))


def _nothing_meets(entries: Sequence[Entry], affordable: Sequence[Entry], request: Request) -> str:
    if not entries:
        return "the front is empty, so there is nothing to choose from"
    nearest = (
        max(affordable, key=lambda entry: entry.trusted_accuracy)
        if affordable
        else min(entries, key=lambda e: _excess(e, request))
    )
    return (
        f"no design on the front is the {request.describe()}; the nearest has accuracy {nearest.validation.value:.4f} "
        f"on validation ({nearest.train.value:.4f} on train), {nearest.area_cm2:.4g} cm² and "
        f"{nearest.static_power_mw:.4g} mW: relax the request or raise --effort"
    )


def _excess(entry: Entry, request: Request) -> float:
    """By what factor the entry overshoots its worst budget."""
    factors = [1.0]
    if request.max_area_cm2 is not None:
        factors.append(entry.area_cm2 / max(request.max_area_cm2, 1e-12))
    if request.max_power_mw is not None:
        factors.append(entry.static_power_mw / max(request.max_power_mw, 1e-12))
    return max(factors)
