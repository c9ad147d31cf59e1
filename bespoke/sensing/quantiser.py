"""From a measured quantity to an integer of the grid, and back to the quantity at which a level is reached."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from bespoke.errors import InputError

#: Bits of a feature, at most.
MOST_BITS = 12
#: Powers of ten from which on, and below which, the greatest limit of a range is written without an exponent.
_LEAST_PLAIN, _MOST_PLAIN = -4, 12


@dataclass(frozen=True)
class Quantiser:
    """Turns measured features into the integers that a sensor's converter would give.

    ``q = min(2**bits - 1, floor(x01 * 2**bits))`` with ``x01 = (x - low) / (high - low)`` clipped to 0..1.

    Parameters
    ----------
    low, high : the range of every feature.
    bits : width of the converter.
    """

    low: tuple[float, ...]
    high: tuple[float, ...]
    bits: int

    def __post_init__(self):
        check_bits(self.bits)
        if len(self.low) != len(self.high):
            raise InputError(f"the quantiser has {len(self.low)} lower and {len(self.high)} upper limits")
        for column, (low, high) in enumerate(zip(self.low, self.high, strict=True)):
            if not (low < high and np.isfinite(high - low)):
                raise InputError(f"the quantiser's range {low}..{high} of feature {column} is not usable")

    @classmethod
    def fitted(cls, features: np.ndarray, bits: int) -> Quantiser:
        """Quantiser over the smallest and largest value of each column of ``features``, float (samples, features)."""
        low, high = features.min(axis=0), features.max(axis=0)
        return cls(tuple(map(float, low)), tuple(map(float, high)), bits)

    def transform(self, features: np.ndarray) -> np.ndarray:
        """Quantised features, int64 (samples, features), of float ``features`` of the same shape.

        Values beyond the range saturate, infinite ones too.

        Raises
        ------
        InputError
            for another number of features, or NaN.
        """
        values = self._checked(features)
        low, high = np.array(self.low), np.array(self.high)
        return self._grid(np.clip(values, low, high), low, high)

    def positions(self, features: np.ndarray) -> np.ndarray:
        """Where measured values lie on the grid, float64 (samples, features), in steps: ``transform`` before it rounds.

        Values beyond the range lie beyond 0 and ``2**bits``. For every float ``positions(value) >= level`` and
        ``transform(value) >= level`` agree.

        Raises
        ------
        InputError
            as ``transform`` does.
        """
        return self._positions(self._checked(features), np.array(self.low), np.array(self.high))

    @property
    def steps(self) -> tuple[float, ...]:
        """A step of the grid in the unit of every feature."""
        return tuple((high - low) / (1 << self.bits) for low, high in zip(self.low, self.high, strict=True))

    def _checked(self, features: np.ndarray) -> np.ndarray:
        values = np.asarray(features, dtype=np.float64)
        if values.ndim != 2 or values.shape[1] != len(self.low):
            raise InputError(f"features must have the shape (samples, {len(self.low)}), not {values.shape}")
        missing = np.argwhere(np.isnan(values))
        if len(missing):
            raise InputError(f"the value of feature {missing[0][1]} in row {missing[0][0] + 1} is missing (NaN)")
        return values

    def threshold(self, feature: int, level: int) -> float:
        """The smallest measured value that ``transform`` takes to ``level`` or above: where a comparator switches.

        Found by bisection over floating-point numbers, so that ``value >= threshold`` and ``transform(value) >= level``
        agree for every float.

        Raises
        ------
        InputError
            for a level outside ``1..2**bits - 1``.
        """
        return float(self.thresholds(np.array([feature]), np.array([level]))[0])

    def thresholds(self, features: np.ndarray, levels: np.ndarray) -> np.ndarray:
        """``threshold`` of many pairs at once, float64 (pairs,), for integers ``features`` and ``levels`` (pairs,)."""
        levels, features = np.asarray(levels, dtype=np.int64), np.asarray(features, dtype=np.int64)
        odd = levels[(levels < 1) | (levels >= 1 << self.bits)]
        if len(odd):
            raise InputError(f"levels lie in 1..{(1 << self.bits) - 1}, not {odd[0]}")
        low, high = np.array(self.low)[features], np.array(self.high)[features]
        below, above = _ordinals(low), _ordinals(high)  # at ``low`` the level is 0, at ``high`` the highest
        while (above.view(np.uint64) - below.view(np.uint64) > 1).any():
            middle = (below & above) + ((below ^ above) >> 1)  # their mean, rounded down, without overflow
            reached = self._grid(_from_ordinals(middle), low, high) >= levels
            above = np.where(reached, middle, above)
            below = np.where(reached, below, middle)
        return _from_ordinals(above)

    def inside(self, grid: np.ndarray, share: np.ndarray | float = 0.5) -> np.ndarray:
        """Measured values, float64 (samples, features), that ``transform`` takes to ``grid``, integers of that shape.

        Parameters
        ----------
        share : where in its cell a value lies, 0 at its lower threshold to 1 (exclusive) at its upper.

        Where no float lies in a cell, for the range is too narrow for its levels, the value is the next one above.
        """
        grid = np.asarray(grid, dtype=np.int64)
        low, high = np.array(self.low), np.array(self.high)
        values = np.clip(low + (grid + share) / (1 << self.bits) * (high - low), low, high)
        for sample, feature in np.argwhere(self.transform(values) != grid):  # a cell of few floats
            level = int(grid[sample, feature])
            values[sample, feature] = self.threshold(feature, level) if level else self.low[feature]
        return values

    def threshold_text(self, feature: int, level: int) -> str:
        """The threshold for people, to a thousandth of the step between levels.

        All levels of a feature have the same number of decimals, less the zeros that all of them end in.
        """
        return _threshold_texts(self.low[feature], self.high[feature], self.bits)[level - 1]

    def _grid(self, values: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
        """Integers of the grid for values within their ranges."""
        return np.minimum((1 << self.bits) - 1, np.floor(self._positions(values, low, high))).astype(np.int64)

    def _positions(self, values: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
        with np.errstate(over="ignore"):  # far beyond the range, where infinite is as good
            return (values - low) / (high - low) * (1 << self.bits)

    def to_json(self) -> dict[str, Any]:
        return {"kind": "quantiser", "schema": 1, "bits": self.bits, "low": list(self.low), "high": list(self.high)}

    @classmethod
    def from_json(cls, document: Any) -> Quantiser:
        """The quantiser that ``to_json`` wrote; InputError if the document is not one."""
        try:
            if document["kind"] != "quantiser" or document["schema"] != 1:
                raise InputError("the document is not a quantiser of schema 1")
            low, high = (tuple(float(value) for value in document[key]) for key in ("low", "high"))
            return cls(low, high, document["bits"])
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise InputError(f"the quantiser is damaged ({type(error).__name__}: {error})") from error


@lru_cache(maxsize=1024)
def _threshold_texts(low: float, high: float, bits: int) -> tuple[str, ...]:
    """The text of every level's threshold, the lowest first; with an exponent where points would be far to seek."""
    levels = np.arange(1, 1 << bits)
    values = Quantiser((low,), (high,), bits).thresholds(np.zeros_like(levels), levels)
    values[np.abs(values) < 1e-6 * (high - low)] = 0.0  # the bisection's neighbour of zero
    resolution = math.log10(high - low) - bits * math.log10(2) - 3
    greatest = max(math.log10(abs(limit)) for limit in (low, high) if limit)
    if not _LEAST_PLAIN <= greatest < _MOST_PLAIN:
        return _exponents(values, math.ceil(greatest - resolution))
    decimals = max(0, math.ceil(-resolution))
    texts = [f"{value:.{decimals}f}" for value in values.tolist()]
    idle = min(len(text) - len(text.rstrip("0")) for text in texts) if decimals else 0
    return tuple(text[: len(text) - idle].removesuffix(".") for text in texts)


