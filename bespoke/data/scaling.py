"""From measured samples to the range of every feature, and to values in place of missing ones."""

from __future__ import annotations

import difflib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from bespoke.errors import InputError
from bespoke.sensing import Quantiser

#: Shares of the samples below and above the range of `Scale.QUANTILE`.
QUANTILES = (0.01, 0.99)
#: `Scale.ROBUST` reaches this many interquartile ranges from the median, 2.7 standard deviations of a normal feature.
ROBUST_REACH = 2.0


class Scale(StrEnum):
    """What the range of a feature is fitted to; always on the samples to develop on alone."""

    MINMAX = "minmax"
    QUANTILE = "quantile"
    ROBUST = "robust"


class Missing(StrEnum):
    """What becomes of values that are not there."""

    REFUSE = "refuse"
    DROP = "drop"
    MEDIAN = "median"


@dataclass(frozen=True, order=True)
class FeatureRange:
    """The physical range of one sensor, in its own unit.

    Raises
    ------
    InputError
        where the range is empty or not finite.
    """

    name: str
    low: float
    high: float

    def __post_init__(self):
        if not (self.low < self.high and math.isfinite(self.high - self.low)):
            raise InputError(
                f"--range {self}: the low end must be a finite number below the high end, as in --range {self.name}=0:5"
            )

    def __str__(self) -> str:
        return f"{self.name}={self.low!r}:{self.high!r}"

    @classmethod
    def parsed(cls, text: str) -> FeatureRange:
        """The range that ``name=low:high`` says; the name may hold both signs.

        Raises
        ------
        InputError
            for any other text.
        """
        name, equals, limits = text.rpartition("=")
        try:
            low, high = map(float, limits.split(":"))
        except ValueError:
            equals = ""
        if not equals or not name.strip():
            raise InputError(f"--range needs name=low:high, such as temperature=-10:40, not {text!r}")
        return cls(name.strip(), low, high)


@dataclass(frozen=True)
class Scaling:
    """How the range of every feature is found.

    ``minmax`` takes the smallest and the largest value. ``quantile`` takes the 1st and the 99th percentile, linear
    between samples. ``robust`` takes the median and twice the interquartile range on either side, no further than the
    smallest and the largest value. Where percentiles or quartiles coincide, a feature keeps its smallest and largest
    value. A range of the user's goes before all of them.

    Parameters
    ----------
    kind : the rule.
    ranges : fixed ranges, each of another feature.

    Raises
    ------
    InputError
        for two ranges of one feature.
    """

    kind: Scale = Scale.MINMAX
    ranges: tuple[FeatureRange, ...] = ()

    def __post_init__(self):
        names = [one.name for one in self.ranges]
        for name in names:
            if names.count(name) > 1:
                raise InputError(f"--range names {name!r} twice; give each feature one range")

    def check_names(self, source: str, names: Sequence[str]) -> None:
        """Every fixed range is of a feature.

        Raises
        ------
        InputError
            naming the range that is not, and the nearest feature.
        """
        for one in self.ranges:
            if one.name not in names:
                near = difflib.get_close_matches(one.name, names, n=1)
                known = ", ".join(map(repr, names[:8])) + (", ..." if len(names) > 8 else "")
                hint = f"did you mean {near[0]!r}?" if near else f"the features are {known}"
                raise InputError(f"{source}: --range {one}: there is no feature {one.name!r}; {hint}")

    def fitted(self, measured: np.ndarray, names: Sequence[str], bits: int) -> Quantiser:
        """The quantiser of samples, float (samples, features), NaN where a value is missing.

        A feature that is constant, from which nothing can be learnt, gets a range that is only formal.

        Raises
        ------
        InputError
            naming the feature whose range is too large for a number.
        """
        least, greatest = np.fmin.reduce(measured, axis=0), np.fmax.reduce(measured, axis=0)
        least, greatest = np.nan_to_num(least), np.nan_to_num(greatest)  # of features without any value
        with np.errstate(over="ignore"):
            too_large = ~np.isfinite(greatest - least)
        if too_large.any():
            raise InputError(f"the range of feature {names[int(too_large.argmax())]!r} is too large for a number")
        low, high = self._limits(measured, least, greatest)
        empty = ~(low < high)
        low, high = np.where(empty, least, low), np.where(empty, greatest, high)
        high = np.where(low < high, high, low + np.maximum(1.0, np.abs(low)))
        fixed = {one.name: one for one in self.ranges}
        for column, name in enumerate(names):
            if name in fixed:
                low[column], high[column] = fixed[name].low, fixed[name].high
        return Quantiser(tuple(low.tolist()), tuple(high.tolist()), bits)

    def _limits(self, measured: np.ndarray, least: np.ndarray, greatest: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        if self.kind is Scale.MINMAX:
            return least, greatest
        shares = QUANTILES if self.kind is Scale.QUANTILE else (0.25, 0.5, 0.75)
        found = [_quantiles(column[~np.isnan(column)], shares) for column in measured.T]
        marks = np.array(found).reshape(len(found), len(shares)).T
        if self.kind is Scale.QUANTILE:
            return marks[0], marks[1]
        reach = ROBUST_REACH * (marks[2] - marks[0])
        return np.maximum(least, marks[1] - reach), np.minimum(greatest, marks[1] + reach)


#: What nobody asked otherwise.
MINMAX = Scaling()


def _quantiles(values: np.ndarray, shares: Sequence[float]) -> np.ndarray:
    return np.quantile(values, shares) if len(values) else np.zeros(len(shares))


def quantiser_of(measured: np.ndarray, bits: int) -> Quantiser:
    """Quantiser from the smallest to the largest value of every feature; see `Scaling.fitted`."""
    return MINMAX.fitted(measured, [str(column) for column in range(measured.shape[1])], bits)


def medians_of(measured: np.ndarray) -> np.ndarray:
    """What stands for a missing value of each feature, float (features,): its median; 0 where it has no value."""
    found = [np.median(present) if len(present := column[~np.isnan(column)]) else 0.0 for column in measured.T]
    return np.array(found, dtype=np.float64)


def filled(measured: np.ndarray, medians: np.ndarray) -> np.ndarray:
    """The samples with medians in place of NaN."""
    return np.where(np.isnan(measured), medians, measured)
