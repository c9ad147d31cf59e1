"""The split of record, scaling and quantisation: what every later stage trains, selects and reports on."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from bespoke.data.dataset import (
    MIN_CLASS_SAMPLES,
    Dataset,
    Label,
    check_trainable,
    constant_features,
    repeated_features,
)
from bespoke.data.scaling import MINMAX, Scaling, filled, medians_of
from bespoke.errors import InputError
from bespoke.sensing import Quantiser, check_bits

#: The literature's split: 30 % test, stratified, this seed, rows in file order. It is the split of record.
SPLIT_SEED = 42
TEST_FRACTION = 0.3

#: Columns that a note lists by name.
_NAMED = 5


@dataclass(frozen=True, eq=False)
class Part:
    """One part of the data, quantised.

    Parameters
    ----------
    features : int64 (samples, features), each in ``0 .. 2**bits - 1``.
    classes : int64 (samples,), class indices.
    rows : int64 (samples,), rows of the data set that the samples come from.
    measured : float64 (samples, features), what was measured before it was quantised; None where that is not kept.
        The training part keeps it, for folds are scaled anew, and the test part, for the proof that starts at the
        sensor.
    weights : float64 (samples,), what an error on each sample weighs in training and search; None for all alike.
    missing : bool (samples, features), which measured values were not there and are medians; None for none.
    """

    features: np.ndarray
    classes: np.ndarray
    rows: np.ndarray
    measured: np.ndarray | None = None
    weights: np.ndarray | None = None
    missing: np.ndarray | None = None

    def __post_init__(self):
        for field in ("features", "classes", "rows"):
            array = np.ascontiguousarray(getattr(self, field), dtype=np.int64)
            array.setflags(write=False)
            object.__setattr__(self, field, array)
        if self.features.ndim != 2 or not self.classes.shape == self.rows.shape == self.features.shape[:1]:
            raise InputError(
                f"a part's features {self.features.shape}, classes {self.classes.shape} and rows {self.rows.shape} "
                "do not fit together"
            )
        if self.measured is not None:
            measured = np.array(self.measured, dtype=np.float64)
            if measured.shape != self.features.shape:
                raise InputError(f"a part's measured values {measured.shape} are not those of {self.features.shape}")
            measured.setflags(write=False)
            object.__setattr__(self, "measured", measured)

    @property
    def samples(self) -> int:
        return self.features.shape[0]

    @property
    def known(self) -> np.ndarray:
        """What was measured, NaN where nothing was, float64 (samples, features)."""
        return self.measured if self.missing is None else np.where(self.missing, np.nan, self.measured)

    def taken(self, places: np.ndarray) -> Part:
        """The samples at these places, int (samples,), which may repeat."""
        measured, weights, missing = (
            None if one is None else one[places] for one in (self.measured, self.weights, self.missing)
        )
        return Part(self.features[places], self.classes[places], self.rows[places], measured, weights, missing)


@dataclass(frozen=True, eq=False)
class PreparedData:
    """Quantised data, split once and for all.

    ``train`` is for training and search, ``test`` for the report alone. Where there is a ``validation`` part, what is
    found is judged on it; without one ``train`` is all that is not test, the development part, and cross-fitting
    judges (`bespoke.data.folds`).

    Parameters
    ----------
    feature_names : those that are left, for columns that are constant over ``train``, or repeat another there, tell
        nothing.
    scaling : how the ``quantiser`` was fitted, so that folds can do the same.
    dropped : names of the columns that were left out, in the table's order.
    notes : sentences on what was done to the table: samples left out, values filled in, columns left out.
    split : random state of the cut that made the test part; None where a set of its own is the test part, or nothing.
    """

    name: str
    bits: int
    feature_names: tuple[str, ...]
    class_labels: tuple[Label, ...]
    quantiser: Quantiser
    train: Part
    validation: Part | None
    test: Part
    scaling: Scaling = MINMAX
    dropped: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    split: int | None = None

    @property
    def features(self) -> int:
        return len(self.feature_names)

    @property
    def classes(self) -> int:
        return len(self.class_labels)

    @property
    def parts(self) -> dict[str, Part]:
        """The parts that there are, by name."""
        named = {"train": self.train, "validation": self.validation, "test": self.test}
        return {name: part for name, part in named.items() if part is not None}


def prepare(
    dataset: Dataset,
    *,
    bits: int = 4,
    seed: int = SPLIT_SEED,
    validation_fraction: float | None = None,
    split_seed: int = SPLIT_SEED,
    scaling: Scaling = MINMAX,
    keep_idle: bool = False,
) -> PreparedData:
    """Splits a data set into a development and a test part, and quantises both as the former asks.

    The test part is the literature's, ``train_test_split(X, y, test_size=0.3, random_state=42, stratify=y)``. Scaling
    is fitted on what remains for training, and so are the medians that stand for missing values; columns that are
    constant over it, or hold the values of an earlier column, are left out.

    Parameters
    ----------
    bits : width of every quantised feature.
    seed : of the validation cut alone; leave it, so that designs of different search seeds stay comparable.
    validation_fraction : share of what is not test that becomes a validation part, stratified; None for no such part.
    split_seed : of the cut of the test part. With another than the split of record nothing is tuned on the test part
        that is reported on, and the spread over splits shows.
    scaling : how the range of every feature is found.
    keep_idle : keep constant and repeated columns, the former with a range that is only formal, for a model that reads
        them.

    Raises
    ------
    InputError
        for data that cannot be split or hold nothing but constant columns, and for a fixed range of no feature.
    """
    check_bits(bits)
    check_trainable(dataset, min_class_samples=MIN_CLASS_SAMPLES)
    rest, test = _stratified(dataset, np.arange(dataset.samples), TEST_FRACTION, split_seed)
    data = _developed(dataset, rest, bits, seed, validation_fraction, scaling, keep_idle)
    notes = data.notes
    if split_seed != SPLIT_SEED:
        notes = (*notes, f"{dataset.source}: the test part is that of split {split_seed}, not of the split of record")
    return replace(data, test=_measured_part(data, dataset, test), split=split_seed, notes=notes)


def prepare_pair(
    train: Dataset,
    test: Dataset,
    *,
    validation: Dataset | None = None,
    bits: int = 4,
    seed: int = SPLIT_SEED,
    validation_fraction: float | None = None,
    scaling: Scaling = MINMAX,
    keep_idle: bool = False,
) -> PreparedData:
    """As ``prepare``, with the test part, and maybe the validation part, from a data set of its own.

    ``rows`` of such a part count in its set.

    Raises
    ------
    InputError
        also where features or class labels of the sets differ.
    """
    data = prepare_without_test(
        train,
        bits=bits,
        seed=seed,
        validation_fraction=validation_fraction,
        scaling=scaling,
        keep_idle=keep_idle,
    )
    part = _measured_part(data, _alike(test, train), np.arange(test.samples))
    data = replace(data, test=part, notes=(*data.notes, *test.notes))
    return data if validation is None else with_validation(data, validation, train)


def with_validation(data: PreparedData, validation: Dataset, dataset: Dataset) -> PreparedData:
    """The data with a validation part of its own, a set like the one that they come from.

    Raises
    ------
    InputError
        where the sets differ in features or class labels.
    """
    part = _part(data, _alike(validation, dataset), np.arange(validation.samples))
    return replace(data, validation=part, notes=(*data.notes, *validation.notes))


def prepare_without_test(
    dataset: Dataset,
    *,
    bits: int = 4,
    seed: int = SPLIT_SEED,
    validation_fraction: float | None = None,
    scaling: Scaling = MINMAX,
    keep_idle: bool = False,
) -> PreparedData:
    """As ``prepare``, with every sample in the development part and an empty test part."""
    check_bits(bits)
    check_trainable(dataset, min_class_samples=2)
    rows = np.arange(dataset.samples)
    return _developed(dataset, rows, bits, seed, validation_fraction, scaling, keep_idle)


def _alike(dataset: Dataset, other: Dataset) -> Dataset:
    if other.feature_names != dataset.feature_names:
        raise InputError(f"{dataset.source}: the features differ from those of {other.source}")
    if other.class_labels != dataset.class_labels:
        raise InputError(f"{dataset.source}: the class labels differ from those of {other.source}")
    return dataset


def _checked_fraction(fraction: float) -> float:
    if not 0 < fraction < 1:
        raise InputError(f"the validation fraction must lie between 0 and 1, not {fraction!r}")
    return fraction


def _stratified(dataset: Dataset, rows: np.ndarray, fraction: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    from sklearn.model_selection import train_test_split  # heavy: only when data are split

    try:
        kept, cut = train_test_split(rows, test_size=fraction, random_state=seed, stratify=dataset.classes[rows])
    except ValueError as error:
        raise InputError(
            f"{dataset.source}: {dataset.samples} samples of {len(dataset.class_labels)} classes are too few to split "
            f"into training, validation and test data ({error})"
        ) from error
    return kept, cut


def _measured_part(data: PreparedData, dataset: Dataset, rows: np.ndarray) -> Part:
    """Rows of the set in the data's features, missing values filled as the training part says."""
    columns = [dataset.feature_names.index(name) for name in data.feature_names]
    known = dataset.features[rows][:, columns]
    missing = np.isnan(known)
    measured = filled(known, medians_of(data.train.known)) if missing.any() else known
    grid = data.quantiser.transform(measured)
    return Part(grid, dataset.classes[rows], rows, measured, missing=missing if missing.any() else None)


