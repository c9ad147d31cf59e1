"""The split of record, scaling and quantisation: what every later stage trains, selects and reports on."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from bespoke.data.dataset import (
    MIN_CLASS_SAMPLES,
    Dataset,
    Label,
    check_trainable,
    constant_error,
    constant_features,
)
from bespoke.errors import InputError
from bespoke.sensing import Quantiser, check_bits

#: The literature's split: 30 % test, stratified, this seed, rows in file order. No option moves it.
SPLIT_SEED = 42
TEST_FRACTION = 0.3


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
    """

    features: np.ndarray
    classes: np.ndarray
    rows: np.ndarray
    measured: np.ndarray | None = None
    weights: np.ndarray | None = None

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

    def taken(self, places: np.ndarray) -> Part:
        """The samples at these places, int (samples,), which may repeat."""
        measured, weights = (None if one is None else one[places] for one in (self.measured, self.weights))
        return Part(self.features[places], self.classes[places], self.rows[places], measured, weights)


@dataclass(frozen=True, eq=False)
class PreparedData:
    """Quantised data, split once and for all.

    ``train`` is for training and search, ``test`` for the report alone. Where there is a ``validation`` part, what is
    found is judged on it; without one ``train`` is all that is not test, the development part, and cross-fitting
    judges (`bespoke.data.folds`).
    """

    name: str
    bits: int
    feature_names: tuple[str, ...]
    class_labels: tuple[Label, ...]
    quantiser: Quantiser
    train: Part
    validation: Part | None
    test: Part

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
) -> PreparedData:
    """Splits a data set into a development and a test part, and quantises both as the former asks.

    The test part is the literature's, ``train_test_split(X, y, test_size=0.3, random_state=42, stratify=y)``. Scaling
    is fitted on what remains for training.

    Parameters
    ----------
    bits : width of every quantised feature, 1 to 16.
    seed : of the validation cut alone; leave it, so that designs of different search seeds stay comparable.
    validation_fraction : share of what is not test that becomes a validation part, stratified; None for no such part.
    split_seed : of the cut of the test part. Another than the split of record is for tuning and for benchmarks, so that
        nothing is tuned on the test part that is reported on.

    Raises
    ------
    InputError
        for data that cannot be split or hold a feature that is constant over the training part.
    """
    check_bits(bits)
    check_trainable(dataset, min_class_samples=MIN_CLASS_SAMPLES)
    rest, test = _stratified(dataset, np.arange(dataset.samples), TEST_FRACTION, split_seed)
    data = _developed(dataset, rest, bits, seed, validation_fraction)
    return replace(data, test=_measured_part(data.quantiser, dataset, test))


def prepare_pair(
    train: Dataset,
    test: Dataset,
    *,
    validation: Dataset | None = None,
    bits: int = 4,
    seed: int = SPLIT_SEED,
    validation_fraction: float | None = None,
) -> PreparedData:
    """As ``prepare``, with the test part, and maybe the validation part, from a data set of its own.

    ``rows`` of such a part count in its set.

    Raises
    ------
    InputError
        also where features or class labels of the sets differ.
    """
    data = prepare_without_test(train, bits=bits, seed=seed, validation_fraction=validation_fraction)
    data = replace(data, test=_measured_part(data.quantiser, _alike(test, train), np.arange(test.samples)))
    return data if validation is None else with_validation(data, validation, train)


def with_validation(data: PreparedData, validation: Dataset, dataset: Dataset) -> PreparedData:
    """The data with a validation part of its own, a set like the one that they come from.

    Raises
    ------
    InputError
        where the sets differ in features or class labels.
    """
    rows = np.arange(validation.samples)
    return replace(data, validation=_part(data.quantiser, _alike(validation, dataset), rows))


def prepare_without_test(
    dataset: Dataset, *, bits: int = 4, seed: int = SPLIT_SEED, validation_fraction: float | None = None
) -> PreparedData:
    """As ``prepare``, with every sample in the development part and an empty test part."""
    check_bits(bits)
    check_trainable(dataset, min_class_samples=2)
    return _developed(dataset, np.arange(dataset.samples), bits, seed, validation_fraction)


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


def _fitted(dataset: Dataset, train: np.ndarray, bits: int) -> Quantiser:
    constant = constant_features(dataset.features[train])
    if len(constant):
        raise constant_error(dataset, constant, "in all rows of the training part")
    with np.errstate(over="ignore"):
        spans = np.ptp(dataset.features[train], axis=0)
    if not np.isfinite(spans).all():
        name = dataset.feature_names[int(np.argmin(np.isfinite(spans)))]
        raise InputError(f"{dataset.source}: the range of column {name!r} is too large for a number")
    return Quantiser.fitted(dataset.features[train], bits)


def _part(quantiser: Quantiser, dataset: Dataset, rows: np.ndarray) -> Part:
    return Part(quantiser.transform(dataset.features[rows]), dataset.classes[rows], rows)


def _measured_part(quantiser: Quantiser, dataset: Dataset, rows: np.ndarray) -> Part:
    return replace(_part(quantiser, dataset, rows), measured=dataset.features[rows])


def _developed(
    dataset: Dataset, rows: np.ndarray, bits: int, seed: int, validation_fraction: float | None
) -> PreparedData:
    """Rows to develop on, with a validation part cut from them where a share is given; the test part is empty."""
    train, validation = rows, None
    if validation_fraction is not None:
        train, validation = _stratified(dataset, rows, _checked_fraction(validation_fraction), seed)
    quantiser = _fitted(dataset, train, bits)
    return PreparedData(
        dataset.name,
        bits,
        dataset.feature_names,
        dataset.class_labels,
        quantiser,
        _measured_part(quantiser, dataset, train),
        None if validation is None else _part(quantiser, dataset, validation),
        _part(quantiser, dataset, rows[:0]),
    )