def _exponents(values: np.ndarray, decimals: int) -> tuple[str, ...]:
    """As ``1.25e-07``, with so many decimals less the zeros that all end in."""
    parts = [f"{value:.{decimals}e}".split("e") for value in values.tolist()]
    idle = min(len(digits) - len(digits.rstrip("0")) for digits, _ in parts)
    return tuple(f"{digits[: len(digits) - idle].removesuffix('.')}e{exponent}" for digits, exponent in parts)


def check_bits(bits: int) -> None:
    """InputError unless a feature can have so many bits."""
    if isinstance(bits, bool) or not isinstance(bits, int | np.integer):
        raise InputError(f"bits must be a whole number, not {bits!r}")
    if not 1 <= bits <= MOST_BITS:
        raise InputError(f"bits must be between 1 and {MOST_BITS}, not {bits}")


def _ordinals(values: np.ndarray) -> np.ndarray:
    """Place of each float among all floats in order, int64."""
    patterns = np.ascontiguousarray(values, dtype=np.float64).view(np.int64)
    return np.where(patterns >= 0, patterns, -(patterns & 0x7FFFFFFFFFFFFFFF))


def _from_ordinals(places: np.ndarray) -> np.ndarray:
    magnitudes = np.abs(places).view(np.float64)
    return np.where(places >= 0, magnitudes, -magnitudes)
