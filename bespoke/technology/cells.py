"""Printed cells and technologies as value types."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from bespoke.errors import InputError
from bespoke.technology.front_end_figures import FrontEndFigures

#: Wider cells are not taken: their leakage table would have more than 1024 states.
MAX_INPUTS = 10
#: Widest cell that mapping uses: the optimiser's tables have 16 states.
MAX_MAPPED_INPUTS = 4

_CELL_NAME = re.compile(r"[A-Za-z_][\w.$/-]*", re.ASCII)
_PIN_NAME = re.compile(r"[A-Za-z_][\w\[\]]*", re.ASCII)


def naming_fault(cell: str, pins: Sequence[str]) -> str | None:
    """What is wrong with the names of a cell and its pins, which go into other tools' files; None if nothing is."""
    if not _CELL_NAME.fullmatch(cell):
        return f"its name {cell!r} has signs other than letters, digits and _ . $ / -"
    odd = next((pin for pin in pins if not _PIN_NAME.fullmatch(pin)), None)
    if odd is not None:
        return f"its pin {odd!r} has signs other than letters, digits, _ and square brackets"
    return None


@dataclass(frozen=True)
class TimingArc:
    """Delay of a cell from one input to its output, a table over input slew and output load, linearly interpolated.

    Parameters
    ----------
    slews_ms, loads_nf : rising axis values of the table.
    delays_ms, output_slews_ms : rows by slew, columns by load; the worse of rise and fall.
    """

    slews_ms: tuple[float, ...]
    loads_nf: tuple[float, ...]
    delays_ms: tuple[tuple[float, ...], ...]
    output_slews_ms: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Cell:
    """A combinational cell with one output, or one output of a combinational cell with several.

    Parameters
    ----------
    name : as in the netlist.
    inputs : pin names; input i stands for bit i of a state. A cell that ties its output has none.
    output : pin name.
    function : Boolean expression over the pins in ``!``, ``&``, ``|``, ``^`` and brackets.
    truth : bit s is the output in state s.
    area_um2 : cell area.
    leakage_nw : static power in each of the ``2**len(inputs)`` states.
    input_cap_nf : capacitance of each input pin.
    arcs : one per input, or empty where the technology knows no delays.
    switching_energy_nj : energy inside the cell of one output toggle, both directions averaged, without what charges
        the load; None where unknown.
    input_energy_nj : per input pin, energy inside the cell of a toggle that leaves the output as it is; empty where
        unknown.
    dont_use : the library keeps mapping from using it.
    further_output : not the first output of its cell: area, static power and pins count with the first.
    devices : printed transistors and resistors; None where the technology does not say (see `devices_of`).
    """

    name: str
    inputs: tuple[str, ...]
    output: str
    function: str
    truth: int
    area_um2: float
    leakage_nw: tuple[float, ...]
    input_cap_nf: tuple[float, ...] = ()
    arcs: tuple[TimingArc, ...] = ()
    switching_energy_nj: float | None = None
    input_energy_nj: tuple[float, ...] = ()
    dont_use: bool = False
    further_output: bool = False
    devices: int | None = None

    @property
    def mean_leakage_nw(self) -> float:
        return sum(self.leakage_nw) / len(self.leakage_nw)

    @property
    def knows_delays(self) -> bool:
        """Whether a path through the cell can be timed."""
        return len(self.arcs) == len(self.inputs) == len(self.input_cap_nf)

    @property
    def knows_energies(self) -> bool:
        """Whether its dynamic power can be told; a cell without inputs never toggles."""
        return not self.inputs or (self.switching_energy_nj is not None and len(self.input_cap_nf) == len(self.inputs))


@dataclass(frozen=True)
class CellOutput:
    """One output of a cell with several; see `Cell`."""

    pin: str
    function: str
    truth: int
    arcs: tuple[TimingArc, ...] = ()
    switching_energy_nj: float | None = None


