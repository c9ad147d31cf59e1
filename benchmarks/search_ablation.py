"""What each part of the search is worth: one table, every row the same budget, one thing changed.

Rows vary the cost that guides the search (hashed circuit against the published full adders), the starts, elites per
cost bin against NSGA-II, and the kinds of unit that may change (multiply, accumulate, activate: each alone, in pairs,
together; these start from the trained network only, which the others keep as it is). All fronts are priced alike, by
the hashed circuit. Columns: hypervolume above the largest class's share, and the area of the cheapest design whose
training and validation accuracy both reach each of some targets; medians over the seeds. Test samples play no part.

    python benchmarks/search_ablation.py [--dataset cardiotocography] [--hidden 3] [--candidates 1000000] [--seeds 3]
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import numpy as np

from bespoke.data import load_dataset, prepare
from bespoke.search import Cost, SearchData, SearchOptions, circuit_of, estimate_area, explore, hypervolume
from bespoke.search.circuit import ApproximationData, ApproximationOptions, approximate
from bespoke.technology import load_technology
from bespoke.train import train_float, train_quantised

TECHNOLOGY = load_technology()
BOTH, TRAINED, RANDOM = "both", "trained", "random"


def rows(base: SearchOptions) -> list[tuple[str, str, SearchOptions]]:
    """Name, starts and options of every row."""
    units = {
        "multiply": (True, False, False),
        "accumulate": (False, True, False),
        "activate": (False, False, True),
        "multiply + accumulate": (True, True, False),
        "multiply + activate": (True, False, True),
        "accumulate + activate": (False, True, True),
    }
    table = [
        ("full search", BOTH, base),
        ("cost: full adders", BOTH, replace(base, cost=Cost.FULL_ADDERS)),
        ("start: trained only", TRAINED, replace(base, random_starts=0)),
        ("start: random only", RANDOM, base),
        ("elites only", BOTH, replace(base, population=0, population_share=0.0)),
        ("NSGA-II only", BOTH, replace(base, population_share=1.0)),
        ("one island", BOTH, replace(base, islands=1)),
        ("two noisy copies", BOTH, replace(base, jitter=2)),
        ("weights of two terms", BOTH, replace(base, max_terms=2)),
    ]
    for name, (multiply, accumulate, activate) in units.items():
        frozen = replace(base, multiply=multiply, accumulate=accumulate, activate=activate, random_starts=0)
        table.append((f"units: {name}", TRAINED, frozen))
    return table


def smallest(points: list[tuple[float, float]], target: float) -> float:
    """Least area among (area, trusted accuracy) pairs that reach the target; infinity where none does."""
    return min((area for area, accuracy in points if accuracy >= target), default=float("inf"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--dataset", default="cardiotocography")
    parser.add_argument("--hidden", type=int, default=3)
    parser.add_argument("--candidates", type=int, default=1_000_000)
    parser.add_argument("--moves", type=int, default=1_000_000, help="edits of the circuit-level row")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--targets", type=float, nargs="+", default=[0.84, 0.87, 0.89, 0.90])
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    data = prepare(load_dataset(arguments.dataset))
    train, held = data.train, data.validation
    search_data = SearchData(train.features, train.classes, data.bits, data.classes, held.features, held.classes)
    majority = float(np.bincount(train.classes).max() / train.samples)
    seeds = range(1, arguments.seeds + 1)
    starts = {
        seed: train_quantised(train_float(data, hidden=(arguments.hidden,), seed=seed), data, seed=seed)
        for seed in seeds
    }
    base = SearchOptions(candidates=arguments.candidates, hidden=(arguments.hidden,), accuracy_floor=majority)
    heads = " ".join(f"{f'cm² at {target}':>13}" for target in arguments.targets)
    print(f"{data.name}, {arguments.candidates} candidates, medians of {arguments.seeds} seeds")
    print(f"{'row':30} {'hypervolume':>12} {heads}")

    def show(name: str, fronts: list[list[tuple[float, float, float]]]) -> None:
        """Print a row of fronts of (area, training accuracy, trusted accuracy)."""
        volume = np.median([hypervolume([p[:2] for p in front], reference_accuracy=majority) for front in fronts])
        areas = [np.median([smallest([(p[0], p[2]) for p in front], target) for front in fronts])
                 for target in arguments.targets]  # fmt: skip
        print(f"{name:30} {volume:12.4f} " + " ".join(f"{area:13.4f}" for area in areas), flush=True)

    def point(classifier) -> tuple[float, float, float]:
        own, other = ((classifier.predict(p.features) == p.classes).mean() for p in (train, held))
        return estimate_area(classifier, TECHNOLOGY), float(own), float(min(own, other))

    show("trained network itself", [[point(starts[seed])] for seed in seeds])
    full = {}
    for name, kind, options in rows(base):
        fronts = []
        for seed in seeds:
            given = [] if kind == RANDOM else [starts[seed]]
            found = explore(
                search_data, given, replace(options, seed=seed), technology=TECHNOLOGY, workers=arguments.workers
            )
            fronts.append(
                [
                    (c.estimated_area_cm2, c.train_accuracy, min(c.train_accuracy, c.validation_accuracy))
                    for c in found.candidates
                ]
            )
            if name == "full search":
                full[seed] = (found, fronts[-1])
        show(name, fronts)
    fronts = []
    for seed in seeds:
        found, points = full[seed]
        picks = [found.pareto[i] for i in np.unique(np.linspace(0, len(found.pareto) - 1, 6).round().astype(int))]
        result = approximate(
            [circuit_of(candidate.classifier) for candidate in picks],
            ApproximationData(train.features, train.classes),
            ApproximationOptions(moves=arguments.moves),
            technology=TECHNOLOGY,
            seed=seed,
            workers=arguments.workers,
        )
        fronts.append(points + [point(circuit.circuit) for circuit in result])
    show("full search + circuit level", fronts)


if __name__ == "__main__":
    main()
