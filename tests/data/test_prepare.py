"""Split of record, scaling on the training part alone, quantisation, vectors."""

from __future__ import annotations

import csv
import json
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

from bespoke.data import (
    Dataset,
    Part,
    dataset_from_frame,
    load_dataset,
    prepare,
    prepare_pair,
    prepare_without_test,
    read_vectors,
    with_validation,
    write_vectors,
)
from bespoke.errors import InputError
from bespoke.sensing import Quantiser


def small_set(samples: int = 80, seed: int = 0) -> Dataset:
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(samples, 3))
    return Dataset("small", ("a", "b", "c"), ("no", "yes"), features, np.arange(samples) % 2, "small.csv")


@pytest.mark.parametrize("fraction", [None, 0.25])
def test_the_split_is_the_one_of_record(fraction):
    bunch = load_breast_cancer()
    rows = np.arange(len(bunch.target))
    _, _, _, _, kept, expected = train_test_split(
        bunch.data, bunch.target, rows, test_size=0.3, random_state=42, stratify=bunch.target
    )
    data = prepare(load_dataset("breast_cancer"), seed=7, validation_fraction=fraction)
    assert np.array_equal(data.test.rows, expected)
    developed = [part.rows for name, part in data.parts.items() if name != "test"]
    assert sorted(np.concatenate(developed)) == sorted(kept)


@pytest.mark.parametrize("fraction", [None, 0.25])
@pytest.mark.parametrize("seed", [0, 1, 42])
def test_parts_are_disjoint_and_complete_and_stratified(seed, fraction):
    dataset = load_dataset("wine")
    data = prepare(dataset, seed=seed, validation_fraction=fraction)
    assert list(data.parts) == ["train", "test"] if fraction is None else ["train", "validation", "test"]
    parts = list(data.parts.values())
    assert sorted(np.concatenate([part.rows for part in parts])) == list(range(dataset.samples))
    for part in parts:
        assert np.array_equal(part.classes, dataset.classes[part.rows])
        shares = np.bincount(part.classes, minlength=3) / part.samples
        assert np.allclose(shares, np.bincount(dataset.classes) / dataset.samples, atol=0.03)


def test_the_validation_part_is_the_share_asked_for_and_its_seed_moves_nothing_else():
    data, other, whole = (
        prepare(small_set(), seed=1, validation_fraction=0.25),
        prepare(small_set(), seed=2, validation_fraction=0.25),
        prepare(small_set()),
    )
    assert whole.validation is None
    assert (whole.train.samples, data.train.samples, data.validation.samples) == (56, 42, 14)
    assert sorted(data.validation.rows) != sorted(other.validation.rows)
    assert np.array_equal(data.test.rows, other.test.rows) and np.array_equal(data.test.rows, whole.test.rows)


def test_another_split_of_record_is_for_tuning_alone():
    data, other = prepare(small_set()), prepare(small_set(), split_seed=1)
    assert sorted(data.test.rows) != sorted(other.test.rows)
    assert sorted([*other.train.rows, *other.test.rows]) == list(range(80))


@pytest.mark.parametrize("fraction", [None, 0.25])
def test_scaling_sees_the_training_part_alone(fraction):
    dataset = small_set()
    data = prepare(dataset, validation_fraction=fraction)
    outside = np.concatenate([part.rows for name, part in data.parts.items() if name != "train"])
    disturbed = dataset.features.copy()
    disturbed[outside] *= 1e6
    again = prepare(replace(dataset, features=disturbed), validation_fraction=fraction)
    assert again.quantiser == data.quantiser
    assert np.array_equal(again.train.features, data.train.features)
    assert set(np.unique(again.test.features)) <= {0, 15} | set(np.unique(data.test.features))
    assert data.train.features.min() == 0
    assert data.train.features.max() == 15


def plain_quantised(x: float, low: float, high: float, bits: int) -> int:
    share = (min(max(x, low), high) - low) / (high - low)
    return min(2**bits - 1, math.floor(share * 2**bits))


