"""Netlists of library cells in any Verilog that Yosys reads, as a flat list of cells."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bespoke.eda.tools import Backend
from bespoke.eda.yosys import read_with_yosys
from bespoke.errors import InputError
from bespoke.resources import resource_dir

#: A net: a number, or a constant ``0``, ``1``, ``x``, ``z``.
FlatNet = int | str


@dataclass(frozen=True)
class FlatPort:
    """A port with its nets, lowest bit first; ``offset`` and ``upto`` say its range, as those of ``Port``."""

    name: str
    nets: tuple[FlatNet, ...]
    offset: int = 0
    upto: bool = False


@dataclass(frozen=True)
class FlatCell:
    """An instance of a cell, or of an operator, whose kind begins with ``$``; open pins are absent."""

    kind: str
    name: str
    pins: Mapping[str, FlatNet]


@dataclass(frozen=True)
class FlatNetlist:
    """A module without hierarchy; ``net_names`` has the shortest name of every net that has one."""

    module: str
    inputs: tuple[FlatPort, ...]
    outputs: tuple[FlatPort, ...]
    cells: tuple[FlatCell, ...]
    net_names: Mapping[int, str]


def flat_netlist(
    sources: Sequence[Path],
    *,
    top: str | None,
    folder: Path,
    cell_models: str,
    reasons: Mapping[str, str] | None = None,
    backend: Backend | str = Backend.PYOSYS,
) -> FlatNetlist:
    """Read a netlist, its hierarchy flattened; cells stay as they stand, whether anything reads them or not.

    Parameters
    ----------
    cell_models : Verilog of the cells, of which the pins count.
    reasons : why cells have no model, by name.

    Raises
    ------
    InputError
        as for `bespoke.eda.yosys.elaborate`.
    """
    pseudo_cells = (resource_dir("flows") / "pseudo_cells.v").read_text(encoding="utf-8")
    texts = {"cells.v": cell_models, "pseudo_cells.v": pseudo_cells}
    read = read_with_yosys(
        "netlist.ys.j2", sources, top=top, folder=folder, backend=backend, texts=texts, reasons=reasons
    )
    return read.interpreted(_netlist_from_json)


def _netlist_from_json(path: Path) -> FlatNetlist:
    modules = json.loads(path.read_text(encoding="utf-8", errors="replace"))["modules"]
    tops = (item for item in modules.items() if int(str(item[1].get("attributes", {}).get("top", "0")), 2) == 1)
    name, module = next(tops, (None, None))
    if name is None:
        raise InputError("the Verilog has no module that could be the top")
    ports = {
        direction: tuple(
            FlatPort(port, tuple(content["bits"]), int(content.get("offset", 0)), bool(content.get("upto", 0)))
            for port, content in module["ports"].items()
            if content["direction"] == direction
        )
        for direction in ("input", "output")
    }
    names: dict[int, str] = {}
    for wire, content in module["netnames"].items():
        bits = content["bits"]
        offset, upto = int(content.get("offset", 0)), bool(content.get("upto", 0))
        for place, net in enumerate(bits):
            index = offset + (len(bits) - 1 - place if upto else place)
            own = f"{wire}[{index}]" if len(bits) > 1 or offset else wire
            names[net] = min(names.get(net, own), own, key=len)
    cells = tuple(
        FlatCell(cell["type"], instance, {pin: nets[0] for pin, nets in cell["connections"].items() if nets})
        for instance, cell in module["cells"].items()
        if cell["type"] != "$scopeinfo"
    )
    return FlatNetlist(name, ports["input"], ports["output"], cells, names)
