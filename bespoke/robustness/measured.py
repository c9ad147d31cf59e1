"""Measured test samples as places on the grid, and what disturbed sensors and comparators deliver of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bespoke.circuit import pack_bits
from bespoke.errors import InputError
from bespoke.robustness.wire_kernels import pack_codes, pack_comparators
from bespoke.sensing import FrontEndKind, Quantiser, ThermometerWires, Wires, checked_inputs, port_width


@dataclass(frozen=True, eq=False)
class Measured:
    """Where samples lie on the grid before they are quantised, and what converts them.

    Parameters
    ----------
    wires : what reaches the circuit.
    kind : the front end that delivers it.
    positions : float64 (samples, features) in steps of the grid, so that a sample reaches a level exactly where its
        position does. Values beyond the range lie beyond 0 and ``2**bits``: a sensor is not clipped, its converter is.
    step_in_unit : a step of the grid in the unit of each feature's data; None where the range is not known.
    units : the unit of each feature, where known.
    assumed : the positions are the middles of the cells, for measured values are not known.
    """

    wires: Wires
    kind: FrontEndKind
    positions: np.ndarray
    step_in_unit: tuple[float, ...] | None = None
    units: tuple[str, ...] | None = None
    assumed: bool = False

    def __post_init__(self):
        positions = np.ascontiguousarray(self.positions, dtype=np.float64)
        if positions.ndim != 2 or positions.shape[1] != self.wires.features:
            raise InputError(
                f"positions must have the shape (samples, {self.wires.features}), not {np.shape(self.positions)}"
            )
        if np.isnan(positions).any():
            raise InputError("positions on the grid must be numbers, some are missing (NaN)")
        object.__setattr__(self, "positions", positions)

    @classmethod
    def of_values(
        cls,
        values: np.ndarray,
        quantiser: Quantiser,
        wires: Wires,
        kind: FrontEndKind,
        *,
        units: tuple[str, ...] | None = None,
    ) -> Measured:
        """Measured values, float (samples, features), by the quantiser of the design."""
        if quantiser.bits != wires.bits:
            raise InputError(f"the quantiser has {quantiser.bits} bits, the wires {wires.bits}")
        return cls(wires, kind, quantiser.positions(values), quantiser.steps, units)

    @classmethod
    def of_codes(
        cls,
        codes: np.ndarray,
        wires: Wires,
        kind: FrontEndKind,
        *,
        quantiser: Quantiser | None = None,
        units: tuple[str, ...] | None = None,
    ) -> Measured:
        """Integers of the grid alone, (samples, features): every value is taken to lie in the middle of its cell."""
        grid = checked_inputs(codes, features=wires.features, bits=wires.bits)
        return cls(wires, kind, grid + 0.5, None if quantiser is None else quantiser.steps, units, assumed=True)

    @property
    def samples(self) -> int:
        return self.positions.shape[0]


class Converters:
    """The comparators before a circuit, and the words that they make of positions.

    A thermometer has a comparator per wire that is read. A flash converter of binary words has one per code that the
    bits read tell apart, at the codes' lower ends but for the lowest; the word is the number of thresholds that are
    passed, whichever they are, times ``2**m`` where m is the lowest bit read. A digital front end does the same with
    thresholds that never move, for its words come from elsewhere. Wires that are not read stay low.

    Parameters
    ----------
    measured : the samples.
    used : bool (wires.count,), which wires the circuit reads.
    """

    def __init__(self, measured: Measured, used: np.ndarray):
        wires = measured.wires
        self._wires = wires
        self._rows = port_width(wires)
        self._words = -(-measured.samples // 64)
        self._positions = np.ascontiguousarray(measured.positions.T)
        self.can_drift = measured.kind is not FrontEndKind.DIGITAL
        used = np.asarray(used, dtype=bool)
        if used.shape != (wires.count,):
            raise InputError(f"used wires must have the shape ({wires.count},), not {used.shape}")
        self._read = np.flatnonzero(used)
        if isinstance(wires, ThermometerWires):
            self._features = wires.levels[self._read, 0].astype(np.int64)
            self._levels = wires.levels[self._read, 1].astype(np.float64)
        else:
            masks = used.reshape(wires.features, wires.bits)
            self._coded = np.flatnonzero(masks.any(axis=1))
            self._lowest = masks[self._coded].argmax(axis=1).astype(np.int64)
            levels = [np.arange(1 << low, 1 << wires.bits, 1 << low) for low in self._lowest.tolist()]
            counts = np.array([len(one) for one in levels], dtype=np.int64)
            self._starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
            self._features = np.repeat(self._coded, counts)
            self._levels = np.concatenate([np.empty(0), *levels])

    @property
    def comparators(self) -> int:
        return len(self._levels)

    @cached_property
    def features_read(self) -> np.ndarray:
        """Features of which anything is read, int64, rising."""
        return np.unique(self._features)

    @property
    def positions(self) -> np.ndarray:
        """Float64 (features, samples)."""
        return self._positions

    def packed(self, *, positions: np.ndarray | None = None, offsets: np.ndarray | float = 0.0) -> np.ndarray:
        """What the port carries, uint64 (input bits, words).

        Parameters
        ----------
        positions : float64 (features, samples) instead of the measured ones.
        offsets : by how many steps comparators switch late, one for all or float64 (comparators,).
        """
        positions = self._positions if positions is None else np.ascontiguousarray(positions, dtype=np.float64)
        thresholds = self._levels + offsets
        packed = np.zeros((self._rows, self._words), dtype=np.uint64)
        if isinstance(self._wires, ThermometerWires):
            read = np.empty((len(self._read), self._words), dtype=np.uint64)
            pack_comparators(positions, self._features, thresholds, read)
            packed[self._read] = read
        elif len(self._coded):
            rising = thresholds[np.lexsort((thresholds, self._features))]
            pack_codes(positions, self._coded, self._starts, self._lowest, self._wires.bits, rising, packed)
        return packed


class DriftingPrints:
    """Prints whose comparators are off by independent normal offsets.

    Parameters
    ----------
    used : bool (wires.count,), which wires the circuit reads.
    threshold_sigma : standard deviation in steps of the grid. The thresholds of a digital front end never move.
    """

    def __init__(self, measured: Measured, used: np.ndarray, threshold_sigma: float):
        if not 0 <= threshold_sigma < float("inf"):
            raise InputError(f"option --threshold-sigma must be zero or more, not {threshold_sigma!r}")
        self._converters = Converters(measured, used)
        self._sigma = float(threshold_sigma) if self._converters.can_drift else 0.0

    def draw(self, rng: np.random.Generator, count: int) -> np.ndarray:
        """What the ports of so many prints carry on the samples, uint64 (count, input bits, words)."""
        offsets = rng.normal(size=(count, self._converters.comparators)) * self._sigma
        prints = [self._converters.packed(offsets=one) for one in offsets]
        return np.stack(prints) if prints else np.zeros((0, *self._converters.packed().shape), dtype=np.uint64)


class Answers:
    """Counts the samples on which packed outputs, read as a number, are the right class.

    Parameters
    ----------
    expected : integers (samples,).
    """

    def __init__(self, expected: np.ndarray, output_bits: int):
        expected = np.asarray(expected, dtype=np.int64)
        places = np.arange(output_bits)
        self._samples = len(expected)
        self._possible = pack_bits(((expected >= 0) & (expected >> output_bits == 0))[:, None])[0]
        self._outputs = pack_bits((expected[:, None] >> places & 1).astype(bool))

    def accuracy(self, outputs: np.ndarray) -> float:
        """Share of right samples of outputs, uint64 (output bits, words)."""
        wrong = np.bitwise_or.reduce(outputs ^ self._outputs, axis=0)
        return float(np.bitwise_count(self._possible & ~wrong).sum(dtype=np.int64)) / self._samples
