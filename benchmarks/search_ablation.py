"""What each part of the search is worth: one table, every row the same candidates, one thing changed.

Rows vary the cost that guides the search (area of the hashed circuit against the published count of full adders), the
starts, the elites per cost bin (off: parents come from NSGA-II's population alone), the noisy copies, and the kinds of
unit that may change (multiply, accumulate, activate; these start from the trained network alone, as a frozen unit
stays what it is there; free together they are the row of the trained start). The last rows add circuit-level
approximation, and give the search without it as much time.

All designs are priced alike, by the area of their hashed circuit. Columns, per set, medians over the seeds: estimated
area of the cheapest design whose trusted accuracy (see `bespoke.design`) reaches the set's minimum, that
design's validation and test accuracy, and the hypervolume of the front in area and trusted accuracy, above the largest
class's share. Test samples play no part in any choice. The last column is the time of a row's search on the clock,
mean over sets and seeds.

    python benchmarks/search_ablation.py [SET ...] [--candidates 300000] [--moves 300000] [--seeds 2] [--pairs]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from bespoke.data import PreparedData, load_dataset, prepare
from bespoke.design import Design
from bespoke.model import Network
from bespoke.pipeline.proposals import ENOUGH_SAMPLES, circuit_starts, rated
from bespoke.search import SearchData, SearchOptions, estimates, explore, hypervolume
from bespoke.search.circuit import ApproximationData, ApproximationOptions, approximate
from bespoke.technology import load_technology
from bespoke.train import train_float, train_quantised

TECHNOLOGY = load_technology()
#: Hidden neurons as usual in the literature, and the trusted accuracy asked for.
SETS = {
    "breast_cancer_wisconsin": (3, 0.95),
    "cardiotocography": (3, 0.87),
    "redwine": (2, 0.57),
    "whitewine": (4, 0.515),
    "pendigits": (5, 0.85),
}
DEFAULT_SETS = ("breast_cancer_wisconsin", "cardiotocography", "redwine")
#: Largest factor on the candidates of the row that has the time of circuit-level approximation too.
LONGEST = 20

FULL = "full search"


@dataclass(frozen=True, eq=False)
class Case:
    """One set and one seed, with the trained network that most rows start from."""

    data: PreparedData
    seed: int
    start: Network
    hidden: int
    minimum: float

    @property
    def majority(self) -> float:
        return float(np.bincount(self.data.train.classes).max() / self.data.train.samples)


@dataclass(frozen=True)
class Row:
    """What a row changes: the search's options, the trained network as a start, noisy copies of the samples."""

    name: str
    options: SearchOptions
    trained: bool = True
    noisy: bool = True


@dataclass(frozen=True)
class Outcome:
    """What a row found in one case; no area and accuracies (infinity, NaN) where no design reaches the minimum."""

    area_cm2: float
    validation: float
    test: float
    hypervolume: float
    seconds: float


def rows(base: SearchOptions, *, pairs: bool) -> list[Row]:
    """Rows of the search of networks; the first is the full search."""
    table = [
        Row(FULL, base),
        Row("cost: full adders", replace(base, full_adders=True)),
        Row("start: random only", base, trained=False),
        Row("elites off", replace(base, population_share=1.0)),
        Row("noisy copies off", base, noisy=False),
    ]
    kinds = ("multiply", "accumulate", "activate")
    groups = [(kind,) for kind in kinds]
    if pairs:
        groups += [tuple(kind for kind in kinds if kind != left_out) for left_out in reversed(kinds)]
    for group in groups:
        free = {kind: kind in group for kind in kinds}
        table.append(Row(f"units: {' + '.join(group)}", replace(base, random_starts=0, **free)))
    return [*table, Row("start: trained only; all units", replace(base, random_starts=0))]


def searched(case: Case, row: Row, workers: int) -> tuple[list[Design], float]:
    """Every design of the search's archive, and the seconds that it took."""
    train, held = case.data.train, case.data.validation
    started = time.perf_counter()
    front = explore(
        SearchData(train.features, train.classes, case.data.bits, case.data.classes, held.features, held.classes),
        [case.start] if row.trained else [],
        replace(
            row.options,
            seed=case.seed,
            hidden=(case.hidden,),
            accuracy_floor=case.majority,
            jitter=int(row.noisy and train.samples < ENOUGH_SAMPLES),
        ),
        technology=TECHNOLOGY,
        workers=workers,
    )
    seconds = time.perf_counter() - started
    return [rated(found, case.data) for found in front.candidates], seconds


def approximated(case: Case, networks: Sequence[Design], moves: int, workers: int) -> tuple[list[Design], float]:
    """Circuits approximated from those of the networks, as `bespoke run` does it, and the seconds that it took."""
    started = time.perf_counter()
    circuits = approximate(
        circuit_starts(networks),
        ApproximationData(case.data.train.features, case.data.train.classes),
        ApproximationOptions(moves=moves),
        technology=TECHNOLOGY,
        seed=case.seed,
        workers=workers,
    )
    seconds = time.perf_counter() - started
    return [rated(found, case.data) for found in circuits], seconds


