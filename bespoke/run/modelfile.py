"""A model file: an integer classifier, and all that is needed to feed it measured values and to name its result."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bespoke.data import PreparedData
from bespoke.documents import read_json
from bespoke.errors import InputError
from bespoke.files import write_json
from bespoke.model import IntegerClassifier, from_json, input_wires, to_json
from bespoke.sensing import FrontEndKind, Quantiser, Wires


@dataclass(frozen=True)
class ModelFile:
    """A classifier, the quantiser of its inputs, the names of features and classes, and what drives its module.

    Raises
    ------
    InputError
        for a logic circuit over wires that the front end does not deliver.
    """

    classifier: IntegerClassifier
    quantiser: Quantiser
    feature_names: tuple[str, ...]
    class_labels: tuple[str | int | float | bool, ...]
    front_end: FrontEndKind = FrontEndKind.BINARY

    def __post_init__(self):
        input_wires(self.classifier, self.front_end)

    @classmethod
    def of(
        cls, classifier: IntegerClassifier, data: PreparedData, front_end: FrontEndKind = FrontEndKind.BINARY
    ) -> ModelFile:
        return cls(classifier, data.quantiser, data.feature_names, data.class_labels, front_end)

    @property
    def wires(self) -> Wires:
        """What the input bus of the classifier's module carries."""
        return input_wires(self.classifier, self.front_end)

    def to_json(self) -> dict[str, Any]:
        return {
            "model": to_json(self.classifier),
            "quantiser": self.quantiser.to_json(),
            "feature_names": list(self.feature_names),
            "class_labels": list(self.class_labels),
            "front_end": str(self.front_end),
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
        document = read_json(path, "model file")
        if not isinstance(document, dict) or "model" not in document:
            raise InputError(
                f"model file {path} is no bespoke model: it has no key 'model', as the files of a run's integer models "
                "have; models/float.json is the float network, which no circuit answers as"
            )
        try:
            model = cls(
                from_json(document["model"]),
                Quantiser.from_json(document["quantiser"]),
                _names(document, "feature_names", str),
                _names(document, "class_labels", str | int | float),
                _front_end(document),
            )
        except (KeyError, TypeError) as error:
            raise InputError(f"model file {path} is no bespoke model: {type(error).__name__} {error}") from error
        except InputError as error:
            raise InputError(f"model file {path}: {error}") from error
        if len(model.feature_names) != model.classifier.features or len(model.class_labels) < model.classifier.classes:
            raise InputError(f"model file {path} names another number of features or classes than its model has")
        if (len(model.quantiser.low), model.quantiser.bits) != (model.classifier.features, model.classifier.input_bits):
            raise InputError(f"model file {path} has a quantiser of other features or bits than its model reads")
        return model


def _names(document: dict[str, Any], key: str, kind: Any) -> tuple[Any, ...]:
    names = document[key]
    if not isinstance(names, list) or not all(isinstance(name, kind) for name in names):
        raise InputError(f"its {key} are not a list of names")
    if len(set(names)) != len(names):
        raise InputError(f"its {key} are not all different")
    return tuple(names)


def _front_end(document: dict[str, Any]) -> FrontEndKind:
    """Files of earlier versions, which knew binary words alone, do not name it."""
    name = document.get("front_end", FrontEndKind.BINARY)
    if name not in list(FrontEndKind):
        raise InputError(f"the front end is {name!r}; expected {', '.join(FrontEndKind)}")
    return FrontEndKind(name)
