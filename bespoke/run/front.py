"""The front of a run: the proposals worth it, mapped and measured."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from bespoke.backend.mapping import Backend, map_design
from bespoke.costs import Costs
from bespoke.data import PreparedData
from bespoke.design import Design, Forecast, Request, thinned
from bespoke.errors import ToolFailedError, VerificationError
from bespoke.execution import Executor
from bespoke.files import scratch_folder, write_bytes
from bespoke.model import IntegerClassifier, input_wires
from bespoke.robustness.prints import YieldPoint
from bespoke.run.config import Effort, RunConfig
from bespoke.run.design import emit, for_emission
from bespoke.run.folder_opening import remove_place
from bespoke.run.metrics import restored
from bespoke.run.modelfile import ModelFile
from bespoke.run.progress import RunProgress
from bespoke.run.runfolder import RunFolder
from bespoke.run.stages import Stage
from bespoke.sensing import Wires, port_bits
from bespoke.statistics import Accuracy

#: Proposals that are mapped, by effort.
MAPPED_DESIGNS = {Effort.FAST: 12, Effort.NORMAL: 20, Effort.HIGH: 64}

#: Rival trees that are mapped.
MAPPED_RIVALS = 6

#: The mapped netlist of a design, beside its model file.
NETLIST = "netlist.v"
# Measured costs of a mapped design, written when it is done.
_MAPPED = "mapped.json"

_COLUMNS = (
    "index",
    "origin",
    "kind",
    "train_accuracy",
    "forecast_accuracy",
    "forecast_low",
    "forecast_high",
    "forecast_score",
    "test_accuracy",
    "estimated_area_cm2",
    "area_cm2",
    "static_power_mw",
    "comparators",
    "estimated_front_end_area_cm2",
    "estimated_front_end_power_mw",
    "estimated_system_area_cm2",
    "estimated_system_power_mw",
    "chosen",
    "copy_of",
    "model_file",
    "expected_printed_accuracy",
    "share_of_good_prints",
)


def map_front(
    folder: RunFolder,
    config: RunConfig,
    data: PreparedData,
    proposals: Sequence[Design],
    *,
    request: Request,
    backend: Backend,
    executor: Executor,
    progress: RunProgress,
    rivals: Sequence[Design] = (),
    mapped_rivals: int = MAPPED_RIVALS,
) -> list[Design]:
    """Maps the proposals with the fast effort, several at once; what was mapped before is read back.

    Each is mapped by one worker, in a folder of its own whose files come back with the result.

    Parameters
    ----------
    rivals, mapped_rivals : as many of them are mapped as well, and put behind the proposals.
    """
    chosen = thinned(proposals, MAPPED_DESIGNS[config.effort], request)
    places = [f"front/{index:03d}" for index in range(len(chosen))]
    compared = thinned(rivals, mapped_rivals, request) if rivals else []
    places += [f"front/rival{index:02d}" for index in range(len(compared))]
    chosen += compared
    _clear(folder, places)
    progress.stage(f"mapping {len(chosen)} designs of the front")
    stages = [_to_map(folder, design, data, place, backend) for design, place in zip(chosen, places, strict=True)]
    pending = [design for design, stage in zip(chosen, stages, strict=True) if not folder.is_done(stage)]
    pieces = (_Unmapped.of(design.model, data, backend) for design in pending)
    results = executor.map(partial(_mapped, for_emission(data), backend), pieces)
    designs = []
    with folder.timed("mapping the front") if pending else nullcontext():
        for design, place, stage in zip(chosen, places, stages, strict=True):
            costs = folder.made(stage, lambda place=place: next(results).put_down(folder / place))
            measured = restored(Costs, costs)
            designs.append(design.with_measured(measured, model_file=f"{place}/model.json"))
            progress.update(len(designs) / len(stages), f"{len(designs)} of {len(stages)}")
    return designs


def _clear(folder: RunFolder, places: Sequence[str]) -> None:
    """Removes what a call that was stopped has mapped for another request, beyond the places that are needed now."""
    for left in (folder / "front").glob("*"):
        if left.is_dir() and f"front/{left.name}" not in places:
            remove_place(left, marks=[_MAPPED])


def _to_map(folder: RunFolder, design: Design, data: PreparedData, place: str, backend: Backend) -> Stage:
    """The mapping of a design, whose model stands in its place; what is there of another request's design goes."""
    model = ModelFile.of(design.model, data, front_end=backend.front_end.kind)
    stage = Stage("mapping the front", f"{place}/{_MAPPED}", (f"{place}/model.json",))
    if not (folder.has(stage.needs[0]) and folder.read_json(stage.needs[0]) == model.to_json()):
        remove_place(folder / place, marks=[_MAPPED])
        model.save(folder / stage.needs[0])
    return stage


