"""The report: one HTML file that opens without network."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bespoke.files import write_text
from bespoke.model import LogicCircuit
from bespoke.report import wording
from bespoke.report.axes import COST_AXES, usual_axis
from bespoke.report.breakdown import input_shares, neuron_shares, read_circuit, schematic
from bespoke.report.chart import chart_data
from bespoke.report.data_card import data_rows, read_card, scaling_in_words
from bespoke.report.drawing import draw_network, weight_maps
from bespoke.report.front_end import chosen_front_end, priced_otherwise
from bespoke.report.published import published_designs
from bespoke.report.reading import BASELINE_ORIGIN, RunRecord, read_run
from bespoke.report.rendering import render_page
from bespoke.report.robustness import prints_section
from bespoke.report.system import system_rows
from bespoke.report.system_drawing import draw_system
from bespoke.run.metrics import DesignMetrics, PartAccuracies, RivalMetrics, RunMetrics
from bespoke.run.rivals import RIVAL_TREE
from bespoke.sensing import FrontEndKind
from bespoke.statistics import Accuracy


def write_report(run_folder: str | Path) -> Path:
    """Write ``report.html`` into a finished run folder and return its path.

    Raises
    ------
    InputError
        if the folder is not a finished run.
    """
    record = read_run(run_folder)
    path = record.folder / "report.html"
    write_text(path, render_report(record))
    return path


@dataclass(frozen=True)
class Section:
    """A part of the page: its element's id, its name in the navigation, its template."""

    anchor: str
    title: str

    @property
    def template(self) -> str:
        return f"sections/{self.anchor}.html.j2"


#: In the order in which they stand on the page.
SECTIONS = (
    Section("system", "System"),
    Section("front", "Front"),
    Section("accuracy", "Accuracy"),
    Section("circuit", "Logic in figures"),
    Section("power", "Power source"),
    Section("prints", "Prints"),
    Section("inputs", "Inputs and neurons"),
    Section("design", "Wiring"),
    Section("data", "Data"),
    Section("protocol", "Protocol"),
    Section("reproduce", "Reproduce"),
)


def render_report(record: RunRecord) -> str:
    """The report's text. It loads nothing, and its content policy forbids it to."""
    model = record.chosen_model
    circuit = read_circuit(record)
    front_end = chosen_front_end(record, circuit)
    metrics = record.metrics
    labels = metrics.data.class_labels
    card = read_card(record.folder)
    logic = isinstance(model, LogicCircuit)
    priced = metrics.chosen.estimated_system_power_mw is not None
    kind = metrics.chosen.front_end.kind
    prints = prints_section(record.folder, circuit)
    missing = {anchor for anchor, content in (("data", card), ("prints", prints)) if not content}
    return render_page(
        "report.html.j2",
        name=metrics.data.name,
        version=metrics.bespoke_version,
        scripts=("page.js", "report.js"),
        sections=[section for section in SECTIONS if section.anchor not in missing],
        run=record,
        baseline_origin=BASELINE_ORIGIN,
        m=metrics,
        chosen=metrics.chosen,
        baseline=metrics.baseline,
        labels=labels,
        chart=chart_data(record),
        axes=COST_AXES,
        axis=usual_axis(record.objective, priced=priced),
        priced=priced,
        kind=kind,
        digital=kind == FrontEndKind.DIGITAL,
        system=draw_system(record, front_end),
        system_rows=system_rows(record),
        otherwise=priced_otherwise(record, front_end),
        free=any(axis.of(row) == 0 for axis in COST_AXES for row in record.distinct_front),
        rivals=sum(row.origin == RIVAL_TREE for row in record.front),
        rival_origin=RIVAL_TREE,
        published=published_designs(metrics.data.name),
        stages=_stages(metrics),
        chosen_by=wording.chosen_by(metrics),
        origin_of_forecasts=wording.forecast_origin(metrics.selection),
        confusion=_confusion(metrics.chosen, labels),
        never_answered=wording.never_answered(metrics.chosen, labels),
        inputs=input_shares(record, front_end),
        shares=neuron_shares(record),
        logic=logic,
        ands=len(model.fanins) if logic else 0,
        drawing=None if logic else draw_network(model, metrics.data.features, labels),
        maps=() if logic else weight_maps(model, metrics.data.features, labels),
        schematic=schematic(circuit),
        sources=_sources(metrics.chosen),
        design_rows=_design_rows(metrics),
        files=_files(record),
        card=card,
        prints=prints,
        data_rows=data_rows(card),
        scaling=scaling_in_words(record.settings),
    )


@dataclass(frozen=True)
class ConfusionRow:
    """A true class: counts and shares by predicted class, its samples and the share of them that is found.

    ``recall`` has its 95 % Wilson interval with it; None where the test part has no sample of the class.
    """

    label: str
    counts: tuple[int, ...]
    shares: tuple[float, ...]
    samples: int
    recall: Accuracy | None


