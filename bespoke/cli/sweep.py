"""Many runs from one file on the command line: sweep."""

from __future__ import annotations

import enum
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bespoke.cli.finishing import command_line, finishing
from bespoke.cli.options import Address, ExecutorOption, Workers
from bespoke.cli.progress import TerminalProgress
from bespoke.stopping import farewell

if TYPE_CHECKING:
    from bespoke.sweep import Point


class SummaryFormat(enum.StrEnum):
    """How the summary is printed."""

    TEXT = "text"
    CSV = "csv"
    LATEX = "latex"
    JSON = "json"


def register(app: typer.Typer) -> None:
    app.command(epilog="Example:  bespoke sweep sweep.toml --out runs/sweep --dry-run")(sweep)


File = Annotated[Path, typer.Argument(help="TOML file with tables run, sweep and zip.", show_default=False)]
Out = Annotated[Path, typer.Option(help="Folder of the sweep; the same command computes what is missing.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Print the points, what is done of them and an estimated time; write nothing.")
]
Format = Annotated[SummaryFormat, typer.Option("--format", help="How to print mean ± spread of every combination.")]


def sweep(
    file: File,
    out: Out,
    dry_run: DryRun = False,
    workers: Workers = None,
    executor: ExecutorOption = None,
    address: Address = None,
    summary_format: Format = SummaryFormat.TEXT,
) -> None:
    """Run every combination of settings that a file lists, a run folder each, and put them in one table, sweep.csv.

    Only missing points are computed when called again; one that fails is a row with its reason.
    """
    from bespoke.report.sweep_page import write_sweep_page
    from bespoke.run.progress import Silent
    from bespoke.sweep import points_of, read_sweep, run_sweep

    read = read_sweep(file)
    asked = {"workers": workers, "executor": executor, "address": address}
    overriding = {key: value for key, value in asked.items() if value is not None}
    if dry_run:
        _print_points(out, points_of(read, **overriding))
        return
    with farewell(f"stopped; the same command goes on in {out}"), TerminalProgress() as progress:
        outcome = run_sweep(
            read, out, progress=progress, finish=finishing(Silent()), command=command_line(), **overriding
        )
    write_sweep_page(out)
    _print_summary(out, summary_format)
    print(outcome.table, file=sys.stderr)
    if outcome.failed:
        print(f"{outcome.failed} of {outcome.points} points failed; the column status says why", file=sys.stderr)
        raise typer.Exit(1)


def _print_points(out: Path, points: list[Point]) -> None:
    """Every point with its state, and how long the missing ones may take."""
    from bespoke.report import wording
    from bespoke.sweep.estimate import estimated
    from bespoke.sweep.job import states

    found = states(out, points)
    for point, state in zip(points, found, strict=True):
        print(f"{point.folder}  {state}")
    rest = estimated(out, points, found)
    if rest.measured_points:
        origin = f"by the mean of {wording.counted(rest.measured_points, 'point')} done"
    else:
        origin = "roughly, by effort and folds alone"
    print(f"{wording.counted(len(points), 'point')}, {rest.missing} to run")
    if rest.missing:
        time = wording.duration(rest.estimated_seconds)
        print(f"estimated time on {wording.counted(rest.workers, 'worker')}: {time} ({origin})")


def _print_summary(out: Path, summary_format: SummaryFormat) -> None:
    from bespoke.report.sweep_summary import summary_json, summary_latex, summary_text
    from bespoke.sweep.tables import read_summary

    match summary_format:
        case SummaryFormat.CSV:
            text = (out / "summary.csv").read_text(encoding="utf-8")
        case SummaryFormat.LATEX:
            text = summary_latex(read_summary(out))
        case SummaryFormat.JSON:
            text = summary_json(read_summary(out))
        case _:
            text = summary_text(read_summary(out))
    print(text, end="")
