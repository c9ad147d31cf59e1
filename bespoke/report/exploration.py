"""The figure of an exploration: trusted accuracy against estimated area."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bespoke.files import write_bytes
from bespoke.pipeline.exploration import Exploration
from bespoke.report.figures import BASELINE, LOGIC, NETWORK, checked_formats, log_axis, new_figure, rendered

if TYPE_CHECKING:
    from matplotlib.figure import Figure


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
    # a design without a single gate has no place on a logarithmic axis
    designs = [design for design in found.designs if design.estimated.area_cm2 > 0]
    axes.step(
        [design.estimated.area_cm2 for design in designs],
        [100 * design.trusted_accuracy for design in designs],
        where="post",
        color="#cccccc",
        linewidth=0.8,
        zorder=1,
    )
    for kind, colour, marker, label in (("network", NETWORK, "o", "network"), ("logic", LOGIC, "D", "logic circuit")):
        shown = [design for design in designs if design.kind == kind]
        if shown:
            axes.plot(
                [design.estimated.area_cm2 for design in shown],
                [100 * design.trusted_accuracy for design in shown],
                marker,
                color=colour,
                markersize=3,
                label=label,
            )
    axes.plot(
        found.baseline.estimated.area_cm2,
        100 * found.baseline.trusted_accuracy,
        "s",
        color=BASELINE,
        markersize=5,
        label="exact baseline",
    )
    log_axis(axes)
    axes.set_xlabel("Estimated area, cm²")
    axes.set_ylabel("Trusted accuracy, %")
    axes.grid(True)
    axes.legend(loc="lower center", bbox_to_anchor=(0.45, 1.0), ncols=3, frameon=False, handletextpad=0.3)
    return figure
