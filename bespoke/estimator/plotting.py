"""The front as a picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from bespoke.costs import Objective
from bespoke.design import Design

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LABELS = {
    Objective.SYSTEM_POWER: "power of circuit and front end, mW",
    Objective.SYSTEM_AREA: "area of circuit and front end, cm²",
    Objective.POWER: "static power of the circuit, mW",
    Objective.AREA: "area of the circuit, cm²",
}
# Okabe and Ito's colours; marks differ in shape, too.
_FRONT, _CHOSEN, _BASELINE = "#0072B2", "#009E73", "#555555"


def draw_front(
    axes: Axes | None, designs: Sequence[Design], listed: Sequence[int], chosen: int, objective: Objective, metric: str
) -> Axes:
    """Forecast score against the objective's cost: the listed designs, the active one, the exact baseline.

    Bars are the forecasts' 95 % intervals. The axis of costs is linear from 0 to the decade of the cheapest and
    logarithmic beyond, so a design that costs nothing is shown.

    Parameters
    ----------
    axes : where to draw; a new figure's if None.
    listed : indices of the front.
    chosen : index of the active design.
    """
    if axes is None:
        from matplotlib import pyplot as plt

        _, axes = plt.subplots(layout="constrained")
    baseline = len(designs) - 1
    front = sorted((i for i in listed if i not in (chosen, baseline)), key=lambda i: designs[i].costs.along(objective))
    line = sorted({*front, chosen} - {baseline}, key=lambda i: designs[i].costs.along(objective))
    axes.plot(*_points(designs, line, objective), drawstyle="steps-post", color=_FRONT, linewidth=0.8, alpha=0.6)
    for places, style, colour, label in (
        (front, "o", _FRONT, "front"),
        ([baseline], "s", _BASELINE, "exact baseline"),
        ([chosen], "D", _CHOSEN, "active design"),
    ):
        if places:
            costs, scores = _points(designs, places, objective)
            bars = np.abs(_intervals(designs, places) - scores)
            axes.errorbar(costs, scores, yerr=bars, fmt=style, color=colour, label=label, linewidth=0.8, capsize=2)
    positive = [cost for cost in (design.costs.along(objective) for design in designs) if cost > 0]
    if positive:
        axes.set_xscale("symlog", linthresh=10.0 ** math.floor(math.log10(min(positive))), linscale=0.5)
    is_estimate = objective.counts_front_end or designs[chosen].measured is None
    axes.set_xlabel(_LABELS[objective] + " (estimated)" * is_estimate)
    axes.set_ylabel(f"forecast {metric.replace('-', ' ')}")
    axes.grid(True, linewidth=0.4, color="#d8d8d8")
    axes.legend()
    return axes


def _points(designs: Sequence[Design], places: Sequence[int], objective: Objective) -> tuple[np.ndarray, np.ndarray]:
    costs = [designs[place].costs.along(objective) for place in places]
    return np.array(costs), np.array([designs[place].forecast.score for place in places])


def _intervals(designs: Sequence[Design], places: Sequence[int]) -> np.ndarray:
    forecasts = [designs[place].forecast for place in places]
    return np.array([[f.score_low for f in forecasts], [f.score_high for f in forecasts]])
