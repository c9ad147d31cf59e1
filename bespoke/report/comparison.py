"""Several runs side by side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from bespoke.errors import InputError
from bespoke.report import wording
from bespoke.report.foreign import foreign_row
from bespoke.report.reading import BASELINE_ORIGIN, RunRecord, read_run
from bespoke.report.robustness import share
from bespoke.run.config import DEVICE_YIELD
from bespoke.run.metrics import DesignMetrics, RunMetrics


@dataclass(frozen=True)
class Column:
    """A column of ``compare_runs``: its name there, what people read over it, and its unit, empty where it has none."""

    name: str
    title: str
    unit: str = ""

    @property
    def heading(self) -> str:
        return f"{self.title}, {self.unit}" if self.unit else self.title

    @property
    def is_text(self) -> bool:
        """Whether it holds words, which stand to the left, and not figures."""
        return self.name in ("design", "data", "technology", "topology", "front_end", "power_source")


COLUMNS = (
    Column("design", "Design"),
    Column("data", "Data"),
    Column("technology", "Technology"),
    Column("topology", "Topology"),
    Column("test_accuracy", "Test accuracy"),
    Column("test_accuracy_low", "Test accuracy from"),
    Column("test_accuracy_high", "Test accuracy to"),
    Column("forecast_accuracy", "Forecast accuracy"),
    Column("forecast_low", "Forecast accuracy from"),
    Column("forecast_high", "Forecast accuracy to"),
    Column("expected_printed_accuracy", f"Expected accuracy of prints at device yield {DEVICE_YIELD:g}"),
    Column("share_of_good_prints", f"Good prints at device yield {DEVICE_YIELD:g}"),
    Column("front_end", "Front end"),
    Column("estimated_system_power_mw", "System power", "mW"),
    Column("estimated_system_area_cm2", "System area", "cm²"),
    Column("comparators", "Comparators"),
    Column("power_source", "Power source of the system"),
    Column("area_cm2", "Classifier's area", "cm²"),
    Column("static_power_mw", "Classifier's static power", "mW"),
    Column("total_power_mw", "Classifier's total power", "mW"),
    Column("cells", "Cells"),
    Column("delay_ms", "Delay", "ms"),
    Column("delay_is_indicative", "Delay is indicative"),
    Column("system_power_ratio", "Ratio, system power"),
    Column("system_area_ratio", "Ratio, system area"),
    Column("area_ratio", "Ratio, classifier's area"),
    Column("power_ratio", "Ratio, classifier's power"),
)
#: By the name of an accuracy: its interval.
_INTERVALS = {
    "test_accuracy": ("test_accuracy_low", "test_accuracy_high"),
    "forecast_accuracy": ("forecast_low", "forecast_high"),
}
_LIMITS = tuple(limit for interval in _INTERVALS.values() for limit in interval)
#: What stands within another column's cell, unless it is named.
_WITHIN = (*_LIMITS, "delay_is_indicative")
#: What a sign before a delay means.
INDICATIVE_DELAYS = "Delays marked ~ are indicative: printed loads lie outside the library's delay tables."
_RATIOS = tuple(column.name for column in COLUMNS if column.name.endswith("_ratio"))
#: What a narrow table shows where nobody names columns; of the classifier where nobody knows the systems' figures.
_BRIEF_SYSTEM = ("test_accuracy", "estimated_system_power_mw", "estimated_system_area_cm2", "system_power_ratio")
_BRIEF_CLASSIFIER = ("test_accuracy", "total_power_mw", "area_cm2", "area_ratio")
#: How ``compare_runs`` calls the row of a run's baseline, behind the run's name.
BASELINE_SUFFIX = ", exact baseline"


def compare_runs(
    folders: Iterable[str | Path],
    *,
    baselines: bool = True,
    foreign: Iterable[str | Path] = (),
    top: str | None = None,
    effort: str = "fast",
) -> pd.DataFrame:
    """Chosen designs of several runs, and each run's exact baseline, one design a row.

    Units stand in the column names; accuracies are on each run's test part, and as they were forecast from
    the development part, with their 95 % intervals. The system is
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
        chosen = _row(name, metrics, metrics.chosen, chosen=True)
        rows.append(chosen | _prints_of_chosen(metrics))
        if baselines:
            baseline = _row(f"{name}{BASELINE_SUFFIX}", metrics, metrics.baseline, chosen=False)
            rows.append(baseline | _prints_of_baseline(record))
    rows += [foreign_row(path, records[0], top=top, effort=effort) for path in foreign]
    frame = pd.DataFrame(rows, columns=[column.name for column in COLUMNS])
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
        "forecast_accuracy": design.forecast_accuracy,
        "forecast_low": design.forecast_low,
        "forecast_high": design.forecast_high,
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
        "delay_is_indicative": design.delay_is_indicative,
        "system_power_ratio": metrics.ratios.system_power if chosen else None,
        "system_area_ratio": metrics.ratios.system_area if chosen else None,
        "area_ratio": metrics.ratios.area if chosen else None,
        "power_ratio": metrics.ratios.total_power if chosen else None,
    }


