"""A subject as the kernels take it: who reads which net, and blocks of samples that stay in a processor's cache."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from bespoke.circuit import pack_bits
from bespoke.netlist import Netlist, simulate, truth_tables
from bespoke.robustness.faulty import Elements, in_chunks, with_pin_at
from bespoke.robustness.kernels import count_flips, count_sets
from bespoke.robustness.subject import Subject

#: Words of a block at most: 4096 samples.
_BLOCK_WORDS = 64
#: Words that an unrolled loop of vector instructions takes at a time.
_VECTOR_WORDS = 16


@dataclass(frozen=True, eq=False)
class Readers:
    """The gates that read every net, each once: those of net n are ``gates[starts[n]:starts[n + 1]]``."""

    starts: np.ndarray
    gates: np.ndarray

    @classmethod
    def of(cls, netlist: Netlist) -> Readers:
        gates, pins = np.nonzero(netlist.gate_fanins >= 0)
        pairs = np.unique(netlist.gate_fanins[gates, pins].astype(np.int64) * max(1, netlist.gates) + gates)
        nets, readers = np.divmod(pairs, max(1, netlist.gates))
        return cls(np.searchsorted(nets, np.arange(netlist.nets + 1)).astype(np.int64), readers.astype(np.int64))


class Bench:
    """Counts the right samples of a subject's netlist with faults in it."""

    def __init__(self, subject: Subject):
        self.netlist = netlist = subject.netlist
        self.samples = subject.samples
        self._packed = pack_bits(np.asarray(subject.bits, dtype=bool))
        expected = np.asarray(subject.expected, dtype=np.int64)
        bits = netlist.output_bits
        reachable = (expected >= 0) & (expected >> min(bits, 63) == 0)
        self._mask = pack_bits(reachable[:, None])[0]
        self._expected = pack_bits((expected[:, None] >> np.minimum(np.arange(bits), 63) & 1).astype(bool))
        self._readers = Readers.of(netlist)
        self._widths, self._tables = truth_tables(netlist)
        self._cells = netlist.gate_cells.astype(np.int64)
        self._fanins = np.ascontiguousarray(netlist.gate_fanins, dtype=np.int64)
        self._outputs = netlist.output_nets.astype(np.int64)

    @property
    def words(self) -> int:
        return len(self._mask)

    def single(self) -> tuple[np.ndarray, np.ndarray]:
        """Right samples with every net, int64 (nets, 2), and every pin, int64 (gates, pins, 2), at 0 and at 1."""
        netlist = self.netlist
        counts = np.zeros((netlist.nets, 2), dtype=np.int64)
        pin_counts = np.zeros((*self._fanins.shape, 2), dtype=np.int64)
        differences = self._differences()
        for rows, expected, mask in self._blocks(self._packed):
            count_flips(
                rows, self._fanins, self._cells, self._widths, self._tables, differences, self._readers.starts,
                self._readers.gates, self._outputs, expected, mask, counts, pin_counts,
            )  # fmt: skip
        return counts, pin_counts

    def sets(
        self, elements: Elements, starts: np.ndarray, faults: np.ndarray, packed: np.ndarray | None = None
    ) -> np.ndarray:
        """Right samples, int64 (sets,), with each of some sets of faults.

        Parameters
        ----------
        starts : int64 (sets + 1,), where each set begins in ``faults``, int64, indices of faults of ``elements``.
        packed : uint64 (input bits, words), what the front end delivers instead of the subject's bits.
        """
        counts = np.zeros(len(starts) - 1, dtype=np.int64)
        for rows, expected, mask in self._blocks(self._packed if packed is None else packed):
            count_sets(
                rows, self._fanins, self._cells, self._widths, elements.tables, self._readers.starts,
                self._readers.gates, self._outputs, expected, mask, starts, faults, elements.fault_nets,
                elements.fault_tables, counts,
            )  # fmt: skip
        return counts

    def intact(self, elements: Elements) -> int:
        """Right samples where nothing is broken."""
        return int(self.sets(elements, np.zeros(2, dtype=np.int64), np.zeros(0, dtype=np.int64))[0])

    def _differences(self) -> np.ndarray:
        """Where the output of each cell depends on a pin, uint64 (cells, pins, chunks), as a function of all pins."""
        chunks = self._tables.shape[1]
        found = np.zeros((len(self.netlist.cells), self._fanins.shape[1], chunks), dtype=np.uint64)
        for place, cell in enumerate(self.netlist.cells):
            for pin in range(len(cell.inputs)):
                if pin < found.shape[1]:
                    found[place, pin] = in_chunks(with_pin_at(cell, pin, 0) ^ with_pin_at(cell, pin, 1), chunks)
        return found

    def _blocks(self, packed: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Rows of intact values with room for those under faults, right outputs and the samples that count."""
        for start in range(0, self.words, _BLOCK_WORDS):
            part = slice(start, start + _BLOCK_WORDS)
            mask = _padded(self._mask[None, part])
            rows = np.empty((2 * self.netlist.nets, mask.shape[1]), dtype=np.uint64)
            rows[: self.netlist.nets] = simulate(self.netlist, _padded(packed[:, part]))
            yield rows, _padded(self._expected[:, part]), mask[0]


def _padded(words: np.ndarray) -> np.ndarray:
    """With columns of zeros, so that loops over words are whole vector instructions and leave nothing over."""
    return np.pad(words, ((0, 0), (0, -words.shape[1] % _VECTOR_WORDS)))
