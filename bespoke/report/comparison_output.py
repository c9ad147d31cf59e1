"""A comparison as people read it: on the terminal, in Markdown, as a page, in LaTeX."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

import pandas as pd
from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table

from bespoke import __version__
from bespoke.report.comparison import BASELINE_SUFFIX, Column, Readable, brief_columns, note_on, readable
from bespoke.report.rendering import render_page

#: Letters of a design's name in a table of a design a row; a longer one goes on in a further line.
_NAME_WIDTH = 27
#: Letters of a heading in a line.
_HEADING_WIDTH = 10
_GAP = 2
#: What the page's second table shows; all other columns are in its first.
_CLASSIFIER = ("technology", "topology", "area_cm2", "static_power_mw", "total_power_mw", "cells", "delay_ms")
_CLASSIFIER_RATIOS = ("area_ratio", "power_ratio")

#: What LaTeX does not take as it stands, or shows as something else.
_LATEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "&": r"\&",
        "%": r"\%",
        "$": r"\$",
        "#": r"\#",
        "_": r"\_",
        "{": r"\{",
        "}": r"\}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        "[": "{[}",
        "]": "{]}",
        "*": "{*}",
        "²": r"\textsuperscript{2}",
        "µ": r"\textmu{}",
        "×": r"$\times$",
        "∞": r"$\infty$",
        "–": "--",
        "−": "$-$",
        "≥": r"$\geq$",
    }
)


def comparison_table(frame: pd.DataFrame, names: Sequence[str] | None = None, *, width: int) -> RenderableType:
    """The comparison for a terminal of that width.

    A design a column with every figure, where so many fit beside one another; else a design a row with the few figures
    that say most. Columns that do not fit beside one another either stand in tables below one another.

    Parameters
    ----------
    names : columns to show; None for those that fit.
    """
    shown = readable(frame, names)
    if _width_across(shown) <= width:
        parts = [_designs_across(shown)]
    else:
        shown = shown if names is not None else readable(frame, brief_columns(frame))
        below = [_designs_down(part) for part in _side_by_side(shown, width)]
        parts = [below[0], *(Group("", part) for part in below[1:])]
    note = note_on(shown)
    return Group(*parts, *(() if note is None else (note,)))


def _width_across(table: Readable) -> int:
    """Letters that a line of ``_designs_across`` needs."""
    headings = max(cell_len(column.heading) for column in table.columns)
    return headings + sum(_GAP + max(map(cell_len, row)) for row in table.rows)


def _designs_across(table: Readable) -> Table:
    shown = Table(box=None, padding=(0, _GAP, 0, 0), pad_edge=False, header_style="bold")
    shown.add_column("")
    for row in table.rows:
        shown.add_column(escape(row[0]), justify="right")
    for place, column in enumerate(table.columns[1:], start=1):
        shown.add_row(column.heading, *(escape(row[place]) for row in table.rows))
    return shown


def _heading_lines(column: Column) -> list[str]:
    return [
        *textwrap.wrap(column.title, _HEADING_WIDTH, break_long_words=False),
        *([column.unit] if column.unit else []),
    ]


def _column_width(table: Readable, place: int) -> int:
    cells = [row[place] for row in table.rows]
    if place == 0:
        return min(_NAME_WIDTH, max(map(cell_len, cells), default=0))
    return max(map(cell_len, [*_heading_lines(table.columns[place]), *cells]))


def _side_by_side(table: Readable, width: int) -> list[Readable]:
    """Parts of a table that fit, each behind the names of the designs."""
    name = _column_width(table, 0)
    parts: list[list[int]] = []
    used = width + 1
    for place in range(1, len(table.columns)):
        needed = _GAP + _column_width(table, place)
        if used + needed > width:
            parts.append([0])
            used = name
        parts[-1].append(place)
        used += needed
    return [
        Readable(tuple(table.columns[p] for p in part), tuple(tuple(row[p] for p in part) for row in table.rows))
        for part in parts or [[0]]
    ]


def _designs_down(table: Readable) -> Table:
    """A design a row; a baseline stands under its design, whose name it need not repeat."""
    shown = Table(box=None, padding=(0, _GAP, 0, 0), pad_edge=False, header_style="bold")
    for place, column in enumerate(table.columns):
        width = _column_width(table, place)
        heading = "\n".join(_heading_lines(column))
        shown.add_column(
            heading, justify="left" if column.is_text else "right", width=width, overflow="fold", vertical="bottom"
        )
    before = None
    for row in table.rows:
        name = row[0]
        own = before is not None and name == before + BASELINE_SUFFIX
        shown.add_row("  exact baseline" if own else escape(name), *map(escape, row[1:]))
        before = name
    return shown


def comparison_markdown(frame: pd.DataFrame, names: Sequence[str] | None = None) -> str:
    """``compare_runs``' frame as a Markdown table."""
    table = readable(frame, names)

    def line(cells: Iterable[str]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"

    headings = [column.heading for column in table.columns]
    rules = ["---" if column.is_text else "---:" for column in table.columns]
    note = note_on(table)
    below = [] if note is None else ["", note]
    return "\n".join([line(headings), line(rules), *map(line, table.rows), *below]) + "\n"


def comparison_html(frame: pd.DataFrame, names: Sequence[str] | None = None) -> str:
    """``compare_runs``' frame as a page in the report's style; every text in it is escaped."""
    table = readable(frame, names)
    shown = [column.name for column in table.columns]
    behind = [name for name in (*_CLASSIFIER, *_CLASSIFIER_RATIOS) if name in shown]
    first = [name for name in shown if name not in behind]
    groups = [("The systems", first), ("The classifiers, without their front ends", ["design", *behind])]
    if names is not None or len(first) < 2 or not behind:  # what was named stands together
        groups = [("The designs", shown)]
    return render_page(
        "comparison.html.j2",
        name="comparison",
        version=__version__,
        scripts=("page.js",),
        groups=[(title, readable(frame, part)) for title, part in groups],
        designs=len(frame),
        data=sorted({str(name) for name in frame["data"]}),
        technologies=sorted({str(name) for name in frame["technology"]}),
        ratios=frame["system_power_ratio"].notna().any() or frame["area_ratio"].notna().any(),
        baseline_suffix=BASELINE_SUFFIX,
        note=note_on(table),
    )


def comparison_latex(frame: pd.DataFrame, names: Sequence[str] | None = None) -> str:
    """``compare_runs``' frame as a LaTeX table for the package booktabs, units under the headings.

    Without ``names`` it has the few columns that say most: a page is narrow.
    """
    table = readable(frame, brief_columns(frame) if names is None else names)
    units = [f"({latex_text(column.unit)})" if column.unit else "" for column in table.columns]
    note = note_on(table)
    lines = [
        "% needs \\usepackage{booktabs}; intervals are 95 %",
        *([] if note is None else [f"% {note}"]),
        f"\\begin{{tabular}}{{{''.join('l' if column.is_text else 'r' for column in table.columns)}}}",
        "\\toprule",
        latex_row(latex_text(column.title) for column in table.columns),
        *([latex_row(units)] if any(units) else []),
        "\\midrule",
        *(latex_row(map(latex_text, row)) for row in table.rows),
        "\\bottomrule",
        "\\end{tabular}",
    ]
    return "\n".join(lines) + "\n"


def latex_text(text: str) -> str:
    """Text as LaTeX shows it."""
    return " ".join(text.split()).translate(_LATEX)


def latex_row(cells: Iterable[str]) -> str:
    """A line of a LaTeX table, of cells that are LaTeX already."""
    return " & ".join(cells) + r" \\"
