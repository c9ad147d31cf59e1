"""What every run's designs are compared with: decision trees, and the exact baseline."""

from __future__ import annotations

from dataclasses import replace

from bespoke.design import EXACT_BASELINE, CrossFit, Design
from bespoke.model import Network
from bespoke.run.judging import Judge
from bespoke.search import estimates
from bespoke.sensing import FrontEnd
from bespoke.train.trees import grow_trees, tree_circuit

#: Origin of the trees that every run is compared with.
RIVAL_TREE = "rival tree"


def exact_design(baseline: Network, judge: Judge, front_end: FrontEnd, crossfit: CrossFit) -> Design:
    """The exact baseline behind a front end of its own, to stand beside what the search proposes."""
    costs = estimates(baseline, judge.technology, judge.data.train.features, front_end)
    exact = judge.behind(front_end).rated(baseline, origin=EXACT_BASELINE, estimated=costs)
    return replace(exact, forecast=crossfit.baseline)


def rival_trees(judge: Judge, front_end: FrontEnd, crossfit: CrossFit) -> tuple[Design, ...]:
    """The obvious alternative: decision trees of rising size on the same grid and front end.

    The forecast of a tree is what trees of its size achieved on the folds.
    """
    data, designs = judge.data, []
    for index, tree in enumerate(grow_trees(data.train.features, data.train.classes)):
        circuit = tree_circuit(tree, classes=data.classes, bits=data.bits, kind=front_end.kind)
        costs = estimates(circuit, judge.technology, data.train.features, front_end)
        rated = judge.rated(circuit, origin=RIVAL_TREE, estimated=costs)
        designs.append(replace(rated, forecast=crossfit.tree(index)))
    return tuple(designs)
