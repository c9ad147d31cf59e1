"""The estimator keeps scikit-learn's conventions, and predicts what its circuit would answer."""

from __future__ import annotations

import json
import pickle
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sample_runs import write_sample_run
from sklearn.base import clone
from sklearn.datasets import load_iris, load_wine
from sklearn.metrics import balanced_accuracy_score, f1_score
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from bespoke.errors import InputError, NoDesignError
from bespoke.estimator import BespokeClassifier, measuring
from bespoke.estimator.measuring import measured_data
from bespoke.model import LogicCircuit, Network, input_wires
from bespoke.report import read_run
from bespoke.run.budgets import BUDGETS
from bespoke.run.config import Effort
from bespoke.run.modelfile import ModelFile
from bespoke.search import circuit_of
from bespoke.sensing import FrontEndKind, all_wires, priced_front_end
from bespoke.technology import load_technology


def small(**options) -> BespokeClassifier:
    """All that a fit does, on little; a part held back judges."""
    defaults = {"candidates": 2000, "moves": 4000, "folds": 0, "hidden": (2,), "random_state": 0}
    return BespokeClassifier(**(defaults | options))


#: A weight is not a repetition here: splits depend on how many samples there are, and weights are rounded to few
#: repetitions.
INHERENT = {
    "check_sample_weight_equivalence_on_dense_data": "splits depend on the number of samples",
    "check_sample_weight_equivalence_on_sparse_data": "splits depend on the number of samples",
}


@parametrize_with_checks(
    [BespokeClassifier(candidates=500, moves=2000, folds=0, hidden=(2,))],
    expected_failed_checks=lambda _: INHERENT,
)
def test_scikit_learns_own_checks(estimator, check, monkeypatch):
    """On little training, for there are hundreds of fits; conventions do not depend on it."""
    training = BUDGETS[Effort.FAST].training
    training = replace(
        training,
        float_model=replace(training.float_model, starts=4, iterations=100),
        quantised=replace(training.quantised, epochs=15),
    )
    monkeypatch.setitem(BUDGETS, Effort.FAST, replace(BUDGETS[Effort.FAST], training=training))
    check(estimator)


@pytest.fixture(scope="module")
def iris():
    table = load_iris(as_frame=True)
    species = table.target.map(dict(enumerate(table.target_names)))
    return train_test_split(table.data, species, random_state=0, stratify=species)


@pytest.fixture(scope="module")
def fitted(iris):
    train, _, classes, _ = iris
    return small(candidates=20_000, moves=20_000, folds=2, hidden=(3,), max_loss=0.05).fit(train, classes)


def answer_of_network(network: Network, sample: list[int]) -> int:
    """By the definition, a loop over neurons."""
    values = sample
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
    return int(network.argmax.apply(np.array([sums]))[0])


def answer_of_circuit(circuit: LogicCircuit, sample: list[int]) -> int:
    """By the definition, a loop over comparators and ANDs."""
    values = [False, *(sample[feature] >= level for feature, level in circuit.wires.levels.tolist())]
    for first, second in circuit.fanins.tolist():
        values.append((values[first >> 1] ^ bool(first & 1)) and (values[second >> 1] ^ bool(second & 1)))
    outputs = [values[literal >> 1] ^ bool(literal & 1) for literal in circuit.outputs.tolist()]
    return sum(1 << place for place, value in enumerate(outputs) if value)


