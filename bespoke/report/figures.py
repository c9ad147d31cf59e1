"""Figures for papers: vector or bitmap, one column wide, readable in grey."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bespoke.costs import Objective
from bespoke.errors import InputError
from bespoke.files import write_bytes
from bespoke.pipeline.rivals import RIVAL_TREE
from bespoke.report.axes import CostAxis, axis_of, usual_axis
from bespoke.report.published import published_designs
from bespoke.report.reading import BASELINE_ORIGIN, RunRecord, read_run

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS = ("png", "svg", "pdf")

# Okabe and Ito's colours, which stay apart for colour-blind readers; marks differ in shape, too.
CHOSEN, NETWORK, LOGIC, BASELINE, PUBLISHED = "#009E73", "#56B4E9", "#0072B2", "#555555", "#D55E00"
RIVAL = "#CC79A7"
_COLUMN_INCHES = 3.5

_STYLE = {
    "font.family": "sans-serif",
    "font.size": 8,
    "axes.labelsize": 8,
    "axes.titlesize": 8,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.linewidth": 0.4,
    "grid.color": "#d8d8d8",
    "axes.axisbelow": True,
    "svg.hashsalt": "bespoke",
    "svg.fonttype": "none",
    "pdf.fonttype": 42,
    "text.parse_math": False,  # names and labels are text, whatever dollar signs they hold
}


def write_figures(run_folder: str | Path, formats: Iterable[str] = FORMATS) -> tuple[Path, ...]:
    """Write fronts, confusion matrix and comparison into ``figures/`` of a finished run.

    Returns
    -------
    The files written, one for each figure and format.

    Raises
    ------
    InputError
        for an unknown format, or a folder that is not a finished run.
    """
    formats = checked_formats(formats)
    record = read_run(run_folder)
    written = []
    for name, draw in _FIGURES.items():
        for kind in formats:
            path = record.folder / "figures" / f"{name}.{kind}"
            write_bytes(path, rendered(lambda draw=draw: draw(record), kind))
            written.append(path)
    return tuple(written)


def checked_formats(formats: Iterable[str]) -> tuple[str, ...]:
    """The formats themselves; InputError for one that figures do not come in."""
    formats = tuple(formats)
    for name in formats:
        if name not in FORMATS:
            raise InputError(f"figures come as {', '.join(FORMATS)}, not as {name!r}")
    return formats


def rendered(draw: Callable[[], Figure], kind: str) -> bytes:
    """A figure in the house style as a file's content; ``draw`` makes it, ``kind`` is one of ``FORMATS``."""
    import matplotlib as mpl

    # No dates inside, so that the same run gives the same bytes.
    metadata = {"png": {"Software": None}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}[kind]
    with mpl.rc_context(_STYLE):
        sink = io.BytesIO()
        draw().savefig(sink, format=kind, dpi=300, bbox_inches="tight", pad_inches=0.03, metadata=metadata)
    return sink.getvalue()


def new_figure(height: float) -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_COLUMN_INCHES, height), layout="constrained")
    return figure, figure.add_subplot()


def draw_front(record: RunRecord) -> Figure:
    """Test accuracy against what the run made small: the front, rival trees, the chosen design, the exact baseline."""
    priced = record.metrics.chosen.estimated_system_power_mw is not None
    return _front_along(usual_axis(record.objective, priced=priced), record)


def draw_classifiers(record: RunRecord) -> Figure:
    """The same against the classifier's own area, which alone published designs have figures of."""
    return _front_along(axis_of(Objective.AREA), record)


