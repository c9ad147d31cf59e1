"""How prints differ from what was designed: gates and comparators that are broken, and references that drift.

The fault model is that of `bespoke.robustness`, on a graph that is not mapped yet: the gates that the cost model covers
it with stand for the cells.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from bespoke.circuit import pack_bits, unpack_bits
from bespoke.errors import InputError
from bespoke.model import IntegerClassifier
from bespoke.scores import Confusion
from bespoke.search.defects import ALWAYS_0, print_each
from bespoke.search.estimate import covered
from bespoke.search.pricing import AND, INV, NAND, NOR, OR, TRUTHS, XNOR, XOR
from bespoke.search.randoms import random_state
from bespoke.sensing import BinaryWires, FrontEnd, FrontEndKind, Wires
from bespoke.technology import Technology, devices_of

#: Where a row of defects cannot say 'the other operand': as often 1 as that is wrong, by and large.
OFTEN_1 = 2 / 6
#: Standard deviations beyond which no offset is looked for.
_FAR = 5.0
#: Prints that each sample meets where answers are counted.
PRINTS = 16
#: Among the kinds of `pricing.area_of`, a NAND, and the first of those that are exclusive ors.
_NAND_KIND, _FIRST_EXCLUSIVE = 1, 5
#: NAND2 of an exclusive or beside the one that it shares.
_XOR_NANDS = 3


@dataclass(frozen=True)
class Printing:
    """The spread of printed circuits.

    Parameters
    ----------
    technology : whose gates may be broken.
    front_end : what delivers the wires.
    device_yield : probability that a printed device works.
    threshold_sigma : standard deviation of a comparator's reference, in steps of the grid.
    """

    technology: Technology
    front_end: FrontEnd
    device_yield: float
    threshold_sigma: float = 0.0

    def __post_init__(self):
        if not 0 < self.device_yield <= 1:
            raise InputError(f"the device yield must lie above 0 and at most at 1, not {self.device_yield:g}")
        if not 0 <= self.threshold_sigma < np.inf:
            raise InputError(f"the drift of thresholds must be 0 or more steps, not {self.threshold_sigma:g}")

    @cached_property
    def _gate_devices(self) -> np.ndarray:
        """Devices of the gates that a node may be covered by, in the order of `pricing.area_of`'s kinds; an inverter's
        last."""

        def devices(gate: int, parts: int) -> int:
            cell = self.technology.find(*TRUTHS[gate])
            return parts if cell is None else devices_of(cell).count

        inverter = devices(INV, 2)
        nand, nor = devices(NAND, 3), devices(NOR, 3)
        exclusive = _XOR_NANDS * nand
        conjunction, disjunction = devices(AND, nand + inverter), devices(OR, nor + inverter)
        own_cells = devices(XOR, exclusive), devices(XNOR, exclusive + inverter)
        return np.array([0, nand, nor, conjunction, disjunction, exclusive, *own_cells, inverter], dtype=np.float64)

    def carried(
        self, wires: Wires, values: np.ndarray, rng: np.random.Generator, *, positions: np.ndarray | None = None
    ) -> np.ndarray:
        """What wires carry, bool (samples, wires.count), each sample in a print of its own.

        Parameters
        ----------
        values : integers of the grid (samples, features).
        positions : where in the grid the measured values lie, float (samples, features); anywhere in their steps where
            that is unknown.
        """
        samples = len(values)
        bits = self._drifted(wires, values, rng, positions)
        broken = self._broken(self.front_end.devices_of_wires(wires, np.ones(wires.count, dtype=bool)))
        if not broken.any():
            return bits
        draw = rng.random((samples, wires.count), dtype=np.float32)
        return (bits | (draw < broken / 2)) & ~((draw >= broken / 2) & (draw < broken))

    def _drifted(
        self, wires: Wires, values: np.ndarray, rng: np.random.Generator, positions: np.ndarray | None
    ) -> np.ndarray:
        """What comparators deliver whose references are off, each by its own offset; a digital front end has none."""
        sigma = self.threshold_sigma
        if sigma == 0 or self.front_end.kind is FrontEndKind.DIGITAL:
            return wires.encode(values)
        where = values + rng.random(values.shape) if positions is None else positions
        if not isinstance(wires, BinaryWires):
            offsets = rng.standard_normal((len(values), wires.count), dtype=np.float32)
            return where[:, wires.levels[:, 0]] >= wires.levels[:, 1] + sigma * offsets
        # the code is the number of thresholds passed; those out of reach of any offset need no draw
        most = (1 << wires.bits) - 1
        reach = int(np.ceil(_FAR * sigma)) + 1
        first = np.clip(np.floor(where).astype(np.int64) - reach, 0, most)
        codes = first.copy()
        for step in range(1, 2 * reach + 2):
            level = first + step
            passed = where >= level + sigma * rng.standard_normal(values.shape, dtype=np.float32)
            codes += passed & (level <= most)
        return wires.encode(codes)

    def broken(self, rows: int, samples: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Where a gate such as most ANDs become is broken, and where it then delivers 1, bool (rows, samples) each."""
        share = float(self._broken(self._gate_devices[_NAND_KIND]))
        if share == 0:
            return np.zeros((1, samples), dtype=bool), np.zeros((1, samples), dtype=bool)
        draw = rng.random((rows, samples), dtype=np.float32)
        high = draw < share * OFTEN_1
        return draw < share * (ALWAYS_0 + OFTEN_1), high

    def answers(
        self,
        classifier: IntegerClassifier,
        values: np.ndarray,
        classes: np.ndarray,
        *,
        class_count: int,
        seed: int,
        positions: np.ndarray | None = None,
        prints: int = PRINTS,
    ) -> Confusion:
        """What prints of a classifier answer, on average, as whole samples: each sample meets ``prints`` of them."""
        rng = np.random.default_rng([seed, len(values)])
        _, circuit, _, kinds, _ = covered(classifier, self.technology, self.front_end)
        kinds, circuit = kinds[circuit.first_and :], circuit.narrowed()  # which keeps the ANDs in order
        many = np.tile(np.asarray(values), (prints, 1))
        where = None if positions is None else np.tile(positions, (prints, 1))
        bits = self.carried(circuit.wires, many, rng, positions=where)
        nets = np.zeros((circuit.circuit.nodes, -(-len(many) // 64)), dtype=np.uint64)
        nets[1 : circuit.first_and] = pack_bits(bits)
        devices = self._gate_devices[kinds & 7] + np.where(kinds & 8, self._gate_devices[-1], 0.0)
        exclusive = (kinds & 7) >= _FIRST_EXCLUSIVE
        state = random_state(rng)
        print_each(nets, circuit.first_and, circuit.fanins, self._broken(devices), exclusive, len(many), state)
        flips = np.where(circuit.outputs & 1, np.uint64(0xFFFFFFFFFFFFFFFF), np.uint64(0)).astype(np.uint64)
        seen = unpack_bits(nets[circuit.outputs >> 1] ^ flips[:, None], len(many))
        answered = seen.astype(np.int64) @ (1 << np.arange(circuit.output_bits))
        return _averaged(Confusion.of(answered, np.tile(classes, prints), class_count), prints)

    def _broken(self, devices: ArrayLike) -> np.ndarray:
        """Probability that what has so many devices is broken."""
        return 1.0 - self.device_yield ** np.asarray(devices, dtype=np.float64)


def _averaged(answers: Confusion, prints: int) -> Confusion:
    """The counts of several prints together as those of one: each class keeps its number of samples."""
    exact = answers.counts / prints
    counts = np.floor(exact).astype(np.int64)
    for row, (own, whole) in enumerate(zip(exact, counts, strict=True)):
        left = round(own.sum()) - int(whole.sum())
        nearest = np.argsort(whole - own, kind="stable")[:left]
        counts[row, nearest] += 1
    return Confusion(counts)
