"""Which design of a finished front it is to be: chosen, mapped and proven as such, and put at the top of the folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from bespoke.backend.mapping import Backend
from bespoke.costs import Costs
from bespoke.data import PreparedData
from bespoke.design import EXACT_BASELINE, Choice, Design, Forecast, Request
from bespoke.design import choose as choose_design
from bespoke.eda.tools import require_tools
from bespoke.errors import InputError, NoDesignError
from bespoke.execution import Executor
from bespoke.files import write_json, write_text
from bespoke.run.config import Effort, RunConfig, to_toml
from bespoke.run.design import accuracies, average_power_mw, measure
from bespoke.run.finished import FinishedFront, data_of
from bespoke.run.front import front_table
from bespoke.run.judging import baseline_front_end
from bespoke.run.marks import dominated, near_copies
from bespoke.run.metrics import DesignMetrics, Ratios, RivalMetrics, RunMetrics, SelectionSummary
from bespoke.run.metrics import to_json as metrics_to_json
from bespoke.run.modelfile import ModelFile
from bespoke.run.preparation import executor_named, front_end_of, source_of, technology_of
from bespoke.run.printed import ROBUSTNESS, Press, printed_after_choice, summary_of
from bespoke.run.progress import RunProgress, Silent
from bespoke.run.publication import link_the_rest, shadow_of
from bespoke.run.rivals import RIVAL_TREE
from bespoke.run.runfolder import METRICS, RunFolder
from bespoke.run.stages import Stage
from bespoke.sensing import FrontEnd
from bespoke.technology import PowerSource, Technology

#: Share of a source's power that a design may take on the training samples, for others draw a little more.
SOURCE_SHARE = 0.98

#: Writes what people read of a run, such as its report, into the folder that it is given.
Finish = Callable[[Path], None]

#: The chosen design's model file.
MODEL = "models/approximate.json"
# Files of the chosen design, at the top as where it was measured.
_COPIED = ("netlist.v", "cells.v", "front_end.csv", "rtl/top.v", "rtl/top_tb.v")
_REPORTS = ("summary.txt", "report.html")


@dataclass(frozen=True)
class Bench:
    """What designs of a run are mapped and measured by: behind its front end, and behind the exact baseline's."""

    technology: Technology
    source: PowerSource | None
    backend: Backend
    conventional: Backend

    @classmethod
    def of(cls, config: RunConfig) -> Bench:
        """As the settings ask.

        Raises
        ------
        InputError
            for an unknown technology, figures or source, and where a budget needs prices and there are none.
        """
        technology = technology_of(config)
        front_end, source = front_end_of(config, technology), source_of(config, technology)
        backend = _backend(config, technology, front_end)
        # nobody prints the baseline, so it gets no more effort than a comparison needs
        conventional = replace(backend, front_end=baseline_front_end(technology, front_end), effort=str(Effort.FAST))
        return cls(technology, source, backend, conventional)

    def press(self, config: RunConfig) -> Press:
        """What the designs are printed with."""
        return Press(self.technology, (self.backend.front_end, self.conventional.front_end), config.clock_ms)


def _backend(config: RunConfig, technology: Technology, front_end: FrontEnd) -> Backend:
    return Backend(
        technology=technology,
        effort=str(config.effort),
        yosys=str(config.yosys),
        clock_ms=config.clock_ms or technology.clock_ms,
        seed=config.seed,
        front_end=front_end,
        objective=config.objective.cost,
        decisions_per_hour=config.decisions_per_hour,
    )


def choose(
    run: Path,
    request: Mapping[str, Any],
    *,
    design: int | None = None,
    command: str = "",
    progress: RunProgress | None = None,
    finish: Finish | None = None,
) -> RunMetrics:
    """Another request on a run's finished front, or another of its designs: no training, no search, no data file.

    All files that depend on the choice change at once; a process that is killed leaves the old choice or the new one.

    Parameters
    ----------
    run : the folder.
    request : settings of `bespoke.run.config.REQUEST_SETTINGS`; those that it does not name are not asked for.
    design : a design by its number in ``front.csv``, in place of a request.
    command : command line that repeats the choice, for the report.
    finish : writes report and summary; without it the folder is left without them.

    Raises
    ------
    InputError
        if the folder has no finished front, or the request does not fit; nothing changes.
    NoDesignError
        if no design meets the request; nothing changes.
    VerificationError
        if RTL or netlist differ from the integer model; nothing changes.
    """
    with closing(RunFolder(run)) as folder:
        held = folder.take_up()
        if design is None:
            config = held.asking(**request)
        elif request.keys() - {"decisions_per_hour"}:
            raise InputError("--design names the design itself; leave the other demands out")
        else:
            config = replace(held, **request)
        front = FinishedFront.load(folder)
        data = data_of(folder, front.findings.data)
        with executor_named(config, run) as executor:
            return settle_on(
                folder,
                config,
                Bench.of(config),
                front,
                data,
                executor=executor,
                asked=folder.asked(config),
                design=design,
                command=" && ".join(part for part in (front.findings.command, command) if part),
                progress=progress,
                finish=finish,
            )


