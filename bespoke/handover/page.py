"""The page that says in words what is handed over: one HTML file that loads nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bespoke.handover.budget import PowerBudget
from bespoke.handover.design import Handed
from bespoke.handover.tables import CellRow, CodeRow, PinRow
from bespoke.handover.vectors import TestVectors
from bespoke.report import wording
from bespoke.report.reading import RunRecord
from bespoke.sensing import FrontEndKind

_TEMPLATES = Path(__file__).with_name("templates")
#: Pins that the page lists; ``pins.csv`` has them all.
MOST_PINS = 120


def render_page(
    handed: Handed,
    record: RunRecord,
    *,
    cells: Sequence[CellRow],
    pins: Sequence[PinRow],
    codes: Sequence[CodeRow],
    budget: PowerBudget,
    vectors: TestVectors,
) -> str:
    """Text of ``README.html``."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "figures": wording.figures,
        "accuracy": wording.accuracy,
        "delay": wording.delay,
        "count": wording.count,
        "counted": wording.counted,
        "hours": wording.hours,
    }
    inputs = [pin for pin in pins if pin.direction == "input"]
    return environment.get_template("handover.html.j2").render(
        design=handed.metrics,
        index=handed.index,
        data=record.metrics.data,
        technology=handed.technology,
        metrics=record.metrics,
        forecast=wording.forecast(handed.metrics),
        forecast_origin=wording.forecast_origin(record.metrics.selection),
        cells=cells,
        inputs=inputs[:MOST_PINS],
        more_pins=max(0, len(inputs) - MOST_PINS),
        outputs=[pin for pin in pins if pin.direction == "output"],
        codes=codes,
        spare_codes=(1 << handed.netlist.output_bits) - len(codes),
        budget=budget,
        vectors=vectors,
        thermometer=handed.model.front_end is FrontEndKind.THERMOMETER,
        digital=handed.model.front_end is FrontEndKind.DIGITAL,
        registers=len(handed.netlist.flip_flops),
        picked=handed.metrics is not record.metrics.chosen or record.metrics.selection.by_number,
    )
