"""Statistics of shares."""

from __future__ import annotations

import math

_Z95 = 1.959963984540054


def wilson_interval(right: int, samples: int) -> tuple[float, float]:
    """95 % Wilson score interval of a share (Wilson 1927), within 0 to 1."""
    share = right / samples
    scale = 1 + _Z95**2 / samples
    centre = (share + _Z95**2 / (2 * samples)) / scale
    half = _Z95 * math.sqrt(share * (1 - share) / samples + _Z95**2 / (4 * samples**2)) / scale
    return max(0.0, centre - half), min(1.0, centre + half)
