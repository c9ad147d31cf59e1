"""The estimator keeps scikit-learn's conventions, and predicts what its circuit would answer."""

from __future__ import annotations

import json
import pickle
import re

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris, load_wine
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from bespoke.errors import InputError, NoDesignError
from bespoke.estimator import BespokeClassifier
from bespoke.model import Network, input_wires
from bespoke.pipeline import design as pipeline_design
from bespoke.pipeline.modelfile import ModelFile
from bespoke.search import circuit_of
from bespoke.sensing import FrontEndKind, all_wires, priced_front_end
from bespoke.technology import load_technology


def small(**options) -> BespokeClassifier:
    return BespokeClassifier(**({"candidates": 2000, "random_state": 0} | options))


@parametrize_with_checks([BespokeClassifier(candidates=1000, hidden=(2,))])
def test_scikit_learns_own_checks(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def iris():
    table = load_iris(as_frame=True)
    species = table.target.map(dict(enumerate(table.target_names)))
    return train_test_split(table.data, species, random_state=0, stratify=species)


@pytest.fixture(scope="module")
def fitted(iris):
    train, _, classes, _ = iris
    return small(candidates=20_000).fit(train, classes)


def test_predictions_are_those_of_the_integer_network(fitted, iris):
    _, test, _, classes = iris
    # By the definition: scale by the training part, clip, floor, then a loop over neurons.
    low, high = np.array(fitted.quantiser_.low), np.array(fitted.quantiser_.high)
    integers = np.minimum(15, np.floor(np.clip((test.to_numpy() - low) / (high - low), 0, 1) * 16)).astype(int)
    network = fitted.network_
    answers = []
    for sample in integers:
        values = sample.tolist()
        for layer in network.layers:
            sums = [
                neuron.bias
                + sum(
                    term.sign * ((value & summand.mask) << term.shift)
                    for value, summand in zip(values, neuron.summands, strict=True)
                    for term in summand.terms
                )
                for neuron in layer.neurons
            ]
            values = [
                min(max(0, total) >> neuron.activation.shift, 2**neuron.activation.width - 1)
                for total, neuron in zip(sums, layer.neurons, strict=True)
                if neuron.activation is not None
            ]
        answers.append(fitted.classes_[network.argmax.apply(np.array([sums]))[0]])
    assert fitted.predict(test).tolist() == answers
    assert fitted.score(test, classes) > 0.85


def test_pandas_in_and_names_kept(fitted, iris):
    train, _, _, _ = iris
    assert list(fitted.feature_names_in_) == list(train.columns)
    assert set(fitted.classes_) == {"setosa", "versicolor", "virginica"}
    text = fitted.to_verilog()
    assert "module top" in text and "setosa" in text and any(name in text for name in train.columns)


def test_the_front_is_a_frame_without_dominated_designs(fitted):
    front = fitted.pareto_front_
    assert isinstance(front, pd.DataFrame) and front["chosen"].sum() == 1
    assert front["estimated_system_power_mw"].is_monotonic_increasing
    others = front[~front["chosen"]]
    keys = ["trusted_accuracy", "estimated_system_area_cm2", "estimated_system_power_mw"]
    for _, row in others.iterrows():
        beaten = (
            (others["trusted_accuracy"] >= row["trusted_accuracy"])
            & (others["estimated_system_area_cm2"] <= row["estimated_system_area_cm2"])
            & (others["estimated_system_power_mw"] <= row["estimated_system_power_mw"])
            & (others[keys] != row[keys]).any(axis=1)
        )
        assert not beaten.any()


def test_the_front_says_what_the_front_end_takes(fitted):
    front = fitted.pareto_front_
    baseline = fitted.baseline_.estimated
    for index, row in front.iterrows():
        costs = fitted.designs_[index].estimated
        assert row["comparators"] == costs.comparators
        assert row["estimated_front_end_power_mw"] == costs.front_end_power_mw
        assert row["estimated_system_power_mw"] == costs.system_power_mw
        assert row["estimated_system_area_cm2"] == costs.system_area_cm2
    network = fitted.baseline_.model
    binary = all_wires(FrontEndKind.BINARY, network.features, network.input_bits)
    esl = priced_front_end(load_technology(), FrontEndKind.BINARY)
    assert baseline.comparators == esl.cost(binary, circuit_of(network).used_wires()).comparators
    assert baseline.comparators % 16 == 0 and baseline.system_power_mw > front["estimated_system_power_mw"].min()


def test_choose_moves_along_the_front(fitted):
    again = clone(fitted)
    assert not hasattr(again, "designs_")
    accurate = fitted.choose(max_loss=0.0).designs_[fitted.chosen_]
    budget = float(np.median([design.estimated.area_cm2 for design in fitted.designs_]))
    assert fitted.choose(max_area_cm2=budget) is fitted
    small_one = fitted.designs_[fitted.chosen_]
    assert small_one.estimated.area_cm2 <= budget
    best_below = max(d.trusted_accuracy for d in fitted.designs_ if d.estimated.area_cm2 <= budget)
    assert small_one.trusted_accuracy == best_below
    assert min(accurate.train.value, accurate.validation.value) >= fitted.baseline_.validation.value - 1e-12
    fitted.choose(min_accuracy=0.9)
    cheapest = min(d.estimated.system_power_mw for d in fitted.designs_ if d.trusted_accuracy >= 0.9)
    assert fitted.designs_[fitted.chosen_].estimated.system_power_mw == cheapest
    before = fitted.chosen_
    with pytest.raises(NoDesignError, match="nearest"):
        fitted.choose(min_accuracy=1.0, max_power_mw=0.0)
    assert fitted.chosen_ == before
    with pytest.raises(ValueError, match="one of them"):
        fitted.choose(max_loss=0.1, min_accuracy=0.5)
    fitted.choose()


def test_choose_keeps_a_budget_of_circuit_and_front_end(fitted):
    power = float(np.median([design.estimated.system_power_mw for design in fitted.designs_]))
    best = max(d.trusted_accuracy for d in fitted.designs_ if d.estimated.system_power_mw <= power)
    chosen = fitted.choose(max_system_power_mw=power).designs_[fitted.chosen_]
    assert chosen.estimated.system_power_mw <= power and chosen.trusted_accuracy == best
    area = float(np.median([design.estimated.system_area_cm2 for design in fitted.designs_]))
    assert fitted.choose(max_system_area_cm2=area).designs_[fitted.chosen_].estimated.system_area_cm2 <= area
    source = max(load_technology().power_sources, key=lambda source: source.power_mw)
    carried = fitted.choose(source=source.name.upper()).designs_[fitted.chosen_]
    assert carried.estimated.system_power_mw <= source.power_mw
    with pytest.raises(NoDesignError, match="mW"):
        fitted.choose(source=source.name, max_system_power_mw=0.0)
    with pytest.raises(ValueError, match=source.name):
        fitted.choose(source="the sun")
    fitted.choose()


def test_verilog_names_thresholds_in_the_unit_of_the_data(fitted):
    text = fitted.to_verilog()
    wires = input_wires(fitted.network_, FrontEndKind.THERMOMETER)
    assert re.search(rf"input +wire \[{wires.count - 1}:0\] inp", text)
    found = re.findall(r"// inp\[(\d+)\]: '(.*)' >= (\S+) \(level (\d+) of 16\)", text)
    assert [int(bit) for bit, *_ in found] == list(range(wires.count))
    for (_, name, threshold, level), wire in zip(found, wires.levels.tolist(), strict=True):
        assert [list(fitted.feature_names_in_).index(name), int(level)] == wire
        assert float(threshold) == pytest.approx(fitted.quantiser_.threshold(*wire), rel=1e-3)


@pytest.mark.parametrize("kind", ["binary", "digital"])
def test_front_ends_of_words(iris, kind):
    train, test, classes, _ = iris
    model = small(front_end=kind).fit(train, classes)
    assert re.search(r"input +wire \[15:0\] inp", model.to_verilog())
    assert (model.designs_[0].estimated.front_end_power_mw == 0) == (kind == "digital")
    assert (model.baseline_.estimated.comparators == 0) == (kind == "digital")
    assert model.predict(test).tolist() == model.classes_[predicted_again(model, test)].tolist()


def test_the_baseline_keeps_binary_converters(fitted, tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(pipeline_design, "measure", lambda *_, backend, **__: seen.append(backend))
    chosen = fitted.chosen_
    fitted.synthesize(tmp_path / "chosen")
    fitted.chosen_ = len(fitted.designs_) - 1
    fitted.synthesize(tmp_path / "baseline")
    assert re.search(r"input +wire \[15:0\] inp", fitted.to_verilog())
    fitted.chosen_ = chosen
    fitted.synthesize(tmp_path / "elsewhere", technology="egfet-0.6v")
    assert [(b.front_end.kind, b.front_end.figures and b.front_end.figures.name) for b in seen] == [
        ("thermometer", "date-2024"),
        ("binary", "esl-2024"),
        ("thermometer", None),
    ]
    assert {backend.objective for backend in seen} == {"system-power"}
    saved = [ModelFile.load(tmp_path / name / "model.json").front_end for name in ("chosen", "baseline")]
    assert saved == ["thermometer", "binary"]


def predicted_again(model, features):
    return model.network_.predict(model.quantiser_.transform(features.to_numpy()))


def test_a_technology_without_figures_of_front_ends(iris):
    """Where the front end counts somebody must price it; where it does not, its figures are missing."""
    train, _, classes, _ = iris
    with pytest.raises(ValueError, match="--front-end digital"):
        small(technology="egfet-0.6v").fit(train, classes)
    model = small(technology="egfet-0.6v", objective="power").fit(train, classes)
    front = model.pareto_front_
    assert front["estimated_system_power_mw"].isna().all() and front["comparators"].isna().all()
    assert front["estimated_static_power_mw"].is_monotonic_increasing
    with pytest.raises(ValueError, match="--front-end-figures"):
        model.choose(max_system_power_mw=1.0)
    assert "inp" in model.to_verilog()


def test_save_and_load_as_json(fitted, iris, tmp_path):
    _, test, _, _ = iris
    path = tmp_path / "classifier.json"
    fitted.save(path)
    json.loads(path.read_text())
    loaded = BespokeClassifier.load(path)
    assert loaded.predict(test).tolist() == fitted.predict(test).tolist()
    assert loaded.get_params() == fitted.get_params()
    pd.testing.assert_frame_equal(loaded.pareto_front_, fitted.pareto_front_)
    assert loaded.to_verilog() == fitted.to_verilog()
    assert loaded.choose(max_area_cm2=0.3).chosen_ == fitted.choose(max_area_cm2=0.3).chosen_
    assert (loaded.front_end_, loaded.objective) == (FrontEndKind.THERMOMETER, "system-power")
    with pytest.raises(ValueError, match="holds no samples"):
        loaded.synthesize(tmp_path / "out")
    fitted.choose()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "JSON"),
        ("{}", "damaged"),
        ('{"kind": "x", "schema": 1}', "kind or version"),
        ('{"kind": "bespoke classifier", "schema": 99}', "kind or version"),
        ('{"kind": "bespoke classifier", "schema": 2}', r"earlier version wrote it \(schema 2, .* fit and save anew"),
        (None, "does not exist"),
    ],
)
def test_damaged_files_are_named(tmp_path, content, words):
    path = tmp_path / "classifier.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(InputError, match=words) as caught:
        BespokeClassifier.load(path)
    assert "classifier.json" in str(caught.value)


