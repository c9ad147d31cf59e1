"""Wide and long data: what is looked at, by whom it is decided, and that models come out over all features."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bespoke.data import Dataset, cut_folds, dataset_names, load_dataset, prepare
from bespoke.model import LogicCircuit, Network, read_features
from bespoke.run.budgets import BUDGETS
from bespoke.run.config import Effort, RunConfig
from bespoke.run.focus import focus_notes, focus_of
from bespoke.run.preparation import front_end_of, procedure_of, technology_of
from bespoke.run.progress import Silent
from bespoke.run.runfolder import RunFolder
from bespoke.sensing import FrontEndKind

SMALL = replace(BUDGETS[Effort.FAST], features=6, samples=120, candidates=400, moves=2000, tables=10)


def wide(samples: int = 400, features: int = 30, seed: int = 0):
    """Features 3, 11 and 20 tell the class, 12 repeats 11 with little noise, the others are noise."""
    rng = np.random.default_rng(seed)
    classes = np.arange(samples) % 3
    values = rng.normal(size=(samples, features))
    values[:, 3] += 2.0 * (classes == 1)
    values[:, 11] += 2.0 * (classes == 2)
    values[:, 20] += 1.5 * classes
    values[:, 12] = values[:, 11] + 0.01 * rng.normal(size=samples)
    names = tuple(f"f{column}" for column in range(features))
    return prepare(Dataset("wide", names, ("a", "b", "c"), values, classes, "wide.csv"))


def test_known_sets_are_looked_at_as_a_whole():
    known = [name for name in dataset_names() if name in ("digits", "breast_cancer", "iris", "wine")]
    for name in known:
        data = prepare(load_dataset(name))
        for budget in BUDGETS.values():
            focus = focus_of(data, budget, 0)
            assert focus.columns is None and focus.rows is None and focus.narrowed(data) is data
            assert focus_notes(data, budget) == ()


def test_what_tells_most_is_kept_and_repetitions_are_not():
    data = wide()
    focus = focus_of(data, SMALL, 0)
    kept = set(focus.columns.tolist())
    assert len(kept) == SMALL.features and {3, 20} <= kept and len({11, 12} & kept) == 1
    assert np.array_equal(focus.columns, focus_of(data, SMALL, 0).columns)
    assert focus_of(data, SMALL, 0, screened=False).columns is None
    assert "6 of 30 features" in focus_notes(data, SMALL)[0]


def test_thinning_is_stratified_and_keeps_small_classes():
    data = wide(samples=3000)
    many = replace(SMALL, samples=900)
    classes = np.where(np.arange(data.train.samples) < 40, 0, 1 + np.arange(data.train.samples) % 2)
    data = replace(data, train=replace(data.train, classes=classes))
    rows = focus_of(data, many, 1).rows
    counts = np.bincount(classes[rows])
    assert counts[0] == 40 and abs(int(counts[1]) - int(counts[2])) <= 1 and 850 < len(rows) < 960
    assert (np.diff(rows) > 0).all()
    assert "look at about 900 of 2100 samples" in focus_notes(data, many)[1]


def test_every_fold_screens_by_itself():
    """What is held out has no say: other held-out values leave the fold's focus as it is."""
    data = wide()
    fold = cut_folds(data, 3)[0]
    rng = np.random.default_rng(5)
    measured = data.train.measured.copy()
    held = np.isin(data.train.rows, fold.held_out.rows)
    measured[held] = rng.permuted(measured[held], axis=0)
    changed = replace(data, train=replace(data.train, measured=measured))
    again = cut_folds(changed, 3)[0]
    assert np.array_equal(focus_of(fold.data, SMALL, 0).columns, focus_of(again.data, SMALL, 0).columns)


@pytest.mark.parametrize("kind", list(FrontEndKind))
def test_designs_of_a_wide_table_read_all_of_its_features(tmp_path, kind):
    data = wide()
    config = RunConfig(data="iris", effort=Effort.FAST, front_end=kind)
    technology = technology_of(config)
    procedure = replace(procedure_of(config, data, (2,), technology, front_end_of(config, technology)), budget=SMALL)
    for name in ("models", "search"):
        (tmp_path / name).mkdir()
    developed = procedure.develop(RunFolder(tmp_path), data, workers=1, progress=Silent())
    focus = focus_of(data, SMALL, 0)
    assert {type(one.model) for one in developed.designs} == {Network, LogicCircuit}
    for model in (developed.models.baseline, developed.models.quantised, *(one.model for one in developed.designs)):
        assert model.features == 30 and set(read_features(model)) <= set(focus.columns.tolist())
    assert developed.models.float_model.topology[0] == 30
    for design in developed.designs:
        right = design.model.predict(data.train.features) == data.train.classes
        assert (design.train.correct, design.train.samples) == (int(right.sum()), data.train.samples)
    assert max(one.train.value for one in developed.designs) > 0.7
    again = procedure.develop(RunFolder(tmp_path), data, workers=1, progress=Silent())
    assert [one.to_json() for one in again.designs] == [one.to_json() for one in developed.designs]
