"""What every import gives: the float model, the range of its inputs, its names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import bespoke
from bespoke.data import PreparedData
from bespoke.errors import InputError
from bespoke.sensing import Quantiser
from bespoke.train import FloatModel

Label = str | int | float | bool


@dataclass(frozen=True, eq=False, repr=False)
class ImportedModel:
    """A trained MLP in this project's terms.

    Parameters
    ----------
    float_model : reads features scaled to 0..1 over ``low``..``high``; raw features where these are None.
    low, high : the range of every feature that the model was trained with, or None where the model does not say.
    class_labels : label of every class index.
    feature_names : or None where the model does not say.
    source : where it comes from, for messages.
    """

    float_model: FloatModel
    low: tuple[float, ...] | None
    high: tuple[float, ...] | None
    class_labels: tuple[Label, ...]
    feature_names: tuple[str, ...] | None
    source: str

    def __post_init__(self):
        features, classes = self.float_model.topology[0], self.float_model.topology[-1]
        if (self.low is None) != (self.high is None):
            raise InputError(f"{self.source}: give both limits of the features' range, or neither")
        for name, limit in (("low", self.low), ("high", self.high)):
            if limit is not None and len(limit) != features:
                raise InputError(f"{self.source}: {name} has {len(limit)} values, the model reads {features} features")
        if self.low is not None and not all(
            np.isfinite([low, high]).all() and low < high for low, high in zip(self.low, self.high, strict=True)
        ):
            raise InputError(f"{self.source}: the low limit of every feature must be finite and below its high limit")
        if len(self.class_labels) != classes or len(set(self.class_labels)) != classes:
            raise InputError(
                f"{self.source}: {len(self.class_labels)} class labels do not name the model's {classes} outputs"
            )
        if self.feature_names is not None and len(self.feature_names) != features:
            raise InputError(
                f"{self.source}: {len(self.feature_names)} feature names do not fit the model's {features} inputs"
            )

    @property
    def hidden(self) -> tuple[int, ...]:
        """Neurons of every hidden layer."""
        return self.float_model.topology[1:-1]

    def predict(self, features: np.ndarray) -> np.ndarray:
        """Class index per sample, as the original model has it, for raw float ``features`` (samples, features)."""
        values = np.asarray(features, dtype=np.float64)
        if self.low is not None:
            low, high = np.array(self.low), np.array(self.high)
            values = (values - low) / (high - low)
        return self.float_model.decision(values).argmax(axis=1)

    def quantiser(self, bits: int) -> Quantiser:
        """The quantiser over the model's own range.

        Raises
        ------
        InputError
            where the model does not know its range; fit one on the training data instead.
        """
        if self.low is None:
            raise InputError(
                f"{self.source}: the model does not hold the range of its features; it comes from the data"
            )
        return Quantiser(self.low, self.high, bits)

    def for_quantiser(self, quantiser: Quantiser) -> FloatModel:
        """The same model over what ``quantiser`` delivers: it reads ``q / 2**bits``.

        With the model's function ``W x + c`` of raw features, ``x`` in the cell of ``q`` is taken at the cell's middle,
        ``low + (high - low) * (q + 1/2) / 2**bits``. So the weights become ``W * (high - low)`` and the biases
        ``c + W (low + (high - low) / 2**(bits + 1))``; the later layers stay.

        Raises
        ------
        InputError
            where the quantiser has another number of features.
        """
        features = self.float_model.topology[0]
        if len(quantiser.low) != features:
            raise InputError(f"{self.source}: the model reads {features} features, the data have {len(quantiser.low)}")
        low, span = np.array(quantiser.low), np.array(quantiser.high) - np.array(quantiser.low)
        weight, bias = self.float_model.weights[0], self.float_model.biases[0]
        if self.low is not None:  # back to raw features first
            own_low, own_span = np.array(self.low), np.array(self.high) - np.array(self.low)
            weight = weight / own_span
            bias = bias - weight @ own_low
        middle = low + span / (1 << (quantiser.bits + 1))
        return FloatModel(
            (weight * span, *self.float_model.weights[1:]), (bias + weight @ middle, *self.float_model.biases[1:])
        )

    def adapted(self, data: PreparedData) -> FloatModel:
        """The model as this data's float model: features and classes in the data's order, reading ``q / 2**bits``.

        Features are matched by name where both sides know the same names (letters and digits count, in either case);
        where no name of one is known to the other, by position.

        Raises
        ------
        InputError
            naming a feature or class that only one of the two knows, or the numbers that do not fit.
        """
        model = self.with_classes(data.class_labels)
        columns = self._feature_order(data.feature_names)
        weights = model.float_model.weights
        low, high = (None if limit is None else tuple(limit[c] for c in columns) for limit in (self.low, self.high))
        ordered = FloatModel((weights[0][:, columns], *weights[1:]), model.float_model.biases)
        return ImportedModel(ordered, low, high, model.class_labels, None, self.source).for_quantiser(data.quantiser)

    def _feature_order(self, names: Sequence[str]) -> np.ndarray:
        """For every feature of the data its column in the model, int64."""
        features = self.float_model.topology[0]
        if len(names) != features:
            raise InputError(f"{self.source}: the model reads {features} features, the data have {len(names)}")
        known = {_bare(name): column for column, name in enumerate(self.feature_names or ())}
        if len(known) < features or not any(_bare(name) in known for name in names):
            return np.arange(features)
        for name in names:
            if _bare(name) not in known:
                raise InputError(f"{self.source}: the model does not know the data's feature {name!r}")
        return np.array([known[_bare(name)] for name in names], dtype=np.int64)

    def class_order(self, class_labels: Sequence[Label]) -> np.ndarray:
        """For every class of the data its index in the model, int64.

        Labels are compared as values, then as text, so that ``1``, ``1.0`` and ``"1"`` mean the same class. A model
        that only has the indices 0, 1, ... is taken to mean the data's classes in their order.

        Raises
        ------
        InputError
            naming a label that only one of the two knows.
        """
        known = {_plain(label): index for index, label in enumerate(self.class_labels)}
        if self.class_labels == tuple(range(len(class_labels))) and not any(_plain(c) in known for c in class_labels):
            return np.arange(len(class_labels))  # the model was trained on class indices and never knew names
        order = []
        for label in class_labels:
            if _plain(label) not in known:
                raise InputError(
                    f"{self.source}: the data's class {label!r} is none of the model's {self.class_labels}"
                )
            order.append(known[_plain(label)])
        if len(order) != len(self.class_labels):
            missing = [label for index, label in enumerate(self.class_labels) if index not in order]
            raise InputError(f"{self.source}: the model's class {missing[0]!r} does not occur in the data")
        return np.array(order, dtype=np.int64)

    def with_classes(self, class_labels: Sequence[Label]) -> ImportedModel:
        """The model with its outputs in the order of the data's classes."""
        order = self.class_order(class_labels)
        weights, biases = list(self.float_model.weights), list(self.float_model.biases)
        weights[-1], biases[-1] = weights[-1][order], biases[-1][order]
        return ImportedModel(
            FloatModel(tuple(weights), tuple(biases)),
            self.low,
            self.high,
            tuple(class_labels),
            self.feature_names,
            self.source,
        )

    def to_estimator(self, **parameters: Any) -> Any:
        """An unfitted `bespoke.BespokeClassifier` whose ``fit`` starts from this model, as ``run --model`` does.

        Parameters
        ----------
        parameters : the classifier's others, such as ``effort`` or ``random_state``.
        """
        return bespoke.BespokeClassifier(model=self, **parameters)

    def __repr__(self) -> str:
        topology = "-".join(str(size) for size in self.float_model.topology)
        return f"ImportedModel({topology}, source={self.source!r})"


def _bare(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _plain(label: Label) -> str:
    if isinstance(label, float) and label.is_integer():
        return str(int(label))
    return str(label)


def two_outputs(weight: np.ndarray, bias: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Outputs ``(0, logit)`` for a last layer of one logit: the same decision, ties going to the first class."""
    return np.vstack([np.zeros_like(weight), weight]), np.concatenate([np.zeros_like(bias), bias])