@given(
    st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20),
    st.floats(-1e3, 1e3),
    st.floats(1e-3, 1e6),
    st.integers(1, 12),
)
def test_quantiser_against_plain_python(values, low, span, bits):
    quantiser = Quantiser((low,), (low + span,), bits)
    result = quantiser.transform(np.array(values)[:, None])
    assert result.dtype == np.int64
    assert result[:, 0].tolist() == [plain_quantised(x, low, low + span, bits) for x in values]
    assert Quantiser.from_json(json.loads(json.dumps(quantiser.to_json()))) == quantiser


def test_quantiser_of_known_values():
    quantiser = Quantiser((0.0,), (1.0,), 4)
    values = np.array([[-1.0], [0.0], [0.0624], [0.0625], [0.5], [0.9375], [1.0], [9.0], [np.inf], [-np.inf]])
    assert quantiser.transform(values)[:, 0].tolist() == [0, 0, 0, 1, 8, 15, 15, 15, 15, 0]


def test_quantiser_refuses_what_it_cannot_scale():
    quantiser = Quantiser((0.0, 0.0), (1.0, 1.0), 4)
    with pytest.raises(InputError, match="feature 1 in row 2 is missing"):
        quantiser.transform(np.array([[0.0, 0.5], [0.0, np.nan]]))
    with pytest.raises(InputError, match="shape"):
        quantiser.transform(np.zeros((2, 3)))
    for low, high in [((1.0,), (1.0,)), ((2.0,), (1.0,)), ((float("nan"),), (1.0,)), ((-1e308,), (1e308,))]:
        with pytest.raises(InputError, match="range"):
            Quantiser(low, high, 4)
    for document in ({}, [], {"kind": "quantiser", "schema": 2}, {"kind": "quantiser", "schema": 1, "bits": 4}):
        with pytest.raises(InputError):
            Quantiser.from_json(document)


@pytest.mark.parametrize("bits", [0, 17, 2.5, True, "4"])
def test_bits_out_of_range(bits):
    with pytest.raises(InputError, match=r"^bits must be"):
        prepare(small_set(), bits=bits)


def test_a_feature_constant_over_the_training_part_is_left_out():
    dataset = small_set()
    for fraction in (None, 0.25):
        plain = prepare(dataset, validation_fraction=fraction)
        features = dataset.features.copy()
        features[plain.train.rows, 1] = 3.0
        changed = replace(dataset, features=features)
        data = prepare(changed, validation_fraction=fraction)
        assert data.feature_names == ("a", "c") and data.dropped == ("b",)
        for name, part in data.parts.items():
            assert np.array_equal(part.features, plain.parts[name].features[:, [0, 2]])
        (note,) = data.notes
        assert note.startswith("small.csv: column 'b' is left out")
        kept = prepare(changed, validation_fraction=fraction, keep_idle=True)
        assert kept.feature_names == ("a", "b", "c") and kept.dropped == kept.notes == ()
        assert set(kept.train.features[:, 1]) == {0}


def test_a_feature_that_repeats_another_over_the_training_part_is_left_out():
    dataset = small_set()
    plain = prepare(dataset)
    features = np.column_stack([dataset.features, dataset.features[:, 1], -dataset.features[:, 0]])
    features[plain.test.rows, 3] += 1.0  # alike where it may be looked at alone
    features[plain.train.rows[0], [1, 3]] = np.nan
    table = replace(dataset, feature_names=("a", "b", "c", "d", "e"), features=features)
    data = prepare(table)
    assert data.feature_names == ("a", "b", "c", "e") and data.dropped == ("d",)
    assert data.notes == (
        "small.csv: column 'd' (as 'b') is left out, for it repeats another column in the training part",
    )
    assert prepare(table, keep_idle=True).feature_names == table.feature_names
    features = features.copy()
    features[plain.train.rows[1], 3] += 1e-12
    assert prepare(replace(table, features=features)).dropped == ()


def test_nothing_but_constant_features_is_refused():
    dataset = small_set()
    with pytest.raises(InputError, match=r"small.csv: every feature column holds a single value"):
        prepare(replace(dataset, features=np.zeros(dataset.features.shape)))


def test_too_few_samples():
    few = small_set(8)
    with pytest.raises(InputError, match=r"small.csv: .*too few to split"):
        prepare(few, validation_fraction=0.1)
    with pytest.raises(InputError, match="class 'yes' has 3 samples, at least 4"):
        prepare(replace(small_set(40), classes=np.array([1] * 3 + [0] * 37)))


