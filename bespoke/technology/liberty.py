"""Technologies from Liberty files.

Figures are turned into the project's units (µm², nW, nF, ms, nJ) by the units that each library states; its areas are
taken as µm², for Liberty has no unit of area. An internal power table holds energies in capacitance times squared
voltage units. Of leakage and internal power, the entries of power pins count and those of ground pins do not: the
ground's are the same current once more.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bespoke.errors import InputError
from bespoke.technology.cells import Cell, FlipFlop, LeftOutCell, MultiOutputCell, PhysicalCell, Technology
from bespoke.technology.liberty_cells import AnyCell, LeftOut, Units, read_cell
from bespoke.technology.liberty_syntax import Group, as_number, parse_library
from bespoke.technology.liberty_tables import figure
from bespoke.technology.suitability import common_reasons
from bespoke.technology.toml_format import printed_power_sources

log = logging.getLogger(__name__)

_PREFIX = {"": 1.0, "f": 1e-15, "p": 1e-12, "n": 1e-9, "u": 1e-6, "m": 1e-3, "k": 1e3}


def read_liberty(
    paths: Path | str | Sequence[Path | str],
    *,
    name: str | None = None,
    clock_ms: float | None = None,
    input_energies: bool = False,
) -> Technology:
    """The combinational cells, D flip-flops and physical cells of one or several Liberty files.

    Several files make one technology of all their cells, each read in its own units. Every cell left out (tri-state,
    latch, scan flip-flop, no area or leakage power) is in ``left_out`` with its reason, and logged. Liberty knows no
    power sources; the technology gets those of the built-in ones.

    Parameters
    ----------
    paths : a file, or several.
    name : of the technology, by default the libraries'.
    clock_ms : usual clock period, which plain Liberty does not say; 200 ms by default, unless the file is an export of
        ours, which does.
    input_energies : also take the energy of input toggles that leave the output as it is. Not by default: in the
        EGFET libraries these tables hold nothing but 30 ms of static power in the states before and after, which
        counts already by state.

    Raises
    ------
    InputError
        if a file cannot be read, two of them describe a cell of one name or differ in their supply, or there is no
        combinational cell.
    """
    if isinstance(paths, Path | str):
        paths = [paths]
    if not paths:
        raise InputError("name one Liberty file at least")
    libraries = [_Library(Path(path), input_energies=input_energies) for path in paths]
    _check_together(libraries)
    found = [library.found for library in libraries]
    cells = tuple(cell for one in found for cell in one.cells)
    left_out = tuple(cell for one in found for cell in one.left_out)
    files = ", ".join(str(path) for path in paths)
    if not cells:
        raise InputError(f"{files}: no combinational cell with one output can be used{_reasons(left_out)}")
    first = libraries[0].group
    joined = name or "+".join(library.name for library in libraries)
    clock = first.number("bespoke_clock_ms") if clock_ms is None else clock_ms
    return Technology(
        name=joined,
        description=first.text("bespoke_description", f"Liberty library {joined}"),
        supply_v=_supply(libraries),
        clock_ms=200.0 if clock is None else float(clock),
        cells=cells,
        flip_flops=tuple(cell for one in found for cell in one.flip_flops),
        multi_output_cells=tuple(cell for one in found for cell in one.multi_output_cells),
        physical_cells=tuple(cell for one in found for cell in one.physical_cells),
        left_out=left_out,
        source=first.text("bespoke_source", ", ".join(library.path.name for library in libraries)),
        power_sources=printed_power_sources(),
    )


@dataclass
class _Found:
    """Cells of a library by what they are."""

    cells: list[Cell] = field(default_factory=list)
    flip_flops: list[FlipFlop] = field(default_factory=list)
    multi_output_cells: list[MultiOutputCell] = field(default_factory=list)
    physical_cells: list[PhysicalCell] = field(default_factory=list)
    left_out: list[LeftOutCell] = field(default_factory=list)

    def add(self, cell: AnyCell) -> None:
        kinds = {
            Cell: self.cells,
            FlipFlop: self.flip_flops,
            MultiOutputCell: self.multi_output_cells,
            PhysicalCell: self.physical_cells,
        }
        kinds[type(cell)].append(cell)


class _Library:
    """One Liberty file."""

    def __init__(self, path: Path, *, input_energies: bool):
        self.path = path
        self.group = _parsed(path)
        self.name = self.group.name or path.stem
        self.cell_names = [cell.name for cell in self.group.children("cell")]
        try:
            units = _units(self.group)
            self.supply_v = _supply_v(self.group, units)
        except InputError as error:
            raise InputError(f"{path}: {error}") from None
        self.found = _Found()
        for cell in self.group.children("cell"):
            try:
                self.found.add(read_cell(cell, self.group, units, input_energies=input_energies))
                continue
            except LeftOut as fault:
                reason = str(fault)
            except InputError as error:
                reason = f"it cannot be read: {error}"
            self.found.left_out.append(LeftOutCell(cell.name, reason))
            log.info("%s: cell %s left out: %s", path.name, cell.name, reason)


def _parsed(path: Path) -> Group:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
    try:
        return parse_library(text)
    except InputError as error:
        raise InputError(f"{path} is not a Liberty file that can be read: {error}") from None


def _check_together(libraries: Sequence[_Library]) -> None:
    """No cell is described twice, and all say the same supply, if they say one."""
    where: dict[str, Path] = {}
    for library in libraries:
        for name in library.cell_names:
            if name in where:
                places = f"{library.path} twice" if where[name] == library.path else f"{where[name]} and {library.path}"
                raise InputError(f"cell {name!r} is described in {places}; leave one of the two out")
            where[name] = library.path
    known = [library for library in libraries if library.supply_v is not None]
    for library in known[1:]:
        if library.supply_v != known[0].supply_v:
            raise InputError(
                f"{known[0].path} is for {known[0].supply_v:g} V and {library.path} for {library.supply_v:g} V; name "
                "files of one supply"
            )


def _supply(libraries: Sequence[_Library]) -> float:
    known = [library.supply_v for library in libraries if library.supply_v is not None]
    if not known:
        log.warning("%s: no nom_voltage is stated; 1 V is assumed", ", ".join(str(one.path) for one in libraries))
    return known[0] if known else 1.0


def _reasons(left_out: Sequence[LeftOutCell]) -> str:
    """Why none of the library's cells can be used."""
    if not left_out:
        return ", for there is no such cell at all"
    return f"; left out are {len(left_out)} ({common_reasons(left_out)})"


