"""The search alone: models and a front with estimated figures, without any outside program."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bespoke.costs import Objective
from bespoke.data import PreparedData
from bespoke.design import Design, estimated, front_of, mistrust
from bespoke.files import write_text
from bespoke.pipeline.config import RunConfig
from bespoke.pipeline.front import system_cells
from bespoke.pipeline.metrics import SearchSummary
from bespoke.pipeline.modelfile import ModelFile
from bespoke.pipeline.preparation import (
    baseline_front_end,
    data_digest,
    front_end_of,
    imported_model,
    prepare_data,
    technology_of,
)
from bespoke.pipeline.progress import RunProgress, Silent
from bespoke.pipeline.proposals import exact_design, propose
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
    "comparators",
    "estimated_front_end_area_cm2",
    "estimated_front_end_power_mw",
    "estimated_system_area_cm2",
    "estimated_system_power_mw",
    "model_file",
)


@dataclass(frozen=True)
class Exploration:
    """What a search found, cheapest first, nothing measured; the exact baseline stands apart for comparison."""

    data: PreparedData
    objective: Objective
    designs: tuple[Design, ...]
    baseline: Design
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
    front_end_of(config, technology_of(config))  # a wrong name is told now, not after the training
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
    front_end = front_end_of(config, technology)
    found = propose(
        folder,
        config,
        data,
        starts=[training.models.quantised],
        technology=technology,
        front_end=front_end,
        progress=progress,
    )
    designs = []
    for index, design in enumerate(front_of(found.designs, estimated(config.objective), mistrust)):
        name = f"explored/{index:03d}.json"
        ModelFile.of(design.model, data, front_end=front_end.kind).save(folder / name)
        designs.append(replace(design, model_file=name))
    exact = exact_design(training.models.baseline, data, technology, baseline_front_end(technology, front_end))
    baseline = replace(exact, model_file="models/baseline.json")
    table = folder / "explored.csv"
    write_text(table, _table([*designs, baseline]))
    return Exploration(data, config.objective, tuple(designs), baseline, found.summary, table)


def _table(designs: Sequence[Design]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for index, design in enumerate(designs):
        writer.writerow(
            [
                index,
                design.origin,
                design.kind,
                f"{design.train.value:.6f}",
                f"{design.validation.value:.6f}",
                f"{design.trusted_accuracy:.6f}",
                f"{design.estimated.area_cm2:.6g}",
                f"{design.estimated.static_power_mw:.6g}",
                *system_cells(design.estimated),
                design.model_file,
            ]
        )
    return text.getvalue()
