"""What each part of the procedure is worth: test accuracy of blindly chosen designs, one thing changed a row.

    python benchmarks/ablation.py --sets redwine cardiotocography --splits 0 1 --effort fast

A figure is the mean test accuracy over ten budgets of system power (see `upper_end.py`, on splits other than that of
record), the design of every budget chosen by the forecast. Rows leave out one kind of start each; take networks alone,
with and without NSGA-II's population; do without noisy copies; and judge on a validation part instead of folds, with
the work of all folds spent on the one search.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from upper_end import SETS, SETTINGS, our_points

from bespoke.data import load_dataset, prepare
from bespoke.execution import Serial
from bespoke.run import procedure as procedures
from bespoke.run.config import Effort, RunConfig, Start
from bespoke.run.crossfitting import cross_fit
from bespoke.run.preparation import VALIDATION_FRACTION, front_end_of, procedure_of, technology_of, topology_of
from bespoke.run.procedure import Procedure
from bespoke.run.progress import Silent
from bespoke.run.runfolder import RunFolder
from bespoke.search import SearchOptions
from bespoke.search.circuit import ApproximationOptions

#: System power behind comparators.
SETTING = SETTINGS[1]


@dataclass(frozen=True)
class Row:
    """A change of the procedure.

    Parameters
    ----------
    change : of the procedure itself.
    noisy : whether the gate-level search sees noisy copies.
    population : whether the genetic search has NSGA-II's population beside its elites.
    folds : whether folds judge; a validation part otherwise, with the folds' work spent on the one search.
    """

    title: str
    change: Callable[[Procedure], Procedure] = lambda procedure: procedure
    noisy: bool = True
    population: bool = True
    folds: bool = True


def _starting_from(*starts: Start) -> Callable[[Procedure], Procedure]:
    return lambda procedure: replace(procedure, starts=starts)


ROWS = (
    Row("all starts"),
    *(Row(f"without {out}", _starting_from(*(start for start in Start if start is not out))) for out in Start),
    Row("networks alone", _starting_from(Start.NETWORK)),
    Row("networks alone, no NSGA-II", _starting_from(Start.NETWORK), population=False),
    Row("no noisy copies", noisy=False),
    Row("validation part, same work", folds=False),
)


def accuracy(row: Row, name: str, split: int, arguments: argparse.Namespace) -> float:
    """Mean test accuracy over the budgets."""
    config = RunConfig(
        data=name, effort=arguments.effort, seed=1, objective=SETTING.objective, folds=None if row.folds else 0
    )
    data = prepare(load_dataset(name), split_seed=split, validation_fraction=None if row.folds else VALIDATION_FRACTION)
    technology = technology_of(config)
    with tempfile.TemporaryDirectory() as place:
        folder = RunFolder(Path(place))
        topology = topology_of(folder, config, data, Silent())
        procedure = procedure_of(config, data, topology.hidden, technology, front_end_of(config, technology))
        procedure = row.change(procedure)
        if not row.folds:
            times = 1 + replace(config, folds=None).fold_count
            budget = procedure.budget
            more = replace(budget, candidates=times * budget.candidates, moves=times * budget.moves)
            procedure = replace(procedure, budget=more)
        # one worker: the options below are this process's own
        with Serial() as executor:
            made = cross_fit(folder, procedure, data, folds=config.fold_count, executor=executor, progress=Silent())
    return float(np.mean([point.accuracy for point in our_points(data, made, SETTING)]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="+", default=list(SETS))
    parser.add_argument("--splits", nargs="+", type=int, default=[0, 1, 2, 3, 4], help="random states of the test cut")
    parser.add_argument("--effort", type=Effort, default=Effort.FAST)
    arguments = parser.parse_args()
    print(f"{'':30}" + "".join(f"{name[:16]:>18}" for name in arguments.sets))
    for row in ROWS:
        procedures.ApproximationOptions = ApproximationOptions
        procedures.SearchOptions = SearchOptions
        if not row.noisy:
            procedures.ApproximationOptions = partial(ApproximationOptions, noisy_copies=0)
        if not row.population:
            procedures.SearchOptions = partial(SearchOptions, population=0)
        means = [
            np.mean([accuracy(row, name, split, arguments) for split in arguments.splits]) for name in arguments.sets
        ]
        print(f"{row.title:30}" + "".join(f"{mean:18.4f}" for mean in means), flush=True)


if __name__ == "__main__":
    main()
