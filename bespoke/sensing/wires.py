"""Between a sensor's quantised value and the circuit: which wires there are, and what they carry.

A feature is an integer of a grid of ``2**bits`` levels. A binary converter delivers its bits; a thermometer converter
delivers, for each level asked for, whether the value has reached it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from bespoke.circuit import CircuitBuilder
from bespoke.errors import InputError
from bespoke.sensing.quantiser import check_bits

#: Of a circuit in a file; far more than anybody prints.
MAX_FEATURES = 1 << 16


class FrontEndKind(StrEnum):
    """What stands between a sensor and the classifier."""

    #: A comparator per feature and level that the circuit reads, no encoder.
    THERMOMETER = "thermometer"
    #: A flash converter with an encoder per feature, pruned to the bits that the circuit reads.
    BINARY = "binary"
    #: Binary words that come from elsewhere and cost nothing here.
    DIGITAL = "digital"


@dataclass(frozen=True)
class BinaryWires:
    """The bits of every feature: wire ``j * bits + b`` is bit b of feature j."""

    features: int
    bits: int

    @property
    def count(self) -> int:
        return self.features * self.bits

    def encode(self, values: np.ndarray) -> np.ndarray:
        """Wires, bool (samples, count), of grid values, integers (samples, features).

        Raises
        ------
        InputError
            for another shape, type or a value beyond the grid.
        """
        array = checked_inputs(values, features=self.features, bits=self.bits)
        return feature_bits(array, self.bits)

    def feature_of(self) -> np.ndarray:
        """Feature of each wire, int32 (count,)."""
        return np.repeat(np.arange(self.features, dtype=np.int32), self.bits)

    def bit(self, builder: CircuitBuilder, feature: int, bit: int) -> int:
        """Literal of a bit of a feature's value, in a graph over these wires."""
        return builder.input(feature * self.bits + bit)

    def reached(self, builder: CircuitBuilder, feature: int, level: int) -> int:
        """Literal of ``feature >= level``."""
        if level >= 1 << self.bits:
            return 0
        result = 1
        for bit in range(self.bits):
            own = self.bit(builder, feature, bit)
            result = builder.conjunction(own, result) if level >> bit & 1 else builder.disjunction(own, result)
        return result

    def to_json(self) -> dict[str, Any]:
        return {"kind": "binary", "features": self.features, "bits": self.bits}


@dataclass(frozen=True, eq=False)
class ThermometerWires:
    """One wire per feature and level: wire k is ``feature >= level`` of row k of ``levels``.

    Parameters
    ----------
    features, bits : the grid.
    levels : int32 (count, 2), feature and level; by feature, then by level, each once; levels in ``1..2**bits - 1``.
    """

    features: int
    bits: int
    levels: np.ndarray

    def __post_init__(self):
        levels = np.array(self.levels, dtype=np.int32).reshape(-1, 2)
        keys = levels[:, 0].astype(np.int64) << 32 | levels[:, 1]
        if len(levels) and (
            levels[:, 0].min() < 0
            or levels[:, 0].max() >= self.features
            or levels[:, 1].min() < 1
            or levels[:, 1].max() >= 1 << self.bits
            or (np.diff(keys) <= 0).any()
        ):
            raise InputError(
                f"thresholds must name features below {self.features} and levels in 1..{(1 << self.bits) - 1}, each "
                "once, in rising order"
            )
        levels.setflags(write=False)
        object.__setattr__(self, "levels", levels)

    @classmethod
    def of(cls, features: int, bits: int, levels: Iterable[tuple[int, int]]) -> ThermometerWires:
        """Wires of pairs of feature and level, in any order, repeated or not."""
        return cls(features, bits, np.array(sorted(set(levels)), dtype=np.int32).reshape(-1, 2))

    @classmethod
    def full(cls, features: int, bits: int) -> ThermometerWires:
        """Every level of every feature."""
        levels = np.arange(1, 1 << bits)
        return cls(
            features, bits, np.stack([np.repeat(np.arange(features), len(levels)), np.tile(levels, features)], axis=1)
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ThermometerWires):
            return NotImplemented
        return (self.features, self.bits) == (other.features, other.bits) and np.array_equal(self.levels, other.levels)

    def __hash__(self) -> int:
        return hash((self.features, self.bits, self.levels.tobytes()))

    @property
    def count(self) -> int:
        return len(self.levels)

    def encode(self, values: np.ndarray) -> np.ndarray:
        """Wires, bool (samples, count), of grid values, integers (samples, features).

        Raises
        ------
        InputError
            for another shape, type or a value beyond the grid.
        """
        array = checked_inputs(values, features=self.features, bits=self.bits)
        return array[:, self.levels[:, 0]] >= self.levels[:, 1]

    def feature_of(self) -> np.ndarray:
        """Feature of each wire, int32 (count,)."""
        return self.levels[:, 0]

    def place(self, feature: int, level: int) -> int:
        """Number of the wire ``feature >= level``, -1 where there is none."""
        found = np.flatnonzero((self.levels[:, 0] == feature) & (self.levels[:, 1] == level))
        return int(found[0]) if len(found) else -1

    def bit(self, builder: CircuitBuilder, feature: int, bit: int) -> int:
        """Literal of a bit of a feature's value: set between an odd multiple of ``2**bit`` and the next multiple."""
        result = 0
        for level in range(1 << bit, 1 << self.bits, 2 << bit):
            here = self.reached(builder, feature, level)
            beyond = self.reached(builder, feature, level + (1 << bit))
            result = builder.disjunction(result, builder.conjunction(here, beyond ^ 1))
        return result

    def reached(self, builder: CircuitBuilder, feature: int, level: int) -> int:
        """Literal of ``feature >= level``.

        Raises
        ------
        InputError
            if there is no such wire.
        """
        if level <= 0:
            return 1
        if level >= 1 << self.bits:
            return 0
        place = self.place(feature, level)
        if place < 0:
            raise InputError(f"there is no wire for feature {feature} at level {level}")
        return builder.input(place)

    def only(self, kept: np.ndarray) -> ThermometerWires:
        """The wires of a Boolean mask (count,)."""
        return ThermometerWires(self.features, self.bits, self.levels[kept])

    def places_in(self, wider: ThermometerWires) -> np.ndarray:
        """Number of each wire among those of ``wider``, int64 (count,), -1 where it lacks it."""
        known = {(int(f), int(level)): index for index, (f, level) in enumerate(wider.levels)}
        return np.array([known.get((int(f), int(level)), -1) for f, level in self.levels], dtype=np.int64)

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": "thermometer",
            "features": self.features,
            "bits": self.bits,
            "levels": self.levels.tolist(),
        }


