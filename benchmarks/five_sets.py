"""The whole job on the literature's five data sets, a row a run.

    python benchmarks/five_sets.py --system --out runs/systems        # sensor systems: comparators, logic, source
    python benchmarks/five_sets.py --out runs/five                    # the literature's setting, one point of loss
    python benchmarks/five_sets.py --out runs/asked --asked --seeds 3 # the same, cheapest design of a preset accuracy

The literature's setting is binary inputs and the classifier's area alone. Runs that are finished are read back, stopped
ones go on. ``--asked`` asks for ASKED, forecast accuracies. A choice sees nothing of the test part, but these presets
were set after test accuracies of other settings on the same split had been seen, so they are no blind choice.
"""

from __future__ import annotations

import argparse
import statistics
from pathlib import Path

from bespoke.costs import Objective
from bespoke.run.config import Effort, RunConfig
from bespoke.run.job import run
from bespoke.run.metrics import DesignMetrics, RunMetrics
from bespoke.sensing import FrontEndKind

ASKED = {
    "breast_cancer_wisconsin": 0.955,
    "cardiotocography": 0.91,
    "redwine": 0.58,
    "whitewine": 0.53,
    "pendigits": 0.91,
}
#: Accuracy that may be lost against the exact baseline, by forecast.
LOSS = 0.01
_HEADER = (
    "| set | seed | baseline accuracy | accuracy | baseline cm² | cm² | ratio | baseline mW | mW | ratio | search s "
    "| circuits s | hypervolume | baseline to plain flow | to plain flow |\n"
    "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
)


_SYSTEM_COLUMNS = (
    "set", "seed", "forecast", "test accuracy", "comparators", "system mW", "system cm²", "source",
    "baseline: test accuracy", "mW", "ratio", "tree: test accuracy", "mW", "seconds",
)  # fmt: skip
_SYSTEM_HEADER = "\n".join(f"| {' | '.join(cells)} |" for cells in (_SYSTEM_COLUMNS, ["---"] * len(_SYSTEM_COLUMNS)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", help="some of the five; all by default")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run folders")
    parser.add_argument("--system", action="store_true", help="behind comparators, for the system's power")
    parser.add_argument("--asked", action="store_true", help="ask for the preset accuracies")
    parser.add_argument("--seeds", type=int, default=1, help="runs per set, seeds 1, 2, ...")
    parser.add_argument("--effort", default="normal", choices=[str(effort) for effort in Effort])
    parser.add_argument("--data-dir", help="folder of the CSV files; BESPOKE_DATA by default")
    arguments = parser.parse_args()
    print(_SYSTEM_HEADER if arguments.system else _HEADER, flush=True)
    setting = {} if arguments.system else {"front_end": FrontEndKind.BINARY, "objective": Objective.AREA}
    for name in arguments.sets or ASKED:
        rows = []
        for seed in range(1, arguments.seeds + 1):
            config = RunConfig(
                data=name,
                data_dir=arguments.data_dir,
                seed=seed,
                effort=Effort(arguments.effort),
                min_accuracy=ASKED[name] if arguments.asked else None,
                max_loss=None if arguments.asked else LOSS,
                **setting,
            )
            metrics = run(config, arguments.out / (name if arguments.seeds == 1 else f"{name}_{seed}"))
            rows.append(metrics)
            print((_system_row if arguments.system else _row)(metrics, str(seed)), flush=True)
        if len(rows) > 1 and not arguments.system:
            accuracy = statistics.median(metrics.chosen.accuracy.test.value for metrics in rows)
            area = statistics.median(metrics.chosen.area_cm2 for metrics in rows)
            seconds = statistics.median(metrics.search.seconds + metrics.search.circuit_seconds for metrics in rows)
            print(
                f"| {name} | median | | {accuracy:.3f} | | {area:.4g} | | | | | {seconds:.0f} together | | | | |",
                flush=True,
            )


def _row(metrics: RunMetrics, seed: str) -> str:
    chosen, baseline, ratios = metrics.chosen, metrics.baseline, metrics.ratios
    test = chosen.accuracy.test
    return (
        f"| {metrics.data.name} | {seed} | {baseline.accuracy.test.value:.3f} "
        f"| {test.value:.3f} ({test.low:.3f} to {test.high:.3f}) "
        f"| {baseline.area_cm2:.3g} | {chosen.area_cm2:.3g} | {_times(ratios.area)} "
        f"| {baseline.static_power_mw:.3g} | {chosen.static_power_mw:.3g} | {_times(ratios.static_power)} "
        f"| {metrics.search.seconds:.0f} | {metrics.search.circuit_seconds:.0f} | {metrics.search.hypervolume:.3f} "
        f"| {_to_plain(baseline)} | {_to_plain(chosen)} |"
    )


def _system_row(metrics: RunMetrics, seed: str) -> str:
    chosen, baseline, rival = metrics.chosen, metrics.baseline, metrics.rival
    test = chosen.accuracy.test
    tree = "| – | –" if rival is None else f"| {rival.accuracy.test.value:.3f} | {rival.estimated_system_power_mw:.3g}"
    return (
        f"| {metrics.data.name} | {seed} | {chosen.forecast_accuracy:.3f} | {test.value:.3f} "
        f"({test.low:.3f} to {test.high:.3f}) | {chosen.comparators} "
        f"| {chosen.estimated_system_power_mw:.3g} | {chosen.estimated_system_area_cm2:.3g} "
        f"| {chosen.power_source or 'none'} | {baseline.accuracy.test.value:.3f} "
        f"| {baseline.estimated_system_power_mw:.3g} | {_times(metrics.ratios.system_power)} {tree} "
        f"| {sum(metrics.seconds.values()):.0f} |"
    )


def _to_plain(design: DesignMetrics) -> str:
    """Area and static power over those of the plain flow on the same Verilog."""
    figures = (
        (design.area_cm2, design.plain_flow_area_cm2),
        (design.static_power_train_mw, design.plain_flow_static_power_train_mw),
    )
    return ", ".join(f"{ours / plain:.3f}" if plain else "no gates" for ours, plain in figures)


def _times(ratio: float | None) -> str:
    return "∞" if ratio is None else f"{ratio:.3g}×"


if __name__ == "__main__":
    main()
