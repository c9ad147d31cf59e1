"""The best design at every accuracy: ours against decision trees, at ten budgets each of area and of system power.

    python benchmarks/upper_end.py --sets redwine pendigits --splits 0 1

For every set, split and budget the design is chosen blindly: ours by the cross-fitted forecast, the tree by
scikit-learn's five-fold cross-validation of its size, both on the development part. Test accuracies are of other splits
than that of record, so that nothing is tuned on that one. Costs are estimates by the search's cost model, for both.
"""

from __future__ import annotations

import argparse
import math
import tempfile
import warnings
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from sklearn.model_selection import cross_val_score
from sklearn.tree import DecisionTreeClassifier

from bespoke.costs import Objective
from bespoke.data import PreparedData, load_dataset, prepare
from bespoke.design import Design, Request, choose, with_forecasts
from bespoke.execution import executor_of
from bespoke.run.config import Effort, RunConfig, Start
from bespoke.run.crossfitting import CrossFitted, cross_fit
from bespoke.run.preparation import front_end_of, procedure_of, technology_of, topology_of
from bespoke.run.progress import Silent
from bespoke.run.runfolder import RunFolder
from bespoke.search import estimates
from bespoke.sensing import FrontEndKind
from bespoke.statistics import Accuracy
from bespoke.train.trees import LEAVES, tree_circuit

SETS = ("breast_cancer_wisconsin", "cardiotocography", "pendigits", "redwine", "whitewine")


@dataclass(frozen=True)
class Setting:
    """A front end, the cost that is limited, and the budgets."""

    name: str
    front_end: FrontEndKind
    objective: Objective
    limit: str
    budgets: tuple[float, ...]


SETTINGS = (
    Setting("area, cm²", FrontEndKind.BINARY, Objective.AREA, "max_area_cm2", tuple(np.geomspace(0.006, 4, 10))),
    Setting(
        "system power, mW",
        FrontEndKind.THERMOMETER,
        Objective.SYSTEM_POWER,
        "max_system_power_mw",
        tuple(np.geomspace(0.1, 20, 10)),
    ),
)


@dataclass(frozen=True)
class Point:
    """A blindly chosen design: what it may cost, what it costs, what it gets on the test part."""

    budget: float
    cost: float
    accuracy: float
    forecast: float


def fitted(name: str, split: int, setting: Setting, arguments: argparse.Namespace) -> tuple[PreparedData, CrossFitted]:
    """The whole procedure and its folds on one split."""
    config = RunConfig(
        data=name,
        effort=arguments.effort,
        seed=arguments.seed,
        front_end=setting.front_end,
        objective=setting.objective,
        starts=tuple(arguments.starts),
        workers=arguments.workers,
    )
    data = prepare(load_dataset(name), bits=config.bits, split_seed=split)
    technology = technology_of(config)
    front_end = front_end_of(config, technology)
    with tempfile.TemporaryDirectory() as place:
        folder = RunFolder(Path(place))
        # the literature's topology belongs to its own split; sizes are found for this one
        topology = topology_of(folder, replace(config, front_end=FrontEndKind.THERMOMETER), data, Silent())
        procedure = procedure_of(config, data, topology.hidden, technology, front_end)
        with executor_of(workers=config.workers) as executor:
            made = cross_fit(folder, procedure, data, folds=config.fold_count, executor=executor, progress=Silent())
    return data, made


def our_points(data: PreparedData, made: CrossFitted, setting: Setting) -> list[Point]:
    designs = with_forecasts(made.developed.designs, made.crossfit, setting.objective)
    points = []
    for budget in setting.budgets:
        design = choose(designs, Request(objective=setting.objective, **{setting.limit: budget})).design
        points.append(_point(design, data, budget, setting.objective))
    return points


def _point(design: Design, data: PreparedData, budget: float, objective: Objective) -> Point:
    accuracy = Accuracy.of(design.model.predict(data.test.features), data.test.classes).value
    return Point(budget, design.estimated.along(objective), accuracy, design.forecast.accuracy)


