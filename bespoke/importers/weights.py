"""Plain weights in JSON or NPZ.

Keys, the same in both: ``weights`` and ``biases``, a list by layer (in NPZ ``weights_0``, ``weights_1``, ...), each
weight matrix (outputs, inputs) as PyTorch has it; or ``coefs`` and ``intercepts``, with (inputs, outputs) as
scikit-learn has it. Optional: ``low`` and ``high``, the features' range that the model's inputs are scaled by to 0..1;
``class_labels``; ``feature_names``.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from bespoke.errors import InputError
from bespoke.importers.imported import ImportedModel, two_outputs
from bespoke.train import FloatModel

_KEYS = {"weights", "biases", "coefs", "intercepts", "low", "high", "class_labels", "feature_names"}


def import_weights(path: str | Path) -> ImportedModel:
    """The model of a ``.json`` or ``.npz`` file with the keys above; a run's ``models/float.json`` is one.

    Without ``low`` and ``high`` the model reads raw features; a single output is a logit of the second class.

    Raises
    ------
    InputError
        naming the file and what is wrong with it.
    """
    path = Path(path)
    try:
        document = _npz(path) if path.suffix.lower() == ".npz" else json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"model file {path} does not exist") from None
    except (OSError, UnicodeDecodeError, ValueError, zipfile.BadZipFile, EOFError) as error:
        raise InputError(f"model file {path} cannot be read: {error}") from None
    if not isinstance(document, Mapping):
        raise InputError(f"model file {path} must hold an object with weights and biases")
    unit_range = document.get("kind") == "float"
    unknown = sorted(set(document) - _KEYS - ({"kind", "schema"} if unit_range else set()))
    if unknown:
        raise InputError(f"model file {path} has an unknown key {unknown[0]!r}; known are {', '.join(sorted(_KEYS))}")
    return _model(path, document)


def _npz(path: Path) -> dict[str, Any]:
    """Arrays with numbered names gathered into lists."""
    with np.load(path, allow_pickle=False) as stored:
        document: dict[str, Any] = {}
        for name in stored.files:
            stem, _, number = name.rpartition("_")
            if stem in ("weights", "biases", "coefs", "intercepts") and number.isdigit():
                document.setdefault(stem, {})[int(number)] = stored[name]
            else:
                document[name] = stored[name].tolist()
    for stem, entries in document.items():
        if isinstance(entries, dict):
            if sorted(entries) != list(range(len(entries))):
                raise InputError(f"model file {path}: the arrays {stem}_0, {stem}_1, ... have a gap")
            document[stem] = [entries[index] for index in range(len(entries))]
    return document


def _model(path: Path, document: Mapping[str, Any]) -> ImportedModel:
    transposed = "coefs" in document
    weight_key, bias_key = ("coefs", "intercepts") if transposed else ("weights", "biases")
    for key in (weight_key, bias_key):
        if key not in document:
            raise InputError(f"model file {path} lacks {key!r}")
    try:
        weights = [np.asarray(weight, dtype=np.float64) for weight in document[weight_key]]
        biases = [np.asarray(bias, dtype=np.float64).reshape(-1) for bias in document[bias_key]]
        if any(weight.ndim != 2 for weight in weights):
            raise ValueError("every layer's weights must be a matrix")
        weights = [weight.T for weight in weights] if transposed else weights
        if weights and biases and len(biases[-1]) == 1:
            weights[-1], biases[-1] = two_outputs(weights[-1], biases[-1])
        model = FloatModel(tuple(weights), tuple(biases))
        low, high = (
            None if document.get(key) is None else tuple(float(limit) for limit in document[key])
            for key in ("low", "high")
        )
    except (TypeError, ValueError) as error:
        raise InputError(f"model file {path}: {error}") from None
    except InputError as error:
        raise InputError(f"model file {path}: {error}") from None
    if document.get("kind") == "float" and low is None:  # a run's own float model reads 0..1
        low, high = (0.0,) * model.topology[0], (1.0,) * model.topology[0]
    labels = document.get("class_labels")
    names = document.get("feature_names")
    return ImportedModel(
        model,
        low,
        high,
        tuple(range(model.topology[-1])) if labels is None else tuple(labels),
        None if names is None else tuple(map(str, names)),
        str(path),
    )
