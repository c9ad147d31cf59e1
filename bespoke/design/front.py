"""Fronts of designs: those that no other beats, and those that are worth measuring."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from bespoke.costs import Objective
from bespoke.design.choice import Request
from bespoke.design.design import Design
from bespoke.dominance import dominators, non_dominated

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


def mistrust(design: Design) -> float:
    """The negative of the trusted accuracy, so that the most trusted is the smallest."""
    return -design.trusted_accuracy


def thinned(designs: Sequence[Design], count: int, request: Request) -> list[Design]:
    """The designs worth mapping, cheapest first.

    Half of the places go to those that the request is most likely to end at, by their estimates: the estimate is not
    the measurement, so several are mapped. The rest shows the whole front in trusted accuracy and estimated cost,
    runners-up included where there is room.
    """
    unique = _distinct(designs, request)
    costs = np.array([request.cost(design)[0] for design in unique])
    beaten_by = dominators([(cost, mistrust(design)) for cost, design in zip(costs, unique, strict=True)])
    kept = _likely(unique, request)[: count // 2]
    order = [int(index) for index in np.lexsort((costs, beaten_by)) if index not in kept]
    front = [index for index in order if beaten_by[index] == 0]
    room = count - len(kept)
    if len(front) > room:  # spread over the costs, both ends included
        front = [front[pick] for pick in np.unique(np.linspace(0, len(front) - 1, room).round().astype(int))]
    kept += front + [index for index in order if beaten_by[index] > 0][: room - len(front)]
    return [unique[index] for index in sorted(kept, key=lambda index: (costs[index], index))]


def _distinct(designs: Sequence[Design], request: Request) -> list[Design]:
    """One design of those that no figure tells apart; the first of them, so a network before a circuit."""
    first: dict[tuple[float, ...], Design] = {}
    for design in designs:
        figures = design.train.value, design.validation.value, design.estimated.area_cm2, *request.cost(design)
        first.setdefault(figures, design)
    return list(first.values())


def _likely(designs: Sequence[Design], request: Request) -> list[int]:
    """Indices of the designs that meet the request if the estimates are right, best first."""
    fitting = [index for index, design in enumerate(designs) if request.met_by(design) and request.affords(design)]
    if not request.asks_accuracy:
        fitting.sort(key=lambda index: (mistrust(designs[index]), request.cost(designs[index])))
    else:
        fitting.sort(key=lambda index: (request.cost(designs[index]), index))
    return fitting
