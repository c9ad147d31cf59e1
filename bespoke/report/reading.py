"""A finished run folder, read back as values."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from bespoke.costs import Objective
from bespoke.data import Part, read_vectors
from bespoke.design import EXACT_BASELINE
from bespoke.documents import read_json
from bespoke.errors import BespokeError, InputError
from bespoke.model import IntegerClassifier, from_json
from bespoke.run.finished import FINISHED
from bespoke.run.metrics import METRICS_SCHEMA, RunMetrics, restored
from bespoke.run.publication import settle
from bespoke.run.runfolder import METRICS
from bespoke.sensing import FrontEnd, FrontEndKind, Quantiser, priced_front_end
from bespoke.technology import Technology, load_technology, read_liberty

_TRAIN_VECTORS, _TEST_VECTORS = Path("vectors", "train.csv"), Path("vectors", "test.csv")
#: What ``front.csv`` calls the baseline, which closes the table.
BASELINE_ORIGIN = EXACT_BASELINE


@dataclass(frozen=True)
class FrontRow:
    """One row of ``front.csv``. Figures that the run did not measure for this design are None."""

    index: int
    origin: str
    kind: str
    train_accuracy: float
    forecast_accuracy: float
    forecast_low: float
    forecast_high: float
    forecast_score: float
    test_accuracy: float | None
    estimated_area_cm2: float | None
    area_cm2: float | None
    static_power_mw: float | None
    comparators: int | None
    estimated_front_end_area_cm2: float | None
    estimated_front_end_power_mw: float | None
    estimated_system_area_cm2: float | None
    estimated_system_power_mw: float | None
    chosen: bool
    model_file: str
    copy_of: int | None = None
    expected_printed_accuracy: float | None = None
    share_of_good_prints: float | None = None


@dataclass(frozen=True)
class RunRecord:
    """A run folder's content as the report needs it."""

    folder: Path
    metrics: RunMetrics
    front: tuple[FrontRow, ...]
    versions: Mapping[str, str]
    config_text: str

    @cached_property
    def chosen_model(self) -> IntegerClassifier:
        """The chosen design's reference model."""
        return read_model(self.folder / self.metrics.chosen.model_file)

    @cached_property
    def quantiser(self) -> Quantiser:
        """From measured values to the integers that the models read."""
        return read_quantiser(self.folder / self.metrics.chosen.model_file)

    @cached_property
    def settings(self) -> Mapping[str, Any]:
        """The run's settings, resolved; empty where config.toml is missing."""
        try:
            return tomllib.loads(self.config_text)
        except tomllib.TOMLDecodeError as error:
            raise InputError(f"{self.folder / 'config.toml'} cannot be read as TOML: {error}") from None

    @cached_property
    def technology(self) -> Technology:
        """The technology that the run was mapped on."""
        if "liberty" in self.settings:
            return read_liberty(self.settings["liberty"])
        return load_technology(self.settings.get("technology", self.metrics.technology))

    @cached_property
    def front_end(self) -> FrontEnd | None:
        """What stands before the chosen design, with its prices; None where those of the run cannot be read any more.

        Where the run itself had no figures, the front end has no price.
        """
        told = self.metrics.chosen.front_end
        kind = FrontEndKind(told.kind)
        if told.figures is None:
            return FrontEnd(kind, None)
        try:
            found = priced_front_end(self.technology, kind, self.settings.get("front_end_figures"))
        except BespokeError:
            return None
        return found if found.figures is not None and found.figures.name == told.figures else None

    @property
    def objective(self) -> Objective:
        """The cost that the run made small."""
        return Objective(self.settings.get("objective", Objective.SYSTEM_POWER)).cost

    @property
    def chosen_row(self) -> FrontRow | None:
        """The chosen design as the front has it: static power on the training vectors, as for every other row."""
        return next((row for row in self.front if row.chosen), None)

    @property
    def distinct_front(self) -> tuple[FrontRow, ...]:
        """The front with one row for near copies of one another."""
        return tuple(row for row in self.front if row.copy_of is None)

    def copies(self, row: FrontRow) -> int:
        """How many near copies a row stands for."""
        return sum(other.copy_of == row.index for other in self.front)

    @cached_property
    def test_inputs(self) -> np.ndarray | None:
        """Quantised features of the test part, int64 (samples, features); None where the file is missing."""
        return self.test_part().features if (self.folder / _TEST_VECTORS).is_file() else None

    def test_part(self) -> Part:
        """The test part as the circuits read it.

        Raises
        ------
        InputError
            naming the file, where it is missing or damaged.
        """
        return read_vectors(self.folder / _TEST_VECTORS)

    def train_part(self) -> Part:
        """The training part, which back ends may look at.

        Raises
        ------
        InputError
            naming the file, where it is missing or damaged.
        """
        return read_vectors(self.folder / _TRAIN_VECTORS)

    @property
    def netlist_path(self) -> Path:
        """The chosen design's mapped netlist, which may be missing."""
        return self.folder / self.metrics.chosen.netlist_file


