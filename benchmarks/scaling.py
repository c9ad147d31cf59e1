"""Seconds and peak memory against samples, inputs, classes, neurons and workers; a sweep; the goal for long data.

    python benchmarks/scaling.py                                             # every part, for hours
    python benchmarks/scaling.py --parts samples,inputs --workers 2
    python benchmarks/scaling.py --parts samples,inputs,workers --quick      # tiny cells, to see that it works

A cell is one `bespoke` command in a process of its own on synthetic data, made here and written to the folder as CSV.
Its seconds are those on the clock, reading and start-up included; `stage_seconds` are the stages that `seconds.json`
of its run folder counts. Its memory is the largest sum over all processes of the command, sampled every
`SAMPLE_SECONDS`, shared pages shared out among them (PSS). Every finished cell is a row of `scaling.csv` and is not run
again; cells of other settings, the short ones of `--quick` too, are other rows. A cell that fails has no row: the next
call tries it again. Where the system has no `/proc`, there is no memory.

Nothing else should run meanwhile. Kernels are compiled by a command that is not counted.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from sklearn.datasets import make_classification

from bespoke.files import write_bytes, write_text
from bespoke.report.figures import BASELINE, LOGIC, rendered

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SAMPLE_SECONDS = 0.2
#: Rows of the CSV that are text at a time.
BLOCK = 50_000
SAMPLES = (1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000)
#: The widest are those of known sets: Arrhythmia, human activity, gas sensors' drift and the like.
INPUTS = (10, 21, 48, 96, 274, 561, 753)
CLASSES = (2, 4, 8, 16, 26)
HIDDEN = (2, 4, 8, 16, 32)
SWEEP_POINTS = 60
#: Goals: how much two cores are faster than one; minutes and GiB of a run on 10⁵ samples of 20 inputs.
SPEED_UP, GOAL_MINUTES, GOAL_GIB = 1.8, 15, 4.0


@dataclass(frozen=True)
class Cell:
    """A command and its data; `folds` None leaves the number to the effort."""

    part: str
    command: str = "explore"
    samples: int = 2_000
    inputs: int = 16
    classes: int = 3
    hidden: str = "3"
    effort: str = "fast"
    folds: int | None = None
    workers: int = 2
    repeat: int = 0

    @property
    def name(self) -> str:
        folds = "default" if self.folds is None else self.folds
        return (
            f"{self.part}-{self.command}-{self.samples}x{self.inputs}-classes{self.classes}-hidden{self.hidden}"
            f"-{self.effort}-folds{folds}-workers{self.workers}-{self.repeat}"
        )


@dataclass(frozen=True)
class Measured:
    """What a command took; `peak_mib` is 0 and `stage_seconds` NaN where nobody counted."""

    seconds: float
    peak_mib: float
    stage_seconds: float = math.nan


class Bench:
    """The folder of the cells and the table of the finished ones."""

    def __init__(self, arguments: argparse.Namespace):
        self.arguments = arguments
        self.out: Path = arguments.out
        self.table = self.out / "scaling.csv"
        self.failed: list[str] = []
        self._is_warm = arguments.quick

    def measured(self, cell: Cell) -> Measured | None:
        """Read back or run; None where the command failed."""
        found = self.finished().get(cell.name)
        if found is None:
            found = self._run(cell)
        if found is not None:
            stages = "" if math.isnan(found.stage_seconds) else f", {found.stage_seconds:.1f} s of them in stages"
            print(f"{cell.name}: {found.seconds:.1f} s{stages}, {found.peak_mib:.0f} MiB", flush=True)
        return found

    def folder(self, cell: Cell) -> Path:
        return self.out / "cells" / cell.name

    def record(self, cell: Cell, measured: Measured) -> None:
        is_new = not self.table.is_file()
        with self.table.open("a", encoding="utf-8", newline="") as sink:
            writer = csv.writer(sink, lineterminator="\n")
            if is_new:
                writer.writerow(["name", *(field.name for field in (*fields(Cell), *fields(Measured)))])
            writer.writerow([cell.name, *asdict(cell).values(), *asdict(measured).values()])

    def started(self, name: str, *command: str | Path) -> Measured | None:
        """A command of bespoke from its start to its end, what it says kept in a log."""
        log = self.out / "logs" / f"{name}.txt"
        log.parent.mkdir(parents=True, exist_ok=True)
        environment = dict(os.environ)
        if self.arguments.data_dir:
            environment["BESPOKE_DATA"] = self.arguments.data_dir
        with log.open("w", encoding="utf-8") as sink:
            code, measured = watched([sys.executable, "-m", "bespoke", *map(str, command)], sink, environment)
        if code == 0:
            return measured
        said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
        print(f"{name}: failed with exit code {code}: {''.join(said)}; more in {log}", flush=True)
        self.failed.append(name)
        return None

    def _run(self, cell: Cell) -> Measured | None:
        self._warm_up()
        data, folder = self._data(cell), self.folder(cell)
        shutil.rmtree(folder, ignore_errors=True)  # what a stopped call left would make this one shorter
        measured = self.started(cell.name, *_command(cell, data, folder))
        if measured is None:
            return None
        counted = folder / "seconds.json"
        if counted.is_file():
            stages = json.loads(counted.read_text(encoding="utf-8"))
            measured = replace(measured, stage_seconds=round(sum(stages.values()), 3))
        self.record(cell, measured)
        return measured

    def _warm_up(self) -> None:
        """Every kernel compiled, and the package's files in the system's cache."""
        if not self._is_warm:
            self._is_warm = True
            cell = Cell("warm-up", samples=200, inputs=4, hidden="2", folds=2)
            folder = self.folder(cell)
            shutil.rmtree(folder, ignore_errors=True)
            self.started(cell.name, *_command(cell, self._data(cell), folder))

    def finished(self) -> dict[str, Measured]:
        if not self.table.is_file():
            return {}
        names = [field.name for field in fields(Measured)]
        with self.table.open(encoding="utf-8", newline="") as source:
            return {row["name"]: Measured(*(float(row[name]) for name in names)) for row in csv.DictReader(source)}

    def _data(self, cell: Cell) -> Path:
        path = self.out / "data" / f"{cell.samples}x{cell.inputs}-{cell.classes}.csv"
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_suffix(".part")
            write_samples(unfinished, cell.samples, cell.inputs, cell.classes)
            unfinished.replace(path)
        return path


def _command(cell: Cell, data: Path, folder: Path) -> list[str | Path]:
    words = [cell.command, data, "--out", folder, "--hidden", cell.hidden, "--effort", cell.effort]
    words += ["--workers", str(cell.workers), "--seed", "0"]
    return words if cell.folds is None else [*words, "--folds", str(cell.folds)]


def write_samples(path: Path, samples: int, inputs: int, classes: int) -> None:
    """Clusters of at most ten telling inputs, a few that repeat them mixed, and noise; the class is the last column."""
    telling = min(inputs, 10)
    values, answers = make_classification(
        samples,
        inputs,
        n_informative=telling,
        n_redundant=min(inputs - telling, 5),
        n_classes=classes,
        n_clusters_per_class=1,
        class_sep=1.5,
        random_state=0,
    )
    with path.open("w", encoding="ascii") as sink:
        sink.write(",".join([*(f"x{number}" for number in range(inputs)), "class"]) + "\n")
        for start in range(0, samples, BLOCK):
            rows = np.column_stack([values[start : start + BLOCK], answers[start : start + BLOCK]])
            np.savetxt(sink, rows, fmt=[*["%.4f"] * inputs, "%d"], delimiter=",")


def watched(command: Sequence[str], sink, environment: dict[str, str]) -> tuple[int, Measured]:
    """Runs a command; its exit code, seconds and the peak of its processes' memory."""
    began, peak = time.monotonic(), 0
    with subprocess.Popen(command, stdout=sink, stderr=subprocess.STDOUT, env=environment) as process:
        seen = {process.pid}
        try:
            while True:
                try:
                    code = process.wait(SAMPLE_SECONDS)
                    break
                except subprocess.TimeoutExpired:
                    seen = _descendants(seen)
                    peak = max(peak, sum(map(_memory, seen)))
        finally:
            process.terminate()
    return code, Measured(round(time.monotonic() - began, 2), round(peak / 1024, 1))