@dataclass(frozen=True)
class _Unmapped:
    """A design to be mapped; the static power is that of the training vectors, for the choice may look at no others.

    Parameters
    ----------
    bits : bool (training samples, wires).
    """

    classifier: IntegerClassifier
    wires: Wires
    bits: np.ndarray

    @classmethod
    def of(cls, classifier: IntegerClassifier, data: PreparedData, backend: Backend) -> _Unmapped:
        wires = input_wires(classifier, backend.front_end.kind)
        return cls(classifier, wires, port_bits(wires, data.train.features))


@dataclass(frozen=True)
class _Mapped:
    """A mapped design.

    Parameters
    ----------
    files : content by path from the design's folder: Verilog, netlist, logs.
    """

    costs: Costs
    files: dict[str, bytes]

    def put_down(self, folder: Path) -> dict[str, float | None]:
        """Write the files, and return the costs as they are kept."""
        for name, content in self.files.items():
            write_bytes(folder / name, content)
        return asdict(self.costs)


def _mapped(data: PreparedData, backend: Backend, design: _Unmapped) -> _Mapped:
    """A design mapped with the fast effort, in a folder that stays only where something fails, for its logs."""
    classifier, wires = design.classifier, design.wires
    with scratch_folder("bespoke-map-", keep=(ToolFailedError, VerificationError)) as folder:
        source = emit(classifier, data, folder, title=f"{data.name}: a design of the front", wires=wires)
        quick = replace(backend, effort=str(Effort.FAST))
        result = map_design(source, classifier, wires, design.bits, folder=folder / "logs", backend=quick)
        shutil.copyfile(result.netlist_path, folder / NETLIST)
        costs = backend.costs(result.netlist, wires, design.bits)
        paths = (path for path in sorted(folder.rglob("*")) if path.is_file())
        return _Mapped(costs, {str(path.relative_to(folder)): path.read_bytes() for path in paths})


def front_table(
    front: Sequence[Design],
    data: PreparedData,
    *,
    copies: Sequence[int | None],
    chosen: int | None,
    printed: Sequence[YieldPoint | None] = (),
) -> str:
    """The text of ``front.csv``. Only here are the designs' test accuracies computed, after the choice.

    Parameters
    ----------
    copies : of which design each is a near copy.
    chosen : the chosen one; where there is none yet, no test accuracy is shown for anybody to choose by.
    printed : of every design its prints on the test part, None where its netlist was not kept; nothing where there is
        no choice yet.
    """
    printed = printed or [None] * len(front)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for index, (design, copy, prints) in enumerate(zip(front, copies, printed, strict=True)):
        test = None if chosen is None else Accuracy.of(design.model.predict(data.test.features), data.test.classes)
        writer.writerow(
            [
                index,
                design.origin,
                design.kind,
                f"{design.train.value:.6f}",
                *forecast_cells(design.forecast),
                "" if test is None else f"{test.value:.6f}",
                f"{design.estimated.area_cm2:.6g}",
                f"{design.measured.area_cm2:.8g}",
                f"{design.measured.static_power_mw:.6g}",
                *system_cells(design.measured),
                int(index == chosen),
                "" if copy is None else copy,
                design.model_file,
                *_print_cells(None if chosen is None else prints),
            ]
        )
    return text.getvalue()


def _print_cells(prints: YieldPoint | None) -> list[str]:
    """Cells of a design's prints; empty where they are not known."""
    if prints is None:
        return ["", ""]
    return [f"{prints.expected_accuracy:.6f}", f"{prints.good_prints:.6f}"]


def forecast_cells(forecast: Forecast) -> list[str]:
    """Cells of the forecast: accuracy with its interval, and the score by the run's metric."""
    return [f"{value:.6f}" for value in (forecast.accuracy, forecast.low, forecast.high, forecast.score)]


def system_cells(costs: Costs) -> list[str]:
    """Cells of the front end and the system; empty where the front end has no price."""
    figures = (
        costs.front_end_area_cm2,
        costs.front_end_power_mw,
        costs.system_area_cm2,
        costs.system_power_mw,
    )
    return [
        "" if costs.comparators is None else str(costs.comparators),
        *("" if figure is None else f"{figure:.8g}" for figure in figures),
    ]
