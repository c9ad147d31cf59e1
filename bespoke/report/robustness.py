"""What becomes of a design when it is printed, in words and rows: the same on the terminal and in the page."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bespoke.documents import read_json
from bespoke.pipeline.robustness_record import Robustness
from bespoke.report import wording
from bespoke.robustness.drift import SENSOR_GAIN, SENSOR_OFFSET, DriftPoint
from bespoke.robustness.prints import YieldPoint

#: Where a run's record is.
RESULT = "robustness.json"
#: Offset of a single sensor that is shown, in steps of the grid; the record has others.
_SHOWN_OFFSET = 1.0


def read_robustness(folder: Path) -> Robustness | None:
    """The record of a run's chosen design; None where the run is of an earlier version.

    Raises
    ------
    InputError
        if the file is damaged.
    """
    path = folder / RESULT
    if not path.is_file():
        return None
    return Robustness.from_json(read_json(path, "file"), str(path))


def in_a_hundred(point: YieldPoint, floor: float) -> str:
    """The figure that somebody who prints asks for, as a sentence."""
    return (
        f"Of a hundred prints at device yield {point.device_yield:g}, {hundred(point.good_prints)} are good enough "
        f"(accuracy {floor:.3f} or more) and {hundred(point.perfect_prints)} are perfect."
    )


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
            verdict = "meets" if corner.meets_clock else "MISSES"
            delay = f"{wording.figures(corner.delay_ms)} ms, {verdict} {corner.clock_ms:g} ms"
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
    """How bad the worst fault of a gate is: the accuracy that it loses at most, a sign and a class of the drawing."""

    name: str
    most_loss: float
    sign: str
    css: str


#: From harmless to fatal; signs stand beside the colours for whoever does not see them.
SEVERITIES = (
    Severity("up to 3 points lost", 0.03, "", "fault-mild"),
    Severity("up to 10 points", 0.10, "·", "fault-some"),
    Severity("up to 30 points", 0.30, "!", "fault-bad"),
    Severity("more", 1.0, "!!", "fault-fatal"),
)


def severity(loss: float) -> Severity:
    """The class that a loss of accuracy falls into."""
    return next((one for one in SEVERITIES if loss <= one.most_loss + 1e-12), SEVERITIES[-1])
