"""Where everything of the system's block diagram stands: sensors, converters, logic, source; a template draws it."""

from __future__ import annotations

from dataclasses import dataclass

from bespoke.model import LogicCircuit
from bespoke.report import wording
from bespoke.report.front_end import ChosenFrontEnd
from bespoke.report.reading import RunRecord
from bespoke.run.metrics import DesignMetrics
from bespoke.sensing import FrontEndCost, FrontEndKind

#: Sensors that are drawn; the rest is counted.
MAX_SENSORS = 14
#: Thresholds that stand in a converter's box.
_MAX_THRESHOLDS = 3

_ROW, _TOP, _LEAST = 52, 34, 104
_SOURCE_HEIGHT, _GAP = 46, 34


@dataclass(frozen=True)
class SensorBlock:
    """A sensor and its converter: what the box says, and every reference as a share of the range."""

    name: str
    text: str
    cost: str
    title: str
    shares: tuple[float, ...]
    y: float


@dataclass(frozen=True)
class SystemDrawing:
    """All texts of the block diagram and its heights; widths stand in the template.

    ``heading`` names the converters, empty where there are none; ``more`` counts the sensors that are not drawn.
    """

    height: float
    middle: float
    bottom: float
    sensors: tuple[SensorBlock, ...]
    more: str
    heading: str
    logic: tuple[str, ...]
    classes: str
    source: str
    source_detail: str
    carried: bool

    @property
    def source_y(self) -> float:
        return self.bottom + _GAP


_HEADINGS = {
    FrontEndKind.THERMOMETER: "Comparators",
    FrontEndKind.BINARY: "Flash converters",
    FrontEndKind.DIGITAL: "",
}


def draw_system(record: RunRecord, front_end: ChosenFrontEnd) -> SystemDrawing:
    """Lay out the chosen design's system; features of which nothing is read are left out."""
    metrics, kind = record.metrics, FrontEndKind(record.metrics.chosen.front_end.kind)
    read, costs = front_end.read_features(), front_end.by_feature()
    shown = read if len(read) <= MAX_SENSORS + 1 else read[:MAX_SENSORS]
    rows = max(1, len(shown)) + (len(shown) < len(read))
    bottom = _TOP + max(_ROW * rows, _LEAST)
    gap = (bottom - _TOP) / rows
    sensors = tuple(
        _sensor(str(metrics.data.features[feature]), front_end, feature, costs, kind, _TOP + gap * (place + 0.5))
        for place, feature in enumerate(shown)
    )
    return SystemDrawing(
        height=bottom + _GAP + _SOURCE_HEIGHT + 4,
        middle=(_TOP + bottom) / 2,
        bottom=bottom,
        sensors=sensors,
        more=f"and {len(read) - len(shown)} more sensors, in the table below" if len(shown) < len(read) else "",
        heading=_HEADINGS[kind],
        logic=_logic(record),
        classes=f"one of {len(metrics.data.class_labels)} classes",
        source=_source(metrics.chosen),
        source_detail=_need(metrics.chosen),
        carried=metrics.chosen.power_source is not None and metrics.chosen.estimated_system_power_mw is not None,
    )


def _sensor(
    name: str,
    front_end: ChosenFrontEnd,
    feature: int,
    costs: tuple[FrontEndCost, ...] | None,
    kind: FrontEndKind,
    y: float,
) -> SensorBlock:
    thresholds, bits = front_end.thresholds(feature), front_end.bits(feature)
    if thresholds:
        texts = [f"≥ {threshold.text}" for threshold in thresholds]
        text = (
            ", ".join(texts)
            if len(texts) <= _MAX_THRESHOLDS
            else f"{len(texts)} levels, {texts[0]} to {texts[-1].removeprefix('≥ ')}"
        )
        title = f"{name} {', '.join(texts)}"
    else:
        text = f"{sum(bits)} of {len(bits)} bits"
        title = f"{name}: {text}"
    cost = ""
    if costs is not None and kind is not FrontEndKind.DIGITAL:
        own = costs[feature]
        cost = f"{wording.figures(own.power_mw)} mW · {wording.figures(own.area_cm2)} cm²"
        if not thresholds:
            cost = f"{wording.counted(own.comparators, 'comparator')}, {cost}"
    return SensorBlock(name, text, cost, title, tuple(threshold.share for threshold in thresholds), y)


def _logic(record: RunRecord) -> tuple[str, ...]:
    """Lines in the logic's box."""
    chosen, model = record.metrics.chosen, record.chosen_model
    if isinstance(model, LogicCircuit):
        ands = len(model.fanins)
        what = f"circuit of {wording.counted(ands, 'AND node')}"
    else:
        what = f"network {wording.topology(chosen)}"
    return (
        what,
        wording.counted(chosen.cells, "printed cell"),
        f"{wording.figures(chosen.total_power_mw)} mW · {wording.figures(chosen.area_cm2)} cm²",
    )


def _source(chosen: DesignMetrics) -> str:
    if chosen.estimated_system_power_mw is None:
        return "Source: not known without figures of the front end"
    if chosen.power_source is None:
        return "Source: none of those listed carries the system"
    return f"Source: {chosen.power_source}"


def _need(chosen: DesignMetrics) -> str:
    if chosen.estimated_system_power_mw is None:
        return f"the logic alone needs {wording.figures(chosen.total_power_mw)} mW"
    need = f"the system needs {wording.figures(chosen.estimated_system_power_mw)} mW"
    return f"{need}; margin {wording.margin(chosen)}" if chosen.power_sources else need
