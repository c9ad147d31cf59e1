"""The float model: what scikit-learn trained is what predicts, chosen without the test part."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from bespoke.data import Part, PreparedData, load_dataset, prepare
from bespoke.errors import InputError
from bespoke.train import TRAINING_EFFORTS, FloatBudget, FloatModel, train_float
from bespoke.train.float_model import _uses_all_neurons, held_out


@pytest.fixture(scope="module")
def iris() -> PreparedData:
    return prepare(load_dataset("iris"), validation_fraction=0.25)


def plain_decision(model: FloatModel, features: list[int], bits: int) -> list[float]:
    values = [feature / 2**bits for feature in features]
    for index, (weights, biases) in enumerate(zip(model.weights, model.biases, strict=True)):
        values = [
            sum(w * v for w, v in zip(row, values, strict=True)) + b for row, b in zip(weights, biases, strict=True)
        ]
        if index < len(model.weights) - 1:
            values = [max(0.0, value) for value in values]
    return values


@pytest.mark.parametrize("hidden", [(3,), (4, 3), (4, 3, 3)])
def test_inference_against_plain_python(iris, hidden):
    model = train_float(iris, hidden=hidden)
    assert model.topology == (4, *hidden, 3)
    outputs = [plain_decision(model, row, 4) for row in iris.test.features.tolist()]
    assert np.allclose(model.decision(iris.test.features / 16), outputs)
    assert model.predict(iris.test.features, 4).tolist() == [row.index(max(row)) for row in outputs]
    assert (model.predict(iris.train.features, 4) == iris.train.classes).mean() > 0.93


def test_two_classes_give_zero_and_the_logit():
    data = prepare(load_dataset("breast_cancer"), validation_fraction=0.25)
    model = train_float(data, hidden=(3,))
    assert model.topology == (30, 3, 2)
    assert not model.weights[-1][0].any() and model.biases[-1][0] == 0
    outputs = model.decision(data.test.features / 16)
    assert np.array_equal(model.predict(data.test.features, 4), (outputs[:, 1] > 0).astype(int))
    assert (model.predict(data.validation.features, 4) == data.validation.classes).mean() > 0.95


def test_ties_go_to_the_first_class():
    model = FloatModel((np.zeros((3, 2)),), (np.array([1.0, 2.0, 2.0]),))
    assert model.predict(np.array([[1, 2]]), 4).tolist() == [1]


def test_same_seed_same_model_and_the_test_part_has_no_say(iris):
    scrambled = Part(iris.test.features[::-1] ^ 5, np.zeros_like(iris.test.classes), iris.test.rows)
    first = train_float(iris, seed=3)
    second = train_float(replace(iris, test=scrambled), seed=3)
    assert first.to_json() == second.to_json()
    assert first.to_json() != train_float(iris, seed=4).to_json()


def test_progress_rises_to_one(iris):
    seen = []
    train_float(iris, progress=lambda fraction, note: seen.append((fraction, note)))
    fractions = [fraction for fraction, _ in seen]
    assert fractions == sorted(fractions) and fractions[-1] == 1
    assert all("validation accuracy" in note for _, note in seen)


def test_json_round_trip_is_exact(iris):
    model = train_float(iris)
    again = FloatModel.from_json(json.loads(json.dumps(model.to_json())))
    for ours, theirs in zip((*model.weights, *model.biases), (*again.weights, *again.biases), strict=True):
        assert np.array_equal(ours, theirs)


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"kind": "float", "schema": 9},
        {"kind": "float", "schema": 1, "weights": [[[1.0]]], "biases": []},
        {"kind": "float", "schema": 1, "weights": [[[1.0], [1.0, 2.0]]], "biases": [[0.0]]},
        {"kind": "float", "schema": 1, "weights": [[["x"]]], "biases": [[0.0]]},
        {"kind": "float", "schema": 1, "weights": [[[float("nan")]]], "biases": [[0.0]]},
        {"kind": "float", "schema": 1, "weights": [[[1.0]], [[1.0, 1.0]]], "biases": [[0.0], [0.0]]},
    ],
)
def test_damaged_documents(document):
    with pytest.raises(InputError):
        FloatModel.from_json(document)


@pytest.mark.parametrize("hidden", [(), (0,), (3, -1), (2.5,), (True,)])
def test_impossible_hidden_layers(iris, hidden):
    with pytest.raises(InputError, match="--hidden"):
        train_float(iris, hidden=hidden)


def test_a_class_without_training_samples_is_named(iris):
    kept = iris.train.classes != 1
    train = Part(iris.train.features[kept], iris.train.classes[kept], iris.train.rows[kept])
    with pytest.raises(InputError, match="no sample of class 'versicolor'"):
        train_float(replace(iris, train=train))


def test_a_model_with_a_dead_neuron_is_told_apart():
    data = prepare(load_dataset("iris"))
    weights = (np.ones((2, 4)), np.eye(3, 2))
    alive = FloatModel(weights, (np.zeros(2), np.zeros(3)))
    dead = FloatModel(weights, (np.array([0.0, -9.0]), np.zeros(3)))
    assert _uses_all_neurons(alive, data)
    assert not _uses_all_neurons(dead, data)
    assert _uses_all_neurons(train_float(data, hidden=(3,), seed=1), data)


@pytest.mark.parametrize("name", ["iris", "breast_cancer"])
def test_without_a_validation_part(name):
    data = prepare(load_dataset(name))
    seen = []
    model = train_float(data, seed=2, progress=lambda fraction, note: seen.append((fraction, note)))
    assert _uses_all_neurons(model, data)
    assert (model.predict(data.train.features, 4) == data.train.classes).mean() > 0.95
    assert (model.predict(data.test.features, 4) == data.test.classes).mean() > 0.9
    assert model.to_json() == train_float(data, seed=2).to_json()
    assert seen[-1][0] == 1 and all("held-out accuracy" in note for _, note in seen)


def test_without_a_validation_part_all_samples_are_learned_from():
    """The model is where scikit-learn's loss on the whole training part, held-out share included, is lowest."""
    data = prepare(load_dataset("iris"))
    model = train_float(data, seed=1, hidden=(2,))
    outputs = model.decision(data.train.features / 16)
    error = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    error /= error.sum(axis=1, keepdims=True)
    error[np.arange(len(error)), data.train.classes] -= 1
    assert np.abs(error.mean(axis=0)).max() < 5e-3  # the slope by the output biases, which do not decay