def test_predictions_of_every_design_are_those_of_its_definition(fitted, iris):
    _, test, _, classes = iris
    low, high = np.array(fitted.quantiser_.low), np.array(fitted.quantiser_.high)
    integers = np.minimum(15, np.floor(np.clip((test.to_numpy() - low) / (high - low), 0, 1) * 16)).astype(int)
    assert {design.kind for design in fitted.designs_} == {"network", "logic"}
    for design in fitted.designs_:
        answer = answer_of_network if isinstance(design.model, Network) else answer_of_circuit
        found = [answer(design.model, sample) for sample in integers.tolist()]
        assert design.model.predict(fitted.quantiser_.transform(test.to_numpy())).tolist() == found
        if design is fitted.designs_[fitted.chosen_]:
            assert fitted.predict(test).tolist() == fitted.classes_[found].tolist()
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
    keys = ["forecast_score", "estimated_system_area_cm2", "estimated_system_power_mw"]
    for _, row in others.iterrows():
        beaten = (
            (others["forecast_score"] >= row["forecast_score"])
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
    best_below = max(d.forecast.score for d in fitted.designs_ if d.estimated.area_cm2 <= budget)
    assert small_one.forecast.score == best_below
    assert accurate.forecast.score >= fitted.baseline_.forecast.score - 1e-12
    fitted.choose(min_accuracy=0.9)
    cheapest = min(d.estimated.system_power_mw for d in fitted.designs_ if d.forecast.score >= 0.9)
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
    best = max(d.forecast.score for d in fitted.designs_ if d.estimated.system_power_mw <= power)
    chosen = fitted.choose(max_system_power_mw=power).designs_[fitted.chosen_]
    assert chosen.estimated.system_power_mw <= power and chosen.forecast.score == best
    area = float(np.median([design.estimated.system_area_cm2 for design in fitted.designs_]))
    assert fitted.choose(max_system_area_cm2=area).designs_[fitted.chosen_].estimated.system_area_cm2 <= area
    source = max(load_technology().power_sources, key=lambda source: source.power_mw)
    carried = fitted.choose(source=source.name.upper()).designs_[fitted.chosen_]
    assert carried.estimated.system_power_mw <= source.power_mw
    with pytest.raises(NoDesignError, match=rf"at most 0 mW \({source.name}\)"):
        fitted.choose(source=source.name, max_system_power_mw=0.0, min_accuracy=0.9)
    assert fitted.designs_[fitted.chosen_] is carried
    fitted.choose(source=source.name, max_system_power_mw=0.0)  # always the same answer takes nothing
    assert fitted.designs_[fitted.chosen_].estimated.system_power_mw == 0
    with pytest.raises(ValueError, match=rf"'the sun' \(source\).*{source.name}"):
        fitted.choose(source="the sun")
    with pytest.raises(ValueError, match="source must be the name of a power source, not 5"):
        fitted.choose(source=5)
    fitted.choose()


def test_a_loss_is_one_against_the_baseline_on_the_same_folds(fitted):
    least = fitted.baseline_.forecast.score - 0.05
    cheapest = min(d.estimated.system_power_mw for d in fitted.designs_ if d.forecast.score >= least)
    assert fitted.choose().designs_[fitted.chosen_].estimated.system_power_mw == cheapest
    assert fitted.designs_[fitted.chosen_] is not fitted.baseline_


def test_asked_for_nothing_it_takes_the_cheapest_within_one_standard_error_of_the_best(iris):
    train, _, classes, _ = iris
    model = small().fit(train, classes)
    best = max((design.forecast for design in model.designs_), key=lambda forecast: forecast.score)
    within = [d.estimated.system_power_mw for d in model.designs_ if d.forecast.score >= best.score - best.error]
    assert 0 < best.error < 0.1
    assert model.designs_[model.chosen_].estimated.system_power_mw == min(within)


def test_every_design_has_a_forecast_that_more_cost_never_lowers(fitted):
    *designs, baseline = fitted.designs_
    assert baseline.origin == "exact baseline"
    assert {design.origin for design in designs} <= {
        "network search", "network", "tree", "forest", "lut", "nothing"
    }  # fmt: skip
    powers = [design.estimated.system_power_mw for design in designs]
    assert powers == sorted(powers)
    forecasts = [design.forecast for design in designs]
    assert [f.accuracy for f in forecasts] == sorted(f.accuracy for f in forecasts)
    for forecast in (*forecasts, baseline.forecast):
        assert 0 <= forecast.low < forecast.accuracy < forecast.high <= 1
        assert (forecast.score, forecast.score_low, forecast.score_high) == (
            forecast.accuracy, forecast.low, forecast.high
        )  # fmt: skip
    assert forecasts[-1].accuracy > 0.85
    front = fitted.pareto_front_
    for index, row in front.iterrows():
        forecast = fitted.designs_[index].forecast
        assert (row["forecast_accuracy"], row["forecast_score"]) == (forecast.accuracy, forecast.score)
        assert (row["forecast_low"], row["forecast_high"]) == (forecast.low, forecast.high)


@pytest.mark.parametrize("folds", [0, 3])
def test_what_cannot_be_learnt_is_not_forecast(folds):
    """Classes drawn by lot: trees learn them by heart, and the forecast stays near the half that chance gives."""
    rng = np.random.default_rng(3)
    features, classes = rng.normal(size=(160, 4)), np.arange(160) % 2
    model = small(folds=folds).fit(features, classes)
    assert max(design.train.value for design in model.designs_) > 0.8
    spread = 4 * np.sqrt(0.25 / (160 if folds else 40))
    assert all(abs(design.forecast.accuracy - 0.5) < spread for design in model.designs_)


def test_without_folds_the_part_held_back_judges(iris):
    train, _, classes, _ = iris
    model = small().fit(train, classes)
    features, held = model._vectors["validation"]
    assert (len(held), len(model._vectors["train"][1])) == (27, 85)  # of 112, a quarter of every class rounded down
    exact = model.baseline_
    assert exact.forecast.accuracy == pytest.approx(np.mean(exact.model.predict(features) == held))
    shares = [float(np.mean(design.model.predict(features) == held)) for design in model.designs_[:-1]]
    assert min(shares) - 1e-9 <= model.designs_[0].forecast.accuracy
    assert model.designs_[-2].forecast.accuracy <= max(shares) + 1e-9
    assert set(small(folds=2).fit(train, classes)._vectors) == {"train"}


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
    powers = [design.estimated.front_end_power_mw for design in model.designs_]
    assert (max(powers[:-1]) == 0) == (kind == "digital") and (powers[-1] == 0) == (kind == "digital")
    assert (model.baseline_.estimated.comparators == 0) == (kind == "digital")
    assert model.predict(test).tolist() == model.classes_[predicted_again(model, test)].tolist()


def test_the_baseline_keeps_binary_converters(fitted, tmp_path, monkeypatch):
    seen = []
    some_design = read_run(write_sample_run(tmp_path / "run")).metrics.chosen
    without_forecast = replace(some_design, forecast_accuracy=None, forecast_low=None, forecast_high=None)
    monkeypatch.setattr(measuring, "measure", lambda *_, backend, **__: seen.append(backend) or without_forecast)
    chosen = fitted.chosen_
    assert_forecast_of(fitted.synthesize(tmp_path / "chosen"), fitted.designs_[chosen])
    fitted.chosen_ = len(fitted.designs_) - 1
    assert_forecast_of(fitted.synthesize(tmp_path / "baseline"), fitted.baseline_)
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


def assert_forecast_of(metrics, design):
    told = (metrics.forecast_accuracy, metrics.forecast_low, metrics.forecast_high, metrics.forecast_score)
    known = design.forecast
    assert told == (known.accuracy, known.low, known.high, known.score) and None not in told


def predicted_again(model, features):
    return model.network_.predict(model.quantiser_.transform(features.to_numpy()))


def test_a_technology_without_figures_of_front_ends(iris):
    """Where the front end counts somebody must price it; where it does not, its figures are missing."""
    train, _, classes, _ = iris
    with pytest.raises(ValueError, match=r"a file with front_end_figures, or choose front_end='digital'$"):
        small(technology="egfet-0.6v").fit(train, classes)
    model = small(technology="egfet-0.6v", objective="power").fit(train, classes)
    front = model.pareto_front_
    assert front["estimated_system_power_mw"].isna().all() and front["comparators"].isna().all()
    assert front["estimated_static_power_mw"].is_monotonic_increasing
    with pytest.raises(ValueError, match="with front_end_figures, or"):
        model.choose(max_system_power_mw=1.0)
    assert "inp" in model.to_verilog()


def test_save_and_load_as_json(fitted, iris, tmp_path):
    _, test, _, _ = iris
    path = tmp_path / "classifier.json"
    fitted.save(path)
    json.loads(path.read_text())
    loaded = BespokeClassifier.load(path)
    assert loaded.predict(test).tolist() == fitted.predict(test).tolist()
    assert [design.forecast for design in loaded.designs_] == [design.forecast for design in fitted.designs_]
    assert loaded.get_params() == fitted.get_params()
    pd.testing.assert_frame_equal(loaded.pareto_front_, fitted.pareto_front_)
    assert loaded.to_verilog() == fitted.to_verilog()
    assert loaded.choose(max_area_cm2=0.3).chosen_ == fitted.choose(max_area_cm2=0.3).chosen_
    assert (loaded.front_end_, loaded.objective) == (FrontEndKind.THERMOMETER, "system-power")
    with pytest.raises(ValueError, match="holds no samples"):
        loaded.synthesize(tmp_path / "out")
    fitted.choose()


def test_places_that_cannot_be_written_to_are_named(fitted, tmp_path):
    (tmp_path / "file").write_text("mine")
    for place, words in (("", "is a folder; name a file"), ("file/deeper.json", "cannot be written: .*name another")):
        with pytest.raises(InputError, match=words) as caught:
            fitted.save(tmp_path / place)
        assert str(tmp_path) in str(caught.value)
    for place in ("file", "file/deeper"):
        with pytest.raises(InputError, match=f"{place} is a file, .*; name a folder"):
            fitted.synthesize(tmp_path / place)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("file", "mine")]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "JSON"),
        ("{}", "damaged"),
        ('{"kind": "x", "schema": 1}', "kind or version"),
        ('{"kind": "bespoke classifier", "schema": 99}', "kind or version"),
        ('{"kind": "bespoke classifier", "schema": 2}', r"earlier version wrote it \(schema 2, .* fit and save anew"),
        ('{"kind": "bespoke classifier", "schema": 3}', r"earlier version wrote it \(schema 3, .* fit and save anew"),
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
    first, second = (small(folds=2, n_jobs=jobs).fit(train, classes) for jobs in (1, 2))
    assert first.designs_ == second.designs_
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
        assert design.model.features == 14
        if isinstance(design.model, Network):
            assert all(neuron.summands[2].is_zero for neuron in design.model.layers[0].neurons)
        else:
            assert 2 not in design.model.wires.levels[:, 0] and len(design.model.wires.levels) <= 15 * 13
    changed = features.copy()
    changed[:, 2] = 1e6
    assert (model.predict(features) == model.predict(changed)).all()


