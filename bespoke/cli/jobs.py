"""The main job on the command line: run."""

from __future__ import annotations

import io
import json
import shlex
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from bespoke.cli.options import CHOICE, SEARCH, TECHNOLOGY, TRAINING, settings_of, takes
from bespoke.cli.progress import TerminalProgress
from bespoke.files import write_text
from bespoke.stopping import farewell

Metrics = Annotated[bool, typer.Option("--json", help="Print metrics.json instead of the summary.")]


def register(app: typer.Typer) -> None:
    app.command(epilog="Example:  bespoke run my.csv --target class --out runs/mine --hidden 3 --seed 1")(run)


@takes(*TRAINING, *SEARCH, *CHOICE, *TECHNOLOGY, "clock_ms", "yosys", "workers", "config", "overwrite", "json_output")
def run(out: Path, config: Path | None, overwrite: bool, json_output: Metrics = False, **options: Any) -> None:
    """Make a verified, measured Verilog classifier from a data set.

    Trains a float MLP, quantises it, searches approximations of every neuron and of every gate, forecasts by
    cross-fitting what accuracy each cost buys, chooses a design by that, emits Verilog, proves the mapped netlist equal
    to it, and measures accuracy, area and power beside the exact baseline's.
    """
    from bespoke.pipeline.metrics import to_json  # heavy: only when a run starts
    from bespoke.pipeline.run import run as run_pipeline
    from bespoke.report import read_run, summary_table, write_report

    settings = settings_of(config, options)
    with farewell(f"stopped; the same command continues the run in {out}"), TerminalProgress() as progress:
        metrics = run_pipeline(
            settings, out, overwrite=overwrite, progress=progress, command=shlex.join(["bespoke", *sys.argv[1:]])
        )
        progress.stage("writing the report")
        report = write_report(out)
    summary = summary_table(read_run(out))
    plain = Console(file=io.StringIO(), width=120)
    plain.print(summary)
    write_text(out / "summary.txt", plain.file.getvalue())
    if json_output:
        print(json.dumps(to_json(metrics), indent=1))
        return
    console = Console()
    console.print(summary)
    console.print(f"[bold]Report[/] {report}", highlight=False)
