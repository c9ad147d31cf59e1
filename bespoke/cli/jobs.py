"""The main job on the command line: run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from bespoke.cli.finishing import command_line, finishing, show_run
from bespoke.cli.options import CHOICE, MACHINE, SEARCH, TECHNOLOGY, TRAINING, settings_of, takes
from bespoke.cli.progress import TerminalProgress
from bespoke.stopping import farewell

Metrics = Annotated[bool, typer.Option("--json", help="Print metrics.json instead of the summary.")]


def register(app: typer.Typer) -> None:
    app.command(epilog="Example:  bespoke run my.csv --target class --out runs/mine --hidden 3 --seed 1")(run)


@takes(*TRAINING, *SEARCH, *CHOICE, *TECHNOLOGY, "clock_ms", "yosys", *MACHINE, "config", "overwrite", "json_output")
def run(out: Path, config: Path | None, overwrite: bool, json_output: Metrics = False, **options: Any) -> None:
    """Make a verified, measured Verilog classifier from a data set.

    Trains a float MLP, quantises it, searches approximations of every neuron and of every gate, forecasts by
    cross-fitting what accuracy each cost buys, chooses a design by that, emits Verilog, proves the mapped netlist equal
    to it, and measures accuracy, area and power beside the exact baseline's.
    """
    from bespoke.run.job import run as run_into  # heavy: only when a run starts

    settings = settings_of(config, options)
    with farewell(f"stopped; the same command continues the run in {out}"), TerminalProgress() as progress:
        metrics = run_into(
            settings, out, overwrite=overwrite, progress=progress, command=command_line(), finish=finishing(progress)
        )
    show_run(out, metrics, as_json=json_output)
