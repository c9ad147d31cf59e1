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
    """A combinational cell with one output.

    Parameters
    ----------
    name : as in the netlist.
    inputs : pin names; input i stands for bit i of a state.
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

    @property
    def mean_leakage_nw(self) -> float:
        return sum(self.leakage_nw) / len(self.leakage_nw)


@dataclass(frozen=True)
class FlipFlop:
    """A D flip-flop, measured by its mean static power.

    It takes over ``data`` at the rising edge of ``clock``; ``reset`` names the active-low asynchronous reset pin, or is
    None. ``data_cap_nf`` is the load of the data pin, ``clock_to_output_ms`` the time from clock to output; None where
    unknown.
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

    @cached_property
    def _by_name(self) -> dict[str, Cell]:
        return {cell.name: cell for cell in self.cells}

    def cell(self, name: str) -> Cell:
        """The combinational cell of that name.

        Raises
        ------
        InputError
            naming the cell, if the technology has none such.
        """
        try:
            return self._by_name[name]
        except KeyError:
            known = ", ".join(sorted(self._by_name))
            raise InputError(f"technology {self.name} has no cell {name!r}; it has {known}") from None

    @cached_property
    def _flip_flops_by_name(self) -> dict[str, FlipFlop]:
        return {cell.name: cell for cell in self.flip_flops}

    def flip_flop(self, name: str) -> FlipFlop | None:
        """The flip-flop of that name, or None."""
        return self._flip_flops_by_name.get(name)

    def find(self, truth: int, inputs: int) -> Cell | None:
        """The smallest cell with that truth table over that many inputs, or None."""
        fitting = [cell for cell in self.cells if len(cell.inputs) == inputs and cell.truth == truth]
        return min(fitting, key=lambda cell: cell.area_um2, default=None)
