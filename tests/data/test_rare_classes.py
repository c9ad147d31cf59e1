"""Rare classes are refused, left out or merged, and nothing but the set that is learnt from decides what is rare."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from bespoke.data import Missing, RareClasses, card_of, load_alike, load_dataset, prepare
from bespoke.errors import InputError
from bespoke.run.config import RunConfig
from bespoke.run.preparation import read_data


def table(path: Path, counts: dict[object, int], seed: int = 0) -> Path:
    rng = np.random.default_rng(seed)
    labels = [label for label, count in counts.items() for _ in range(count)]
    rows = [f"{rng.normal():.4f},{rng.normal():.4f},{label}" for label in rng.permutation(labels)]
    path.write_text("\n".join(["x,y,class", *rows]) + "\n")
    return path


def labels_of(dataset) -> Counter:
    return Counter(str(dataset.class_labels[index]) for index in dataset.classes.tolist())


def test_refusal_names_the_option(tmp_path):
    path = table(tmp_path / "t.csv", {"a": 30, "b": 30, "c": 3})
    with pytest.raises(InputError, match=r"class 'c' has 3 samples, at least 4 .* --rare-classes drop .* merge"):
        load_dataset(path)


def test_drop_and_merge_say_how_many(tmp_path):
    path = table(tmp_path / "t.csv", {1: 30, 2: 20, 7: 3, 8: 2, 9: 4})
    dropped = load_dataset(path, rare_classes=RareClasses.DROP)
    assert labels_of(dropped) == {"1": 30, "2": 20, "9": 4} and dropped.class_labels == (1, 2, 9)
    assert "5 samples of 59 left out" in dropped.notes[0] and "7 (3), 8 (2)" in dropped.notes[0]
    merged = load_dataset(path, rare_classes=RareClasses.MERGE)
    assert labels_of(merged) == {"1": 30, "2": 20, "9": 4, "other": 5} and merged.class_labels[-1] == "other"
    assert "5 samples of 59 made the class 'other'" in merged.notes[0]
    plain = table(tmp_path / "plain.csv", {1: 30, 2: 20})
    for rule in RareClasses:
        assert load_dataset(plain, rare_classes=rule).notes == ()


def test_the_merged_class_collides_with_nothing(tmp_path):
    path = table(tmp_path / "t.csv", {"Other": 30, "other classes": 20, "x": 2, "y": 3})
    assert load_dataset(path, rare_classes=RareClasses.MERGE).class_labels[-1] == "other classes 2"


def test_what_is_left_must_still_be_classes(tmp_path):
    path = table(tmp_path / "t.csv", {"a": 30, "b": 30, "c": 3})
    with pytest.raises(InputError, match=r"fewer than 4 samples have 3 together, .*'c' \(3\).* --rare-classes drop"):
        load_dataset(path, rare_classes=RareClasses.MERGE)
    path = table(tmp_path / "u.csv", {"a": 30, "b": 3})
    with pytest.raises(InputError, match=r"no class but 'a' has 4 samples or more"):
        load_dataset(path, rare_classes=RareClasses.DROP)


def test_the_training_file_decides_for_the_others(tmp_path):
    train = table(tmp_path / "train.csv", {"a": 20, "b": 20, "c": 1, "d": 1})
    test = table(tmp_path / "test.csv", {"a": 5, "b": 1, "c": 6, "e": 2}, seed=1)
    with pytest.raises(InputError, match="does not occur in"):
        load_alike(train, [test])
    first, second = load_alike(train, [test], rare_classes=RareClasses.DROP)
    assert labels_of(first) == {"a": 20, "b": 20} and labels_of(second) == {"a": 5, "b": 1}
    assert "8 samples of 14 left out" in second.notes[0] and "in " + str(train) in second.notes[0]
    first, second = load_alike(train, [test], rare_classes=RareClasses.MERGE)
    assert labels_of(first) == {"a": 20, "b": 20, "other": 2}
    assert labels_of(second) == {"a": 5, "b": 1, "other": 8}
    plain = table(tmp_path / "plain.csv", {"a": 20, "b": 20})
    with pytest.raises(InputError, match="'c' does not occur in"):
        load_alike(plain, [test], rare_classes=RareClasses.MERGE)


def test_a_validation_file_beside_a_table_that_is_split(tmp_path):
    data = table(tmp_path / "data.csv", {"a": 20, "b": 20, "c": 3})
    validation = table(tmp_path / "validation.csv", {"a": 5, "c": 4}, seed=1)
    config = RunConfig(data=str(data), validation=str(validation), folds=0, rare_classes=RareClasses.DROP)
    prepared, _ = read_data(config)
    assert prepared.class_labels == ("a", "b") and prepared.validation.samples == 5
    assert sum("left out as of rare classes" in note for note in prepared.notes) == 2


def arrhythmia_like(path: Path) -> Path:
    """452 rows, 279 columns, 13 classes of which two are rare; missing values, constant and repeated columns."""
    rng = np.random.default_rng(3)
    counts = [245, 44, 15, 15, 13, 25, 3, 2, 9, 50, 4, 5, 22]
    classes = rng.permutation(np.repeat(np.arange(1, 14), counts))
    values = rng.normal(size=(452, 279)).round(2) + 0.3 * (classes[:, np.newaxis] % 5)
    values[:, 20:37] = 0
    values[:, 50] = values[:, 40]
    cells = values.round(2).astype(str)
    for column, share in ((10, 0.05), (11, 0.01), (13, 0.83)):
        cells[rng.random(452) < share, column] = "?"
    lines = [",".join([*row, str(label)]) for row, label in zip(cells, classes, strict=True)]
    path.write_text("\n".join([",".join([*(f"c{k}" for k in range(279)), "class"]), *lines]) + "\n")
    return path


@pytest.mark.parametrize(("rule", "samples", "classes"), [("drop", 447, 11), ("merge", 452, 12)])
def test_a_wide_table_with_everything_at_once(tmp_path, rule, samples, classes):
    config = RunConfig(
        data=str(arrhythmia_like(tmp_path / "wide.csv")),
        missing=Missing.MEDIAN,
        rare_classes=RareClasses(rule),
        split=3,
    )
    data, _ = read_data(config)
    assert data.train.samples + data.test.samples == samples and data.classes == classes and data.features == 261
    assert {*(f"c{k}" for k in range(20, 37)), "c50"} == set(data.dropped)
    notes = " ".join(data.notes)
    for words in ("missing values", "17 columns are left out", "'c50' (as 'c40')", "rare classes", "split 3, not"):
        assert words in notes
    card = card_of(data)
    assert not any("repeats" in warned.text for warned in card.warnings) and len(card.features) == 261


def test_split_is_a_setting_that_decides_results(tmp_path):
    path = table(tmp_path / "t.csv", {"a": 30, "b": 30})
    plain, record, other = (RunConfig(data=str(path), split=split) for split in (None, 42, 1))
    assert plain.result_settings() == record.result_settings() != other.result_settings()
    dataset = load_dataset(path)
    for config, seed in ((plain, 42), (record, 42), (other, 1)):
        data, _ = read_data(config)
        assert data.split == seed and np.array_equal(data.test.rows, prepare(dataset, split_seed=seed).test.rows)
        assert any("not of the split of record" in note for note in data.notes) == (seed == 1)
    with pytest.raises(InputError, match="--split cuts a test part"):
        RunConfig(train=str(path), test=str(path), split=1)
