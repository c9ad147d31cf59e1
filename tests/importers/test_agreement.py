"""An import is compared with its original, and says so where they differ."""

from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MaxAbsScaler, MinMaxScaler, RobustScaler, StandardScaler

from bespoke.errors import InputError
from bespoke.importers import import_model
from bespoke.train import FloatModel

pytestmark = pytest.mark.filterwarnings("ignore:lbfgs failed to converge")


@pytest.fixture(scope="module")
def iris():
    table = load_iris(as_frame=True)
    return table.data, table.target_names[table.target]


def classifier(**options):
    return MLPClassifier((4,), solver="lbfgs", max_iter=200, random_state=1, **options)


@pytest.mark.parametrize(
    "pipeline",
    [
        classifier(),
        make_pipeline(StandardScaler(), classifier()),
        make_pipeline(StandardScaler(with_mean=False), MinMaxScaler((-1, 1)), classifier()),
        make_pipeline(make_pipeline(MinMaxScaler(), "passthrough", RobustScaler(with_centering=False)), classifier()),
        make_pipeline(MaxAbsScaler(), None, classifier()),
        make_pipeline(MinMaxScaler(clip=True), classifier()),
    ],
)
@pytest.mark.parametrize("two_classes", [False, True])
def test_fitted_objects_agree_on_every_sample(iris, pipeline, two_classes, caplog):
    features, labels = iris
    labels = np.where(labels == "setosa", "setosa", "another") if two_classes else labels
    imported = import_model(pipeline.fit(features, labels))
    with caplog.at_level(logging.INFO, logger="bespoke"):
        found = imported.agreement(features.to_numpy())
    assert (found.same, found.samples, found.program) == (150, 150, "scikit-learn")
    name = type(pipeline).__name__
    assert caplog.messages == [f"the imported model answers as the {name} does on 150 of 150 samples (scikit-learn)"]
    assert caplog.records[0].levelno == logging.INFO


def test_a_difference_is_a_warning(iris, caplog):
    features, labels = iris
    imported = import_model(classifier().fit(features.to_numpy(), labels))
    model = imported.float_model
    turned = FloatModel(model.weights, (*model.biases[:-1], -model.biases[-1] + [1e6, 0, 0]))
    found = replace(imported, float_model=turned).agreement(features.to_numpy())
    assert found.same == 50 and not found.is_whole
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


def test_values_beyond_a_clipping_scaler_are_told(iris):
    """The circuit cannot clip where the scaler did, unless both have the same range: no silence about it."""
    features, labels = iris
    pipeline = make_pipeline(MinMaxScaler(clip=True), classifier()).fit(features, labels)
    far = pd.concat([features, features * [-3, 9, 5, -8]])
    expected = (
        pipeline.predict(far) == np.array(pipeline.classes_)[import_model(pipeline).predict(far.to_numpy())]
    ).sum()
    assert import_model(pipeline).agreement(far.to_numpy()).same == expected < 300


def test_what_cannot_be_asked_is_not_compared(iris, caplog):
    features, labels = iris
    fitted = classifier().fit(features.to_numpy(), labels)
    imported = import_model(fitted)
    fitted.coefs_ = None
    with pytest.raises(InputError, match="could not be asked"):
        imported.agreement(features.to_numpy())
    assert "could not be asked" in caplog.text


def test_plain_weights_have_no_original(tmp_path):
    path = tmp_path / "m.npz"
    np.savez(path, weights_0=np.eye(2), biases_0=np.zeros(2))
    with pytest.raises(InputError, match="no original"):
        import_model(path).agreement(np.eye(2))


def test_a_step_that_does_not_fold_is_named(iris):
    pipeline = make_pipeline(FunctionTransformer(np.log1p), StandardScaler(), classifier()).fit(*iris)
    with pytest.raises(InputError, match="FunctionTransformer"):
        import_model(pipeline)


def test_the_columns_of_a_frame_are_matched_by_name():
    frame = pd.DataFrame(np.random.default_rng(0).random((60, 3)), columns=["a", "b", "c"])
    classes = (frame["a"] > frame["c"]).astype(int)
    fitted = make_pipeline(StandardScaler(), MLPClassifier((3,), max_iter=400, random_state=0)).fit(frame, classes)
    imported, turned = import_model(fitted), frame[["c", "a", "b"]]
    assert np.array_equal(imported.predict(turned), fitted.predict(frame))
    assert imported.agreement(turned).is_whole
    with pytest.raises(InputError, match="'d'"):
        imported.agreement(frame.rename(columns={"c": "d"}))


@pytest.mark.parametrize(
    ("samples", "said"),
    [
        (np.zeros((2, 2)), "reads 3 features"),
        (np.zeros(3), "reads 3 features"),
        (np.full((2, 3), np.nan), "finite numbers"),
        (np.zeros((0, 3)), "at least one"),
    ],
)
def test_samples_that_nothing_can_be_compared_on_are_told(samples, said):
    features = np.random.default_rng(0).random((30, 3))
    fitted = MLPClassifier((2,), max_iter=50, random_state=0).fit(features, features[:, 0] > 0.5)
    with pytest.raises(InputError, match=said):
        import_model(fitted).agreement(samples)
