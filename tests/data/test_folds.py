"""Folds of the development part: who is held out, who is learnt from, and what the grid is made of."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bespoke.data import Dataset, Part, PreparedData, cut_folds, load_dataset, prepare, prepare_without_test
from bespoke.data.folds import nothing
from bespoke.data.scaling import quantiser_of
from bespoke.errors import InputError


def developed(classes: np.ndarray, bits: int = 4, seed: int = 0) -> PreparedData:
    """Noise with these classes, all of it to develop on."""
    features = np.random.default_rng(seed).normal(size=(len(classes), 3))
    labels = tuple(f"class {index}" for index in range(int(classes.max()) + 1))
    return prepare_without_test(Dataset("noise", ("a", "b", "c"), labels, features, classes, "noise.csv"), bits=bits)


#: Samples of each class, one class at least larger than a pair.
COUNTS = st.lists(st.integers(2, 12), min_size=2, max_size=5)


@settings(max_examples=60, deadline=None)
@given(COUNTS, st.integers(2, 6), st.integers(0, 3))
def test_every_sample_is_held_out_exactly_once_and_every_class_is_learnt(counts, wanted, seed):
    classes = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(counts)), counts))
    data = developed(classes)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        folds = cut_folds(data, wanted, seed=seed)
    assert len(folds) == min(wanted, max(counts))
    held = np.concatenate([fold.held_out.rows for fold in folds])
    assert sorted(held) == sorted(data.train.rows)
    for fold in folds:
        assert fold.held_out.samples > 0
        assert sorted([*fold.data.train.rows, *fold.held_out.rows]) == sorted(data.train.rows)
        assert set(fold.data.train.classes) == set(classes)
        for part in (fold.data.train, fold.held_out):
            assert np.array_equal(part.classes, classes[part.rows])


@settings(max_examples=30, deadline=None)
@given(COUNTS, st.integers(2, 5))
def test_folds_are_stratified(counts, wanted):
    folds = cut_folds(developed(np.repeat(np.arange(len(counts)), counts)), wanted)
    for label in range(len(counts)):
        shares = [int((fold.held_out.classes == label).sum()) for fold in folds]
        assert max(shares) - min(shares) <= 1


@pytest.mark.parametrize("bits", [2, 4, 8])
def test_a_fold_is_scaled_by_its_own_training_part_alone(bits):
    data = prepare(load_dataset("wine"), bits=bits)
    for fold in cut_folds(data, 4, seed=3):
        train = fold.data.train
        assert np.array_equal(fold.data.quantiser.low, train.measured.min(axis=0))
        assert np.array_equal(fold.data.quantiser.high, train.measured.max(axis=0))
        for part in (train, fold.held_out):
            assert np.array_equal(part.features, fold.data.quantiser.transform(part.measured))
            assert np.array_equal(part.measured, load_dataset("wine").features[part.rows])
        assert (train.features.min(axis=0) == 0).all() and (train.features.max(axis=0) == 2**bits - 1).all()


def test_held_out_samples_do_not_move_the_grid():
    data = prepare(load_dataset("iris"))
    fold = cut_folds(data, 3, seed=1)[0]
    places = np.flatnonzero(np.isin(data.train.rows, fold.held_out.rows))
    disturbed = data.train.measured.copy()
    disturbed[places] *= 1e6
    again = cut_folds(replace(data, train=replace(data.train, measured=disturbed)), 3, seed=1)[0]
    assert again.data.quantiser == fold.data.quantiser
    assert np.array_equal(again.data.train.features, fold.data.train.features)
    assert np.array_equal(again.held_out.rows, fold.held_out.rows)
    assert not np.array_equal(again.held_out.features, fold.held_out.features)


def test_a_fold_knows_of_no_other_part():
    data = prepare(load_dataset("iris"), validation_fraction=0.25)
    other = replace(data, test=data.train, validation=data.test)
    for fold, again in zip(cut_folds(data, 3), cut_folds(other, 3), strict=True):
        assert fold.data.validation is None and fold.data.test.samples == 0
        assert list(fold.data.parts) == ["train", "test"]
        assert fold.data.quantiser == again.data.quantiser
        assert np.array_equal(fold.data.train.features, again.data.train.features)
        outside = {*data.test.rows, *data.validation.rows}
        assert not outside & {*fold.data.train.rows, *fold.held_out.rows}


def test_the_seed_alone_decides_the_cut():
    data = prepare(load_dataset("iris"))
    one, same, other = (cut_folds(data, 3, seed=seed) for seed in (1, 1, 2))
    assert all(np.array_equal(a.held_out.rows, b.held_out.rows) for a, b in zip(one, same, strict=True))
    assert any(set(a.held_out.rows) != set(b.held_out.rows) for a, b in zip(one, other, strict=True))


def test_weights_of_the_samples_go_with_them():
    data = prepare(load_dataset("iris"))
    weights = np.arange(data.train.samples, dtype=float)
    by_row = dict(zip(data.train.rows.tolist(), weights, strict=True))
    for fold in cut_folds(replace(data, train=replace(data.train, weights=weights)), 3):
        for part in (fold.data.train, fold.held_out):
            assert part.weights.tolist() == [by_row[row] for row in part.rows.tolist()]


def test_a_feature_that_is_constant_within_a_fold_is_harmless():
    data = developed(np.arange(30) % 2)
    measured = data.train.measured.copy()
    measured[:, 1] = -2.5
    measured[7, 1] = 4.0  # alone tells the samples apart, and some fold holds it out
    folds = cut_folds(replace(data, train=replace(data.train, measured=measured)), 3)
    (without,) = [fold for fold in folds if 7 in fold.held_out.rows]
    assert np.ptp(without.data.train.measured[:, 1]) == 0
    assert set(without.data.train.features[:, 1]) == {0}
    assert without.data.quantiser.low[1] == -2.5 < without.data.quantiser.high[1]
    held = without.held_out
    assert held.features[held.rows == 7, 1] == 15 and set(held.features[held.rows != 7, 1]) == {0}


@pytest.mark.parametrize("value", [0.0, 1.0, -1e300, 1e300, 5e-324])
def test_a_constant_feature_has_a_formal_range(value):
    quantiser = quantiser_of(np.full((3, 1), value), 4)
    assert quantiser.low[0] == value < quantiser.high[0]
    assert quantiser.transform(np.full((2, 1), value)).tolist() == [[0], [0]]


def test_a_range_that_no_number_holds_is_told():
    with pytest.raises(InputError, match=r"range of feature .* is too large"):
        quantiser_of(np.array([[-1e308], [1e308]]), 4)


@pytest.mark.parametrize("counts", [(10, 1), (1, 10), (5, 1, 5)])
def test_a_class_of_a_single_sample_is_refused_by_name(counts):
    enough = developed(np.repeat(np.arange(len(counts)), 10))
    classes = np.repeat(np.arange(len(counts)), counts)
    rows = np.arange(len(classes))
    part = Part(enough.train.features[rows], classes, rows, enough.train.measured[rows])
    single = counts.index(1)
    with pytest.raises(InputError, match=rf"noise: class 'class {single}' has a single sample .*--folds 0"):
        cut_folds(replace(enough, train=part), 3)


def test_a_class_without_samples_is_no_matter_of_folds():
    data = developed(np.arange(20) % 2)
    data = replace(data, class_labels=(*data.class_labels, "never seen"))
    assert len(cut_folds(data, 4)) == 4


def test_nothing_has_no_samples_but_all_the_features():
    part = nothing(prepare(load_dataset("iris")))
    assert part.features.shape == part.measured.shape == (0, 4)
