"""What broken elements compute: faulty functions of cells, and which element of a print can become which."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from bespoke.netlist import Netlist
from bespoke.technology import Cell


def with_pin_at(cell: Cell, pin: int, value: int) -> int:
    """Truth table of a cell one of whose pins is stuck; still a function of all pins."""
    forced = (state & ~(1 << pin) | value << pin for state in range(1 << len(cell.inputs)))
    return sum((cell.truth >> origin & 1) << state for state, origin in enumerate(forced))


def faulty_functions(cell: Cell) -> dict[int, int]:
    """Truth tables that the single stuck-at faults of a cell make of it, with the number of faults that do."""
    whole = (1 << (1 << len(cell.inputs))) - 1
    found = Counter({0: 1})
    found[whole] += 1
    for pin in range(len(cell.inputs)):
        for value in (0, 1):
            found[with_pin_at(cell, pin, value)] += 1
    return dict(sorted(found.items()))


def in_chunks(truth: int, chunks: int) -> list[int]:
    """A truth table as words, the lowest states first."""
    return [truth >> 64 * chunk & (1 << 64) - 1 for chunk in range(chunks)]


def chunks_of(netlist: Netlist) -> int:
    """Words of the widest truth table of a netlist's cells."""
    return max(1, (1 << max((len(cell.inputs) for cell in netlist.cells), default=0)) // 64)


@dataclass(frozen=True, eq=False)
class Elements:
    """Elements of a print that can break, gates before wires, and their faults, those of an element together.

    Parameters
    ----------
    nets : int64 (elements,), what each drives.
    tables : uint64 (functions, chunks), those of the netlist's cells first.
    starts : int64 (elements + 1,), first fault of every element.
    fault_nets, fault_tables : int64 (faults,), the net that becomes a function and the function.
    fault_elements : int64 (faults,).
    weights : int64 (faults,), how many stuck-at faults of the element do this.
    """

    nets: np.ndarray
    tables: np.ndarray
    starts: np.ndarray
    fault_nets: np.ndarray
    fault_tables: np.ndarray
    fault_elements: np.ndarray
    weights: np.ndarray

    @property
    def count(self) -> int:
        return len(self.nets)

    @property
    def choices(self) -> np.ndarray:
        """Different faults of every element, int64 (elements,)."""
        return np.diff(self.starts)

    @property
    def sites(self) -> np.ndarray:
        """Stuck-at faults of every element, int64 (elements,)."""
        return np.bincount(self.fault_elements, self.weights, self.count).astype(np.int64)

    @property
    def shares(self) -> np.ndarray:
        """Chance of every fault if its element is broken, float64 (faults,)."""
        return self.weights / self.sites[self.fault_elements]

    def pick(self, elements: np.ndarray, uniforms: np.ndarray) -> np.ndarray:
        """A fault of each broken element, by numbers from 0 to below 1 of the same shape."""
        upto = np.cumsum(self.shares) - self.fault_elements
        last = self.starts[1:] - 1
        upto[last] = 1.0  # whatever the sums were rounded to
        found = np.searchsorted(upto + self.fault_elements, elements + uniforms, side="right")
        return np.clip(found, self.starts[elements], last[elements])


def elements_of(netlist: Netlist, gates: np.ndarray, wires: np.ndarray) -> Elements:
    """The elements among some gates and input bits, given by index."""
    chunks = chunks_of(netlist)
    tables = [cell.truth for cell in netlist.cells]
    functions, weights, firsts = [], [], [0]
    for faulty in (*map(faulty_functions, netlist.cells), {0: 1, 1: 1}):  # a wire is a function of nothing
        functions += range(len(tables), len(tables) + len(faulty))
        tables += faulty
        weights += faulty.values()
        firsts.append(len(functions))
    kinds = np.concatenate([netlist.gate_cells[gates], np.full(len(wires), len(netlist.cells))]).astype(np.int64)
    first = np.array(firsts, dtype=np.int64)
    choices = np.diff(first)[kinds]
    starts = np.concatenate([[0], np.cumsum(choices)]).astype(np.int64)
    fault_elements = np.repeat(np.arange(len(kinds)), choices)
    places = np.arange(starts[-1]) - starts[fault_elements] + first[kinds][fault_elements]
    nets = np.concatenate([netlist.first_gate_net + gates, 2 + wires]).astype(np.int64)
    return Elements(
        nets=nets,
        tables=np.array([in_chunks(truth, chunks) for truth in tables], dtype=np.uint64),
        starts=starts,
        fault_nets=nets[fault_elements],
        fault_tables=np.array(functions, dtype=np.int64)[places],
        fault_elements=fault_elements,
        weights=np.array(weights, dtype=np.int64)[places],
    )
