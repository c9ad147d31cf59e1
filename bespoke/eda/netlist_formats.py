"""A mapped netlist in BLIF and EDIF, written by Yosys, and read back from them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bespoke.eda.edif import read_edif
from bespoke.eda.runner import run_tool
from bespoke.eda.scripts import render_script
from bespoke.eda.tools import Backend, yosys_command
from bespoke.errors import ToolFailedError
from bespoke.files import write_text

_TIMEOUT_S = 600.0


@dataclass(frozen=True)
class NetlistFormats:
    """Files of one netlist: in BLIF and EDIF, and as the Verilog that each of them reads back to."""

    blif: Path
    edif: Path
    from_blif: Path
    from_edif: Path


def write_formats(
    netlist: str, cell_models: str, *, top: str, folder: Path, backend: Backend | str = Backend.PYOSYS
) -> NetlistFormats:
    """Write a netlist's formats and read them back; whether they say the same is for the caller to prove.

    Parameters
    ----------
    netlist, cell_models : Verilog text of the netlist, and of the cells that it has.
    top : its module, a plain name.
    folder : for scripts, logs and results.

    Raises
    ------
    ToolFailedError
        if Yosys does not write or read one of them.
    InputError
        if the EDIF is not a netlist of library cells.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / "netlist.v", netlist)
    write_text(folder / "cells.v", cell_models)
    found = NetlistFormats(*(folder / name for name in ("netlist.blif", "netlist.edif", "from_blif.v", "from_edif.v")))
    _yosys("netlist_formats", folder, backend, (found.blif, found.edif), top=top)
    _yosys("read_blif", folder, backend, (found.from_blif,))
    write_text(found.from_edif, read_edif(found.edif).to_verilog())
    return found


def _yosys(name: str, folder: Path, backend: Backend | str, results: tuple[Path, ...], **values: str) -> None:
    (folder / f"{name}.ys").write_text(render_script(f"{name}.ys.j2", **values), encoding="utf-8")
    for result in results:
        result.unlink(missing_ok=True)
    run = run_tool(name, (*yosys_command(backend), f"{name}.ys"), folder=folder, timeout_s=_TIMEOUT_S)
    for result in results:
        if not result.is_file():
            raise ToolFailedError(f"Yosys ended without {result.name}", command=run.command, log=run.log)
