"""Data sets by name or path."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from bespoke.data.bundled import BUNDLED, load_bundled
from bespoke.data.dataset import (
    MIN_CLASS_SAMPLES,
    Dataset,
    Label,
    check_trainable,
    index_labels,
    labels_of_text,
)
from bespoke.data.rare import UNKNOWN, RareClasses, rare_classes_settled
from bespoke.data.scaling import Missing
from bespoke.data.table import (
    AnyTable,
    empty_columns,
    label_cells,
    labelled_rows,
    read_labelled,
    target_index,
)
from bespoke.data.uci import LITERATURE, literature_file, local_file
from bespoke.errors import InputError

#: Every class needs a sample to learn from and one to judge by, in folds or in a validation part.
_MIN_CLASS_SAMPLES_OF_PAIR = 2


def dataset_names() -> dict[str, str]:
    """Every data set that can be loaded by name, with one line that describes it."""
    literature = {
        name: f"{r.description}, {r.samples} samples, {r.features} features, {r.classes} classes (UCI)"
        for name, r in LITERATURE.items()
    }
    return {**BUNDLED, **literature}


@dataclass(frozen=True)
class LocalSet:
    """A data set known by name, and where it is.

    Parameters
    ----------
    name, description : of the set.
    local : whether it can be read without a network.
    path : its file; None where it is bundled or not here.
    """

    name: str
    description: str
    local: bool
    path: Path | None

    def to_json(self) -> dict[str, Any]:
        path = None if self.path is None else str(self.path)
        return {"name": self.name, "description": self.description, "local": self.local, "path": path}


def local_sets(data_dir: str | Path | None = None) -> tuple[LocalSet, ...]:
    """Every data set known by name; nothing is downloaded.

    Parameters
    ----------
    data_dir : as for ``load_dataset``.

    Raises
    ------
    InputError
        for a folder that does not exist.
    """
    found = []
    for name, text in dataset_names().items():
        path = None if name in BUNDLED else local_file(name, data_dir=data_dir)
        found.append(LocalSet(name, text, name in BUNDLED or path is not None, path))
    return tuple(found)


def load_dataset(
    name_or_path: str | Path,
    *,
    target: str | int | None = None,
    data_dir: str | Path | None = None,
    missing: Missing = Missing.REFUSE,
    rare_classes: RareClasses = RareClasses.REFUSE,
) -> Dataset:
    """A data set, fit for training.

    Parameters
    ----------
    name_or_path : a name of ``dataset_names()``, or the path of a CSV file with a header line.
    target : class column of a file, by name or index (negative from the end); the last one by default.
    data_dir : folder with the literature's sets; by default the one that the environment variable BESPOKE_DATA names,
        then the user's cache, then a download from UCI.
    missing : what becomes of missing values: an error, samples left out, or NaN for medians to come. A sample whose
        class is missing is left out unless it is an error. What was done is among the set's notes.
    rare_classes : what becomes of classes with too few samples to be split, once missing values are dealt with.

    Raises
    ------
    InputError
        names file, line and column of what is wrong.
    """
    name = str(name_or_path)
    if name in BUNDLED or name in LITERATURE:
        if target is not None:
            raise InputError(f"{name} has a class column of its own; leave --target out, or name a CSV file")
        if name in BUNDLED:
            return check_trainable(load_bundled(name))
        table = read_labelled(literature_file(name, data_dir=data_dir), None, missing=missing is not Missing.REFUSE)
        return _trainable(_dataset_of_table(table, None, name, missing), rare_classes)
    path = Path(name_or_path)
    if not path.exists():
        near = difflib.get_close_matches(name, dataset_names(), n=1)
        hint = f"did you mean {near[0]!r}?" if near else "'bespoke datasets' lists the names"
        raise InputError(f"{name}: there is no such file, nor a data set of that name; {hint}")
    table = read_labelled(path, target, missing=missing is not Missing.REFUSE)
    return _trainable(_dataset_of_table(table, target, path.stem, missing), rare_classes)


def _trainable(dataset: Dataset, rare_classes: RareClasses) -> Dataset:
    (settled,) = rare_classes_settled([dataset], rare_classes, least=MIN_CLASS_SAMPLES)
    return check_trainable(settled)


def load_alike(
    first_path: str | Path,
    others: Sequence[str | Path],
    *,
    target: str | int | None = None,
    data_dir: str | Path | None = None,
    missing: Missing = Missing.REFUSE,
    rare_classes: RareClasses = RareClasses.REFUSE,
    min_class_samples: int = _MIN_CLASS_SAMPLES_OF_PAIR,
) -> tuple[Dataset, ...]:
    """Data from several files with the same columns, with common class labels: what is learnt from, then the others.

    Parameters
    ----------
    first_path : a CSV file, or one of the literature's sets.
    others : CSV files; each class in them must occur in the first.
    missing : as for ``load_dataset``, in every file.
    rare_classes : what becomes of classes with too few samples in the first file, in every file; unless they are
        refused, classes that the first file lacks are rare as well.
    min_class_samples : that the first file needs of every class; more where it is to be split.

    Raises
    ------
    InputError
        where a file is at fault, their columns differ in name or order, or one of the others has a class that the first
        has not.
    """
    if str(first_path) in BUNDLED:
        raise InputError(f"{first_path} is bundled and has no file whose columns another could match; name CSV files")
    named = str(first_path) in LITERATURE
    paths = [literature_file(str(first_path), data_dir=data_dir) if named else first_path, *others]
    tables = [read_labelled(path, target, missing=missing is not Missing.REFUSE) for path in paths]
    first = tables[0]
    for other in tables[1:]:
        _check_same_columns(first, other)
    column = target_index(first, target)
    empty = empty_columns(first)
    tables, notes = zip(*(_without_missing(table, column, missing, empty) for table in tables), strict=True)
    first = tables[0]
    cells = [label_cells(table, column) for table in tables]
    values = labels_of_text([cell for part in cells for cell in part])  # together: 1 here and 1.0 there are one class
    bounds = np.cumsum([0, *(len(part) for part in cells)])
    parts = [values[start:end] for start, end in pairwise(bounds.tolist())]
    labels, classes = index_labels(str(first.path), first.header[column], parts[0])
    position = {label: index for index, label in enumerate(labels)}
    any_rare = bool((np.bincount(classes) < min_class_samples).any())
    name = str(first_path) if named else first.path.stem
    sets = [_assembled(first, column, labels, classes, name, missing, notes[0])]
    for other, found, said in zip(tables[1:], parts[1:], notes[1:], strict=True):
        if rare_classes is RareClasses.REFUSE or (rare_classes is RareClasses.MERGE and not any_rare):
            _check_known_classes(first, other, column, parts[0], found)
        others_classes = np.array([position.get(value, UNKNOWN) for value in found], dtype=np.int64)
        sets.append(_assembled(other, column, labels, others_classes, other.path.stem, missing, said))
    settled = rare_classes_settled(sets, rare_classes, least=min_class_samples)
    return check_trainable(settled[0], min_class_samples=min_class_samples), *settled[1:]


def _dataset_of_table(table: AnyTable, target: str | int | None, name: str, missing: Missing) -> Dataset:
    column = target_index(table, target)
    table, notes = _without_missing(table, column, missing, empty_columns(table))
    values = labels_of_text(label_cells(table, column))
    labels, classes = index_labels(str(table.path), table.header[column], values)
    return _assembled(table, column, labels, classes, name, missing, notes)


def _assembled(
    table: AnyTable,
    target: int,
    labels: tuple[Label, ...],
    classes: np.ndarray,
    name: str,
    missing: Missing,
    notes: tuple[str, ...],
) -> Dataset:
    columns = [column for column in range(len(table.header)) if column != target]
    names = tuple(table.header[column] for column in columns)
    features = table.numbers(columns, missing=missing is not Missing.REFUSE)
    gaps = np.isnan(features)
    gaps[:, gaps.all(axis=0)] = False  # columns without a value are left out, not filled
    if gaps.any():
        places = int(gaps.any(axis=0).sum())
        notes = (
            *notes,
            f"{table.path}: {int(gaps.sum())} missing values in {places} column{'s' if places > 1 else ''} are "
            "filled with the medians of the training part",
        )
    return Dataset(name, names, labels, features, classes, str(table.path), notes)


def _without_missing(
    table: AnyTable, target: int, missing: Missing, empty: set[int]
) -> tuple[AnyTable, tuple[str, ...]]:
    """The table less the samples that are to be left out, and what to say of them.

    Parameters
    ----------
    empty : columns without any value, which leave no sample out.
    """
    if missing is Missing.REFUSE:
        return table, ()
    kept = labelled_rows(table, target)
    notes = []
    if len(kept) < table.samples:
        count = table.samples - len(kept)
        notes.append(f"{table.path}: {count} of {table.samples} samples are left out, for their class is missing")
    if missing is Missing.DROP:
        looked_at = [column for column in range(len(table.header)) if column != target and column not in empty]
        lacking = np.zeros(table.samples, dtype=bool)
        for column in looked_at:
            lacking |= table.gaps(column)
        whole = [row for row in kept if not lacking[row]]
        if len(whole) < len(kept):
            count = len(kept) - len(whole)
            notes.append(f"{table.path}: {count} of {table.samples} samples are left out, for a value is missing")
        kept = whole
    if not kept:
        raise InputError(f"{table.path}: no sample is left, for each lacks a value; try --missing median")
    return table.taken(kept), tuple(notes)


def _check_same_columns(train: AnyTable, test: AnyTable) -> None:
    if train.header == test.header:
        return
    for first, second in ((train, test), (test, train)):
        for name in first.header:
            if name not in second.header:
                raise InputError(f"{second.path}: there is no column {name!r}, which {first.path} has")
    position = next(i for i, (a, b) in enumerate(zip(train.header, test.header, strict=True)) if a != b)
    raise InputError(
        f"{test.path}: the columns are those of {train.path} in another order, column {position + 1} is "
        f"{test.header[position]!r} instead of {train.header[position]!r}; reorder them"
    )


def _check_known_classes(
    train: AnyTable, test: AnyTable, column: int, train_values: list[Label], test_values: list[Label]
) -> None:
    known = set(train_values)
    for row, value in enumerate(test_values):
        if value not in known:
            raise InputError(
                f"{test.path}, line {test.line(row)}, column {test.header[column]!r}: the class {value!r} does not "
                f"occur in {train.path}"
            )
