"""Speed of both searches behind comparators, as ratios to binary inputs in the same run.

    python benchmarks/front_end_speed.py

Edits a second of the gate-level search from the same decision trees, and candidates a second of the genetic search from
random networks: over binary inputs with the classifier's area as the price (as it was before front ends were priced),
over binary inputs with the system's power, over thermometer wires with the system's power. Processor time of one core;
the three take turns, so that a machine's drift meets all of them. Medians of the turns.
"""

from __future__ import annotations

import argparse
import statistics
import time

from bespoke.costs import Objective
from bespoke.data import PreparedData, load_dataset, prepare
from bespoke.search import SearchData, SearchOptions, explore
from bespoke.search.circuit import ApproximationData, ApproximationOptions
from bespoke.search.circuit.approximation import search_wires
from bespoke.search.circuit.island import IslandJob, Traced, run_island
from bespoke.search.cost_model import charge_of, cost_model
from bespoke.sensing import FrontEndKind, priced_front_end
from bespoke.technology import load_technology
from bespoke.train.trees import grow_trees, tree_circuit

SETTINGS = {
    "binary, area": (FrontEndKind.BINARY, Objective.AREA),
    "binary, system-power": (FrontEndKind.BINARY, Objective.SYSTEM_POWER),
    "thermometer, system-power": (FrontEndKind.THERMOMETER, Objective.SYSTEM_POWER),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", default=["breast_cancer"], help="data sets")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--moves", type=int, default=40_000, help="edits of the gate-level search a turn")
    parser.add_argument("--candidates", type=int, default=60_000, help="of the genetic search a turn")
    parser.add_argument("--data-dir", help="folder of the CSV files; BESPOKE_DATA by default")
    arguments = parser.parse_args()
    print("| set | setting | edits/s | ratio | candidates/s | ratio |\n| --- | --- | --- | --- | --- | --- |")
    for name in arguments.sets:
        data = prepare(load_dataset(name, data_dir=arguments.data_dir), split_seed=0)
        edits = {setting: [] for setting in SETTINGS}
        candidates = {setting: [] for setting in SETTINGS}
        for turn in range(arguments.turns + 1):  # the first loads the kernels
            for setting, (kind, objective) in SETTINGS.items():
                rates = _edits(data, kind, objective, arguments.moves), _candidates(data, kind, objective, arguments)
                if turn:
                    edits[setting].append(rates[0])
                    candidates[setting].append(rates[1])
        first = next(iter(SETTINGS))
        for setting in SETTINGS:
            one, other = statistics.median(edits[setting]), statistics.median(candidates[setting])
            print(
                f"| {name} | {setting} | {one:.0f} | {one / statistics.median(edits[first]):.2f} | {other:.0f} "
                f"| {other / statistics.median(candidates[first]):.2f} |",
                flush=True,
            )


def _edits(data: PreparedData, kind: FrontEndKind, objective: Objective, moves: int) -> float:
    technology = load_technology("egfet-1.0v")
    trees = grow_trees(data.train.features, data.train.classes, leaves=(4, 16, 64))
    starts = tuple(tree_circuit(tree, classes=data.classes, bits=data.bits, kind=kind) for tree in trees)
    samples = ApproximationData(data.train.features, data.train.classes)
    wires = search_wires(starts, samples)
    model = cost_model(technology, objective, wires, priced_front_end(technology, kind))
    job = IslandJob(
        starts=tuple(Traced(start.over(wires), number) for number, start in enumerate(starts)),
        members=(),
        data=samples,
        options=ApproximationOptions(objective=objective),
        model=model,
        rates=(0.003 / model.unit, 0.0005 / model.unit),
        moves=moves,
        largest=1.1 * max(charge_of(start.over(wires), model) for start in starts),
        noise=1,
        seed=2,
    )
    started = time.process_time()
    run_island(job)
    return moves / (time.process_time() - started)


def _candidates(data: PreparedData, kind: FrontEndKind, objective: Objective, arguments) -> float:
    technology = load_technology("egfet-1.0v")
    front = explore(
        SearchData(data.train.features, data.train.classes, data.bits, data.classes),
        [],
        SearchOptions(candidates=arguments.candidates, hidden=(3,), islands=1, epochs=2, objective=objective, seed=1),
        technology=technology,
        front_end=priced_front_end(technology, kind),
    )
    return front.statistics.evaluated / front.statistics.search_seconds


if __name__ == "__main__":
    main()
