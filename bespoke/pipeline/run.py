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
from bespoke.design import EXACT_BASELINE, Choice, CrossFit, Design, Forecast, Request, choose, with_forecasts
from bespoke.eda.tools import require_tools, tool_versions
from bespoke.errors import NoDesignError
from bespoke.pipeline.config import Effort, RunConfig
from bespoke.pipeline.crossfitting import cross_fit
from bespoke.pipeline.design import accuracies, float_accuracies, measure
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
    procedure_of,
    scorer_of,
    source_of,
    technology_of,
    topology_of,
    write_parts,
)
from bespoke.pipeline.progress import RunProgress, Silent
from bespoke.pipeline.rivals import RIVAL_TREE, exact_design, rival_trees
from bespoke.pipeline.runfolder import RunFolder
from bespoke.pipeline.workers import one_thread_each
from bespoke.technology import PowerSource

log = logging.getLogger(__name__)

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
    # nobody prints the baseline, so it gets no more effort than a comparison needs
    conventional = replace(backend, front_end=baseline_front_end(technology, front_end), effort=str(Effort.FAST))
    folder = RunFolder(out)
    imported = imported_model(config, data)
    scorer = scorer_of(config, data)
    folder.open(config, data_digest=data_digest(data, imported, scorer), overwrite=overwrite)
    if not folder.has("versions.json"):
        folder.write_json("versions.json", {"bespoke": __version__, **tool_versions()})
    write_parts(folder, data)
    topology = topology_of(folder, config, data, progress, imported=imported)
    fitted = cross_fit(
        folder,
        procedure_of(config, data, topology.hidden, technology, front_end),
        data,
        folds=config.fold_count,
        workers=config.workers,
        progress=progress,
        imported=None if imported is None else imported.adapted(data),
    )
    models, crossfit = fitted.developed.models, fitted.crossfit
    baseline = exact_design(models.baseline, data, technology, conventional.front_end, crossfit)
    baseline_metrics = _measured(folder, "baseline", baseline, data, backend=conventional, progress=progress)
    request = _request(config, crossfit, source_asked)
    front = map_front(
        folder,
        config,
        data,
        with_forecasts(fitted.developed.designs, crossfit, request.axis),
        request=request,
        backend=backend,
        progress=progress,
        rivals=rival_trees(data, technology, front_end, crossfit),
    )
    front.append(baseline.with_measured(_costs(baseline_metrics), model_file=baseline_metrics.model_file))
    choice = _chosen(front, request, rivals=config.choose_rival)
    # the exact baseline keeps its own front end where it is what is chosen
    its_own = choice.design.origin == EXACT_BASELINE
    behind = replace(backend, front_end=conventional.front_end) if its_own else backend
    if not folder.has(_PLACES["chosen"].result):  # measuring may have written the model anew, without idle comparators
        ModelFile.of(choice.design.model, data, front_end=behind.front_end.kind).save(
            folder / _PLACES["chosen"].model_file
        )
    write_table(folder / "front.csv", front, data, chosen=choice.index)
    chosen_metrics = _measured(folder, "chosen", choice.design, data, backend=behind, progress=progress)
    metrics = RunMetrics(
        bespoke_version=__version__,
        technology=technology.name,
        supply_v=technology.supply_v,
        seed=config.seed,
        command=command,
        data=_data_summary(data, source),
        float_accuracy=float_accuracies(models.float_model, data),
        quantised_accuracy=accuracies(models.quantised, data),
        selection=SelectionSummary(
            rule=choice.request.describe(),
            front_designs=sum(config.choose_rival or design.origin != RIVAL_TREE for design in front),
            eligible_designs=choice.eligible,
            metric=str(config.metric),
            folds=len(crossfit.folds) if config.fold_count else 0,
        ),
        search=fitted.developed.summary,
        baseline=baseline_metrics,
        chosen=chosen_metrics,
        ratios=_ratios(baseline_metrics, chosen_metrics),
        rival=_rival(front, choice.request, data),
        seconds=folder.seconds,
        topology=topology.tried,
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
    folder: RunFolder, name: str, design: Design, data: PreparedData, *, backend: Backend, progress: RunProgress
) -> DesignMetrics:
    """Measures a design once, with its forecast; a continued run reads what was measured."""
    place = _PLACES[name]
    if not folder.has(place.result):
        progress.stage(f"mapping and verifying the {place.title}")
        with folder.timed(f"mapping and verifying the {place.title}"):
            metrics = measure(
                design.model,
                data,
                folder / place.folder,
                name=place.title,
                backend=backend,
                model_file=folder / place.model_file,
                root=folder.path,
                progress=progress.update,
            )
        folder.write_json(place.result, dataclasses.asdict(replace(metrics, **_forecast_fields(design.forecast))))
    return folder.read(DesignMetrics, place.result)


def _forecast_fields(forecast: Forecast) -> dict[str, float]:
    """A forecast under the names that metrics have for it."""
    return {
        "forecast_accuracy": forecast.accuracy,
        "forecast_low": forecast.low,
        "forecast_high": forecast.high,
        "forecast_score": forecast.score,
        "forecast_score_low": forecast.score_low,
        "forecast_score_high": forecast.score_high,
    }


def _request(config: RunConfig, crossfit: CrossFit, source: PowerSource | None) -> Request:
    """What the options ask for; where they ask for nothing, as small as may be without a clear loss."""
    carried = None if source is None else SOURCE_SHARE * source.power_mw
    powers = [most for most in (config.max_system_power_mw, carried) if most is not None]
    limits = {
        "max_area_cm2": config.max_area_cm2,
        "max_power_mw": config.max_power_mw,
        "max_system_area_cm2": config.max_system_area_cm2,
        "max_system_power_mw": min(powers, default=None),
    }
    unlimited = all(limit is None for limit in limits.values())
    settings = {
        **limits,
        "objective": config.objective,
        "source": source and source.name,
        "metric": config.metric.value.replace("-", " "),
    }
    if config.max_loss is not None:
        return Request.within(config.max_loss, crossfit.baseline, **settings)
    return Request(min_score=config.min_accuracy, frugal=config.min_accuracy is None and unlimited, **settings)


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
        place, fits = max(affordable, key=lambda index: front[index].expected_score), False
    costs, forecast = front[place].measured, front[place].forecast
    return RivalMetrics(
        index=place,
        fits=fits,
        forecast_accuracy=forecast.accuracy,
        forecast_low=forecast.low,
        forecast_high=forecast.high,
        accuracy=accuracies(front[place].model, data),
        area_cm2=costs.area_cm2,
        static_power_mw=costs.static_power_mw,
        comparators=costs.comparators,
        estimated_front_end_area_cm2=costs.front_end_area_cm2,
        estimated_front_end_power_mw=costs.front_end_power_mw,
        estimated_system_area_cm2=costs.system_area_cm2,
        estimated_system_power_mw=costs.system_power_mw,
    )


def _costs(metrics: DesignMetrics) -> Costs:
    """Costs of a measured design as the front compares them: with power on the training vectors."""
    return Costs(
        metrics.area_cm2,
        metrics.static_power_train_mw,
        dynamic_power_mw=metrics.dynamic_power_train_mw or 0.0,
        front_end_area_cm2=metrics.estimated_front_end_area_cm2,
        front_end_power_mw=metrics.estimated_front_end_power_mw,
        comparators=metrics.comparators,
    )


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
