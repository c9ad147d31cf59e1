"""Fitted scikit-learn models: ``MLPClassifier``, alone or behind scalers in a pipeline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.exceptions import NotFittedError
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, RobustScaler, StandardScaler
from sklearn.utils.validation import check_is_fitted

from bespoke.errors import InputError
from bespoke.importers.imported import ImportedModel, two_outputs
from bespoke.train import FloatModel


def import_sklearn(model: Any) -> ImportedModel:
    """A fitted ``MLPClassifier``, or a ``Pipeline`` of scalers and one.

    ``MinMaxScaler``, ``StandardScaler``, ``MaxAbsScaler`` and ``RobustScaler`` are folded into the first layer. A
    ``MinMaxScaler`` in front of all also gives the range of the features; its ``clip`` is what the
    quantiser does anyway.

    Raises
    ------
    InputError
        naming the step or setting that cannot be imported.
    """
    source = type(model).__name__
    steps = _steps(model)
    if not steps or not isinstance(steps[-1], MLPClassifier):
        found = type(steps[-1]).__name__ if steps else "nothing"
        raise InputError(f"{source}: the last step must be an MLPClassifier, not {found}")
    for step in steps:
        try:
            check_is_fitted(step)
        except NotFittedError:
            raise InputError(f"{source}: {type(step).__name__} is not fitted; call fit first") from None
    classifier = steps[-1]
    float_model = float_model_of(classifier)
    scale, offset = np.ones(float_model.topology[0]), np.zeros(float_model.topology[0])
    for step in steps[:-1]:
        factor, shift = _affine(source, step)
        scale, offset = factor * scale, factor * offset + shift
    low = high = None
    weight, bias = float_model.weights[0] * scale, float_model.biases[0] + float_model.weights[0] @ offset
    if isinstance(steps[0], MinMaxScaler):
        low, high = _range(steps[0])
        bias = bias + weight @ low
        weight = weight * (high - low)
    names = getattr(steps[0], "feature_names_in_", None)
    return ImportedModel(
        FloatModel((weight, *float_model.weights[1:]), (bias, *float_model.biases[1:])),
        None if low is None else tuple(low.tolist()),
        None if high is None else tuple(high.tolist()),
        tuple(label.item() if isinstance(label, np.generic) else label for label in classifier.classes_),
        None if names is None else tuple(map(str, names)),
        source,
        original=_Fitted(model, classifier.classes_),
    )


@dataclass(frozen=True, eq=False)
class _Fitted:
    """The fitted object itself, to compare the import with."""

    model: Any
    classes: np.ndarray

    @property
    def name(self) -> str:
        return f"the {type(self.model).__name__}"

    def answers(self, features: np.ndarray) -> tuple[np.ndarray, str]:
        names = getattr(self.model, "feature_names_in_", None)
        table = features if names is None else pd.DataFrame(features, columns=list(names))
        predicted = self.model.predict(table)
        return np.argmax(predicted[:, None] == self.classes[None, :], axis=1), "scikit-learn"


def _steps(model: Any) -> list[Any]:
    """The steps of a pipeline, those of pipelines within it among them."""
    if not isinstance(model, Pipeline):
        return [model]
    return [inner for _, step in model.steps if step is not None and step != "passthrough" for inner in _steps(step)]


def float_model_of(classifier: MLPClassifier) -> FloatModel:
    """Weights and biases of a fitted classifier, with an output for every class.

    Raises
    ------
    InputError
        for another activation than ReLU, or more than one label a sample.
    """
    if classifier.activation != "relu" and len(classifier.coefs_) > 1:
        raise InputError(f"the MLPClassifier's activation is {classifier.activation!r}; only 'relu' maps to QReLU")
    weights, biases = [weight.T for weight in classifier.coefs_], list(classifier.intercepts_)
    if classifier.out_activation_ == "logistic":
        if len(biases[-1]) > 1:
            raise InputError("the MLPClassifier gives several labels a sample; a circuit names one class")
        weights[-1], biases[-1] = two_outputs(weights[-1], biases[-1])
    return FloatModel(tuple(weights), tuple(biases))


def _affine(source: str, scaler: Any) -> tuple[np.ndarray, np.ndarray]:
    """A scaler as ``factor * x + shift``."""
    match scaler:
        case MinMaxScaler():
            return scaler.scale_, scaler.min_
        case MaxAbsScaler():
            return 1 / scaler.scale_, np.zeros_like(scaler.scale_)
        case StandardScaler():
            scale = scaler.scale_ if scaler.with_std else np.ones(scaler.n_features_in_)
            mean = scaler.mean_ if scaler.with_mean else np.zeros(scaler.n_features_in_)
            return 1 / scale, -mean / scale
        case RobustScaler():
            scale = scaler.scale_ if scaler.with_scaling else np.ones(scaler.n_features_in_)
            centre = scaler.center_ if scaler.with_centering else np.zeros(scaler.n_features_in_)
            return 1 / scale, -centre / scale
        case _:
            raise InputError(
                f"{source}: step {type(scaler).__name__} cannot become part of the circuit; use a MinMaxScaler, "
                "StandardScaler, MaxAbsScaler or RobustScaler before the MLPClassifier"
            )


def _range(scaler: MinMaxScaler) -> tuple[np.ndarray, np.ndarray]:
    """Smallest and largest value of each feature; a constant feature gets the unit span that the scaler gives it."""
    low = np.asarray(scaler.data_min_, dtype=np.float64)
    high = np.asarray(scaler.data_max_, dtype=np.float64)
    return low, np.where(high > low, high, low + 1.0)
