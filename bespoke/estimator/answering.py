"""What every fitted classifier does: answer in labels what its circuit answers in indices, and be written down."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from bespoke.model import IntegerClassifier, input_wires
from bespoke.rtl import emit_verilog
from bespoke.sensing import FrontEndKind, Quantiser


class CircuitClassifier(ClassifierMixin, BaseEstimator):
    """Answers of an integer model, bit for bit those of its circuit.

    A class that inherits sets, when it is fitted, what stands below, and has a property ``network_``.

    Attributes
    ----------
    classes_ : the class labels, sorted.
    n_features_in_, feature_names_in_ : as in every scikit-learn estimator.
    quantiser_ : turns features into the circuit's integers.
    """

    classes_: np.ndarray
    n_features_in_: int
    quantiser_: Quantiser
    _class_places: np.ndarray  # place in classes_ of every class index of the circuit

    @property
    def network_(self) -> IntegerClassifier:
        """The integer model that is the reference for the circuit."""
        raise NotImplementedError

    def predict(self, X: Any) -> np.ndarray:
        """The circuit's answer for every sample of ``X`` (samples, features) in their own units, as class labels.

        Raises
        ------
        ValueError
            where the features are not those of ``fit``: another number, or a frame with other names or another order.
        """
        answers = self._answers(X)
        return self.classes_[self._class_places[answers]]

    def _answers(self, X: Any) -> np.ndarray:
        """The circuit's class indices (samples,)."""
        check_is_fitted(self, "quantiser_")
        X = validate_data(self, X, reset=False, dtype=np.float64)
        return self.network_.predict(self.quantiser_.transform(X))

    def to_verilog(self, *, title: str = "BespokeClassifier") -> str:
        """Verilog of the circuit: module ``top``, the class index on ``out``, what it reads on the bus ``inp``.

        Behind a thermometer front end a bit of ``inp`` says that a feature has reached a threshold, which a comment
        gives in the feature's unit; behind a binary or digital one ``inp`` carries the features' bits. A comment says
        which label a class index stands for.
        """
        check_is_fitted(self, "quantiser_")
        return emit_verilog(
            self.network_,
            wires=input_wires(self.network_, self._active_kind()),
            quantiser=self.quantiser_,
            title=title,
            feature_names=self._feature_names(),
            class_labels=[str(label) for label in self._labels()],
        )

    def _active_kind(self) -> FrontEndKind:
        """What stands before the circuit."""
        raise NotImplementedError

    def _labels(self) -> list[Any]:
        """The label of every class index of the circuit, as Python has it."""
        return [label.item() if isinstance(label, np.generic) else label for label in self.classes_[self._class_places]]

    def _feature_names(self) -> list[str]:
        names = getattr(self, "feature_names_in_", None)
        return [f"x{index}" for index in range(self.n_features_in_)] if names is None else [str(name) for name in names]


def sorted_labels(labels: Sequence[Any]) -> tuple[np.ndarray, np.ndarray]:
    """Labels by class index as scikit-learn's sorted ``classes_``, and every index' place in them.

    Labels of several types, which do not compare, keep their order.
    """
    if len({type(label) for label in labels}) > 1:
        kept = np.empty(len(labels), dtype=object)
        kept[:] = list(labels)
        return kept, np.arange(len(labels))
    return np.unique(np.array(labels), return_inverse=True)
