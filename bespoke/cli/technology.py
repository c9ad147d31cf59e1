"""Commands about printed technologies: list, show, import, export."""

from __future__ import annotations

import dataclasses
import json
import logging
import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.logging import RichHandler
from rich.markup import escape
from rich.table import Table

from bespoke.cli.options import Json
from bespoke.errors import InputError
from bespoke.files import write_text
from bespoke.sensing import priced_kinds
from bespoke.technology import (
    Cell,
    FlipFlop,
    LeftOutCell,
    MultiOutputCell,
    Technology,
    devices_of,
    load_technology,
    read_liberty,
    shortcomings,
    technology_names,
    to_genlib,
    to_liberty,
    to_toml,
    to_verilog_models,
)
from bespoke.technology.toml_format import state_name

app = typer.Typer(no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Name of a technology, or a .toml or .lib file.")]


class Format(StrEnum):
    """What a technology is written as."""

    LIBERTY = "liberty"
    GENLIB = "genlib"
    VERILOG = "verilog"
    TOML = "toml"


_WRITERS = {
    Format.LIBERTY: to_liberty,
    Format.GENLIB: to_genlib,
    Format.VERILOG: to_verilog_models,
    Format.TOML: to_toml,
}


@app.command("list", epilog="Example:  bespoke technology list")
def list_technologies(as_json: Json = False) -> None:
    """The technologies that are built in or registered by installed packages."""
    found = [load_technology(name) for name in technology_names()]
    if as_json:
        _print_json([_summary(name, technology) for name, technology in zip(technology_names(), found, strict=True)])
        return
    table = Table("name", "supply V", "clock ms", "cells", "flip-flops", "description")
    for name, technology in zip(technology_names(), found, strict=True):
        table.add_row(
            escape(name),
            f"{technology.supply_v:g}",
            f"{technology.clock_ms:g}",
            str(len(technology.cells)),
            str(len(technology.flip_flops)),
            escape(technology.description),
        )
    Console().print(table)


@app.command(epilog="Example:  bespoke technology show egfet-1.0v")
def show(name: Name, as_json: Json = False) -> None:
    """Cells, static power by state, power sources and figures of front ends of a technology."""
    technology = load_technology(name)
    if as_json:
        _print_json(_details(technology))
        return
    console = Console()
    console.print(f"[bold]{escape(technology.name)}[/]  {escape(technology.description)}")
    console.print(f"{technology.supply_v:g} V, {technology.clock_ms:g} ms clock; {escape(technology.source)}")
    cells = Table(
        "cell", "function", "area µm²", "static power nW by state", "input nF", "toggle nJ", "devices", title="Cells"
    )
    for cell in technology.cells:
        states = sorted(range(1 << len(cell.inputs)), key=lambda state: state_name(state, len(cell.inputs)))
        leakage = [f"{state_name(state, len(cell.inputs))}: {_figure(cell.leakage_nw[state])}" for state in states[:8]]
        cells.add_row(
            escape(cell.name),
            escape(cell.function),
            _figure(cell.area_um2),
            ", ".join(leakage) + (", …" if len(states) > 8 else ""),
            ", ".join(f"{cap:.3g}" for cap in cell.input_cap_nf) or "unknown",
            "unknown" if cell.switching_energy_nj is None else f"{cell.switching_energy_nj:.3g}",
            _devices(cell),
        )
    for cell in technology.multi_output_cells:
        cells.add_row(
            escape(cell.name),
            escape("; ".join(f"{output.pin} = {output.function}" for output in cell.outputs)),
            _figure(cell.area_um2),
            f"mean {_figure(_mean(cell))}",
            ", ".join(f"{cap:.3g}" for cap in cell.input_cap_nf) or "unknown",
            "",
            _devices(cell),
        )
    for cell in technology.flip_flops:
        reset = f", reset low {escape(cell.reset)}" if cell.reset else ""
        leakage = f"mean {_figure(cell.leakage_nw)}"
        cells.add_row(escape(cell.name), f"D flip-flop{reset}", _figure(cell.area_um2), leakage, "", "", _devices(cell))
    for cell in technology.physical_cells:
        leakage = "unknown" if cell.leakage_nw is None else _figure(cell.leakage_nw)
        cells.add_row(escape(cell.name), "computes nothing", _figure(cell.area_um2), leakage, "", "", "")
    console.print(cells)
    if technology.devices_source:
        console.print(f"devices: {escape(technology.devices_source)}")
    if any(devices_of(cell).counted for cell in _with_devices(technology)):
        console.print("* devices counted from the function, of transistors with resistor pull-ups: the file has none")
    for title, unused in (
        ("Readable in netlists, not used for mapping", technology.unmapped_cells),
        ("Left out", technology.left_out),
    ):
        if unused:
            console.print(_unused(title, unused))
    if technology.power_sources:
        sources = Table("power source", "kind", "mW", "capacity mWh", title="Power sources")
        for source in technology.power_sources:
            capacity = "" if source.capacity_mwh is None else f"{source.capacity_mwh:g}"
            sources.add_row(escape(source.name), escape(source.kind), f"{source.power_mw:g}", capacity)
        console.print(sources)
    if technology.front_end_figures:
        figures = Table("figures", "prices", "comparator µW", "comparator mm²", "OR µW", "OR mm²", title="Front end")
        for known in technology.front_end_figures:
            figures.add_row(
                escape(known.name),
                ", ".join(priced_kinds(known)),
                _range([power * 1e3 for power in known.comparator_power_mw]),
                _range([area * 1e2 for area in known.comparator_area_cm2]),
                f"{known.or_power_mw * 1e3:.4g}" if known.has_encoder else "",
                f"{known.or_area_cm2 * 1e2:.4g}" if known.has_encoder else "",
            )
        console.print(figures)
        for known in technology.front_end_figures:
            console.print(f"{escape(known.name)}: {escape(known.source)}")


@app.command("import", epilog="Example:  bespoke technology import cells.lib --out cells.toml")
def import_liberty(
    libraries: Annotated[list[Path], typer.Argument(help="Liberty file; several make one technology.")],
    out: Annotated[Path, typer.Option(help="TOML file to write.")],
    name: Annotated[str | None, typer.Option(help="Name of the technology; default: the library's.")] = None,
    clock_ms: Annotated[float | None, typer.Option(help="Usual clock period; default 200.")] = None,
    input_energies: Annotated[
        bool, typer.Option("--input-energies", help="Keep the energy of inputs that toggle alone.")
    ] = False,
) -> None:
    """Turn a Liberty library into a readable technology file; cells left out are named with the reason."""
    if clock_ms is not None and not clock_ms > 0:
        raise InputError(f"option --clock-ms must be above zero, not {clock_ms:g}")
    reader = logging.getLogger("bespoke.technology")
    handler = RichHandler(console=Console(stderr=True), show_time=False, show_path=False, show_level=False)
    reader.addHandler(handler)
    reader.setLevel(logging.INFO)
    try:
        technology = read_liberty(libraries, name=name, clock_ms=clock_ms, input_energies=input_energies)
    finally:
        reader.removeHandler(handler)
    names = ", ".join(library.name for library in libraries)
    write_text(out, to_toml(technology, comments=["", f"Imported from {names}."]))
    nothing = len(technology.physical_cells)
    further = {
        "with several outputs": len(technology.multi_output_cells),
        "that computes nothing" if nothing == 1 else "that compute nothing": nothing,
        "left out": len(technology.left_out),
    }
    rest = "".join(f", {count} {what}" for what, count in further.items() if count)
    cells, flip_flops = len(technology.cells), len(technology.flip_flops)
    print(f"{out}: {cells} cell{_plural(cells)}, {flip_flops} flip-flop{_plural(flip_flops)}{rest}")
    for cell in technology.unmapped_cells:
        print(f"{out}: cell {cell.name} is not used for mapping: {cell.reason}", file=sys.stderr)
    if technology.power_sources:
        print(
            "note: a Liberty file states no power sources; those of the printed EGFET technology were written into "
            f"{out}: edit or delete them if yours has others",
            file=sys.stderr,
        )
    for note in shortcomings(technology):
        print(f"note: {note}", file=sys.stderr)


@app.command(epilog="Example:  bespoke technology export egfet-1.0v --format liberty --out egfet.lib")
def export(
    name: Name,
    file_format: Annotated[Format, typer.Option("--format", help="What to write.")],
    out: Annotated[Path, typer.Option(help="File to write.")],
) -> None:
    """Write a technology for other tools: Liberty, ABC's genlib, Verilog cell models; or our TOML."""
    write_text(out, _WRITERS[file_format](load_technology(name)))
    print(out)


def _plural(count: int) -> str:
    return "" if count == 1 else "s"


def _figure(value: float) -> str:
    """Large figures whole, small ones with four digits: printed cells and silicon ones are worlds apart."""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"


def _with_devices(technology: Technology) -> tuple[Cell | MultiOutputCell | FlipFlop, ...]:
    return (*technology.cells, *technology.multi_output_cells, *technology.flip_flops)


def _devices(cell: Cell | MultiOutputCell | FlipFlop) -> str:
    """Number of printed devices, with a star where it was counted."""
    devices = devices_of(cell)
    return f"{devices.count}*" if devices.counted else f"{devices.count}"


def _devices_json(cell: Cell | MultiOutputCell | FlipFlop) -> dict[str, Any]:
    devices = devices_of(cell)
    return {"devices": devices.count, "devices_counted": devices.counted}


def _mean(cell: MultiOutputCell) -> float:
    return sum(cell.leakage_nw) / len(cell.leakage_nw)


def _unused(title: str, cells: Sequence[LeftOutCell]) -> Table:
    table = Table("cell", "reason", title=title)
    for cell in cells:
        table.add_row(escape(cell.name), escape(cell.reason))
    return table


def _range(values: Sequence[float]) -> str:
    """``8.235 to 57.77``, or the one figure."""
    low, high = f"{min(values):.4g}", f"{max(values):.4g}"
    return low if low == high else f"{low} to {high}"


def _summary(name: str, technology: Technology) -> dict[str, Any]:
    return {
        "name": name,
        "description": technology.description,
        "source": technology.source,
        "supply_v": technology.supply_v,
        "clock_ms": technology.clock_ms,
        "cells": [cell.name for cell in technology.cells],
        "flip_flops": [cell.name for cell in technology.flip_flops],
        "multi_output_cells": [cell.name for cell in technology.multi_output_cells],
        "physical_cells": [cell.name for cell in technology.physical_cells],
        "not_mapped": {cell.name: cell.reason for cell in technology.unmapped_cells},
        "left_out": {cell.name: cell.reason for cell in technology.left_out},
    }


def _details(technology: Technology) -> dict[str, Any]:
    return {
        **_summary(technology.name, technology),
        "cells": [
            {
                "name": cell.name,
                "inputs": cell.inputs,
                "output": cell.output,
                "function": cell.function,
                "area_um2": cell.area_um2,
                "leakage_nw": {
                    state_name(state, len(cell.inputs)): leakage for state, leakage in enumerate(cell.leakage_nw)
                },
                "input_cap_nf": dict(zip(cell.inputs, cell.input_cap_nf, strict=False)),
                "switching_energy_nj": cell.switching_energy_nj,
                **_devices_json(cell),
            }
            for cell in technology.cells
        ],
        "flip_flops": [
            {
                "name": cell.name,
                "area_um2": cell.area_um2,
                "leakage_nw": cell.leakage_nw,
                "reset": cell.reset,
                **_devices_json(cell),
            }
            for cell in technology.flip_flops
        ],
        "devices_of_multi_output_cells": {cell.name: _devices_json(cell) for cell in technology.multi_output_cells},
        "devices_source": technology.devices_source,
        "power_sources": [
            {
                "name": source.name,
                "kind": source.kind,
                "power_mw": source.power_mw,
                "capacity_mwh": source.capacity_mwh,
            }
            for source in technology.power_sources
        ],
        "front_end_figures": [
            {
                "prices": priced_kinds(figures),
                **dataclasses.asdict(figures),
                "comparator_devices": figures.comparator_devices,
            }
            for figures in technology.front_end_figures
        ],
    }


def _print_json(document: Any) -> None:
    print(json.dumps(document, indent=1, ensure_ascii=False))
