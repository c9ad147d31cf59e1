"""Test accuracy against the power of the whole system, beside decision trees and beside classifiers searched alone.

    python benchmarks/system.py --out runs/system                            # five sets, five splits, effort normal
    python benchmarks/system.py redwine --splits 1 --effort fast --out runs/quick

On stratified splits other than the split of record three searches run: behind comparators with the system's power as
the objective (`thermometer`), behind binary converters with the same objective (`binary`), and behind binary ones with
the classifier's area as the objective, which is what a search for the classifier alone does (`alone`). The rival is
scikit-learn's decision tree on the same grid behind comparators, in many sizes. All are mapped by the same flow with
the same effort; power is the mapped logic's on the training samples plus the published converters'.

Every tree that no smaller one equals in forecast accuracy is compared with the cheapest design of at least its forecast
accuracy; a tree that no design reaches counts as reached by none and is told. What is finished is read back.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bespoke.backend.mapping import Backend
from bespoke.costs import Objective
from bespoke.data import PreparedData, load_dataset, prepare
from bespoke.design import Design, Request, with_forecasts
from bespoke.eda.tools import Backend as Tool
from bespoke.execution import executor_of
from bespoke.files import write_json
from bespoke.run.config import Effort, RunConfig
from bespoke.run.crossfitting import cross_fit
from bespoke.run.front import map_front
from bespoke.run.preparation import data_digest, front_end_of, procedure_of, topology_of
from bespoke.run.progress import Silent
from bespoke.run.rivals import rival_trees
from bespoke.run.runfolder import RunFolder
from bespoke.sensing import FrontEndKind
from bespoke.technology import load_technology

SETS = ("breast_cancer_wisconsin", "cardiotocography", "redwine", "whitewine", "pendigits")
SEARCHES = {
    "thermometer": (FrontEndKind.THERMOMETER, Objective.SYSTEM_POWER),
    "binary": (FrontEndKind.BINARY, Objective.SYSTEM_POWER),
    "alone": (FrontEndKind.BINARY, Objective.AREA),
}


@dataclass(frozen=True)
class Point:
    """A mapped design: forecast accuracy, test accuracy, and what the system takes."""

    forecast: float
    test: float
    system_power_mw: float
    system_area_cm2: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", help="some of the five; all by default")
    parser.add_argument("--out", type=Path, required=True, help="folder of the searches")
    parser.add_argument("--splits", type=int, default=5, help="splits 0, 1, ...; the split of record has another seed")
    parser.add_argument("--searches", nargs="+", default=list(SEARCHES), choices=list(SEARCHES))
    parser.add_argument("--effort", default="normal", choices=[str(effort) for effort in Effort])
    parser.add_argument("--data-dir", help="folder of the CSV files; BESPOKE_DATA by default")
    arguments = parser.parse_args()
    ratios: dict[str, dict[str, list[float]]] = {search: {} for search in arguments.searches}
    for name in arguments.sets or SETS:
        for split in range(arguments.splits):
            data = prepare(load_dataset(name, data_dir=arguments.data_dir), split_seed=split)
            fronts = {}
            for search in arguments.searches:
                folder = arguments.out / f"{name}-{split}" / search
                fronts[search], rivals, seconds = _searched(folder, search, data, arguments)
                print(f"{name}, split {split}, {search}: {len(fronts[search])} designs in {seconds:.0f} s", flush=True)
                if search == "thermometer":
                    trees = rivals
            _tell(name, split, fronts, trees)
            for search, points in fronts.items():
                found = _against(points, trees)
                ratios[search].setdefault(name, []).extend(found)
    _summary(ratios)


def _searched(folder: Path, search: str, data: PreparedData, arguments) -> tuple[list[Point], list[Point], float]:
    """The mapped front, the mapped trees, and the seconds that training, search and mapping took."""
    done = folder / "points.json"
    if not done.is_file():
        started = time.monotonic()
        kind, objective = SEARCHES[search]
        config = RunConfig(data=data.name, effort=Effort(arguments.effort), front_end=kind, objective=objective, seed=1)
        technology = load_technology(config.technology)
        front_end = front_end_of(replace(config, objective=Objective.SYSTEM_POWER), technology)
        run = RunFolder(folder)
        run.open(config, data_digest=data_digest(data))
        topology = topology_of(run, replace(config, front_end=FrontEndKind.THERMOMETER), data, Silent())
        procedure = procedure_of(config, data, topology.hidden, technology, front_end)
        with executor_of(workers=config.workers) as executor:
            made = cross_fit(run, procedure, data, folds=config.fold_count, executor=executor, progress=Silent())
        backend = Backend(
            technology=technology,
            effort=str(Effort.FAST),
            yosys=str(Tool.PYOSYS),
            clock_ms=technology.clock_ms,
            seed=config.seed,
            front_end=front_end,
            objective=objective,
        )
        trees = rival_trees(procedure.judge(data), front_end, made.crossfit) if search == "thermometer" else ()
        wanted = Request(objective=objective)
        front = map_front(
            run, config, data, with_forecasts(made.developed.designs, made.crossfit, objective), request=wanted,
            backend=backend, progress=Silent(), rivals=trees, mapped_rivals=len(trees),
        )  # fmt: skip
        points = {"designs": [], "rivals": []}
        for design in front:
            points["rivals" if "rival" in design.origin else "designs"].append(_point(design, data))
        write_json(done, {**points, "seconds": time.monotonic() - started})
    document = json.loads(done.read_text(encoding="utf-8"))
    designs, rivals = ([Point(*figures) for figures in document[key]] for key in ("designs", "rivals"))
    return designs, rivals, document["seconds"]


def _point(design: Design, data: PreparedData) -> tuple[float, float, float, float]:
    test = float((design.model.predict(data.test.features) == data.test.classes).mean())
    costs = design.measured
    return design.forecast.accuracy, test, costs.system_power_mw, costs.system_area_cm2


def _front(points: Sequence[Point]) -> list[Point]:
    """Points that no cheaper one equals in forecast accuracy, cheapest first."""
    kept: list[Point] = []
    for point in sorted(points, key=lambda point: (point.system_power_mw, -point.forecast)):
        if not kept or point.forecast > kept[-1].forecast:
            kept.append(point)
    return kept


def _against(points: Sequence[Point], trees: Sequence[Point]) -> list[float]:
    """System power of the cheapest design that equals each tree, over the tree's; infinite where none does."""
    ratios = []
    for tree in _front(trees):
        fitting = [point.system_power_mw for point in points if point.forecast >= tree.forecast - 1e-12]
        ratios.append(min(fitting, default=math.inf) / tree.system_power_mw)
    return ratios


