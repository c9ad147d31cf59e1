"""The card: shares and histograms recounted, and warnings where, and only where, something is planted."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bespoke.data import (
    DataCard,
    Dataset,
    FeatureRange,
    Scale,
    Scaling,
    card_of,
    load_dataset,
    prepare,
    prepare_without_test,
)
from bespoke.data.doubts import _window
from bespoke.errors import InputError


def sensors(samples: int = 200, **columns) -> Dataset:
    """Two well-behaved sensors, and columns beside or in place of them."""
    rng = np.random.default_rng(5)
    found = {"s": rng.uniform(0, 5, samples), "t": rng.normal(20, 3, samples), **columns}
    classes = rng.permutation(np.arange(samples) % 2)
    features = np.column_stack(list(found.values()))
    return Dataset("sensors", tuple(found), ("no", "yes"), features, classes, "sensors.csv")


def warned(dataset: Dataset, **more) -> list[tuple[str, str]]:
    return [(one.kind, one.name) for one in card_of(prepare_without_test(dataset, **more)).warnings]


@pytest.mark.parametrize("name", ["iris", "wine"])
@pytest.mark.parametrize("bits", [2, 4, 7])
def test_shares_and_histograms_recounted(name, bits):
    dataset = load_dataset(name)
    data = prepare(dataset, bits=bits)
    card = card_of(data)
    assert (card.samples, card.test_samples, card.validation_samples) == (data.train.samples, data.test.samples, None)
    assert card.classes == tuple(
        (label, int((data.train.classes == index).sum())) for index, label in enumerate(data.class_labels)
    )
    for column, feature in enumerate(card.features):
        values = dataset.features[data.train.rows, column].tolist()
        codes = [min(2**bits - 1, int((v - feature.low) / (feature.high - feature.low) * 2**bits)) for v in values]
        assert (feature.least, feature.greatest) == (feature.low, feature.high) == (min(values), max(values))
        assert feature.levels == pytest.approx([codes.count(code) / len(codes) for code in range(2**bits)])
        assert (feature.at_lowest, feature.at_highest) == (feature.levels[0], feature.levels[-1])
        assert sum(feature.histogram) == len(values) and feature.distinct == len(set(values))
        span = max(values) - min(values)
        assert feature.histogram[0] == sum((v - min(values)) / span * len(feature.histogram) < 1 for v in values)


def test_the_card_never_looks_at_the_test_part():
    dataset = sensors()
    data = prepare(dataset)
    features = dataset.features.copy()
    features[data.test.rows] = features[data.test.rows] ** 3 - 7
    assert card_of(prepare(replace(dataset, features=features))) == card_of(data)


def test_a_card_survives_json():
    card = card_of(prepare(sensors(id=np.arange(200.0))))
    assert card.warnings
    assert DataCard.from_json(json.loads(json.dumps(card.to_json(), allow_nan=False))) == card
    for broken in ({}, [], {**card.to_json(), "schema": 9}, {**card.to_json(), "features": [1]}):
        with pytest.raises(InputError, match="card"):
            DataCard.from_json(broken)


def test_a_good_table_has_no_warning():
    assert warned(sensors()) == []


def test_one_outlier_that_squeezes_a_sensor():
    values = np.random.default_rng(1).uniform(0, 5, 200)
    values[17] = 16.0
    dataset = sensors(u=values)
    (found,) = card_of(prepare_without_test(dataset)).warnings
    assert (found.kind, found.name) == ("squeezed", "u")
    assert "100 % of the samples share 5 of 16 levels" in found.text or "5 of 16 levels" in found.text
    assert "--range or --scale quantile" in found.text
    assert warned(dataset, scaling=Scaling(ranges=(FeatureRange("u", 0.0, 5.0),))) == []


def test_a_crowded_code_and_a_sensor_at_its_end():
    rng = np.random.default_rng(2)
    crowded = np.where(rng.random(200) < 0.44, rng.uniform(0, 0.3, 200), rng.uniform(0.5, 5, 200))
    ended = np.where(rng.random(200) < 0.5, 5.0, rng.uniform(0, 5, 200))
    dataset = sensors(u=crowded, v=ended)
    texts = {one.name: one.text for one in card_of(prepare_without_test(dataset)).warnings}
    assert set(texts) == {"u", "v"}
    share = np.mean(prepare_without_test(dataset).train.features[:, 2] == 0)
    assert f"{100 * share:.0f} % of the samples cannot be told apart in the lowest code" in texts["u"]
    assert "are 5, the highest value" in texts["v"]


def test_a_switch_is_not_crowded():
    assert warned(sensors(u=(np.arange(200) % 5 == 0).astype(float), v=np.arange(200.0) % 4)) == []


def test_copies_of_a_column():
    dataset = sensors()
    s = dataset.features[:, 0]
    table = sensors(u=s, v=32 + 1.8 * s, w=-1e-6 * s, x=s**2, y=(3 * s).round(2))
    found = card_of(prepare_without_test(table, keep_idle=True)).warnings
    assert [(one.kind, one.name) for one in found] == [("copy", name) for name in "uvwy"]
    assert "u repeats s" in found[0].text and "v is a linear copy of s" in found[1].text
    left = card_of(prepare_without_test(table))
    assert left.dropped == ("u",) and "column 'u' (as 's') is left out, for it repeats another" in left.notes[0]
    assert [(one.kind, one.name) for one in left.warnings] == [("copy", name) for name in "vwy"]


def test_identifiers_and_clocks():
    rng = np.random.default_rng(4)
    assert warned(sensors(u=np.arange(1.0, 201))) == [("identifier", "u")]
    assert warned(sensors(u=np.cumsum(rng.uniform(0.1, 1, 200)))) == [("identifier", "u")]
    assert warned(sensors(u=rng.permutation(np.arange(1000.0, 1200)))) == [("identifier", "u")]
    assert warned(sensors(u=rng.choice(100000, 200, replace=False).astype(float))) == []


def test_small_classes_and_labels_that_look_alike():
    classes = np.array([0] * 100 + [1] * 97 + [2] * 3)
    dataset = replace(sensors(), class_labels=("fit", "Fit", "rare"), classes=classes)
    kinds = [(one.kind, one.name) for one in card_of(prepare_without_test(dataset)).warnings]
    assert kinds == [("small class", "rare"), ("label case", "Fit")]
    assert "3 samples" in card_of(prepare_without_test(dataset)).warnings[0].text


def test_a_range_that_clips():
    (found,) = card_of(prepare_without_test(sensors(), scaling=Scaling(ranges=(FeatureRange("s", 1.0, 5.0),)))).warnings
    assert (found.kind, found.name) == ("clipped", "s") and "outside of 1 to 5" in found.text


@pytest.mark.parametrize(
    ("low", "high", "advice"),
    [
        (0.0, 100.0, "narrow its --range"),  # a few levels of many
        (0.0, 3.0, "widen its --range or leave it out"),  # most samples beyond it, in one code
        (0.0, 1e-3, "widen its --range or leave it out"),  # all of them
        (50.0, 60.0, "widen its --range or leave it out"),  # all of them on the other side
    ],
)
def test_a_range_by_hand_gets_one_advice_that_has_an_effect(low, high, advice):
    dataset = sensors(u=np.random.default_rng(1).uniform(2, 9, 200))
    scaling = Scaling(ranges=(FeatureRange("u", low, high),))
    (found,) = card_of(prepare_without_test(dataset, scaling=scaling)).warnings
    assert found.name == "u" and found.text.endswith(f"; {advice}") and "--scale" not in found.text


def test_advice_on_a_fitted_range_names_what_is_not_taken_yet():
    values = np.random.default_rng(1).standard_cauchy(200)
    for scale, known in (("minmax", "--scale quantile"), ("quantile", "narrow it with --range")):
        found = card_of(prepare_without_test(sensors(u=values), scaling=Scaling(Scale(scale)))).warnings
        assert [one.name for one in found] == ["u"] and found[0].text.endswith(known), scale
    skewed = np.where(np.arange(200) % 8, np.random.default_rng(1).uniform(0, 1, 200), 1000.0)
    (found,) = card_of(prepare_without_test(sensors(u=skewed), scaling=Scaling(Scale.ROBUST))).warnings
    assert found.text.endswith("give it a --range or take --scale minmax")


def test_a_range_of_a_column_that_is_left_out_is_told():
    dataset = sensors(u=np.full(200, 3.0), v=np.full(200, 4.0))
    (note,) = prepare_without_test(dataset, scaling=Scaling(ranges=(FeatureRange("u", 0.0, 5.0),))).notes
    assert note.endswith("single value in the training part: 'u', 'v'; --range of 'u' changes nothing")
    (note,) = prepare_without_test(dataset, scaling=Scaling(ranges=(FeatureRange("s", 0.0, 5.0),))).notes
    assert "--range" not in note


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.lists(st.integers(0, 30), min_size=2, max_size=12).filter(lambda counts: sum(counts) > 1))
def test_the_narrowest_window(counts):
    samples = sum(counts)
    needed = samples - max(1, int(0.02 * samples))
    first, last = _window(np.array(counts), samples)
    assert sum(counts[first : last + 1]) >= needed
    widths = [
        end - start for start in range(len(counts)) for end in range(start, len(counts))
        if sum(counts[start : end + 1]) >= needed
    ]  # fmt: skip
    assert last - first == min(widths)