def test_a_class_of_one_sample_is_trained_on():
    rng = np.random.default_rng(0)
    features = rng.normal(size=(40, 3))
    classes = (features[:, 0] > 0).astype(int)
    classes[0] = 2
    for folds in (0, 3):  # it has none for folds, so as much as may be is held back instead
        model = small(folds=folds).fit(features, classes)
        assert model.classes_.tolist() == [0, 1, 2]
        assert sum(len(held) for _, held in model._vectors.values()) == 40
        assert 2 in model._vectors["train"][1] and 2 not in model._vectors["validation"][1]
        assert all(design.train.samples == len(model._vectors["train"][1]) for design in model.designs_)


def test_hidden_layers_are_those_asked_for_or_those_that_cross_validation_finds():
    table = load_iris()
    model = small(hidden=(4, 3)).fit(table.data, table.target)
    assert model.baseline_.model.topology == (4, 4, 3, 3)
    assert small(hidden=5).fit(table.data, table.target).baseline_.model.topology == (4, 5, 3)
    by_default = BespokeClassifier(candidates=500, moves=2000, folds=0, random_state=0).fit(table.data, table.target)
    features, size, classes = by_default.baseline_.model.topology
    assert (features, classes) == (4, 3) and 1 <= size <= 8


def test_starts_narrow_what_the_search_starts_from(iris):
    """But for constants, which descend from nothing and stand at the cheap end of every front."""
    train, _, classes, _ = iris
    for starts, origins in (
        (("network",), {"network", "network search"}),
        (("tree",), {"tree"}),
        (["tree", "forest"], {"tree", "forest"}),
        (("nothing",), {"nothing"}),
    ):
        model = small(starts=starts).fit(train, classes)
        grown = [d for d in model.designs_[:-1] if isinstance(d.model, Network) or d.model.used_wires().any()]
        assert grown and {design.origin for design in grown} <= origins, starts


