"""Commands for single stages of the main job: train, explore, rtl, simulate."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bespoke.cli.options import MACHINE, SEARCH, TECHNOLOGY, TRAINING, Json, require_verilog, settings_of, takes
from bespoke.cli.progress import TerminalProgress
from bespoke.errors import InputError, ToolFailedError, VerificationError
from bespoke.files import scratch_folder, write_text
from bespoke.stopping import farewell

if TYPE_CHECKING:
    from bespoke.design import Design
    from bespoke.importers import Agreement
    from bespoke.run.exploration import Exploration
    from bespoke.run.metrics import PartAccuracies
    from bespoke.run.modelfile import ModelFile
    from bespoke.run.vectors import ModelVectors

_PARTS = ("train", "validation", "test")


def register(app: typer.Typer) -> None:
    app.command(epilog="Example:  bespoke train iris --out runs/iris --hidden 3")(train)
    app.command(epilog="Example:  bespoke explore iris --out runs/iris --effort fast")(explore)
    app.command(epilog="Example:  bespoke rtl runs/iris/models/quantised.json --out top.v")(rtl)
    app.command(
        epilog="Example:  bespoke simulate runs/iris/models/quantised.json top.v --vectors runs/iris/vectors/test.csv"
    )(simulate)


Model = Annotated[Path, typer.Argument(help="Model file of a run.", show_default=False)]
Figures = Annotated[str, typer.Option(help="Formats of the front's figure: png, svg, pdf; or none.")]


@takes(*TRAINING, "config", "overwrite", "json_output")
def train(out: Path, config: Path | None, overwrite: bool, json_output: bool, **options: Any) -> None:
    """Train the float network, its exact baseline and the quantised network, and no more.

    Leaves the models and the vectors in the folder; needs no outside program.
    """
    from bespoke.run.design import accuracies, float_accuracies  # heavy: only when training starts
    from bespoke.run.exploration import train as train_into

    with _running(out, config, options) as (settings, progress):
        trained = train_into(settings, out, overwrite=overwrite, progress=progress)
    found = {
        "float": float_accuracies(trained.models.float_model, trained.data),
        "baseline": accuracies(trained.models.baseline, trained.data),
        "quantised": accuracies(trained.models.quantised, trained.data),
    }
    if json_output:
        document = {name: _training_json(out, name, parts) for name, parts in found.items()}
        print(json.dumps({**document, **_agreement_json(trained.agreement)}, indent=1))
        return
    _show_training(found, out / "models")
    _show_agreement(trained.agreement)


@takes(*TRAINING, *SEARCH, *TECHNOLOGY, *MACHINE, "config", "figures", "overwrite", "json_output")
def explore(
    out: Path,
    config: Path | None,
    overwrite: bool,
    json_output: bool,
    figures: Figures = "png,svg",
    **options: Any,
) -> None:
    """Search the front of accuracy against the estimated cost that --objective names, and map nothing.

    Leaves explored.csv, a model file per design and the front's figure in the folder; needs no outside program.
    Area and power, of the classifier and with its front end, are estimates; accuracies are forecast by cross-fitting.
    `bespoke rtl` turns a model into Verilog; `bespoke run` with the same settings goes on from there.
    """
    from bespoke.report.exploration import write_exploration_figures
    from bespoke.report.figures import checked_formats
    from bespoke.run.exploration import explore as explore_into  # heavy: only when a search starts

    formats = () if figures == "none" else checked_formats(part.strip() for part in figures.split(","))
    with _running(out, config, options) as (settings, progress):
        found = explore_into(settings, out, overwrite=overwrite, progress=progress)
        drawn = write_exploration_figures(found, out, formats)
    if json_output:
        print(json.dumps(_exploration_json(found), indent=1))
        return
    _show_exploration(found, (found.table, *drawn))
    _show_agreement(found.agreement)


def rtl(
    model: Model,
    out: Annotated[Path, typer.Option(help="Verilog file to write.", show_default=False)],
    testbench: Annotated[
        Path | None, typer.Option(help="Also write a self-checking testbench; needs --vectors.")
    ] = None,
    vectors: Annotated[
        Path | None, typer.Option(help="CSV of vectors for the testbench, such as a run's vectors/test.csv.")
    ] = None,
    front_end_table: Annotated[
        Path | None, typer.Option(help="Also write what each bit of the input port carries, with thresholds, as CSV.")
    ] = None,
    module: Annotated[str, typer.Option(help="Name of the module.")] = "top",
    json_output: Json = False,
) -> None:
    """Write the Verilog of a model file."""
    if (testbench is None) != (vectors is None):
        raise InputError("--testbench and --vectors go together")
    from bespoke.rtl import check_verilog, emit_testbench, emit_verilog  # heavy: pyverilog
    from bespoke.sensing import front_end_table as table_of
    from bespoke.sensing import port_width

    loaded = _model(model)
    circuit, wires = loaded.classifier, loaded.wires
    text = emit_verilog(
        circuit,
        wires=wires,
        quantiser=loaded.quantiser,
        title=model.name,
        feature_names=loaded.feature_names,
        class_labels=_labels(loaded),
        module=module,
    )
    check_verilog(text, module=module, input_width=port_width(wires), output_width=circuit.output_bits)
    files = [(out, text)]
    if testbench is not None:
        part = _vectors(vectors, loaded, None).part
        answers = circuit.predict(part.features)
        files.append((testbench, emit_testbench(circuit, part.features, answers, wires=wires, module=module)))
    if front_end_table is not None:
        files.append((front_end_table, table_of(wires, loaded.feature_names, loaded.quantiser)))
    if len({path.absolute() for path, _ in files}) < len(files):
        raise InputError("--out, --testbench and --front-end-table must name different files")
    for path, content in files:
        if path.is_dir():
            raise InputError(f"{path} is a folder; name a file")
        write_text(path, content)
    if json_output:
        print(
            json.dumps(
                {
                    "files": [str(path) for path, _ in files],
                    "module": module,
                    "features": circuit.features,
                    "input_bits": circuit.input_bits,
                    "front_end": str(loaded.front_end),
                    "input_width": port_width(wires),
                    "output_bits": circuit.output_bits,
                    "classes": circuit.classes,
                },
                indent=1,
            )
        )
        return
    for path, _ in files:
        print(path)


def simulate(
    model: Model,
    sources: Annotated[
        list[Path], typer.Argument(help="Verilog: RTL, or a netlist and its cell models.", show_default=False)
    ],
    vectors: Annotated[
        Path,
        typer.Option(
            help="CSV of quantised vectors, such as a run's vectors/test.csv, or of measured values in columns named "
            "as the model's features.",
            show_default=False,
        ),
    ],
    target: Annotated[
        str | None, typer.Option(help="Class column of measured values; default: the last that is no feature.")
    ] = None,
    top: Annotated[
        str | None, typer.Option(help="Module; default: top, or the one that no other instantiates.")
    ] = None,
    extra: Annotated[int, typer.Option(help="Corner and random vectors beside those of the file.", min=0)] = 1000,
    seed: Annotated[int, typer.Option(help="Seed of the random vectors.", min=0)] = 0,
    vcd: Annotated[Path | None, typer.Option(help="Also write all waveforms into this file.")] = None,
    json_output: Json = False,
) -> None:
    """Simulate Verilog on vectors and compare every output with a model.

    Unless the model's inputs are digital, values as a sensor would measure them go through comparators with the
    model's thresholds, each of which is met, missed and passed by the last digit.

    Ends with exit code 1 at the first vector on which they differ.
    """
    from bespoke.run.simulation import simulate_design  # heavy: only when a simulation starts

    loaded = _model(model)
    read = _vectors(vectors, loaded, target)
    require_verilog(sources)
    if vcd is not None and vcd.is_dir():
        raise InputError(f"--vcd {vcd} is a folder; name a file")
    with scratch_folder("bespoke-simulate-", keep=(ToolFailedError, VerificationError)) as scratch:
        seen = simulate_design(
            [source.resolve() for source in sources],
            loaded.classifier,
            read.part,
            folder=scratch,
            seed=seed,
            front_end=loaded.front_end,
            quantiser=loaded.quantiser,
            extra=extra,
            top=top,
            vcd=vcd is not None,
        )
        if vcd is not None:
            _keep_waveforms(scratch, vcd)
    if json_output:
        print(
            json.dumps(
                {
                    "vectors": seen.vectors,
                    "file_vectors": seen.test_vectors,
                    "file_is_measured": read.measured,
                    "measured_vectors": seen.measured_vectors,
                    "threshold_probes": seen.threshold_probes,
                    "accuracy": seen.test_accuracy,
                    "vcd": None if vcd is None else str(vcd),
                },
                indent=1,
            )
        )
        return
    print(f"{seen.vectors} vectors: every output equals the model's")
    if seen.threshold_probes:
        print(f"{seen.threshold_probes} of them stand at a threshold of the front end, just below it or just above")
    kind = "measured samples" if read.measured else "vectors"
    print(f"accuracy on the {seen.test_vectors} {kind} of {vectors}: {100 * seen.test_accuracy:.2f} %")
    if vcd is not None:
        print(vcd)


@contextmanager
def _running(out: Path, config: Path | None, options: dict[str, Any]) -> Iterator[tuple[Any, TerminalProgress]]:
    """Settings from a command's options, and progress; an interrupt leaves a folder that the same command continues."""
    settings = settings_of(config, options)
    with farewell(f"stopped; the same command goes on in {out}"), TerminalProgress() as progress:
        yield settings, progress