def _confusion(design: DesignMetrics, labels: tuple) -> tuple[ConfusionRow, ...]:
    rows = []
    for position, counts in enumerate(design.confusion):
        total = sum(counts)
        shares = tuple(count / total if total else 0.0 for count in counts)
        recall = Accuracy.of_count(counts[position], total) if total else None
        rows.append(ConfusionRow(str(labels[position]), counts, shares, total, recall))
    return tuple(rows)


@dataclass(frozen=True)
class SourceBar:
    """A power source's verdict, with places on a common logarithmic scale from 0 to 1."""

    name: str
    kind: str
    carries: bool
    text: str
    power_mw: float
    delivered: float
    needed: float


def _sources(design: DesignMetrics) -> tuple[SourceBar, ...]:
    """Verdicts on the system; none where nobody knows what it needs."""
    need_mw = design.estimated_system_power_mw
    if not design.power_sources or need_mw is None:
        return ()
    powers = [source.power_mw for source in design.power_sources] + [need_mw]
    positive = [power for power in powers if power > 0]
    low, high = math.log10(min(positive)) - 0.3, math.log10(max(positive)) + 0.1

    def place(power: float) -> float:
        return 0.0 if power <= 0 else max(0.0, (math.log10(power) - low) / (high - low))

    return tuple(
        SourceBar(
            source.name,
            source.kind,
            source.carries,
            wording.verdict(source),
            source.power_mw,
            place(source.power_mw),
            place(need_mw),
        )
        for source in sorted(design.power_sources, key=lambda source: source.power_mw)
    )


def _design_rows(metrics: RunMetrics) -> tuple[tuple[str, str, str, str], ...]:
    """Name, chosen, baseline, ratio of every figure of the circuit."""
    chosen, baseline, ratios = metrics.chosen, metrics.baseline, metrics.ratios

    def row(name: str, field: str, ratio: str = "") -> tuple[str, str, str, str]:
        return name, wording.figures(getattr(chosen, field)), wording.figures(getattr(baseline, field)), ratio

    return (
        row("Area, cm²", "area_cm2", wording.ratio(ratios.area)),
        row("Static power, mW", "static_power_mw", wording.ratio(ratios.static_power)),
        row("Dynamic power, mW", "dynamic_power_mw"),
        row("Total power, mW", "total_power_mw", wording.ratio(ratios.total_power)),
        ("Cells", str(chosen.cells), str(baseline.cells), ""),
        ("Delay against clock", wording.delay(chosen), wording.delay(baseline), ""),
        row("Area by the plain flow, cm²", "plain_flow_area_cm2"),
        row("Static power by the plain flow, training vectors, mW", "plain_flow_static_power_train_mw"),
    )


@dataclass(frozen=True)
class _Share:
    """An accuracy with its interval, as the table of stages shows it."""

    value: float
    low: float
    high: float


def _stages(metrics: RunMetrics) -> tuple[tuple[str, tuple[Any, ...]], ...]:
    """Models from the float one on, and the rival beside them: accuracy on train, forecast, accuracy on test."""

    def forecast(design: DesignMetrics | RivalMetrics) -> _Share | None:
        if design.forecast_accuracy is None:
            return None
        return _Share(design.forecast_accuracy, design.forecast_low, design.forecast_high)

    def row(name: str, parts: PartAccuracies, forecast: _Share | None) -> tuple[str, tuple[Any, ...]]:
        return name, (parts.train, forecast, parts.test)

    rival, baseline, chosen = metrics.rival, metrics.baseline, metrics.chosen
    return (
        row("Float MLP", metrics.float_accuracy, None),
        row("Powers of two", metrics.quantised_accuracy, None),
        row("Exact baseline", baseline.accuracy, forecast(baseline)),
        *(() if rival is None else (row("Rival tree", rival.accuracy, forecast(rival)),)),
        row("Chosen design", chosen.accuracy, forecast(chosen)),
    )


def _files(record: RunRecord) -> tuple[tuple[str, str], ...]:
    chosen = record.metrics.chosen
    named = (
        (chosen.rtl_file, "Verilog of the chosen design"),
        (chosen.netlist_file, "its mapped netlist"),
        (chosen.model_file, "its integer model, the reference of both"),
        ("front.csv", "every design of the front"),
        ("front_end.csv", "what every bit of its input port carries"),
        ("metrics.json", "every figure of this page"),
        ("robustness.json", "every fault, print, drift and supply"),
        ("vectors/test.csv", "test vectors"),
        ("data.json", "the training part, looked at"),
    )
    return tuple((name, what) for name, what in named if (record.folder / name).exists())
