"""What every run's designs are compared with: decision trees, and the exact baseline."""

from __future__ import annotations

from dataclasses import replace

from bespoke.data import PreparedData
from bespoke.design import EXACT_BASELINE, CrossFit, Design
from bespoke.model import Network
from bespoke.search import estimates
from bespoke.sensing import FrontEnd
from bespoke.technology import Technology
from bespoke.train.trees import grow_trees, tree_circuit

#: Origin of the trees that every run is compared with.
RIVAL_TREE = "rival tree"


def exact_design(
    baseline: Network, data: PreparedData, technology: Technology, front_end: FrontEnd, crossfit: CrossFit
) -> Design:
    """The exact baseline behind a front end of its own, to stand beside what the search proposes."""
    costs = estimates(baseline, technology, data.train.features, front_end)
    exact = Design.rated(baseline, data.train, origin=EXACT_BASELINE, estimated=costs, scorer=crossfit.scorer)
    return replace(exact, forecast=crossfit.baseline)


def rival_trees(
    data: PreparedData, technology: Technology, front_end: FrontEnd, crossfit: CrossFit
) -> tuple[Design, ...]:
    """The obvious alternative: decision trees of rising size on the same grid and front end.

    The forecast of a tree is what trees of its size achieved on the folds.
    """
    designs = []
    for index, tree in enumerate(grow_trees(data.train.features, data.train.classes)):
        circuit = tree_circuit(tree, classes=data.classes, bits=data.bits, kind=front_end.kind)
        costs = estimates(circuit, technology, data.train.features, front_end)
        rated = Design.rated(circuit, data.train, origin=RIVAL_TREE, estimated=costs, scorer=crossfit.scorer)
        designs.append(replace(rated, forecast=crossfit.tree(index)))
    return tuple(designs)