def _part(data: PreparedData, dataset: Dataset, rows: np.ndarray) -> Part:
    return replace(_measured_part(data, dataset, rows), measured=None, missing=None)


def _developed(
    dataset: Dataset,
    rows: np.ndarray,
    bits: int,
    seed: int,
    validation_fraction: float | None,
    scaling: Scaling,
    keep_idle: bool,
) -> PreparedData:
    """Rows to develop on, with a validation part cut from them where a share is given; the test part is empty."""
    scaling.check_names(dataset.source, dataset.feature_names)
    train, validation = rows, None
    if validation_fraction is not None:
        train, validation = _stratified(dataset, rows, _checked_fraction(validation_fraction), seed)
    known = dataset.features[train]
    constant = constant_features(known)
    if len(constant) == len(dataset.feature_names):
        raise InputError(
            f"{dataset.source}: every feature column holds a single value in the training part, so nothing tells the "
            "classes apart"
        )
    idle = () if keep_idle else _idle_columns(dataset, known, constant)
    left_out = {column for column, _ in idle}
    columns = [column for column in range(len(dataset.feature_names)) if column not in left_out]
    dropped = tuple(dataset.feature_names[column] for column in sorted(left_out))
    names = tuple(dataset.feature_names[column] for column in columns)
    known = known[:, columns] if left_out else known
    try:
        quantiser = scaling.fitted(known, names, bits)
    except InputError as error:
        raise InputError(f"{dataset.source}: {error}") from error
    missing = np.isnan(known)
    measured = filled(known, medians_of(known)) if missing.any() else known
    part = Part(
        quantiser.transform(measured),
        dataset.classes[train],
        train,
        measured,
        missing=missing if missing.any() else None,
    )
    notes = (*dataset.notes, *_idle_notes(dataset, idle, scaling))
    data = PreparedData(
        dataset.name,
        bits,
        names,
        dataset.class_labels,
        quantiser,
        part,
        None,
        part.taken(rows[:0]),
        scaling,
        dropped,
        notes,
    )
    return data if validation is None else replace(data, validation=_part(data, dataset, validation))


