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
        Only the test part keeps it, for the proof that starts at the sensor.
    """

    features: np.ndarray
    classes: np.ndarray
    rows: np.ndarray
    measured: np.ndarray | None = None

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


@dataclass(frozen=True, eq=False)
class PreparedData:
    """Quantised data, split once and for all.

    ``train`` is for training and search, ``validation`` for choosing among results, ``test`` for the report alone.
    Where ``validation`` is None, ``train`` is all that is not test, and what has to be judged on samples that nothing
    learned from holds some of them out itself.
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


def prepare(
    dataset: Dataset,
    *,
    bits: int = 4,
    seed: int = SPLIT_SEED,
    validation_fraction: float = 0.25,
    split_seed: int = SPLIT_SEED,
) -> PreparedData:
    """Splits a data set into train, validation and test, and quantises all of them as the training part asks.

    The test part is the literature's, ``train_test_split(X, y, test_size=0.3, random_state=42, stratify=y)``; the
    validation part is cut from the rest, stratified. Scaling is fitted on what then remains for training.

    Parameters
    ----------
    bits : width of every quantised feature, 1 to 16.
    seed : of the validation cut alone; leave it, so that designs of different search seeds stay comparable.
    validation_fraction : share of the training part that becomes validation.
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
    train, validation = _stratified(dataset, rest, _checked_fraction(validation_fraction), seed)
    quantiser = _fitted(dataset, train, bits)
    return _assembled(dataset, quantiser, train, validation, _test_part(quantiser, dataset, test))


def prepare_pair(
    train: Dataset,
    test: Dataset,
    *,
    bits: int = 4,
    seed: int = SPLIT_SEED,
    validation_fraction: float = 0.25,
) -> PreparedData:
    """As ``prepare``, with the test part from a data set of its own; its ``rows`` count in that set.

    Raises
    ------
    InputError
        also where features or class labels of the two sets differ.
    """
    if train.feature_names != test.feature_names:
        raise InputError(f"{test.source}: the features differ from those of {train.source}")
    if train.class_labels != test.class_labels:
        raise InputError(f"{test.source}: the class labels differ from those of {train.source}")
    data = prepare_without_test(train, bits=bits, seed=seed, validation_fraction=validation_fraction)
    part = _test_part(data.quantiser, test, np.arange(test.samples))
    return PreparedData(
        data.name, bits, data.feature_names, data.class_labels, data.quantiser, data.train, data.validation, part
    )


def prepare_without_test(
    dataset: Dataset, *, bits: int = 4, seed: int = SPLIT_SEED, validation_fraction: float = 0.25
) -> PreparedData:
    """As ``prepare``, with every sample used for train or validation and an empty test part."""
    check_bits(bits)
    check_trainable(dataset, min_class_samples=2)
    everything = np.arange(dataset.samples)
    train, validation = _stratified(dataset, everything, _checked_fraction(validation_fraction), seed)
    quantiser = _fitted(dataset, train, bits)
    return _assembled(dataset, quantiser, train, validation, _part(quantiser, dataset, everything[:0]))


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


def _test_part(quantiser: Quantiser, dataset: Dataset, rows: np.ndarray) -> Part:
    return replace(_part(quantiser, dataset, rows), measured=dataset.features[rows])


def _assembled(
    dataset: Dataset, quantiser: Quantiser, train: np.ndarray, validation: np.ndarray, test: Part
) -> PreparedData:
    return PreparedData(
        dataset.name,
        quantiser.bits,
        dataset.feature_names,
        dataset.class_labels,
        quantiser,
        _part(quantiser, dataset, train),
        _part(quantiser, dataset, validation),
        test,
    )
