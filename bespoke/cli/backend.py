"""Commands of the back end, usable on any Verilog: synth, verify."""

from __future__ import annotations

import dataclasses
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from bespoke import __version__
from bespoke.backend.equivalence import CounterExample, in_words, prove_equivalent
from bespoke.backend.synthesis import SynthesisResult, synthesise
from bespoke.cli.options import require_verilog
from bespoke.cli.progress import TerminalProgress
from bespoke.eda.tools import Backend
from bespoke.errors import InputError
from bespoke.execution import executor_of
from bespoke.files import write_json, write_text
from bespoke.netlist import timing
from bespoke.run.config import Effort
from bespoke.run.vectors import read_input_bits
from bespoke.technology import (
    DEFAULT_TECHNOLOGY,
    Technology,
    load_technology,
    read_liberty,
    require_mappable,
    shortcomings,
)

#: Raised whenever a field of ``metrics.json`` changes its name or meaning.
_SCHEMA = 1


def register(app: typer.Typer) -> None:
    app.command(epilog="Example:  bespoke synth adder.v --top adder --effort fast --out runs/adder")(synth)
    app.command(epilog="Example:  bespoke verify adder.v runs/adder/netlist.v --top adder")(verify)


Top = Annotated[str | None, typer.Option(help="Module; default: the one that no other instantiates.")]
TechnologyOption = Annotated[str, typer.Option(help="Name of a technology, or a .toml or .lib file.")]
Liberty = Annotated[
    list[Path] | None,
    typer.Option(help="Liberty file to use instead of a technology; repeat for several together."),
]
YosysOption = Annotated[Backend, typer.Option(help="Whose Yosys reads the Verilog.")]


def synth(
    sources: Annotated[list[Path], typer.Argument(help="Verilog files.", show_default=False)],
    out: Annotated[Path, typer.Option(help="Folder for netlist.v, metrics.json and logs.", show_default=False)],
    top: Top = None,
    technology: TechnologyOption = DEFAULT_TECHNOLOGY,
    liberty: Liberty = None,
    data: Annotated[
        Path | None,
        typer.Option(help="CSV of vectors that weigh static power: a run's vectors, or columns called like the ports."),
    ] = None,
    front_end_table: Annotated[
        Path | None,
        typer.Option(help="A design's front_end.csv: what the port's bits carry of the features of a run's vectors."),
    ] = None,
    effort: Annotated[Effort, typer.Option(help="What optimisation may spend.")] = Effort.NORMAL,
    seed: Annotated[int, typer.Option(help="Seed of everything random.", min=0)] = 0,
    workers: Annotated[int, typer.Option(help="Runs of ABC or the optimiser at once; changes no result.", min=1)] = 2,
    yosys: YosysOption = Backend.PYOSYS,
) -> None:
    """Map any Verilog on printed cells: the smallest, coolest netlist, proven equal to its source."""
    chosen = _technology(technology, liberty)
    require_mappable(chosen)
    for note in shortcomings(chosen):
        print(f"note: {note}", file=sys.stderr)
    if out.exists() and not out.is_dir():
        raise InputError(f"--out {out} is a file; name a folder")
    if front_end_table is not None and data is None:
        raise InputError("--front-end-table says what the vectors of --data become; give both")
    require_verilog(sources)
    with executor_of(workers=workers) as executor, TerminalProgress() as progress:
        progress.stage("synthesis")
        result = synthesise(
            sources,
            top=top,
            technology=chosen,
            folder=out / "logs",
            data_bits=None if data is None else partial(read_input_bits, data, front_end_table=front_end_table),
            effort=str(effort),
            backend=yosys,
            seed=seed,
            executor=executor,
            progress=progress.update,
        )
    write_text(out / "netlist.v", result.netlist_path.read_text(encoding="utf-8"))
    metrics = _metrics(result, sources, chosen, effort, seed)
    write_json(out / "metrics.json", metrics)
    _show(result, metrics, out)


