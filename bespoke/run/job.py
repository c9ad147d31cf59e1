"""From a data set to a verified, measured design: the stages of a run in order.

Every stage leaves its result in the run folder and is skipped where that is already there, so a stopped run goes on.
"""

from __future__ import annotations

import dataclasses
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Any

from bespoke import __version__
from bespoke.data import PreparedData
from bespoke.design import Design, with_forecasts
from bespoke.eda.tools import require_tools
from bespoke.errors import NoDesignError
from bespoke.execution import Executor
from bespoke.files import write_text
from bespoke.importers import ImportedModel
from bespoke.run.choosing import Bench, Finish, costs_of, forecast_fields, request_of, settle_on
from bespoke.run.config import RunConfig
from bespoke.run.crossfitting import cross_fit
from bespoke.run.design import accuracies, float_accuracies, measure
from bespoke.run.finished import FINISHED, Findings, FinishedFront
from bespoke.run.front import front_table, map_front
from bespoke.run.marks import near_copies
from bespoke.run.metrics import DataSummary, DesignMetrics, RunMetrics
from bespoke.run.preparation import (
    Topology,
    data_digest,
    executor_named,
    imported_model,
    prepare_data,
    procedure_of,
    scorer_of,
    topology_of,
    write_parts,
)
from bespoke.run.progress import RunProgress, Silent
from bespoke.run.provenance import provenance
from bespoke.run.resolved import resolved
from bespoke.run.rivals import exact_design, rival_trees
from bespoke.run.runfolder import METRICS, RunFolder
from bespoke.run.stages import Stage


def run(
    config: RunConfig,
    out: Path,
    *,
    overwrite: bool = False,
    progress: RunProgress | None = None,
    command: str = "",
    finish: Finish | None = None,
    executor: Executor | None = None,
) -> RunMetrics:
    """The whole job. Leaves in ``out`` what docs/run-folder.md lists, and returns the content of ``metrics.json``.

    Parameters
    ----------
    config : the settings.
    out : run folder; a run that was begun there with the same data and settings is continued. Where its front is
        finished, another request chooses from it, as `bespoke.run.choosing.choose` does.
    overwrite : replace another run in that folder.
    command : command line that repeats the run, for the report.
    finish : writes report and summary into the folder that it is given, which reads as the run folder will.
    executor : an open one that does the work; None opens the one that the settings name.

    Raises
    ------
    InputError
        for data, options or a folder that do not fit; nothing is left half-written.
    ToolMissingError
        if an outside program is not there; found out before any work.
    NoDesignError
        if no design meets the request; the front stays in the folder, and so does the choice that was made before.
    VerificationError
        if RTL or netlist differ from the integer model.
    """
    progress = progress or Silent()
    require_tools(config.yosys)
    progress.stage("reading the data")
    data, source = prepare_data(config)
    bench = Bench.of(config)
    imported = imported_model(config, data, folds=config.fold_count)
    digest = data_digest(data, imported, scorer_of(config, data))
    with closing(RunFolder(out)) as folder, nullcontext(executor) if executor else executor_named(config, out) as work:
        folder.open(config, data_digest=digest, overwrite=overwrite)
        if not folder.has("versions.json"):
            folder.write_json("versions.json", provenance(config, data_digest=data_digest(data)))
        write_parts(folder, data)
        topology = topology_of(folder, config, data, progress, executor=work, imported=imported)
        full = resolved(config, technology=bench.technology, front_end=bench.backend.front_end, hidden=topology.hidden)
        if not folder.has(METRICS):
            folder.fill_in(config, full)
        if not folder.has(FINISHED):
            _find(folder, config, bench, data, imported, source, topology, command, work, progress).save(folder)
        return _settled(folder, config, full, bench, data, command, work, progress, finish)


