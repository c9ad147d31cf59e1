"""Many runs from one file on the command line: sweep."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bespoke.cli.finishing import command_line, finishing
from bespoke.cli.progress import TerminalProgress
from bespoke.stopping import farewell


def register(app: typer.Typer) -> None:
    app.command(epilog="Example:  bespoke sweep sweep.toml --out runs/sweep --dry-run")(sweep)


File = Annotated[Path, typer.Argument(help="TOML file with tables [run], [sweep] and [zip].", show_default=False)]
Out = Annotated[Path, typer.Option(help="Folder of the sweep; the same command computes what is missing.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print the points and what is done of them; write nothing.")]
Workers = Annotated[int | None, typer.Option(help="Processes at once; changes no result; default 2.")]


def sweep(file: File, out: Out, dry_run: DryRun = False, workers: Workers = None) -> None:
    """Run every combination of settings that a file lists, a run folder each, and put them in one table, sweep.csv.

    Only missing points are computed when called again; one that fails is a row with its reason.
    """
    from bespoke.run.progress import Silent
    from bespoke.sweep import points_of, read_sweep, run_sweep
    from bespoke.sweep.job import states

    read = read_sweep(file)
    overriding = {} if workers is None else {"workers": workers}
    if dry_run:
        points = points_of(read, **overriding)
        for point, state in zip(points, states(out, points), strict=True):
            print(f"{point.folder}  {state}")
        print(f"{len(points)} points")
        return
    with farewell(f"stopped; the same command goes on in {out}"), TerminalProgress() as progress:
        outcome = run_sweep(
            read, out, progress=progress, finish=finishing(Silent()), command=command_line(), **overriding
        )
    print(outcome.table)
    if outcome.failed:
        print(f"{outcome.failed} of {outcome.points} points failed; the column status says why")
        raise typer.Exit(1)