@pytest.fixture(scope="module")
def rare():
    """Two overlapping classes, the second of them one sample in eight."""
    rng = np.random.default_rng(0)
    classes = (rng.random(300) < 0.12).astype(int)
    features = rng.normal(size=(300, 3))
    features[:, 0] += 1.2 * classes
    features[:, 1] += 0.8 * classes
    return features, classes


def weighed(rare, weights=None, **options) -> BespokeClassifier:
    features, classes = rare
    return small(candidates=500, folds=2, **options).fit(features, classes, sample_weight=weights)


@pytest.fixture(scope="module")
def unweighed(rare):
    return weighed(rare)


def answered(model: BespokeClassifier, rare, design=None) -> float:
    """Share of the samples for which the active design, or another, answers the rare class."""
    features, _ = rare
    design = model.designs_[model.chosen_] if design is None else design
    return float(design.model.predict(model.quantiser_.transform(features)).mean())


@pytest.mark.parametrize(
    "options",
    [
        {"metric": "balanced-accuracy"},
        {"metric": "f1-macro"},
        {"metric": "cost", "cost_matrix": [[0, 1], [20, 0]]},
        {"class_weight": "balanced"},
        {"class_weight": {1: 8.0}},
        {"weights": 8.0},
    ],
    ids=str,
)
def test_a_rare_class_that_weighs_more_is_answered_more_often(rare, unweighed, options):
    features, classes = rare
    if "weights" in options:
        options = {"weights": np.where(classes == 1, options["weights"], 1.0)}
    model = weighed(rare, **options)
    found = (classes == 1) @ model.predict(features) / (classes == 1).sum()
    found_before = (classes == 1) @ unweighed.predict(features) / (classes == 1).sum()
    assert found > found_before + 0.1
    assert answered(model, rare) > 1.5 * answered(unweighed, rare)
    # It is so in training already, not by the choice alone.
    assert answered(model, rare, model.baseline_) > 1.5 * answered(unweighed, rare, unweighed.baseline_)


