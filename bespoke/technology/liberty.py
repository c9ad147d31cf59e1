"""Technologies from Liberty files.

Figures are turned into the project's units (µm², nW, nF, ms, nJ) by the units that the library states; its areas are
taken as µm², for Liberty has no unit of area. An internal power table holds energies in capacitance times squared
voltage units. Of leakage and internal power, the entries of power pins count and those of ground pins do not: the
ground's are the same current once more.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bespoke.errors import InputError
from bespoke.technology.boolean import (
    expression_pins,
    format_expression,
    parse_expression,
    truth_table,
)
from bespoke.technology.cells import MAX_INPUTS, Cell, FlipFlop, Technology, naming_fault
from bespoke.technology.liberty_tables import figure, mean_energy, merged_arc
from bespoke.technology.toml_format import printed_power_sources

log = logging.getLogger(__name__)

_PREFIX = {"": 1.0, "f": 1e-15, "p": 1e-12, "n": 1e-9, "u": 1e-6, "m": 1e-3, "k": 1e3}


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


class _LeftOut(Exception):
    """A cell that the technology cannot hold, with the reason."""


def read_liberty(
    path: Path | str, *, name: str | None = None, clock_ms: float | None = None, input_energies: bool = False
) -> Technology:
    """The combinational cells with one output and the D flip-flops of a Liberty file.

    Every cell left out (several outputs, tri-state, latch, scan flip-flop, ``dont_use``) is logged with its reason.
    Liberty knows no power sources; the technology gets those of the built-in ones.

    Parameters
    ----------
    name : of the technology, by default the library's.
    clock_ms : usual clock period, which plain Liberty does not say; 200 ms by default, unless the file is an export of
        ours, which does.
    input_energies : also take the energy of input toggles that leave the output as it is. Not by default: in the
        EGFET libraries these tables hold nothing but 30 ms of static power in the states before and after, which
        counts already by state.

    Raises
    ------
    InputError
        if the file cannot be read or has no combinational cell.
    """
    path = Path(path)
    library = _parsed(path)
    units = _units(library, path)
    cells, flip_flops = [], []
    for group in library.get_groups("cell"):
        cell_name = _text(group.args[0]) if group.args else ""
        try:
            if group.get_groups("ff"):
                flip_flops.append(_flip_flop(cell_name, group, units))
            else:
                cells.append(_cell(cell_name, group, library, units, input_energies))
        except _LeftOut as reason:
            log.info("%s: cell %s left out: %s", path.name, cell_name, reason)
        except (AssertionError, AttributeError, KeyError, ValueError, TypeError, IndexError, InputError) as error:
            log.warning("%s: cell %s left out, it cannot be read: %s", path.name, cell_name, error)
    if not cells:
        raise InputError(f"{path} has no combinational cell with one output that can be used")
    voltage = library.get("nom_voltage", 1.0)
    library_name = _text(library.args[0]) if library.args else path.stem
    return Technology(
        name=name or library_name,
        description=_text(library.get("bespoke_description", f"Liberty library {library_name}")),
        supply_v=figure(float(voltage) * units.volt),
        clock_ms=float(library.get("bespoke_clock_ms", 200.0) if clock_ms is None else clock_ms),
        cells=tuple(cells),
        flip_flops=tuple(flip_flops),
        source=_text(library.get("bespoke_source", path.name)),
        power_sources=printed_power_sources(),
    )


def _parsed(path: Path) -> Any:
    # imported here because it takes sympy along, half a second that nobody without a Liberty file should wait
    from liberty.parser import parse_liberty

    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
    try:
        library = parse_liberty(text)
    except Exception as error:  # the parser has many error types of its own, and asserts
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise InputError(f"{path} is not a Liberty file that can be read: {reason}") from error
    if library.group_name != "library":
        raise InputError(f"{path} holds a group {library.group_name!r} where a Liberty file holds a library")
    return library


def _units(library: Any, path: Path) -> Units:
    def of(key: str, default: str, letter: str) -> float:
        text = _text(library.get(key, default)).replace(" ", "")
        match = re.fullmatch(rf"([0-9.eE+-]*?)([a-z]?){letter}", text, re.IGNORECASE)
        if match is None or match.group(2).lower() not in _PREFIX:
            raise InputError(f"{path}: {key} is {text!r}, which is no unit that can be read")
        return float(match.group(1) or 1) * _PREFIX[match.group(2).lower()]

    load = library.get("capacitive_load_unit", [1, "pf"])
    match = re.fullmatch(r"([a-z]?)f", _text(load[1]).strip().lower()) if len(load) == 2 else None
    if match is None or match.group(1) not in _PREFIX:
        raise InputError(f"{path}: capacitive_load_unit is {load!r}, which is no unit that can be read")
    return Units(
        time_ms=figure(of("time_unit", "1ns", "s") * 1e3),
        cap_nf=figure(float(load[0]) * _PREFIX[match.group(1)] * 1e9),
        power_nw=figure(of("leakage_power_unit", "1nW", "w") * 1e9),
        volt=of("voltage_unit", "1V", "v"),
    )


def _text(value: Any) -> str:
    return str(getattr(value, "value", value)) if not hasattr(value, "unit") else str(value)


def _power_pins(group: Any) -> frozenset[str]:
    """Names of the cell's power pins."""
    return frozenset(
        _text(pin.args[0]) for pin in group.get_groups("pg_pin") if "power" in _text(pin.get("pg_type", ""))
    )


