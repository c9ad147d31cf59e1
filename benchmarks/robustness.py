"""What prints are worth: area against yield at equal accuracy, and the search that counts prints' errors.

    python benchmarks/robustness.py                                          # five sets, effort fast
    python benchmarks/robustness.py redwine --effort normal --out runs/more

On a stratified split other than the split of record, so that nothing is tuned on that. The first table takes designs of
about equal accuracy from the smallest circuit to the exact baseline: at each kind (circuit, network, trained network,
baseline) the one of least area that is forecast within `SLACK` of the exact baseline, or else the best. The second sets
two searches side by side, one that counts errors as designed and one that counts those of prints at `AWARE_YIELD`: each
is asked for the best forecast within a budget of system power. Between them stands the choice of the second among the
designs of the first. All designs are mapped by the same flow, and prints of the netlists are judged on the test part,
which neither search nor choice has seen. What is finished is read back.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from bespoke.backend.mapping import Backend, map_design
from bespoke.costs import Objective
from bespoke.data import load_dataset, prepare
from bespoke.design import Design, Request, choose, with_forecasts
from bespoke.eda.tools import Backend as Tool
from bespoke.errors import NoDesignError
from bespoke.execution import executor_of
from bespoke.files import write_json
from bespoke.model import IntegerClassifier, Network, input_wires
from bespoke.robustness import DEFAULT_DEVICE_YIELDS, GOOD_LOSS, printed_yield, single_stuck_at
from bespoke.run.config import Effort, RunConfig
from bespoke.run.crossfitting import CrossFitted, cross_fit
from bespoke.run.design import emit
from bespoke.run.judging import baseline_front_end
from bespoke.run.modelfile import ModelFile
from bespoke.run.preparation import data_digest, front_end_of, procedure_of, topology_of
from bespoke.run.printable import Printable
from bespoke.run.procedure import Procedure
from bespoke.run.progress import Silent
from bespoke.run.runfolder import RunFolder
from bespoke.sensing import FrontEnd, port_bits
from bespoke.technology import load_technology

SETS = ("breast_cancer_wisconsin", "cardiotocography", "redwine", "whitewine", "pendigits")
#: Device yield that the second search counts errors at.
AWARE_YIELD = 0.99
#: Budgets of system power in mW: from a printed harvester to a few batteries' hundredths.
BUDGETS_MW = (0.1, 0.2, 0.5, 1.0, 2.0)
#: Forecast accuracy that a smaller design of the first table may lack.
SLACK = 0.02


@dataclass(frozen=True)
class Printed:
    """A mapped design and its prints on the test part; yields in the order of `DEFAULT_DEVICE_YIELDS`."""

    title: str
    area_cm2: float
    system_power_mw: float
    gates: int
    devices: float
    accuracy: float
    mean_stuck_at: float
    expected: tuple[float, ...]
    good: tuple[float, ...]

    @property
    def at_aware_yield(self) -> float:
        return self.expected[DEFAULT_DEVICE_YIELDS.index(AWARE_YIELD)]


class Bench:
    """One set: its searches, and the mapping of what is chosen."""

    def __init__(self, name: str, arguments: argparse.Namespace):
        self.name, self.arguments = name, arguments
        self.folder = arguments.out / f"{name}-{arguments.split}"
        self.data = prepare(load_dataset(name, data_dir=arguments.data_dir), split_seed=arguments.split)
        self.config = RunConfig(data=name, effort=arguments.effort, workers=arguments.workers, seed=arguments.seed)
        self.technology = load_technology(self.config.technology)
        self.front_end = front_end_of(self.config, self.technology)

    def searched(self, objective: Objective) -> tuple[Procedure, CrossFitted]:
        """The procedure and what it made, read back where it is finished."""
        config = replace(self.config, objective=objective, device_yield=AWARE_YIELD)
        with_folder = RunFolder(self.folder / str(objective))
        with_folder.open(config, data_digest=data_digest(self.data))
        topology = topology_of(with_folder, config, self.data, Silent())
        procedure = procedure_of(config, self.data, topology.hidden, self.technology, self.front_end)
        with executor_of(workers=config.workers) as executor:
            made = cross_fit(
                with_folder, procedure, self.data, folds=config.fold_count, executor=executor, progress=Silent()
            )
        with_folder.close()
        return procedure, made

    def printed(self, title: str, model: IntegerClassifier, front_end: FrontEnd, place: str) -> Printed:
        """A design mapped and printed."""
        folder = self.folder / "mapped" / place
        done = folder / "printed.json"
        if not done.is_file():
            write_json(done, asdict(self._printed(title, model, front_end, folder)))
        found = json.loads(done.read_text(encoding="utf-8"))
        return Printed(**{**found, "expected": tuple(found["expected"]), "good": tuple(found["good"])})

    def _printed(self, title: str, model: IntegerClassifier, front_end: FrontEnd, folder: Path) -> Printed:
        data, wires = self.data, input_wires(model, front_end.kind)
        backend = Backend(
            technology=self.technology,
            effort=str(Effort.FAST),
            yosys=str(Tool.PYOSYS),
            clock_ms=self.technology.clock_ms,
            seed=0,
            front_end=front_end,
            objective=Objective.SYSTEM_POWER,
        )
        source = emit(model, data, folder, title=f"{data.name}: {title}", wires=wires)
        bits = port_bits(wires, data.train.features)
        with executor_of(workers=self.arguments.workers) as executor:
            logs = folder / "logs"
            netlist = map_design(source, model, wires, bits, folder=logs, backend=backend, executor=executor).netlist
        costs = backend.costs(netlist, wires, port_bits(wires, data.test.features))
        subject = Printable.of_model(
            netlist,
            ModelFile.of(model, data, front_end=front_end.kind),
            data.test,
            front_end=front_end,
            technology=self.technology,
            design=title,
            samples_of="the test part",
        ).subject
        faults = single_stuck_at(subject)
        floor = max(0.0, faults.intact.value - GOOD_LOSS)
        points = printed_yield(subject, device_yields=DEFAULT_DEVICE_YIELDS, floor=floor, seed=0)
        return Printed(
            title,
            costs.area_cm2,
            costs.system_power_mw,
            netlist.gates,
            float(subject.devices_of_gates.sum() + subject.devices_of_inputs.sum()),
            faults.intact.value,
            faults.mean_accuracy,
            tuple(point.expected_accuracy for point in points),
            tuple(point.good_prints for point in points),
        )

    def within(self, designs: Sequence[Design], budget: float) -> Design | None:
        """The best forecast within a budget of system power, by estimates."""
        request = Request(max_system_power_mw=budget, objective=Objective.SYSTEM_POWER)
        try:
            return choose(designs, request).design
        except NoDesignError:
            return None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", help="some of the five; all by default")
    parser.add_argument("--out", type=Path, default=Path("runs/robustness"), help="folder of the searches")
    parser.add_argument("--split", type=int, default=0, help="random_state of the split; the split of record has 42")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--effort", default="fast", choices=[str(effort) for effort in Effort])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--data-dir", help="folder of the CSV files; BESPOKE_DATA by default")
    arguments = parser.parse_args()
    gains: dict[float, list[float]] = {budget: [] for budget in BUDGETS_MW}
    choice_alone: dict[float, list[float]] = {budget: [] for budget in BUDGETS_MW}
    for name in arguments.sets or SETS:
        started = time.monotonic()
        bench = Bench(name, arguments)
        _, blind = bench.searched(Objective.SYSTEM_POWER)
        procedure, aware = bench.searched(Objective.PRINTED_ACCURACY)
        print(f"\n{name}, split {arguments.split}", flush=True)
        _area_is_yield(bench, blind)
        _side_by_side(bench, blind, aware, procedure, gains, choice_alone)
        print(f"({time.monotonic() - started:.0f} s)", flush=True)
    _summary(gains, choice_alone)


def _area_is_yield(bench: Bench, made: CrossFitted) -> None:
    """Designs of about equal accuracy, from the smallest circuit to the exact baseline."""
    designs = with_forecasts(made.developed.designs, made.crossfit, Objective.SYSTEM_POWER)
    least = made.crossfit.baseline.accuracy - SLACK
    circuits = _smallest([one for one in designs if not isinstance(one.model, Network)], least)
    networks = _smallest([one for one in made.developed.designs if isinstance(one.model, Network)], least)
    conventional = baseline_front_end(bench.technology, bench.front_end)
    rows = []
    if circuits is not None:
        rows.append(bench.printed("circuit", circuits.model, bench.front_end, "circuit"))
    if networks is not None:
        rows.append(bench.printed("network", networks.model, bench.front_end, "network"))
    rows.append(bench.printed("trained network", made.developed.models.quantised, bench.front_end, "quantised"))
    rows.append(bench.printed("exact baseline", made.developed.models.baseline, conventional, "baseline"))
    shares = "".join(f"{f'{share:g}':>8}" for share in DEFAULT_DEVICE_YIELDS)
    print(
        f"{'':16}{'area':>9}{'devices':>9}{'intact':>8}{'1 stuck':>8}  expected at yield{'':13}  good prints at yield"
    )
    print(f"{'':16}{'cm²':>9}{'':>9}{'':>8}{'mean':>8}{shares}{shares}")
    for row in rows:
        figures = "".join(f"{value:8.3f}" for value in (*row.expected, *row.good))
        print(
            f"{row.title:16}{row.area_cm2:9.4f}{row.devices:9.0f}{row.accuracy:8.3f}{row.mean_stuck_at:8.3f}{figures}"
        )


def _smallest(designs: Sequence[Design], least: float) -> Design | None:
    """The smallest that is accurate enough, by forecast where there is one; else the most accurate."""
    fitting = [one for one in designs if one.expected_score >= least]
    if fitting:
        return min(fitting, key=lambda one: one.estimated.area_cm2)
    return max(designs, key=lambda one: one.expected_score, default=None)


def _side_by_side(
    bench: Bench,
    blind: CrossFitted,
    aware: CrossFitted,
    procedure: Procedure,
    gains: dict[float, list[float]],
    choice_alone: dict[float, list[float]],
) -> None:
    """Both searches within the same budgets of system power."""
    axis = Objective.SYSTEM_POWER
    judge = procedure.judge(bench.data)
    blind_designs = with_forecasts(blind.developed.designs, blind.crossfit, axis)
    aware_designs = with_forecasts(aware.developed.designs, aware.crossfit, axis)
    # the blind search's designs, as the other would choose among them: by what their prints answer on its samples
    rechosen = [judge.rated(one.model, origin=one.origin, estimated=one.estimated) for one in blind.developed.designs]
    print(f"expected accuracy at device yield {AWARE_YIELD:g}, each the best forecast within the power")
    print(
        f"{'mW':>6}{'blind':>10}{'(intact)':>10}{'mW':>8}{'rechosen':>10}{'aware':>10}{'(intact)':>10}{'mW':>8}{'gain':>8}"
    )
    for budget in BUDGETS_MW:
        chosen = [bench.within(designs, budget) for designs in (blind_designs, rechosen, aware_designs)]
        if any(one is None for one in chosen):
            print(f"{budget:6g}  nothing is so frugal")
            continue
        first, second, third = (
            bench.printed(kind, one.model, bench.front_end, f"{kind}-{budget:g}")
            for kind, one in zip(("blind", "rechosen", "aware"), chosen, strict=True)
        )
        gains[budget].append(100 * (third.at_aware_yield - first.at_aware_yield))
        choice_alone[budget].append(100 * (second.at_aware_yield - first.at_aware_yield))
        print(
            f"{budget:6g}{first.at_aware_yield:10.3f}{first.accuracy:10.3f}{first.system_power_mw:8.3f}"
            f"{second.at_aware_yield:10.3f}{third.at_aware_yield:10.3f}{third.accuracy:10.3f}"
            f"{third.system_power_mw:8.3f}{gains[budget][-1]:+8.1f}",
            flush=True,
        )


def _summary(gains: dict[float, list[float]], choice_alone: dict[float, list[float]]) -> None:
    print("\ngain in expected accuracy of prints, points, mean over the sets")
    for budget in BUDGETS_MW:
        if gains[budget]:
            print(
                f"within {budget:g} mW: {statistics.mean(gains[budget]):+.1f}, of which by choice alone "
                f"{statistics.mean(choice_alone[budget]):+.1f} ({len(gains[budget])} sets)"
            )
    every = [value for values in gains.values() for value in values]
    alone = [value for values in choice_alone.values() for value in values]
    if every:
        print(f"all budgets: {statistics.mean(every):+.1f}, of which by choice alone {statistics.mean(alone):+.1f}")


if __name__ == "__main__":
    main()
