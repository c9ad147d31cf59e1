"""The report: one HTML file that opens without network."""

from __future__ import annotations

import base64
import hashlib
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from bespoke.files import write_text
from bespoke.model import LogicCircuit
from bespoke.pipeline.metrics import DesignMetrics, RunMetrics
from bespoke.report import wording
from bespoke.report.breakdown import input_shares, neuron_shares, read_circuit, schematic
from bespoke.report.drawing import draw_network, weight_maps
from bespoke.report.published import published_designs
from bespoke.report.reading import BASELINE_ORIGIN, RunRecord, read_run

_TEMPLATES = Path(__file__).with_name("templates")


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


def render_report(record: RunRecord) -> str:
    """The report's text. It loads nothing, and its content policy forbids it to."""
    script = (_TEMPLATES / "report.js").read_text(encoding="utf-8")
    model = record.chosen_model
    circuit = read_circuit(record)
    metrics = record.metrics
    labels = metrics.data.class_labels
    logic = isinstance(model, LogicCircuit)
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            run=record,
            baseline_origin=BASELINE_ORIGIN,
            m=metrics,
            chosen=metrics.chosen,
            baseline=metrics.baseline,
            labels=labels,
            style=Markup((_TEMPLATES / "report.css").read_text(encoding="utf-8")),
            script=Markup(script),
            script_hash=_digest(script),
            chart=_chart_data(record),
            published=published_designs(metrics.data.name),
            confusion=_confusion(metrics.chosen, labels),
            inputs=input_shares(record, circuit),
            shares=neuron_shares(record),
            logic=logic,
            ands=len(model.fanins) if logic else 0,
            drawing=None if logic else draw_network(model, metrics.data.features, labels),
            maps=() if logic else weight_maps(model, metrics.data.features, labels),
            schematic=schematic(circuit),
            sources=_sources(metrics.chosen),
            design_rows=_design_rows(metrics),
            files=_files(record),
        )
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "figures": wording.figures,
        "ratio": wording.ratio,
        "duration": wording.duration,
        "accuracy": wording.accuracy,
        "verdict": wording.verdict,
        "delay": wording.delay,
        "topology": wording.topology,
        "percent": lambda share, digits=1: f"{100 * share:.{digits}f}\u00a0%",
        "thousands": lambda count: f"{count:,}".replace(",", " "),
    }
    return environment


def _digest(script: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode()


def _chart_data(record: RunRecord) -> dict[str, Any]:
    """What the front's chart reads; figures that were not measured are null."""
    metrics = record.metrics
    points = [
        {
            "label": f"Design {design.index}",
            "kind": "chosen" if design.chosen else design.kind,
            "note": f"{'logic circuit' if design.kind == 'logic' else 'network'}, found by {design.origin}",
            "train": design.train_accuracy,
            "validation": design.validation_accuracy,
            "trusted": design.trusted_accuracy,
            "test": design.test_accuracy,
            "area": design.area_cm2,
            "power": design.static_power_mw,
        }
        for design in record.front
        if design.origin != BASELINE_ORIGIN
    ]
    points = [
        _measured_point(point, metrics.chosen, "Chosen design") if point["kind"] == "chosen" else point
        for point in points
    ]
    points.append(_measured_point({"kind": "baseline", "note": "same float model"}, metrics.baseline, "Exact baseline"))
    points += [
        {
            "label": design.label,
            "kind": "published",
            "note": f"{design.source}; {design.supply_v:g} V",
            "train": None,
            "validation": None,
            "test": design.accuracy,
            "area": design.area_cm2,
            "power": design.static_power_mw,
        }
        for design in published_designs(metrics.data.name)
    ]
    return {"points": points, "usual": metrics.float_accuracy.test.value}


def _measured_point(point: dict[str, Any], design: DesignMetrics, label: str) -> dict[str, Any]:
    parts = {part: getattr(design.accuracy, part) for part in ("train", "validation", "test")}
    point |= {part: accuracy.value for part, accuracy in parts.items()}
    point |= {"intervals": {part: [accuracy.low, accuracy.high] for part, accuracy in parts.items()}}
    return point | {"label": label, "area": design.area_cm2, "power": design.static_power_train_mw}


@dataclass(frozen=True)
class ConfusionRow:
    """A true class: counts and shares by predicted class, and the share found."""

    label: str
    counts: tuple[int, ...]
    shares: tuple[float, ...]
    recall: float | None


def _confusion(design: DesignMetrics, labels: tuple) -> tuple[ConfusionRow, ...]:
    rows = []
    for position, counts in enumerate(design.confusion):
        total = sum(counts)
        shares = tuple(count / total if total else 0.0 for count in counts)
        rows.append(ConfusionRow(str(labels[position]), counts, shares, shares[position] if total else None))
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
    if not design.power_sources:
        return ()
    powers = [source.power_mw for source in design.power_sources] + [design.total_power_mw]
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
            place(design.total_power_mw),
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
        row("Analogue front end, cm²", "estimated_front_end_area_cm2"),
        row("Analogue front end, mW", "estimated_front_end_power_mw"),
        row("With front end, cm²", "estimated_system_area_cm2", wording.system_ratio(chosen, ratios.system_area)),
        row("With front end, mW", "estimated_system_power_mw", wording.system_ratio(chosen, ratios.system_power)),
    )


def _files(record: RunRecord) -> tuple[tuple[str, str], ...]:
    chosen = record.metrics.chosen
    named = (
        (chosen.rtl_file, "Verilog of the chosen design"),
        (chosen.netlist_file, "its mapped netlist"),
        (chosen.model_file, "its integer model, the reference of both"),
        ("front.csv", "every design of the front"),
        ("metrics.json", "every figure of this page"),
        ("vectors/test.csv", "test vectors"),
    )
    return tuple((name, what) for name, what in named if (record.folder / name).exists())
