"""Whose feature and class is whose: the same name first, looser spellings only where they leave no doubt."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.neural_network import MLPClassifier

from bespoke.data import dataset_from_frame, prepare
from bespoke.errors import InputError
from bespoke.importers import import_model


def model_with(tmp_path, features, labels=("no", "yes")):
    """A model whose second class wins where its first feature is above 0."""
    weights = np.zeros((len(labels), len(features)))
    weights[1, 0] = 1.0
    document = {"weights": [weights.tolist()], "biases": [[0.0] * len(labels)], "class_labels": list(labels)}
    if features[0] is not None:
        document["feature_names"] = list(features)
    path = tmp_path / "m.json"
    path.write_text(json.dumps(document))
    return import_model(path)


@pytest.mark.parametrize(
    ("model", "data", "order"),
    [
        (("I+", "I-"), ("I-", "I+"), [1, 0]),
        (("a", "A"), ("A", "a"), [1, 0]),
        (("a", "A", "b"), ("B", "A", "a"), [2, 1, 0]),
        (("a ", "a"), ("a", "a "), [1, 0]),
        (("sepal length (cm)", "petal width (cm)"), ("petal_width_cm", "sepal_length_cm"), [1, 0]),
        (("SepalLengthCm", "PetalWidthCm"), ("petal width (cm)", "sepal length (cm)"), [1, 0]),
        (("T-1", "T+1", "T"), ("T", "T-1", "T+1"), [2, 0, 1]),
        (("x 1", "x1"), ("x1", "x 1"), [1, 0]),
        ((None, None), ("anything", "else"), [0, 1]),
        (("acid", "sugar"), ("x0", "x1"), [0, 1]),  # the data have no names
        (("x0", "x1"), ("acid", "sugar"), [0, 1]),  # the model has none
        (("x1", "x0"), ("x0", "x1"), [1, 0]),
        (("ａ", "b"), ("b", "a"), [1, 0]),
    ],
)
def test_features_find_each_other(tmp_path, model, data, order):
    assert model_with(tmp_path, model).feature_order(data).tolist() == order


@pytest.mark.parametrize(
    ("model", "data", "words"),
    [
        (("I+", "V"), ("I-", "V"), r"feature 'I-'; left of the model's are 'I\+'"),
        (("T+1", "V"), ("T-1", "V"), "'T-1'"),
        (("a_b", "a-b"), ("A B", "ab"), "'A B'"),
        (("acid", "sugar"), ("salt", "water"), "'salt'"),
        (("acid", "sugar"), ("acid", "x1"), "'x1'"),
        (("Δx", "x"), ("dx", "x"), "'dx'"),
        (("hum%", "t"), ("hum", "t"), "'hum'"),
    ],
)
def test_what_could_be_another_feature_is_refused(tmp_path, model, data, words):
    with pytest.raises(InputError, match=f"does not know the data's feature.*{words}|{words}"):
        model_with(tmp_path, model).feature_order(data)


@given(st.permutations(["I+", "I-", "i+", "i-", "I", "i", "I ", "I_"]))
def test_the_same_names_always_find_themselves(tmp_path_factory, names):
    known = sorted(names)
    model = model_with(tmp_path_factory.getbasetemp(), known)
    assert [known[place] for place in model.feature_order(names)] == list(names)


def test_features_that_differ_in_their_sign_keep_their_answers():
    """A model whose columns are I+, I- on a table whose columns are I-, I+."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"I+": rng.random(90), "I-": rng.random(90)})
    classes = np.where(frame["I+"] > frame["I-"], "up", "down")
    classifier = MLPClassifier((4,), solver="lbfgs", max_iter=300, random_state=0).fit(frame, classes)
    data = prepare(dataset_from_frame(frame[["I-", "I+"]], classes), bits=6)
    imported = import_model(classifier)
    adapted = imported.adapted(data)
    assert (adapted.predict(data.train.features, data.bits) == data.train.classes).mean() > 0.9
    found = imported.agreement_on(data)
    assert (found.same, found.samples, found.program) == (data.train.samples, data.train.samples, "scikit-learn")


@pytest.mark.parametrize(
    ("model", "data", "order"),
    [
        (("a", "A"), ("A", "a"), [1, 0]),
        (("Setosa", "virginica"), ("virginica", "setosa "), [1, 0]),
        ((1, 2), ("2", "1.0"), None),
        ((1, 2), ("2", 1.0), [1, 0]),
        ((True, False), ("False", "True"), [1, 0]),
    ],
)
def test_classes_find_each_other(tmp_path, model, data, order):
    imported = model_with(tmp_path, ("f", "g"), model)
    if order is None:
        with pytest.raises(InputError, match=r"'1\.0'"):
            imported.class_order(data)
    else:
        assert imported.class_order(data).tolist() == order


def test_names_that_a_model_has_twice_are_refused(tmp_path):
    with pytest.raises(InputError, match="feature names hold 'a' twice"):
        model_with(tmp_path, ("a", "a"))
    with pytest.raises(InputError, match="class labels hold 'a' twice"):
        model_with(tmp_path, ("a", "b"), ("a", "a"))
