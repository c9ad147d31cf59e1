"""Plain weights in JSON or NPZ.

Keys, the same in both: ``weights`` and ``biases``, a list by layer (in NPZ ``weights_0``, ``weights_1``, ...), each
weight matrix (outputs, inputs) as PyTorch has it; or ``coefs`` and ``intercepts``, with (inputs, outputs) as
scikit-learn has it. Optional: ``low`` and ``high``, the features' range that the model's inputs are scaled by to 0..1;
``class_labels``; ``feature_names``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bespoke.documents import read_json
from bespoke.errors import InputError
from bespoke.importers.imported import ImportedModel, Label, two_outputs
from bespoke.train import FloatModel

_BY_LAYER = ("weights", "biases", "coefs", "intercepts")
_KEYS = {*_BY_LAYER, "low", "high", "class_labels", "feature_names"}


def import_weights(path: str | Path) -> ImportedModel:
    """The model of a ``.json`` or ``.npz`` file with the keys above; a run's ``models/float.json`` is one.

    Without ``low`` and ``high`` the model reads raw features; a single output is a logit of the second class.

    Raises
    ------
    InputError
        naming the file and what is wrong with it.
    """
    path = Path(path)
    source = f"model file {path}"
    document = _npz(path) if path.suffix.lower() == ".npz" else read_json(path, "model file")
    if not isinstance(document, Mapping):
        raise InputError(f"{source} must hold an object with weights and biases")
    of_a_run = document.get("kind") == "float"
    unknown = sorted(set(document) - _KEYS - ({"kind", "schema"} if of_a_run else set()))
    if unknown:
        raise InputError(f"{source} has an unknown key {unknown[0]!r}; known are {', '.join(sorted(_KEYS))}")
    try:
        return _model(source, document)
    except InputError as error:
        text = str(error)
        raise InputError(text if text.startswith(source) else f"{source}: {text}") from None


def _npz(path: Path) -> dict[str, Any]:
    """Arrays with numbered names gathered into lists."""
    if not path.is_file():
        raise InputError(f"model file {path} {'is a folder' if path.is_dir() else 'does not exist'}")
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: np.asarray(stored[name]) for name in stored.files}
    except Exception as error:  # whatever kinds zip files and NumPy have for damaged content
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(f"model file {path} cannot be read as NPZ: {reason}") from None
    document: dict[str, Any] = {}
    layers: dict[str, dict[int, np.ndarray]] = {}
    for name, array in arrays.items():
        stem, _, number = name.rpartition("_")
        if stem in _BY_LAYER and number.isdecimal():
            layers.setdefault(stem, {})[int(number)] = array
        else:
            document[name] = array.tolist()
    for stem, entries in layers.items():
        numbered = sum(name.rpartition("_")[0] == stem for name in arrays)
        if stem in document or sorted(entries) != list(range(numbered)):
            raise InputError(f"model file {path}: the arrays {stem}_0, {stem}_1, ... have a gap or stand there twice")
        document[stem] = [entries[index] for index in range(len(entries))]
    return document


def _model(source: str, document: Mapping[str, Any]) -> ImportedModel:
    transposed = "coefs" in document or "intercepts" in document
    weight_key, bias_key = ("coefs", "intercepts") if transposed else ("weights", "biases")
    for key in (weight_key, bias_key):
        if key not in document:
            raise InputError(f"{source} lacks {key!r}")
    if transposed and ("weights" in document or "biases" in document):
        raise InputError("it holds both coefs and weights; leave one of them out")
    weights = [_numbers(weight, f"{weight_key} {index}") for index, weight in enumerate(_list(document, weight_key))]
    biases = [_numbers(bias, f"{bias_key} {index}").reshape(-1) for index, bias in enumerate(_list(document, bias_key))]
    for index, weight in enumerate(weights):
        if weight.ndim != 2:
            raise InputError(f"{weight_key} {index} must be a matrix, not of shape {weight.shape}")
    weights = [weight.T for weight in weights] if transposed else weights
    if weights and biases and len(weights[-1]) == len(biases[-1]) == 1:
        weights[-1], biases[-1] = two_outputs(weights[-1], biases[-1])
    model = FloatModel(tuple(weights), tuple(biases))
    low, high = (_limits(document, key) for key in ("low", "high"))
    if document.get("kind") == "float" and low is None:  # a run's own float model reads 0..1
        low, high = (0.0,) * model.topology[0], (1.0,) * model.topology[0]
    labels, names = _names(document, "class_labels"), _names(document, "feature_names")
    return ImportedModel(
        model,
        low,
        high,
        tuple(range(model.topology[-1])) if labels is None else labels,
        None if names is None else tuple(map(str, names)),
        source,
        named_classes=labels is not None,
    )


def _list(document: Mapping[str, Any], key: str) -> Sequence[Any]:
    value = document[key]
    if not isinstance(value, list):
        raise InputError(f"{key} must be a list, not {_shown(value)}")
    return value


def _numbers(value: Any, what: str) -> np.ndarray:
    """Numbers as float64; text is none, and neither are complex numbers."""
    try:
        array = np.asarray(value)
        if array.dtype.kind not in "fiub":
            raise InputError(f"{what} must hold real numbers alone, in rows of one length")
        return array.astype(np.float64)
    except (TypeError, ValueError, OverflowError):  # rows of different lengths
        raise InputError(f"{what} must hold real numbers alone, in rows of one length") from None


def _limits(document: Mapping[str, Any], key: str) -> tuple[float, ...] | None:
    if document.get(key) is None:
        return None
    limits = _numbers(_list(document, key), key)
    if limits.ndim != 1:
        raise InputError(f"{key} must be a list of numbers, one a feature")
    return tuple(limits.tolist())


def _names(document: Mapping[str, Any], key: str) -> tuple[Label, ...] | None:
    """Names as the file has them; whether they can be names is checked with the model."""
    if document.get(key) is None:
        return None
    names = _list(document, key)
    wrong = next((name for name in names if not isinstance(name, str | int | float)), None)
    if wrong is not None or None in names:
        raise InputError(f"{key} must hold text or numbers, not {_shown(wrong)}")
    return tuple(names)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:40]}..."
