"""The cells of a Liberty library as ours."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from bespoke.errors import InputError
from bespoke.technology.boolean import expression_pins, format_expression, parse_expression, truth_table
from bespoke.technology.cells import (
    MAX_INPUTS,
    Cell,
    CellOutput,
    FlipFlop,
    MultiOutputCell,
    PhysicalCell,
    naming_fault,
)
from bespoke.technology.liberty_syntax import Group
from bespoke.technology.liberty_tables import figure, mean_energy, merged_arc

_SEQUENTIAL = ("latch", "latch_bank", "ff_bank", "statetable", "memory")

AnyCell = Cell | MultiOutputCell | FlipFlop | PhysicalCell


@dataclass(frozen=True)
class Units:
    """What one unit of the library is in ours."""

    time_ms: float
    cap_nf: float
    power_nw: float
    volt: float

    @property
    def energy_nj(self) -> float:
        return self.cap_nf * self.volt**2


class LeftOut(Exception):
    """A cell that the technology cannot hold, with the reason."""


def read_cell(group: Group, library: Group, units: Units, *, input_energies: bool) -> AnyCell:
    """What a cell of the library is for us.

    Raises
    ------
    LeftOut
        with the reason, where it is nothing that a technology holds.
    InputError
        where something in it cannot be read.
    """
    return _Reader(group, library, units, input_energies).cell()


class _Reader:
    """One cell group, what it stands in and what its figures mean."""

    def __init__(self, group: Group, library: Group, units: Units, input_energies: bool):
        self._group, self._library, self._units = group, library, units
        self._input_energies = input_energies
        self._dont_use = group.is_true("dont_use")
        self._power_pins = frozenset(pin.name for pin in group.children("pg_pin") if "power" in pin.text("pg_type", ""))

    def cell(self) -> AnyCell:
        group = self._group
        for kind in _SEQUENTIAL:
            if group.children(kind):
                raise LeftOut(f"it is sequential ({kind})")
        if "clock_gating_integrated_cell" in group:
            raise LeftOut("it gates a clock")
        if group.is_true("pad_cell") or any(pin.is_true("is_pad") for pin in group.children("pin")):
            raise LeftOut("it is a pad")
        if group.children("bus") or group.children("bundle"):
            raise LeftOut("it has buses")
        self._pins = {pin: inner for inner in group.children("pin") for pin in inner.args}
        if fault := naming_fault(group.name, list(self._pins)):
            raise LeftOut(fault)
        directions = {pin: inner.text("direction", "") for pin, inner in self._pins.items()}
        self._inputs = tuple(pin for pin in self._pins if directions[pin] == "input")
        self._outputs = tuple(pin for pin in self._pins if directions[pin] == "output")
        if len(self._inputs) + len(self._outputs) != len(self._pins):
            raise LeftOut("it has pins that are neither input nor output")
        if any("three_state" in self._pins[pin] for pin in self._outputs):
            raise LeftOut("its output is tri-state")
        if group.children("ff"):
            return self._flip_flop()
        if not self._outputs:
            return PhysicalCell(group.name, self._inputs, self._area(), self._mean_leakage())
        return self._combinational()

    # ---- figures that every cell has ----

    def _area(self) -> float:
        area = self._group.number("area")
        if area is None:
            raise LeftOut("it says no area")
        return figure(area)

    def _mean_leakage(self) -> float | None:
        """Static power whatever the state, nW: the cell's, or the library's default where that is one."""
        value = self._group.number("cell_leakage_power")
        if value is None:
            value = self._library.number("default_cell_leakage_power") or None  # zero by default is no figure
        return None if value is None else figure(value * self._units.power_nw)

    def _of_power(self, groups: Iterable[Group]) -> list[Group]:
        """The groups that tell of a power pin, or of no supply pin in particular."""
        pins = self._power_pins
        return [group for group in groups if not pins or group.text("related_pg_pin") in (None, *pins)]

    def _capacitance(self, pin: str) -> float | None:
        inner = self._pins[pin]
        value = inner.number("capacitance")
        if value is None:
            edges = [inner.number(key) for key in ("rise_capacitance", "fall_capacitance")]
            known = [edge for edge in edges if edge is not None]
            value = max(known) if known else self._library.number("default_input_pin_cap") or None
        return None if value is None else figure(value * self._units.cap_nf)

    def _capacitances(self) -> tuple[float, ...]:
        found = [self._capacitance(pin) for pin in self._inputs]
        return () if any(cap is None for cap in found) else tuple(found)

    # ---- combinational cells ----

    def _combinational(self) -> Cell | MultiOutputCell:
        group, inputs = self._group, self._inputs
        if len(inputs) > MAX_INPUTS:
            raise LeftOut(f"it has {len(inputs)} inputs, and {MAX_INPUTS} are the most")
        outputs = tuple(self._output(pin) for pin in self._outputs)
        passive = [self._of_power(self._pins[pin].children("internal_power")) for pin in inputs]
        shared = {
            "name": group.name,
            "inputs": inputs,
            "area_um2": self._area(),
            "leakage_nw": self._leakage_by_state({output.pin: output.truth for output in outputs}),
            "input_cap_nf": self._capacitances(),
            "input_energy_nj": tuple(mean_energy(groups, self._units.energy_nj) for groups in passive)
            if self._input_energies and any(passive)
            else (),
            "dont_use": self._dont_use,
        }
        if len(outputs) > 1:
            return MultiOutputCell(outputs=outputs, **shared)
        (only,) = outputs
        return Cell(
            output=only.pin,
            function=only.function,
            truth=only.truth,
            arcs=only.arcs,
            switching_energy_nj=only.switching_energy_nj,
            **shared,
        )

    def _output(self, pin: str) -> CellOutput:
        driver, inputs, units = self._pins[pin], self._inputs, self._units
        if "function" not in driver:
            raise LeftOut("its output has no function")
        expression = parse_expression(driver.text("function"))
        if not expression_pins(expression) <= set(inputs):
            raise LeftOut("its function names pins that are no inputs (a state of its own)")
        power = self._of_power(driver.children("internal_power"))
        arcs = [merged_arc(driver, name, self._library, units.time_ms, units.cap_nf) for name in inputs]
        return CellOutput(
            pin=pin,
            function=format_expression(expression),
            truth=truth_table(expression, inputs),
            arcs=tuple(arcs) if all(arc is not None for arc in arcs) else (),
            switching_energy_nj=mean_energy(power, units.energy_nj) if power else None,
        )

    def _leakage_by_state(self, outputs: Mapping[str, int]) -> tuple[float, ...]:
        """Static power in nW per state: the entries of power pins, added up over the pins.

        A condition may name outputs. States without an entry take the unconditional one, else the cell's mean.
        """
        states = 1 << len(self._inputs)
        by_pin: dict[str, np.ndarray] = {}
        general: dict[str, float] = {}
        for entry in self._of_power(self._group.children("leakage_power")):
            pin = entry.text("related_pg_pin", "")
            value = entry.number("value")
            if value is None:
                raise InputError(f"leakage_power of line {entry.line} says no value")
            value *= self._units.power_nw
            condition = entry.text("when", "")
            if not condition:
                general[pin] = value
                continue
            table = truth_table(parse_expression(condition), self._inputs, known=outputs)
            if not table and len(outputs) > 1:  # such as a latch of two gates that each describe one output alone
                raise LeftOut("it draws power with outputs that its functions never give (a state of its own)")
            row = by_pin.setdefault(pin, np.full(states, np.nan))
            for state in range(states):
                if table >> state & 1 and np.isnan(row[state]):
                    row[state] = value
        known = [np.where(np.isnan(row), general.get(pin, np.nan), row) for pin, row in by_pin.items()]
        total = np.sum(known, axis=0) if known else np.full(states, sum(general.values()) if general else np.nan)
        if np.isnan(total).any():
            mean = self._mean_leakage()
            if mean is None:
                raise LeftOut("it says no leakage power for every state and no mean")
            total = np.where(np.isnan(total), mean, total)
        return tuple(figure(value) for value in total)

    # ---- flip-flops ----

    def _flip_flop(self) -> FlipFlop:
        registers = self._group.children("ff")
        if len(registers) != 1:
            raise LeftOut("it holds more than one bit")
        (register,) = registers
        clock, data, reset = _register_pins(register)
        inverse = register.args[1] if len(register.args) > 1 else ""
        found: dict[str, str] = {}
        for pin in self._outputs:
            found.setdefault(self._pins[pin].text("function", "").replace(" ", "").strip("()"), pin)
        if register.name not in found:
            raise LeftOut("no output gives its state")
        if {clock, data, reset} - {None} != set(self._inputs):
            raise LeftOut("it has inputs besides clock, data and reset")
        output = found[register.name]
        units = self._units
        arc = merged_arc(self._pins[output], clock, self._library, units.time_ms, units.cap_nf, edge=True)
        return FlipFlop(
            name=self._group.name,
            clock=clock,
            data=data,
            output=output,
            reset=reset,
            area_um2=self._area(),
            leakage_nw=self._register_leakage(),
            inverted_output=found.get(inverse),
            data_cap_nf=self._capacitance(data),
            clock_to_output_ms=None if arc is None else arc.delays_ms[0][0],
            dont_use=self._dont_use,
        )

    def _register_leakage(self) -> float:
        """The mean: the cell's own figure, else that of its entries."""
        if "cell_leakage_power" not in self._group:
            entries = [entry.number("value") for entry in self._of_power(self._group.children("leakage_power"))]
            known = [value for value in entries if value is not None]
            if known:
                return figure(math.fsum(known) / len(known) * self._units.power_nw)
        mean = self._mean_leakage()
        if mean is None:
            raise LeftOut("it says no leakage power")
        return mean


def _register_pins(register: Group) -> tuple[str, str, str | None]:
    """Clock, data and reset of a plain D flip-flop.

    Raises
    ------
    LeftOut
        for any other.
    """
    clock = parse_expression(register.text("clocked_on", "0"))
    data = parse_expression(register.text("next_state", "0"))
    if clock[0] != "pin" or "clocked_on_also" in register:
        raise LeftOut("it is no plain D flip-flop of the rising edge")
    if data[0] != "pin":
        raise LeftOut("its data is a function of several pins, as with scan or enable")
    if "preset" in register:
        raise LeftOut("it has a preset")
    if "clear" not in register:
        return clock[1], data[1], None
    clear = parse_expression(register.text("clear"))
    if clear[0] != "!" or clear[1][0] != "pin":
        raise LeftOut("its reset is not active low")
    return clock[1], data[1], clear[1][1]
