"""The one record of a found design, from the search's estimate to the mapped circuit."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from typing import Any

from bespoke.costs import Costs
from bespoke.data import PreparedData
from bespoke.errors import InputError
from bespoke.model import IntegerClassifier, Network, from_json, to_json
from bespoke.statistics import Accuracy

#: Origin of the exact fixed-point network that approximate designs are compared with.
EXACT_BASELINE = "exact baseline"


@dataclass(frozen=True)
class Design:
    """A model, how accurate it is on the parts that a choice may look at, and what it costs.

    Parameters
    ----------
    model : network or logic circuit, the reference that RTL and netlist must equal.
    origin : what found it.
    train, validation : its evidence. The search has looked at the former, and whoever chooses looks at both; nothing
        here comes from the test part.
    estimated : by the search's cost model.
    measured : of the mapped netlist, power on the training vectors; None before mapping.
    model_file : where the model is saved, relative to the run folder; None where it is not.
    """

    model: IntegerClassifier
    origin: str
    train: Accuracy
    validation: Accuracy
    estimated: Costs
    measured: Costs | None = None
    model_file: str | None = None

    @classmethod
    def rated(cls, model: IntegerClassifier, data: PreparedData, *, origin: str, estimated: Costs) -> Design:
        """A design with its accuracies on the training and the validation part."""
        train, validation = (
            Accuracy.of(model.predict(part.features), part.classes) for part in (data.train, data.validation)
        )
        return cls(model, origin, train, validation, estimated)

    @property
    def kind(self) -> str:
        """``network``, or ``logic`` for a circuit that is no longer one."""
        return "network" if isinstance(self.model, Network) else "logic"

    @property
    def trusted_accuracy(self) -> float:
        """The accuracy on which designs are compared; see `trusted_accuracy`."""
        return trusted_accuracy(self.train, self.validation)

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
            "validation": [self.validation.correct, self.validation.samples],
            "estimated": asdict(self.estimated),
        }
        if self.measured is not None:
            document["measured"] = asdict(self.measured)
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
                Accuracy.of_count(*document["validation"]),
                Costs(**document["estimated"]),
                Costs(**document["measured"]) if "measured" in document else None,
                document.get("model_file"),
            )
        except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
            raise InputError(f"no design of this version: {type(error).__name__} {error}") from None


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
