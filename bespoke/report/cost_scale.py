"""A logarithmic axis of costs on which what costs nothing has a place, too: a strip of its own, labelled 0."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Parts of the axis' length: the strip of what is free, the gap behind it, the margin at either end of the logarithm.
_STRIP, _GAP, _MARGIN = 0.09, 0.04, 0.05
#: Up to so many decades 2 and 5 are labelled beside 1.
_FEW_DECADES = 1.4


@dataclass(frozen=True)
class CostScale:
    """Places on a logarithmic axis.

    ``low`` and ``high`` are where the logarithm begins and ends, ``start`` where the axis does: before ``low`` where
    anything is free.
    """

    start: float
    low: float
    high: float

    @classmethod
    def over(cls, costs: Iterable[float]) -> CostScale:
        """The scale that shows all of them, none negative."""
        costs = list(costs)
        positive = [cost for cost in costs if cost > 0] or [1.0]
        span = max(0.3, math.log10(max(positive) / min(positive)))
        low = math.log10(min(positive)) - _MARGIN * span
        high = math.log10(max(positive)) + _MARGIN * span
        room = (high - low) * (_STRIP + _GAP) / (1 - _STRIP - _GAP) if min(costs, default=1.0) <= 0 else 0.0
        return cls(10 ** (low - room), 10**low, 10**high)

    @property
    def has_free(self) -> bool:
        """Whether there is a strip for what costs nothing."""
        return self.start < self.low

    def place(self, cost: float) -> float:
        """Where a cost stands on the axis, in the axis' own coordinates."""
        return cost if cost > 0 else self._between(_STRIP / 2)

    def apply(self, axes: Axes) -> None:
        """Makes the x axis of a finished plot this one."""
        from matplotlib.ticker import FixedFormatter, FixedLocator, NullFormatter

        axes.set_xscale("log")
        axes.set_xlim(self.start, self.high)
        ticks = self._ticks()
        labels = [np.format_float_positional(tick, trim="-") for tick in ticks]
        if self.has_free:
            ticks, labels = [self.place(0.0), *ticks], ["0", *labels]
        axes.xaxis.set_major_locator(FixedLocator(ticks))
        axes.xaxis.set_major_formatter(FixedFormatter(labels))
        axes.xaxis.set_minor_locator(FixedLocator(self._decimals(range(2, 10))))
        axes.xaxis.set_minor_formatter(NullFormatter())
        if self.has_free:
            self._draw_strip(axes)

    def _draw_strip(self, axes: Axes) -> None:
        """The strip, and a break in the axis behind it."""
        axes.axvspan(self.start, self._between(_STRIP), color="#eef1ec", linewidth=0, zorder=0)
        whole, size = axes.transAxes, axes.get_xaxis_transform()
        axes.plot(
            [_STRIP, _STRIP + _GAP], [0, 0], color="white", linewidth=1.6, transform=whole, clip_on=False, zorder=5
        )
        axes.plot(
            [self._between(_STRIP), self._between(_STRIP + _GAP)],
            [0, 0],
            color="black",
            linestyle="",
            marker=[(-0.5, -1), (0.5, 1)],
            markersize=6,
            markeredgewidth=0.7,
            transform=size,
            clip_on=False,
            zorder=6,
        )

    def _between(self, part: float) -> float:
        """The place at a part of the axis' length."""
        start, high = math.log10(self.start), math.log10(self.high)
        return 10 ** (start + part * (high - start))

    def _ticks(self) -> list[float]:
        few = math.log10(self.high / self.low) <= _FEW_DECADES
        return self._decimals((1, 2, 5) if few else (1,))

    def _decimals(self, digits: Iterable[int]) -> list[float]:
        digits = list(digits)
        powers = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        ticks = [digit * 10.0**power for power in powers for digit in digits]
        return [tick for tick in ticks if self.low * 0.999 <= tick <= self.high * 1.001]
