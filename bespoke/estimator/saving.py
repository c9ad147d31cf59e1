"""The classifier as a JSON file."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from bespoke.design import Design
from bespoke.documents import read_json
from bespoke.errors import InputError
from bespoke.files import write_json
from bespoke.importers import ImportedModel
from bespoke.scores import Confusion
from bespoke.sensing import FrontEndKind, Quantiser
from bespoke.train import FloatModel

#: Kind of the document.
KIND = "bespoke classifier"
_SCHEMA = 5
#: Kind of an imported model within it.
_IMPORTED = "imported model"


def write_classifier(path: Path, classifier: Any) -> None:
    """All of a fitted classifier but the samples that it was fitted on.

    Raises
    ------
    InputError
        naming the file, where it cannot be written.
    """
    if path.is_dir():
        raise InputError(f"{path} is a folder; name a file in it, such as {path / 'classifier.json'}")
    parameters = classifier.get_params()
    if isinstance(parameters["random_state"], np.random.RandomState):
        parameters["random_state"] = None  # a generator's state says nothing about the fitted circuit
    names = getattr(classifier, "feature_names_in_", None)
    labels = classifier.classes_
    document = {
        "kind": KIND,
        "schema": _SCHEMA,
        "parameters": {name: plain(value) for name, value in parameters.items()},
        "classes": [plain(label) for label in labels],
        "classes_type": "object" if labels.dtype == object else labels.dtype.str,
        "class_places": plain(classifier._class_places),
        "n_features_in": classifier.n_features_in_,
        "feature_names_in": None if names is None else [str(name) for name in names],
        "quantiser": classifier.quantiser_.to_json(),
        "front_end": str(classifier.front_end_),
        "chosen": classifier.chosen_,
        "designs": [design.to_json() for design in classifier.designs_],
        "selectable": list(classifier._selectable),
        "held_out": [answers.to_json() for answers in classifier.held_out_],
        "class_weights": plain(classifier._share_weights),
    }
    try:
        write_json(path, document)
    except OSError as error:
        raise InputError(f"classifier file {path} cannot be written: {error.strerror}; name another file") from None


def read_classifier(path: Path, kind: type) -> Any:
    """The classifier, of the type given, that ``write_classifier`` wrote.

    Raises
    ------
    InputError
        naming the file, if it is missing or holds something else.
    """
    document = read_json(path, "classifier file")
    try:
        _check_schema(document["kind"], document["schema"])
        loaded = kind(**_parameters(document["parameters"]))
        _restore(loaded, document)
        designs = len(loaded.designs_)
        fits = len(loaded.held_out_) == designs and 0 <= loaded.chosen_ < designs
        fits = fits and loaded.network_.features == loaded.n_features_in_
    except InputError as error:
        raise InputError(f"classifier file {path}: {error}") from None
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"classifier file {path} is damaged: {type(error).__name__} {error}") from None
    if not fits:
        raise InputError(f"classifier file {path} is damaged: its chosen design does not fit its features")
    return loaded


def plain(value: Any) -> Any:
    """NumPy scalars, tuples, mappings and imported models as JSON has them."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, tuple | list):
        return [plain(entry) for entry in value]
    if isinstance(value, dict):
        return [[plain(key), plain(entry)] for key, entry in value.items()]
    if isinstance(value, ImportedModel):
        return {
            "kind": _IMPORTED,
            "float_model": value.float_model.to_json(),
            **{name: plain(getattr(value, name)) for name in _imported_fields()},
        }
    return str(value) if isinstance(value, Path) else value


def _restore(loaded: Any, document: dict[str, Any]) -> None:
    """The fitted attributes."""
    loaded.classes_ = np.array(document["classes"], dtype=np.dtype(document["classes_type"]))
    loaded.n_features_in_ = int(document["n_features_in"])
    if document["feature_names_in"] is not None:
        loaded.feature_names_in_ = np.array(document["feature_names_in"], dtype=object)
    loaded.quantiser_ = Quantiser.from_json(document["quantiser"])
    loaded.front_end_ = FrontEndKind(document["front_end"])
    loaded.designs_ = tuple(Design.from_json(entry) for entry in document["designs"])
    loaded.held_out_ = tuple(Confusion.from_json(entry) for entry in document["held_out"])
    loaded.chosen_ = int(document["chosen"])
    loaded._class_places = np.array(document["class_places"], dtype=np.int64)
    loaded._share_weights = np.array(document["class_weights"], dtype=np.float64)
    loaded._selectable = tuple(map(int, document["selectable"]))
    loaded._vectors = {}


def _parameters(document: dict[str, Any]) -> dict[str, Any]:
    """The constructor's parameters; tuples, mappings and imported models are told apart by the parameter's name."""
    parameters = dict(document)
    for name in ("hidden", "starts"):
        if isinstance(parameters[name], list):
            parameters[name] = tuple(parameters[name])
    if isinstance(parameters["class_weight"], list):
        parameters["class_weight"] = {label: weight for label, weight in parameters["class_weight"]}
    if isinstance(parameters["model"], dict):
        parameters["model"] = _imported(parameters["model"])
    return parameters


def _imported(document: dict[str, Any]) -> ImportedModel:
    given = {name: document[name] for name in _imported_fields()}
    return ImportedModel(
        float_model=FloatModel.from_json(document["float_model"]),
        **{name: tuple(value) if isinstance(value, list) else value for name, value in given.items()},
    )


def _imported_fields() -> list[str]:
    """What an imported model consists of beside its weights; the object that it came from stays where it is."""
    return [item.name for item in fields(ImportedModel) if item.name not in ("float_model", "original")]


def _check_schema(kind: Any, schema: Any) -> None:
    if kind != KIND or not isinstance(schema, int) or schema > _SCHEMA:
        raise InputError("it is not of this kind or version")
    if schema < _SCHEMA:
        raise InputError(
            f"an earlier version wrote it (schema {schema}, now {_SCHEMA}), which kept no answers on held-out samples: "
            "fit and save anew"
        )
