"""What a user prints, in figures: sensors' converters and classifier together, beside the baseline and the rival."""

from __future__ import annotations

from dataclasses import dataclass

from bespoke.report import wording
from bespoke.report.reading import RunRecord
from bespoke.run.metrics import DesignMetrics

#: Below this share of the whole a difference of sums is rounding.
_ROUNDING = 1e-9


def saved_by_swapping(design: DesignMetrics) -> tuple[float, float]:
    """Area in cm² and power in mW of the classifier's inverters that the system does without."""
    if design.estimated_system_power_mw is None:
        return 0.0, 0.0
    parts = (
        (design.area_cm2 + design.estimated_front_end_area_cm2, design.estimated_system_area_cm2),
        (design.total_power_mw + design.estimated_front_end_power_mw, design.estimated_system_power_mw),
    )
    area_cm2, power_mw = (whole - system if whole - system > _ROUNDING * whole else 0.0 for whole, system in parts)
    return area_cm2, power_mw


def shown_ratio(ours: float | None, theirs: float | None) -> str:
    """How many times as much theirs is."""
    if ours is None or theirs is None:
        return wording.figures(None)
    if ours == theirs:
        return wording.ratio(1.0)
    return wording.ratio(theirs / ours if ours else None)


def compared_with_rival(record: RunRecord) -> dict[str, str]:
    """How many times the chosen design's the rival's costs are, both as front.csv has them."""
    rival, ours = record.metrics.rival, record.chosen_row
    if rival is None or ours is None:
        return dict.fromkeys(_RIVAL_FIELDS, wording.figures(None))
    return {name: shown_ratio(getattr(ours, field), getattr(rival, field)) for name, field in _RIVAL_FIELDS.items()}


_RIVAL_FIELDS = {
    "system power": "estimated_system_power_mw",
    "system area": "estimated_system_area_cm2",
    "comparators": "comparators",
    "comparators' power": "estimated_front_end_power_mw",
    "comparators' area": "estimated_front_end_area_cm2",
    "logic's power": "static_power_mw",
    "logic's area": "area_cm2",
}


@dataclass(frozen=True)
class SystemRow:
    """A figure of the whole: of the chosen design, the baseline (and its ratio), the rival (and its ratio)."""

    name: str
    chosen: str
    baseline: str
    ratio: str
    rival: str
    rival_ratio: str
    part: bool = False


def system_rows(record: RunRecord) -> tuple[SystemRow, ...]:
    """The system, then what it is made of, then what it does with its power."""
    metrics = record.metrics
    chosen, baseline, rival, ratios = metrics.chosen, metrics.baseline, metrics.rival, metrics.ratios
    times = compared_with_rival(record)

    def row(name: str, field: str, ratio: str = "", *, rivals: str | None = None, part: bool = False) -> SystemRow:
        theirs = None if rival is None or rivals is None else getattr(rival, _RIVAL_FIELDS[rivals])
        return SystemRow(
            name,
            wording.amount(getattr(chosen, field)),
            wording.amount(getattr(baseline, field)),
            ratio,
            wording.amount(theirs),
            "" if rivals is None else times[rivals],
            part,
        )

    def between(field: str) -> str:
        return shown_ratio(getattr(chosen, field), getattr(baseline, field))

    front_power, front_area = "estimated_front_end_power_mw", "estimated_front_end_area_cm2"
    rows = [
        row(
            "System power, mW",
            "estimated_system_power_mw",
            wording.system_ratio(chosen, ratios.system_power),
            rivals="system power",
        ),
        row(
            "System area, cm²",
            "estimated_system_area_cm2",
            wording.system_ratio(chosen, ratios.system_area),
            rivals="system area",
        ),
        row("Comparators", "comparators", between("comparators"), rivals="comparators", part=True),
        row("Front end's power, mW", front_power, between(front_power), rivals="comparators' power", part=True),
        row("Front end's area, cm²", front_area, between(front_area), rivals="comparators' area", part=True),
        row(
            "Logic's power, mW", "total_power_mw", wording.ratio(ratios.total_power), rivals="logic's power", part=True
        ),
        row("Logic's area, cm²", "area_cm2", wording.ratio(ratios.area), rivals="logic's area", part=True),
        row("Logic cells", "cells", between("cells"), part=True),
        *_saved(chosen, baseline),
        row("Energy per decision, µJ", "estimated_energy_per_decision_uj", between("estimated_energy_per_decision_uj")),
    ]
    if chosen.decisions_per_hour is not None:
        field = "estimated_average_power_mw"
        rows.append(row(f"Average power at {chosen.decisions_per_hour:g} decisions an hour, mW", field, between(field)))
    return tuple(rows)


def _saved(chosen: DesignMetrics, baseline: DesignMetrics) -> list[SystemRow]:
    ours, theirs = saved_by_swapping(chosen), saved_by_swapping(baseline)
    if not any(ours):
        return []
    return [
        SystemRow(name, f"−{wording.figures(mine)}", f"−{wording.figures(other)}" if other else "0", "", "–", "", True)
        for name, mine, other in (
            ("Inverters spared, mW", ours[1], theirs[1]),
            ("Inverters spared, cm²", ours[0], theirs[0]),
        )
    ]
