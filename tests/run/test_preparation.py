"""What a run's settings make of its data, what stands for them, and where the hidden layers come from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bespoke.data import load_dataset, prepare, read_vectors
from bespoke.errors import InputError
from bespoke.run import exploration, preparation
from bespoke.run.config import Effort, RunConfig, Start
from bespoke.run.preparation import (
    data_digest,
    front_end_of,
    prepare_data,
    procedure_of,
    scorer_of,
    technology_of,
    topology_of,
    write_parts,
)
from bespoke.run.procedure import Procedure, TrainedModels
from bespoke.run.progress import Silent
from bespoke.run.runfolder import RunFolder
from bespoke.scores import Metric
from bespoke.sensing import FrontEndKind


@pytest.fixture
def files(tmp_path) -> dict[str, str]:
    """Iris in three files, the classes in a column by name."""
    dataset = load_dataset("iris")
    order = np.random.default_rng(0).permutation(dataset.samples)
    paths = {}
    for name, rows in zip(("train", "test", "validation"), np.split(order, [90, 120]), strict=True):
        lines = [",".join([*dataset.feature_names, "class"])]
        lines += [",".join([*map(str, dataset.features[row]), str(dataset.classes[row])]) for row in rows]
        (tmp_path / f"{name}.csv").write_text("\n".join(lines) + "\n")
        paths[name] = str(tmp_path / f"{name}.csv")
    return paths


def samples(config: RunConfig) -> dict[str, int]:
    return {name: part.samples for name, part in prepare_data(config)[0].parts.items()}


def test_a_set_is_developed_on_as_a_whole_unless_there_are_no_folds():
    assert samples(RunConfig(data="iris")) == {"train": 105, "test": 45}
    assert samples(RunConfig(data="iris", folds=0)) == {"train": 78, "validation": 27, "test": 45}
    plain, cut = (prepare_data(RunConfig(data="iris", folds=folds))[0] for folds in (5, 0))
    assert np.array_equal(plain.test.rows, cut.test.rows)


def test_files_are_the_parts_that_they_are_named_for(files):
    train, test, validation = files["train"], files["test"], files["validation"]
    assert samples(RunConfig(train=train, test=test)) == {"train": 90, "test": 30}
    assert samples(RunConfig(train=train, test=test, folds=0)) == {"train": 67, "validation": 23, "test": 30}
    config = RunConfig(train=train, test=test, validation=validation, folds=0)
    assert samples(config) == {"train": 90, "validation": 30, "test": 30}
    assert prepare_data(config)[1] == f"{train}, {test}, {validation}"
    config = RunConfig(data=train, validation=validation, folds=0)
    assert samples(config) == {"train": 63, "validation": 30, "test": 27}
    data, source = prepare_data(config)
    assert source == f"{train}, {validation}"
    assert np.array_equal(data.validation.classes, load_dataset(validation).classes)


def test_every_part_is_written_as_vectors(tmp_path):
    for folds, names in ((5, ["test", "train"]), (0, ["test", "train", "validation"])):
        data, _ = prepare_data(RunConfig(data="iris", folds=folds))
        folder = RunFolder(tmp_path / str(folds))
        (folder / "vectors").mkdir(parents=True)
        write_parts(folder, data)
        assert sorted(path.stem for path in (folder / "vectors").iterdir()) == names
        for name, part in data.parts.items():
            assert np.array_equal(read_vectors(folder / f"vectors/{name}.csv").features, part.features)


def test_the_digest_stands_for_every_part():
    data = prepare(load_dataset("iris"), validation_fraction=0.25)
    digests = {data_digest(data)}
    for name, part in data.parts.items():
        for other in (replace(part, classes=part.classes[::-1]), replace(part, features=part.features[:, ::-1])):
            digests.add(data_digest(replace(data, **{name: other})))
    assert len(digests) == 7
    assert data_digest(prepare(load_dataset("iris"), validation_fraction=0.25)) in digests


def test_the_digest_stands_for_what_folds_are_scaled_by():
    """Folds are scaled anew, so that samples that are one on the whole's grid may differ on a fold's."""
    data = prepare(load_dataset("iris"))
    inner = (data.train.measured > data.train.measured.min(axis=0)) & (
        data.train.measured < data.train.measured.max(axis=0)
    )
    moved = np.where(inner, data.train.measured + 1e-3, data.train.measured)
    same = data.quantiser.transform(moved) == data.train.features
    measured = np.where(same, moved, data.train.measured)
    other = replace(data, train=replace(data.train, measured=measured))
    assert not np.array_equal(other.train.measured, data.train.measured)
    assert data_digest(other) != data_digest(data)


def test_a_folder_is_not_taken_up_with_another_cost_matrix(tmp_path, monkeypatch):
    """Of the same name: it decides what errors weigh in training and what is forecast."""
    monkeypatch.setattr(Procedure, "train", lambda *_, **__: TrainedModels(None, None, None))
    matrix = tmp_path / "costs.csv"
    config = RunConfig(data="iris", hidden=(2,), metric=Metric.COST, cost_matrix=str(matrix))
    labels = load_dataset("iris").class_labels

    def write(cost: int) -> None:
        rows = [[label, *(cost * (row != column) for column in range(3))] for row, label in enumerate(labels)]
        matrix.write_text("\n".join(",".join(map(str, row)) for row in [["true", *labels], *rows]) + "\n")

    write(1)
    exploration.train(config, tmp_path / "run")
    exploration.train(config, tmp_path / "run")
    write(7)
    with pytest.raises(InputError, match="--overwrite"):
        exploration.train(config, tmp_path / "run")


def topology(config: RunConfig, folder, **more):
    return topology_of(RunFolder(folder), config, prepare_data(config)[0], Silent(), **more)


def test_hidden_layers_are_those_asked_for(tmp_path):
    assert topology(RunConfig(data="iris", hidden=(5, 4)), tmp_path).hidden == (5, 4)
    assert not list(tmp_path.iterdir())


def test_hidden_layers_that_are_not_asked_for_are_found_and_kept(tmp_path, monkeypatch):
    (tmp_path / "models").mkdir()
    config = RunConfig(data="iris", effort=Effort.FAST)
    found = topology(config, tmp_path)
    assert len(found.hidden) == 1 and tuple(found.tried["hidden"]) == found.hidden and found.tried["tried"]
    assert RunFolder(tmp_path).seconds.keys() == {"choosing the hidden layer"}
    monkeypatch.setattr(preparation, "choose_topology", None)
    assert topology(config, tmp_path) == found


def test_the_literatures_setting_has_the_literatures_layers(tmp_path, monkeypatch):
    monkeypatch.setattr(preparation, "choose_topology", None)
    config = RunConfig(data="redwine", front_end=FrontEndKind.BINARY)
    data = prepare(load_dataset("iris"))
    assert topology_of(RunFolder(tmp_path), config, data, Silent()).hidden == (2,)
    with pytest.raises(TypeError):  # behind comparators it is found
        topology_of(RunFolder(tmp_path), replace(config, front_end=FrontEndKind.THERMOMETER), data, Silent())


def test_the_procedure_is_what_the_settings_say(tmp_path):
    config = RunConfig(data="iris", starts=(Start.TREE, Start.NOTHING), metric=Metric.F1_MACRO, seed=9)
    technology = technology_of(config)
    made = procedure_of(config, prepare(load_dataset("iris")), (3,), technology, front_end_of(config, technology))
    assert (made.hidden, made.starts, made.seed, made.gate_level) == ((3,), (Start.TREE, Start.NOTHING), 9, True)
    assert made.scorer.metric is Metric.F1_MACRO and made.objective is config.objective
    assert "searching networks" not in made.stages and "searching circuits" in made.stages


def test_a_cost_matrix_of_other_classes_is_refused(tmp_path):
    path = tmp_path / "costs.csv"
    path.write_text("true,a,b\na,0,1\nb,1,0\n")
    config = RunConfig(data="iris", metric=Metric.COST, cost_matrix=str(path))
    with pytest.raises(InputError, match=r"costs\.csv"):
        scorer_of(config, prepare(load_dataset("iris")))