@pytest.mark.parametrize("fraction", [0.0, 1.0, -0.5, 2, float("nan")])
def test_a_validation_part_is_a_share(fraction):
    with pytest.raises(InputError, match="validation fraction must lie between 0 and 1"):
        prepare(small_set(), validation_fraction=fraction)


def test_pair_takes_the_test_part_from_its_own_set():
    train, test = small_set(60), small_set(10, seed=1)
    data = prepare_pair(train, test)
    assert data.test.rows.tolist() == list(range(10))
    assert data.validation is None and sorted(data.train.rows) == list(range(60))
    assert np.array_equal(data.test.features, data.quantiser.transform(test.features))
    assert np.array_equal(data.quantiser.low, train.features.min(axis=0))
    cut = prepare_pair(train, test, validation_fraction=0.25)
    assert sorted(np.concatenate([cut.train.rows, cut.validation.rows])) == list(range(60))
    assert cut.validation.samples == 15
    with pytest.raises(InputError, match="class labels differ"):
        prepare_pair(train, replace(test, class_labels=("no", "maybe")))
    with pytest.raises(InputError, match="features differ"):
        prepare_pair(train, replace(test, feature_names=("a", "c", "b")))


def test_a_validation_part_from_its_own_set_stands_on_the_training_parts_grid():
    train, test, validation = small_set(60), small_set(10, seed=1), small_set(12, seed=2)
    validation = replace(validation, features=validation.features * 5)
    for data in (
        prepare_pair(train, test, validation=validation),
        with_validation(prepare_pair(train, test), validation, train),
    ):
        assert sorted(data.train.rows) == list(range(60)) and data.validation.rows.tolist() == list(range(12))
        assert data.quantiser == prepare_pair(train, test).quantiser
        assert np.array_equal(data.validation.features, data.quantiser.transform(validation.features))
        assert np.array_equal(data.validation.classes, validation.classes)
    with pytest.raises(InputError, match="class labels differ"):
        prepare_pair(train, test, validation=replace(validation, class_labels=("no", "maybe")))
    with pytest.raises(InputError, match="features differ"):
        with_validation(data, replace(validation, feature_names=("a", "c", "b")), train)


def test_without_test_every_sample_is_used():
    data = prepare_without_test(small_set(60))
    assert data.test.samples == 0 and data.validation is None
    assert sorted(data.train.rows) == list(range(60))
    cut = prepare_without_test(small_set(60), validation_fraction=0.5)
    assert (cut.train.samples, cut.validation.samples, cut.test.samples) == (30, 30, 0)


def test_training_and_test_part_keep_what_was_measured():
    dataset = small_set()
    for data in (
        prepare(dataset),
        prepare_pair(dataset, dataset),
        prepare(dataset, validation_fraction=0.25),
        prepare_without_test(dataset),
    ):
        assert data.validation is None or data.validation.measured is None
        for part in (data.train, data.test):
            if part.samples:
                assert np.array_equal(part.measured, dataset.features[part.rows])
                assert np.array_equal(data.quantiser.transform(part.measured), part.features)
                assert not part.measured.flags.writeable
    part = prepare(dataset).test
    with pytest.raises(InputError, match="measured values"):
        Part(part.features, part.classes, part.rows, part.measured[1:])


def test_samples_that_are_taken_keep_all_that_is_known_of_them():
    part = replace(prepare(small_set()).train, weights=np.arange(56.0))
    places = np.array([5, 5, 0, 17])
    taken = part.taken(places)
    for name in ("features", "classes", "rows", "measured", "weights"):
        assert np.array_equal(getattr(taken, name), getattr(part, name)[places])
    bare = replace(part, measured=None, weights=None).taken(places)
    assert bare.measured is None and bare.weights is None


