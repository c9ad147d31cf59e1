"""Netlists from elsewhere: whatever Verilog says them in, as long as they are of a technology's cells."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bespoke.eda.flat_netlist import FlatNetlist, FlatPort, flat_netlist
from bespoke.errors import InputError
from bespoke.netlist import Netlist, Port
from bespoke.netlist.assembly import Net, PlacedCell, assemble
from bespoke.technology import Technology, to_verilog_models

_INDEXED = re.compile(r"(.+)\[(\d+)\]")
_CONSTANTS = {"0": False, "1": True}


def foreign_netlist(sources: Sequence[Path], technology: Technology, *, top: str | None = None) -> Netlist | None:
    """A netlist in any Verilog that Yosys reads, or None where it is RTL, which has no cell of the technology.

    Hierarchy is flattened. Scalar ports ``\\x[0]``, ``\\x[1]``, … that are bits of one vector, as ABC writes them,
    become the port ``x``.

    Parameters
    ----------
    top : module to take; None takes the one that no other instantiates.

    Raises
    ------
    InputError
        saying what is not understood, or what is no cell of the technology.
    """
    with tempfile.TemporaryDirectory(prefix="bespoke-netlist-") as folder:
        flat = flat_netlist(
            sources,
            top=top,
            folder=Path(folder),
            cell_models=to_verilog_models(technology),
            reasons={cell.name: cell.reason for cell in technology.left_out},
        )
    operators = [cell for cell in flat.cells if cell.kind.startswith("$")]
    if not operators:
        return _assembled(flat, technology)
    placed = next((cell for cell in flat.cells if not cell.kind.startswith("$")), None)
    if placed is None:
        return None
    raise InputError(
        f"module {flat.module} has cells, such as {placed.kind} {placed.name}, beside expressions or registers of its "
        "own; a netlist is of cells alone"
    )


def _assembled(flat: FlatNetlist, technology: Technology) -> Netlist:
    where = f"module {flat.module}"

    def net(bit: int | str) -> Net:
        if bit in ("x", "z"):
            raise InputError(f"{where}: an output or a pin reads an unknown value (x or z)")
        return _CONSTANTS.get(bit, bit)

    def ports(given: Sequence[FlatPort]) -> list[tuple[Port, list[Net]]]:
        return [
            (Port(port.name, len(port.nets), port.offset, port.upto), [net(bit) for bit in port.nets])
            for port in _grouped(given)
        ]

    return assemble(
        module=flat.module,
        inputs=ports(flat.inputs),
        outputs=ports(flat.outputs),
        cells=[
            PlacedCell(cell.kind, cell.name, {pin: net(bit) for pin, bit in cell.pins.items()}) for cell in flat.cells
        ],
        joined={},
        technology=technology,
        where=where,
        name_of=lambda bit: flat.net_names.get(bit, str(bit)),
    )


def _grouped(ports: Sequence[FlatPort]) -> list[FlatPort]:
    """Ports of which those that are single bits of one vector are joined, where the first of them stands."""
    families: dict[str, dict[int, FlatPort]] = {}
    for port in ports:
        match = _INDEXED.fullmatch(port.name)
        if match and len(port.nets) == 1:
            families.setdefault(match[1], {})[int(match[2])] = port
    taken = {port.name for port in ports}
    whole = {
        base: members
        for base, members in families.items()
        if base not in taken and sorted(members) == list(range(len(members)))
    }
    base_of = {member.name: base for base, members in whole.items() for member in members.values()}
    grouped: dict[str, FlatPort] = {}
    for port in ports:
        base = base_of.get(port.name)
        if base is None:
            grouped[port.name] = port
        elif base not in grouped:
            members = whole[base]
            grouped[base] = FlatPort(base, tuple(members[index].nets[0] for index in range(len(members))))
    return list(grouped.values())
