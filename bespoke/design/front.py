"""Fronts of designs: those that no other beats, and those that are worth measuring."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from bespoke.costs import Objective
from bespoke.design.choice import Request
from bespoke.design.design import Design
from bespoke.design.forecast import CrossFit
from bespoke.dominance import non_dominated

#: How many times the cost of the best forecast's cheapest design is of interest yet.
BEYOND_BEST = 2.0

#: A figure of a design that is to be small.
Axis = Callable[[Design], float]


def front_of(designs: Sequence[Design], *axes: Axis) -> list[Design]:
    """Designs that no other dominates on the axes, by rising first axis; of equal ones the first.

    See `bespoke.dominance` for what dominating means.
    """
    points = [[axis(design) for axis in axes] for design in designs]
    return [designs[index] for index in non_dominated(points)]


def estimated(objective: Objective) -> Axis:
    """The estimate of what the objective makes small."""
    return lambda design: design.estimated.along(objective)


def shortfall(design: Design) -> float:
    """The negative of the score on the training samples, so that the best is the smallest."""
    return -design.score


def with_forecasts(designs: Sequence[Design], crossfit: CrossFit, axis: Objective) -> list[Design]:
    """The designs that the procedure would end at, cheapest first, each with its forecast at its estimated cost.

    Others are left out: the forecast is one of the best design at a cost, by what the search saw.
    """
    front = front_of(designs, estimated(axis), shortfall)
    return [replace(design, forecast=crossfit.at(design.estimated.along(axis), axis)) for design in front]


def thinned(designs: Sequence[Design], count: int, request: Request) -> list[Design]:
    """The designs worth mapping, cheapest first.

    Half of the places go to those that the request is most likely to end at, by their estimates: the estimate is not
    the measurement, so several are mapped. The rest shows the front, spread over the costs, as far as more cost can be
    expected to bring something.
    """
    unique = _distinct(designs, request)
    costs = [request.cost(design) for design in unique]
    kept = _likely(unique, request)[: count // 2]
    rest = sorted(set(_promising(unique, request)) - set(kept), key=lambda index: (costs[index], index))
    room = count - len(kept)
    if len(rest) > room:  # both ends included
        rest = [rest[pick] for pick in np.unique(np.linspace(0, len(rest) - 1, room).round().astype(int))]
    return [unique[index] for index in sorted([*kept, *rest], key=lambda index: (costs[index], index))]


def _promising(designs: Sequence[Design], request: Request) -> list[int]:
    """Indices of the designs up to some times the cost of the cheapest of those with the best forecast."""
    forecasts = [design.score if design.forecast is None else design.forecast.score for design in designs]
    best = max(forecasts, default=0.0)
    enough = min(
        (request.cost(d)[0] for d, value in zip(designs, forecasts, strict=True) if value >= best), default=0.0
    )
    return [index for index, design in enumerate(designs) if request.cost(design)[0] <= BEYOND_BEST * enough]


def _distinct(designs: Sequence[Design], request: Request) -> list[Design]:
    """One design of those that no figure tells apart; the first of them, so a network before a circuit."""
    first: dict[tuple[float, ...], Design] = {}
    for design in designs:
        figures = design.train.value, design.score, design.estimated.area_cm2, *request.cost(design)
        first.setdefault(figures, design)
    return list(first.values())


def _likely(designs: Sequence[Design], request: Request) -> list[int]:
    """Indices of the designs that meet the request if the estimates are right, best first."""
    request = request.settled(designs)
    fitting = [index for index, design in enumerate(designs) if request.met_by(design) and request.affords(design)]
    return sorted(fitting, key=lambda index: (*request.preference(designs[index]), index))