def _descendants(known: set[int]) -> set[int]:
    """Those of the known processes that live, with all that they started; an orphan that was known stays."""
    parents = dict(_parents())
    found = known & set(parents)
    while more := {process for process, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def _parents() -> Iterator[tuple[int, int]]:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            status = (folder / "stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue  # it has ended
        yield int(folder.name), int(status.rpartition(")")[2].split()[1])


def _memory(process: int) -> int:
    """KiB of one process, pages that several share divided among them."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def _growth(bench: Bench, part: str, label: str, cells: Sequence[tuple[int, Cell]]) -> None:
    """One quantity from small to large: exponents and the plot."""
    print(f"\n{part}", flush=True)
    pairs = [(value, bench.measured(cell)) for value, cell in cells]
    points = [(value, measured) for value, measured in pairs if measured is not None]
    upper = points[len(points) // 2 :] if len(points) > 3 else points
    for title, of in (("seconds", lambda one: one.seconds), ("peak memory", lambda one: one.peak_mib)):
        print(
            f"exponent of {title} in {label}: {exponent(points, of):.2f}, "
            f"from {upper[0][0] if upper else 0} on {exponent(upper, of):.2f}"
        )
    _plot(bench, part, label, {"": points})


def exponent(points: Sequence[tuple[int, Measured]], of: Callable[[Measured], float]) -> float:
    """Slope in double logarithms; NaN for fewer than two points or where nothing was measured."""
    values = [(value, of(measured)) for value, measured in points]
    if len(values) < 2 or any(figure <= 0 for _, figure in values):
        return math.nan
    places, figures = np.log(np.array(values, dtype=float)).T
    return float(np.polyfit(places, figures, 1)[0])


def _plot(bench: Bench, part: str, label: str, series: dict[str, list[tuple[int, Measured]]]) -> None:
    if any(series.values()):
        for kind in ("svg", "png"):
            write_bytes(bench.out / f"{part}.{kind}", rendered(partial(_drawn, label, series), kind))


def _drawn(label: str, series: dict[str, list[tuple[int, Measured]]]) -> Figure:
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    figure = Figure(figsize=(3.5, 3.4), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True)
    marks = sorted({value for points in series.values() for value, _ in points})
    for (title, points), colour, marker in zip(series.items(), (LOGIC, BASELINE), "os", strict=False):
        values = [value for value, _ in points]
        style = {"color": colour, "marker": marker, "markersize": 3, "linewidth": 0.9, "label": title}
        above.plot(values, [one.seconds for _, one in points], **style)
        below.plot(values, [one.peak_mib for _, one in points], **style)
    for axes, title, figures in (
        (above, "Seconds", [one.seconds for points in series.values() for _, one in points]),
        (below, "Peak memory, MiB", [one.peak_mib for points in series.values() for _, one in points]),
    ):
        axes.set_ylabel(title)
        axes.set_xscale("log")
        axes.set_yscale("log")
        if min(figures) > 0:
            axes.set_ylim(min(figures) / 2, 2 * max(figures))  # noise of a level line is not made a slope
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(LogLocator(subs=(1, 2, 5) if axis is axes.yaxis or marks[-1] < 1_000 else (1,)))
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}" if value < 1 else f"{value:,.0f}"))
            axis.set_minor_formatter(NullFormatter())
        axes.grid(True)
    if len(marks) <= 5:  # few enough to be told one by one
        below.set_xticks(marks, labels=[str(mark) for mark in marks])
        below.set_xticks([], minor=True)
    if len(series) > 1:
        above.legend()
    below.set_xlabel(label[:1].upper() + label[1:])
    return figure


def _samples(bench: Bench, small: Cell) -> None:
    values = (300, 1_000) if bench.arguments.quick else SAMPLES
    base = small if bench.arguments.quick else replace(small, inputs=20)
    _growth(bench, "samples", "samples", [(value, replace(base, part="samples", samples=value)) for value in values])


def _inputs(bench: Bench, small: Cell) -> None:
    values = (5, 10) if bench.arguments.quick else INPUTS
    _growth(bench, "inputs", "inputs", [(value, replace(small, part="inputs", inputs=value)) for value in values])


def _classes(bench: Bench, small: Cell) -> None:
    values = (2, 4) if bench.arguments.quick else CLASSES
    _growth(bench, "classes", "classes", [(value, replace(small, part="classes", classes=value)) for value in values])


def _hidden(bench: Bench, small: Cell) -> None:
    values = (2, 3) if bench.arguments.quick else HIDDEN
    cells = [(value, replace(small, part="hidden", hidden=str(value))) for value in values]
    _growth(bench, "hidden", "hidden neurons", cells)


def _workers(bench: Bench, small: Cell) -> None:
    """Folds and islands on one and two cores, in turn so that a slower hour slows both."""
    print("\nworkers", flush=True)
    folds, islands = replace(small, part="workers"), replace(small, part="workers", folds=0)
    if not bench.arguments.quick:
        folds, islands = (replace(one, samples=1_000, effort="normal") for one in (folds, islands))
    series = {}
    for title, cell in (("folds", folds), ("islands", islands)):
        points, pairs, is_same = [], [], True
        for repeat in range(1 if bench.arguments.quick else bench.arguments.repeats):
            cells = [replace(cell, workers=workers, repeat=repeat) for workers in (1, 2)]
            one, two = (bench.measured(cell) for cell in cells)
            if one is not None and two is not None:
                pairs.append((one, two))
                points += [(1, one), (2, two)]
                is_same &= _front(bench, cells[0]) == _front(bench, cells[1])
        if pairs:
            whole = statistics.median(one.seconds / two.seconds for one, two in pairs)
            search = statistics.median(one.stage_seconds / two.stage_seconds for one, two in pairs)
            print(
                f"speed-up of {title} from one to two cores: {whole:.2f} of the command, {search:.2f} of training and "
                f"searching; goal {SPEED_UP}: {_verdict(whole >= SPEED_UP)}; "
                f"same front: {'yes' if is_same else 'NO'}"
            )
        series[title] = _medians(points)
    _plot(bench, "workers", "workers", series)


def _front(bench: Bench, cell: Cell) -> bytes:
    path = bench.folder(cell) / "explored.csv"
    return path.read_bytes() if path.is_file() else b""


def _medians(points: Sequence[tuple[int, Measured]]) -> list[tuple[int, Measured]]:
    """One point for every number of workers."""
    found = []
    for value in sorted({value for value, _ in points}):
        those = [asdict(measured) for at, measured in points if at == value]
        middle = {name: statistics.median(one[name] for one in those) for name in those[0]}
        found.append((value, Measured(**middle)))
    return found


def _sweep(bench: Bench, small: Cell) -> None:
    """Iris over seeds; the second call finds everything done."""
    points = 2 if bench.arguments.quick else SWEEP_POINTS
    print(f"\nsweep of {points} points", flush=True)
    file, folder = bench.out / f"sweep-{points}.toml", bench.out / "cells" / f"sweep-{points}"
    settings = '[run]\neffort = "fast"\nfolds = 2\n\n[sweep]\ndata = ["iris"]\nhidden = [[2]]\n'
    write_text(file, f"{settings}seed = {list(range(points))}\n")
    workers = bench.arguments.workers
    for repeat, title in enumerate(("computed", "called again")):
        cell = Cell("sweep", f"sweep{points}", 150, 4, 3, "2", "fast", 2, workers, repeat)
        measured = bench.finished().get(cell.name)
        if measured is None:
            if repeat == 0:
                shutil.rmtree(folder, ignore_errors=True)
            measured = bench.started(cell.name, "sweep", file, "--out", folder, "--workers", str(workers))
            if measured is None:
                break  # a point that failed, of which the table tells
            bench.record(cell, measured)
        print(f"{title}: {measured.seconds:.1f} s, {measured.peak_mib:.0f} MiB", flush=True)
    if not (folder / "sweep.csv").is_file():
        return
    with (folder / "sweep.csv").open(encoding="utf-8", newline="") as source:
        states = [row["status"] for row in csv.DictReader(source)]
    print(f"{states.count('done')} of {points} points are done; {_verdict(states == ['done'] * points)}")


def _goal(bench: Bench, small: Cell) -> None:
    quick = bench.arguments.quick
    print("\ngoal", flush=True)
    long = Cell("goal", "run", 100_000, 20, effort="normal", hidden="auto", workers=bench.arguments.workers)
    measured = bench.measured(replace(small, part="goal", command="run") if quick else long)
    if measured is not None:
        minutes, gib = measured.seconds / 60, measured.peak_mib / 1024
        print(f"{minutes:.1f} min, goal {GOAL_MINUTES}: {_verdict(minutes <= GOAL_MINUTES)}")
        print(f"{gib:.2f} GiB, goal {GOAL_GIB:g}: {_verdict(0 < gib <= GOAL_GIB)}")


def _verdict(is_met: bool) -> str:
    return "met" if is_met else "MISSED"


PARTS: dict[str, Callable[[Bench, Cell], None]] = {
    "samples": _samples,
    "inputs": _inputs,
    "classes": _classes,
    "hidden": _hidden,
    "workers": _workers,
    "sweep": _sweep,
    "goal": _goal,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", default=",".join(PARTS), help="some of them, with commas between; all by default")
    parser.add_argument("--out", type=Path, default=Path("runs/scaling"), help="folder of data, cells and plots")
    parser.add_argument("--workers", type=int, default=2, help="of all parts but that of the workers")
    parser.add_argument("--repeats", type=int, default=3, help="pairs of one and two workers; their median counts")
    parser.add_argument("--quick", action="store_true", help="tiny cells, to see that it works; no figure of worth")
    parser.add_argument("--data-dir", help="folder of the CSV files, for the sweep; BESPOKE_DATA by default")
    arguments = parser.parse_args()
    parts = arguments.parts.split(",")
    if unknown := sorted(set(parts) - set(PARTS)):
        parser.error(f"--parts {unknown[0]}: known are {', '.join(PARTS)}")
    arguments.out.mkdir(parents=True, exist_ok=True)
    bench = Bench(arguments)
    quick = Cell("", samples=200, inputs=5, hidden="2", folds=2, workers=arguments.workers)
    small = quick if arguments.quick else Cell("", workers=arguments.workers)
    for part in parts:
        PARTS[part](bench, small)
    print(f"\n{bench.table}")
    if bench.failed:
        print(f"{len(bench.failed)} failed: {', '.join(bench.failed)}")
    return 1 if bench.failed else 0


if __name__ == "__main__":
    sys.exit(main())
