"""Numbers as people read them, the same on the terminal, in the page and in tables."""

from __future__ import annotations

import math

from bespoke.pipeline.metrics import DesignMetrics, SourceVerdict
from bespoke.statistics import Accuracy


def figures(value: float | None, digits: int = 3) -> str:
    """``value`` with that many significant digits, never in exponent form; a dash for None.

    >>> figures(0.034567), figures(17.62), figures(2.0), figures(1234.5), figures(0.0)
    ('0.0346', '17.6', '2.00', '1234', '0')
    """
    if value is None:
        return "–"
    if value == 0:
        return "0"
    after_point = digits - 1 - math.floor(math.log10(abs(value)))
    text = f"{value:.{max(0, after_point)}f}"
    if after_point > 0 and len(text.replace(".", "").lstrip("0-")) > digits:
        text = f"{value:.{after_point - 1}f}"  # rounding carried into a further digit
    return text


def accuracy(value: Accuracy, digits: int = 3) -> str:
    """Accuracy with its interval: ``0.956 [0.917, 0.977]``."""
    return f"{value.value:.{digits}f} [{value.low:.{digits}f}, {value.high:.{digits}f}]"


def ratio(value: float | None) -> str:
    """How many times smaller: ``41×``; ``∞`` where the chosen design needs nothing."""
    if value is None:
        return "∞"
    return f"{value:.0f}×" if value >= 100 else f"{figures(value)}×"


def system_ratio(design: DesignMetrics, value: float | None) -> str:
    """A ratio of figures with front end; a dash where the chosen design has none."""
    return figures(None) if design.estimated_system_area_cm2 is None else ratio(value)


def delay(design: DesignMetrics) -> str:
    """Delay against the clock period."""
    sign = "~" if design.delay_is_indicative else ""
    verdict = "meets" if design.meets_clock else "MISSES"
    return f"{sign}{figures(design.delay_ms)} ms, {verdict} {design.clock_ms:g} ms"


def topology(design: DesignMetrics) -> str:
    """``30-3-2``."""
    return "-".join(str(size) for size in design.topology) if design.topology else "logic circuit"


def verdict(source: SourceVerdict) -> str:
    """One source's verdict in words."""
    if not source.carries:
        return f"too weak: delivers {figures(source.power_mw)} mW"
    life = "" if source.life_h is None else f", lasts {hours(source.life_h)}"
    return f"carries it with a margin of {ratio(source.margin)}{life}"


def hours(value: float) -> str:
    """A life time in the unit that suits it."""
    for size, unit in ((24 * 365.25, "years"), (24, "days")):
        if value >= 2 * size:
            return f"{figures(value / size, 2)} {unit}"
    return f"{figures(value, 2)} h"


def duration(seconds: float) -> str:
    """``48 s`` or ``3 min 20 s``."""
    if seconds < 60:
        return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"
