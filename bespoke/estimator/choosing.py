"""From the keywords of ``choose`` to a request of the design room."""

from __future__ import annotations

from operator import index as whole_number
from typing import Any

from bespoke.costs import Costs
from bespoke.design import Forecast, Request
from bespoke.errors import InputError
from bespoke.estimator.checks import in_parameters
from bespoke.run.preparation import source_named
from bespoke.sensing import FrontEndKind, figures_of
from bespoke.technology import Technology


def place_of(index: Any, designs: int) -> int:
    """A design's index, checked.

    Raises
    ------
    ValueError
        for what is no index of one of so many designs.
    """
    try:
        place = whole_number(index)
    except TypeError:
        place = -1
    if isinstance(index, bool) or not 0 <= place < designs:
        raise ValueError(f"there is no design {index!r}; designs go from 0 to {designs - 1}, places in designs_")
    return place


def request_of(
    *,
    max_loss: float | None,
    min_accuracy: float | None,
    limits: dict[str, Any],
    default_loss: float | None,
    baseline: Forecast,
    **named: Any,
) -> Request:
    """What the keywords ask for.

    Parameters
    ----------
    limits : budgets by the request's names.
    default_loss : asked for where nothing else is.
    named : objective and metric.
    """
    if max_loss is not None and min_accuracy is not None:
        raise ValueError("max_loss and min_accuracy both set the accuracy asked for; give one of them")
    unlimited = all(most is None for most in limits.values())
    if max_loss is None and min_accuracy is None and unlimited:
        max_loss = default_loss
    if max_loss is not None:
        return Request.within(max_loss, baseline, **limits, **named)
    return Request(min_score=min_accuracy, frugal=min_accuracy is None and unlimited, **limits, **named)


def system_limits(
    area_cm2: float | None,
    power_mw: float | None,
    source: str | None,
    *,
    costs: Costs,
    technology: Technology,
    kind: FrontEndKind,
    figures: str | None,
) -> dict[str, Any]:
    """Limits of circuit and front end as a request takes them; a source limits the power to what it delivers.

    Raises
    ------
    ValueError
        for an unknown source, or where nobody knows what the front end costs.
    """
    if area_cm2 is power_mw is source is None:
        return {}
    if not isinstance(source, str | None):
        raise ValueError(f"source must be the name of a power source, not {source!r}")
    try:
        if costs.system_power_mw is None:
            figures_of(technology, kind, figures)
        found = None if source is None else source_named(source, technology)
    except InputError as error:
        raise in_parameters(error) from error
    powers = [most for most in (power_mw, found and found.power_mw) if most is not None]
    return {
        "max_system_area_cm2": area_cm2,
        "max_system_power_mw": min(powers, default=None),
        "source": found and found.name,
    }
