"""Delay and energy tables of Liberty groups."""

from __future__ import annotations

from typing import Any

import numpy as np

from bespoke.technology.cells import TimingArc

_LOAD_NAMES = ("total_output_net_capacitance", "output_net_length")


def figure(value: float) -> float:
    """A figure as the file has it, without the last digits that a change of units brings in."""
    return float(f"{value:.12g}")


def merged_arc(
    driver: Any, pin: str, library: Any | None, time_ms: float, cap_nf: float, *, edge: bool = False
) -> TimingArc | None:
    """The worst of all delays from ``pin``: rise and fall, whatever the other inputs.

    Parameters
    ----------
    driver : Liberty group of the output pin.
    library : where templates are looked up; None if the tables carry their own axes.
    time_ms, cap_nf : the library's units.
    edge : take the arcs of a clock edge, not the combinational ones.

    Returns
    -------
    None where the library has no such table.
    """
    delays, slews = [], []
    for timing in driver.get_groups("timing"):
        kind = str(getattr(timing.get("timing_type", "combinational"), "value", timing.get("timing_type", "comb")))
        if pin not in str(getattr(timing.get("related_pin"), "value", timing.get("related_pin", ""))).split():
            continue
        if kind.startswith("rising_edge" if edge else "comb"):
            delays += [table for name in ("cell_rise", "cell_fall") for table in timing.get_groups(name)]
            slews += [table for name in ("rise_transition", "fall_transition") for table in timing.get_groups(name)]
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


def mean_energy(groups: list[Any], unit_nj: float) -> float:
    """Energy of one toggle in nJ: the mean over inputs, conditions and directions at the smallest slew and load.

    A ``power`` table counts for rise and fall.
    """
    entries = []
    for group in groups:
        for name in ("rise_power", "fall_power", "power"):
            for table in group.get_groups(name):
                first = float(_values(table).ravel()[0])
                entries += [first, first] if name == "power" else [first]
    return figure(float(np.mean(entries)) * unit_nj) if entries else 0.0


def _values(table: Any) -> np.ndarray:
    return np.atleast_2d(np.asarray(table.get_array("values"), dtype=float))


def _table(table: Any, library: Any | None) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Slew axis, load axis and values (slews, loads) in the library's units; None where it is no such table."""
    template = None
    template_name = str(table.args[0]) if table.args else ""
    if library is not None:
        named = library.get_groups("lu_table_template", template_name)
        template = named[0] if named else None
    variables = ["input_net_transition", _LOAD_NAMES[0]]
    if template is not None:
        variables = [str(template[key]) for key in ("variable_1", "variable_2") if key in template]
        if "variable_3" in template:
            return None
    axes = []
    for position in range(len(variables)):
        key = f"index_{position + 1}"
        holder = table if key in table else template
        if holder is None or key not in holder:
            break
        axes.append(np.asarray(holder.get_array(key), dtype=float).ravel())
    values = np.asarray(table.get_array("values"), dtype=float)
    if not axes:
        return np.zeros(1), np.zeros(1), values.reshape(1, 1)
    shaped = values.reshape([len(axis) for axis in axes])
    load_first = variables[0] in _LOAD_NAMES
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