def test_a_dear_false_alarm_silences_the_rare_class(rare, unweighed):
    model = weighed(rare, metric="cost", cost_matrix=np.array([[0, 20], [1, 0]]))
    assert answered(model, rare) <= answered(unweighed, rare)
    assert answered(model, rare, model.baseline_) < answered(unweighed, rare, unweighed.baseline_)


def test_weights_say_the_same_by_class_and_by_sample(rare, unweighed):
    _, classes = rare
    by_class, by_sample = weighed(rare, class_weight={1: 8.0}), weighed(rare, np.where(classes == 1, 8.0, 1.0))
    assert by_class.designs_ == by_sample.designs_
    assert by_class.designs_ != unweighed.designs_
    assert weighed(rare, np.full(300, 0.3)).designs_ == unweighed.designs_
    named = np.array(["often", "rarely"])[classes]
    by_label = small(candidates=500, folds=2, class_weight={"rarely": 8.0}).fit(rare[0], named)
    assert by_label.designs_ == by_class.designs_


def test_a_score_counts_classes_by_their_weights_and_the_accuracy_does_not(rare):
    """The training part repeats heavy samples; accuracies count every sample once."""
    features, classes = rare
    model = small(candidates=500, class_weight={1: 8.0}).fit(features, classes)
    values, truth = model._vectors["train"]
    for design in model.designs_:
        assert design.train.samples == len(truth)
        right = design.model.predict(values) == truth
        assert design.train.value == pytest.approx(np.mean(right))
        assert design.score == pytest.approx(np.average(right, weights=np.where(truth == 1, 8.0, 1.0)))
    values, truth = model._vectors["validation"]
    right = np.mean(model.baseline_.model.predict(values) == truth)
    assert model.baseline_.forecast.accuracy == pytest.approx(right)


