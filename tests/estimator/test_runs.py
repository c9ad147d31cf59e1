"""Finished runs and model files as classifiers: the run's own designs and figures, labels out."""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sample_runs import write_sample_run
from sklearn.metrics import accuracy_score

import bespoke
from bespoke import BespokeClassifier
from bespoke.data import load_dataset, prepare
from bespoke.errors import InputError, NoDesignError
from bespoke.estimator import ModelClassifier
from bespoke.estimator.answering import sorted_labels
from bespoke.estimator.measuring import measured_data
from bespoke.run import front
from bespoke.run.budgets import BUDGETS
from bespoke.run.config import Effort, RunConfig
from bespoke.run.job import run
from bespoke.run.modelfile import ModelFile
from bespoke.run.rivals import RIVAL_TREE
from bespoke.sensing import FrontEndKind


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A run of little effort, and its metrics."""
    folder = tmp_path_factory.mktemp("run") / "iris"
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(BUDGETS, Effort.FAST, replace(BUDGETS[Effort.FAST], candidates=5_000, moves=10_000))
        patch.setitem(front.MAPPED_DESIGNS, Effort.FAST, 4)
        config = RunConfig(data="iris", hidden=(2,), effort=Effort.FAST, folds=2, max_loss=0.1, workers=1)
        return folder, run(config, folder)


@pytest.fixture(scope="module")
def samples():
    """Measured values and labels that the run has set aside, in their own units."""
    dataset = load_dataset("iris")
    rows = prepare(dataset).test.rows
    frame = pd.DataFrame(dataset.features[rows], columns=list(dataset.feature_names))
    return frame, np.array(dataset.class_labels)[dataset.classes[rows]]


def rows_of(folder):
    return list(csv.DictReader((folder / "front.csv").open()))


@pytest.mark.eda
def test_a_run_comes_with_its_whole_front(finished, samples):
    folder, metrics = finished
    frame, labels = samples
    model = bespoke.load(folder)
    assert isinstance(model, BespokeClassifier) and "\n" not in repr(model)
    assert (model.max_loss, model.folds, model.hidden, model.effort) == (0.1, 2, (2,), "fast")
    rows = rows_of(folder)
    assert model.chosen_ == [row["chosen"] for row in rows].index("1")
    for index, (design, row) in enumerate(zip(model.designs_, rows, strict=True)):
        assert (design.origin, design.kind, design.model_file) == (row["origin"], row["kind"], row["model_file"])
        for value, column in (
            (design.train.value, "train_accuracy"),
            (design.forecast.accuracy, "forecast_accuracy"),
            (design.forecast.low, "forecast_low"),
            (design.forecast.high, "forecast_high"),
            (design.forecast.score, "forecast_score"),
            (design.estimated.area_cm2, "estimated_area_cm2"),
            (design.measured.area_cm2, "area_cm2"),
            (design.measured.static_power_mw, "static_power_mw"),
            (design.measured.system_power_mw, "estimated_system_power_mw"),
        ):
            assert value == pytest.approx(float(row[column]), rel=2e-5, abs=1e-6), column
        model.choose(index)
        assert model.choose().chosen_ == metrics.selection.design  # nothing asked: the run's own choice
        model.choose(index)
        assert accuracy_score(labels, model.predict(frame)) == pytest.approx(float(row["test_accuracy"]), abs=1e-6)
        assert (model.classes_[model.predict_proba(frame).argmax(axis=1)] == model.predict(frame)).all()
        assert model.held_out_[index].samples == metrics.data.train_samples


@pytest.mark.eda
def test_its_choice_is_the_runs_and_another_is_one_call_away(finished, samples):
    folder, metrics = finished
    frame, labels = samples
    model = BespokeClassifier.from_run(folder)
    chosen = model.chosen_
    assert model.score(frame, labels) == pytest.approx(metrics.chosen.accuracy.test.value)
    assert model.choose().chosen_ == chosen
    listed = model.pareto_front_
    assert RIVAL_TREE not in set(listed["origin"]) and RIVAL_TREE in {design.origin for design in model.designs_}
    assert {"area_cm2", "static_power_mw", "estimated_system_power_mw"} <= set(listed.columns)
    assert "estimated_area_cm2" not in listed.columns
    dearest = model.choose(len(model.designs_) - 1)
    assert dearest.network_ == dearest.baseline_.model and "wire [15:0] inp" in dearest.to_verilog()
    affordable = model.choose(max_system_power_mw=0.05).designs_[model.chosen_]
    assert affordable.costs.system_power_mw <= 0.05
    with pytest.raises(NoDesignError):
        model.choose(min_accuracy=1.0, max_area_cm2=0.0)
    text = model.choose(chosen).to_verilog()
    assert all(label in text for label in model.classes_)


@pytest.mark.eda
def test_another_request_in_the_folder_leaves_the_forecasts(finished, tmp_path):
    """A budget alone would be forecast along another cost; the front's forecasts were made before it was asked for."""
    folder, _ = finished
    copy = shutil.copytree(folder, tmp_path / "copy")
    text = (copy / "config.toml").read_text()
    assert "max_loss = 0.1\n" in text
    (copy / "config.toml").write_text(text.replace("max_loss = 0.1\n", "max_area_cm2 = 0.5\n"))
    before, after = bespoke.load(folder), bespoke.load(copy)
    assert [d.forecast for d in after.designs_] == [d.forecast for d in before.designs_]
    assert after.held_out_ == before.held_out_ and after.max_loss is None