def _units(library: Group) -> Units:
    def of(key: str, default: str, letter: str) -> float:
        text = library.text(key, default).replace(" ", "")
        match = re.fullmatch(rf"([0-9.eE+-]*?)([a-z]?){letter}", text, re.IGNORECASE)
        if match is None or match.group(2).lower() not in _PREFIX:
            raise InputError(f"{key} is {text!r}, which is no unit that can be read")
        return as_number(match.group(1) or "1", key) * _PREFIX[match.group(2).lower()]

    load = (library.values("capacitive_load_unit") or [("1", "pf")])[-1]
    match = re.fullmatch(r"([a-z]?)f", load[1].strip().lower()) if len(load) == 2 else None
    if match is None or match.group(1) not in _PREFIX:
        raise InputError(f"capacitive_load_unit is ({', '.join(load)}), which is no unit that can be read")
    units = Units(
        time_ms=figure(of("time_unit", "1ns", "s") * 1e3),
        cap_nf=figure(as_number(load[0], "capacitive_load_unit") * _PREFIX[match.group(1)] * 1e9),
        power_nw=figure(of("leakage_power_unit", "1nW", "w") * 1e9),
        volt=of("voltage_unit", "1V", "v"),
    )
    for key in ("time_ms", "cap_nf", "power_nw", "volt"):
        if not getattr(units, key) > 0:
            raise InputError("one of its units is zero or negative")
    return units


def _supply_v(library: Group, units: Units) -> float | None:
    """The nominal voltage; where it is missing that of the default operating conditions; None where both are."""
    voltage = library.number("nom_voltage")
    if voltage is None:
        conditions = library.children("operating_conditions")
        default = library.text("default_operating_conditions")
        named = [group for group in conditions if group.name == default] or conditions[:1]
        voltage = named[0].number("voltage") if named else None
    if voltage is not None and not voltage > 0:
        raise InputError(f"nom_voltage is {voltage:g}, not above zero")
    return None if voltage is None else figure(voltage * units.volt)