def settle_on(
    folder: RunFolder,
    config: RunConfig,
    bench: Bench,
    front: FinishedFront,
    data: PreparedData,
    *,
    executor: Executor,
    asked: RunConfig | None = None,
    design: int | None = None,
    command: str = "",
    progress: RunProgress | None = None,
    finish: Finish | None = None,
) -> RunMetrics:
    """The design that the settings ask for, or the one of that number, verified, measured and put at the top.

    See `choose`, which is this for a folder. ``asked`` are the settings before the run filled in what they left open.
    """
    designs, findings = front.designs, front.findings
    request = request_of(config, front.baseline.forecast, bench.source)
    if design is None:
        choice = _chosen(designs, request, rivals=config.choose_rival)
    else:
        choice = _numbered(designs, request, design)
    copies = near_copies(designs, data.train, chosen=choice.index)
    place = (folder / choice.design.model_file).parent / "chosen"
    if choice.design.origin == EXACT_BASELINE:
        place = folder / "baseline/chosen"
    measured = _measured(folder, place, choice.design, data, bench, executor, progress or Silent())
    robustness, printed = printed_after_choice(
        folder,
        config,
        bench.press(config),
        designs,
        data,
        place=place,
        executor=executor,
        progress=progress or Silent(),
    )
    baseline = _at_rate(findings.baseline, config.decisions_per_hour)
    chosen = replace(
        _at_rate(measured, config.decisions_per_hour),
        model_file=MODEL,
        rtl_file="rtl/top.v",
        netlist_file="netlist.v",
        **forecast_fields(choice.design.forecast),
    )
    metrics = RunMetrics(
        bespoke_version=findings.bespoke_version,
        technology=findings.technology,
        supply_v=findings.supply_v,
        seed=config.seed,
        command=command,
        data=findings.data,
        float_accuracy=findings.float_accuracy,
        quantised_accuracy=findings.quantised_accuracy,
        selection=SelectionSummary(
            rule=choice.request.describe() if design is None else "the one asked for by its number",
            front_designs=sum(config.choose_rival or one.origin != RIVAL_TREE for one in designs),
            eligible_designs=choice.eligible,
            metric=str(config.metric),
            folds=findings.folds,
            design=choice.index,
            origin=choice.design.origin,
            copies=tuple(index for index, copy in enumerate(copies) if copy == choice.index),
            by_number=design is not None,
            of_prints=config.spread is not None,
            mapped_for=None if request.describe() == findings.mapped_for else findings.mapped_for,
        ),
        search=findings.search,
        baseline=baseline,
        chosen=chosen,
        ratios=_ratios(baseline, chosen),
        rival=_rival(designs, choice.request, data),
        seconds=folder.seconds,
        topology=findings.topology,
        imported_agreement=findings.imported_agreement,
        dominated=dominated(
            designs, data, choice, copies=copies, by_number=design is not None, rivals=config.choose_rival
        ),
        robustness=summary_of(robustness, config.device_yield),
    )
    settings = to_toml(config, asked=asked)
    if design is not None:
        settings = f"# the chosen design was asked for by its number: bespoke choose --design {design}\n" + settings
    texts = {
        "front.csv": front_table(designs, data, copies=copies, chosen=choice.index, printed=printed),
        "config.toml": settings,
        MODEL: (place / "model.json").read_text(encoding="utf-8"),
        **{name: (place / name).read_text(encoding="utf-8") for name in _COPIED},
    }
    documents = {
        "design.json": asdict(chosen),
        ROBUSTNESS: robustness.to_json(),
        METRICS: metrics_to_json(metrics),
    }
    _publish(folder, texts, documents, finish)
    return metrics


def _publish(folder: RunFolder, texts: Mapping[str, str], documents: Mapping[str, Any], finish: Finish | None) -> None:
    """All files that depend on the choice, at once."""
    with shadow_of(folder.path, replaces=_REPORTS) as shadow:
        for name, text in texts.items():
            write_text(shadow / name, text)
        for name, document in documents.items():
            write_json(shadow / name, document)
        if finish is not None:
            link_the_rest(folder.path, shadow, leaving=_REPORTS)
            finish(shadow)