@pytest.mark.eda
def test_it_is_synthesised_on_the_runs_test_part(finished, tmp_path):
    folder, _ = finished
    model = bespoke.load(folder)
    index = next(index for index, design in enumerate(model.designs_) if design.measured.area_cm2 > 0)
    metrics = model.choose(index).synthesize(tmp_path / "out", effort="fast")
    assert metrics.name == "chosen design" and metrics.power_optimised_on == "training vectors"
    assert metrics.area_cm2 == pytest.approx(model.designs_[index].measured.area_cm2)
    assert metrics.accuracy.test.value == pytest.approx(float(rows_of(folder)[index]["test_accuracy"]), abs=1e-6)


@pytest.mark.eda
def test_a_run_is_saved_like_any_classifier(finished, samples, tmp_path):
    folder, _ = finished
    frame, _ = samples
    model = bespoke.load(folder)
    model.save(tmp_path / "classifier.json")
    again = bespoke.load(tmp_path / "classifier.json")
    assert isinstance(again, BespokeClassifier)
    assert again.predict_proba(frame).tolist() == model.predict_proba(frame).tolist()
    pd.testing.assert_frame_equal(again.pareto_front_, model.pareto_front_)
    assert again.choose(max_loss=0.0).chosen_ == model.choose(max_loss=0.0).chosen_


@pytest.mark.eda
def test_labels_in_another_order_than_sorted_stay_with_their_classes(finished, samples, tmp_path):
    """Bundled sets name their classes in an order of their own; scikit-learn's columns are sorted."""
    folder, _ = finished
    frame, _ = samples
    copy = shutil.copytree(folder, tmp_path / "copy")
    place = {"setosa": "zebra", "versicolor": "middle", "virginica": "aardvark"}
    for file in [*copy.glob("models/*.json"), *copy.glob("front/*.json"), *copy.glob("front/*/model.json")]:
        text = file.read_text()
        for before, after in place.items():
            text = text.replace(f'"{before}"', f'"{after}"')
        file.write_text(text)
    plain, renamed = bespoke.load(folder), bespoke.load(copy)
    assert renamed.classes_.tolist() == ["aardvark", "middle", "zebra"]
    assert renamed.predict(frame).tolist() == [place[label] for label in plain.predict(frame)]
    assert renamed.predict_proba(frame)[:, ::-1].tolist() == plain.predict_proba(frame).tolist()
    measured = measured_data(renamed, frame, renamed.predict(frame))
    assert measured.class_labels == ("zebra", "middle", "aardvark")
    assert (renamed.network_.predict(measured.test.features) == measured.test.classes).all()