def _idle_columns(dataset: Dataset, known: np.ndarray, constant: np.ndarray) -> tuple[tuple[int, int | None], ...]:
    """Columns that tell nothing, each with the earlier one that it repeats; None for a constant one.

    Parameters
    ----------
    known : float64 (samples, features), NaN for what is missing; those to learn from.
    constant : columns that hold a single value.
    """
    moving = np.setdiff1d(np.arange(len(dataset.feature_names)), constant)
    repeated = [(int(moving[column]), int(moving[first])) for column, first in repeated_features(known[:, moving])]
    return (*((int(column), None) for column in constant), *repeated)


def _idle_notes(dataset: Dataset, idle: tuple[tuple[int, int | None], ...], scaling: Scaling) -> list[str]:
    names = dataset.feature_names
    constant = [(names[column], repr(names[column])) for column, first in idle if first is None]
    repeated = [
        (names[column], f"{names[column]!r} (as {names[first]!r})") for column, first in idle if first is not None
    ]
    found = ((constant, "holds a single value"), (repeated, "repeats another column"))
    return [_left_out_note(dataset.source, columns, why, scaling) for columns, why in found if columns]


def _left_out_note(source: str, columns: list[tuple[str, str]], why: str, scaling: Scaling) -> str:
    """What is said of columns, each its name and how it is shown, that were left out for one reason."""
    shown = ", ".join(words for _, words in columns[:_NAMED]) + (", ..." if len(columns) > _NAMED else "")
    if len(columns) == 1:
        note = f"{source}: column {shown} is left out, for it {why} in the training part"
    else:
        note = f"{source}: {len(columns)} columns are left out, for each {why} in the training part: {shown}"
    names = {name for name, _ in columns}
    unused = [repr(one.name) for one in scaling.ranges if one.name in names]
    return f"{note}; --range of {', '.join(unused)} changes nothing" if unused else note