@dataclass(frozen=True)
class MultiOutputCell:
    """A combinational cell with several outputs, such as a full adder; see `Cell`.

    Mapping does not use it; a netlist may hold it.
    """

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[CellOutput, ...]
    area_um2: float
    leakage_nw: tuple[float, ...]
    input_cap_nf: tuple[float, ...] = ()
    input_energy_nj: tuple[float, ...] = ()
    dont_use: bool = False
    devices: int | None = None

    @cached_property
    def parts(self) -> tuple[Cell, ...]:
        """A cell per output, all under the name of the whole; the first has the area, power, load and known devices."""
        return tuple(
            Cell(
                name=self.name,
                inputs=self.inputs,
                output=output.pin,
                function=output.function,
                truth=output.truth,
                area_um2=0.0 if place else self.area_um2,
                leakage_nw=(0.0,) * len(self.leakage_nw) if place else self.leakage_nw,
                input_cap_nf=(0.0,) * len(self.input_cap_nf) if place else self.input_cap_nf,
                arcs=output.arcs,
                switching_energy_nj=output.switching_energy_nj,
                input_energy_nj=() if place else self.input_energy_nj,
                dont_use=self.dont_use,
                further_output=place > 0,
                devices=self.devices and (0 if place else self.devices),
            )
            for place, output in enumerate(self.outputs)
        )


@dataclass(frozen=True)
class PhysicalCell:
    """A cell that computes nothing: filler, well tap, decoupling capacitor, antenna diode.

    ``pins`` are its signal pins, all inputs, mostly none; ``leakage_nw`` is None where the library says nothing.
    """

    name: str
    pins: tuple[str, ...]
    area_um2: float
    leakage_nw: float | None = None


@dataclass(frozen=True)
class LeftOutCell:
    """A cell of a library that a technology cannot hold, with the reason."""

    name: str
    reason: str


@dataclass(frozen=True)
class FlipFlop:
    """A D flip-flop, measured by its mean static power.

    It takes over ``data`` at the rising edge of ``clock``; ``reset`` names the active-low asynchronous reset pin, or is
    None. ``data_cap_nf`` is the load of the data pin, ``clock_to_output_ms`` the time from clock to output; None where
    unknown. ``dont_use`` keeps mapping from using it; ``devices`` as in `Cell`.
    """

    name: str
    clock: str
    data: str
    output: str
    reset: str | None
    area_um2: float
    leakage_nw: float
    inverted_output: str | None = None
    data_cap_nf: float | None = None
    clock_to_output_ms: float | None = None
    dont_use: bool = False
    devices: int | None = None


@dataclass(frozen=True)
class PowerSource:
    """A printed battery or harvester.

    ``power_mw`` is what it delivers continuously; ``capacity_mwh`` is None for harvesters and where unknown.
    """

    name: str
    kind: str
    power_mw: float
    capacity_mwh: float | None = None
    source: str = ""


