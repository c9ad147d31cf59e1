"""The search alone: models and a front with estimated figures, without any outside program."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bespoke.costs import Objective
from bespoke.data import PreparedData
from bespoke.design import Design, with_forecasts
from bespoke.execution import Executor, Serial
from bespoke.files import write_text
from bespoke.importers import Agreement
from bespoke.run.config import RunConfig
from bespoke.run.crossfitting import cross_fit
from bespoke.run.front import forecast_cells, system_cells
from bespoke.run.judging import baseline_front_end
from bespoke.run.marks import near_copies
from bespoke.run.metrics import SearchSummary
from bespoke.run.modelfile import ModelFile
from bespoke.run.preparation import (
    data_digest,
    executor_named,
    front_end_of,
    imported_model,
    prepare_data,
    procedure_of,
    scorer_of,
    technology_of,
    topology_of,
    write_parts,
)
from bespoke.run.procedure import Procedure, TrainedModels
from bespoke.run.progress import RunProgress, Silent
from bespoke.run.resolved import resolved
from bespoke.run.rivals import exact_design
from bespoke.run.runfolder import RunFolder
from bespoke.sensing import FrontEnd
from bespoke.technology import Technology
from bespoke.train import FloatModel

_COLUMNS = (
    "index",
    "origin",
    "kind",
    "train_accuracy",
    "forecast_accuracy",
    "forecast_low",
    "forecast_high",
    "forecast_score",
    "estimated_area_cm2",
    "estimated_static_power_mw",
    "comparators",
    "estimated_front_end_area_cm2",
    "estimated_front_end_power_mw",
    "estimated_system_area_cm2",
    "estimated_system_power_mw",
    "copy_of",
    "model_file",
)


@dataclass(frozen=True)
class Exploration:
    """What a search found, cheapest first, nothing measured; the exact baseline stands apart for comparison.

    ``copies`` says of which design each is a near copy, None for one that stands for itself.
    """

    data: PreparedData
    objective: Objective
    designs: tuple[Design, ...]
    baseline: Design
    search: SearchSummary
    table: Path
    copies: tuple[int | None, ...]
    agreement: Agreement | None = None


@dataclass(frozen=True)
class Training:
    """The data and the models trained on them; how an imported one agrees with its original, None for no such."""

    data: PreparedData
    models: TrainedModels
    agreement: Agreement | None = None


def train(config: RunConfig, out: Path, *, overwrite: bool = False, progress: RunProgress | None = None) -> Training:
    """Data to models, and no further; a run or exploration with the same settings goes on from there."""
    folder, progress = RunFolder(out), progress or Silent()
    with Serial() as executor:  # one model after the other
        begun = _begun(config, folder, overwrite, executor, progress)
        models = begun.procedure.train(folder, begun.data, progress, executor=executor, imported=begun.imported)
    return Training(begun.data, models, begun.agreement)


@dataclass(frozen=True)
class _Begun:
    """An opened folder's data, and what will be done with them."""

    data: PreparedData
    technology: Technology
    front_end: FrontEnd
    procedure: Procedure
    imported: FloatModel | None
    agreement: Agreement | None


def _begun(
    config: RunConfig,
    folder: RunFolder,
    overwrite: bool,
    executor: Executor,
    progress: RunProgress,
    *,
    folds: int = 0,
) -> _Begun:
    """Opens the folder, which stays locked for as long as the caller keeps it."""
    progress.stage("reading the data")
    data, _ = prepare_data(config)
    technology = technology_of(config)
    front_end = front_end_of(config, technology)  # a wrong name is told now, not after the training
    imported = imported_model(config, data, folds=folds)
    digest = data_digest(data, imported, scorer_of(config, data))
    folder.open(config, data_digest=digest, overwrite=overwrite)
    write_parts(folder, data)
    topology = topology_of(folder, config, data, progress, executor=executor, imported=imported)
    folder.fill_in(config, resolved(config, technology=technology, front_end=front_end, hidden=topology.hidden))
    procedure = procedure_of(config, data, topology.hidden, technology, front_end)
    adapted, agreement = (None, None) if imported is None else (imported.adapted(data), imported.agreement_on(data))
    return _Begun(data, technology, front_end, procedure, adapted, agreement)


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
    with executor_named(config, out) as executor:
        begun = _begun(config, folder, overwrite, executor, progress, folds=config.fold_count)
        fitted = cross_fit(
            folder,
            begun.procedure,
            begun.data,
            folds=config.fold_count,
            executor=executor,
            progress=progress,
            imported=begun.imported,
        )
    data, front_end = begun.data, begun.front_end
    designs = []
    for index, design in enumerate(with_forecasts(fitted.developed.designs, fitted.crossfit, config.objective.cost)):
        name = f"explored/{index:03d}.json"
        ModelFile.of(design.model, data, front_end=front_end.kind).save(folder / name)
        designs.append(replace(design, model_file=name))
    exact = exact_design(
        fitted.developed.models.baseline,
        begun.procedure.judge(data),
        baseline_front_end(begun.technology, front_end),
        fitted.crossfit,
    )
    baseline = replace(exact, model_file="models/baseline.json")
    table = folder / "explored.csv"
    copies = near_copies(designs, data.train)
    write_text(table, _table([*designs, baseline], [*copies, None]))
    return Exploration(
        data,
        config.objective.cost,
        tuple(designs),
        baseline,
        fitted.developed.summary,
        table,
        tuple(copies),
        begun.agreement,
    )


def _table(designs: Sequence[Design], copies: Sequence[int | None]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for index, (design, copy) in enumerate(zip(designs, copies, strict=True)):
        writer.writerow(
            [
                index,
                design.origin,
                design.kind,
                f"{design.train.value:.6f}",
                *forecast_cells(design.forecast),
                f"{design.estimated.area_cm2:.6g}",
                f"{design.estimated.static_power_mw:.6g}",
                *system_cells(design.estimated),
                "" if copy is None else copy,
                design.model_file,
            ]
        )
    return text.getvalue()
