"""The front of a run: the proposals worth it, mapped and measured."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict, replace
from pathlib import Path

import joblib

from bespoke.backend.mapping import Backend, map_design
from bespoke.costs import Costs
from bespoke.data import PreparedData
from bespoke.design import Design, Forecast, Request, thinned
from bespoke.documents import read_json
from bespoke.files import write_json, write_text
from bespoke.model import IntegerClassifier, input_wires
from bespoke.robustness.prints import YieldPoint
from bespoke.run.config import Effort, RunConfig
from bespoke.run.design import emit
from bespoke.run.folder_opening import remove_place
from bespoke.run.metrics import restored
from bespoke.run.modelfile import ModelFile
from bespoke.run.progress import RunProgress
from bespoke.run.runfolder import RunFolder
from bespoke.sensing import port_bits
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
    progress: RunProgress,
    rivals: Sequence[Design] = (),
    mapped_rivals: int = MAPPED_RIVALS,
) -> list[Design]:
    """Maps the proposals with the fast effort, several at once; what was mapped before is read back.

    The designs share the workers, so each is mapped by one.

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
    jobs = [
        joblib.delayed(_map_one)(design.model, data, folder / place, backend)
        for design, place in zip(chosen, places, strict=True)
    ]
    designs = []
    is_new = not all(folder.has(f"{place}/{_MAPPED}") for place in places)
    with folder.timed("mapping the front") if is_new else nullcontext():
        results = joblib.Parallel(n_jobs=min(config.workers, len(jobs)), return_as="generator")(jobs)
        for design, place, measured in zip(chosen, places, results, strict=True):
            designs.append(design.with_measured(measured, model_file=f"{place}/model.json"))
            progress.update(len(designs) / len(jobs), f"{len(designs)} of {len(jobs)}")
    return designs


def _clear(folder: RunFolder, places: Sequence[str]) -> None:
    """Removes what a call that was stopped has mapped for another request, beyond the places that are needed now."""
    for left in (folder / "front").glob("*"):
        if left.is_dir() and f"front/{left.name}" not in places:
            remove_place(left, marks=[_MAPPED])


def _map_one(classifier: IntegerClassifier, data: PreparedData, folder: Path, backend: Backend) -> Costs:
    """Measured costs; the static power is that of the training vectors, for the choice may look at no others.

    Another request may have left another design in the folder, which is cleared away.
    """
    done, file = folder / _MAPPED, folder / "model.json"
    model = ModelFile.of(classifier, data, front_end=backend.front_end.kind)
    if done.is_file() and file.is_file() and read_json(file, "file") == model.to_json():
        return restored(Costs, read_json(done, "file"))
    remove_place(folder, marks=[_MAPPED])
    model.save(file)
    wires = input_wires(classifier, backend.front_end.kind)
    bits = port_bits(wires, data.train.features)
    source = emit(classifier, data, folder, title=f"{data.name}: a design of the front", wires=wires)
    quick = replace(backend, effort=str(Effort.FAST), workers=1)
    result = map_design(source, classifier, wires, bits, folder=folder / "logs", backend=quick)
    write_text(folder / NETLIST, result.netlist_path.read_text(encoding="utf-8"))
    measured = backend.costs(result.netlist, wires, bits)
    write_json(done, asdict(measured))
    return measured


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