def read_run(folder: str | Path) -> RunRecord:
    """Read a finished run folder.

    Raises
    ------
    InputError
        if the folder is not one, the run has not finished, or a file in it cannot be read.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"run folder {folder} does not exist")
    settle(folder)
    if not (folder / METRICS).is_file():
        if (folder / FINISHED).is_file():
            hint = f"no design met the run's request; `bespoke choose {folder}` takes another one"
        elif (folder / "config.toml").is_file():
            hint = "the run has not finished; repeat its `bespoke run` to resume it"
        else:
            hint = "it is no run folder of `bespoke run`"
        raise InputError(f"{folder} has no metrics.json: {hint}")
    return RunRecord(
        folder=folder,
        metrics=read_metrics(folder / METRICS),
        front=_read_front(folder / "front.csv"),
        versions=_read_versions(folder / "versions.json"),
        config_text=_text(folder / "config.toml") if (folder / "config.toml").is_file() else "",
    )


def read_metrics(path: Path) -> RunMetrics:
    """The content of a ``metrics.json``.

    Raises
    ------
    InputError
        if the file is broken, incomplete, or of another schema.
    """
    document = _json(path)
    schema = document.get("schema") if isinstance(document, dict) else None
    if schema != METRICS_SCHEMA:
        raise InputError(f"{path} has metrics schema {schema!r}, this version reads {METRICS_SCHEMA}; repeat the run")
    try:
        return restored(RunMetrics, document)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path} is not the metrics file of a run by this version: {error.args[0]}") from None


def read_model(path: Path) -> IntegerClassifier:
    """The integer classifier of a model file.

    Raises
    ------
    InputError
        naming the file if there is no readable model in it.
    """
    document = _json(path)
    if not isinstance(document, dict) or "model" not in document:
        raise InputError(f"{path} holds no model")
    try:
        return from_json(document["model"])
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def read_quantiser(path: Path) -> Quantiser:
    """The quantiser of a model file.

    Raises
    ------
    InputError
        naming the file if there is none in it.
    """
    document = _json(path)
    if not isinstance(document, dict) or "quantiser" not in document:
        raise InputError(f"{path} holds no quantiser")
    try:
        return Quantiser.from_json(document["quantiser"])
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"{path} is missing from the run folder") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}") from None


def _json(path: Path) -> Any:
    if not path.exists():
        raise InputError(f"{path} is missing from the run folder")
    return read_json(path, "file")


def _read_versions(path: Path) -> dict[str, str]:
    """Versions as flat text, whatever their nesting."""
    if not path.is_file():
        return {}
    flat: dict[str, str] = {}

    def flatten(prefix: str, value: Any) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                flatten(f"{prefix} {key}".strip(), inner)
        elif value is not None:
            flat[prefix] = ", ".join(map(str, value)) if isinstance(value, list) else str(value)

    flatten("", _json(path))
    return flat


def _read_front(path: Path) -> tuple[FrontRow, ...]:
    reader = csv.DictReader(_text(path).splitlines())
    rows = list(reader)
    needed = [item.name for item in fields(FrontRow) if item.default is MISSING]
    missing = [name for name in needed if name not in (reader.fieldnames or ())]
    if missing:
        raise InputError(
            f"{path} lacks the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}: it is of another version; "
            "repeat the run"
        )
    designs = []
    for number, row in enumerate(rows, start=2):
        try:
            designs.append(_front_row(row))
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"{path}, line {number}: {type(error).__name__} {error}") from None
    return tuple(designs)


def _front_row(row: Mapping[str, str]) -> FrontRow:
    def number(name: str) -> float | None:
        text = row.get(name) or ""
        return float(text) if text else None

    return FrontRow(
        index=int(row["index"]),
        origin=row["origin"],
        kind=row["kind"],
        train_accuracy=float(row["train_accuracy"]),
        forecast_accuracy=float(row["forecast_accuracy"]),
        forecast_low=float(row["forecast_low"]),
        forecast_high=float(row["forecast_high"]),
        forecast_score=float(row["forecast_score"]),
        test_accuracy=number("test_accuracy"),
        estimated_area_cm2=number("estimated_area_cm2"),
        area_cm2=number("area_cm2"),
        static_power_mw=number("static_power_mw"),
        comparators=int(row["comparators"]) if row["comparators"] else None,
        estimated_front_end_area_cm2=number("estimated_front_end_area_cm2"),
        estimated_front_end_power_mw=number("estimated_front_end_power_mw"),
        estimated_system_area_cm2=number("estimated_system_area_cm2"),
        estimated_system_power_mw=number("estimated_system_power_mw"),
        chosen=row["chosen"].strip().lower() in ("1", "true"),
        model_file=row.get("model_file") or "",
        copy_of=int(row["copy_of"]) if row.get("copy_of") else None,
        expected_printed_accuracy=number("expected_printed_accuracy"),
        share_of_good_prints=number("share_of_good_prints"),
    )
