"""Data sets by name or path."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from bespoke.data.bundled import BUNDLED, load_bundled
from bespoke.data.dataset import Dataset, Label, check_trainable, index_labels, labels_of_text
from bespoke.data.table import Table, label_cells, numeric_columns, read_table, target_index
from bespoke.data.uci import LITERATURE, literature_file
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


def load_dataset(
    name_or_path: str | Path, *, target: str | int | None = None, data_dir: str | Path | None = None
) -> Dataset:
    """A data set, fit for training.

    Parameters
    ----------
    name_or_path : a name of ``dataset_names()``, or the path of a CSV file with a header line.
    target : class column of a file, by name or index (negative from the end); the last one by default.
    data_dir : folder with the literature's sets; by default the one that the environment variable BESPOKE_DATA names,
        then the user's cache, then a download from UCI.

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
        return check_trainable(_dataset_of_table(read_table(literature_file(name, data_dir=data_dir)), None, name))
    path = Path(name_or_path)
    if not path.exists():
        near = difflib.get_close_matches(name, dataset_names(), n=1)
        hint = f"did you mean {near[0]!r}?" if near else "'bespoke datasets' lists the names"
        raise InputError(f"{name}: there is no such file, nor a data set of that name; {hint}")
    return check_trainable(_dataset_of_table(read_table(path), target, path.stem))


def load_alike(
    first_path: str | Path,
    others: Sequence[str | Path],
    *,
    target: str | int | None = None,
    data_dir: str | Path | None = None,
) -> tuple[Dataset, ...]:
    """Data from several files with the same columns, with common class labels: what is learnt from, then the others.

    Parameters
    ----------
    first_path : a CSV file, or one of the literature's sets.
    others : CSV files; each class in them must occur in the first.

    Raises
    ------
    InputError
        where a file is at fault, their columns differ in name or order, or one of the others has a class that the first
        has not.
    """
    if str(first_path) in BUNDLED:
        raise InputError(f"{first_path} is bundled and has no file whose columns another could match; name CSV files")
    named = str(first_path) in LITERATURE
    first = read_table(literature_file(str(first_path), data_dir=data_dir) if named else first_path)
    tables = [first, *(read_table(path) for path in others)]
    for other in tables[1:]:
        _check_same_columns(first, other)
    column = target_index(first, target)
    cells = [label_cells(table, column) for table in tables]
    values = labels_of_text([cell for part in cells for cell in part])  # together: 1 here and 1.0 there are one class
    bounds = np.cumsum([0, *(len(part) for part in cells)])
    parts = [values[start:end] for start, end in pairwise(bounds.tolist())]
    labels, classes = index_labels(str(first.path), first.header[column], parts[0])
    position = {label: index for index, label in enumerate(labels)}
    name = str(first_path) if named else first.path.stem
    sets = [_assembled(first, column, labels, classes, name)]
    for other, found in zip(tables[1:], parts[1:], strict=True):
        _check_known_classes(first, other, column, parts[0], found)
        others_classes = np.array([position[value] for value in found], dtype=np.int64)
        sets.append(_assembled(other, column, labels, others_classes, other.path.stem))
    return check_trainable(sets[0], min_class_samples=_MIN_CLASS_SAMPLES_OF_PAIR), *sets[1:]


def _dataset_of_table(table: Table, target: str | int | None, name: str) -> Dataset:
    column = target_index(table, target)
    values = labels_of_text(label_cells(table, column))
    labels, classes = index_labels(str(table.path), table.header[column], values)
    return _assembled(table, column, labels, classes, name)


def _assembled(table: Table, target: int, labels: tuple[Label, ...], classes: np.ndarray, name: str) -> Dataset:
    columns = [column for column in range(len(table.header)) if column != target]
    names = tuple(table.header[column] for column in columns)
    return Dataset(name, names, labels, numeric_columns(table, columns), classes, str(table.path))


def _check_same_columns(train: Table, test: Table) -> None:
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
    train: Table, test: Table, column: int, train_values: list[Label], test_values: list[Label]
) -> None:
    known = set(train_values)
    for row, value in enumerate(test_values):
        if value not in known:
            raise InputError(
                f"{test.path}, line {test.lines[row]}, column {test.header[column]!r}: the class {value!r} does not "
                f"occur in {train.path}"
            )
