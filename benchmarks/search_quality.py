"""What the search finds per data set: hypervolume of the front, and one design chosen without the test part.

Per set and seed: trained and random starts, a search of a fixed number of candidates, then the cheapest design whose
training and validation accuracy both reach a minimum that is fixed beforehand (`MINIMUM`). Test accuracy is computed
for the report alone. The last lines of a set say how far validation and training accuracy predict test accuracy along
the front. Neither circuit-level approximation nor the choice among mapped designs is part of this; `bespoke run` adds
both.

    python benchmarks/search_quality.py [SET ...] [--seeds 3] [--scale 1.0] [--no-map]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr

from bespoke.data import PreparedData, load_dataset, prepare
from bespoke.design import Design, Request, choose
from bespoke.errors import NoDesignError
from bespoke.model import Network
from bespoke.pipeline.proposals import rated
from bespoke.pipeline.synthesis import synthesise
from bespoke.rtl import emit_verilog
from bespoke.search import SearchData, SearchOptions, circuit_of, explore, hypervolume
from bespoke.sensing import feature_bits
from bespoke.technology import load_technology
from bespoke.train import train_float, train_quantised

TECHNOLOGY = load_technology()


@dataclass(frozen=True)
class Setting:
    """Hidden neurons, candidates in all, and the accuracy asked for on training and validation samples."""

    hidden: int
    candidates: int
    minimum: float


SETTINGS = {
    "breast_cancer_wisconsin": Setting(3, 4_000_000, 0.955),
    "cardiotocography": Setting(3, 8_000_000, 0.9),
    "redwine": Setting(2, 6_000_000, 0.58),
    "whitewine": Setting(4, 6_000_000, 0.52),
    "pendigits": Setting(5, 10_000_000, 0.905),
}


def right_share(network, part) -> float:
    return float((network.predict(part.features) == part.classes).mean())


def mapped_area(network: Network, data: PreparedData) -> float:
    """Area in cm² by the project's flow."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "top.v"
        source.write_text(emit_verilog(network, title="benchmark"), encoding="utf-8")
        result = synthesise(
            [source],
            top="top",
            technology=TECHNOLOGY,
            folder=Path(folder),
            data_bits=feature_bits(data.train.features, data.bits),
            effort="fast",
            start_circuits=[circuit_of(network)],
        )
    return result.final.area_cm2


def chosen_design(designs: Sequence[Design], minimum: float) -> Design | None:
    """The cheapest design, by estimate, whose trusted accuracy reaches the minimum."""
    try:
        return choose(designs, Request.at_least(minimum)).design
    except NoDesignError:
        return None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("sets", nargs="*", default=list(SETTINGS), metavar="SET")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--scale", type=float, default=1.0, help="share of the candidates")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--no-map", action="store_true", help="leave mapping out")
    arguments = parser.parse_args()
    for name in arguments.sets:
        setting = SETTINGS[name]
        data = prepare(load_dataset(name))
        search_data = SearchData(
            data.train.features,
            data.train.classes,
            data.bits,
            data.classes,
            data.validation.features,
            data.validation.classes,
        )
        majority = np.bincount(data.train.classes).max() / data.train.samples
        print(f"{name}: hidden {setting.hidden}, asked for a trusted accuracy of {setting.minimum}")
        outcomes, points = [], []
        for seed in range(1, arguments.seeds + 1):
            started = time.perf_counter()
            model = train_float(data, hidden=(setting.hidden,), seed=seed)
            start = train_quantised(model, data, seed=seed)
            trained = time.perf_counter() - started
            options = SearchOptions(candidates=int(setting.candidates * arguments.scale), seed=seed)
            front = explore(search_data, [start], options, technology=TECHNOLOGY, workers=arguments.workers)
            pairs = [(found.estimated.area_cm2, found.train.value) for found in front.candidates]
            print(
                f"  seed {seed}: training {trained:.0f} s, search {front.statistics.seconds:.0f} s, "
                f"{front.statistics.candidates_per_second:,.0f} candidates/s of processor time, {len(front.pareto)} on "
                f"the front, hypervolume {hypervolume(pairs, reference_accuracy=majority):.4f}"
            )
            for design in (rated(found, data) for found in front.pareto):
                test = right_share(design.model, data.test)
                points.append((design.train.value, design.validation.value, design.trusted_accuracy, test))
            design = chosen_design([rated(found, data) for found in front.candidates], setting.minimum)
            if design is None:
                print("    no design reaches the minimum")
                continue
            test = right_share(design.model, data.test)
            area = float("nan") if arguments.no_map else mapped_area(design.model, data)
            outcomes.append((test, area, design.estimated.area_cm2))
            print(
                f"    chosen: train {design.train.value:.4f}, validation {design.validation.value:.4f}, "
                f"test {test:.4f}; estimated {design.estimated.area_cm2:.4f} cm², mapped {area:.4f} cm²",
                flush=True,
            )
        if outcomes:
            test, area, estimate = np.median(np.array(outcomes), axis=0)
            print(f"  median: test {test:.4f}, mapped {area:.4f} cm², estimated {estimate:.4f} cm²")
        train, validation, trusted, test = np.array(points).T
        predictors = {"training": train, "validation": validation, "trusted": trusted}
        for label, predictor in predictors.items():
            rank, gap = spearmanr(predictor, test).statistic, test - predictor
            print(
                f"  {label} accuracy against test over {len(test)} front designs: rank correlation {rank:.2f}, "
                f"test - predictor {gap.mean():+.4f} on average, standard deviation {gap.std():.4f}"
            )


if __name__ == "__main__":
    main()
