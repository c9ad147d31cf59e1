"""A finished design applied to new measurements: what its circuit would answer, and why."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bespoke.data.dataset import Label
from bespoke.data.measurements import Measurements
from bespoke.errors import InputError
from bespoke.model import LogicCircuit, read_features
from bespoke.run.modelfile import ModelFile
from bespoke.run.runfolder import RunFolder
from bespoke.scores import Confusion
from bespoke.sensing import ThermometerWires
from bespoke.statistics import Accuracy

#: The column that is put behind the given ones.
PREDICTION = "prediction"


@dataclass(frozen=True, eq=False)
class Prediction:
    """Answers to every row of a table.

    Parameters
    ----------
    model : what answered.
    measurements : the table.
    columns : the column that each feature was read from, by the feature's index; features that the design does not
        read need none.
    inputs : the quantised values, int64 (samples, features); those of features without a column are 0.
    classes : class index of every answer, int64 (samples,).
    """

    model: ModelFile
    measurements: Measurements
    columns: Mapping[int, int]
    inputs: np.ndarray
    classes: np.ndarray

    @property
    def labels(self) -> list[Label]:
        """The class label of every answer."""
        return [self.model.class_labels[index] for index in self.classes.tolist()]

    def scored(self, target: str) -> Score:
        """How often the answers are what a class column says.

        Raises
        ------
        InputError
            for a column that is not there or that the design reads, and for a label that the model does not know.
        """
        name, truth = self.measurements.classes(target, self.model.class_labels)
        if name in (self.measurements.table.header[column] for column in self.columns.values()):
            raise InputError(f"--target {name!r} is a feature that the model reads, not the class column")
        labels = self.model.class_labels
        return Score(name, labels, Confusion.of(self.classes, truth, len(labels)))

    def explained(self) -> Explanation:
        """What stood on every wire, and what the answers were decided by."""
        wires = self.model.wires
        return Explanation(
            _wire_names(self.model), wires.encode(self.inputs), *_decisions(self.model, self.inputs, self.classes)
        )

    def csv(self, explanation: Explanation | None = None) -> Iterator[str]:
        """The given table with the answers behind it, a record at a time; with an explanation that behind the answers.

        Raises
        ------
        InputError
            if the table has a column of such a name already.
        """
        labels = [str(label) for label in self.model.class_labels]
        answers = ([labels[index]] for index in self.classes.tolist())
        if explanation is None:
            return self.measurements.with_columns([PREDICTION], answers)
        more = explanation.cells()
        rows = (answer + cells for answer, cells in zip(answers, more, strict=True))
        return self.measurements.with_columns([PREDICTION, *explanation.headings], rows)


@dataclass(frozen=True)
class Score:
    """Answers counted by the class that a column names."""

    target: str
    labels: tuple[Label, ...]
    confusion: Confusion

    @property
    def accuracy(self) -> Accuracy:
        return self.confusion.accuracy

    @property
    def recalls(self) -> tuple[Accuracy | None, ...]:
        """Share of every class's samples that were answered correctly; None where it has none."""
        rights = np.diag(self.confusion.counts).tolist()
        samples = self.confusion.class_samples.tolist()
        return tuple(
            Accuracy.of_count(right, count) if count else None for right, count in zip(rights, samples, strict=True)
        )


@dataclass(frozen=True)
class WireName:
    """A wire as ``front_end.csv`` has it: a comparator's feature, level and threshold, or a bit of a feature's word."""

    bit: int
    feature: str
    level: int | None
    threshold: float | None
    place: int | None

    def __str__(self) -> str:
        if self.threshold is None:
            return f"{self.feature}[{self.place}]"
        return f"{self.feature} >= {self.threshold!r}"