@dataclass(frozen=True)
class Technology:
    """A printed technology: its cells, supply, usual clock period, power sources and figures of front ends.

    Unless asked otherwise, the first of ``front_end_figures`` that can price a kind of front end is taken for it.
    Mapping uses ``mapping_cells``; a netlist from elsewhere may hold any of ``cells``, ``multi_output_cells``,
    ``flip_flops`` and ``physical_cells``. ``left_out`` names what a library has besides. ``devices_source`` says
    where the cells' devices are from, where any has them.
    """

    name: str
    description: str
    supply_v: float
    clock_ms: float
    cells: tuple[Cell, ...]
    flip_flops: tuple[FlipFlop, ...] = ()
    power_sources: tuple[PowerSource, ...] = field(default=())
    source: str = ""
    front_end_figures: tuple[FrontEndFigures, ...] = ()
    multi_output_cells: tuple[MultiOutputCell, ...] = ()
    physical_cells: tuple[PhysicalCell, ...] = ()
    left_out: tuple[LeftOutCell, ...] = ()
    devices_source: str = ""

    @cached_property
    def mapping_cells(self) -> tuple[Cell, ...]:
        """The cells that mapping uses, in the library's order; see `unmapped_cells` for the others."""
        unmapped = {one.name for one in self.unmapped_cells}
        return tuple(cell for cell in self.cells if cell.name not in unmapped)

    @cached_property
    def unmapped_cells(self) -> tuple[LeftOutCell, ...]:
        """The cells that mapping does not use although a netlist may hold them, each with the reason."""
        usable: list[Cell] = []
        found = []
        for cell in self.cells:
            if reason := _unmapped(cell):
                found.append(LeftOutCell(cell.name, reason))
            else:
                usable.append(cell)
        kept: dict[tuple[int, int], list[Cell]] = {}
        for cell in sorted(usable, key=lambda cell: (cell.area_um2, sum(cell.leakage_nw))):
            alike = kept.setdefault((len(cell.inputs), cell.truth), [])
            if any(_no_worse(other, cell) for other in alike):
                found.append(LeftOutCell(cell.name, "another of the same function is no larger and draws no more"))
            else:
                alike.append(cell)
        found += [LeftOutCell(cell.name, "several outputs") for cell in self.multi_output_cells]
        found += [LeftOutCell(cell.name, "the library says dont_use") for cell in self.flip_flops if cell.dont_use]
        return tuple([*found, *(LeftOutCell(cell.name, "computes nothing") for cell in self.physical_cells)])

    @cached_property
    def _by_name(self) -> dict[str, Cell]:
        return {cell.name: cell for cell in self.cells}

    def cell(self, name: str) -> Cell:
        """The combinational cell of that name.

        Raises
        ------
        InputError
            naming the cell, if the technology has none such, and why its library leaves it out if it does.
        """
        try:
            return self._by_name[name]
        except KeyError:
            pass
        if reason := self.reason_left_out(name):
            raise InputError(f"technology {self.name} leaves cell {name!r} out: {reason}")
        known = ", ".join(sorted(self._by_name))
        raise InputError(f"technology {self.name} has no cell {name!r}; it has {known}")

    @cached_property
    def _parts(self) -> dict[str, tuple[Cell, ...]]:
        several = {cell.name: cell.parts for cell in self.multi_output_cells}
        return several | {cell.name: (cell,) for cell in self.cells}

    def parts(self, name: str) -> tuple[Cell, ...]:
        """What an instance of a combinational cell consists of: a `Cell` per output; empty for any other name."""
        return self._parts.get(name, ())

    @cached_property
    def _flip_flops_by_name(self) -> dict[str, FlipFlop]:
        return {cell.name: cell for cell in self.flip_flops}

    def flip_flop(self, name: str) -> FlipFlop | None:
        """The flip-flop of that name, or None."""
        return self._flip_flops_by_name.get(name)

    @cached_property
    def _physical_by_name(self) -> dict[str, PhysicalCell]:
        return {cell.name: cell for cell in self.physical_cells}

    def physical_cell(self, name: str) -> PhysicalCell | None:
        """The cell of that name that computes nothing, or None."""
        return self._physical_by_name.get(name)

    @cached_property
    def _reasons(self) -> dict[str, str]:
        return {cell.name: cell.reason for cell in self.left_out}

    def reason_left_out(self, name: str) -> str | None:
        """Why the library's cell of that name is no part of the technology; None where the library has none such."""
        return self._reasons.get(name)

    def find(self, truth: int, inputs: int) -> Cell | None:
        """The smallest cell that mapping may use with that truth table over that many inputs, or None."""
        fitting = [cell for cell in self.mapping_cells if len(cell.inputs) == inputs and cell.truth == truth]
        return min(fitting, key=lambda cell: cell.area_um2, default=None)


def _unmapped(cell: Cell) -> str | None:
    """Why mapping does not use a cell, whatever else there is; None if it may."""
    if cell.dont_use:
        return "the library says dont_use"
    if len(cell.inputs) > MAX_MAPPED_INPUTS:
        return f"more than {MAX_MAPPED_INPUTS} inputs"
    if cell.truth in (0, (1 << (1 << len(cell.inputs))) - 1):
        return "its output is constant"
    if len(cell.inputs) == 1 and cell.truth == 0b10:
        return "a buffer, which a wire replaces"
    if not all(_depends(cell.truth, len(cell.inputs), pin) for pin in range(len(cell.inputs))):
        return "its output does not depend on every input"
    return None


def _depends(truth: int, inputs: int, pin: int) -> bool:
    """Whether a function of so many inputs changes with one of them anywhere."""
    return any((truth >> state ^ truth >> (state | 1 << pin)) & 1 for state in range(1 << inputs))


def _no_worse(cell: Cell, other: Cell) -> bool:
    """Whether the first is no larger than the second of the same function and draws no more in any state."""
    return cell.area_um2 <= other.area_um2 and all(
        ours <= theirs for ours, theirs in zip(cell.leakage_nw, other.leakage_nw, strict=True)
    )
