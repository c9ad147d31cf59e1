"""From a data set to a verified, measured design: the stages of a run in order.

Every stage leaves its result in the run folder and is skipped where that is already there, so a stopped run goes on.
"""

from __future__ import annotations

import dataclasses
import logging
from dataclasses import dataclass, replace
from pathlib import Path

from bespoke import __version__
from bespoke.costs import Costs
from bespoke.data import PreparedData
from bespoke.design import Choice, Design, Request, choose
from bespoke.eda.tools import require_tools, tool_versions
from bespoke.errors import NoDesignError
from bespoke.model import IntegerClassifier, Network
from bespoke.pipeline.config import RunConfig
from bespoke.pipeline.design import accuracies, measure
from bespoke.pipeline.front import map_front, write_table
from bespoke.pipeline.mapping import Backend
from bespoke.pipeline.metrics import (
    DataSummary,
    DesignMetrics,
    Ratios,
    RivalMetrics,
    RunMetrics,
    SelectionSummary,
)
from bespoke.pipeline.metrics import to_json as metrics_to_json
from bespoke.pipeline.modelfile import ModelFile
from bespoke.pipeline.preparation import (
    baseline_front_end,
    data_digest,
    front_end_of,
    imported_model,
    prepare_data,
    source_of,
    technology_of,
)
from bespoke.pipeline.progress import RunProgress, Silent
from bespoke.pipeline.proposals import RIVAL_TREE, exact_design, propose, rival_trees
from bespoke.pipeline.runfolder import RunFolder
from bespoke.pipeline.training import float_accuracies, train_models
from bespoke.pipeline.workers import one_thread_each
from bespoke.technology import PowerSource

log = logging.getLogger(__name__)

#: Accuracy that a design may lose where nothing else is asked for.
DEFAULT_MAX_LOSS = 0.01
#: Share of a source's power that a design may take on the training samples, for others draw a little more.
SOURCE_SHARE = 0.98


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
    front_end, source_asked = front_end_of(config, technology), source_of(config, technology)
    backend = Backend(
        technology=technology,
        effort=str(config.effort),
        yosys=str(config.yosys),
        clock_ms=config.clock_ms or technology.clock_ms,
        seed=config.seed,
        front_end=front_end,
        objective=config.objective,
        decisions_per_hour=config.decisions_per_hour,
        workers=config.workers,
    )
    conventional = replace(backend, front_end=baseline_front_end(technology, front_end))
    folder = RunFolder(out)
    imported = imported_model(config, data)
    folder.open(config, data_digest=data_digest(data, imported), overwrite=overwrite)
    if not folder.has("versions.json"):
        folder.write_json("versions.json", {"bespoke": __version__, **tool_versions()})
    trained = train_models(folder, config, data, progress, imported=imported)
    baseline = trained.baseline
    baseline_metrics = _measured(folder, "baseline", baseline, data, backend=conventional, progress=progress)
    proposals = propose(
        folder,
        config,
        data,
        starts=[trained.quantised],
        technology=technology,
        front_end=front_end,
        progress=progress,
    )
    request = _request(config, baseline_metrics, source_asked)
    front = map_front(
        folder,
        config,
        data,
        proposals.designs,
        request=request,
        backend=backend,
        progress=progress,
        rivals=rival_trees(data, technology, front_end),
    )
    front.append(_baseline_design(baseline, baseline_metrics, data, conventional))
    choice = _chosen(front, request, rivals=config.choose_rival)
    chosen = choice.design.model
    if not folder.has(_PLACES["chosen"].result):  # measuring may have written the model anew, without idle comparators
        ModelFile.of(chosen, data, front_end=front_end.kind).save(folder / _PLACES["chosen"].model_file)
    write_table(folder / "front.csv", front, data, chosen=choice.index)
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
            front_designs=sum(config.choose_rival or design.origin != RIVAL_TREE for design in front),
            eligible_designs=choice.eligible,
        ),
        search=proposals.summary,
        baseline=baseline_metrics,
        chosen=chosen_metrics,
        ratios=_ratios(baseline_metrics, chosen_metrics),
        rival=_rival(front, request, data),
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


def _request(config: RunConfig, baseline: DesignMetrics, source: PowerSource | None) -> Request:
    """What the options ask for; where they ask for nothing, little loss against the baseline."""
    carried = None if source is None else SOURCE_SHARE * source.power_mw
    powers = [most for most in (config.max_system_power_mw, carried) if most is not None]
    budget = {
        "max_area_cm2": config.max_area_cm2,
        "max_power_mw": config.max_power_mw,
        "max_system_area_cm2": config.max_system_area_cm2,
        "max_system_power_mw": min(powers, default=None),
    }
    unlimited = all(limit is None for limit in budget.values())
    limits = {**budget, "objective": config.objective, "source": source and source.name}
    if config.max_loss is not None or (config.min_accuracy is None and unlimited):
        loss = DEFAULT_MAX_LOSS if config.max_loss is None else config.max_loss
        accuracy = baseline.accuracy
        return Request.within(loss, accuracy.train.value, accuracy.validation.value, **limits)
    return Request.at_least(config.min_accuracy, **limits)


def _chosen(front: list[Design], request: Request, *, rivals: bool) -> Choice:
    """The choice among the front's designs, rivals among them only where they are asked for; its place in the front."""
    places = [index for index, design in enumerate(front) if rivals or design.origin != RIVAL_TREE]
    choice = choose([front[index] for index in places], request)
    return replace(choice, index=places[choice.index])


def _rival(front: list[Design], request: Request, data: PreparedData) -> RivalMetrics | None:
    """The tree that the run's rule picks among the trees; where none fits, the most accurate within the budget."""
    places = [index for index, design in enumerate(front) if design.origin == RIVAL_TREE]
    if not places:
        return None
    trees = [front[index] for index in places]
    try:
        place, fits = places[choose(trees, request).index], True
    except NoDesignError:
        affordable = [index for index in places if request.affords(front[index])] or places
        place, fits = max(affordable, key=lambda index: front[index].trusted_accuracy), False
    costs = front[place].measured
    return RivalMetrics(
        index=place,
        fits=fits,
        accuracy=accuracies(front[place].model, data),
        area_cm2=costs.area_cm2,
        static_power_mw=costs.static_power_mw,
        comparators=costs.comparators,
        estimated_front_end_area_cm2=costs.front_end_area_cm2,
        estimated_front_end_power_mw=costs.front_end_power_mw,
        estimated_system_area_cm2=costs.system_area_cm2,
        estimated_system_power_mw=costs.system_power_mw,
    )


def _baseline_design(baseline: Network, metrics: DesignMetrics, data: PreparedData, backend: Backend) -> Design:
    """The exact baseline as the front's dear end, so that asking for its own accuracy can always be met."""
    measured = Costs(
        metrics.area_cm2,
        metrics.static_power_train_mw,
        dynamic_power_mw=metrics.dynamic_power_train_mw or 0.0,
        front_end_area_cm2=metrics.estimated_front_end_area_cm2,
        front_end_power_mw=metrics.estimated_front_end_power_mw,
        comparators=metrics.comparators,
    )
    exact = exact_design(baseline, data, backend.technology, backend.front_end)
    return exact.with_measured(measured, model_file=metrics.model_file)


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
        ours, theirs = getattr(chosen, name), getattr(baseline, name)
        return theirs / ours if ours and theirs is not None else None

    return Ratios(
        area=ratio("area_cm2"),
        static_power=ratio("static_power_mw"),
        total_power=ratio("total_power_mw"),
        system_area=ratio("estimated_system_area_cm2"),
        system_power=ratio("estimated_system_power_mw"),
    )
