"""What circuit-level approximation reaches on the literature's five data sets, on the split of record.

    python benchmarks/circuit_approximation.py [--sets redwine,cardiotocography] [--moves 1000000] [--seeds 1]

Per set: the start (a power-of-two network trained on the spot), then the front that `approximate` finds from it, and
the one that `evolve_small` grows from nothing. Areas are the search's estimates. The row marked * is the cheapest whose
training and validation accuracy both reach the level fixed beforehand in `SETS`; test accuracies are only printed.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

from bespoke.data import PreparedData, load_dataset, prepare
from bespoke.execution import Executor, executor_of
from bespoke.model import LogicCircuit
from bespoke.search import Found, circuit_of, estimate_area
from bespoke.search.circuit import (
    ApproximationData,
    ApproximationOptions,
    approximate,
    evolve_small,
)
from bespoke.sensing import BinaryWires
from bespoke.technology.registry import load_technology
from bespoke.train import QuantisationOptions, train_float, train_quantised

#: Hidden neurons as usual in the literature, and the accuracy that the marked row must reach.
SETS = {
    "breast_cancer_wisconsin": (3, 0.95),
    "cardiotocography": (3, 0.88),
    "redwine": (2, 0.57),
    "whitewine": (4, 0.515),
    "pendigits": (5, 0.90),
}
ROWS = 12


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", default=",".join(SETS), help="comma-separated names")
    parser.add_argument("--moves", type=int, default=1_000_000, help="edits per island")
    parser.add_argument("--seeds", type=int, default=1, help="seeds 0, 1, ... of training and search")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    with executor_of(workers=options.workers) as executor:
        for name in options.sets.split(","):
            data = prepare(load_dataset(_source(name)), validation_fraction=0.25)
            for seed in range(options.seeds):
                _compare(name, data, options, seed, executor)


def _source(name: str) -> str:
    shared = Path(__file__).resolve().parent.parent.parent / "shared" / "datasets" / f"{name}.csv"
    return str(shared) if shared.is_file() else name


def _compare(name: str, data: PreparedData, options: argparse.Namespace, seed: int, executor: Executor) -> None:
    technology = load_technology()
    hidden, level = SETS[name]
    settings = ApproximationOptions(moves=options.moves)
    samples = ApproximationData(data.train.features, data.train.classes)
    model = train_float(data, hidden=(hidden,), seed=seed)
    network = train_quantised(model, data, seed=seed, options=QuantisationOptions(epochs=60, starts=2))
    start = circuit_of(network)
    print(f"\n{name}, seed {seed}: start of {len(start.fanins)} ANDs")
    _row("start", start, estimate_area(start, technology), data)
    common = dict(technology=technology, seed=seed, executor=executor)
    began = time.perf_counter()
    front = approximate(start, samples, settings, **common)
    _report("approximate", front, data, level, settings, time.perf_counter() - began)
    began = time.perf_counter()
    front = evolve_small(samples, settings, wires=BinaryWires(data.features, data.bits), classes=data.classes, **common)
    _report("evolve_small", front, data, level, settings, time.perf_counter() - began)


def _report(
    what: str,
    front: tuple[Found, ...],
    data: PreparedData,
    level: float,
    settings: ApproximationOptions,
    seconds: float,
) -> None:
    speed = settings.moves * settings.islands / seconds
    print(f"{what}: {len(front)} circuits in {seconds:.0f} s, {speed:.0f} moves/s over all workers")
    print("    cm² (est.)  mW (est.)   ANDs   train  held back  validation   test")
    chosen = next(
        (i for i, m in enumerate(front) if min(_accuracies(m.classifier, data)[:2]) >= level),
        None,
    )
    rows = set(np.linspace(0, len(front) - 1, ROWS).round().astype(int).tolist()) | {chosen}
    for index, member in enumerate(front):
        if index in rows:
            train, validation, test = _accuracies(member.classifier, data)
            print(
                f"  {'*' if index == chosen else ' '} {member.estimated.area_cm2:10.4f} "
                f"{member.estimated.static_power_mw:10.4f} {len(member.classifier.fanins):6d}  {train:.4f}     "
                f"{member.held_back.value:.4f}      {validation:.4f} {test:.4f}"
            )
    if chosen is None:
        print(f"    no circuit reaches {level} on training and validation data")


def _row(what: str, circuit: LogicCircuit, area: float, data: PreparedData) -> None:
    train, validation, test = _accuracies(circuit, data)
    print(f"{what}: {area:.4f} cm² (est.), train {train:.4f}, validation {validation:.4f}, test {test:.4f}")


def _accuracies(circuit: LogicCircuit, data: PreparedData) -> tuple[float, float, float]:
    parts = (data.train, data.validation, data.test)
    return tuple(float((circuit.predict(part.features) == part.classes).mean()) for part in parts)


if __name__ == "__main__":
    main()
