"""Data sets by name or path."""

from __future__ import annotations

import difflib
from pathlib import Path

import numpy as np

from bespoke.data.bundled import BUNDLED, load_bundled
from bespoke.data.dataset import Dataset, Label, check_trainable, index_labels, labels_of_text
from bespoke.data.table import Table, label_cells, numeric_columns, read_table, target_index
from bespoke.data.uci import LITERATURE, literature_file
from bespoke.errors import InputError

#: The validation part is cut from the training file: every class needs a sample in each.
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


def load_pair(
    train_path: str | Path, test_path: str | Path, *, target: str | int | None = None
) -> tuple[Dataset, Dataset]:
    """Training and test data from a file each, with common class labels.

    Raises
    ------
    InputError
        where a file is at fault, their columns differ in name or order, or the test file has a class that the training
        file has not.
    """
    train, test = read_table(train_path), read_table(test_path)
    _check_same_columns(train, test)
    column = target_index(train, target)
    cells = [label_cells(table, column) for table in (train, test)]
    values = labels_of_text(cells[0] + cells[1])  # together: 1 in one file and 1.0 in the other are one class
    train_values, test_values = values[: len(cells[0])], values[len(cells[0]) :]
    _check_known_classes(train, test, column, train_values, test_values)
    labels, train_classes = index_labels(str(train.path), train.header[column], train_values)
    position = {label: index for index, label in enumerate(labels)}
    test_classes = np.array([position[value] for value in test_values], dtype=np.int64)
    train_set = _assembled(train, column, labels, train_classes, train.path.stem)
    test_set = _assembled(test, column, labels, test_classes, test.path.stem)
    return check_trainable(train_set, min_class_samples=_MIN_CLASS_SAMPLES_OF_PAIR), test_set


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
