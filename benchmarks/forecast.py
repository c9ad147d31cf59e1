"""Whether the forecast of accuracy can be believed: test accuracy against forecast of blindly chosen designs.

    python benchmarks/forecast.py                                    # nine sets, five splits, two seeds
    python benchmarks/forecast.py --sets iris redwine --splits 0 1 --seeds 1 --effort fast

On every split and seed the run's default choice is made, and one at every budget of system power; each chosen design's
test accuracy is set against its forecast, and against what a `--max-loss 0.01` asked for. The splits are others than
that of record. The interval that is counted is that of the difference: the forecast's own and the test part's sampling
error together. With `--folds 0` the same is told of a plain validation part.
"""

from __future__ import annotations

import argparse
import math
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bespoke.data import PreparedData, load_dataset, prepare
from bespoke.design import Design, Request, choose, with_forecasts
from bespoke.errors import NoDesignError
from bespoke.execution import executor_of
from bespoke.run.config import Effort, RunConfig
from bespoke.run.crossfitting import cross_fit
from bespoke.run.preparation import (
    VALIDATION_FRACTION,
    front_end_of,
    procedure_of,
    technology_of,
    topology_of,
)
from bespoke.run.progress import Silent
from bespoke.run.rivals import exact_design
from bespoke.run.runfolder import RunFolder
from bespoke.statistics import Accuracy

SETS = (
    "breast_cancer_wisconsin", "cardiotocography", "pendigits", "redwine", "whitewine", "wine", "iris", "breast_cancer",
    "digits",
)  # fmt: skip
#: Budgets of system power, in mW, beside the run's default.
BUDGETS_MW = tuple(np.geomspace(0.1, 20, 10))
_Z95 = 1.96
_HEADINGS = ("runs", "default choice", "covered", "all budgets", "covered", "max loss .01")


@dataclass(frozen=True)
class Outcome:
    """A chosen design: what was forecast with its interval, and what came true."""

    forecast: float
    low: float
    high: float
    test: Accuracy

    @classmethod
    def of(cls, design: Design, data: PreparedData) -> Outcome:
        test = Accuracy.of(design.model.predict(data.test.features), data.test.classes)
        return cls(design.forecast.accuracy, design.forecast.low, design.forecast.high, test)

    @property
    def difference(self) -> float:
        """Test minus forecast."""
        return self.test.value - self.forecast

    @property
    def covered(self) -> bool:
        """Whether the difference lies within its 95 % interval."""
        half = self.high - self.forecast if self.difference > 0 else self.forecast - self.low
        sampling = self.forecast * (1 - self.forecast) / self.test.samples
        return abs(self.difference) <= math.sqrt(half**2 + _Z95**2 * sampling) + 1e-12


@dataclass(frozen=True)
class Outcomes:
    """Of one run: the default choice, those of all budgets, and what a loss of one point asked for and got."""

    chosen: Outcome
    within: tuple[Outcome, ...]
    asked: float | None
    got: float | None


def outcomes(name: str, split: int, seed: int, arguments: argparse.Namespace) -> Outcomes:
    config = RunConfig(data=name, effort=arguments.effort, seed=seed, folds=arguments.folds, workers=arguments.workers)
    fraction = VALIDATION_FRACTION if config.fold_count == 0 else None
    data = prepare(load_dataset(name), bits=config.bits, split_seed=split, validation_fraction=fraction)
    technology = technology_of(config)
    front_end = front_end_of(config, technology)
    with tempfile.TemporaryDirectory() as place:
        folder = RunFolder(Path(place))
        topology = topology_of(folder, config, data, Silent())
        procedure = procedure_of(config, data, topology.hidden, technology, front_end)
        with executor_of(workers=config.workers) as executor:
            made = cross_fit(folder, procedure, data, folds=config.fold_count, executor=executor, progress=Silent())
    designs = with_forecasts(made.developed.designs, made.crossfit, config.objective)
    designs.append(exact_design(made.developed.models.baseline, procedure.judge(data), front_end, made.crossfit))
    limits = [{"frugal": True}, *({"max_system_power_mw": budget} for budget in BUDGETS_MW)]
    found = [Outcome.of(choose(designs, Request(objective=config.objective, **limit)).design, data) for limit in limits]
    baseline = Outcome.of(designs[-1], data)
    try:
        request = Request.within(0.01, made.crossfit.baseline, objective=config.objective)
        asked, got = baseline.test.value - 0.01, Outcome.of(choose(designs, request).design, data).test.value
    except NoDesignError:
        asked, got = None, None
    return Outcomes(found[0], tuple(found[1:]), asked, got)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="+", default=list(SETS))
    parser.add_argument("--splits", nargs="+", type=int, default=[0, 1, 2, 3, 4], help="random states of the test cut")
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--effort", type=Effort, default=Effort.NORMAL)
    parser.add_argument("--folds", type=int, help="the effort's by default; 0 for a validation part")
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    print("test minus forecast, mean ± spread over runs; share of runs within the 95 % interval; one point below the")
    print("exact baseline: test accuracy minus what that asks for on the test part")
    headings = "".join(f"{word:>{width}}" for word, width in zip(_HEADINGS, (6, 18, 9, 18, 9, 14), strict=True))
    print(f"{'set':26}{headings}")
    every: list[Outcomes] = []
    for name in arguments.sets:
        found = [outcomes(name, split, seed, arguments) for split in arguments.splits for seed in arguments.seeds]
        print(_row(name, found), flush=True)
        every += found
    print(_row("all", every))


def _row(name: str, found: list[Outcomes]) -> str:
    chosen = [one.chosen for one in found]
    within = [outcome for one in found for outcome in one.within]
    margins = [one.got - one.asked for one in found if one.got is not None]
    asked = f"{np.mean(margins):+.4f}" if margins else "–"
    return f"{name:26}{len(found):6}{_told(chosen)}{_told(within)}{asked:>14}"


def _told(parts: list[Outcome]) -> str:
    differences = [outcome.difference for outcome in parts]
    covered = np.mean([outcome.covered for outcome in parts])
    return f"{np.mean(differences):+10.4f} ±{np.std(differences):.4f}{100 * covered:7.0f} %"


if __name__ == "__main__":
    main()
