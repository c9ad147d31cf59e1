"""The search alone: models and a front with estimated figures, without any outside program."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bespoke.data import PreparedData
from bespoke.files import write_text
from bespoke.model import IntegerClassifier, Network
from bespoke.pipeline.config import Objective, RunConfig
from bespoke.pipeline.metrics import SearchSummary
from bespoke.pipeline.modelfile import ModelFile
from bespoke.pipeline.preparation import data_digest, imported_model, prepare_data, technology_of
from bespoke.pipeline.progress import RunProgress, Silent
from bespoke.pipeline.proposals import Proposal, exact_proposal, propose
from bespoke.pipeline.runfolder import RunFolder
from bespoke.pipeline.training import TrainedModels, train_models
from bespoke.pipeline.workers import one_thread_each

_COLUMNS = (
    "index",
    "origin",
    "kind",
    "train_accuracy",
    "validation_accuracy",
    "trusted_accuracy",
    "estimated_area_cm2",
    "estimated_static_power_mw",
    "model_file",
)


@dataclass(frozen=True)
class ExploredDesign:
    """A design of the front; area and power are estimates, not measurements."""

    proposal: Proposal
    model_file: str

    @property
    def trusted_accuracy(self) -> float:
        """On which designs are compared; see `bespoke.pipeline.selection`."""
        return self.proposal.trusted_accuracy


@dataclass(frozen=True)
class Exploration:
    """What a search found, cheapest first; the exact baseline stands apart for comparison."""

    data: PreparedData
    designs: tuple[ExploredDesign, ...]
    baseline: ExploredDesign
    search: SearchSummary
    table: Path


@dataclass(frozen=True)
class Training:
    """The data and the models trained on them."""

    data: PreparedData
    models: TrainedModels


@one_thread_each()
def train(config: RunConfig, out: Path, *, overwrite: bool = False, progress: RunProgress | None = None) -> Training:
    """Data to models, and no further; a run or exploration with the same settings goes on from there."""
    return _trained(config, RunFolder(out), overwrite, progress or Silent())


def _trained(config: RunConfig, folder: RunFolder, overwrite: bool, progress: RunProgress) -> Training:
    """Opens the folder, which stays locked for as long as the caller keeps it."""
    progress.stage("reading the data")
    data, _ = prepare_data(config)
    technology_of(config)  # a wrong name is told now, not after the training
    imported = imported_model(config, data)
    folder.open(config, data_digest=data_digest(data, imported), overwrite=overwrite)
    return Training(data, train_models(folder, config, data, progress, imported=imported))


@one_thread_each()
def explore(
    config: RunConfig, out: Path, *, overwrite: bool = False, progress: RunProgress | None = None
) -> Exploration:
    """Data to the front: ``explored.csv`` and a model file per design.

    Nothing is mapped, so area and power are estimates; no accuracy on the test part is shown, because whoever picks
    from this table would be choosing on it.

    Raises
    ------
    InputError
        for data, options or a folder that do not fit.
    """
    progress = progress or Silent()
    folder = RunFolder(out)
    training = _trained(config, folder, overwrite, progress)
    data, technology = training.data, technology_of(config)
    found = propose(folder, config, data, starts=[training.models.quantised], technology=technology, progress=progress)
    designs = []
    for index, design in enumerate(non_dominated_designs(found.designs, config.objective)):
        name = f"explored/{index:03d}.json"
        ModelFile.of(design.classifier, data).save(folder / name)
        designs.append(ExploredDesign(design, name))
    exact = training.models.baseline
    baseline = ExploredDesign(exact_proposal(exact, data, technology), "models/baseline.json")
    table = folder / "explored.csv"
    write_text(table, _table([*designs, baseline]))
    return Exploration(data, tuple(designs), baseline, found.summary, table)


def non_dominated_designs(designs: Sequence[Proposal], objective: Objective = Objective.AREA) -> list[Proposal]:
    """Designs that no other beats in trusted accuracy and estimated cost, cheapest first; equal ones once."""

    def cost(design: Proposal) -> float:
        return design.estimated_area_cm2 if objective is Objective.AREA else design.estimated_static_power_mw

    kept: list[Proposal] = []
    for design in sorted(designs, key=lambda d: (cost(d), -d.trusted_accuracy)):
        if not kept or design.trusted_accuracy > kept[-1].trusted_accuracy:
            kept.append(design)
    return kept


def kind_of(classifier: IntegerClassifier) -> str:
    """``network``, or ``logic`` for a circuit that is no longer one."""
    return "network" if isinstance(classifier, Network) else "logic"


def _table(designs: Sequence[ExploredDesign]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for index, design in enumerate(designs):
        writer.writerow(
            [
                index,
                design.proposal.origin,
                kind_of(design.proposal.classifier),
                f"{design.proposal.train.value:.6f}",
                f"{design.proposal.validation.value:.6f}",
                f"{design.trusted_accuracy:.6f}",
                f"{design.proposal.estimated_area_cm2:.6g}",
                f"{design.proposal.estimated_static_power_mw:.6g}",
                design.model_file,
            ]
        )
    return text.getvalue()