def tree_points(data: PreparedData, setting: Setting) -> list[Point]:
    """Trees of the size that does best in five-fold cross-validation among those within the budget."""
    config = RunConfig(data="iris", front_end=setting.front_end, objective=setting.objective)
    technology = technology_of(config)
    front_end = front_end_of(config, technology)
    features, classes = data.train.features, data.train.classes
    found = []
    for leaves in LEAVES:
        tree = DecisionTreeClassifier(max_leaf_nodes=leaves, random_state=0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of classes with fewer samples than folds
            expected = float(cross_val_score(tree, features, classes, cv=5).mean())
        tree.fit(features, classes)
        circuit = tree_circuit(tree, classes=data.classes, bits=data.bits, kind=setting.front_end)
        cost = estimates(circuit, technology, features, front_end).along(setting.objective)
        accuracy = Accuracy.of(tree.predict(data.test.features), data.test.classes).value
        found.append((cost, expected, accuracy))
    most = int(np.bincount(classes).argmax())
    constant = (0.0, float((classes == most).mean()), float((data.test.classes == most).mean()))
    points = []
    for budget in setting.budgets:
        affordable = [one for one in (constant, *found) if one[0] <= budget]
        cost, expected, accuracy = max(affordable, key=lambda one: (one[1], -one[0]))
        points.append(Point(budget, cost, accuracy, expected))
    return points


def cost_ratios(ours: list[Point], trees: list[Point]) -> list[float]:
    """Our cost over the tree's at every accuracy that some tree reaches; the dearest of ours where none reaches it.

    What is compared are the blindly chosen designs of all budgets.
    """
    ratios = []
    for tree in {(point.cost, point.accuracy) for point in trees}:
        cost, accuracy = tree
        if cost == 0:
            continue
        reaching = [point.cost for point in ours if point.accuracy >= accuracy]
        mine = min(reaching) if reaching else max(point.budget for point in ours)
        ratios.append(max(mine, 1e-4) / cost)
    return ratios


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="+", default=list(SETS))
    parser.add_argument("--splits", nargs="+", type=int, default=[0, 1, 2, 3, 4], help="random states of the test cut")
    parser.add_argument("--settings", nargs="+", type=int, default=[0, 1], help="0: binary, area; 1: system power")
    parser.add_argument("--effort", type=Effort, default=Effort.NORMAL)
    parser.add_argument("--starts", nargs="+", type=Start, default=list(Start))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    differences: list[float] = []
    ratios: list[float] = []
    for place in arguments.settings:
        setting = SETTINGS[place]
        print(f"\n{setting.name}, {setting.front_end} front end; test accuracy, ours / tree, by budget")
        print(f"{'set':26}" + "".join(f"{budget:>12.3g}" for budget in setting.budgets) + f"{'mean':>12}{'cost':>8}")
        for name in arguments.sets:
            ours_of_set, trees_of_set, ratios_of_set = [], [], []
            for split in arguments.splits:
                data, made = fitted(name, split, setting, arguments)
                ours, trees = our_points(data, made, setting), tree_points(data, setting)
                ours_of_set.append([point.accuracy for point in ours])
                trees_of_set.append([point.accuracy for point in trees])
                ratios_of_set += cost_ratios(ours, trees)
            mine, theirs = np.mean(ours_of_set, axis=0), np.mean(trees_of_set, axis=0)
            cells = "".join(f"{a:>6.3f}/{b:.3f}" for a, b in zip(mine, theirs, strict=True))
            ratio = math.exp(float(np.mean(np.log(ratios_of_set))))
            print(f"{name:26}{cells}{100 * (mine - theirs).mean():>+11.2f}p{ratio:>7.2f}×", flush=True)
            differences.append(float((mine - theirs).mean()))
            ratios += ratios_of_set
    print(
        f"\nmean over sets and budgets: {100 * np.mean(differences):+.2f} points; cost at equal accuracy "
        f"{math.exp(float(np.mean(np.log(ratios)))):.2f} × the tree's (geometric mean)"
    )


if __name__ == "__main__":
    main()
