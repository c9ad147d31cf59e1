"""From a data set to a verified, measured design: the stages of a run in order.

Every stage leaves its result in the run folder and is skipped where that is already there, so a stopped run goes on.
"""

from __future__ import annotations

import dataclasses
import logging
from dataclasses import dataclass
from pathlib import Path

from bespoke import __version__
from bespoke.data import PreparedData
from bespoke.eda.tools import require_tools, tool_versions
from bespoke.model import IntegerClassifier, Network
from bespoke.pipeline.config import RunConfig
from bespoke.pipeline.design import Backend, accuracies, measure
from bespoke.pipeline.front import FrontDesign, Mapped, map_front, write_table
from bespoke.pipeline.metrics import (
    DataSummary,
    DesignMetrics,
    Ratios,
    RunMetrics,
    SelectionSummary,
)
from bespoke.pipeline.metrics import to_json as metrics_to_json
from bespoke.pipeline.modelfile import ModelFile
from bespoke.pipeline.preparation import data_digest, imported_model, prepare_data, technology_of
from bespoke.pipeline.progress import RunProgress, Silent
from bespoke.pipeline.proposals import exact_proposal, propose
from bespoke.pipeline.runfolder import RunFolder
from bespoke.pipeline.selection import Request, choose
from bespoke.pipeline.training import float_accuracies, train_models
from bespoke.pipeline.workers import one_thread_each
from bespoke.technology import Technology

log = logging.getLogger(__name__)

#: Accuracy that a design may lose where nothing else is asked for.
DEFAULT_MAX_LOSS = 0.01


@one_thread_each()
def run(
    config: RunConfig,
    out: Path,
    *,
    overwrite: bool = False,
    progress: RunProgress | None = None,
    command: str = "",
) -> RunMetrics:
    """The whole job. Leaves in ``out`` what docs/run-folder.md lists, and returns the content of ``metrics.json``.

    Parameters
    ----------
    config : the settings.
    out : run folder; a run that was begun there with the same settings and data is continued.
    overwrite : replace another run in that folder.
    command : command line that repeats the run, for the report.

    Raises
    ------
    InputError
        for data, options or a folder that do not fit; nothing is left half-written.
    ToolMissingError
        if an outside program is not there; found out before any work.
    NoDesignError
        if no design meets the request; the front stays in the folder.
    VerificationError
        if RTL or netlist differ from the integer model.
    """
    progress = progress or Silent()
    require_tools(config.yosys)
    progress.stage("reading the data")
    data, source = prepare_data(config)
    technology = technology_of(config)
    backend = Backend(
        technology=technology,
        effort=str(config.effort),
        yosys=str(config.yosys),
        clock_ms=config.clock_ms or technology.clock_ms,
        seed=config.seed,
        workers=config.workers,
    )
    folder = RunFolder(out)
    imported = imported_model(config, data)
    folder.open(config, data_digest=data_digest(data, imported), overwrite=overwrite)
    if not folder.has("versions.json"):
        folder.write_json("versions.json", {"bespoke": __version__, **tool_versions()})
    trained = train_models(folder, config, data, progress, imported=imported)
    baseline = trained.baseline
    baseline_metrics = _measured(folder, "baseline", baseline, data, backend=backend, progress=progress)
    proposals = propose(folder, config, data, starts=[trained.quantised], technology=technology, progress=progress)
    request = _request(config, baseline_metrics)
    front = map_front(folder, config, data, proposals.designs, request=request, backend=backend, progress=progress)
    front.append(_baseline_design(baseline, baseline_metrics, data, technology))
    choice = choose([design.entry(index) for index, design in enumerate(front)], request)
    chosen = front[choice.entry.index].proposal.classifier
    ModelFile.of(chosen, data).save(folder / "models/approximate.json")
    write_table(folder / "front.csv", front, data, chosen=choice.entry.index)
    chosen_metrics = _measured(folder, "chosen", chosen, data, backend=backend, progress=progress)
    metrics = RunMetrics(
        bespoke_version=__version__,
        technology=technology.name,
        supply_v=technology.supply_v,
        seed=config.seed,
        command=command,
        data=_data_summary(data, source),
        float_accuracy=float_accuracies(trained.float_model, data),
        quantised_accuracy=accuracies(trained.quantised, data),
        selection=SelectionSummary(
            rule=request.describe(),
            front_designs=len(front),
            eligible_designs=choice.eligible,
        ),
        search=proposals.summary,
        baseline=baseline_metrics,
        chosen=chosen_metrics,
        ratios=_ratios(baseline_metrics, chosen_metrics),
    )
    folder.write_json("metrics.json", metrics_to_json(metrics))
    return metrics


@dataclass(frozen=True)
class _Place:
    """Where a design's files go in the run folder."""

    title: str
    folder: str
    model_file: str
    result: str


_PLACES = {
    "baseline": _Place("exact baseline", "baseline", "models/baseline.json", "baseline/design.json"),
    "chosen": _Place("chosen design", ".", "models/approximate.json", "design.json"),
}


def _measured(
    folder: RunFolder,
    name: str,
    classifier: IntegerClassifier,
    data: PreparedData,
    *,
    backend: Backend,
    progress: RunProgress,
) -> DesignMetrics:
    """Measures a design once; a continued run reads what was measured."""
    place = _PLACES[name]
    if not folder.has(place.result):
        progress.stage(f"mapping and verifying the {place.title}")
        metrics = measure(
            classifier,
            data,
            folder / place.folder,
            name=place.title,
            backend=backend,
            model_file=folder / place.model_file,
            root=folder.path,
            progress=progress.update,
        )
        folder.write_json(place.result, dataclasses.asdict(metrics))
    return folder.read(DesignMetrics, place.result)


def _request(config: RunConfig, baseline: DesignMetrics) -> Request:
    """What the options ask for; where they ask for nothing, little loss against the baseline."""
    budget = {"max_area_cm2": config.max_area_cm2, "max_power_mw": config.max_power_mw}
    unlimited = all(limit is None for limit in budget.values())
    limits = {**budget, "objective": config.objective}
    if config.max_loss is not None or (config.min_accuracy is None and unlimited):
        loss = DEFAULT_MAX_LOSS if config.max_loss is None else config.max_loss
        accuracy = baseline.accuracy
        return Request.within(loss, accuracy.train.value, accuracy.validation.value, **limits)
    return Request.at_least(config.min_accuracy, **limits)


def _baseline_design(
    baseline: Network, metrics: DesignMetrics, data: PreparedData, technology: Technology
) -> FrontDesign:
    """The exact baseline as the front's dear end, so that asking for its own accuracy can always be met."""
    return FrontDesign(
        exact_proposal(baseline, data, technology),
        Mapped(metrics.area_cm2, metrics.static_power_train_mw),
        metrics.model_file,
    )


def _data_summary(data: PreparedData, source: str) -> DataSummary:
    return DataSummary(
        name=data.name,
        source=source,
        features=data.feature_names,
        class_labels=data.class_labels,
        bits=data.bits,
        train_samples=data.train.samples,
        validation_samples=data.validation.samples,
        test_samples=data.test.samples,
    )


def _ratios(baseline: DesignMetrics, chosen: DesignMetrics) -> Ratios:
    def ratio(name: str) -> float | None:
        ours = getattr(chosen, name)
        return getattr(baseline, name) / ours if ours > 0 else None

    return Ratios(
        area=ratio("area_cm2"),
        static_power=ratio("static_power_mw"),
        total_power=ratio("total_power_mw"),
        system_area=ratio("system_area_cm2"),
        system_power=ratio("system_power_mw"),
    )
