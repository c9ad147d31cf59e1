"""Figures for papers: vector or bitmap, one column wide, readable in grey."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bespoke.costs import Objective
from bespoke.errors import InputError
from bespoke.files import write_bytes
from bespoke.report import wording
from bespoke.report.axes import CostAxis, axis_of, usual_axis
from bespoke.report.chart import front_line
from bespoke.report.cost_scale import CostScale
from bespoke.report.labels import Box, place_labels
from bespoke.report.published import published_designs
from bespoke.report.reading import BASELINE_ORIGIN, FrontRow, RunRecord, read_run
from bespoke.run.rivals import RIVAL_TREE
from bespoke.statistics import Accuracy

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS = ("png", "svg", "pdf")

# Okabe and Ito's colours, which stay apart for colour-blind readers; marks differ in shape, too.
CHOSEN, NETWORK, LOGIC, BASELINE, PUBLISHED = "#009E73", "#56B4E9", "#0072B2", "#555555", "#D55E00"
RIVAL, FRONT_LINE = "#CC79A7", "#8a8a8a"
_COLUMN_INCHES = 3.5
#: From here on a line leads from a label to its mark.
_FAR_POINTS = 9.0
#: So many letters stand side by side under a confusion matrix, columns being of one width; more are slanted.
_LETTERS_ACROSS = 36

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
    figure, axes = new_figure(2.6)
    metrics = record.metrics
    designs = [row for row in record.distinct_front if axis.of(row) is not None and row.test_accuracy is not None]
    published = published_designs(metrics.data.name) if axis.objective is Objective.AREA else ()
    scale = CostScale.over([axis.of(row) for row in designs] + [design.area_cm2 for design in published])
    _draw_line(axes, axis, scale, designs)
    marks = _Marks(axes)
    found = [row for row in designs if row.origin not in (BASELINE_ORIGIN, RIVAL_TREE)]
    for rows, colour, marker, size, label in (
        ([row for row in found if row.kind == "network"], NETWORK, "o", 3, "network"),
        ([row for row in found if row.kind == "logic"], LOGIC, "D", 3, "logic circuit"),
        ([row for row in designs if row.origin == RIVAL_TREE], RIVAL, "v", 3.5, "decision tree"),
    ):
        points = [(scale.place(axis.of(row)), 100 * row.test_accuracy) for row in rows]
        marks.draw(points, marker=marker, color=colour, markersize=size, label=label)
    chosen = [row for row in designs if row.chosen]
    exact = [row for row in designs if row.origin == BASELINE_ORIGIN and not row.chosen]
    for rows, accuracy, colour, marker, label in (
        (exact, metrics.baseline.accuracy.test, BASELINE, "s", "exact baseline"),
        (chosen, metrics.chosen.accuracy.test, CHOSEN, "o", "chosen"),
    ):
        if rows:
            marks.draw_interval(scale.place(axis.of(rows[0])), accuracy, marker=marker, color=colour, label=label)
    points = [(design.area_cm2, 100 * design.accuracy) for design in published]
    marks.draw(points, marker="^", color=PUBLISHED, markersize=4.5, markerfacecolor="none", label="published")
    axes.margins(y=0.09)
    scale.apply(axes)
    axes.set_xlabel(axis.label)
    axes.set_ylabel("Test accuracy, %")
    axes.grid(True)
    figure.legend(loc="outside upper center", ncols=3, frameon=False, handletextpad=0.4, columnspacing=1.2)
    write_labels(axes, [design.label for design in published], points, marks.boxes, color=PUBLISHED)
    return figure


def _draw_line(axes: Axes, axis: CostAxis, scale: CostScale, rows: Sequence[FrontRow]) -> None:
    """The front as a staircase: what the money buys, up to the next design that none beats."""
    front = [rows[place] for place in front_line(rows, axis)]
    axes.step(
        [scale.place(axis.of(row)) for row in front],
        [100 * row.test_accuracy for row in front],
        where="post",
        color=FRONT_LINE,
        linewidth=0.9,
        zorder=1.5,
        label="front, by forecast",
    )


class _Marks:
    """Marks of a plot, and the places that no label may cover, in points from the figure's corner when asked for."""

    def __init__(self, axes: Axes):
        self._axes = axes
        self._points: list[tuple[float, float, float]] = []
        self._intervals: list[tuple[float, float, float]] = []

    def draw(self, points: Sequence[tuple[float, float]], *, markersize: float, **style: object) -> None:
        """Marks of a kind; none where there are no points, so that no legend names what is not there."""
        if points:
            self._axes.plot(*zip(*points, strict=True), linestyle="", markersize=markersize, **style)
            self._points += [(x, y, 0.7 * markersize) for x, y in points]

    def draw_interval(self, x: float, share: Accuracy, **style: object) -> None:
        """A mark with its 95 % interval; ``share`` is drawn in per cent."""
        y, low, high = 100 * share.value, 100 * share.low, 100 * share.high
        self._axes.errorbar(
            x, y, yerr=[[y - low], [high - y]], linestyle="", markersize=6, elinewidth=1, capsize=2, zorder=3, **style
        )
        self._points.append((x, y, 4.5))
        self._intervals.append((x, low, high))

    def boxes(self) -> list[Box]:
        """In points, once the plot has its final limits."""
        boxes = []
        for x, y, reach in self._points:
            boxes.append(Box.around(*in_points(self._axes, x, y), reach))
        for x, low, high in self._intervals:
            (left, bottom), (_, top) = in_points(self._axes, x, low), in_points(self._axes, x, high)
            boxes.append(Box(left - 2.5, bottom, left + 2.5, top))
        return boxes


