"""Dynamic power of a netlist: what toggles between consecutive vectors, times the cells' energies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bespoke.circuit import pack_bits
from bespoke.errors import InputError
from bespoke.netlist.simulation import net_values
from bespoke.netlist.types import Netlist


@dataclass(frozen=True, eq=False)
class DynamicPower:
    """Dynamic power of a netlist that takes one vector a clock period.

    Parameters
    ----------
    total_mw : all gates.
    per_gate_nw : float (gates,).
    toggles : int64 (gates,), changes of each gate's output over all vectors.
    """

    total_mw: float
    per_gate_nw: np.ndarray
    toggles: np.ndarray


def net_loads_nf(netlist: Netlist) -> np.ndarray:
    """Capacitance on every net, float (nets,): the pins of gates and flip-flops that read it. Wires weigh nothing.

    Raises
    ------
    InputError
        naming a cell whose input capacitance the technology does not know.
    """
    loads = np.zeros(netlist.nets)
    for index, cell in enumerate(netlist.cells):
        if len(cell.input_cap_nf) != len(cell.inputs):
            raise InputError(f"the technology knows no input capacitance of cell {cell.name}")
        rows = netlist.gate_fanins[netlist.gate_cells == index]
        for pin, cap in enumerate(cell.input_cap_nf):
            np.add.at(loads, rows[:, pin], cap)
    for flip_flop in netlist.flip_flops:
        loads[flip_flop.d_net] += flip_flop.cell.data_cap_nf or 0.0
    return loads


def dynamic_power(netlist: Netlist, bits: np.ndarray, *, clock_ms: float, supply_v: float) -> DynamicPower | None:
    """Dynamic power of the gates when ``bits`` arrive one vector a clock period, in order.

    A toggle of a gate's output costs ``E_cell + ½·C·V²``, with ``E_cell`` the cell's switching energy and C the
    capacitance of the pins that the output drives (nF·V² = nJ); where the technology has energies of inputs that toggle
    while the output stays, these count too. Power is the sum over all changes between consecutive
    vectors, divided by their number and the clock period (nJ/ms = µW). Each net changes at most once a vector: hazards
    are not counted. Energy that charges the pins at the primary inputs comes from whatever drives them and is not
    counted either, nor is that of flip-flops, of which the technology only knows a mean power.

    Parameters
    ----------
    bits : bool (vectors, input bits), two vectors at least.

    Returns
    -------
    None where the technology does not know a cell's energy or capacitances.

    Raises
    ------
    InputError
        if there are fewer vectors, or the clock period is not positive.
    """
    vectors = np.asarray(bits).shape[0]
    if vectors < 2:
        raise InputError("dynamic power needs at least two vectors: it counts the changes between them")
    if not clock_ms > 0:
        raise InputError(f"the clock period must be above zero, not {clock_ms} ms")
    if not all(cell.knows_energies for cell in netlist.cells):
        return None
    changes = _changes(net_values(netlist, bits), vectors)
    toggles = np.bitwise_count(changes[netlist.first_gate_net :]).sum(axis=1, dtype=np.int64)
    own = np.array([cell.switching_energy_nj or 0.0 for cell in netlist.cells], dtype=float)
    loads = net_loads_nf(netlist)[netlist.first_gate_net :]
    energy_nj = own[netlist.gate_cells] + 0.5 * loads * supply_v**2
    total_nj = toggles * energy_nj + _input_energy_nj(netlist, changes)
    per_gate_nw = total_nj / ((vectors - 1) * clock_ms) * 1e3
    return DynamicPower(float(per_gate_nw.sum()) * 1e-6, per_gate_nw, toggles)


def _changes(values: np.ndarray, vectors: int) -> np.ndarray:
    """Where each net differs from the vector after, packed as ``values`` is; uint64 (nets, words)."""
    following = values >> np.uint64(1)
    following[:, :-1] |= values[:, 1:] << np.uint64(63)
    pairs = np.zeros((values.shape[1] * 64, 1), dtype=bool)
    pairs[: vectors - 1] = True
    return (values ^ following) & pack_bits(pairs)


def _input_energy_nj(netlist: Netlist, changes: np.ndarray) -> np.ndarray:
    """float (gates,): energy of input pins that toggle while their gate's output stays."""
    result = np.zeros(netlist.gates)
    stays = ~changes[netlist.first_gate_net :]
    for index, cell in enumerate(netlist.cells):
        gates = np.flatnonzero(netlist.gate_cells == index)
        for pin, energy in enumerate(cell.input_energy_nj):
            alone = changes[netlist.gate_fanins[gates, pin]] & stays[gates]
            result[gates] += energy * np.bitwise_count(alone).sum(axis=1)
    return result