def _of_power(groups: list[Any], power_pins: frozenset[str]) -> list[Any]:
    """The groups that tell of a power pin, or of no supply pin in particular."""
    return [
        group
        for group in groups
        if "related_pg_pin" not in group or not power_pins or _text(group["related_pg_pin"]) in power_pins
    ]


def _pins(name: str, group: Any) -> dict[str, Any]:
    if group.get_groups("bus") or group.get_groups("bundle"):
        raise _LeftOut("it has buses")
    pins = {_text(pin): inner for inner in group.get_groups("pin") for pin in inner.args}
    if fault := naming_fault(name, list(pins)):
        raise _LeftOut(fault)
    return pins


def _cell(name: str, group: Any, library: Any, units: Units, input_energies: bool) -> Cell:
    if _text(group.get("dont_use", "false")) == "true":
        raise _LeftOut("the library says dont_use")
    for kind in ("latch", "latch_bank", "ff_bank", "statetable", "memory"):
        if group.get_groups(kind):
            raise _LeftOut(f"it is sequential ({kind})")
    pins = _pins(name, group)
    direction = {pin: _text(inner.get("direction", "")) for pin, inner in pins.items()}
    inputs = tuple(pin for pin in pins if direction[pin] == "input")
    outputs = [pin for pin in pins if direction[pin] == "output"]
    if len(inputs) + len(outputs) != len(pins):
        raise _LeftOut("it has pins that are neither input nor output")
    if len(outputs) != 1:
        raise _LeftOut(f"it has {len(outputs)} outputs")
    (output,) = outputs
    driver = pins[output]
    if "three_state" in driver:
        raise _LeftOut("its output is tri-state")
    if "function" not in driver:
        raise _LeftOut("its output has no function")
    if not 1 <= len(inputs) <= MAX_INPUTS:
        raise _LeftOut(f"it has {len(inputs)} inputs")
    expression = parse_expression(_text(driver["function"]))
    if not expression_pins(expression) <= set(inputs):
        raise _LeftOut("its function names pins that are no inputs (a state of its own)")
    truth = truth_table(expression, inputs)
    power_pins = _power_pins(group)
    own_power = _of_power(driver.get_groups("internal_power"), power_pins)
    passive = {pin: _of_power(pins[pin].get_groups("internal_power"), power_pins) for pin in inputs}
    known_energy = bool(own_power)
    arcs = [merged_arc(driver, pin, library, units.time_ms, units.cap_nf) for pin in inputs]
    return Cell(
        name=name,
        inputs=inputs,
        output=output,
        function=format_expression(expression),
        truth=truth,
        area_um2=figure(float(group["area"])),
        leakage_nw=_leakage_by_state(group, inputs, output, truth, power_pins, units),
        input_cap_nf=_capacitances(pins, inputs, units),
        arcs=tuple(arcs) if all(arc is not None for arc in arcs) else (),
        switching_energy_nj=mean_energy(own_power, units.energy_nj) if known_energy else None,
        input_energy_nj=tuple(mean_energy(passive[pin], units.energy_nj) for pin in inputs)
        if input_energies and any(passive.values())
        else (),
    )