def _measured(
    folder: RunFolder,
    place: Path,
    design: Design,
    data: PreparedData,
    bench: Bench,
    executor: Executor,
    progress: RunProgress,
) -> DesignMetrics:
    """The design mapped with the run's own effort, proven and measured; once, whichever requests end at it."""
    made_here = str(place.relative_to(folder.path) / "design.json")
    stage = Stage("mapping and verifying the chosen design", made_here, (design.model_file,))
    # the exact baseline keeps its own front end where it is what is chosen
    kind = bench.conventional.front_end if design.origin == EXACT_BASELINE else bench.backend.front_end

    def made() -> dict[str, Any]:
        require_tools(bench.backend.yosys)
        progress.stage(stage.title)
        ModelFile.of(design.model, data, front_end=kind.kind).save(place / "model.json")
        with folder.timed(stage.title):
            metrics = measure(
                design.model,
                data,
                place,
                name="chosen design",
                backend=replace(bench.backend, front_end=kind),
                model_file=place / "model.json",
                root=folder.path,
                executor=executor,
                progress=progress.update,
            )
        return asdict(metrics)

    folder.made(stage, made)
    return folder.read(DesignMetrics, stage.makes)


def _at_rate(metrics: DesignMetrics, decisions_per_hour: float | None) -> DesignMetrics:
    """The measurements with the average power at another rate of decisions."""
    power_mw = average_power_mw(metrics.estimated_system_power_mw, metrics.delay_ms, decisions_per_hour)
    return replace(metrics, decisions_per_hour=decisions_per_hour, estimated_average_power_mw=power_mw)


def forecast_fields(forecast: Forecast) -> dict[str, float]:
    """A forecast under the names that metrics have for it."""
    return {
        "forecast_accuracy": forecast.accuracy,
        "forecast_low": forecast.low,
        "forecast_high": forecast.high,
        "forecast_score": forecast.score,
        "forecast_score_low": forecast.score_low,
        "forecast_score_high": forecast.score_high,
    }


def request_of(config: RunConfig, baseline: Forecast, source: PowerSource | None) -> Request:
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
        "objective": config.objective.cost,
        "source": source and source.name,
        "metric": _metric_in_words(config),
    }
    if config.max_loss is not None:
        against = baseline if config.spread is None else baseline.as_designed  # prints of thousands of gates are no bar
        return Request.within(config.max_loss, against, **settings)
    return Request(min_score=config.min_accuracy, frugal=config.min_accuracy is None and unlimited, **settings)


def _metric_in_words(config: RunConfig) -> str:
    name = config.metric.value.replace("-", " ")
    return name if config.spread is None else f"{name} of prints"


def _chosen(front: Sequence[Design], request: Request, *, rivals: bool) -> Choice:
    """The choice among the front's designs, rivals among them only where they are asked for; its place in the front."""
    places = [index for index, one in enumerate(front) if rivals or one.origin != RIVAL_TREE]
    choice = choose_design([front[index] for index in places], request)
    return replace(choice, index=places[choice.index])


def _numbered(designs: Sequence[Design], request: Request, number: int) -> Choice:
    """The design of that number in ``front.csv``, whatever it is."""
    if not 0 <= number < len(designs):
        raise InputError(f"--design {number}: the front has the designs 0 to {len(designs) - 1}, front.csv lists them")
    own = [one for one in designs if one.origin != RIVAL_TREE]
    return Choice(designs[number], number, 1, request.settled(own))


def _rival(front: Sequence[Design], request: Request, data: PreparedData) -> RivalMetrics | None:
    """The tree that the run's rule picks among the trees; where none fits, the most accurate within the budget."""
    places = [index for index, design in enumerate(front) if design.origin == RIVAL_TREE]
    if not places:
        return None
    trees = [front[index] for index in places]
    try:
        place, fits = places[choose_design(trees, request).index], True
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


def costs_of(metrics: DesignMetrics) -> Costs:
    """Costs of a measured design as the front compares them: with power on the training vectors."""
    return Costs(
        metrics.area_cm2,
        metrics.static_power_train_mw,
        dynamic_power_mw=metrics.dynamic_power_train_mw or 0.0,
        front_end_area_cm2=metrics.estimated_front_end_area_cm2,
        front_end_power_mw=metrics.estimated_front_end_power_mw,
        comparators=metrics.comparators,
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