@dataclass(frozen=True, eq=False)
class Explanation:
    """Wires and decisions of every sample.

    Parameters
    ----------
    wires : what each wire carries, in the order of the port's bits.
    values : bool (samples, wires).
    decided_by : names of the figures that decided: a network's class scores, a logic circuit's output bits.
    decisions : int64 (samples, figures).
    """

    wires: tuple[WireName, ...]
    values: np.ndarray
    decided_by: tuple[str, ...]
    decisions: np.ndarray

    @property
    def headings(self) -> list[str]:
        return [*map(str, self.wires), *self.decided_by]

    def cells(self) -> Iterable[list[str]]:
        """A row of text cells a sample."""
        for wires, decision in zip(self.values.astype(np.int8).tolist(), self.decisions.tolist(), strict=True):
            yield [str(value) for value in itertools.chain(wires, decision)]


def predict_table(model: ModelFile, path: str | Path) -> Prediction:
    """What a design answers to the rows of a CSV file of measured values.

    Columns are found by the features' names, in any order; others are left alone, and a feature that the design does
    not read needs no column.

    Raises
    ------
    InputError
        naming the file and the column, or the cell's line and column, at fault.
    """
    measurements = Measurements.read(path)
    columns = measurements.columns_of(model.feature_names, needed=read_features(model.classifier))
    values = np.tile(np.array(model.quantiser.low), (measurements.samples, 1))
    values[:, list(columns)] = measurements.values(list(columns.values()))
    inputs = model.quantiser.transform(values)
    return Prediction(model, measurements, columns, inputs, model.classifier.predict(inputs))


def model_file_of(place: Path, *, design: int | None = None) -> Path:
    """The model file that a user means: a file as it is, of a finished run's folder its chosen design's.

    Parameters
    ----------
    design : another design of the run, by its number in ``front.csv``.

    Raises
    ------
    InputError
        if there is no such thing.
    """
    if not place.exists():
        raise InputError(f"{place} does not exist; name the folder of a finished run or a model file")
    if not place.is_dir():
        if design is not None:
            raise InputError(f"--design takes a design of a run, and {place} is a single model; name the run's folder")
        return place
    folder = RunFolder(place)
    folder.settle()
    if design is not None:
        return place / _file_in_front(place / "front.csv", design)
    if not folder.has("design.json"):
        raise InputError(f"{place} holds no finished run of `bespoke run`; finish it, or name a model file")
    document = folder.read_json("design.json")
    return place / str(document["model_file"])


def _file_in_front(path: Path, design: int) -> str:
    if not path.is_file():
        raise InputError(f"{path} does not exist: --design takes a design of a run whose front is finished")
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))
    found = next((row for row in rows if row.get("index") == str(design)), None)
    if found is None:
        raise InputError(f"--design {design}: {path} has the designs 0 to {len(rows) - 1}")
    return found["model_file"]


def _wire_names(model: ModelFile) -> tuple[WireName, ...]:
    wires, names = model.wires, model.feature_names
    if isinstance(wires, ThermometerWires):
        thresholds = model.quantiser.thresholds(*wires.levels.T).tolist()
        return tuple(
            WireName(bit, names[feature], level, threshold, None)
            for bit, ((feature, level), threshold) in enumerate(zip(wires.levels.tolist(), thresholds, strict=True))
        )
    owners = wires.feature_of().tolist()
    return tuple(WireName(bit, names[owner], None, None, bit % wires.bits) for bit, owner in enumerate(owners))


def _decisions(model: ModelFile, inputs: np.ndarray, classes: np.ndarray) -> tuple[tuple[str, ...], np.ndarray]:
    """Names and values of what the answers were decided by."""
    classifier = model.classifier
    if isinstance(classifier, LogicCircuit):
        bits = np.arange(classifier.output_bits)
        return tuple(f"out[{bit}]" for bit in bits), classes[:, np.newaxis] >> bits & 1
    labels: Sequence[Any] = model.class_labels[: classifier.classes]
    return tuple(f"score {label}" for label in labels), classifier.layer_sums(inputs)[-1]
