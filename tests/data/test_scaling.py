"""Ranges by rule and by hand, missing values: fitted on what may be looked at, and on nothing else."""

from __future__ import annotations

import statistics
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bespoke.data import (
    Dataset,
    FeatureRange,
    Missing,
    Scale,
    Scaling,
    cut_folds,
    load_alike,
    load_dataset,
    prepare,
    prepare_pair,
)
from bespoke.errors import InputError

SCALES = [Scaling(kind) for kind in Scale] + [Scaling(Scale.ROBUST, (FeatureRange("b", -1.0, 2.5),))]


def noise(samples: int = 80, seed: int = 0, missing: float = 0.0) -> Dataset:
    """Long-tailed features, some values missing."""
    rng = np.random.default_rng(seed)
    features = rng.standard_cauchy((samples, 3))
    features[rng.random(features.shape) < missing] = np.nan
    return Dataset("noise", ("a", "b", "c"), ("no", "yes"), features, np.arange(samples) % 2, "noise.csv")


def percentile(values: list[float], share: float) -> float:
    """Linear between samples, by hand."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


COLUMN = st.lists(st.floats(-1e6, 1e6, width=32), min_size=2, max_size=40)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(COLUMN, st.integers(0, 5))
def test_rules_against_plain_python(values, gaps):
    column = np.array([*values, *[np.nan] * gaps])[:, np.newaxis]
    limits = {kind: Scaling(kind).fitted(column, ("x",), 4) for kind in Scale}
    low, high = min(values), max(values)
    if low == high:
        assert all(one.low[0] == low < one.high[0] for one in limits.values())
        return
    assert (limits[Scale.MINMAX].low[0], limits[Scale.MINMAX].high[0]) == (low, high)
    inner = percentile(values, 0.01), percentile(values, 0.99)
    expected = inner if inner[0] < inner[1] else (low, high)
    assert (limits[Scale.QUANTILE].low[0], limits[Scale.QUANTILE].high[0]) == pytest.approx(expected)
    middle = statistics.median(values)
    reach = 2 * (percentile(values, 0.75) - percentile(values, 0.25))
    expected = max(low, middle - reach), min(high, middle + reach)
    expected = expected if expected[0] < expected[1] else (low, high)
    assert (limits[Scale.ROBUST].low[0], limits[Scale.ROBUST].high[0]) == pytest.approx(expected)


@pytest.mark.parametrize("scaling", SCALES, ids=str)
@pytest.mark.parametrize("missing", [0.0, 0.1])
def test_whatever_is_not_trained_on_moves_neither_range_nor_median(scaling, missing):
    dataset = noise(missing=missing)
    data = prepare(dataset, scaling=scaling)
    features = dataset.features.copy()
    features[data.test.rows] *= 1e6
    again = prepare(replace(dataset, features=features), scaling=scaling)
    assert again.quantiser == data.quantiser
    assert np.array_equal(again.train.measured, data.train.measured)
    pair = prepare_pair(dataset, replace(dataset, features=dataset.features * 1e6), scaling=scaling)
    assert pair.quantiser == prepare_pair(dataset, dataset, scaling=scaling).quantiser
    fold = cut_folds(data, 3, seed=1)[0]
    train = data.train
    held = np.isin(train.rows, fold.held_out.rows)
    disturbed = np.where(held[:, np.newaxis], train.measured * -1e6, train.measured)
    other = cut_folds(replace(data, train=replace(train, measured=disturbed)), 3, seed=1)[0]
    assert other.data.quantiser == fold.data.quantiser
    assert np.array_equal(other.data.train.measured, fold.data.train.measured)


@pytest.mark.parametrize("scaling", SCALES, ids=str)
def test_folds_are_scaled_by_the_same_rule(scaling):
    dataset = noise(missing=0.1)
    data = prepare(dataset, scaling=scaling)
    for fold in cut_folds(data, 3):
        learnt = dataset.features[fold.data.train.rows]
        assert fold.data.quantiser == scaling.fitted(learnt, data.feature_names, data.bits)
        medians = np.nanmedian(learnt, axis=0)
        for part in (fold.data.train, fold.held_out):
            known = dataset.features[part.rows]
            assert np.array_equal(part.measured, np.where(np.isnan(known), medians, known))
            assert np.array_equal(part.features, fold.data.quantiser.transform(part.measured))


def test_missing_values_are_the_medians_of_what_is_trained_on():
    dataset = noise(missing=0.15)
    for fraction in (None, 0.25):
        data = prepare(dataset, validation_fraction=fraction)
        medians = np.nanmedian(dataset.features[data.train.rows], axis=0)
        for part in data.parts.values():
            known = dataset.features[part.rows]
            values = np.where(np.isnan(known), medians, known)
            assert np.array_equal(part.features, data.quantiser.transform(values))
            if part.missing is not None:
                assert np.array_equal(part.missing, np.isnan(known)) and np.array_equal(part.measured, values)
                assert np.array_equal(part.known, known, equal_nan=True)


def test_values_outside_of_a_fixed_range_clip():
    data = prepare(noise(), scaling=Scaling(ranges=(FeatureRange("c", -0.5, 0.5),)))
    assert (data.quantiser.low[2], data.quantiser.high[2]) == (-0.5, 0.5)
    assert set(data.train.features[data.train.measured[:, 2] >= 0.5, 2]) == {15}
    assert set(data.test.features[data.test.measured[:, 2] <= -0.5, 2]) == {0}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("t=-10:40", FeatureRange("t", -10.0, 40.0)),
        (" I (U=5 V: max) = 0:1e-3", FeatureRange("I (U=5 V: max)", 0.0, 1e-3)),
        ("temp °C= 15 : 30 ", FeatureRange("temp °C", 15.0, 30.0)),
    ],
)
def test_a_range_is_read_and_written(text, expected):
    assert FeatureRange.parsed(text) == expected == FeatureRange.parsed(str(expected))


@pytest.mark.parametrize("text", ["t", "t=", "t=1", "t=1:2:3", "=1:2", "t=a:b", "t=2:1", "t=1:1", "t=nan:1", "t=0:inf"])
def test_a_range_that_is_none(text):
    with pytest.raises(InputError, match=r"--range"):
        FeatureRange.parsed(text)


def test_a_range_of_no_feature_is_refused_by_name():
    with pytest.raises(InputError, match=r"noise.csv: --range aa=0.0:1.0: there is no feature 'aa'; did you mean 'a'"):
        prepare(noise(), scaling=Scaling(ranges=(FeatureRange("aa", 0.0, 1.0),)))
    with pytest.raises(InputError, match=r"'q' twice"):
        Scaling(ranges=(FeatureRange("q", 0.0, 1.0), FeatureRange("q", 0.0, 2.0)))


# --- tables with missing values

GAPS = "x,y,class\n" + "".join(f"{k},{'?' if k % 10 == 3 else k % 7},{'ab'[k % 2]}\n" for k in range(40))


def table(folder, text, name="t.csv"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_missing_values_are_refused_with_the_ways_out(tmp_path):
    with pytest.raises(InputError, match=r"line 5, column 'y': '\?' is a missing value; .*--missing drop.*median"):
        load_dataset(table(tmp_path, GAPS))


def test_samples_with_missing_values_are_left_out_and_counted(tmp_path):
    text = GAPS + "1,2,?\n,4,a\n"
    dataset = load_dataset(table(tmp_path, text), missing=Missing.DROP)
    assert dataset.samples == 36 and np.isfinite(dataset.features).all()
    assert dataset.features[:, 0].tolist() == [k for k in range(40) if k % 10 != 3]
    classes, values = dataset.notes
    assert "1 of 42 samples are left out, for their class is missing" in classes
    assert "5 of 42 samples are left out, for a value is missing" in values


@pytest.mark.parametrize("marker", ["", " ", "?", "NA", "nan", "NULL", "-", ".", "n/a", "None"])
def test_every_marker_is_filled(tmp_path, marker):
    dataset = load_dataset(table(tmp_path, GAPS.replace("?", marker)), missing=Missing.MEDIAN)
    assert np.isnan(dataset.features[:, 1]).tolist() == [k % 10 == 3 for k in range(40)]
    (note,) = dataset.notes
    assert "4 missing values in 1 column are" in note


def test_text_is_no_missing_value(tmp_path):
    for missing in Missing:
        with pytest.raises(InputError, match="line 3, column 'y': 'tall' is text"):
            load_dataset(table(tmp_path, "x,y,class\n1,2,a\n1,tall,b\n"), missing=missing)


def test_files_alike_are_rid_of_missing_values_each(tmp_path):
    train, test = table(tmp_path, GAPS), table(tmp_path, "x,y,class\n1,?,a\n2,3,b\n2,3,?\n", "test.csv")
    first, second = load_alike(train, [test], missing=Missing.DROP)
    assert (first.samples, second.samples) == (36, 1) and len(second.notes) == 2
    data = prepare_pair(first, second)
    assert data.notes == (*first.notes, *second.notes)
    first, second = load_alike(train, [test], missing=Missing.MEDIAN)
    data = prepare_pair(first, second)
    assert data.test.measured.tolist() == [[1.0, np.nanmedian(first.features[:, 1])], [2.0, 3.0]]


def test_a_column_without_any_value_leaves_no_sample_out(tmp_path):
    text = "x,y,empty,class\n" + "".join(f"{k},{k % 7},,{'ab'[k % 2]}\n" for k in range(40))
    for missing in (Missing.DROP, Missing.MEDIAN):
        dataset = load_dataset(table(tmp_path, text), missing=missing)
        data = prepare(dataset)
        assert dataset.samples == 40 and data.feature_names == ("x", "y") and data.dropped == ("empty",)


def test_where_no_sample_is_whole_the_other_way_is_named(tmp_path):
    text = "x,y,class\n" + "".join(f"{k if k % 2 else ''},{'' if k % 2 else k},a\n" for k in range(10))
    with pytest.raises(InputError, match=r"no sample is left, .*--missing median"):
        load_dataset(table(tmp_path, text), missing=Missing.DROP)


def test_a_wide_table_with_gaps_and_constant_columns(tmp_path):
    """In the shape of hospital tables: more columns than a hand counts, many without a sign of life."""
    rng = np.random.default_rng(3)
    values = rng.normal(size=(120, 90)).round(3).astype(object)
    values[:, 10:27] = 0
    values[rng.random(values.shape) < 0.01] = "?"
    values[:, 30] = np.where(np.arange(120) == 5, 1, 0)
    header = ",".join(f"c{column}" for column in range(90))
    lines = [",".join(map(str, row)) + f",{k % 3 + 1}" for k, row in enumerate(values)]
    path = table(tmp_path, f"{header},class\n" + "\n".join(lines) + "\n")
    data = prepare(load_dataset(path, missing=Missing.MEDIAN))
    assert set(data.dropped) >= {f"c{column}" for column in range(10, 27)} and data.features >= 72
    assert len(cut_folds(data, 3)) == 3