def test_pickles_clones_and_repeats(fitted, iris):
    train, test, classes, _ = iris
    assert pickle.loads(pickle.dumps(fitted)).predict(test).tolist() == fitted.predict(test).tolist()
    first, second = (small(n_jobs=jobs).fit(train, classes) for jobs in (1, 2))
    assert [d.model for d in first.designs_] == [d.model for d in second.designs_]
    assert first.chosen_ == second.chosen_


def test_in_cross_validation_pipeline_and_grid_search(iris):
    train, test, classes, labels = iris
    assert cross_val_score(small(), train, classes, cv=3).mean() > 0.8
    pipeline = make_pipeline(StandardScaler(), small()).fit(train, classes)
    assert pipeline.score(test, labels) > 0.8
    search = GridSearchCV(small(), {"bits": [2, 4], "hidden": [(2,), (3,)]}, cv=2).fit(train, classes)
    assert set(search.best_params_) == {"bits", "hidden"}
    assert search.best_estimator_.network_.input_bits == search.best_params_["bits"]


def test_constant_features_are_not_read():
    table = load_wine()
    features = np.insert(table.data, 2, 7.5, axis=1)
    model = small().fit(features, table.target)
    for design in model.designs_:
        assert isinstance(design.model, Network)
        assert all(neuron.summands[2].is_zero for neuron in design.model.layers[0].neurons)
    changed = features.copy()
    changed[:, 2] = 1e6
    assert (model.predict(features) == model.predict(changed)).all()