@pytest.mark.eda
def test_a_damaged_run_is_named(finished, tmp_path):
    folder, _ = finished
    copy = shutil.copytree(folder, tmp_path / "copy")
    text = (copy / "front.csv").read_text()
    (copy / "front.csv").write_text("for people\n")  # figures are read where they are exact
    assert bespoke.load(copy).designs_ == bespoke.load(folder).designs_
    (copy / "front.csv").write_text(text)
    for evidence in copy.glob("folds/*/evidence.json"):
        evidence.unlink()
    with pytest.raises(InputError, match="it has no forecast"):
        bespoke.load(copy)
    (copy / "front/finished.json").unlink()
    with pytest.raises(InputError, match=r"copy.* no finished run"):
        bespoke.load(copy)


@pytest.mark.parametrize("logic", [False, True], ids=["network", "logic"])
def test_a_model_file_answers_in_labels_from_measured_values(tmp_path, logic):
    file = write_sample_run(tmp_path / "run", logic=logic, kind=FrontEndKind.THERMOMETER) / "models/approximate.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"front_end": "thermometer"}))
    stored = ModelFile.load(file)
    model = bespoke.load(file)
    assert isinstance(model, ModelClassifier)
    rng = np.random.default_rng(0)
    values = rng.uniform(stored.quantiser.low, stored.quantiser.high, size=(50, len(stored.feature_names)))
    frame = pd.DataFrame(values, columns=list(stored.feature_names))
    indices = stored.classifier.predict(stored.quantiser.transform(values))
    assert model.predict(frame).tolist() == [stored.class_labels[index] for index in indices]
    with pytest.warns(UserWarning, match="feature names"):
        assert model.predict(values).tolist() == model.predict(frame).tolist()
    assert model.fit(frame, indices) is model and "module top" in model.to_verilog()
    assert not hasattr(model, "predict_proba")


def test_a_frame_must_have_the_features_in_their_order(tmp_path):
    model = bespoke.load(write_sample_run(tmp_path / "run") / "models/approximate.json")
    frame = pd.DataFrame(np.zeros((2, model.n_features_in_)), columns=list(model.feature_names_in_))
    with pytest.raises(ValueError, match="order"):
        model.predict(frame[frame.columns[::-1]])
    with pytest.raises(ValueError, match="unseen at fit time"):
        model.predict(frame.rename(columns={frame.columns[0]: "another"}))
    with pytest.warns(UserWarning, match="feature names"), pytest.raises(ValueError, match="features"):
        model.predict(frame.to_numpy()[:, :-1])


@pytest.mark.parametrize(
    ("labels", "classes", "places"),
    [
        (("malignant", "benign"), ["benign", "malignant"], [1, 0]),
        ((3, 1, 2), [1, 2, 3], [2, 0, 1]),
        ((True, False), [False, True], [1, 0]),
        (("1", 1), ["1", 1], [0, 1]),
    ],
)
def test_labels_are_sorted_as_scikit_learn_expects(labels, classes, places):
    found, order = sorted_labels(labels)
    assert found.tolist() == classes and order.tolist() == places
    assert [found.tolist()[place] for place in order] == list(labels)


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "does not exist"), ("{", "JSON"), ("{}", "no bespoke model"), (json.dumps([1]), "no bespoke model")],
)
def test_what_is_no_classifier_is_named(tmp_path, content, words):
    path = tmp_path / "thing.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(InputError, match=words) as caught:
        bespoke.load(path)
    assert "thing.json" in str(caught.value)
    with pytest.raises(InputError, match="holds no finished run"):
        bespoke.load(tmp_path)