@pytest.mark.parametrize(
    ("options", "score"),
    [
        ({"metric": "balanced-accuracy"}, balanced_accuracy_score),
        ({"metric": "f1-macro"}, lambda truth, answers: f1_score(truth, answers, average="macro")),
        (
            {"metric": "cost", "cost_matrix": [[0, 1], [20, 0]]},
            lambda truth, answers: -np.where(truth == 1, 20 * (answers == 0), answers == 1).mean(),
        ),
    ],
    ids=lambda value: value.get("metric") if isinstance(value, dict) else None,
)
def test_designs_are_scored_and_chosen_by_the_metric(rare, options, score):
    features, classes = rare
    model = small(candidates=500, **options).fit(features, classes)
    values, truth = model._vectors["train"]
    for design in model.designs_:
        assert design.score == pytest.approx(score(truth, design.model.predict(values)))
    values, truth = model._vectors["validation"]
    exact = model.baseline_
    assert exact.forecast.score == pytest.approx(score(truth, exact.model.predict(values)))
    assert exact.forecast.accuracy == pytest.approx(np.mean(exact.model.predict(values) == truth))
    assert exact.forecast.score != exact.forecast.accuracy
    assert exact.forecast.score_low <= exact.forecast.score <= exact.forecast.score_high
    best = max((design.forecast for design in model.designs_), key=lambda forecast: forecast.score)
    within = [d.estimated.system_power_mw for d in model.designs_ if d.forecast.score >= best.score - best.error]
    assert model.designs_[model.chosen_].estimated.system_power_mw == min(within)
    with pytest.raises(NoDesignError, match=options["metric"].replace("-", " ")):
        model.choose(min_accuracy=1.0, max_power_mw=0.0)


def test_a_saved_classifier_keeps_its_weights_costs_and_starts(rare, tmp_path):
    features, classes = rare
    labels = np.array(["often", "rarely"])[classes]
    options = {
        "metric": "cost",
        "cost_matrix": [[0, 1], [20, 0]],
        "class_weight": {"rarely": 2.0},
        "starts": ("tree", "nothing"),
        "hidden": "auto",
    }
    model = small(candidates=500, **options).fit(features, labels)
    model.save(tmp_path / "classifier.json")
    loaded = BespokeClassifier.load(tmp_path / "classifier.json")
    assert loaded.get_params() == model.get_params()
    assert loaded.predict(features).tolist() == model.predict(features).tolist()
    assert loaded.fit(features, labels).designs_ == model.designs_


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"effort": "heroic"}, "effort"),
        ({"max_loss": -1}, "max_loss"),
        ({"max_loss": 1.5}, "max_loss must be a number from 0 to 1, not 1.5"),
        ({"candidates": 0}, "candidates"),
        ({"candidates": 2.5}, "candidates must be a whole number of at least 1, not 2.5"),
        ({"moves": 0}, "moves must be a whole number of at least 1, not 0"),
        ({"moves": "x"}, "moves must be a whole number of at least 1, not 'x'"),
        ({"max_loss": "x"}, "max_loss must be a number from 0 to 1, not 'x'"),
        ({"folds": 1}, "folds must be 0 or a whole number from 2 to 50, not 1"),
        ({"folds": -2}, "folds must be 0 or a whole number from 2 to 50, not -2"),
        ({"folds": 51}, "folds must be 0 or a whole number from 2 to 50, not 51"),
        ({"folds": 2.5}, "folds must be 0 or a whole number from 2 to 50, not 2.5"),
        ({"n_jobs": 0}, "n_jobs must be a whole number of processes, or -1 for all processors, not 0"),
        ({"n_jobs": "all"}, "n_jobs must be a whole number of processes"),
        ({"hidden": "three"}, "hidden must be 'auto', a number of neurons from 1 to 256, or several .*not 'three'"),
        ({"hidden": 2.5}, "hidden must be .*not 2.5"),
        ({"hidden": (3, 2.0)}, r"hidden must be .*not \(3, 2.0\)"),
        ({"hidden": 257}, "hidden must be .*not 257"),
        ({"hidden": True}, "hidden must be .*not True"),
        ({"hidden": None}, "hidden must be .*not None"),
        ({"starts": ()}, "starts must be one or several of network, tree"),
        ({"starts": 3}, "starts must be one or several of network, tree.*not 3"),
        ({"starts": "bush"}, "starts must be one of network, tree, forest, lut, nothing, not 'bush'"),
        ({"starts": ("bush",)}, "starts must be one of network, tree, forest, lut, nothing, not 'bush'"),
        ({"metric": "beauty"}, "metric must be one of accuracy, balanced-accuracy, f1-macro, cost"),
        ({"metric": "cost"}, "cost_matrix goes with metric='cost'"),
        ({"cost_matrix": np.ones((3, 3))}, "cost_matrix goes with metric='cost', .*'accuracy'"),
        ({"metric": "cost", "cost_matrix": [[0, 1], [1, 0]]}, r"cost_matrix must be \(3, 3\), .* not \(2, 2\)"),
        ({"metric": "cost", "cost_matrix": -np.ones((3, 3))}, "finite costs of 0 or more"),
        ({"metric": "cost", "cost_matrix": np.zeros((3, 3))}, "no class"),
        ({"metric": "cost", "cost_matrix": "x"}, "cost_matrix must be a table of numbers"),
        ({"class_weight": "heavy"}, "class_weight must be 'balanced' or .*'heavy'"),
        ({"class_weight": {"setosa": "x"}}, "class_weight of 'setosa' must be a finite number"),
        ({"class_weight": {"rose": 2.0}}, "'rose', which is no class of the data"),
        ({"class_weight": {"setosa": -1.0}}, "finite number of 0 or more"),
        ({"bits": 0}, "^bits must be a whole number from 1 to 12, not 0"),
        ({"bits": 2.5}, "^bits must be a whole number from 1 to 12, not 2.5"),
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
    with pytest.raises(ValueError, match=words) as caught:
        small(**options).fit(train, classes)
    assert "--" not in str(caught.value)