_PRINTS = ("expected_printed_accuracy", "share_of_good_prints")


def _prints_of_chosen(metrics: RunMetrics) -> dict[str, object]:
    """Prints of the chosen design as the run counted them; nothing where it did so at another device yield."""
    summary = metrics.robustness
    return {name: getattr(summary, name) for name in _PRINTS} if _is_compared(metrics) else {}


def _prints_of_baseline(record: RunRecord) -> dict[str, object]:
    """Prints of the exact baseline, which front.csv has at the run's own device yield."""
    row = next((row for row in record.front if row.origin == BASELINE_ORIGIN), None)
    return {name: getattr(row, name) for name in _PRINTS} if row is not None and _is_compared(record.metrics) else {}


def _is_compared(metrics: RunMetrics) -> bool:
    """Whether the run's figures of prints are at the yield that is compared, without drift beside it."""
    summary = metrics.robustness
    return summary is not None and summary.device_yield == DEVICE_YIELD and not summary.threshold_sigma


def named_columns(names: Iterable[str]) -> tuple[str, ...]:
    """Columns of ``compare_runs`` by name, the design's first, each once.

    Raises
    ------
    InputError
        naming what is no column, and all that are.
    """
    known = [column.name for column in COLUMNS]
    names = [name.strip() for name in names]
    for name in names:
        if name not in known:
            raise InputError(f"{name!r} is no column of the comparison; it has {', '.join(known)}")
    return tuple(dict.fromkeys(["design", *names]))


def brief_columns(frame: pd.DataFrame) -> tuple[str, ...]:
    """The few columns that say most."""
    priced = frame["estimated_system_power_mw"].notna().any()
    return "design", *(_BRIEF_SYSTEM if priced else _BRIEF_CLASSIFIER)


@dataclass(frozen=True)
class Readable:
    """Columns and cells as people read them, a row a design."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]


def readable(frame: pd.DataFrame, names: Sequence[str] | None = None) -> Readable:
    """``compare_runs``' frame as text.

    Parameters
    ----------
    names : columns to show, in this order; None for all that say something, the interval beside its accuracy.
    """
    by_name = {column.name: column for column in COLUMNS}
    if names is None:
        shown = [
            column
            for column in COLUMNS
            if column.name not in _WITHIN and (frame[column.name].notna().any() or _is_told(column.name, frame))
        ]
    else:
        shown = [by_name[name] for name in names]
    rows = tuple(tuple(_cell(column.name, row) for column in shown) for row in frame.to_dict("records"))
    return Readable(tuple(shown), rows)


def note_on(table: Readable) -> str | None:
    """What is to be said below a table; None where there is nothing."""
    places = [place for place, column in enumerate(table.columns) if column.name == "delay_ms"]
    marked = any(row[place].startswith("~") for place in places for row in table.rows)
    return INDICATIVE_DELAYS if marked else None


def _is_told(name: str, frame: pd.DataFrame) -> bool:
    """Whether a column without a value says something: that no delay is known, or that no source carries a system."""
    return name == "delay_ms" or (name == "power_source" and frame["estimated_system_power_mw"].notna().any())


def _cell(name: str, row: dict[str, object]) -> str:
    value = row[name]
    if name == "power_source" and pd.isna(value) and not pd.isna(row["estimated_system_power_mw"]):
        return "none"
    if pd.isna(value):
        return "–"
    if name in _INTERVALS:
        low, high = (row[limit] for limit in _INTERVALS[name])
        return f"{value:.3f} [{low:.3f}, {high:.3f}]"
    if name in _LIMITS or name == "expected_printed_accuracy":
        return f"{value:.3f}"
    if name == "delay_is_indicative":
        return "yes" if value else "no"
    if name == "delay_ms" and row["delay_is_indicative"]:
        return f"~{wording.figures(float(value))}"
    if name == "share_of_good_prints":
        return share(float(value))
    if name in _RATIOS:
        return wording.ratio(float(value))
    return wording.figures(float(value)) if isinstance(value, float) else str(value)
