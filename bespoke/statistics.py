"""Statistics of shares."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

_Z95 = 1.959963984540054


def wilson_interval(right: float, samples: float) -> tuple[float, float]:
    """95 % Wilson score interval of a share (Wilson 1927), within 0 to 1."""
    share = right / samples
    scale = 1 + _Z95**2 / samples
    centre = (share + _Z95**2 / (2 * samples)) / scale
    half = _Z95 * math.sqrt(share * (1 - share) / samples + _Z95**2 / (4 * samples**2)) / scale
    return max(0.0, centre - half), min(1.0, centre + half)


@dataclass(frozen=True)
class Accuracy:
    """Share of samples classified correctly, with its 95 % Wilson score interval (Wilson 1927)."""

    value: float
    low: float
    high: float
    samples: int

    @classmethod
    def of(cls, predicted: np.ndarray, classes: np.ndarray) -> Accuracy:
        """Accuracy of class indices ``predicted`` against ``classes``, both of shape (samples,)."""
        return cls.of_count(int((predicted == classes).sum()), len(classes))

    @classmethod
    def of_count(cls, correct: int, samples: int) -> Accuracy:
        return cls(correct / samples, *wilson_interval(correct, samples), samples)

    @property
    def correct(self) -> int:
        """Samples classified correctly."""
        return round(self.value * self.samples)
