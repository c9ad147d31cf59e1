"""The main job on the command line: run."""

from __future__ import annotations

import io
import json
import shlex
import sys
from typing import Annotated, Any

import typer
from rich.console import Console

from bespoke.cli.options import (
    Bits,
    CircuitApproximation,
    Clock,
    Config,
    Data,
    DataDir,
    EffortOption,
    Freeze,
    Hidden,
    Liberty,
    MaxArea,
    MaxLoss,
    MaxPower,
    MinAccuracy,
    Model,
    ObjectiveOption,
    Out,
    Overwrite,
    Seed,
    Target,
    TechnologyOption,
    Test,
    Train,
    Workers,
    Yosys,
    settings_of,
)
from bespoke.cli.progress import TerminalProgress
from bespoke.files import write_text

Json = Annotated[bool, typer.Option("--json", help="Print metrics.json instead of the summary.")]


def register(app: typer.Typer) -> None:
    app.command(epilog="Example:  bespoke run my.csv --target class --out runs/mine --hidden 3 --seed 1")(run)


def run(
    data: Data = None,
    out: Out = ...,
    train: Train = None,
    test: Test = None,
    target: Target = None,
    data_dir: DataDir = None,
    bits: Bits = None,
    hidden: Hidden = None,
    model: Model = None,
    seed: Seed = None,
    effort: EffortOption = None,
    freeze: Freeze = None,
    circuit_approximation: CircuitApproximation = None,
    objective: ObjectiveOption = None,
    max_loss: MaxLoss = None,
    min_accuracy: MinAccuracy = None,
    max_area_cm2: MaxArea = None,
    max_power_mw: MaxPower = None,
    technology: TechnologyOption = None,
    liberty: Liberty = None,
    clock_ms: Clock = None,
    yosys: Yosys = None,
    workers: Workers = None,
    config: Config = None,
    overwrite: Overwrite = False,
    json_output: Json = False,
) -> None:
    """Make a verified, measured Verilog classifier from a data set.

    Trains a float MLP, quantises it, searches approximations of every neuron, chooses a design on validation data,
    emits Verilog, proves the mapped netlist equal to it, and measures accuracy, area and power beside the exact
    baseline's.
    """
    _execute(locals())


def _execute(options: dict[str, Any]) -> None:
    from bespoke.pipeline.metrics import to_json  # heavy: only when a run starts
    from bespoke.pipeline.run import run as run_pipeline
    from bespoke.report import summary_table, write_report

    out, config, overwrite, json_output = (options.pop(k) for k in ("out", "config", "overwrite", "json_output"))
    settings = settings_of(config, options)
    with TerminalProgress() as progress:
        try:
            metrics = run_pipeline(
                settings, out, overwrite=overwrite, progress=progress, command=shlex.join(["bespoke", *sys.argv[1:]])
            )
            progress.stage("writing the report")
            report = write_report(out)
        except KeyboardInterrupt:
            progress.stop()
            print(f"\nstopped; the same command continues the run in {out}", file=sys.stderr)
            raise typer.Exit(130) from None
    summary = summary_table(metrics)
    plain = Console(file=io.StringIO(), width=120)
    plain.print(summary)
    write_text(out / "summary.txt", plain.file.getvalue())
    if json_output:
        print(json.dumps(to_json(metrics), indent=1))
        return
    console = Console()
    console.print(summary)
    console.print(f"[bold]Report[/] {report}", highlight=False)
