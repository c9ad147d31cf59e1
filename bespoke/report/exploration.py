"""The figure of an exploration: forecast accuracy against what the search made small, as it estimates it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bespoke.costs import Objective
from bespoke.design import Design
from bespoke.files import write_bytes
from bespoke.report.cost_scale import CostScale
from bespoke.report.figures import BASELINE, FRONT_LINE, LOGIC, NETWORK, checked_formats, new_figure, rendered
from bespoke.run.exploration import Exploration

if TYPE_CHECKING:
    from matplotlib.figure import Figure


_LABELS = {
    Objective.SYSTEM_POWER: "Estimated system power, mW",
    Objective.SYSTEM_AREA: "Estimated system area, cm²",
    Objective.POWER: "Classifier's estimated static power, mW",
    Objective.AREA: "Classifier's estimated area, cm²",
}


def write_exploration_figures(
    found: Exploration, folder: Path, formats: Iterable[str] = ("png", "svg")
) -> tuple[Path, ...]:
    """Write ``explored.png`` and the like into ``folder``.

    Raises
    ------
    InputError
        for an unknown format.
    """
    written = []
    for kind in checked_formats(formats):
        path = folder / f"explored.{kind}"
        write_bytes(path, rendered(partial(draw_exploration, found), kind))
        written.append(path)
    return tuple(written)


def draw_exploration(found: Exploration) -> Figure:
    """The front and the exact baseline; both figures are the search's own, nothing is measured."""
    figure, axes = new_figure(2.5)

    def cost(design: Design) -> float:
        return design.estimated.along(found.objective)

    designs = found.designs
    priced = math.isfinite(cost(found.baseline))  # else nobody knows what its front end costs
    scale = CostScale.over([cost(design) for design in (*designs, *([found.baseline] if priced else []))])
    axes.step(
        [scale.place(cost(design)) for design in designs],
        [100 * design.forecast.accuracy for design in designs],
        where="post",
        color=FRONT_LINE,
        linewidth=0.9,
        zorder=1,
        label="front",
    )
    for kind, colour, marker, label in (("network", NETWORK, "o", "network"), ("logic", LOGIC, "D", "logic circuit")):
        shown = [design for design in designs if design.kind == kind]
        if shown:
            axes.plot(
                [scale.place(cost(design)) for design in shown],
                [100 * design.forecast.accuracy for design in shown],
                marker,
                color=colour,
                markersize=3,
                label=label,
            )
    if priced:
        axes.plot(
            scale.place(cost(found.baseline)),
            100 * found.baseline.forecast.accuracy,
            "s",
            color=BASELINE,
            markersize=5,
            label="exact baseline",
        )
    scale.apply(axes)
    axes.set_xlabel(_LABELS[found.objective])
    axes.set_ylabel("Forecast accuracy, %")
    axes.grid(True)
    figure.legend(loc="outside upper center", ncols=4, frameon=False, handletextpad=0.4, columnspacing=1.2)
    return figure