def test_a_class_of_one_sample_is_trained_on():
    rng = np.random.default_rng(0)
    features = rng.normal(size=(40, 3))
    classes = (features[:, 0] > 0).astype(int)
    classes[0] = 2
    model = small().fit(features, classes)
    assert model.classes_.tolist() == [0, 1, 2]
    assert sum(d.train.samples + d.validation.samples for d in model.designs_[:1]) == 40


def test_two_hidden_layers():
    table = load_iris()
    model = small(hidden=(4, 3)).fit(table.data, table.target)
    assert model.network_.topology == (4, 4, 3, 3)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"effort": "heroic"}, "effort"),
        ({"max_loss": -1}, "max_loss"),
        ({"validation_fraction": 1.5}, "validation_fraction"),
        ({"candidates": 0}, "candidates"),
        ({"bits": 0}, "bits"),
        ({"hidden": ()}, "hidden"),
        ({"technology": "no-such"}, "no-such"),
        ({"front_end": "analogue"}, "front_end must be one of thermometer, binary, digital"),
        ({"front_end": "digital", "front_end_figures": "date-2024"}, "leave front_end_figures out"),
        ({"front_end_figures": "date-1924"}, "date-1924"),
        ({"front_end": "binary", "front_end_figures": "date-2024"}, "encoder"),
        ({"objective": "beauty"}, "objective must be one of system-power"),
    ],
)
def test_wrong_parameters_are_named(iris, options, words):
    train, _, classes, _ = iris
    with pytest.raises(ValueError, match=words):
        small(**options).fit(train, classes)


