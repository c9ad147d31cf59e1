"""The same netlist at the other supplies of its technology."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np

from bespoke.errors import InputError
from bespoke.netlist import Netlist, dynamic_power, static_power, timing
from bespoke.sensing import FrontEnd, FrontEndKind, Wires, priced_front_end
from bespoke.technology import Cell, FlipFlop, Technology, load_technology, smallest_carrier, technology_names

_SUPPLY_IN_NAME = re.compile(r"(?P<family>.*?\D)??(?P<supply>\d+(?:\.\d+)?)v", re.IGNORECASE)


@dataclass(frozen=True)
class Corner:
    """What a netlist draws and how fast it is at one supply.

    Parameters
    ----------
    technology : name of the member of the family.
    total_power_mw : with the power of switching, where the technology knows it.
    estimated_system_power_mw : with the front end, less needless inverters; None where the member has no figures of it.
    delay_ms, meets_clock : None where the member knows no delays.
    power_source : the smallest of the member's that carries the system, or the circuit alone where the front end's
        power is not known; None where none does.
    source_carries_system : which of the two it was judged on.
    clock_ms : the period that was to be met.
    """

    technology: str
    supply_v: float
    static_power_mw: float
    total_power_mw: float
    estimated_system_power_mw: float | None
    delay_ms: float | None
    meets_clock: bool | None
    power_source: str | None
    source_carries_system: bool
    clock_ms: float


def corners(
    netlist: Netlist,
    wires: Wires,
    bits: np.ndarray,
    front_end: FrontEnd | FrontEndKind,
    technology: Technology,
    *,
    clock_ms: float | None = None,
    needless: np.ndarray | None = None,
) -> tuple[Corner, ...]:
    """A corner per member of the technology's family that has the netlist's cells, the lowest supply first.

    Parameters
    ----------
    bits : bool (vectors, input bits), on which power is measured, in their order.
    front_end : as the design has it; every other member prices its kind with figures of its own, where it has any.
    clock_ms : period to be met at every supply; None for each member's usual one.
    needless : gates that are no gates of the system, for comparators deliver complements; none unless given.
    """
    kind = front_end if isinstance(front_end, FrontEndKind) else front_end.kind
    found = []
    for member in family(technology):
        swapped = netlist if member is technology else with_cells_of(netlist, member)
        if swapped is not None:
            own = front_end if member is technology and isinstance(front_end, FrontEnd) else None
            priced = own or priced_front_end(member, kind)
            found.append(_corner(swapped, wires, bits, priced, member, clock_ms or member.clock_ms, needless))
    return tuple(found)


def family(technology: Technology) -> tuple[Technology, ...]:
    """The technology and its like at other supplies, by rising supply.

    Like it are registered technologies of the same name but for the voltage, as ``egfet-0.6v`` and ``egfet-1.0v``. A
    technology that is not the registered one of its name has none: it may have been changed.
    """
    own = _SUPPLY_IN_NAME.fullmatch(technology.name)
    if own is None or technology.name not in technology_names():
        return (technology,)
    if load_technology(technology.name).cells != technology.cells:
        return (technology,)
    members = [technology]
    for name in technology_names():
        match = _SUPPLY_IN_NAME.fullmatch(name)
        if match and match["family"] == own["family"] and name != technology.name:
            members.append(load_technology(name))
    return tuple(sorted(members, key=lambda member: (member.supply_v, member.name)))


def with_cells_of(netlist: Netlist, technology: Technology) -> Netlist | None:
    """The netlist in another technology's cells of the same names, pins and functions; None where it lacks one."""
    cells = [_same_cell(cell, technology) for cell in netlist.cells]
    registers = [_same_flip_flop(one.cell, technology) for one in netlist.flip_flops]
    if any(cell is None for cell in (*cells, *registers)):
        return None
    flip_flops = tuple(replace(one, cell=cell) for one, cell in zip(netlist.flip_flops, registers, strict=True))
    return replace(netlist, cells=tuple(cells), flip_flops=flip_flops)


def _same_cell(cell: Cell, technology: Technology) -> Cell | None:
    for part in technology.parts(cell.name):
        if (part.inputs, part.output, part.truth) == (cell.inputs, cell.output, cell.truth):
            return part
    return None


def _same_flip_flop(cell: FlipFlop, technology: Technology) -> FlipFlop | None:
    found = technology.flip_flop(cell.name)
    if found is None or (found.clock, found.data, found.output, found.reset) != (
        cell.clock,
        cell.data,
        cell.output,
        cell.reset,
    ):
        return None
    return found


def _corner(
    netlist: Netlist,
    wires: Wires,
    bits: np.ndarray,
    front_end: FrontEnd,
    technology: Technology,
    clock_ms: float,
    needless: np.ndarray | None,
) -> Corner:
    if not clock_ms > 0:
        raise InputError(f"the clock period must be above zero, not {clock_ms} ms")
    static = static_power(netlist, bits)
    dynamic = None
    if len(bits) > 1:
        dynamic = dynamic_power(netlist, bits, clock_ms=clock_ms, supply_v=technology.supply_v)
    total_mw = static.total_mw + (0.0 if dynamic is None else dynamic.total_mw)
    system_mw = None
    if front_end.is_priced:
        saved_mw = 0.0 if needless is None else float(static.per_gate_nw[needless].sum()) * 1e-6
        converters = front_end.cost(wires, netlist.read_inputs()[: wires.count])
        system_mw = total_mw + converters.power_mw - saved_mw
    delay = timing(netlist, clock_ms)
    verdict = smallest_carrier(technology, total_mw if system_mw is None else system_mw)
    return Corner(
        technology=technology.name,
        supply_v=technology.supply_v,
        static_power_mw=static.total_mw,
        total_power_mw=total_mw,
        estimated_system_power_mw=system_mw,
        delay_ms=None if delay is None else delay.delay_ms,
        meets_clock=None if delay is None else delay.meets_clock,
        power_source=None if verdict is None else verdict.source.name,
        source_carries_system=system_mw is not None,
        clock_ms=float(clock_ms),
    )
