"""The table that everything starts from, and what makes a table unfit for training."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bespoke.errors import InputError

#: More distinct target values than this are a measured quantity or an identifier, not classes.
MAX_CLASSES = 100
#: With fewer samples of a class, one of the three parts of the data could not see it in training.
MIN_CLASS_SAMPLES = 4
#: Cells that stand for a value that is not there.
MISSING_MARKERS = frozenset({"", "?", "na", "n/a", "nan", "null", "none", "-", "."})

Label = str | int | float | bool

_WHOLE_NUMBER = re.compile(r"[+-]?\d+(\.0*)?")
_LEADING_ZERO = re.compile(r"[+-]?0\d")


@dataclass(frozen=True, eq=False)
class Dataset:
    """A classification table.

    Parameters
    ----------
    name : short name of the set.
    feature_names : one a column, all different.
    class_labels : the original label values; class index i means ``class_labels[i]``. Sorted, numbers by value; bundled
        sets keep scikit-learn's own order.
    features : float64 (samples, features), all finite, or NaN where a value is missing and medians are to stand for it.
    classes : int64 (samples,), class indices.
    source : where the table comes from, for messages: a path, ``scikit-learn``, ...
    notes : sentences on what was done to the table when it was read.
    """

    name: str
    feature_names: tuple[str, ...]
    class_labels: tuple[Label, ...]
    features: np.ndarray
    classes: np.ndarray
    source: str
    notes: tuple[str, ...] = ()

    def __post_init__(self):
        features = np.ascontiguousarray(self.features, dtype=np.float64)
        classes = np.ascontiguousarray(self.classes, dtype=np.int64)
        if features.ndim != 2 or classes.shape != (features.shape[0],):
            raise InputError(
                f"{self.source}: features {features.shape} and classes {classes.shape} do not fit together"
            )
        if features.shape[1] != len(self.feature_names):
            raise InputError(f"{self.source}: {features.shape[1]} feature columns have {len(self.feature_names)} names")
        for array in (features, classes):
            array.setflags(write=False)
        object.__setattr__(self, "features", features)
        object.__setattr__(self, "classes", classes)

    @property
    def samples(self) -> int:
        return self.features.shape[0]


def check_columns(source: str, names: Sequence[str]) -> None:
    """Every column has a name of its own.

    Raises
    ------
    InputError
        that names the column.
    """
    seen: dict[str, int] = {}
    for position, name in enumerate(names, start=1):
        if not name.strip():
            raise InputError(
                f"{source}: column {position} has no name in the header; name it, or remove it if it is a row index"
            )
        if name in seen:
            raise InputError(f"{source}: columns {seen[name]} and {position} are both named {name!r}; rename one")
        seen[name] = position


def check_trainable(dataset: Dataset, *, min_class_samples: int = MIN_CLASS_SAMPLES) -> Dataset:
    """The data set itself, if a classifier can be trained on it.

    Raises
    ------
    InputError
        for no features, a single class, or a class with fewer than ``min_class_samples`` samples.
    """
    source = dataset.source
    if not dataset.feature_names:
        raise InputError(f"{source}: no feature column is left beside the class column")
    counts = np.bincount(dataset.classes, minlength=len(dataset.class_labels))
    if np.count_nonzero(counts) < 2:
        label = dataset.class_labels[int(counts.argmax())] if len(counts) else None
        raise InputError(f"{source}: every sample has the class {label!r}; a classifier needs two classes or more")
    for label, count in zip(dataset.class_labels, counts, strict=True):
        if count < min_class_samples:
            raise InputError(
                f"{source}: class {label!r} has {count} sample{'s' if count != 1 else ''}, at least "
                f"{min_class_samples} are needed to split the data; add samples, or say --rare-classes drop (leave "
                "such classes out) or --rare-classes merge (make them one class)"
            )
    return dataset


def constant_features(features: np.ndarray) -> np.ndarray:
    """Indices of the columns that hold a single value, or none at all, missing ones (NaN) aside."""
    return np.flatnonzero(~(np.fmin.reduce(features, axis=0) < np.fmax.reduce(features, axis=0)))


def repeated_features(features: np.ndarray) -> list[tuple[int, int]]:
    """Each column that holds the values of an earlier one, missing ones (NaN) alike, beside the first such column."""
    first: dict[bytes, int] = {}
    repeated = []
    for column in range(features.shape[1]):
        values = features[:, column] + 0.0  # the two zeros are one value
        values[np.isnan(values)] = np.nan
        earlier = first.setdefault(hashlib.sha256(values.tobytes()).digest(), column)
        if earlier != column:
            repeated.append((column, earlier))
    return repeated


def labels_of_text(cells: Sequence[str]) -> list[Label]:
    """Label values of text cells: integers where all are whole numbers, floats where all are numbers, else the text.

    ``1.0`` becomes 1, but the cells stay text where a leading zero (``007``) shows that they are names.
    """
    if any(_LEADING_ZERO.match(cell) for cell in set(cells)):
        return list(cells)
    if all(_WHOLE_NUMBER.fullmatch(cell.strip()) for cell in set(cells)):
        return [int(cell.strip().partition(".")[0]) for cell in cells]
    try:
        numbers = [float(cell) for cell in cells]
    except ValueError:
        return list(cells)
    if not all(map(math.isfinite, numbers)):
        return list(cells)
    if all(number.is_integer() for number in numbers):
        return [int(number) for number in numbers]
    return list(numbers)


def index_labels(source: str, column: str, values: Sequence[Label]) -> tuple[tuple[Label, ...], np.ndarray]:
    """Sorted distinct labels and the class index of every sample.

    Raises
    ------
    InputError
        where labels cannot be sorted together, or are so many that the column is no class column.
    """
    distinct = set(values)
    kinds = {type(value) for value in distinct}
    if len(kinds) > 1 and str in kinds:
        names = " and ".join(sorted(kind.__name__ for kind in kinds))
        raise InputError(f"{source}: the class column {column!r} mixes {names} values; make them one type")
    fractional = any(isinstance(value, float) and not value.is_integer() for value in distinct)
    many = 20 if fractional else MAX_CLASSES
    if len(distinct) > many or (len(distinct) > 10 and 2 * len(distinct) > len(values)):
        raise InputError(
            f"{source}: the class column {column!r} has {len(distinct)} distinct values in {len(values)} rows, which "
            "looks like a measured quantity or an identifier; name the class column with --target"
        )
    labels = tuple(sorted(distinct))
    position = {label: index for index, label in enumerate(labels)}
    return labels, np.fromiter((position[value] for value in values), dtype=np.int64, count=len(values))


def dataset_from_frame(
    features: Any, classes: Any, *, name: str = "data", feature_names: Sequence[str] | None = None
) -> Dataset:
    """Data set of a pandas DataFrame (or array) of features and a Series (or array) of labels.

    Parameters
    ----------
    features : (samples, features), numbers.
    classes : (samples,), labels of any one JSON-able type.
    name : name of the set, also used in messages.
    feature_names : by default the frame's columns, or ``x0``, ``x1``, ... for an array.

    Raises
    ------
    InputError
        for missing or infinite values, text in a feature, or labels that are no classes.
    """
    source = name
    columns = getattr(features, "columns", None)
    array = features.to_numpy() if columns is not None else np.asarray(features)
    if array.ndim != 2:
        raise InputError(f"{source}: the features must be a table (samples, features), not of shape {array.shape}")
    if feature_names is None:
        feature_names = [str(c) for c in columns] if columns is not None else [f"x{i}" for i in range(array.shape[1])]
    check_columns(source, feature_names)
    labels = np.asarray(classes)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.shape != (array.shape[0],):
        raise InputError(f"{source}: {array.shape[0]} samples have class labels of shape {labels.shape}")
    if array.shape[0] == 0:
        raise InputError(f"{source}: there are no samples")
    numbers = _numeric(source, array, feature_names)
    label_name = str(getattr(classes, "name", None) or "class")
    class_labels, indices = index_labels(source, label_name, _plain_labels(source, label_name, labels))
    return Dataset(name, tuple(feature_names), class_labels, numbers, indices, source)


def _numeric(source: str, array: np.ndarray, names: Sequence[str]) -> np.ndarray:
    if array.dtype.kind in "biuf":
        numbers = array.astype(np.float64)
    else:
        numbers = np.empty(array.shape, dtype=np.float64)
        for (row, column), value in np.ndenumerate(array):
            try:
                numbers[row, column] = float("nan") if value is None or isinstance(value, str) else float(value)
            except (TypeError, ValueError):  # pandas' NA and text alike
                numbers[row, column] = float("nan")
    bad = np.argwhere(~np.isfinite(numbers))
    if len(bad):
        row, column = map(int, bad[0])
        raise InputError(
            f"{source}: column {names[column]!r}, row {row + 1}: {array[row, column]!r} is not a finite number"
        )
    return numbers


def _plain_labels(source: str, column: str, labels: np.ndarray) -> list[Label]:
    """NumPy scalars as Python values; whole floats as integers, if all are."""
    values: list[Label] = [value.item() if isinstance(value, np.generic) else value for value in labels]
    for row, value in enumerate(values, start=1):
        if not isinstance(value, str | int | float) or (isinstance(value, float) and not math.isfinite(value)):
            raise InputError(f"{source}: column {column!r}, row {row}: the class label {value!r} is no name or number")
    if any(isinstance(value, float) for value in values) and not any(isinstance(value, str) for value in values):
        values = [int(value) for value in values] if all(float(v).is_integer() for v in values) else values
    return values