def in_points(axes: Axes, x: float, y: float) -> tuple[float, float]:
    """A place of the plot in points (1/72 inch) from the figure's lower left corner."""
    across, up = axes.transData.transform((x, y)) * 72 / axes.figure.dpi
    return float(across), float(up)


def write_labels(
    axes: Axes,
    labels: Sequence[str],
    points: Sequence[tuple[float, float]],
    taken: Callable[[], list[Box]],
    *,
    color: str,
    fontsize: float = 5.5,
) -> None:
    """Writes a label beside each point where it covers nothing; a line leads to one that stands far from its mark.

    The plot must be finished: its layout is settled here and kept. A label without any free place is left out.
    """
    if not labels:
        return
    figure = axes.figure
    figure.draw_without_rendering()
    figure.set_layout_engine("none")  # else saving it might move what the labels were placed around
    texts = [
        axes.annotate(label, point, fontsize=fontsize, color=color) for label, point in zip(labels, points, strict=True)
    ]
    extents = [text.get_window_extent() for text in texts]
    sizes = [(extent.width * 72 / figure.dpi + 2, extent.height * 72 / figure.dpi + 1) for extent in extents]
    window = axes.get_window_extent()
    frame = Box(*(edge * 72 / figure.dpi for edge in (window.x0, window.y0, window.x1, window.y1)))
    places = [in_points(axes, *point) for point in points]
    boxes = place_labels(places, sizes, taken=taken(), frame=frame, reach=4.5)
    for text, box, (x, y) in zip(texts, boxes, places, strict=True):
        if box is None:
            text.remove()
            continue
        text.set(anncoords="offset points", position=(box.left + 1 - x, box.bottom + 0.5 - y), va="bottom", ha="left")
        near = min(max(x, box.left), box.right), min(max(y, box.bottom), box.top)
        if math.hypot(near[0] - x, near[1] - y) > _FAR_POINTS:
            offset = near[0] - x, near[1] - y
            line = {"arrowstyle": "-", "color": color, "linewidth": 0.4, "shrinkA": 0, "shrinkB": 3}
            axes.annotate("", text.xy, xytext=offset, textcoords="offset points", arrowprops=line)


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
    slanted = size * max(map(len, labels)) > _LETTERS_ACROSS
    axes.set_xticks(range(size), labels, rotation=40 if slanted else 0, ha="right" if slanted else "center")
    if slanted:
        for label in axes.get_xticklabels():
            label.set_rotation_mode("anchor")
    axes.set_yticks(range(size), labels)
    axes.set_xlabel("Class named by the circuit")
    axes.set_ylabel("True class")
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    return figure


def draw_comparison(record: RunRecord) -> Figure:
    """Power and area of the chosen system and the exact baseline's, and of their logic, on a logarithmic scale."""
    metrics = record.metrics
    figure, axes = new_figure(1.9)
    rows = [
        ("System power, mW", "estimated_system_power_mw", metrics.ratios.system_power),
        ("System area, cm²", "estimated_system_area_cm2", metrics.ratios.system_area),
        ("Logic's power, mW", "total_power_mw", metrics.ratios.total_power),
        ("Logic's area, cm²", "area_cm2", metrics.ratios.area),
    ]
    # a technology without figures of front ends has no such figures
    rows = [row for row in rows if getattr(metrics.chosen, row[1]) is not None]
    costs = [(getattr(metrics.chosen, field), getattr(metrics.baseline, field)) for _, field, _ in rows]
    scale = CostScale.over(cost for pair in costs for cost in pair)
    for place, ((_, _, ratio), pair) in enumerate(zip(rows, costs, strict=True)):
        ours, theirs = map(scale.place, pair)
        axes.plot([ours, theirs], [place, place], color="#bbbbbb", linewidth=1.5, zorder=1)
        axes.plot(theirs, place, "s", color=BASELINE, markersize=5, label="exact baseline" if place == 0 else None)
        axes.plot(ours, place, "o", color=CHOSEN, markersize=6, label="chosen" if place == 0 else None)
        axes.annotate(
            wording.ratio(ratio),
            ((ours * theirs) ** 0.5, place),
            xytext=(0, 4.5),
            textcoords="offset points",
            ha="center",
            fontsize=7,
        )
    axes.set_yticks(range(len(rows)), [name for name, _, _ in rows])
    axes.set_ylim(len(rows) - 0.5, -0.8)
    scale.apply(axes)
    axes.grid(True, axis="x")
    figure.legend(loc="outside upper center", ncols=2, frameon=False)
    axes.tick_params(axis="y", length=0)
    return figure


def _short(label: str, limit: int = 14) -> str:
    return label if len(label) <= limit else label[: limit - 1] + "…"


_FIGURES: dict[str, Callable[[RunRecord], Figure]] = {
    "front": draw_front,
    "front_classifiers": draw_classifiers,
    "confusion": draw_confusion,
    "comparison": draw_comparison,
}
