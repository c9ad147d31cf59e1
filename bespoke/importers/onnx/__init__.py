"""ONNX graphs, computed with affine maps in the place of numbers."""

from bespoke.importers.onnx.models import import_onnx

__all__ = ["import_onnx"]