def _front_along(axis: CostAxis, record: RunRecord) -> Figure:
    figure, axes = new_figure(2.5)
    metrics = record.metrics
    # a design that costs nothing has no place on a logarithmic axis
    designs = [d for d in record.distinct_front if axis.of(d) and d.test_accuracy is not None]
    found = [d for d in designs if d.origin not in (BASELINE_ORIGIN, RIVAL_TREE)]
    for points, colour, marker, label in (
        ([d for d in found if d.kind == "network"], NETWORK, "o", "network"),
        ([d for d in found if d.kind == "logic"], LOGIC, "D", "logic circuit"),
        ([d for d in designs if d.origin == RIVAL_TREE], RIVAL, "v", "decision tree"),
    ):
        if points:
            axes.plot(
                [axis.of(d) for d in points],
                [100 * d.test_accuracy for d in points],
                marker,
                color=colour,
                markersize=3.5 if marker == "v" else 3,
                label=label,
            )
    chosen = [d for d in designs if d.chosen]
    exact = [d for d in designs if d.origin == BASELINE_ORIGIN and not d.chosen]
    for rows, accuracy, colour, marker, label in (
        (chosen, metrics.chosen.accuracy, CHOSEN, "o", "chosen"),
        (exact, metrics.baseline.accuracy, BASELINE, "s", "exact baseline"),
    ):
        test = accuracy.test
        if not rows:
            continue
        axes.errorbar(
            axis.of(rows[0]),
            100 * test.value,
            yerr=[[100 * (test.value - test.low)], [100 * (test.high - test.value)]],
            fmt=marker,
            color=colour,
            markersize=6,
            elinewidth=1,
            capsize=2,
            label=label,
        )
    published = published_designs(metrics.data.name) if axis.objective is Objective.AREA else ()
    if published:
        axes.plot(
            [d.area_cm2 for d in published],
            [100 * d.accuracy for d in published],
            "^",
            color=PUBLISHED,
            markersize=4.5,
            markerfacecolor="none",
            label="published",
        )
        for index, design in enumerate(sorted(published, key=lambda design: design.area_cm2)):
            axes.annotate(
                design.label,
                (design.area_cm2, 100 * design.accuracy),
                xytext=(0, 5) if index % 2 else (0, -9),
                textcoords="offset points",
                ha="right" if design.area_cm2 > 10 else "center",
                fontsize=5.5,
                color=PUBLISHED,
            )
    log_axis(axes)
    axes.margins(x=0.08, y=0.09)
    axes.set_xlabel(axis.label)
    axes.set_ylabel("Test accuracy, %")
    axes.grid(True)
    axes.legend(
        loc="lower center", bbox_to_anchor=(0.45, 1.0), ncols=3, frameon=False, handletextpad=0.3, columnspacing=1.2
    )
    return figure


def draw_confusion(record: RunRecord) -> Figure:
    """Confusion matrix of the chosen design on the test part, shaded by row share, counts written in."""
    counts = np.array(record.metrics.chosen.confusion)
    labels = [_short(str(label)) for label in record.metrics.data.class_labels]
    size = len(labels)
    figure, axes = new_figure(min(3.5, 1.3 + 0.33 * size))
    shares = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    axes.imshow(shares, cmap="Greens", vmin=0, vmax=1)
    for row in range(size):
        for column in range(size):
            axes.text(
                column,
                row,
                str(counts[row, column]),
                ha="center",
                va="center",
                fontsize=7 if size <= 7 else 5.5,
                color="white" if shares[row, column] > 0.6 else "black",
            )
    axes.set_xticks(range(size), labels, rotation=0 if max(map(len, labels)) <= 3 else 35, ha="center")
    axes.set_yticks(range(size), labels)
    axes.set_xlabel("Class named by the circuit")
    axes.set_ylabel("True class")
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    return figure


def draw_comparison(record: RunRecord) -> Figure:
    """Power and area of the chosen system and the exact baseline's, and of their logic, on a logarithmic scale."""
    metrics = record.metrics
    figure, axes = new_figure(1.7)
    rows = [
        ("System power, mW", "estimated_system_power_mw", metrics.ratios.system_power),
        ("System area, cm²", "estimated_system_area_cm2", metrics.ratios.system_area),
        ("Logic's power, mW", "total_power_mw", metrics.ratios.total_power),
        ("Logic's area, cm²", "area_cm2", metrics.ratios.area),
    ]
    # a technology without figures of front ends has no such figures
    rows = [row for row in rows if getattr(metrics.chosen, row[1]) is not None]
    for place, (_, field, ratio) in enumerate(rows):
        ours, theirs = getattr(metrics.chosen, field), getattr(metrics.baseline, field)
        axes.plot([ours, theirs], [place, place], color="#bbbbbb", linewidth=1.5, zorder=1)
        axes.plot(ours, place, "o", color=CHOSEN, markersize=6, label="chosen" if place == 0 else None)
        axes.plot(theirs, place, "s", color=BASELINE, markersize=5, label="exact baseline" if place == 0 else None)
        if ratio is not None and ours > 0:
            axes.annotate(
                f"{ratio:.3g}×",
                ((ours * theirs) ** 0.5, place),
                xytext=(0, 3),
                textcoords="offset points",
                ha="center",
                fontsize=7,
            )
    log_axis(axes)
    axes.set_yticks(range(len(rows)), [name for name, _, _ in rows])
    axes.set_ylim(len(rows) - 0.5, -0.6)
    axes.grid(True, axis="x")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, 1.2), ncols=2, frameon=False)
    axes.tick_params(axis="y", length=0)
    return figure


def log_axis(axes: Axes) -> None:
    """Logarithmic x axis labelled with plain numbers."""
    from matplotlib.ticker import FuncFormatter, NullFormatter

    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())


def _short(label: str, limit: int = 14) -> str:
    return label if len(label) <= limit else label[: limit - 1] + "…"


_FIGURES: dict[str, Callable[[RunRecord], Figure]] = {
    "front": draw_front,
    "front_classifiers": draw_classifiers,
    "confusion": draw_confusion,
    "comparison": draw_comparison,
}