def _capacitances(pins: dict[str, Any], inputs: tuple[str, ...], units: Units) -> tuple[float, ...]:
    if not all("capacitance" in pins[pin] for pin in inputs):
        return ()
    return tuple(figure(float(pins[pin]["capacitance"]) * units.cap_nf) for pin in inputs)


def _leakage_by_state(
    group: Any, inputs: tuple[str, ...], output: str, truth: int, power_pins: frozenset[str], units: Units
) -> tuple[float, ...]:
    """Static power in nW per state: the entries of power pins, added up over the pins.

    A condition may name the output. States without an entry take the unconditional one, else ``cell_leakage_power``.
    """
    states = 1 << len(inputs)
    by_pin: dict[str, np.ndarray] = {}
    general: dict[str, float] = {}
    for entry in _of_power(group.get_groups("leakage_power"), power_pins):
        pin = _text(entry.get("related_pg_pin", ""))
        value = float(entry["value"]) * units.power_nw
        if "when" not in entry:
            general[pin] = value
            continue
        table = truth_table(parse_expression(_text(entry["when"])), inputs, known={output: truth})
        row = by_pin.setdefault(pin, np.full(states, np.nan))
        for state in range(states):
            if table >> state & 1 and np.isnan(row[state]):
                row[state] = value
    known = [np.where(np.isnan(row), general.get(pin, np.nan), row) for pin, row in by_pin.items()]
    total = np.sum(known, axis=0) if known else np.full(states, sum(general.values()) if general else np.nan)
    if np.isnan(total).any():
        mean = group.get("cell_leakage_power")
        if mean is None:
            raise _LeftOut("it says no leakage power for every state and no mean")
        total = np.where(np.isnan(total), float(mean) * units.power_nw, total)
    return tuple(figure(value) for value in total)


def _flip_flop(name: str, group: Any, units: Units) -> FlipFlop:
    if _text(group.get("dont_use", "false")) == "true":
        raise _LeftOut("the library says dont_use")
    registers = group.get_groups("ff")
    pins = _pins(name, group)
    if len(registers) != 1:
        raise _LeftOut("it holds more than one bit")
    (register,) = registers
    clock = parse_expression(_text(register.get("clocked_on", "0")))
    data = parse_expression(_text(register.get("next_state", "0")))
    if clock[0] != "pin" or data[0] != "pin":
        raise _LeftOut("it is no plain D flip-flop of the rising edge")
    if "preset" in register:
        raise _LeftOut("it has a preset")
    reset = None
    if "clear" in register:
        clear = parse_expression(_text(register["clear"]))
        if clear[0] != "!" or clear[1][0] != "pin":
            raise _LeftOut("its reset is not active low")
        reset = clear[1][1]
    state = _text(register.args[0])
    inverse = _text(register.args[1]) if len(register.args) > 1 else ""
    found: dict[str, str] = {}
    for pin, inner in pins.items():
        if _text(inner.get("direction", "")) == "output":
            found.setdefault(_text(inner.get("function", "")).replace(" ", ""), pin)
    if state not in found:
        raise _LeftOut("no output gives its state")
    used = {clock[1], data[1], reset} - {None}
    if used != {pin for pin, inner in pins.items() if _text(inner.get("direction", "")) == "input"}:
        raise _LeftOut("it has inputs besides clock, data and reset")
    mean = group.get("cell_leakage_power")
    if mean is None:
        entries = _of_power(group.get_groups("leakage_power"), _power_pins(group))
        if not entries:
            raise _LeftOut("it says no leakage power")
        mean = float(np.mean([float(entry["value"]) for entry in entries]))
    arc = merged_arc(pins[found[state]], clock[1], None, units.time_ms, units.cap_nf, edge=True)
    cap = pins[data[1]].get("capacitance")
    return FlipFlop(
        name=name,
        clock=clock[1],
        data=data[1],
        output=found[state],
        reset=reset,
        area_um2=figure(float(group["area"])),
        leakage_nw=figure(float(mean) * units.power_nw),
        inverted_output=found.get(inverse),
        data_cap_nf=None if cap is None else figure(float(cap) * units.cap_nf),
        clock_to_output_ms=None if arc is None else arc.delays_ms[0][0],
    )
