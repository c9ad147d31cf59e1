"""The summary of a sweep as people and papers read it: mean ± standard deviation, a combination of settings a row."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

import pandas as pd

from bespoke.report.comparison_output import latex_row, latex_text
from bespoke.sweep.tables import DEVIATION, FIGURES, MEAN

_HEADINGS = {
    "test_accuracy": "test accuracy, %",
    "forecast_accuracy": "forecast accuracy, %",
    "area_cm2": "area, cm²",
    "estimated_system_power_mw": "est. system power, mW",
}
NOTE = "mean ± standard deviation over n points that are done, of the swept seeds and splits"


def headings(summary: pd.DataFrame) -> tuple[str, ...]:
    """Of the columns that `rows` has."""
    return (*_settings(summary), "n", *(_HEADINGS[figure] for figure in FIGURES))


def rows(summary: pd.DataFrame) -> list[tuple[str, ...]]:
    """``summary.csv`` as text: settings, number of points, and every figure as mean ± standard deviation."""
    return [
        (
            *(str(row[name]) for name in _settings(summary)),
            str(row["n"]),
            *(
                plus_minus(row[figure + MEAN], row[figure + DEVIATION], percent=figure.endswith("accuracy"))
                for figure in FIGURES
            ),
        )
        for row in summary.to_dict("records")
    ]


def plus_minus(mean: float, deviation: float, *, percent: bool = False) -> str:
    """``95.6 ± 1.2``; two digits of the deviation where it is small, and the mean alone where there is none."""
    if math.isnan(mean):
        return "–"
    if percent:
        mean, deviation = 100 * mean, 100 * deviation
    if percent or math.isnan(deviation) or deviation == 0:
        decimals = 1 if percent else _decimals(mean, digits=3)
    else:
        decimals = max(_decimals(mean, digits=3), _decimals(deviation, digits=2))
    first = f"{mean:.{decimals}f}"
    return first if math.isnan(deviation) else f"{first} ± {deviation:.{decimals}f}"


def summary_text(summary: pd.DataFrame) -> str:
    """The summary for a terminal."""
    lines = [headings(summary), *rows(summary)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    left = len(_settings(summary))
    shown = [
        "  ".join(
            cell.ljust(width) if place < left else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
    return "\n".join([*shown, NOTE]) + "\n"


def summary_latex(summary: pd.DataFrame) -> str:
    """The summary as a LaTeX table for the package booktabs."""
    left = len(_settings(summary))
    names = headings(summary)
    lines = [
        f"% needs \\usepackage{{booktabs}}; {NOTE.replace('±', '+-')}",
        f"\\begin{{tabular}}{{{'l' * left}{'r' * (len(names) - left)}}}",
        "\\toprule",
        latex_row(map(latex_text, names)),
        "\\midrule",
        *(latex_row(latex_text(cell).replace("±", "$\\pm$") for cell in row) for row in rows(summary)),
        "\\bottomrule",
        "\\end{tabular}",
    ]
    return "\n".join(lines) + "\n"


def summary_json(summary: pd.DataFrame) -> str:
    """The content of ``summary.csv``, unrounded; null where there is no figure."""
    return json.dumps(json.loads(summary.to_json(orient="records", double_precision=15)), indent=1) + "\n"


def _settings(summary: pd.DataFrame) -> Sequence[str]:
    return list(summary.columns[: summary.columns.get_loc("n")])


def _decimals(value: float, *, digits: int) -> int:
    """Behind the point, so that so many digits of the value are shown; none for large ones."""
    return 0 if value == 0 else min(9, max(0, digits - 1 - math.floor(math.log10(abs(value)))))
