"""Which importer suits a model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bespoke.errors import InputError
from bespoke.importers.imported import ImportedModel
from bespoke.importers.onnx import import_onnx
from bespoke.importers.sklearn_models import import_sklearn
from bespoke.importers.weights import import_weights

_PICKLES = {".pkl", ".pickle", ".joblib", ".sav"}


def import_model(model: Any) -> ImportedModel:
    """Import a model file (``.onnx``, ``.json``, ``.npz``) or a fitted scikit-learn object.

    Raises
    ------
    InputError
        where it cannot be imported, saying why.
    """
    if not isinstance(model, str | Path):
        return import_sklearn(model)
    path = Path(model)
    kind = path.suffix.lower()
    if kind == ".onnx":
        return import_onnx(path)
    if kind in (".json", ".npz"):
        return import_weights(path)
    if kind in _PICKLES:
        raise InputError(
            f"model file {path} is a pickle, which could run any code when opened; load it yourself and pass the "
            "object to bespoke.importers.import_model, or save it as ONNX, JSON or NPZ"
        )
    raise InputError(f"model file {path} is neither .onnx nor .json nor .npz")
