"""A finished front: the mapped designs, and what a run measured before it chose among them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from bespoke.data import PreparedData, read_vectors
from bespoke.data.vectors import read_measured
from bespoke.design import Design
from bespoke.errors import InputError
from bespoke.importers import Agreement
from bespoke.run.metrics import DataSummary, DesignMetrics, PartAccuracies, SearchSummary, restored
from bespoke.run.modelfile import ModelFile
from bespoke.run.preparation import MEASURED_TEST
from bespoke.run.runfolder import RunFolder

#: Written last of all that stands in ``front/``.
FINISHED = "front/finished.json"


@dataclass(frozen=True)
class Findings:
    """What no request changes.

    Parameters
    ----------
    command : of the run that mapped the front.
    mapped_for : its request in words; half of the mapped designs are those that it was likely to end at.
    folds : that made the forecasts; 0 for a validation part.
    """

    bespoke_version: str
    command: str
    mapped_for: str
    technology: str
    supply_v: float
    data: DataSummary
    folds: int
    float_accuracy: PartAccuracies
    quantised_accuracy: PartAccuracies
    search: SearchSummary
    baseline: DesignMetrics
    topology: dict[str, Any] | None = None
    imported_agreement: Agreement | None = None


@dataclass(frozen=True)
class FinishedFront:
    """The findings, and the designs in the order of ``front.csv``, the exact baseline last."""

    findings: Findings
    designs: tuple[Design, ...]

    @property
    def baseline(self) -> Design:
        return self.designs[-1]

    def save(self, folder: RunFolder) -> None:
        document = {
            "findings": asdict(self.findings),
            "designs": [design.to_json() for design in self.designs],
        }
        folder.write_json(FINISHED, document)

    @classmethod
    def load(cls, folder: RunFolder) -> FinishedFront:
        """The front of a run folder.

        Raises
        ------
        InputError
            where there is none yet, or the file is damaged.
        """
        if not folder.has(FINISHED):
            raise InputError(
                f"{folder.path} has no finished front yet: repeat its `bespoke run`, which goes on from here"
            )
        try:
            document = folder.read_json(FINISHED)
            designs = tuple(Design.from_json(entry) for entry in document["designs"])
            return cls(restored(Findings, document["findings"]), designs)
        except (json.JSONDecodeError, KeyError, TypeError, ValueError, InputError) as error:
            raise InputError(
                f"{folder / FINISHED} is damaged or of another version ({error}); remove it and repeat the run"
            ) from error


def data_of(folder: RunFolder, summary: DataSummary) -> PreparedData:
    """The data as a run left them: integers of the grid, and what was measured of the test part.

    Runs of earlier versions kept the integers alone.

    Raises
    ------
    InputError
        if vectors or models are missing or damaged.
    """
    parts = {
        name: read_vectors(folder / f"vectors/{name}.csv")
        for name in ("train", "validation", "test")
        if name != "validation" or summary.validation_samples is not None
    }
    quantiser = ModelFile.load(folder / "models/quantised.json").quantiser
    if folder.has(MEASURED_TEST):
        parts["test"] = read_measured(folder / MEASURED_TEST, quantiser, parts["test"])
    return PreparedData(
        name=summary.name,
        bits=summary.bits,
        feature_names=summary.features,
        class_labels=summary.class_labels,
        quantiser=quantiser,
        train=parts["train"],
        validation=parts.get("validation"),
        test=parts["test"],
    )
