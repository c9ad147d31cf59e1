"""A whole sweep: every missing point is run, and the table is written anew after each."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bespoke.documents import read_json
from bespoke.errors import BespokeError, InputError
from bespoke.files import write_text
from bespoke.run.progress import RunProgress, Silent
from bespoke.sweep.points import Point, points_of
from bespoke.sweep.spec import SweepFile

DONE = "done"
TO_DO = "to do"
#: Behind the swept settings, a column each.
RESULT_COLUMNS = (
    "status",
    "test_accuracy",
    "forecast_accuracy",
    "area_cm2",
    "estimated_system_power_mw",
    "folder",
)


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
    finish : as in `bespoke.run.job.run`, for every point.
    overriding : settings that decide no result, such as ``workers``.

    Raises
    ------
    InputError
        if ``out`` is a file, or holds something else than a sweep.
    """
    progress = Silent() if progress is None else progress
    points = points_of(sweep, **overriding)
    _claim(out)
    write_text(out / "sweep.toml", sweep.path.read_text(encoding="utf-8"))
    status = states(out, points)
    table = out / "sweep.csv"
    _write_table(table, out, points, status)
    progress.stage("points")
    missing = [index for index, state in enumerate(status) if state != DONE]
    for done, index in enumerate(missing):
        point = points[index]
        progress.update(done / len(missing), Path(point.folder).name)
        status[index] = _run_point(point, out, finish, command)
        _write_table(table, out, points, status)
    progress.update(1.0)
    return SweepOutcome(table, len(points), sum(state != DONE for state in status))


def states(out: Path, points: list[Point]) -> list[str]:
    """Of every point: done, the reason why it failed or cannot be run, or to do."""
    before = _earlier_states(out / "sweep.csv")
    found = []
    for point in points:
        if point.reason is not None:
            found.append(_one_line(point.reason))
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


def _claim(out: Path) -> None:
    """A new folder, an empty one, or one of a sweep."""
    if out.exists() and not out.is_dir():
        raise InputError(f"{out} is a file; name a folder with --out")
    if out.is_dir() and any(out.iterdir()) and not (out / "sweep.toml").is_file():
        raise InputError(f"folder {out} holds files that are not of a sweep; name another with --out")


def _run_point(point: Point, out: Path, finish: Callable[[Path], None] | None, command: str) -> str:
    """`done`, or why not: a point that fails is no reason to leave the others."""
    if point.config is None:
        return _one_line(point.reason or "")
    from bespoke.run.job import run  # heavy: only when a run starts

    try:
        run(point.config, out / point.folder, command=command, finish=finish)
    except BespokeError as error:
        return _one_line(str(error))
    except MemoryError:
        return "the machine ran out of memory"
    return DONE


def _one_line(text: str) -> str:
    return text.strip().split("\n", 1)[0]


def _write_table(path: Path, out: Path, points: list[Point], status: list[str]) -> None:
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow([*points[0].settings, *RESULT_COLUMNS])
    for point, state in zip(points, status, strict=True):
        figures = _figures(out / point.folder) if state == DONE else ("",) * 4
        writer.writerow([*point.settings.values(), state, *figures, point.folder])
    write_text(path, sink.getvalue())


def _figures(folder: Path) -> tuple[Any, ...]:
    chosen = read_json(folder / "metrics.json", "metrics")["chosen"]
    accuracy = chosen["accuracy"]["test"]
    figures = (
        None if accuracy is None else accuracy["value"],
        chosen["forecast_accuracy"],
        chosen["area_cm2"],
        chosen["estimated_system_power_mw"],
    )
    return tuple("" if figure is None else figure for figure in figures)
