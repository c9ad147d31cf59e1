"""The final choice along the front, on training and validation data alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bespoke.errors import NoDesignError
from bespoke.pipeline.metrics import Accuracy


@dataclass(frozen=True)
class Entry:
    """One design of the front as the choice sees it: no figure of the test part."""

    index: int
    train: Accuracy
    validation: Accuracy
    area_cm2: float
    static_power_mw: float


@dataclass(frozen=True)
class Request:
    """What the user asks for; None asks for nothing. ``describe`` is the sentence for the report."""

    min_train_accuracy: float | None = None
    min_validation_accuracy: float | None = None
    max_area_cm2: float | None = None
    max_power_mw: float | None = None

    @classmethod
    def at_least(
        cls, accuracy: float | None, *, max_area_cm2: float | None = None, max_power_mw: float | None = None
    ) -> Request:
        """The same accuracy on train and validation."""
        return cls(accuracy, accuracy, max_area_cm2, max_power_mw)

    @classmethod
    def within(
        cls,
        loss: float,
        train: float,
        validation: float,
        *,
        max_area_cm2: float | None = None,
        max_power_mw: float | None = None,
    ) -> Request:
        """At most ``loss`` below another model's accuracies, on train as well as on validation.

        A search looks hard at the training part, so a design that is worse there than the model that it replaces is
        worse indeed; validation says whether what it learned holds elsewhere.
        """
        return cls(train - loss, validation - loss, max_area_cm2, max_power_mw)

    def met_by(self, entry: Entry) -> bool:
        """Whether an entry is accurate enough; budgets are ``affords``."""
        slack = 1e-12  # sums of shares do not come out even
        return (self.min_train_accuracy is None or entry.train.value >= self.min_train_accuracy - slack) and (
            self.min_validation_accuracy is None or entry.validation.value >= self.min_validation_accuracy - slack
        )

    def affords(self, entry: Entry) -> bool:
        return (self.max_area_cm2 is None or entry.area_cm2 <= self.max_area_cm2) and (
            self.max_power_mw is None or entry.static_power_mw <= self.max_power_mw
        )

    @property
    def asks_accuracy(self) -> bool:
        return self.min_train_accuracy is not None or self.min_validation_accuracy is not None

    def describe(self) -> str:
        asked = []
        if self.min_train_accuracy is not None and self.min_train_accuracy == self.min_validation_accuracy:
            asked.append(f"accuracy of at least {self.min_train_accuracy:.4f} on train and validation")
        else:
            if self.min_train_accuracy is not None:
                asked.append(f"accuracy of at least {self.min_train_accuracy:.4f} on train")
            if self.min_validation_accuracy is not None:
                asked.append(f"accuracy of at least {self.min_validation_accuracy:.4f} on validation")
        if self.max_area_cm2 is not None:
            asked.append(f"area of at most {self.max_area_cm2:g} cm²")
        if self.max_power_mw is not None:
            asked.append(f"static power of at most {self.max_power_mw:g} mW")
        goal = "cheapest" if self.asks_accuracy else "most accurate"
        return f"{goal} design with {' and '.join(asked)}" if asked else f"{goal} design"


@dataclass(frozen=True)
class Choice:
    """The chosen entry and how many were eligible."""

    entry: Entry
    eligible: int


def trusted_accuracy(entry: Entry) -> float:
    """The accuracy that a choice may rely on: the lower of training and validation accuracy.

    Validation accuracy alone, over a front of some dozen designs, favours the luckiest one; training accuracy alone
    favours the most over-fitted one. A design is believed only as far as both say so.
    """
    return min(entry.train.value, entry.validation.value)


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
        best = min(eligible, key=lambda e: (e.area_cm2, e.static_power_mw, -trusted_accuracy(e), e.index), default=None)
    else:
        best = max(
            eligible, key=lambda e: (trusted_accuracy(e), -e.area_cm2, -e.static_power_mw, -e.index), default=None
        )
    if best is None:
        raise NoDesignError(_nothing_meets(entries, affordable, request))
    return Choice(best, len(eligible))


def _nothing_meets(entries: Sequence[Entry], affordable: Sequence[Entry], request: Request) -> str:
    if not entries:
        return "the front is empty, so there is nothing to choose from"
    nearest = max(affordable, key=trusted_accuracy) if affordable else min(entries, key=lambda e: _excess(e, request))
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
