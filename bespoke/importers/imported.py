"""What every import gives: the float model, the range of its inputs, its names."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

import bespoke
from bespoke.data import PreparedData
from bespoke.errors import InputError
from bespoke.importers.agreement import Agreement, Original, agreement_of
from bespoke.importers.names import FEATURE_SPELLINGS, LABEL_SPELLINGS, matched, only_numbered, plain
from bespoke.sensing import Quantiser
from bespoke.train import FloatModel

_LOG = logging.getLogger(__name__)

Label = str | int | float | bool


@dataclass(frozen=True, eq=False, repr=False)
class ImportedModel:
    """A trained MLP in this project's terms.

    Parameters
    ----------
    float_model : reads features scaled to 0..1 over ``low``..``high``; raw features where these are None.
    low, high : the range of every feature that the model was trained with, or None where the model does not say.
    class_labels : label of every class index; the indices themselves where the model does not say.
    feature_names : or None where the model does not say.
    source : where it comes from, for messages.
    named_classes : whether ``class_labels`` come from the model; without them its outputs are the data's classes in
        their order.
    original : what was imported, able to answer by itself; None for plain weights.
    """

    float_model: FloatModel
    low: tuple[float, ...] | None
    high: tuple[float, ...] | None
    class_labels: tuple[Label, ...]
    feature_names: tuple[str, ...] | None
    source: str
    named_classes: bool = True
    original: Original | None = None

    def __post_init__(self):
        features, classes = self.float_model.topology[0], self.float_model.topology[-1]
        if (self.low is None) != (self.high is None):
            raise InputError(f"{self.source}: give both limits of the features' range, or neither")
        for name, limit in (("low", self.low), ("high", self.high)):
            if limit is not None and len(limit) != features:
                raise InputError(f"{self.source}: {name} has {len(limit)} values, the model reads {features} features")
        if self.low is not None and not all(
            low < high and high - low < np.inf for low, high in zip(self.low, self.high, strict=True)
        ):
            raise InputError(f"{self.source}: the low limit of every feature must be finite and below its high limit")
        if len(self.class_labels) != classes:
            raise InputError(
                f"{self.source}: {len(self.class_labels)} class labels do not name the model's {classes} outputs"
            )
        _check_names(self.source, "class labels", self.class_labels)
        if self.feature_names is not None and len(self.feature_names) != features:
            raise InputError(
                f"{self.source}: {len(self.feature_names)} feature names do not fit the model's {features} inputs"
            )
        _check_names(self.source, "feature names", self.feature_names or ())

    @property
    def hidden(self) -> tuple[int, ...]:
        """Neurons of every hidden layer."""
        return self.float_model.topology[1:-1]

    def predict(self, features: np.ndarray) -> np.ndarray:
        """Class index per sample, as the original model has it, for raw float ``features`` (samples, features).

        The columns of a data frame are matched by name, as ``feature_order`` says.

        Raises
        ------
        InputError
            for another number of features, or a column that the model does not know.
        """
        values = self._in_order(features)
        if self.low is not None:
            low, high = np.array(self.low), np.array(self.high)
            values = (values - low) / (high - low)
        return self.float_model.decision(values).argmax(axis=1)

    def _in_order(self, features: Any) -> np.ndarray:
        """Raw features, float64 (samples, features), a data frame's columns in the model's order."""
        values = np.asarray(features, dtype=np.float64)
        reads = self.float_model.topology[0]
        if values.ndim != 2 or values.shape[1] != reads:
            raise InputError(
                f"{self.source}: the model reads {reads} features of every sample; what is given has the shape "
                f"{values.shape}"
            )
        names = list(getattr(features, "columns", ()))
        if not names or not all(isinstance(name, str) for name in names):
            return values
        ordered = np.empty_like(values)
        ordered[:, self.feature_order(names)] = values
        return ordered

    def agreement(self, features: np.ndarray) -> Agreement:
        """On how many samples of raw float ``features`` (samples, features) it answers as the original does.

        Also told to the log: as a warning where they differ anywhere. Columns of a data frame are matched by name.

        Raises
        ------
        InputError
            where there is no original that can be asked, or for features that do not fit or are no finite numbers.
        """
        if self.original is None:
            raise InputError(f"{self.source}: these are plain weights, there is no original to compare with")
        values = self._in_order(features)
        if not len(values) or not np.isfinite(values).all():
            raise InputError(f"{self.source}: samples to compare on must be finite numbers, and at least one")
        found = self._compared(values)
        if found is None:
            raise InputError(f"{self.source}: the original could not be asked; a warning in the log says why")
        _LOG.log(logging.INFO if found.is_whole else logging.WARNING, "%s", found.in_words())
        return found

    def agreement_on(self, data: PreparedData) -> Agreement | None:
        """The same on what was measured of the data's training part, in the model's order; told to nobody."""
        measured = data.train.measured
        if self.original is None or measured is None or not len(measured):
            return None
        ordered = np.empty_like(measured)
        ordered[:, self.feature_order(data.feature_names)] = measured
        return self._compared(ordered)

    def _compared(self, features: np.ndarray) -> Agreement | None:
        return None if self.original is None else agreement_of(self.predict(features), self.original, features)

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

        Features and classes are matched by name, as ``feature_order`` and ``class_order`` say.

        Raises
        ------
        InputError
            naming a feature or class that only one of the two knows, or the numbers that do not fit.
        """
        model = self.with_classes(data.class_labels)
        columns = self.feature_order(data.feature_names)
        weights = model.float_model.weights
        low, high = (None if limit is None else tuple(limit[c] for c in columns) for limit in (self.low, self.high))
        ordered = FloatModel((weights[0][:, columns], *weights[1:]), model.float_model.biases)
        reordered = ImportedModel(ordered, low, high, model.class_labels, None, self.source)
        return reordered.for_quantiser(data.quantiser)

    def feature_order(self, names: Sequence[str]) -> np.ndarray:
        """For every feature of the data its column in the model, int64.

        The same names first; of those left, names that differ only in blanks, in what parts words or in case, where no
        other could be meant. By position where the model has no names, or either side numbers its features only.

        Raises
        ------
        InputError
            naming a feature that the model does not know, or the numbers of features that do not fit.
        """
        features = self.float_model.topology[0]
        if len(names) != features:
            raise InputError(f"{self.source}: the model reads {features} features, the data have {len(names)}")
        if self.feature_names is None:
            return np.arange(features)
        found = matched(names, self.feature_names, FEATURE_SPELLINGS)
        if not any(one is not None for one in found) and (only_numbered(names) or only_numbered(self.feature_names)):
            return np.arange(features)
        return self._complete(found, names, self.feature_names, "feature")

    def class_order(self, class_labels: Sequence[Label]) -> np.ndarray:
        """For every class of the data its index in the model, int64.

        Labels are compared as values and text, so that ``1``, ``1.0`` and ``"1"`` mean the same class; of those left,
        ones that differ only in blanks and case are the same where no other could be meant. A model without labels, or
        one that only has the indices 0, 1, ... of which the data know none, has the data's classes in their order.

        Raises
        ------
        InputError
            naming a label that only one of the two knows, or the numbers of classes that do not fit.
        """
        classes = len(self.class_labels)
        known = {plain(label) for label in self.class_labels}
        numbered = not self.named_classes or (
            self.class_labels == tuple(range(len(class_labels))) and not any(plain(c) in known for c in class_labels)
        )
        if numbered and len(class_labels) == classes:
            return np.arange(classes)
        if not self.named_classes:
            raise InputError(f"{self.source}: the model has {classes} classes, the data have {len(class_labels)}")
        found = matched(class_labels, self.class_labels, LABEL_SPELLINGS)
        order = self._complete(found, class_labels, self.class_labels, "class")
        if len(order) != classes:
            missing = next(label for index, label in enumerate(self.class_labels) if index not in order)
            raise InputError(f"{self.source}: the model's class {missing!r} does not occur in the data")
        return order

    def _complete(
        self, found: Sequence[int | None], names: Sequence[Label], known: Sequence[Label], kind: str
    ) -> np.ndarray:
        """The places found, if all are."""
        for name, place in zip(names, found, strict=True):
            if place is None:
                free = [repr(one) for index, one in enumerate(known) if index not in found]
                left = f"; left of the model's are {', '.join(free[:5])}{', ...' if len(free) > 5 else ''}"
                raise InputError(
                    f"{self.source}: the model does not know the data's {kind} {name!r}{left if free else ''}"
                )
        return np.array(found, dtype=np.int64)

    def with_classes(self, class_labels: Sequence[Label]) -> ImportedModel:
        """The model with its outputs in the order of the data's classes."""
        order = self.class_order(class_labels)
        weights, biases = list(self.float_model.weights), list(self.float_model.biases)
        weights[-1], biases[-1] = weights[-1][order], biases[-1][order]
        # the original still answers in its own order
        return replace(
            self,
            float_model=FloatModel(tuple(weights), tuple(biases)),
            class_labels=tuple(class_labels),
            named_classes=True,
            original=None,
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


def _check_names(source: str, kind: str, names: Sequence[Label]) -> None:
    """InputError for names that are no names, or that are not all different."""
    for name in names:
        if not isinstance(name, str | int | float | bool) or name != name:
            raise InputError(f"{source}: {kind} must be text or numbers, not {name!r}")
    for place, name in enumerate(names):
        if name in names[:place]:
            raise InputError(f"{source}: the {kind} hold {name!r} twice")


def two_outputs(weight: np.ndarray, bias: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Outputs ``(0, logit)`` for a last layer of one logit: the same decision, ties going to the first class."""
    return np.vstack([np.zeros_like(weight), weight]), np.concatenate([np.zeros_like(bias), bias])
