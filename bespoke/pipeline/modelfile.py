"""A model file: an integer classifier with all that is needed to feed it measured values and to name its result."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bespoke.data import PreparedData
from bespoke.errors import InputError
from bespoke.files import write_json
from bespoke.model import IntegerClassifier, from_json, to_json
from bespoke.sensing import Quantiser


@dataclass(frozen=True)
class ModelFile:
    """A classifier, the quantiser of its inputs, and the names of features and classes."""

    classifier: IntegerClassifier
    quantiser: Quantiser
    feature_names: tuple[str, ...]
    class_labels: tuple[str | int | float | bool, ...]

    @classmethod
    def of(cls, classifier: IntegerClassifier, data: PreparedData) -> ModelFile:
        return cls(classifier, data.quantiser, data.feature_names, data.class_labels)

    def to_json(self) -> dict[str, Any]:
        return {
            "model": to_json(self.classifier),
            "quantiser": self.quantiser.to_json(),
            "feature_names": list(self.feature_names),
            "class_labels": list(self.class_labels),
        }

    def save(self, path: Path) -> None:
        write_json(path, self.to_json())

    @classmethod
    def load(cls, path: Path) -> ModelFile:
        """The model that ``save`` wrote.

        Raises
        ------
        InputError
            naming the file, if it is missing or not a model.
        """
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise InputError(f"model file {path} does not exist") from None
        except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
            raise InputError(f"model file {path} cannot be read as JSON: {error}") from error
        try:
            model = cls(
                from_json(document["model"]),
                Quantiser.from_json(document["quantiser"]),
                tuple(document["feature_names"]),
                tuple(document["class_labels"]),
            )
        except (KeyError, TypeError) as error:
            raise InputError(f"model file {path} is no bespoke model: {type(error).__name__} {error}") from error
        except InputError as error:
            raise InputError(f"model file {path}: {error}") from error
        if len(model.feature_names) != model.classifier.features or len(model.class_labels) < model.classifier.classes:
            raise InputError(f"model file {path} names another number of features or classes than its model has")
        return model
