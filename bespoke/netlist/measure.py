"""Area and static power of a netlist."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bespoke.errors import InputError
from bespoke.netlist.kernels import count_states
from bespoke.netlist.simulation import net_values, truth_tables
from bespoke.netlist.types import Netlist


def cell_counts(netlist: Netlist) -> dict[str, int]:
    """How many instances of each cell, flip-flops included, by name."""
    counts = np.bincount(netlist.gate_cells, minlength=len(netlist.cells))
    counted = zip(netlist.cells, counts, strict=True)
    result = {cell.name: int(count) for cell, count in counted if count and not cell.further_output}
    for flip_flop in netlist.flip_flops:
        result[flip_flop.cell.name] = result.get(flip_flop.cell.name, 0) + 1
    return dict(sorted(result.items()))


def area_um2(netlist: Netlist) -> float:
    """Sum of the areas of all cells in µm², flip-flops included."""
    areas = np.array([cell.area_um2 for cell in netlist.cells], dtype=float)
    counts = np.bincount(netlist.gate_cells, minlength=len(netlist.cells))
    return float(areas @ counts) + sum(flip_flop.cell.area_um2 for flip_flop in netlist.flip_flops)


def area_cm2(netlist: Netlist) -> float:
    """Sum of the areas of all cells in cm²."""
    return area_um2(netlist) * 1e-8


@dataclass(frozen=True, eq=False)
class StaticPower:
    """Static power of a netlist on given vectors.

    Parameters
    ----------
    total_mw : gates and flip-flops together.
    per_gate_nw : float (gates,), mean over the vectors.
    flip_flops_nw : of all flip-flops together, by their cells' means.
    """

    total_mw: float
    per_gate_nw: np.ndarray
    flip_flops_nw: float = 0.0

    def by_group(self, labels: Sequence[str] | Mapping[int, str]) -> dict[str, float]:
        """Power in mW per group of gates.

        Parameters
        ----------
        labels : a label per gate; a mapping may leave gates out, which then count under ``"other"``.
        """
        if not isinstance(labels, Mapping):
            if len(labels) != len(self.per_gate_nw):
                raise InputError(f"{len(labels)} labels for {len(self.per_gate_nw)} gates")
            labels = dict(enumerate(labels))
        result: dict[str, float] = {}
        for gate, power in enumerate(self.per_gate_nw):
            label = labels.get(gate, "other")
            result[label] = result.get(label, 0.0) + float(power) * 1e-6
        return result


def state_counts(netlist: Netlist, values: np.ndarray, vectors: int) -> np.ndarray:
    """int64 (gates, states of the widest cell): on how many vectors each gate is in each state.

    Parameters
    ----------
    values : uint64 (nets, words), as ``net_values`` gives them.
    """
    widths, _ = truth_tables(netlist)
    states = 1 << int(widths.max(initial=0))
    return count_states(values, netlist.gate_cells, netlist.gate_fanins, widths, vectors, states)


def static_power(netlist: Netlist, bits: np.ndarray) -> StaticPower:
    """State-weighted static power: each gate's leakage in each state, weighted by how often the vectors put it there.

    Parameters
    ----------
    bits : bool (vectors, input bits).

    Raises
    ------
    InputError
        if there is no vector.
    """
    vectors = np.asarray(bits).shape[0]
    if vectors == 0:
        raise InputError("static power needs at least one vector: it depends on the states that the data produce")
    counts = state_counts(netlist, net_values(netlist, bits), vectors)
    leakage = np.zeros((len(netlist.cells), counts.shape[1]))
    for index, cell in enumerate(netlist.cells):
        leakage[index, : len(cell.leakage_nw)] = cell.leakage_nw
    per_gate = (counts * leakage[netlist.gate_cells]).sum(axis=1) / vectors
    flip_flops = float(sum(flip_flop.cell.leakage_nw for flip_flop in netlist.flip_flops))
    return StaticPower((float(per_gate.sum()) + flip_flops) * 1e-6, per_gate, flip_flops)
