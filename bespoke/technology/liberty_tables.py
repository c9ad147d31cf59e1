"""Delay and energy tables of Liberty groups."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bespoke.errors import InputError
from bespoke.technology.cells import TimingArc
from bespoke.technology.liberty_syntax import Group, as_number

_LOAD_NAMES = ("total_output_net_capacitance", "output_net_length")


def figure(value: float) -> float:
    """A figure as the file has it, without the last digits that a change of units brings in."""
    return float(f"{value:.12g}")


def merged_arc(
    driver: Group, pin: str, library: Group, time_ms: float, cap_nf: float, *, edge: bool = False
) -> TimingArc | None:
    """The worst of all delays from ``pin``: rise and fall, whatever the other inputs.

    Parameters
    ----------
    driver : Liberty group of the output pin.
    library : where templates are looked up.
    time_ms, cap_nf : the library's units.
    edge : take the arcs of a clock edge, not the combinational ones.

    Returns
    -------
    None where the library has no such table.
    """
    delays, slews = [], []
    for timing in driver.children("timing"):
        kind = timing.text("timing_type", "combinational")
        if pin not in timing.text("related_pin", "").replace(",", " ").split():
            continue
        if kind.startswith("rising_edge" if edge else "comb"):
            delays += [table for name in ("cell_rise", "cell_fall") for table in timing.children(name)]
            slews += [table for name in ("rise_transition", "fall_transition") for table in timing.children(name)]
    read_delays = [_table(table, library) for table in delays]
    # nobody reads the slew of a clock's arc, and a library may leave it out
    read_slews = read_delays if edge else [_table(table, library) for table in slews]
    if not read_delays or not read_slews or any(table is None for table in read_delays + read_slews):
        return None
    slew_axis, load_axis, _ = read_delays[0]

    def worst(tables: list) -> tuple[tuple[float, ...], ...]:
        values = np.max([_resampled(table, slew_axis, load_axis) for table in tables], axis=0)
        return tuple(tuple(figure(value * time_ms) for value in row) for row in values)

    return TimingArc(
        slews_ms=tuple(figure(value * time_ms) for value in slew_axis),
        loads_nf=tuple(figure(value * cap_nf) for value in load_axis),
        delays_ms=worst(read_delays),
        output_slews_ms=worst(read_slews),
    )


def mean_energy(groups: Sequence[Group], unit_nj: float) -> float:
    """Energy of one toggle in nJ: the mean over inputs, conditions and directions at the smallest slew and load.

    A ``power`` table counts for rise and fall.
    """
    entries = []
    for group in groups:
        for name in ("rise_power", "fall_power", "power"):
            for table in group.children(name):
                first = _first_value(table)
                entries += [first, first] if name == "power" else [first]
    return figure(float(np.mean(entries)) * unit_nj) if entries else 0.0


def _first_value(table: Group) -> float:
    """The first value alone, for energy tables are long and nothing else of them is used."""
    texts = (table.values("values") or [()])[-1]
    parts = texts[0].replace(",", " ").split() if texts else []
    if not parts:
        raise InputError(f"the table {table.kind} of line {table.line} has no values")
    return as_number(parts[0], f"values (line {table.line})")


def _values(table: Group) -> list[float]:
    values = [value for row in table.rows("values") for value in row]
    if not values:
        raise InputError(f"the table {table.kind} of line {table.line} has no values")
    return values


def _table(table: Group, library: Group) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Slew axis, load axis and values (slews, loads) in the library's units; None where it is no such table."""
    named = [one for one in library.children("lu_table_template") if one.name == table.name] if table.name else []
    template = named[0] if named else None
    variables = ["input_net_transition", _LOAD_NAMES[0]]
    if template is not None:
        variables = [template.text(key) for key in ("variable_1", "variable_2") if key in template]
        if "variable_3" in template:
            return None
    axes = []
    for position in range(len(variables)):
        key = f"index_{position + 1}"
        holder = table if key in table else template
        if holder is None or key not in holder:
            break
        axes.append(np.array([value for row in holder.rows(key) for value in row]))
    values = np.array(_values(table))
    if not axes:
        axes = [np.zeros(1)] * len(variables)
    if values.size != np.prod([len(axis) for axis in axes]):
        raise InputError(
            f"the table {table.kind} of line {table.line} has {values.size} values where its axes ask for "
            f"{' times '.join(str(len(axis)) for axis in axes)}"
        )
    shaped = values.reshape([len(axis) for axis in axes])
    load_first = bool(variables) and variables[0] in _LOAD_NAMES
    if len(axes) == 1:
        if load_first:
            return np.zeros(1), axes[0], shaped[None, :]
        return axes[0], np.zeros(1), shaped[:, None]
    return (axes[1], axes[0], shaped.T) if load_first else (axes[0], axes[1], shaped)


def _resampled(table: tuple[np.ndarray, np.ndarray, np.ndarray], slews: np.ndarray, loads: np.ndarray) -> np.ndarray:
    """The table on other axes, held at its ends; as it is where the axes agree."""
    own_slews, own_loads, values = table
    if np.array_equal(own_slews, slews) and np.array_equal(own_loads, loads):
        return values
    by_load = np.stack([np.interp(loads, own_loads, row) for row in values])
    return np.stack([np.interp(slews, own_slews, column) for column in by_load.T], axis=1)
