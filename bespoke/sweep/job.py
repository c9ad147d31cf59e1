"""A whole sweep: every missing point is run, and the table is written anew after each."""

from __future__ import annotations

import csv
import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TextIO

import pandas as pd

from bespoke.documents import read_json
from bespoke.errors import InputError
from bespoke.execution import Executor, executor_of
from bespoke.files import write_text
from bespoke.run.config import RunConfig
from bespoke.run.folder_opening import hold, holds_foreign_files
from bespoke.run.progress import RunProgress, Silent
from bespoke.sweep.piece import DONE, PointWork, inner_config, one_line, run_through
from bespoke.sweep.points import Point, points_of
from bespoke.sweep.spec import SweepFile
from bespoke.sweep.tables import FIGURES, fronts, summary, write_csv, write_parquet

TO_DO = "to do"
#: Behind the swept settings, a column each.
RESULT_COLUMNS = ("status", *FIGURES, "folder")


@dataclass(frozen=True)
class SweepOutcome:
    """How a sweep ended: its table, and how many of its points failed."""

    table: Path
    points: int
    failed: int


def run_sweep(
    sweep: SweepFile,
    out: Path,
    *,
    progress: RunProgress | None = None,
    finish: Callable[[Path], None] | None = None,
    command: str = "",
    **overriding: Any,
) -> SweepOutcome:
    """Run every point that is not done yet; one that failed is tried again.

    Parameters
    ----------
    out : folder of the sweep, with ``sweep.csv``, a copy of ``sweep.toml`` and a run folder per point in ``points/``.
    finish : as in `bespoke.run.job.run`, for every point; it can be pickled.
    overriding : settings that decide no result: ``workers``, ``executor``, ``address``.

    Raises
    ------
    InputError
        if ``out`` is a file, or holds something else than a sweep; for an executor that is not there.
    """
    progress = Silent() if progress is None else progress
    points = points_of(sweep, **overriding)
    with _claimed(out):
        write_text(out / "sweep.toml", sweep.path.read_text(encoding="utf-8"))
        table = Table(out, points, states(out, points))
        table.write()
        progress.stage("points")
        to_run = [index for index, state in enumerate(table.status) if state != DONE and points[index].config]
        if to_run:
            with _executor(points[to_run[0]].config, out) as executor:
                _run_points(executor, table, to_run, progress, partial(PointWork, command=command, finish=finish))
        progress.update(1.0)
        table.write_all()
    return SweepOutcome(table.path, len(points), sum(state != DONE for state in table.status))


def _executor(config: RunConfig | None, out: Path) -> Executor:
    """The one that the settings name; all points name the same."""
    assert config is not None
    return executor_of(config.executor, config.workers, address=config.address, keep=out / "failed")


def _run_points(
    executor: Executor,
    table: Table,
    missing: list[int],
    progress: RunProgress,
    work: Callable[[RunConfig, Path], PointWork],
) -> None:
    """All missing points, as many at a time as there are workers; the table is written anew after each."""
    lock, done = threading.Lock(), itertools.count(1)

    def one(index: int, config: RunConfig) -> None:
        point = table.points[index]
        state = run_through(executor, work(inner_config(config, executor, len(missing)), table.out / point.folder))
        with lock:
            table.status[index] = state
            table.write()
            progress.update(next(done) / len(missing), Path(point.folder).name)

    executor.beside([partial(one, index, config) for index in missing if (config := table.points[index].config)])


class Table:
    """``sweep.csv`` as it grows: of every point how it stands, and its figures once it is done."""

    def __init__(self, out: Path, points: list[Point], status: list[str]):
        self.out, self.points, self.status = out, points, status
        self.path = out / "sweep.csv"
        self._figures: dict[str, tuple[Any, ...]] = {}

    def write(self) -> pd.DataFrame:
        """Write the table anew, and return it."""
        rows = [
            [*point.settings.values(), state, *self._figures_of(point, state), point.folder]
            for point, state in zip(self.points, self.status, strict=True)
        ]
        table = pd.DataFrame(rows, columns=[*self.points[0].settings, *RESULT_COLUMNS])
        table = table.astype(dict.fromkeys(FIGURES, float))
        write_csv(table, self.path)
        return table

    def write_all(self) -> None:
        """The table, and the others that come of it."""
        table = self.write()
        done = [point for point, state in zip(self.points, self.status, strict=True) if state == DONE]
        designs = fronts(self.out, done)
        write_parquet(table, self.out / "sweep.parquet")
        write_csv(summary(table, list(self.points[0].settings)), self.out / "summary.csv")
        for name, write in (("fronts.csv", write_csv), ("fronts.parquet", write_parquet)):
            if len(designs):
                write(designs, self.out / name)
            else:
                (self.out / name).unlink(missing_ok=True)

    def _figures_of(self, point: Point, state: str) -> tuple[Any, ...]:
        if state != DONE:
            return (None,) * len(FIGURES)
        if point.folder not in self._figures:
            self._figures[point.folder] = _figures(self.out / point.folder)
        return self._figures[point.folder]


def states(out: Path, points: list[Point]) -> list[str]:
    """Of every point: done, the reason why it failed or cannot be run, or to do."""
    before = _earlier_states(out / "sweep.csv")
    found = []
    for point in points:
        if point.reason is not None:
            found.append(one_line(point.reason))
        elif (out / point.folder / "metrics.json").is_file():
            found.append(DONE)
        else:
            reason = before.get(point.folder, TO_DO)
            found.append(TO_DO if reason == DONE else reason)
    return found


def _earlier_states(table: Path) -> dict[str, str]:
    if not table.is_file():
        return {}
    with table.open(encoding="utf-8", newline="") as source:
        return {row["folder"]: row["status"] for row in csv.DictReader(source) if row.get("folder")}


def _claimed(out: Path) -> TextIO:
    """A new folder, an empty one, or one of a sweep, kept for this process while the lock that is returned is open."""
    if out.exists() and not out.is_dir():
        raise InputError(f"{out} is a file; name a folder with --out")
    if not (out / "sweep.toml").is_file() and holds_foreign_files(out):
        raise InputError(f"folder {out} holds files that are not of a sweep; name another with --out")
    out.mkdir(parents=True, exist_ok=True)
    return hold(out, by="sweep")


def _figures(folder: Path) -> tuple[Any, ...]:
    chosen = read_json(folder / "metrics.json", "metrics")["chosen"]
    accuracy = chosen["accuracy"]["test"]
    return (None if accuracy is None else accuracy["value"], *(chosen[name] for name in FIGURES[1:]))
