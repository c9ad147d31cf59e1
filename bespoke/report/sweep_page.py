"""The page of a sweep: the fronts of all points over one another, means with their spread, every point."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pandas as pd
from markupsafe import Markup

from bespoke import __version__
from bespoke.dominance import non_dominated
from bespoke.files import write_bytes, write_text
from bespoke.report import wording
from bespoke.report.cost_scale import CostScale
from bespoke.report.figures import BASELINE, CHOSEN, LOGIC, NETWORK, PUBLISHED, RIVAL, rendered
from bespoke.report.rendering import render_page
from bespoke.report.sweep_summary import NOTE, headings, rows
from bespoke.sweep.reading import SweepRecord, read_record
from bespoke.sweep.tables import FIGURES, REPEATING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLOURS = (LOGIC, PUBLISHED, RIVAL, NETWORK, CHOSEN, BASELINE)
#: More combinations than this have no names beside the plot, for nobody could tell them apart.
_MOST_NAMES = 6
_WIDTH_INCHES, _PANEL_INCHES = 7.0, 2.9
_COST, _ACCURACY = "estimated_system_power_mw", "forecast_accuracy"


@dataclass(frozen=True)
class PointRow:
    """A point as the page lists it; ``report`` is the address of its own page, None where it has none."""

    settings: tuple[str, ...]
    status: str
    figures: tuple[str, ...]
    name: str
    report: str | None


def write_sweep_page(folder: Path) -> Path:
    """Write ``sweep.html`` into the folder of a sweep and return its path.

    Raises
    ------
    InputError
        if a table of the sweep is missing or damaged.
    """
    path = folder / "sweep.html"
    write_text(path, render_sweep(read_record(folder)))
    return path


def write_sweep_figures(folder: Path, formats: Iterable[str]) -> tuple[Path, ...]:
    """Write the overlaid fronts into ``figures/`` of a sweep, where any point has one; the files written."""
    record = read_record(folder)
    written = []
    for kind in formats if len(_shown(record)) else ():
        path = folder / "figures" / f"fronts.{kind}"
        write_bytes(path, rendered(partial(draw_fronts, record), kind))
        written.append(path)
    return tuple(written)


def render_sweep(record: SweepRecord) -> str:
    """The page's text. It loads nothing, and its content policy forbids it to."""
    points = [_point(record, row) for row in record.points.to_dict("records")]
    done = sum(point.status == "done" for point in points)
    return render_page(
        "sweep.html.j2",
        name="sweep",
        version=__version__,
        scripts=("page.js",),
        swept=record.settings,
        data=record.data,
        points=points,
        done=done,
        failed=[point for point in points if point.status not in ("done", "to do")],
        figure=_inline(record),
        designs=len(record.fronts),
        best=int(record.fronts["pareto"].sum()) if len(record.fronts) else 0,
        summary_headings=headings(record.summary),
        summary_rows=rows(record.summary),
        summary_texts=len(headings(record.summary)) - len(FIGURES) - 1,
        note=NOTE,
    )


def _point(record: SweepRecord, row: dict) -> PointRow:
    folder = row["folder"]
    report = f"{folder}/report.html"
    figures = tuple(
        wording.figures(None if pd.isna(row[name]) else 100 * row[name] if "accuracy" in name else row[name])
        for name in FIGURES
    )
    settings = tuple("" if pd.isna(row[name]) else str(row[name]) for name in record.settings)
    has_report = (record.folder / report).is_file()
    return PointRow(settings, row["status"], figures, Path(folder).name, quote(report) if has_report else None)


def _inline(record: SweepRecord) -> Markup | None:
    if not len(_shown(record)):
        return None
    text = rendered(partial(draw_fronts, record), "svg").decode("utf-8")
    return Markup(text[text.index("<svg") :])  # matplotlib escapes what is written in it


def _shown(record: SweepRecord) -> pd.DataFrame:
    """Designs that have both figures, each with its data set and the combination of settings that seeds repeat."""
    if not len(record.fronts):
        return record.fronts
    table = record.fronts.assign(_data=record.data_names, _combination=_combinations(record))
    return table.dropna(subset=[_COST, _ACCURACY])


def _combinations(record: SweepRecord) -> list[str]:
    keys = [name for name in record.settings if name not in (*REPEATING, "data", "train")]
    return [", ".join(f"{key} {row[key]}" for key in keys) for row in record.fronts.to_dict("records")]


def draw_fronts(record: SweepRecord) -> Figure:
    """A panel per data set: forecast accuracy against estimated system power; a colour per combination of settings."""
    from matplotlib.figure import Figure

    table = _shown(record)
    panels = list(table.groupby("_data", sort=False))
    colours = {name: _COLOURS[place % len(_COLOURS)] for place, name in enumerate(table["_combination"].unique())}
    figure = Figure(figsize=(_WIDTH_INCHES, _PANEL_INCHES * len(panels)), layout="constrained")
    for place, (data, designs) in enumerate(panels):
        axes = figure.add_subplot(len(panels), 1, place + 1)
        _draw_panel(axes, designs, colours)
        axes.set_title(str(data), loc="left")
        if place == len(panels) - 1:
            axes.set_xlabel("Estimated system power, mW")
    handles: dict[str, object] = {}
    for axes in figure.axes:
        handles |= {label: handle for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)}
    figure.legend(list(handles.values()), list(handles), loc="outside upper center", ncols=3, frameon=False)
    return figure


def _draw_panel(axes: Axes, designs: pd.DataFrame, colours: dict[str, str]) -> None:
    scale = CostScale.over(designs[_COST].astype(float))
    for _, own in designs.groupby("folder", sort=False):
        combination = own["_combination"].iloc[0]
        label = combination if combination and len(colours) <= _MOST_NAMES else None
        _step(axes, scale, own, color=colours[combination], linewidth=0.8, alpha=0.7, label=label)
    best = designs[designs["pareto"] == 1]
    _step(axes, scale, best, color="black", linewidth=1.2, marker="o", markersize=2.5, label="front over all points")
    scale.apply(axes)
    axes.set_ylabel("Forecast accuracy, %")
    axes.grid(True)


def _step(axes: Axes, scale: CostScale, designs: pd.DataFrame, **style: object) -> None:
    """The front of these designs as a staircase."""
    costs, accuracies = designs[_COST].to_numpy(float), designs[_ACCURACY].to_numpy(float)
    front = non_dominated(list(zip(costs, -accuracies, strict=True)))
    axes.step([scale.place(costs[one]) for one in front], 100 * accuracies[front], where="post", **style)
