"""Longest path of a netlist by the technology's delay tables."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

from bespoke.netlist.dynamic import net_loads_nf
from bespoke.netlist.types import Netlist
from bespoke.technology import TimingArc


@dataclass(frozen=True)
class PathStep:
    """One gate on the longest path; ``pin`` is where the path enters, ``arrival_ms`` holds at the gate's output."""

    gate: int
    instance: str
    cell: str
    pin: str
    arrival_ms: float


@dataclass(frozen=True)
class Timing:
    """Delay of a netlist.

    Parameters
    ----------
    delay_ms : longest path from an input or flip-flop to an output or flip-flop.
    path : its gates, first one first.
    indicative : a load or slew somewhere lies outside of the characterised range, so that tables were extrapolated.
    clock_ms : the clock period asked for.
    """

    delay_ms: float
    path: tuple[PathStep, ...]
    indicative: bool
    clock_ms: float

    @property
    def meets_clock(self) -> bool:
        return self.delay_ms <= self.clock_ms


def timing(netlist: Netlist, clock_ms: float) -> Timing | None:
    """Longest path with slews carried along from gate to gate.

    Delays and output slews are interpolated in their tables; beyond the load axis they are extrapolated linearly, not
    below zero, while slews beyond their axis count as its nearest end: far outside, where slews of printed gates lie,
    a straight line through points microseconds apart says nothing. Either marks the result as indicative. Inputs
    arrive at time zero with the smallest slew of the tables; outputs carry no load of their own. A flip-flop's output
    arrives at its clock-to-output time, if the technology knows it.

    Returns
    -------
    None where the technology knows no delays or capacitances of a cell.
    """
    if not all(cell.knows_delays for cell in netlist.cells):
        return None
    loads = net_loads_nf(netlist)
    arrival = [0.0] * netlist.nets
    slew: list[float | None] = [None] * netlist.nets  # None: as steep as the tables go
    entry = [-1] * netlist.gates
    constant = [True, True] + [False] * (netlist.nets - 2)
    for flip_flop in netlist.flip_flops:
        arrival[flip_flop.q_net] = flip_flop.cell.clock_to_output_ms or 0.0
    indicative = False
    fanins = netlist.gate_fanins.tolist()
    for gate, cell_index in enumerate(netlist.gate_cells.tolist()):
        arcs = netlist.cells[cell_index].arcs
        net = netlist.first_gate_net + gate
        constant[net] = not arcs
        load, best = loads[net], -1.0
        steepest = 0.0
        for pin, arc in enumerate(arcs):
            source = fanins[gate][pin]
            if constant[source]:
                continue  # it never arrives
            in_slew = arc.slews_ms[0] if slew[source] is None else slew[source]
            delay, out_slew, outside = lookup(arc, in_slew, load)
            indicative |= outside
            steepest = max(steepest, out_slew)
            if arrival[source] + delay > best:
                best, entry[gate] = arrival[source] + delay, pin
        arrival[net] = max(best, 0.0)
        slew[net] = steepest
    ends = [*netlist.output_nets.tolist(), *(flip_flop.d_net for flip_flop in netlist.flip_flops)]
    last = max(ends, key=lambda net: arrival[net], default=0)
    return Timing(float(arrival[last]), _path(netlist, last, entry, arrival), indicative, float(clock_ms))


def lookup(arc: TimingArc, slew_ms: float, load_nf: float) -> tuple[float, float, bool]:
    """Delay and output slew in ms, and whether slew or load lies outside of the table."""
    slews, loads = arc.slews_ms, arc.loads_nf
    outside = not (slews[0] <= slew_ms <= slews[-1] and loads[0] <= load_nf <= loads[-1])
    held = min(max(slew_ms, slews[0]), slews[-1])
    delay = _bilinear(arc.delays_ms, slews, loads, held, load_nf)
    out_slew = _bilinear(arc.output_slews_ms, slews, loads, held, load_nf)
    return max(delay, 0.0), max(out_slew, 0.0), outside


def _bilinear(table, rows, columns, row: float, column: float) -> float:
    row_at, row_share = _position(rows, row)
    column_at, column_share = _position(columns, column)

    def along(values) -> float:
        if len(columns) == 1:
            return values[0]
        return values[column_at] + column_share * (values[column_at + 1] - values[column_at])

    low = along(table[row_at])
    return low if len(rows) == 1 else low + row_share * (along(table[row_at + 1]) - low)


def _position(axis: tuple[float, ...], value: float) -> tuple[int, float]:
    """Interval of the axis nearest to the value, and where in it the value lies; outside, the share leaves 0..1."""
    if len(axis) == 1:
        return 0, 0.0
    index = min(max(bisect_right(axis, value) - 1, 0), len(axis) - 2)
    return index, (value - axis[index]) / (axis[index + 1] - axis[index])


def _path(netlist: Netlist, net: int, entry: list[int], arrival: list[float]) -> tuple[PathStep, ...]:
    steps = []
    while net >= netlist.first_gate_net:
        gate = net - netlist.first_gate_net
        if entry[gate] < 0:
            break
        cell = netlist.cells[netlist.gate_cells[gate]]
        name = netlist.gate_names[gate] if netlist.gate_names else f"g{gate}"
        steps.append(PathStep(gate, name, cell.name, cell.inputs[entry[gate]], float(arrival[net])))
        net = int(netlist.gate_fanins[gate, entry[gate]])
    return tuple(reversed(steps))