def _settled(
    folder: RunFolder,
    asked: RunConfig,
    config: RunConfig,
    bench: Bench,
    data: PreparedData,
    command: str,
    executor: Executor,
    progress: RunProgress,
    finish: Finish | None,
) -> RunMetrics:
    """The choice; where no design meets the request, a front that another request may choose from."""
    front = FinishedFront.load(folder)
    first = front.findings.command
    request = request_of(config, front.baseline.forecast, bench.source).describe()
    if request != front.findings.mapped_for and first:
        command = f"{first} && {command}"
    try:
        return settle_on(
            folder,
            config,
            bench,
            front,
            data,
            executor=executor,
            asked=asked,
            command=command,
            progress=progress,
            finish=finish,
        )
    except NoDesignError as error:
        if not folder.has(METRICS):
            copies = near_copies(front.designs, data.train)
            write_text(folder / "front.csv", front_table(front.designs, data, copies=copies, chosen=None))
        raise NoDesignError(
            f"{error}; the front stays in {folder / 'front.csv'}, and `bespoke choose {folder.path}` takes another "
            "request without a search"
        ) from None


def _find(
    folder: RunFolder,
    config: RunConfig,
    bench: Bench,
    data: PreparedData,
    imported: ImportedModel | None,
    source: str,
    topology: Topology,
    command: str,
    executor: Executor,
    progress: RunProgress,
) -> FinishedFront:
    """Everything between topology and choice: training, searches, forecasts, the baseline, the mapped front."""
    backend = bench.backend
    procedure = procedure_of(config, data, topology.hidden, bench.technology, backend.front_end)
    judge = procedure.judge(data)
    fitted = cross_fit(
        folder,
        procedure,
        data,
        folds=config.fold_count,
        executor=executor,
        progress=progress,
        imported=None if imported is None else imported.adapted(data),
    )
    models, crossfit = fitted.developed.models, fitted.crossfit
    baseline = exact_design(models.baseline, judge, bench.conventional.front_end, crossfit)
    baseline_metrics = _measured_baseline(folder, baseline, data, bench, executor, progress)
    request = request_of(config, crossfit.baseline, bench.source)
    designs = map_front(
        folder,
        config,
        data,
        with_forecasts(fitted.developed.designs, crossfit, request.axis),
        request=request,
        backend=backend,
        executor=executor,
        progress=progress,
        rivals=rival_trees(judge, backend.front_end, crossfit),
    )
    designs.append(baseline.with_measured(costs_of(baseline_metrics), model_file=baseline_metrics.model_file))
    findings = Findings(
        bespoke_version=__version__,
        command=command,
        mapped_for=request.describe(),
        technology=bench.technology.name,
        supply_v=bench.technology.supply_v,
        data=_data_summary(data, source),
        folds=len(crossfit.folds) if config.fold_count else 0,
        float_accuracy=float_accuracies(models.float_model, data),
        quantised_accuracy=accuracies(models.quantised, data),
        search=fitted.developed.summary,
        baseline=baseline_metrics,
        topology=topology.tried,
        imported_agreement=None if imported is None else imported.agreement_on(data),
    )
    return FinishedFront(findings, tuple(designs))


def _measured_baseline(
    folder: RunFolder,
    baseline: Design,
    data: PreparedData,
    bench: Bench,
    executor: Executor,
    progress: RunProgress,
) -> DesignMetrics:
    """The exact baseline measured once, with its forecast; a continued run reads what was measured."""
    stage = Stage("mapping and verifying the exact baseline", "baseline/design.json", ("models/baseline.json",))

    def made() -> dict[str, Any]:
        progress.stage(stage.title)
        with folder.timed(stage.title):
            metrics = measure(
                baseline.model,
                data,
                folder / "baseline",
                name="exact baseline",
                backend=bench.conventional,
                model_file=folder / "models/baseline.json",
                root=folder.path,
                executor=executor,
                progress=progress.update,
            )
        return dataclasses.asdict(dataclasses.replace(metrics, **forecast_fields(baseline.forecast)))

    folder.made(stage, made)
    return folder.read(DesignMetrics, stage.makes)


def _data_summary(data: PreparedData, source: str) -> DataSummary:
    return DataSummary(
        name=data.name,
        source=source,
        features=data.feature_names,
        class_labels=data.class_labels,
        bits=data.bits,
        train_samples=data.train.samples,
        validation_samples=None if data.validation is None else data.validation.samples,
        test_samples=data.test.samples,
        split=data.split,
    )
