"""Sets by name: the bundled ones, and the literature's from a folder, the cache, or a stand-in for UCI."""

from __future__ import annotations

from types import SimpleNamespace

import helpers
import numpy as np
import pandas as pd
import pytest
from sklearn import datasets

from bespoke.data import dataset_names, load_dataset, prepare
from bespoke.data.uci import LITERATURE, cache_dir, literature_file
from bespoke.errors import InputError

SIZES = {  # samples, features, classes, as the literature gives them
    "breast_cancer_wisconsin": (683, 9, 2),
    "cardiotocography": (2126, 21, 3),
    "pendigits": (10992, 16, 10),
    "redwine": (1599, 11, 6),
    "whitewine": (4898, 11, 7),
}


@pytest.fixture
def no_data_folder(monkeypatch, tmp_path):
    """Neither a data folder nor a cache that a test did not make."""
    monkeypatch.delenv("BESPOKE_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "cache"))
    monkeypatch.setattr("pathlib.Path.home", lambda: tmp_path / "home")
    return tmp_path


@pytest.mark.parametrize("name", ["breast_cancer", "wine", "iris", "digits"])
def test_bundled_sets_are_scikit_learns(name, no_data_folder):
    bunch = getattr(datasets, f"load_{name}")()
    dataset = load_dataset(name)
    assert name in dataset_names()
    assert dataset.samples == len(bunch.target)
    labels = [dataset.class_labels[index] for index in dataset.classes]
    assert labels == [bunch.target_names[index] for index in bunch.target]
    varying = [column for column in bunch.data.T if column.min() < column.max()]
    assert len(varying) - 1 <= len(dataset.feature_names) <= len(varying)
    assert prepare(dataset).features == len(dataset.feature_names)


def test_bundled_sets_have_no_other_target():
    with pytest.raises(InputError, match="class column of its own"):
        load_dataset("iris", target="species")


@pytest.mark.parametrize("name", sorted(SIZES))
def test_literature_sets_from_a_folder(name):
    dataset = load_dataset(name, data_dir=helpers.shared_dataset_dir())
    assert (dataset.samples, len(dataset.feature_names), len(dataset.class_labels)) == SIZES[name]
    assert all(isinstance(label, int) for label in dataset.class_labels)


def test_folder_from_the_environment(monkeypatch, tmp_path):
    (tmp_path / "redwine.csv").write_text("x,quality\n" + "".join(f"{i},{i % 2}\n" for i in range(20)))
    monkeypatch.setenv("BESPOKE_DATA", str(tmp_path))
    assert load_dataset("redwine").feature_names == ("x",)
    monkeypatch.setenv("BESPOKE_DATA", str(tmp_path / "gone"))
    with pytest.raises(InputError, match="BESPOKE_DATA does not exist"):
        load_dataset("redwine")


class FakeUci:
    """Answers as the client does, with made-up tables of the right make-up, and counts its calls."""

    def __init__(self, rng: np.random.Generator):
        self._rng = rng
        self.calls: list[int] = []

    def __call__(self, *, id: int) -> dict:
        self.calls.append(id)
        samples, features, classes = {
            15: (699, 9, 2),
            193: (2126, 21, 3),
            81: (10992, 16, 10),
            186: (1599 + 4898, 11, 7),
        }[id]
        target = {15: "Class", 193: "NSP", 81: "class", 186: "quality"}[id]
        values = self._rng.integers(0, 100, (samples, features)).astype(float)
        frame = pd.DataFrame(values, columns=[f"Attribute {i}" for i in range(features)])
        labels = np.arange(samples) % classes
        original = frame.assign(**{target: labels})
        if id == 15:
            frame.iloc[10:26, 5] = np.nan
        if id == 186:
            labels = np.where(np.arange(samples) < 1599, np.arange(samples) % 6, labels)
            original["color"] = ["red"] * 1599 + ["white"] * 4898
        targets = pd.DataFrame({"CLASS": labels, target: labels} if id == 193 else {target: labels})
        return {"data": SimpleNamespace(features=frame, targets=targets, original=original).__dict__}


@pytest.mark.parametrize("name", sorted(SIZES))
def test_download_once_then_the_cache(name, no_data_folder):
    fetch = FakeUci(np.random.default_rng(1))
    path = literature_file(name, fetch=fetch)
    assert path == cache_dir() / f"{name}.csv"
    assert no_data_folder in path.parents
    assert literature_file(name, fetch=fetch) == path
    assert fetch.calls == [LITERATURE[name].uci_id]
    dataset = load_dataset(name)
    assert (dataset.samples, len(dataset.feature_names), len(dataset.class_labels)) == SIZES[name]
    assert "." not in path.read_text().splitlines()[1]  # whole numbers stay whole
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_rows_with_missing_values_are_left_out(no_data_folder):
    fetch = FakeUci(np.random.default_rng(1))
    literature_file("breast_cancer_wisconsin", fetch=fetch)
    expected = FakeUci(np.random.default_rng(1))(id=15)["data"]["features"].dropna()
    assert np.array_equal(load_dataset("breast_cancer_wisconsin").features, expected.to_numpy())


def test_without_network_the_message_says_what_to_do(no_data_folder):
    def fetch(*, id: int):
        raise ConnectionError("Error connecting to server")

    with pytest.raises(
        InputError, match=r"redwine could not be downloaded .* put redwine.csv into a folder .*BESPOKE_DATA"
    ):
        literature_file("redwine", fetch=fetch)
    assert not cache_dir().exists()


def test_a_set_that_changed_at_its_source_is_refused(no_data_folder):
    def fetch(*, id: int):
        answer = FakeUci(np.random.default_rng(1))(id=id)
        return {"data": {key: frame.iloc[:-1] for key, frame in answer["data"].items()}}

    with pytest.raises(InputError, match="has 10991 samples, 16 features and 10 classes"):
        literature_file("pendigits", fetch=fetch)
    assert not cache_dir().exists()