def verify(
    a: Annotated[Path, typer.Argument(help="First Verilog file.", show_default=False)],
    b: Annotated[Path, typer.Argument(help="Second Verilog file.", show_default=False)],
    top: Top = None,
    top_b: Annotated[str | None, typer.Option(help="Module of the second file; default: as --top.")] = None,
    technology: TechnologyOption = DEFAULT_TECHNOLOGY,
    liberty: Liberty = None,
    bits: Annotated[int | None, typer.Option(help="Show the bus inp as features of so many bits.", min=1)] = None,
    time_limit: Annotated[float, typer.Option(help="Seconds after which the proof is given up.", min=1)] = 600.0,
    out: Annotated[Path | None, typer.Option(help="Folder to keep scripts and logs in.")] = None,
    yosys: YosysOption = Backend.PYOSYS,
) -> None:
    """Prove two circuits equal, RTL or netlists, or show inputs that tell them apart.

    Ends with exit code 1 where they differ.
    """
    require_verilog((a, b))
    with tempfile.TemporaryDirectory(prefix="bespoke-verify-") as scratch:
        found = prove_equivalent(
            a,
            b,
            folder=out or Path(scratch),
            top=top,
            top_b=top_b,
            technology=_technology(technology, liberty),
            backend=yosys,
            time_limit_s=time_limit,
        )
    sides = f"module {found.module_a} of {a} and module {found.module_b} of {b}"
    for note in found.notes:
        print(f"note: {note}")
    if found.counter_example is None:
        print(f"equal for every input: {sides} ({found.seconds:.1f} s)")
        return
    print(f"different: {sides}")
    for line in _explained(found.counter_example, bits):
        print(f"  {line}")
    raise typer.Exit(1)


def _technology(name: str, liberty: list[Path] | None) -> Technology:
    return read_liberty(liberty) if liberty else load_technology(name)


def _explained(example: CounterExample, bits: int | None) -> list[str]:
    lines = [f"inputs  {in_words(example.inputs)}"]
    if bits is not None:
        lines.append("features " + ", ".join(map(str, example.features(bits))))
    if example.state:
        lines.append(f"registers  {in_words(example.state)}")
    return [*lines, f"first   {in_words(example.outputs_a)}", f"second  {in_words(example.outputs_b)}"]


def _metrics(
    result: SynthesisResult, sources: list[Path], technology: Technology, effort: Effort, seed: int
) -> dict[str, Any]:
    delay = timing(result.netlist, clock_ms=technology.clock_ms)
    return {
        "schema": _SCHEMA,
        "bespoke": __version__,
        "sources": [str(source) for source in sources],
        "module": result.netlist.module,
        "technology": technology.name,
        "effort": str(effort),
        "seed": seed,
        **dataclasses.asdict(result.final),
        "delay_ms": None if delay is None else delay.delay_ms,
        "delay_is_indicative": delay is not None and delay.indicative,
        "clock_ms": technology.clock_ms,
        "meets_clock": None if delay is None else delay.meets_clock,
        "plain_flow": dataclasses.asdict(result.plain),
        "data_vectors": result.data_vectors,
        "proven_output_bits": result.proof.output_bits,
        "warnings": list(result.warnings),
    }


def _show(result: SynthesisResult, metrics: dict[str, Any], out: Path) -> None:
    table = Table(box=None, padding=(0, 2), pad_edge=False, header_style="bold")
    for heading in ("", "netlist", "plain flow", "ratio"):
        table.add_column(heading, justify="left" if not heading else "right")
    vectors = f"on {result.data_vectors} vectors" if result.data_vectors else "on random vectors"
    rows = (
        ("area, cm²", result.final.area_cm2, result.plain.area_cm2),
        (f"static power, mW, {vectors}", result.final.static_power_mw, result.plain.static_power_mw),
        ("cells", result.final.cells, result.plain.cells),
    )
    for name, ours, plain in rows:
        ratio = f"{ours / plain:.3f}" if plain else "-"
        table.add_row(name, f"{ours:.5g}", f"{plain:.5g}", ratio)
    delay = "unknown"
    if metrics["delay_ms"] is not None:
        delay = f"{metrics['delay_ms']:.4g}{' (indicative)' if metrics['delay_is_indicative'] else ''}"
    table.add_row("delay, ms", delay, "", "")
    console = Console()
    console.print(table)
    console.print(f"proven equal to its source; {out / 'netlist.v'}", soft_wrap=True, markup=False, highlight=False)
