"""Technologies as TOML files, and back.

A file says ``schema``, ``name``, ``description``, ``source``, ``supply_v`` and ``clock_ms``, then one table a cell
under ``cells``, ``multi_output_cells``, ``flip_flops`` and ``physical_cells``, and may list ``power_sources``,
``front_end_figures`` and, under ``left_out``, cells of a library that are none of these. States are written as one
digit a pin in the order of ``inputs``. Where any cell says of how many ``devices`` it is printed, ``devices_source``
says where that is from. Reading is strict: what the reader does not know is an error, so that a misspelt key never
becomes a missing figure.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from bespoke.errors import InputError
from bespoke.resources import resource_dir
from bespoke.technology.boolean import canonical, parse_expression, truth_table
from bespoke.technology.cells import (
    MAX_INPUTS,
    Cell,
    CellOutput,
    FlipFlop,
    LeftOutCell,
    MultiOutputCell,
    PhysicalCell,
    PowerSource,
    Technology,
    TimingArc,
    naming_fault,
)
from bespoke.technology.front_end_figures import front_end_figures
from bespoke.technology.strict import check_keys, count, load, number, numbers, subtable, text, truth
from bespoke.technology.templates import template_environment

SCHEMA = 1

_TOP = {"schema", "name", "description", "source", "supply_v", "clock_ms", "cells"}
_TOP_OPTIONAL = {
    "power_sources",
    "front_end_figures",
    "flip_flops",
    "multi_output_cells",
    "physical_cells",
    "left_out",
    "devices_source",
}
#: Kinds of cells; a name may stand under one of them alone.
_KINDS = {"cells": "cell", "multi_output_cells": "cell", "flip_flops": "flip-flop", "physical_cells": "physical cell"}
_CELL = {"inputs", "output", "function", "area_um2", "leakage_nw"}
_CELL_OPTIONAL = {"input_cap_nf", "switching_energy_nj", "input_energy_nj", "delays", "dont_use", "devices"}
_MULTI = {"inputs", "outputs", "area_um2", "leakage_nw"}
_MULTI_OPTIONAL = {"input_cap_nf", "input_energy_nj", "dont_use", "devices"}
_OUTPUT = {"function"}
_OUTPUT_OPTIONAL = {"switching_energy_nj", "delays"}
_PHYSICAL = {"area_um2"}
_PHYSICAL_OPTIONAL = {"pins", "leakage_nw"}
_DELAYS = {"slews_ms", "loads_nf", "delays_ms", "output_slews_ms"}
_FLIP_FLOP = {"clock", "data", "output", "area_um2", "leakage_nw"}
_FLIP_FLOP_OPTIONAL = {"reset", "inverted_output", "data_cap_nf", "clock_to_output_ms", "dont_use", "devices"}
_SOURCE = {"name", "kind", "power_mw"}
_SOURCE_OPTIONAL = {"capacity_mwh", "source"}


def read_toml(path: Path) -> Technology:
    """The technology in a TOML file.

    ``power_sources`` is a list of tables or the name of a TOML file beside this one that holds such a list.

    Raises
    ------
    InputError
        naming the file, the cell and the key at fault.
    """
    document = load(path)
    where = str(path)
    check_keys(document, _TOP, _TOP_OPTIONAL, where)
    if document["schema"] != SCHEMA:
        raise InputError(f"{where}: schema is {document['schema']!r}; this version reads schema {SCHEMA}")
    if not subtable(document, "cells", where):
        raise InputError(f"{where} describes no cell")
    seen: dict[str, str] = {}
    for key, kind in _KINDS.items():
        for name in subtable(document, key, where):
            if name in seen:
                raise InputError(f"{where}: {name} is both a {seen[name]} and a {kind}")
            seen[name] = kind
    return Technology(
        name=text(document, "name", where),
        description=text(document, "description", where),
        supply_v=number(document, "supply_v", where, positive=True),
        clock_ms=number(document, "clock_ms", where, positive=True),
        cells=tuple(
            _cell(name, table, f"{where}: cell {name}") for name, table in subtable(document, "cells", where).items()
        ),
        flip_flops=tuple(
            _flip_flop(name, table, f"{where}: flip-flop {name}")
            for name, table in subtable(document, "flip_flops", where).items()
        ),
        multi_output_cells=tuple(
            _multi_output_cell(name, table, f"{where}: cell {name}")
            for name, table in subtable(document, "multi_output_cells", where).items()
        ),
        physical_cells=tuple(
            _physical_cell(name, table, f"{where}: physical cell {name}")
            for name, table in subtable(document, "physical_cells", where).items()
        ),
        left_out=tuple(
            LeftOutCell(name, text(subtable(document, "left_out", where), name, f"{where}: left_out"))
            for name in subtable(document, "left_out", where)
        ),
        power_sources=_power_sources(document.get("power_sources", []), path),
        source=text(document, "source", where),
        front_end_figures=front_end_figures(document.get("front_end_figures", []), where),
        devices_source=_devices_source(document, where),
    )


def _devices_source(document: dict[str, Any], where: str) -> str:
    """Where the devices of cells are from: required where any cell has them."""
    if "devices_source" in document:
        source = text(document, "devices_source", where)
        if source.strip():
            return source
    for key in ("cells", "multi_output_cells", "flip_flops"):
        for name, table in subtable(document, key, where).items():
            if "devices" in table:
                raise InputError(
                    f"{where}: {_KINDS[key]} {name} has devices, so the file must say in devices_source, a text beside "
                    "source, where their number is from"
                )
    return ""


def printed_power_sources() -> tuple[PowerSource, ...]:
    """The power sources that the built-in technologies share."""
    path = resource_dir("flows") / "technologies" / "power-sources.toml"
    return _power_sources(path.name, path)


def to_toml(technology: Technology, *, comments: Sequence[str] = (), sources_file: str | None = None) -> str:
    """The technology as TOML text that ``read_toml`` reads back to the same value.

    Parameters
    ----------
    comments : lines for the head of the file.
    sources_file : name of the file beside it that holds the power sources, instead of the sources themselves.
    """
    environment = template_environment()
    environment.filters |= {
        "toml": _toml_value,
        "key": _toml_key,
        "by_pin": lambda cell, values: dict(zip(cell.inputs, values, strict=True)),
        "states": _leakage_by_name,
    }
    return environment.get_template("technology.toml.j2").render(
        technology=technology, schema=SCHEMA, comments=comments, sources_file=sources_file
    )


def state_name(state: int, inputs: int) -> str:
    """A state as text, one digit a pin, first pin first."""
    return "".join(str(state >> pin & 1) for pin in range(inputs))


def _leakage_by_name(cell: Cell | MultiOutputCell) -> dict[str, float]:
    """Leakage by state in the order of a truth table as people write it: the last pin changes fastest."""
    count = len(cell.inputs)
    names = sorted((state_name(state, count), state) for state in range(1 << count))
    return {name: cell.leakage_nw[state] for name, state in names}


def _toml_value(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_toml_key(key)} = {_toml_value(inner)}" for key, inner in value.items()) + " }"
    return "[" + ", ".join(_toml_value(inner) for inner in value) + "]"


def _toml_key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _toml_value(key)


def _cell(name: str, table: Any, where: str) -> Cell:
    check_keys(table, _CELL, _CELL_OPTIONAL, where)
    output = text(table, "output", where)
    inputs = _inputs(name, table, [output], where)
    function, truth_bits = _function(table, inputs, where)
    return Cell(
        name=name,
        inputs=inputs,
        output=output,
        function=function,
        truth=truth_bits,
        area_um2=number(table, "area_um2", where),
        leakage_nw=_leakage(table, len(inputs), where),
        input_cap_nf=_by_pin(table, "input_cap_nf", inputs, where),
        arcs=_arcs(table, inputs, where),
        switching_energy_nj=_switching_energy(table, where),
        input_energy_nj=_by_pin(table, "input_energy_nj", inputs, where, signed=True),
        dont_use=truth(table, "dont_use", where),
        devices=count(table, "devices", where),
    )


def _multi_output_cell(name: str, table: Any, where: str) -> MultiOutputCell:
    check_keys(table, _MULTI, _MULTI_OPTIONAL, where)
    given = subtable(table, "outputs", where)
    if len(given) < 2:
        raise InputError(f"{where}: outputs must be a table of two pins at least; a cell with one belongs under cells")
    inputs = _inputs(name, table, list(given), where)
    outputs = []
    for pin, inner in given.items():
        place = f"{where}: outputs.{pin}"
        check_keys(inner, _OUTPUT, _OUTPUT_OPTIONAL, place)
        function, truth_bits = _function(inner, inputs, place)
        outputs.append(
            CellOutput(pin, function, truth_bits, _arcs(inner, inputs, place), _switching_energy(inner, place))
        )
    return MultiOutputCell(
        name=name,
        inputs=inputs,
        outputs=tuple(outputs),
        area_um2=number(table, "area_um2", where),
        leakage_nw=_leakage(table, len(inputs), where),
        input_cap_nf=_by_pin(table, "input_cap_nf", inputs, where),
        input_energy_nj=_by_pin(table, "input_energy_nj", inputs, where, signed=True),
        dont_use=truth(table, "dont_use", where),
        devices=count(table, "devices", where),
    )


def _physical_cell(name: str, table: Any, where: str) -> PhysicalCell:
    check_keys(table, _PHYSICAL, _PHYSICAL_OPTIONAL, where)
    pins = _pin_names(table, "pins", where) if "pins" in table else ()
    if fault := naming_fault(name, pins):
        raise InputError(f"{where}: {fault}")
    leakage = number(table, "leakage_nw", where) if "leakage_nw" in table else None
    return PhysicalCell(name, pins, number(table, "area_um2", where), leakage)


def _pin_names(table: dict[str, Any], key: str, where: str) -> tuple[str, ...]:
    pins = table[key]
    if not (isinstance(pins, list) and all(isinstance(pin, str) and pin for pin in pins)):
        raise InputError(f"{where}: {key} must be a list of pin names")
    return tuple(pins)


def _inputs(name: str, table: dict[str, Any], outputs: Sequence[str], where: str) -> tuple[str, ...]:
    """The inputs of a cell whose pins all have names that can be used, each its own."""
    inputs = _pin_names(table, "inputs", where)
    if len(inputs) > MAX_INPUTS:
        raise InputError(f"{where} has {len(inputs)} inputs; {MAX_INPUTS} are the most")
    pins = [*inputs, *outputs]
    if len(set(pins)) != len(pins):
        raise InputError(f"{where}: inputs and {'output' if len(outputs) == 1 else 'outputs'} must be different pins")
    if fault := naming_fault(name, pins):
        raise InputError(f"{where}: {fault}")
    return inputs


def _function(table: dict[str, Any], inputs: Sequence[str], where: str) -> tuple[str, int]:
    """A function in our notation, and its truth table."""
    try:
        function = canonical(text(table, "function", where))
        return function, truth_table(parse_expression(function), inputs)
    except InputError as error:
        raise InputError(f"{where}: function: {error}") from None


def _leakage(table: dict[str, Any], inputs: int, where: str) -> tuple[float, ...]:
    states = {state_name(state, inputs): state for state in range(1 << inputs)}
    leakage = subtable(table, "leakage_nw", where)
    for state in states:
        if state not in leakage:
            raise InputError(f"{where}: leakage_nw lacks the state {state!r}")
    for state in leakage:
        if state not in states:
            raise InputError(f"{where}: leakage_nw has {state!r}, which is no state of {inputs} inputs")
    return tuple(number(leakage, state, f"{where}: leakage_nw") for state in sorted(states, key=states.__getitem__))


def _switching_energy(table: dict[str, Any], where: str) -> float | None:
    return number(table, "switching_energy_nj", where, signed=True) if "switching_energy_nj" in table else None


def _by_pin(
    table: dict[str, Any], key: str, inputs: Sequence[str], where: str, *, signed: bool = False
) -> tuple[float, ...]:
    """One figure a pin, or an empty tuple where the key is absent."""
    if key not in table:
        return ()
    inner = subtable(table, key, where)
    check_keys(inner, set(inputs), set(), f"{where}: {key}")
    return tuple(number(inner, pin, f"{where}: {key}", signed=signed) for pin in inputs)


def _arcs(table: dict[str, Any], inputs: Sequence[str], where: str) -> tuple[TimingArc, ...]:
    if "delays" not in table:
        return ()
    delays = subtable(table, "delays", where)
    check_keys(delays, set(inputs), set(), f"{where}: delays")
    arcs = []
    for pin in inputs:
        place = f"{where}: delays.{pin}"
        check_keys(delays[pin], _DELAYS, set(), place)
        axes = {}
        for key in ("slews_ms", "loads_nf"):
            axis = numbers(delays[pin][key], f"{place}.{key}", signed=True)
            if not axis or any(low >= high for low, high in pairwise(axis)):
                raise InputError(f"{place}.{key} must be a list of rising numbers")
            axes[key] = axis
        tables = {}
        for key in ("delays_ms", "output_slews_ms"):
            rows = delays[pin][key]
            if not isinstance(rows, list) or len(rows) != len(axes["slews_ms"]):
                raise InputError(f"{place}.{key} must have {len(axes['slews_ms'])} rows, one a slew")
            tables[key] = tuple(numbers(row, f"{place}.{key}", signed=True) for row in rows)
            if any(len(row) != len(axes["loads_nf"]) for row in tables[key]):
                raise InputError(f"{place}.{key} must have {len(axes['loads_nf'])} columns, one a load")
        arcs.append(TimingArc(**axes, **tables))
    return tuple(arcs)


def _flip_flop(name: str, table: Any, where: str) -> FlipFlop:
    check_keys(table, _FLIP_FLOP, _FLIP_FLOP_OPTIONAL, where)
    optional = {
        key: text(table, key, where) if key in ("reset", "inverted_output") else number(table, key, where)
        for key in sorted((_FLIP_FLOP_OPTIONAL - {"dont_use", "devices"}) & set(table))
    }
    pins = [str(table[key]) for key in ("clock", "data", "output", "reset", "inverted_output") if key in table]
    if fault := naming_fault(name, pins):
        raise InputError(f"{where}: {fault}")
    return FlipFlop(
        name=name,
        clock=text(table, "clock", where),
        data=text(table, "data", where),
        output=text(table, "output", where),
        reset=optional.pop("reset", None),
        area_um2=number(table, "area_um2", where),
        leakage_nw=number(table, "leakage_nw", where),
        dont_use=truth(table, "dont_use", where),
        devices=count(table, "devices", where),
        **optional,
    )


def _power_sources(entry: Any, path: Path) -> tuple[PowerSource, ...]:
    where = f"{path}"
    if isinstance(entry, str):
        beside = path.parent / entry
        document = load(beside)
        where = f"{beside}"
        check_keys(document, {"power_sources"}, set(), where)
        entry = document["power_sources"]
    if not isinstance(entry, list):
        raise InputError(f"{where}: power_sources must be a list of tables or the name of a file")
    sources = []
    for index, table in enumerate(entry):
        place = f"{where}: power source {index + 1}"
        check_keys(table, _SOURCE, _SOURCE_OPTIONAL, place)
        sources.append(
            PowerSource(
                name=text(table, "name", place),
                kind=text(table, "kind", place),
                power_mw=number(table, "power_mw", place, positive=True),
                capacity_mwh=number(table, "capacity_mwh", place, positive=True) if "capacity_mwh" in table else None,
                source=text(table, "source", place) if "source" in table else "",
            )
        )
    return tuple(sources)
