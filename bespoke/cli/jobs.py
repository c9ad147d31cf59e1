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

from bespoke.cli.progress import TerminalProgress
from bespoke.eda.tools import Backend
from bespoke.errors import InputError
from bespoke.files import write_text
from bespoke.pipeline.config import Effort, RunConfig, Unit, coerce, read_config

_DATA = "Data"
_CHOICE = "Which design"
_SEARCH = "Training and search"
_BACKEND = "Technology and tools"


def register(app: typer.Typer) -> None:
    app.command(epilog="Example:  bespoke run my.csv --target class --out runs/mine --hidden 3 --seed 1")(run)


def _settings(config: Path | None, given: dict[str, Any]) -> RunConfig:
    """Options given on the command line over those of the TOML file over the defaults."""
    settings = read_config(config) if config else {}
    if given.get("data") is not None or given.get("train") is not None:
        for key in ("data", "train", "test"):
            settings.pop(key, None)
    settings |= {key: value for key, value in given.items() if value not in (None, [], ())}
    return RunConfig(**settings)


def _hidden(text: str | None) -> tuple[int, ...] | None:
    if text is None:
        return None
    try:
        return coerce("hidden", [int(part) for part in text.split(",")])
    except ValueError:
        raise InputError(f"option --hidden needs sizes such as 3 or 5,4; not {text!r}") from None


def _target(text: str | None) -> str | int | None:
    if text is None:
        return None
    return int(text) if text.lstrip("-").isdigit() else text


Data = Annotated[str | None, typer.Argument(help="Name of a known data set, or a CSV file.", show_default=False)]
Train = Annotated[str | None, typer.Option(help="CSV file of the training samples.", rich_help_panel=_DATA)]
Test = Annotated[str | None, typer.Option(help="CSV file of the test samples.", rich_help_panel=_DATA)]
Target = Annotated[
    str | None, typer.Option(help="Class column, name or index; default: the last.", rich_help_panel=_DATA)
]
DataDir = Annotated[
    str | None, typer.Option(envvar="BESPOKE_DATA", help="Folder of the literature's sets.", rich_help_panel=_DATA)
]
Bits = Annotated[int | None, typer.Option(help="Bits of every input; default 4.", rich_help_panel=_DATA)]
Hidden = Annotated[
    str | None,
    typer.Option(
        help="Neurons of each hidden layer, such as 3 or 5,4; default: the literature's, or 3.", rich_help_panel=_SEARCH
    ),
]
Seed = Annotated[int | None, typer.Option(help="Seed of everything random; default 0.", rich_help_panel=_SEARCH)]
EffortOption = Annotated[
    Effort | None, typer.Option(help="What search and synthesis may spend; default normal.", rich_help_panel=_SEARCH)
]
Freeze = Annotated[
    list[Unit] | None, typer.Option(help="Unit kind to leave exact; repeat for more.", rich_help_panel=_SEARCH)
]
CircuitApproximation = Annotated[
    bool | None,
    typer.Option(
        "--circuit-approximation/--no-circuit-approximation",
        help="Approximate below the neurons too; default on.",
        rich_help_panel=_SEARCH,
    ),
]
Workers = Annotated[
    int | None, typer.Option(help="Processes at once; changes no result; default 2.", rich_help_panel=_SEARCH)
]
MaxLoss = Annotated[
    float | None,
    typer.Option(help="Accuracy that may be lost against the exact baseline; default 0.01.", rich_help_panel=_CHOICE),
]
MinAccuracy = Annotated[float | None, typer.Option(help="Least accuracy instead.", rich_help_panel=_CHOICE)]
MaxArea = Annotated[float | None, typer.Option("--max-area-cm2", help="Largest area, cm².", rich_help_panel=_CHOICE)]
MaxPower = Annotated[
    float | None, typer.Option("--max-power-mw", help="Largest static power, mW.", rich_help_panel=_CHOICE)
]
TechnologyOption = Annotated[
    str | None, typer.Option(help="Name or TOML file; default egfet-1.0v.", rich_help_panel=_BACKEND)
]
Liberty = Annotated[str | None, typer.Option(help="Liberty file to map on.", rich_help_panel=_BACKEND)]
Clock = Annotated[
    float | None, typer.Option("--clock-ms", help="Clock period; default: the technology's.", rich_help_panel=_BACKEND)
]
Yosys = Annotated[Backend | None, typer.Option(help="Which Yosys; default pyosys.", rich_help_panel=_BACKEND)]
Config = Annotated[Path | None, typer.Option(help="TOML file with any of these options.")]
Out = Annotated[Path, typer.Option(help="Folder of the run; the same command continues a stopped run.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace another run in that folder.")]
Json = Annotated[bool, typer.Option("--json", help="Print metrics.json instead of the summary.")]


def run(
    data: Data = None,
    out: Out = ...,
    train: Train = None,
    test: Test = None,
    target: Target = None,
    data_dir: DataDir = None,
    bits: Bits = None,
    hidden: Hidden = None,
    seed: Seed = None,
    effort: EffortOption = None,
    freeze: Freeze = None,
    circuit_approximation: CircuitApproximation = None,
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
    options["hidden"] = _hidden(options["hidden"])
    options["target"] = _target(options["target"])
    options["freeze"] = tuple(options["freeze"] or ())
    settings = _settings(config, options)
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
