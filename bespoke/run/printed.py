"""What a run says of prints, after the choice: the chosen design in full, every other of the front in two figures."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from bespoke.data import PreparedData, nothing
from bespoke.design import EXACT_BASELINE, Design
from bespoke.execution import Executor, Serial
from bespoke.netlist import read_netlist
from bespoke.robustness.prints import GOOD_LOSS, YieldPoint
from bespoke.run.config import RunConfig
from bespoke.run.front import NETLIST
from bespoke.run.metrics import RobustnessSummary
from bespoke.run.modelfile import ModelFile
from bespoke.run.printable import Printable
from bespoke.run.progress import RunProgress
from bespoke.run.robustness import PrintSettings, examine, printed_at
from bespoke.run.robustness_record import Robustness
from bespoke.run.runfolder import RunFolder
from bespoke.sensing import FrontEnd
from bespoke.statistics import Accuracy
from bespoke.technology import Technology

#: The record of the chosen design.
ROBUSTNESS = "robustness.json"
_TITLE = "faults, prints and drift"
#: Samples times designs from which on it pays to wait for processes to start.
_MANY_ANSWERS = 20_000


@dataclass(frozen=True)
class Press:
    """What a run's designs are printed with: its technology, and the front ends that its designs stand behind."""

    technology: Technology
    front_ends: tuple[FrontEnd, ...]
    clock_ms: float | None

    def printable(self, model_file: Path, netlist_file: Path, data: PreparedData, *, design: str) -> Printable:
        """A mapped design on the test part."""
        model = ModelFile.load(model_file)
        return Printable.of_model(
            read_netlist(netlist_file, self.technology),
            model,
            data.test,
            front_end=next(one for one in self.front_ends if one.kind is model.front_end),
            technology=self.technology,
            design=design,
            samples_of="the test part",
            clock_ms=self.clock_ms,
        )


def printed_after_choice(
    folder: RunFolder,
    config: RunConfig,
    press: Press,
    designs: Sequence[Design],
    data: PreparedData,
    *,
    place: Path,
    executor: Executor,
    progress: RunProgress,
) -> tuple[Robustness, tuple[YieldPoint | None, ...]]:
    """The record of the chosen design, and the prints of every design of the front at the run's device yield.

    A design whose netlist was not kept, as in fronts of earlier versions, has None.

    Parameters
    ----------
    place : folder of the chosen design as it was measured.
    """
    progress.stage(_TITLE)
    with nullcontext() if _TITLE in folder.seconds else folder.timed(_TITLE):  # the first call's time stays
        chosen = press.printable(place / "model.json", place / NETLIST, data, design="the chosen design")
        device_yield, sigma = config.device_yield, config.threshold_sigma
        settings = PrintSettings.quick(device_yield=device_yield, threshold_sigma=sigma, seed=config.seed)
        record = examine(chosen, settings, progress=lambda share, note="": progress.update(share / 2, note))
        many = data.test.samples * len(designs) > _MANY_ANSWERS and executor.shares_files
        work = partial(_printed, press, replace(data, train=nothing(data), validation=None), settings, device_yield)
        printed = []
        for found in (executor if many else Serial()).map(work, [_files(folder, design) for design in designs]):
            printed.append(found)
            share = len(printed) / len(designs)
            progress.update(0.5 + share / 2, f"{len(printed)} of {len(designs)} designs of the front")
    return record, tuple(printed)


def _files(folder: RunFolder, design: Design) -> tuple[Path, Path]:
    """Model file and netlist of a design of the front, as it was mapped for the front."""
    model = folder / design.model_file
    return model, (folder / "baseline" if design.origin == EXACT_BASELINE else model.parent) / NETLIST


def _printed(
    press: Press, data: PreparedData, settings: PrintSettings, device_yield: float, files: tuple[Path, Path]
) -> YieldPoint | None:
    model, netlist = files
    if not netlist.is_file():
        return None
    printable = press.printable(model, netlist, data, design=str(model))
    intact = Accuracy.of(ModelFile.load(model).classifier.predict(data.test.features), data.test.classes)
    (point,) = printed_at(printable, settings, (device_yield,), floor=max(0.0, intact.value - GOOD_LOSS))
    return point


def summary_of(record: Robustness, device_yield: float) -> RobustnessSummary:
    """The figures of a record that ``metrics.json`` repeats."""
    point, faults, devices = record.at(device_yield), record.single_stuck_at, record.devices
    return RobustnessSummary(
        device_yield=device_yield,
        threshold_sigma=record.threshold_sigma,
        devices=devices.logic + (devices.front_end or 0.0),
        floor=record.floor,
        faults=faults.faults,
        mean_stuck_at_accuracy=faults.mean_accuracy,
        median_stuck_at_accuracy=faults.median_accuracy,
        worst_stuck_at_accuracy=faults.worst_accuracy,
        perfect_prints=point.perfect_prints,
        expected_printed_accuracy=point.expected_accuracy,
        expected_low=point.expected_low,
        expected_high=point.expected_high,
        share_of_good_prints=point.good_prints,
        good_low=point.good_low,
        good_high=point.good_high,
    )