def test_a_single_start_is_a_list_of_one(iris):
    train, _, classes, _ = iris
    one, listed = (small(starts=starts).fit(train, classes) for starts in ("tree", ("tree",)))
    assert one.designs_ == listed.designs_


def test_validation_fraction_is_gone():
    with pytest.raises(TypeError, match="validation_fraction"):
        BespokeClassifier(validation_fraction=0.25)


@pytest.mark.parametrize(("weight", "words"), [(np.nan, "NaN"), (-1.0, "0 or more"), (0.0, "all 0|weight")])
def test_wrong_sample_weights_are_named(iris, weight, words):
    train, _, classes, _ = iris
    with pytest.raises(ValueError, match=words):
        small().fit(train, classes, sample_weight=np.full(len(classes), weight))


@pytest.mark.eda
def test_synthesize_measures_what_predict_answers(fitted, iris, tmp_path):
    _, test, _, labels = iris
    fitted.choose(max_area_cm2=0.3)
    metrics = fitted.synthesize(tmp_path / "out", test, labels, effort="fast")
    assert metrics.accuracy.test.value == pytest.approx(fitted.score(test, labels))
    assert_forecast_of(metrics, fitted.designs_[fitted.chosen_])
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
    data = measured_data(loaded, test, labels)
    assert (data.train.samples, data.validation, data.test.samples) == (0, None, len(test))
    found = [
        loaded.synthesize(tmp_path / name, test[rows], labels[rows], effort="fast")
        for name, rows in (("all", slice(None)), ("few", slice(0, 5)))
    ]
    for metrics in found:
        assert metrics.power_optimised_on == "random vectors"
        assert metrics.static_power_train_mw is None and metrics.plain_flow_static_power_train_mw is None
        assert (metrics.accuracy.train, metrics.accuracy.validation) == (design.train, None)
        assert metrics.verification.netlist_equivalent
    assert found[0].accuracy.test.value == pytest.approx(fitted.score(test, labels))
    assert found[0].static_power_mw != found[1].static_power_mw
    texts = [
        (tmp_path / name / metrics.netlist_file).read_text()
        for name, metrics in zip(("all", "few"), found, strict=True)
    ]
    assert texts[0] == texts[1]
    fitted.choose()
