"""What the page's chart of the front reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bespoke.dominance import non_dominated
from bespoke.report import wording
from bespoke.report.axes import COST_AXES, CostAxis
from bespoke.report.published import PublishedDesign, published_designs
from bespoke.report.reading import BASELINE_ORIGIN, FrontRow, RunRecord
from bespoke.run.metrics import DesignMetrics
from bespoke.run.rivals import RIVAL_TREE


def chart_data(record: RunRecord) -> dict[str, Any]:
    """Points with every cost by its objective's name, and the axes' labels; figures that are not known are null."""
    rows = record.distinct_front
    points = [_point(row, record) | {"fronts": []} for row in rows]
    for axis in COST_AXES:
        for place in front_line(rows, axis):
            points[place]["fronts"].append(str(axis.objective))
    points += [_published_point(design) for design in published_designs(record.metrics.data.name)]
    return {"points": points, "axes": {str(axis.objective): axis.label for axis in COST_AXES}}


def front_line(rows: Sequence[FrontRow], axis: CostAxis) -> list[int]:
    """Places of the run's own designs that none of them beats in both cost and forecast accuracy, by rising cost.

    By the forecast, by which designs are chosen, whatever accuracy is drawn: a line along the best accuracies on test
    would be a selection on the test part. Rivals and the exact baseline are measured against it, not part of it.
    """
    own = [
        place
        for place, row in enumerate(rows)
        if row.origin not in (BASELINE_ORIGIN, RIVAL_TREE) and axis.of(row) is not None
    ]
    return [own[place] for place in non_dominated([(axis.of(rows[p]), -rows[p].forecast_accuracy) for p in own])]


def _point(row: FrontRow, record: RunRecord) -> dict[str, Any]:
    metrics = record.metrics
    what = "logic circuit" if row.kind == "logic" else "network"
    point = {
        "label": f"Design {row.index}{wording.near_copies(record.copies(row))}",
        "kind": row.kind,
        "named": False,
        "note": f"{what}, found by {row.origin}",
        "train": row.train_accuracy,
        "forecast": row.forecast_accuracy,
        "test": row.test_accuracy,
        "comparators": row.comparators,
        **{str(axis.objective): axis.of(row) for axis in COST_AXES},
    }
    if row.origin == RIVAL_TREE:
        named = metrics.rival is not None and row.index == metrics.rival.index
        point |= {"label": "Rival tree" if named else f"Tree {row.index}", "kind": "rival", "named": named}
        point["note"] = "decision tree on the same grid, behind the same front end"
    if row.origin == BASELINE_ORIGIN:
        point |= {"label": "Exact baseline", "kind": "baseline", "named": True}
        point["note"] = "the float model in fixed point, not approximated"
        point |= _intervals(metrics.baseline)
    if row.chosen:
        point |= {"label": "Chosen design", "kind": "chosen", "named": True} | _intervals(metrics.chosen)
    return point


def _intervals(design: DesignMetrics) -> dict[str, Any]:
    """Unrounded accuracies, and their intervals."""
    parts = {part: getattr(design.accuracy, part) for part in ("train", "test")}
    forecast = design.forecast_low, design.forecast_high
    return {part: value.value for part, value in parts.items()} | {
        "intervals": {part: [value.low, value.high] for part, value in parts.items()} | {"forecast": list(forecast)}
    }


def _published_point(design: PublishedDesign) -> dict[str, Any]:
    """Of the classifier alone: what its converters cost is not published with it."""
    return {
        "label": design.label,
        "kind": "published",
        "named": True,
        "fronts": [],
        "note": f"{design.source}; {design.supply_v:g} V",
        "train": None,
        "forecast": None,
        "test": design.accuracy,
        "comparators": None,
        "system-power": None,
        "system-area": None,
        "power": design.static_power_mw,
        "area": design.area_cm2,
    }
