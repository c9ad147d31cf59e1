"""Area and static power of our back end against the plain flow (dc2 and resub rounds, dch, amap) on the same Verilog.

    python benchmarks/backend.py --effort normal a.v b.v …
    python benchmarks/backend.py --runs runs/*            # chosen design and baseline of finished runs, on their data
    python benchmarks/backend.py --five-sets --out runs/five  # the literature's sets before approximation, on theirs
    python benchmarks/backend.py --large --effort fast  # forests and table networks of thousands of gates, on theirs

``--five-sets`` trains a power-of-two network on each of the literature's data sets (kept under ``--out`` if given).
Without files: networks of random weights in the literature's five topologies, power-of-two and 8-bit ones, on random
vectors. Prints one line per design and the geometric means; ``gates`` are the plain flow's and ours, ``cpu s`` is the
time of all processes, which a busy machine stretches less than the clock's. ``--only`` takes designs whose name holds a
word.
"""

from __future__ import annotations

import argparse
import math
import os
import tempfile
import time
from functools import partial
from pathlib import Path

import numpy as np
from large_designs import large_designs

from bespoke.backend.synthesis import synthesise
from bespoke.model import Network, QRelu
from bespoke.rtl import emit_verilog
from bespoke.run.config import RunConfig
from bespoke.run.exploration import train
from bespoke.run.vectors import read_input_bits
from bespoke.technology import load_technology

FIVE_SETS = ("breast_cancer_wisconsin", "cardiotocography", "redwine", "whitewine", "pendigits")

TOPOLOGIES = {
    "breast_cancer": (10, 3, 2),
    "redwine": (11, 2, 6),
    "cardiotocography": (21, 3, 3),
    "whitewine": (11, 4, 7),
    "pendigits": (16, 5, 10),
}


def random_network(topology: tuple[int, int, int], *, power_of_two: bool, seed: int) -> Network:
    """Dense weights: signed powers of two up to 32 with a sixth of them zero, or 8-bit integers."""
    rng = np.random.default_rng(seed)
    features, hidden, classes = topology

    def weights(shape: tuple[int, int]) -> np.ndarray:
        if power_of_two:
            return rng.choice([-1, 1], shape) * (1 << rng.integers(0, 6, shape)) * (rng.random(shape) < 5 / 6)
        return rng.integers(-127, 128, shape)

    unit = QRelu(3, 8) if power_of_two else QRelu(0, 14)
    return Network.from_arrays(
        input_bits=4,
        weights=[weights((hidden, features)), weights((classes, hidden))],
        biases=[rng.integers(-200, 200, hidden), rng.integers(-200, 200, classes)],
        activations=[[unit] * hidden],
    )


def five_sets(arguments: argparse.Namespace, folder: Path) -> list[tuple[str, Path, Path]]:
    """The power-of-two networks of the literature's data sets, trained with seed 1, as Verilog with their vectors."""
    found = []
    for name in FIVE_SETS:
        out = folder / name
        training = train(RunConfig(data=name, data_dir=arguments.data_dir, seed=1), out)
        path = out / "quantised.v"
        path.write_text(emit_verilog(training.models.quantised, title=f"{name}: quantised"))
        found.append((name, path, out / "vectors/train.csv"))
    return found


def designs(arguments: argparse.Namespace, folder: Path) -> list[tuple[str, Path, Path | None]]:
    """Name, Verilog and vectors of everything to measure."""
    if arguments.large:
        return large_designs(arguments.out or folder, data_dir=arguments.data_dir)
    if arguments.five_sets:
        return five_sets(arguments, arguments.out or folder)
    found = [(path.stem, path, None) for path in arguments.files]
    for run in arguments.runs:
        vectors = run / "vectors/train.csv"
        found += [(f"{run.name}/{path.parent.parent.name}", path, vectors) for path in sorted(run.rglob("rtl/top.v"))]
    if found:
        return found
    for kind in ("pow2",) if arguments.quick else ("pow2", "8bit"):
        for name, topology in TOPOLOGIES.items():
            path = folder / f"{kind}_{name}.v"
            path.write_text(emit_verilog(random_network(topology, power_of_two=kind == "pow2", seed=1)))
            found.append((path.stem, path, None))
    return found


def _cpu_seconds() -> float:
    """Of this process and all that it has waited for."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--runs", nargs="+", type=Path, default=[])
    parser.add_argument("--five-sets", action="store_true", help="the literature's data sets, trained here")
    parser.add_argument("--large", action="store_true", help="forests and table networks of 2000 to 9000 ANDs")
    parser.add_argument("--only", default="", help="a word in the names of the designs to take")
    parser.add_argument("--out", type=Path, help="folder to keep the designs of --five-sets or --large in")
    parser.add_argument("--data-dir", help="folder of the CSV files; BESPOKE_DATA by default")
    parser.add_argument("--effort", default="normal", choices=("fast", "normal", "high"))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--technology", default="egfet-1.0v")
    parser.add_argument("--quick", action="store_true", help="power-of-two networks only")
    arguments = parser.parse_args()
    technology = load_technology(arguments.technology)
    print(f"{'design':28} {'gates':>11} {'plain cm2':>10} {'ours cm2':>10} {'ratio':>6} {'plain mW':>9} {'ours mW':>9} "
          f"{'ratio':>6} {'s':>6} {'cpu s':>6}")  # fmt: skip
    ratios = []
    with tempfile.TemporaryDirectory(prefix="bespoke-bench-") as scratch:
        folder = Path(scratch)
        for name, path, vectors in designs(arguments, folder):
            if arguments.only not in name:
                continue
            started, cpu_started = time.monotonic(), _cpu_seconds()
            result = synthesise(
                [path],
                top="top",
                technology=technology,
                folder=folder / name.replace("/", "_"),
                data_bits=None if vectors is None else partial(read_input_bits, vectors),
                effort=arguments.effort,
                seed=arguments.seed,
            )
            seconds, cpu = time.monotonic() - started, _cpu_seconds() - cpu_started
            plain, final = result.plain, result.final
            area = final.area_cm2 / plain.area_cm2 if plain.area_cm2 else 1.0
            power = final.static_power_mw / plain.static_power_mw if plain.static_power_mw else 1.0
            ratios.append((area, power))
            print(f"{name:28} {plain.cells:5d} {final.cells:5d} {plain.area_cm2:10.4f} {final.area_cm2:10.4f} "
                  f"{area:6.3f} {plain.static_power_mw:9.3f} {final.static_power_mw:9.3f} {power:6.3f} "
                  f"{seconds:6.1f} {cpu:6.1f}", flush=True)  # fmt: skip
    if not ratios:
        raise SystemExit(f"no design has {arguments.only!r} in its name")
    means = [math.exp(sum(math.log(pair[side]) for pair in ratios) / len(ratios)) for side in (0, 1)]
    print(f"geometric mean of {len(ratios)}: area {means[0]:.3f}, static power {means[1]:.3f}")


if __name__ == "__main__":
    main()