def _model(path: Path) -> ModelFile:
    from bespoke.run.modelfile import ModelFile

    return ModelFile.load(path)


def _labels(model: ModelFile) -> list[str]:
    return [str(label) for label in model.class_labels[: model.classifier.classes]]


def _vectors(path: Path, model: ModelFile, target: str | None) -> ModelVectors:
    from bespoke.run.vectors import read_model_vectors

    found = read_model_vectors(path, model, target=target)
    if found.left_out:
        print(f"{path}: {found.left_out} rows are left out, for a value is missing", file=sys.stderr)
    return found


def _keep_waveforms(folder: Path, path: Path) -> None:
    found = sorted(folder.rglob("*.vcd"))
    if not found:
        raise InputError("the simulator wrote no waveforms")
    write_text(path, found[0].read_text(encoding="utf-8"))


def _show_training(found: dict[str, PartAccuracies], folder: Path) -> None:
    from bespoke.report import wording

    table = Table(box=None, padding=(0, 2), pad_edge=False, header_style="bold")
    shown = [part for part in _PARTS if any(getattr(parts, part) is not None for parts in found.values())]
    for heading in ("accuracy", *shown):
        table.add_column(heading, justify="left" if heading == "accuracy" else "right")
    for name, parts in found.items():
        table.add_row(name, *(wording.accuracy(getattr(parts, part)) for part in shown))
    console = Console()
    console.print(table)
    console.print(f"models in {folder}", soft_wrap=True, markup=False, highlight=False)


