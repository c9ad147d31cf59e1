"""From a measured quantity to an integer of the grid, and back to the quantity at which a level is reached."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from bespoke.errors import InputError


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
        values = np.asarray(features, dtype=np.float64)
        if values.ndim != 2 or values.shape[1] != len(self.low):
            raise InputError(f"features must have the shape (samples, {len(self.low)}), not {values.shape}")
        missing = np.argwhere(np.isnan(values))
        if len(missing):
            raise InputError(f"the value of feature {missing[0][1]} in row {missing[0][0] + 1} is missing (NaN)")
        low, high = np.array(self.low), np.array(self.high)
        scaled = (np.clip(values, low, high) - low) / (high - low)
        levels = 1 << self.bits
        return np.minimum(levels - 1, np.floor(scaled * levels)).astype(np.int64)

    def threshold(self, feature: int, level: int) -> float:
        """The smallest measured value that ``transform`` takes to ``level`` or above: where a comparator switches.

        Found by bisection over floating-point numbers, so that ``value >= threshold`` and ``transform(value) >= level``
        agree for every float.

        Raises
        ------
        InputError
            for a level outside ``1..2**bits - 1``.
        """
        if not 1 <= level < 1 << self.bits:
            raise InputError(f"levels lie in 1..{(1 << self.bits) - 1}, not {level}")
        low, high = self.low[feature], self.high[feature]
        below, above = _ordinal(low), _ordinal(high)  # at ``low`` the level is 0, at ``high`` the highest
        while above - below > 1:
            middle = (below + above) // 2
            if self._grid(feature, _from_ordinal(middle)) >= level:
                above = middle
            else:
                below = middle
        return _from_ordinal(above)

    def _grid(self, feature: int, value: float) -> int:
        """As ``transform`` has it, for one value within the range."""
        low, high = np.float64(self.low[feature]), np.float64(self.high[feature])
        levels = 1 << self.bits
        return min(levels - 1, int(np.floor((np.float64(value) - low) / (high - low) * levels)))

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
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"the quantiser is damaged ({type(error).__name__}: {error})") from error


def check_bits(bits: int) -> None:
    if isinstance(bits, bool) or not isinstance(bits, int | np.integer) or not 1 <= bits <= 16:
        raise InputError(f"the input bits (--bits) must be a whole number from 1 to 16, not {bits!r}")


def _ordinal(value: float) -> int:
    """Place of a float among all floats in order."""
    pattern = int(np.float64(value).view(np.int64))
    return pattern if pattern >= 0 else -(pattern & 0x7FFFFFFFFFFFFFFF)


def _from_ordinal(place: int) -> float:
    magnitude = float(np.int64(abs(place)).view(np.float64))
    return magnitude if place >= 0 else -magnitude