def outcome(case: Case, designs: Sequence[Design], seconds: float) -> Outcome:
    """The cheapest design that reaches the minimum, and the hypervolume of all."""
    volume = hypervolume(
        [(design.estimated.area_cm2, design.trusted_accuracy) for design in designs], reference_accuracy=case.majority
    )
    enough = [design for design in designs if design.trusted_accuracy >= case.minimum]
    if not enough:
        return Outcome(np.inf, np.nan, np.nan, volume, seconds)
    chosen = min(enough, key=lambda design: (design.estimated.area_cm2, -design.trusted_accuracy))
    test = float((chosen.model.predict(case.data.test.features) == case.data.test.classes).mean())
    return Outcome(chosen.estimated.area_cm2, chosen.validation.value, test, volume, seconds)


def show(name: str, outcomes: Sequence[Sequence[Outcome]]) -> None:
    """Print a row: ``outcomes`` by set, then by seed."""
    cells = []
    for found in outcomes:
        area = np.median([one.area_cm2 for one in found])
        reached = [one for one in found if np.isfinite(one.area_cm2)]
        cells.append(f"{area:9.4f}" if np.isfinite(area) else f"{'none':>9}")
        for accuracies in ([one.validation for one in reached], [one.test for one in reached]):
            # where some seeds fail the area says so; accuracies of the others would mislead
            cells.append(f"{np.median(accuracies):7.4f}" if len(reached) == len(found) else f"{'-':>7}")
        cells.append(f"{np.median([one.hypervolume for one in found]):7.4f} ")
    seconds = np.mean([one.seconds for found in outcomes for one in found])
    print(f"{name:34} {' '.join(cells)} {seconds:6.1f}", flush=True)


def cases_of(name: str, seeds: int) -> list[Case]:
    hidden, minimum = SETS[name]
    data = prepare(load_dataset(name))
    cases = []
    for seed in range(1, seeds + 1):
        start = train_quantised(train_float(data, hidden=(hidden,), seed=seed), data, seed=seed)
        cases.append(Case(data, seed, start, hidden, minimum))
    return cases


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("sets", nargs="*", default=list(DEFAULT_SETS), metavar="SET", help=", ".join(SETS))
    parser.add_argument("--candidates", type=int, default=300_000, help="of every search")
    parser.add_argument("--moves", type=int, default=300_000, help="edits of circuit-level approximation, per island")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--pairs", action="store_true", help="also units free to change in pairs")
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    unknown = [name for name in arguments.sets if name not in SETS]
    if unknown:
        parser.error(f"no settings for {', '.join(unknown)}; choose from {', '.join(SETS)}")
    workers = arguments.workers
    began = time.perf_counter()
    every = [cases_of(name, arguments.seeds) for name in arguments.sets]
    base = SearchOptions(candidates=arguments.candidates)
    # kernels compiled and loaded, processes started: no row shall pay for it
    tiny, _ = searched(every[0][0], Row("warm up", replace(base, candidates=1000, random_starts=2)), workers)
    approximated(every[0][0], tiny, 1000, workers)
    print(
        f"{arguments.candidates:,} candidates, {arguments.moves:,} edits, medians of {arguments.seeds} seeds; "
        f"training took {time.perf_counter() - began:.0f} s"
    )
    print(f"{'':34} " + " ".join(f"{f'{name} at {SETS[name][1]}':33} " for name in arguments.sets))
    columns = f"{'cm²':>9} {'valid.':>7} {'test':>7} {'volume':>7} "
    print(f"{'row':34} " + " ".join([columns] * len(every)) + f" {'s':>6}", flush=True)

    def alone(case: Case) -> Outcome:
        costs = estimates(case.start, TECHNOLOGY, case.data.train.features)
        return outcome(case, [Design.rated(case.start, case.data, origin="quantised", estimated=costs)], 0.0)

    show("trained network itself", [[alone(case) for case in cases] for cases in every])
    full: dict[int, tuple[list[Design], float]] = {}
    for row in rows(base, pairs=arguments.pairs):
        outcomes = []
        for cases in every:
            outcomes.append([])
            for case in cases:
                found = searched(case, row, workers)
                if row.name == FULL:
                    full[id(case)] = found
                outcomes[-1].append(outcome(case, *found))
        show(row.name, outcomes)
    with_circuits, as_long = [], []
    for cases in every:
        with_circuits.append([])
        as_long.append([])
        for case in cases:
            networks, network_seconds = full[id(case)]
            circuits, circuit_seconds = approximated(case, networks, arguments.moves, workers)
            seconds = network_seconds + circuit_seconds
            with_circuits[-1].append(outcome(case, networks + circuits, seconds))
            candidates = int(arguments.candidates * min(LONGEST, seconds / network_seconds))
            longer = searched(case, Row("as long", replace(base, candidates=candidates)), workers)
            as_long[-1].append(outcome(case, *longer))
    show("full search + circuit level", with_circuits)
    show("full search, about as long", as_long)
    print(f"{time.perf_counter() - began:.0f} s in all")


if __name__ == "__main__":
    main()