def test_classes_too_small_to_hold_a_sample_out():
    features = np.random.default_rng(0).integers(0, 16, (8, 2))
    classes = np.repeat(np.arange(2), 4)
    part = Part(features, classes, np.arange(8))
    data = prepare(load_dataset("breast_cancer"))
    tiny = replace(data, feature_names=("a", "b"), train=part)
    assert not held_out(classes, 0.2, np.random.default_rng(0)).any()
    assert train_float(tiny, hidden=(2,)).topology == (2, 2, 2)


def test_held_out_is_the_share_of_every_class():
    classes = np.repeat(np.arange(4), [50, 14, 5, 4])
    held = held_out(classes, 0.2, np.random.default_rng(0))
    assert np.bincount(classes[held], minlength=4).tolist() == [10, 2, 1, 0]


def test_a_budget_of_one_start(iris):
    fits = []
    budget = FloatBudget(starts=1, iterations=20)
    model = train_float(iris, budget=budget, progress=lambda fraction, note: fits.append(note))
    assert len(fits) == 4 and model.topology == (4, 3, 3)  # three rounds, and the end


def test_fast_fits_less(iris):
    def fits(budget: FloatBudget) -> int:
        seen = []
        train_float(iris, budget=budget, progress=lambda fraction, note: seen.append(note))
        return len(seen)

    fast, normal = (fits(TRAINING_EFFORTS[effort].float_model) for effort in ("fast", "normal"))
    assert fast < normal / 2


@pytest.mark.parametrize("options", [{"starts": 0}, {"iterations": 0}, {"work": 0}])
def test_impossible_budgets(options):
    with pytest.raises(InputError):
        FloatBudget(**options)
