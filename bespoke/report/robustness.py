"""What becomes of a design when it is printed, in words and rows: the same on the terminal and in the page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from bespoke.documents import read_json
from bespoke.netlist import Netlist
from bespoke.netlist.schematic import GateMark, schematic_svg
from bespoke.report import wording
from bespoke.report.breakdown import MAX_SCHEMATIC_GATES
from bespoke.robustness.drift import SENSOR_GAIN, SENSOR_OFFSET, DriftPoint
from bespoke.robustness.prints import YieldPoint
from bespoke.run.printed import ROBUSTNESS
from bespoke.run.robustness import gate_names
from bespoke.run.robustness_record import Robustness

#: Offset of a single sensor that is shown, in steps of the grid; the record has others.
_SHOWN_OFFSET = 1.0


def read_robustness(folder: Path) -> Robustness | None:
    """The record of a run's chosen design; None where the run is of an earlier version.

    Raises
    ------
    InputError
        if the file is damaged.
    """
    path = folder / ROBUSTNESS
    if not path.is_file():
        return None
    return Robustness.from_json(read_json(path, "file"), str(path))


def in_a_hundred(point: YieldPoint, floor: float) -> str:
    """The figure that somebody who prints asks for, as a sentence."""
    good, perfect = _counted(point.good_prints), _counted(point.perfect_prints)
    return (
        f"Of a hundred prints at device yield {point.device_yield:g}, {good} good enough (accuracy {floor:.3f} or "
        f"more) and {perfect} perfect."
    )


def _counted(value: float) -> str:
    """``71 are``, ``1 is``."""
    count = hundred(value)
    return f"{count} {'is' if count in ('1', 'fewer than one') else 'are'}"


def hundred(share: float) -> str:
    """A share of a hundred prints; none and all are said only where it is none and all."""
    count = 100 * share
    if 0 < count < 0.5:
        return "fewer than one"
    if 99.5 <= count < 100:
        return "more than 99"
    return f"{count:.0f}"


def share(value: float) -> str:
    """A share of prints in per cent, small ones with more digits."""
    percent = 100 * value
    if percent in (0, 100):
        return f"{percent:.0f} %"
    if 0 < percent < 0.01:
        return "< 0.01 %"
    if 99.995 <= percent < 100:
        return "> 99.99 %"
    return f"{percent:.2f} %" if percent < 1 or percent > 99 else f"{percent:.1f} %"


def yield_rows(record: Robustness) -> tuple[tuple[str, str, str, str], ...]:
    """Device yield, perfect prints, expected accuracy with its interval, good prints with theirs."""
    return tuple(
        (
            f"{point.device_yield:g}",
            share(point.perfect_prints),
            _interval(
                f"{point.expected_accuracy:.3f}", f"{point.expected_low:.3f}", f"{point.expected_high:.3f}", point
            ),
            _interval(share(point.good_prints), share(point.good_low), share(point.good_high), point),
        )
        for point in record.yields
    )


def _interval(value: str, low: str, high: str, point: YieldPoint) -> str:
    return f"{value} (exact)" if point.exact else f"{value} [{low}, {high}]"


def drift_rows(record: Robustness) -> tuple[tuple[str, str, str, str], ...]:
    """What is off, by how much, accuracy in the mean and between its 5th and 95th percentile.

    Every amount that concerns all comparators or all sensors; of a single sensor an offset of one step, either way, in
    the unit of the data.
    """
    shown = [point for point in record.drift if point.feature is None or _is_shown(point)]
    return tuple((_what(point), _amount(point), f"{point.mean_accuracy:.3f}", _spread(point)) for point in shown)


def _is_shown(point: DriftPoint) -> bool:
    return point.kind == SENSOR_OFFSET and abs(point.amount) == _SHOWN_OFFSET


def _what(point: DriftPoint) -> str:
    if point.feature is not None:
        return f"{point.kind}, {point.feature}"
    return f"{point.kind}, all sensors" if point.kind in (SENSOR_GAIN, SENSOR_OFFSET) else point.kind


def _amount(point: DriftPoint) -> str:
    if point.kind == SENSOR_GAIN:
        return f"× {point.amount:g}"
    if point.kind != SENSOR_OFFSET:
        return f"σ {point.amount:g} steps"
    steps = f"{point.amount:+g} step{'' if abs(point.amount) == 1 else 's'}"
    if point.amount_in_unit is None:
        return steps
    unit = f" {point.unit}" if point.unit else ""
    return f"{steps}, {point.amount_in_unit:+.3g}{unit}"


def _spread(point: DriftPoint) -> str:
    return "" if point.prints == 1 else f"{point.low_accuracy:.3f} to {point.high_accuracy:.3f}"


def corner_rows(record: Robustness) -> tuple[tuple[str, ...], ...]:
    """Technology, supply, static, total and system power, delay against the clock, power source."""
    rows = []
    for corner in record.corners:
        delay = wording.UNKNOWN_DELAY
        if corner.delay_ms is not None:
            missed = "" if corner.meets_clock else f", MISSES {corner.clock_ms:g} ms"
            delay = f"{wording.figures(corner.delay_ms)} ms{missed}"
        source = corner.power_source or "none"
        rows.append(
            (
                corner.technology,
                f"{corner.supply_v:g}",
                wording.figures(corner.static_power_mw),
                wording.figures(corner.total_power_mw),
                wording.figures(corner.estimated_system_power_mw),
                delay,
                source if corner.source_carries_system else f"{source} (logic alone)",
            )
        )
    return tuple(rows)


@dataclass(frozen=True)
class Severity:
    """How bad the worst fault of a gate is: the accuracy that it costs at most, and how a gate is drawn then."""

    name: str
    most_loss: float
    sign: str
    colour: str


#: From harmless to fatal; signs stand beside the colours for whoever does not see them.
SEVERITIES = (
    Severity("up to 3 points", 0.03, "", "#e8eef7"),
    Severity("3 to 10 points", 0.10, "·", "#fbe3b0"),
    Severity("10 to 30 points", 0.30, "!", "#f5b07a"),
    Severity("more than 30 points", 1.0, "‼", "#e5786d"),
)


def severity(loss: float) -> Severity:
    """The class that a loss of accuracy falls into."""
    return next((one for one in SEVERITIES if loss <= one.most_loss + 1e-9), SEVERITIES[-1])


def marked_schematic(record: Robustness, netlist: Netlist | None) -> Markup | None:
    """The schematic with every gate in the colour and sign of its worst fault, where it is small enough."""
    if netlist is None or not 0 < netlist.gates <= MAX_SCHEMATIC_GATES:
        return None
    worst = record.single_stuck_at.worst_of_gates
    marks = {}
    for gate, name in enumerate(gate_names(netlist)):
        if name in worst:
            how = severity(record.intact_accuracy.value - worst[name])
            marks[gate] = GateMark(how.colour, how.sign, f"worst fault leaves {worst[name]:.3f}")
    return Markup(schematic_svg(netlist, title="Schematic by the worst fault of every gate", marks=marks))


@dataclass(frozen=True)
class Curve:
    """A share against device yield: its name, the shape of its marks, where they stand with their intervals.

    Places are x and y in the drawing's units; ``whiskers`` are x, lower and upper y.
    """

    name: str
    shape: str
    points: tuple[tuple[float, float], ...]
    whiskers: tuple[tuple[float, float, float], ...]

    @property
    def path(self) -> str:
        return "M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in self.points)


@dataclass(frozen=True)
class YieldChart:
    """Curves over device yield, the chance to fail on a logarithmic axis; ticks with their labels."""

    curves: tuple[Curve, ...]
    across: tuple[tuple[float, str], ...]
    up: tuple[tuple[float, str], ...]


#: Edges of the chart's plot, in the drawing's units.
_LEFT, _RIGHT, _TOP, _BOTTOM = 64.0, 690.0, 16.0, 270.0


def yield_chart(record: Robustness) -> YieldChart | None:
    """The curves; None for fewer than two device yields below one."""
    points = [point for point in record.yields if point.device_yield < 1]
    if len(points) < 2:
        return None
    chances = [math.log10(1 - point.device_yield) for point in points]
    low, high = min(chances), max(chances)
    across = [_LEFT + 20 + (_RIGHT - _LEFT - 40) * (high - chance) / (high - low) for chance in chances]

    def height(share: float) -> float:
        return _BOTTOM - (_BOTTOM - _TOP) * share

    def curve(name: str, shape: str, values: Sequence[tuple[float, float, float]]) -> Curve:
        return Curve(
            name,
            shape,
            tuple((x, height(value)) for x, (value, _, _) in zip(across, values, strict=True)),
            tuple((x, height(least), height(most)) for x, (_, least, most) in zip(across, values, strict=True)),
        )

    return YieldChart(
        (
            curve(
                "expected accuracy",
                "circle",
                [(point.expected_accuracy, point.expected_low, point.expected_high) for point in points],
            ),
            curve("good prints", "square", [(point.good_prints, point.good_low, point.good_high) for point in points]),
            curve("perfect prints", "triangle", [(point.perfect_prints,) * 3 for point in points]),
        ),
        tuple((x, f"{point.device_yield:g}") for x, point in zip(across, points, strict=True)),
        tuple((height(tick / 4), f"{25 * tick} %") for tick in range(5)),
    )


@dataclass(frozen=True)
class PrintsSection:
    """Everything that the page's section on prints shows."""

    record: Robustness
    sentences: tuple[str, ...]
    yields: tuple[tuple[str, ...], ...]
    drift: tuple[tuple[str, ...], ...]
    corners: tuple[tuple[str, ...], ...]
    chart: YieldChart | None
    schematic: Markup | None
    severities: tuple[Severity, ...] = SEVERITIES


def prints_section(folder: Path, netlist: Netlist | None) -> PrintsSection | None:
    """The section of a run's chosen design; None where nothing is known of its prints."""
    record = read_robustness(folder)
    if record is None:
        return None
    return PrintsSection(
        record=record,
        sentences=tuple(in_a_hundred(point, record.floor) for point in record.yields),
        yields=yield_rows(record),
        drift=drift_rows(record),
        corners=corner_rows(record),
        chart=yield_chart(record),
        schematic=marked_schematic(record, netlist),
    )
