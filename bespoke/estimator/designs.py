"""The designs of a fit: over all features where they were found over some, and as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from bespoke.costs import Objective
from bespoke.design import Design
from bespoke.dominance import non_dominated
from bespoke.model import widened_model


def widened(design: Design, kept: np.ndarray, features: int) -> Design:
    """The design over all features; it reads those of ``kept`` alone."""
    return replace(design, model=widened_model(design.model, kept, features))


def front_table(
    designs: Sequence[Design], selectable: Sequence[int], chosen: int, objective: Objective
) -> pd.DataFrame:
    """The chosen design and the selectable ones that none of these beats in forecast score and the objective's costs.

    Cheapest first. Figures of front end and system are missing where the front end has no price.
    """
    points = np.array([(-design.forecast.score, *design.costs.ranked(objective)) for design in designs])
    order = np.array([chosen, *(index for index in selectable if index != chosen)])  # of equal designs the active one
    kept = order[sorted({0, *non_dominated(points[order])})]
    table = _table(designs)
    table["chosen"] = np.arange(len(table)) == chosen
    return table.iloc[kept[np.lexsort(points[kept].T[[0, 2, 1]])]]


def _table(designs: Sequence[Design]) -> pd.DataFrame:
    """Every design with its accuracies and costs; of a mapped circuit those are measured, of a system estimated."""
    costs = [design.costs for design in designs]
    own = "estimated_" if any(design.measured is None for design in designs) else ""
    columns = {
        f"{own}area_cm2": "area_cm2",
        f"{own}static_power_mw": "static_power_mw",
        **{
            f"estimated_{name}": name
            for name in ("front_end_area_cm2", "front_end_power_mw", "system_area_cm2", "system_power_mw")
        },
    }
    return pd.DataFrame(
        {
            "origin": [design.origin for design in designs],
            "train_accuracy": [design.train.value for design in designs],
            "forecast_accuracy": [design.forecast.accuracy for design in designs],
            "forecast_low": [design.forecast.low for design in designs],
            "forecast_high": [design.forecast.high for design in designs],
            "forecast_score": [design.forecast.score for design in designs],
            "comparators": pd.array([cost.comparators for cost in costs], dtype="Int64"),
            **{
                column: np.array([getattr(cost, name) for cost in costs], dtype=float)
                for column, name in columns.items()
            },
        }
    )