def _training_json(out: Path, name: str, parts: PartAccuracies) -> dict[str, Any]:
    return {
        "file": str(out / "models" / f"{name}.json"),
        "accuracy": {part: getattr(parts, part).value for part in _PARTS if getattr(parts, part) is not None},
    }


def _agreement_json(agreement: Agreement | None) -> dict[str, Any]:
    return {} if agreement is None else {"imported_agreement": asdict(agreement)}


def _show_agreement(agreement: Agreement | None) -> None:
    from bespoke.report import wording

    if agreement is not None:
        warning = () if agreement.is_whole else (("Warning: ", "bold red"),)
        Console().print(Text.assemble(*warning, wording.agreement(agreement)), soft_wrap=True, highlight=False)


def _exploration_json(found: Exploration) -> dict[str, Any]:
    def entry(design: Design) -> dict[str, Any]:
        return {
            "origin": design.origin,
            "train_accuracy": design.train.value,
            "forecast_accuracy": design.forecast.accuracy,
            "forecast_low": design.forecast.low,
            "forecast_high": design.forecast.high,
            "forecast_score": design.forecast.score,
            "estimated_area_cm2": design.estimated.area_cm2,
            "estimated_static_power_mw": design.estimated.static_power_mw,
            "comparators": design.estimated.comparators,
            "estimated_front_end_area_cm2": design.estimated.front_end_area_cm2,
            "estimated_front_end_power_mw": design.estimated.front_end_power_mw,
            "estimated_system_area_cm2": design.estimated.system_area_cm2,
            "estimated_system_power_mw": design.estimated.system_power_mw,
            "model_file": design.model_file,
        }

    return {
        "table": str(found.table),
        "candidates": found.search.candidates,
        "objective": str(found.objective),
        "designs": [
            {**entry(design), "copy_of": copy} for design, copy in zip(found.designs, found.copies, strict=True)
        ],
        "baseline": entry(found.baseline),
        **_agreement_json(found.agreement),
    }


def _show_exploration(found: Exploration, files: tuple[Path, ...]) -> None:
    from bespoke.report import wording

    table = Table(box=None, padding=(0, 1), collapse_padding=False, pad_edge=False, header_style="bold")
    headings = (
        "",
        "train",
        "forecast",
        "system\nmW",
        "system\ncm²",
        "compa-\nrators",
        "logic\nmW",
        "logic\ncm²",
        "kind",
    )
    for heading in headings:
        table.add_column(heading, justify="left" if heading == "kind" else "right")
    rows = [(str(index), design) for index, design in enumerate(found.designs) if found.copies[index] is None]
    for name, design in (*rows, ("exact", found.baseline)):
        table.add_row(
            name,
            f"{100 * design.train.value:.1f} %",
            f"{100 * design.forecast.accuracy:.1f} %",
            wording.figures(design.estimated.system_power_mw),
            wording.figures(design.estimated.system_area_cm2),
            wording.count(design.estimated.comparators),
            wording.figures(design.estimated.static_power_mw),
            wording.figures(design.estimated.area_cm2),
            design.kind,
        )
    console = Console()
    console.print(table)
    counted = {copy: found.copies.count(copy) for copy in found.copies if copy is not None}
    if counted:
        stands = ", ".join(f"{index}{wording.near_copies(count)}" for index, count in sorted(counted.items()))
        console.print(f"One line each: design {stands}; explored.csv lists all.", highlight=False)
    console.print(
        f"{found.search.candidates:,} candidates. Area and power are estimates, `bespoke run` measures the logic's. "
        "Models: explored/*.json",
        highlight=False,
    )
    for path in files:
        console.print(str(path), soft_wrap=True, markup=False, highlight=False)
