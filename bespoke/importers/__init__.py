"""Trained MLPs from elsewhere: scikit-learn, ONNX, weights in JSON or NPZ."""

from bespoke.importers.agreement import Agreement
from bespoke.importers.dispatch import import_model
from bespoke.importers.imported import ImportedModel
from bespoke.importers.onnx import import_onnx
from bespoke.importers.sklearn_models import import_sklearn
from bespoke.importers.weights import import_weights

__all__ = ["Agreement", "ImportedModel", "import_model", "import_onnx", "import_sklearn", "import_weights"]
