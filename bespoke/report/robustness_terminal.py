"""What becomes of a design when it is printed, on the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from bespoke.report import wording
from bespoke.report.robustness import corner_rows, drift_rows, in_a_hundred, yield_rows
from bespoke.run.config import DEVICE_YIELD
from bespoke.run.printable import INTACT_ANSWERS
from bespoke.run.robustness_record import Robustness

#: Faults that are named; robustness.json lists more.
_NAMED = 3


def robustness_summary(record: Robustness) -> RenderableType:
    """Everything that was found, shortest first; names from the data are shown as they are, never read as markup."""
    return Group(
        *_head(record),
        _table(("device yield", "perfect prints", "expected accuracy", "good prints"), yield_rows(record)),
        *_drift(record),
        _table(("supply", "total mW", "system mW", "delay", "power source"), _supplies(record)),
        *_notes(record),
    )


def _head(record: Robustness) -> list[Text]:
    faults, intact = record.single_stuck_at, record.intact_accuracy
    lines = [
        Text.assemble(
            (record.design, "bold"), f" on {record.technology}, {intact.samples} samples of {record.samples_of}"
        ),
        Text(f"intact accuracy {wording.accuracy(intact)}"),
        Text(
            f"{faults.faults} single stuck-at faults: accuracy {faults.mean_accuracy:.3f} in the mean, "
            f"{faults.median_accuracy:.3f} in the median, {faults.worst_accuracy:.3f} at worst"
        ),
    ]
    places = list(dict.fromkeys(fault.gate or fault.site for fault in faults.critical))[:_NAMED]
    for place in places:
        worst = next(fault for fault in faults.critical if (fault.gate or fault.site) == place)
        lines.append(Text(f"  {worst.site} stuck at {worst.stuck_at}: {worst.accuracy:.3f}"))
    if record.several_stuck_at:
        means = ", ".join(f"{one.mean_accuracy:.3f} with {one.faults}" for one in record.several_stuck_at)
        lines.append(Text(f"several faults at once, in the mean: {means}"))
    point = record.at(DEVICE_YIELD) or record.yields[-1]  # the usual one in words, else the highest
    return [*lines, Text(in_a_hundred(point, record.floor), style="bold")]


def _drift(record: Robustness) -> list[RenderableType]:
    rows = drift_rows(record)
    if not rows:
        known = record.devices.front_end is not None
        why = "no sensor is read" if known else "it is not known which comparators stand before the circuit"
        return [Text(f"no drift: {why}")]
    return [_table(("drift", "by", "accuracy", "5 % to 95 % of prints"), rows)]


def _supplies(record: Robustness) -> list[tuple[str, ...]]:
    return [(f"{supply} V", *rest) for _, supply, _, *rest in corner_rows(record)]


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1), collapse_padding=True, header_style="bold")
    for place, heading in enumerate(headings):
        table.add_column(heading, justify="right" if place else "left")
    for row in rows:
        table.add_row(*map(escape, row))
    return table


def _notes(record: Robustness) -> list[Text]:
    devices = record.devices
    words = f"Devices: {devices.logic} of the logic"
    if devices.front_end is not None:
        words += f", {devices.front_end:.4g} of the front end"
    else:
        words += "; what stands before it is not known and never breaks here"
    if devices.counted:
        words += "; counted from the cells' functions"
    elif devices.source:
        words += f"; {devices.source}"
    lines = [words + ". Intervals are 95 %."]
    if record.expected == INTACT_ANSWERS:
        lines.append("The file names no right answers: accuracy counts the intact netlist's own.")
    if any(point.positions_assumed for point in record.drift):
        lines.append("Measured values are not kept: samples are taken to lie in the middle of their steps.")
    return [Text(line, style="dim") for line in lines]
