"""Several runs side by side."""

from __future__ import annotations

import html
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from bespoke.errors import InputError
from bespoke.pipeline.metrics import DesignMetrics, RunMetrics
from bespoke.report import wording
from bespoke.report.foreign import foreign_row
from bespoke.report.reading import read_run

#: Columns of ``compare_runs``: name, and heading for people.
_COLUMNS: tuple[tuple[str, str], ...] = (
    ("design", "Design"),
    ("data", "Data"),
    ("technology", "Technology"),
    ("topology", "Topology"),
    ("test_accuracy", "Test accuracy"),
    ("test_accuracy_low", "from"),
    ("test_accuracy_high", "to"),
    ("front_end", "Front end"),
    ("estimated_system_power_mw", "System power, mW"),
    ("estimated_system_area_cm2", "System area, cm²"),
    ("comparators", "Comparators"),
    ("power_source", "Power source of the system"),
    ("area_cm2", "Classifier's area, cm²"),
    ("static_power_mw", "its static power, mW"),
    ("total_power_mw", "its total power, mW"),
    ("cells", "Cells"),
    ("delay_ms", "Delay, ms"),
    ("system_power_ratio", "Ratio, system power"),
    ("system_area_ratio", "Ratio, system area"),
    ("area_ratio", "Ratio, classifier's area"),
    ("power_ratio", "Ratio, classifier's power"),
)
_RATIOS = tuple(name for name, _ in _COLUMNS if name.endswith("_ratio"))


def compare_runs(
    folders: Iterable[str | Path],
    *,
    baselines: bool = True,
    foreign: Iterable[str | Path] = (),
    top: str | None = None,
    effort: str = "fast",
) -> pd.DataFrame:
    """Chosen designs of several runs, and each run's exact baseline, one design a row.

    Units stand in the column names; accuracies are on each run's test part with their 95 % interval. The system is
    classifier and front end, and the power source is the weakest that carries it. Ratios are baseline over design,
    missing in other rows.

    Parameters
    ----------
    baselines : also list each run's exact baseline.
    foreign : Verilog files of other classifiers with the interface of the first run's, measured on that run's
        technology and test vectors.
    top : the foreign files' module; None for the one that no other instantiates.
    effort : spent on mapping foreign Verilog that is no netlist yet.

    Raises
    ------
    InputError
        naming the folder that is not a finished run.
    """
    rows = []
    records = [read_run(folder) for folder in folders]
    foreign = [Path(path) for path in foreign]
    if foreign and not records:
        raise InputError("foreign Verilog is measured on a run's data and technology; name a run beside it")
    for record in records:
        folder, metrics = record.folder, record.metrics
        name = folder.resolve().name
        rows.append(_row(name, metrics, metrics.chosen, chosen=True))
        if baselines:
            rows.append(_row(f"{name}, exact baseline", metrics, metrics.baseline, chosen=False))
    rows += [foreign_row(path, records[0], top=top, effort=effort) for path in foreign]
    frame = pd.DataFrame(rows, columns=[name for name, _ in _COLUMNS])
    frame["comparators"] = frame["comparators"].astype("Int64")  # counts, although some may be unknown
    return frame


def _row(name: str, metrics: RunMetrics, design: DesignMetrics, *, chosen: bool) -> dict[str, object]:
    test = design.accuracy.test
    return {
        "design": name,
        "data": metrics.data.name,
        "technology": metrics.technology,
        "topology": wording.topology(design),
        "test_accuracy": test.value,
        "test_accuracy_low": test.low,
        "test_accuracy_high": test.high,
        "front_end": wording.front_end(design.front_end),
        "estimated_system_power_mw": design.estimated_system_power_mw,
        "estimated_system_area_cm2": design.estimated_system_area_cm2,
        "comparators": design.comparators,
        "power_source": None if design.estimated_system_power_mw is None else design.power_source,
        "area_cm2": design.area_cm2,
        "static_power_mw": design.static_power_mw,
        "total_power_mw": design.total_power_mw,
        "cells": design.cells,
        "delay_ms": design.delay_ms,
        "system_power_ratio": metrics.ratios.system_power if chosen else None,
        "system_area_ratio": metrics.ratios.system_area if chosen else None,
        "area_ratio": metrics.ratios.area if chosen else None,
        "power_ratio": metrics.ratios.total_power if chosen else None,
    }


def readable_rows(frame: pd.DataFrame) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Headings and cells of ``compare_runs``' frame as text, without columns that say nothing."""
    shown = [
        (name, heading)
        for name, heading in _COLUMNS
        if name in frame
        and name not in ("test_accuracy_low", "test_accuracy_high")
        and (frame[name].notna().any() or _is_told(name, frame))
    ]
    rows = [tuple(_cell(name, row) for name, _ in shown) for row in frame.to_dict("records")]
    return tuple(heading for _, heading in shown), rows


def _is_told(name: str, frame: pd.DataFrame) -> bool:
    """Whether a column without a value says something: that no delay is known, or that no source carries a system."""
    return name == "delay_ms" or (name == "power_source" and frame["estimated_system_power_mw"].notna().any())


def _cell(name: str, row: dict[str, object]) -> str:
    value = row[name]
    if name == "power_source" and pd.isna(value) and not pd.isna(row["estimated_system_power_mw"]):
        return "none"
    if pd.isna(value):
        return "–"
    if name == "test_accuracy":
        return f"{value:.3f} [{row['test_accuracy_low']:.3f}, {row['test_accuracy_high']:.3f}]"
    if name in _RATIOS:
        return wording.ratio(float(value))
    return wording.figures(float(value)) if isinstance(value, float) else str(value)


def comparison_markdown(frame: pd.DataFrame) -> str:
    """``compare_runs``' frame as a Markdown table."""
    headings, rows = readable_rows(frame)

    def line(cells: Iterable[str]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"

    return "\n".join([line(headings), line("---" for _ in headings), *(line(row) for row in rows)]) + "\n"


def comparison_html(frame: pd.DataFrame) -> str:
    """``compare_runs``' frame as an HTML table; every text in it is escaped."""
    headings, rows = readable_rows(frame)
    head = "".join(f'<th scope="col">{html.escape(heading)}</th>' for heading in headings)
    body = "\n".join(
        "<tr>"
        + "".join(
            f'<th scope="row">{html.escape(cell)}</th>' if index == 0 else f"<td>{html.escape(cell)}</td>"
            for index, cell in enumerate(row)
        )
        + "</tr>"
        for row in rows
    )
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>\n"