Wires = BinaryWires | ThermometerWires


def port_width(wires: Wires) -> int:
    """Width of the port that carries the wires. Hardware has no ports without bits: without wires one bit, idle."""
    return max(1, wires.count)


def port_bits(wires: Wires, values: np.ndarray) -> np.ndarray:
    """What the port carries, bool (samples, port_width), for grid values, integers (samples, features)."""
    bits = wires.encode(values)
    return bits if wires.count else np.zeros((len(bits), 1), dtype=bool)


def wires_from_json(document: Any) -> Wires:
    """What ``to_json`` wrote; KeyError, TypeError, ValueError or InputError where the document is none."""
    kind, features, bits = document["kind"], document["features"], document["bits"]
    for value in (features, bits):
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError(f"expected an integer, found {value!r}")
    check_bits(bits)
    if not 0 < features <= MAX_FEATURES:
        raise InputError(f"a circuit reads 1 to {MAX_FEATURES} features, not {features}")
    if kind == "binary":
        return BinaryWires(features, bits)
    if kind == "thermometer":
        return ThermometerWires(features, bits, np.array(document["levels"], dtype=np.int32).reshape(-1, 2))
    raise InputError(f"the kind of wires is {kind!r}; expected 'binary' or 'thermometer'")


def all_wires(kind: FrontEndKind, features: int, bits: int) -> Wires:
    """Every wire that a front end of this kind can deliver."""
    if kind is FrontEndKind.THERMOMETER:
        return ThermometerWires.full(features, bits)
    return BinaryWires(features, bits)


def feature_bits(features: np.ndarray, bits: int) -> np.ndarray:
    """Input vectors of integer features, as the bus ``inp`` of a binary front end takes them.

    Parameters
    ----------
    features : unsigned integers (samples, features) below ``2**bits``.

    Returns
    -------
    bool (samples, features * bits): bit b of feature j stands in column ``j * bits + b``.

    Raises
    ------
    InputError
        for another shape, type or a value out of range.
    """
    array = np.asarray(features)
    if array.ndim != 2 or array.dtype.kind not in "iub":
        raise InputError(f"features must be integers of the shape (samples, features), not {array.dtype} {array.shape}")
    array = array.astype(np.int64)
    if array.size and (array.min() < 0 or array.max() >= 1 << bits):
        raise InputError(f"features must lie in 0..{(1 << bits) - 1}, found {array.min()}..{array.max()}")
    return (array[:, :, None] >> np.arange(bits) & 1).astype(bool).reshape(array.shape[0], array.shape[1] * bits)


def checked_inputs(inputs: np.ndarray, *, features: int, bits: int) -> np.ndarray:
    """``inputs`` as int64 of shape (samples, features), every value within ``bits`` bits.

    Raises
    ------
    InputError
        for another shape, a type that is not integer, or a value out of range.
    """
    array = np.asarray(inputs)
    if array.ndim != 2 or array.shape[1] != features:
        raise InputError(f"inputs must have the shape (samples, {features}), not {array.shape}")
    if array.dtype.kind not in "iub":
        raise InputError(f"inputs must be integers of {bits} bits, not {array.dtype}")
    array = array.astype(np.int64)
    if array.size and (array.min() < 0 or array.max() >= 1 << bits):
        raise InputError(f"inputs must lie in 0..{(1 << bits) - 1}, found {array.min()}..{array.max()}")
    return array