def _tell(name: str, split: int, fronts: dict[str, list[Point]], trees: Sequence[Point]) -> None:
    print(f"\n| {name}, split {split} | forecast | test | system mW | system cm² |\n| --- | --- | --- | --- | --- |")
    for label, points in {**fronts, "tree": list(trees)}.items():
        for point in _front(points):
            print(
                f"| {label} | {point.forecast:.3f} | {point.test:.3f} | {point.system_power_mw:.4g} "
                f"| {point.system_area_cm2:.4g} |"
            )
    print(flush=True)


def _summary(ratios: dict[str, dict[str, list[float]]]) -> None:
    """Geometric means over trees and sets; a tree that no design reaches is counted beside them."""
    print("| search | set | system power over the tree's at equal forecast accuracy | not reached |")
    print("| --- | --- | --- | --- |")
    for search, by_set in ratios.items():
        means = []
        for name, found in by_set.items():
            finite = [math.log(ratio) for ratio in found if math.isfinite(ratio)]
            if finite:
                means.append(statistics.fmean(finite))
            shown = f"{math.exp(means[-1]):.2f}" if finite else "–"
            print(f"| {search} | {name} | {shown} | {len(found) - len(finite)} of {len(found)} |")
        if means:
            print(f"| {search} | all sets | {math.exp(statistics.fmean(means)):.2f} | |", flush=True)


if __name__ == "__main__":
    main()
