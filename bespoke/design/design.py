"""The one record of a found design, from the search's estimate to the mapped circuit."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from bespoke.costs import Costs
from bespoke.data import Part
from bespoke.design.forecast import Answers, Forecast
from bespoke.errors import InputError
from bespoke.model import IntegerClassifier, Network, from_json, to_json
from bespoke.scores import Confusion, Scorer
from bespoke.statistics import Accuracy

#: Origin of the exact fixed-point network that approximate designs are compared with.
EXACT_BASELINE = "exact baseline"


@dataclass(frozen=True)
class Design:
    """A model, how good it is as far as a choice may know, and what it costs.

    Parameters
    ----------
    model : network or logic circuit, the reference that RTL and netlist must equal.
    origin : what the search that found it started from.
    train : accuracy on the samples that the search looked at, which flatters.
    score : on the same samples by the run's metric, of prints on average where the search counted their errors; it
        orders the designs that one search found.
    estimated : costs by the search's cost model.
    measured : costs of the mapped netlist, power on the training vectors; None before mapping.
    forecast : what it will achieve on samples that nobody has looked at; None where nothing was cross-fitted.
    model_file : where the model is saved, relative to the run folder; None where it is not.
    """

    model: IntegerClassifier
    origin: str
    train: Accuracy
    score: float
    estimated: Costs
    measured: Costs | None = None
    forecast: Forecast | None = None
    model_file: str | None = None

    @classmethod
    def rated(
        cls, model: IntegerClassifier, answers: Answers, *, origin: str, estimated: Costs, scorer: Scorer | None = None
    ) -> Design:
        """A design with what it achieves on the samples that its search looked at."""
        value = (scorer or Scorer()).value(answers.scored)
        return cls(model, origin, answers.intact.accuracy, value, estimated)

    @property
    def kind(self) -> str:
        """``network``, or ``logic`` for a circuit that is no longer one."""
        return "network" if isinstance(self.model, Network) else "logic"

    @property
    def expected_score(self) -> float:
        """The forecast by the run's metric; where nothing was cross-fitted, what the training samples say."""
        return self.score if self.forecast is None else self.forecast.score

    @property
    def costs(self) -> Costs:
        """Measured costs once there are any, estimated ones before."""
        return self.estimated if self.measured is None else self.measured

    def with_measured(self, measured: Costs, *, model_file: str | None = None) -> Design:
        """The design after mapping, its model saved as ``model_file`` unless it keeps the file that it has."""
        return replace(self, measured=measured, model_file=self.model_file if model_file is None else model_file)

    def to_json(self) -> dict[str, Any]:
        """Plain dictionary; accuracies as right answers and samples, from which intervals follow."""
        document = {
            "origin": self.origin,
            "train": [self.train.correct, self.train.samples],
            "score": self.score,
            "estimated": asdict(self.estimated),
        }
        if self.measured is not None:
            document["measured"] = asdict(self.measured)
        if self.forecast is not None:
            document["forecast"] = asdict(self.forecast)
        if self.model_file is not None:
            document["model_file"] = self.model_file
        return {**document, "model": to_json(self.model)}

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Design:
        """The design that ``to_json`` wrote.

        Raises
        ------
        InputError
            if a field is missing or holds something else.
        """
        try:
            return cls(
                from_json(document["model"]),
                str(document["origin"]),
                Accuracy.of_count(*document["train"]),
                float(document["score"]),
                Costs(**document["estimated"]),
                Costs(**document["measured"]) if "measured" in document else None,
                Forecast(**document["forecast"]) if "forecast" in document else None,
                document.get("model_file"),
            )
        except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
            raise InputError(f"no design of this version: {type(error).__name__} {error}") from None


def answers_of(model: IntegerClassifier, part: Part) -> Answers:
    """What a model answers on a part as designed."""
    classes = max(model.classes, int(part.classes.max(initial=0)) + 1)
    return Answers(Confusion.of(model.predict(part.features), part.classes, classes))