@pytest.mark.eda
def test_synthesize_measures_what_predict_answers(fitted, iris, tmp_path):
    _, test, _, labels = iris
    fitted.choose(max_area_cm2=0.3)
    metrics = fitted.synthesize(tmp_path / "out", test, labels, effort="fast")
    assert metrics.accuracy.test.value == pytest.approx(fitted.score(test, labels))
    assert metrics.power_optimised_on == "training vectors" and metrics.static_power_train_mw > 0
    assert metrics.verification.netlist_equivalent and metrics.verification.rtl_vectors >= 1000 + len(test)
    assert metrics.verification.netlist_test_accuracy == pytest.approx(fitted.score(test, labels))
    assert 0 < metrics.area_cm2 < 2 * fitted.designs_[fitted.chosen_].estimated.area_cm2
    assert metrics.front_end.kind == "thermometer" and metrics.verification.threshold_probes > 0
    assert metrics.estimated_system_power_mw > metrics.total_power_mw
    assert (tmp_path / "out" / metrics.rtl_file).is_file() and (tmp_path / "out" / metrics.netlist_file).is_file()
    with pytest.raises(ValueError, match="both X and y"):
        fitted.synthesize(tmp_path / "other", test)
    with pytest.raises(ValueError, match="'rose'"):
        fitted.synthesize(tmp_path / "other", test, ["rose"] * len(test))
    fitted.choose()


@pytest.mark.eda
def test_a_loaded_classifier_is_synthesised_without_the_samples_that_measure_it(fitted, iris, tmp_path):
    """The file holds no samples: other ones to measure on must not change the circuit, nor pass for those of fit."""
    _, test, _, labels = iris
    fitted.choose(max_area_cm2=0.3).save(tmp_path / "classifier.json")
    loaded = BespokeClassifier.load(tmp_path / "classifier.json")
    design = loaded.designs_[loaded.chosen_]
    data = loaded._measured_data(test, labels)
    assert (data.train.samples, data.validation.samples, data.test.samples) == (0, 0, len(test))
    found = [
        loaded.synthesize(tmp_path / name, test[rows], labels[rows], effort="fast")
        for name, rows in (("all", slice(None)), ("few", slice(0, 5)))
    ]
    for metrics in found:
        assert metrics.power_optimised_on == "random vectors"
        assert metrics.static_power_train_mw is None and metrics.plain_flow_static_power_train_mw is None
        assert (metrics.accuracy.train, metrics.accuracy.validation) == (design.train, design.validation)
        assert metrics.verification.netlist_equivalent
    assert found[0].accuracy.test.value == pytest.approx(fitted.score(test, labels))
    assert found[0].static_power_mw != found[1].static_power_mw
    texts = [
        (tmp_path / name / metrics.netlist_file).read_text()
        for name, metrics in zip(("all", "few"), found, strict=True)
    ]
    assert texts[0] == texts[1]
    fitted.choose()