def test_vectors_survive_and_are_plain_csv(tmp_path):
    data = prepare(small_set())
    names = ("=1+2", 'quoted "name", with comma', "two\nlines")
    path = tmp_path / "vectors.csv"
    write_vectors(path, data.test, names)
    again = read_vectors(path)
    assert np.array_equal(again.features, data.test.features)
    assert np.array_equal(again.classes, data.test.classes)
    with path.open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == [*names, "class"]
    assert [int(cell) for cell in rows[1]] == [*data.test.features[0], data.test.classes[0]]
    assert list(tmp_path.iterdir()) == [path]


def test_vectors_leave_nothing_half_written(tmp_path):
    part = prepare(small_set()).test
    path = tmp_path / "vectors.csv"
    path.write_text("before")
    with pytest.raises(UnicodeEncodeError):
        write_vectors(path, part, ("a", "b", "\ud800"))
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_damaged_vectors(tmp_path):
    path = tmp_path / "v.csv"
    for text, fragment in [("", "empty"), ("a,class\n1,x\n", "line 2"), ("a,class\n1\n", "1 cells instead of 2")]:
        path.write_text(text)
        with pytest.raises(InputError, match=fragment):
            read_vectors(path)
    with pytest.raises(InputError, match=r"gone\.csv"):
        read_vectors(tmp_path / "gone.csv")


def test_vectors_in_another_order_are_refused(tmp_path):
    """Features are taken by position, so the same names elsewhere would be read for one another."""
    path = tmp_path / "v.csv"
    path.write_text("I-,I+,class\n1,2,0\n")
    with pytest.raises(InputError, match=r"column 1 is 'I-', the model reads 'I\+' there"):
        read_vectors(path, ("I+", "I-"))
    assert read_vectors(path, ("I-", "I+")).features.tolist() == [[1, 2]]
    assert read_vectors(path, ("a", "b")).features.tolist() == [[1, 2]]
    path.write_text("\ufeffI+,I-,class\n1,2,0\n", encoding="utf-8")
    assert read_vectors(path, ("I+", "I-")).classes.tolist() == [0]


def test_parts_cannot_be_changed():
    part = prepare(small_set()).test
    with pytest.raises(ValueError, match="read-only"):
        part.features[0, 0] = 1
    with pytest.raises(InputError, match="do not fit together"):
        Part(np.zeros((3, 2)), np.zeros(2), np.zeros(3))


def test_frames_of_every_kind():
    frame = pd.DataFrame({"a": [1, 2, 3, 4], "b": [0.5, 1.5, 2.5, 3.5]})
    for labels in (["x", "y", "x", "y"], pd.Series(["x", "y", "x", "y"], dtype="category"), np.array(list("xyxy"))):
        dataset = dataset_from_frame(frame, labels, name="frame")
        assert dataset.feature_names == ("a", "b")
        assert dataset.class_labels == ("x", "y")
        assert dataset.classes.tolist() == [0, 1, 0, 1]
    plain = dataset_from_frame(frame.to_numpy(), np.array([2.0, 1.0, 2.0, 1.0]))
    assert plain.feature_names == ("x0", "x1")
    assert plain.class_labels == (1, 2)
    assert json.dumps(dataset_from_frame(frame, np.array([True, False] * 2)).class_labels) == "[false, true]"


@pytest.mark.parametrize(
    ("column", "labels", "fragments"),
    [
        ([1, None, 3, 4], list("xyxy"), ["'b'", "row 2", "finite"]),
        ([1, "red", 3, 4], list("xyxy"), ["'b'", "row 2", "'red'"]),
        ([1, 2, 3, float("inf")], list("xyxy"), ["'b'", "row 4", "inf"]),
        ([1, 2, 3, 4], ["x", None, "x", "y"], ["row 2", "class"]),
        ([1, 2, 3, 4], [1.0, float("nan"), 1.0, 2.0], ["row 2", "class"]),
        ([1, 2, 3, 4], list("xyx"), ["4 samples", "(3,)"]),
        ([1, 2, 3, 4], np.array([1, "x", 2, "y"], dtype=object), ["mixes int and str"]),
    ],
)
def test_bad_frames(column, labels, fragments):
    with pytest.raises(InputError) as caught:
        dataset_from_frame(pd.DataFrame({"a": [1, 2, 3, 4], "b": column}), labels, name="frame")
    for fragment in ("frame", *fragments):
        assert fragment in str(caught.value)
