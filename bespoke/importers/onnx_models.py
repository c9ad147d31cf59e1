"""MLPs in ONNX, as PyTorch, Keras and skl2onnx write them: one chain of linear layers and ReLUs."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from bespoke.errors import InputError, ToolMissingError
from bespoke.importers.imported import ImportedModel, Label, two_outputs
from bespoke.train import FloatModel

#: Leave every value of a sample as it is.
_NEUTRAL = {"Identity", "Cast", "Flatten", "Reshape", "Dropout", "Squeeze", "Unsqueeze"}
#: Come after the last layer and leave the largest output the largest.
_TAIL = {"Softmax", "LogSoftmax", "Sigmoid", "ArgMax", "ZipMap", "Normalizer"}
_LINEAR = {"Gemm", "MatMul"}


def import_onnx(path: str | Path) -> ImportedModel:
    """The MLP of an ONNX file.

    Read are chains of Gemm or MatMul and Add with Relu between them; scaling in front of the first layer (Scaler, Sub,
    Div, Mul, Add by constants) is folded into it; Softmax, Sigmoid, ArgMax and ZipMap may follow. A single output is a
    logit of the second class. Class labels come from ZipMap, LabelEncoder or scikit-learn's label table.

    Raises
    ------
    ToolMissingError
        where the package ``onnx`` is not installed.
    InputError
        naming the operator that does not fit a multilayer perceptron.
    """
    try:
        import onnx
    except ImportError:
        raise ToolMissingError("reading ONNX files needs the package onnx: pip install 'bespoke[onnx]'") from None
    path = Path(path)
    if not path.is_file():
        raise InputError(f"model file {path} does not exist")
    try:
        model = onnx.load(str(path))
    except Exception as error:  # protobuf's and onnx' own kinds
        raise InputError(f"model file {path} cannot be read as ONNX: {error}") from None
    return _Chain(str(path), model.graph).imported()


@dataclass
class _Segment:
    """An affine map of its input: ``matrix @ x + offset``, or ``scale * x + offset`` while no matrix has come."""

    scale: np.ndarray = field(default_factory=lambda: np.ones(1))
    offset: np.ndarray = field(default_factory=lambda: np.zeros(1))
    matrix: np.ndarray | None = None

    def times(self, factor: np.ndarray) -> None:
        if self.matrix is None:
            self.scale = self.scale * factor
        else:
            self.matrix = self.matrix * factor.reshape(-1, 1)
        self.offset = self.offset * factor

    def plus(self, shift: np.ndarray) -> None:
        self.offset = self.offset + shift

    def apply(self, matrix: np.ndarray) -> None:
        """Multiply by ``matrix`` (outputs, inputs)."""
        self.offset = matrix @ np.broadcast_to(self.offset, matrix.shape[1:])
        self.matrix = matrix * self.scale if self.matrix is None else matrix @ self.matrix


class _Chain:
    """Follows the data through the graph."""

    def __init__(self, source: str, graph: Any):
        from onnx import numpy_helper

        self._source = source
        self._graph = graph
        self._constants = {item.name: numpy_helper.to_array(item) for item in graph.initializer}
        self._readers: dict[str, list[Any]] = defaultdict(list)
        for node in graph.node:
            if node.op_type == "Constant":
                self._constants[node.output[0]] = _constant(node)
            elif node.op_type in ("Identity", "Cast", "Transpose") and node.input[0] in self._constants:
                value = self._constants[node.input[0]]
                self._constants[node.output[0]] = value.T if node.op_type == "Transpose" else value
            else:
                for name in node.input:
                    self._readers[name].append(node)

    def imported(self) -> ImportedModel:
        inputs = [item.name for item in self._graph.input if item.name not in self._constants]
        if len(inputs) != 1:
            raise self._error(f"it has {len(inputs)} inputs; a classifier reads one table of features")
        layers: list[_Segment] = []
        current, segment = inputs[0], _Segment()
        read = 0
        while True:
            readers = self._readers[current]
            if len(readers) > 1 and segment.matrix is None:
                raise self._error("its data path branches; a perceptron is one chain of layers")
            if len(readers) != 1 or readers[0].op_type in _TAIL:
                break
            node = readers[0]
            if node.op_type == "Relu":
                if segment.matrix is None:
                    raise self._error("a Relu stands before the first layer")
                layers.append(segment)
                segment = _Segment()
            elif node.op_type in _LINEAR:
                read += 1
                self._linear(node, current, segment)
            elif not self._affine(node, current, segment):
                if segment.matrix is not None and layers and node.op_type not in ("Tanh", "Elu", "LeakyRelu", "Gelu"):
                    break  # whatever turns the outputs into labels
                raise self._error(f"operator {node.op_type} cannot become part of the circuit; only ReLU networks can")
            current = node.output[0]
        if segment.matrix is None:
            raise self._error("no layer of weights follows the last Relu" if layers else "it has no layer of weights")
        if read != sum(node.op_type in _LINEAR for node in self._graph.node):
            raise self._error("its layers do not form one chain")
        layers.append(segment)
        return self._model(layers)

    def _model(self, layers: list[_Segment]) -> ImportedModel:
        weights = [layer.matrix for layer in layers]
        biases = [
            np.broadcast_to(layer.offset, weight.shape[:1]) for layer, weight in zip(layers, weights, strict=True)
        ]
        if len(weights[-1]) == 1:
            weights[-1], biases[-1] = two_outputs(weights[-1], np.array(biases[-1]))
        labels = self._labels(len(weights[-1]))
        try:
            return ImportedModel(FloatModel(tuple(weights), tuple(biases)), None, None, labels, None, self._source)
        except InputError as error:
            raise self._error(str(error)) from None

    def _linear(self, node: Any, current: str, segment: _Segment) -> None:
        attributes = _attributes(node)
        if node.input[0] != current or node.input[1] not in self._constants or attributes.get("transA"):
            raise self._error(f"{node.op_type} {node.name!r} does not multiply the data by constant weights")
        weight = np.asarray(self._constants[node.input[1]], dtype=np.float64)
        if weight.ndim != 2:
            raise self._error(f"the weights of {node.op_type} {node.name!r} are no matrix")
        matrix = (weight if attributes.get("transB") else weight.T) * float(attributes.get("alpha", 1.0))
        if segment.matrix is not None and len(segment.matrix) != matrix.shape[1]:
            raise self._error(f"{node.op_type} {node.name!r} does not fit the layer before it")
        segment.apply(matrix)
        if node.op_type == "Gemm" and len(node.input) > 2 and node.input[2]:
            segment.plus(self._vector(node, node.input[2]) * float(attributes.get("beta", 1.0)))

    def _affine(self, node: Any, current: str, segment: _Segment) -> bool:
        """Fold an operator that scales or shifts; False where it is another kind."""
        if node.op_type in _NEUTRAL:
            return True
        if node.op_type == "Scaler":
            attributes = _attributes(node)
            segment.plus(-np.asarray(attributes.get("offset", 0.0), dtype=np.float64))
            segment.times(np.asarray(attributes.get("scale", 1.0), dtype=np.float64))
            return True
        if node.op_type not in ("Add", "Sub", "Mul", "Div"):
            return False
        first = node.input[0] == current
        other = node.input[1] if first else node.input[0]
        if other not in self._constants:
            return False
        value = self._vector(node, other)
        if node.op_type == "Add":
            segment.plus(value)
        elif node.op_type == "Mul":
            segment.times(value)
        elif node.op_type == "Sub":
            if not first:
                segment.times(np.array([-1.0]))
            segment.plus(-value if first else value)
        elif first:
            segment.times(1 / value)
        else:
            return False
        return True

    def _vector(self, node: Any, name: str) -> np.ndarray:
        if name not in self._constants:
            raise self._error(f"{node.op_type} {node.name!r} adds data to data; a perceptron adds constants")
        value = np.asarray(self._constants[name], dtype=np.float64)
        if value.size != max(value.shape, default=1):
            raise self._error(f"the constant of {node.op_type} {node.name!r} is no vector")
        return value.reshape(-1)

    def _labels(self, classes: int) -> tuple[Label, ...]:
        """Labels of the classes, wherever the graph keeps them; 0, 1, ... otherwise."""
        for node in self._graph.node:
            attributes = _attributes(node)
            for key in ("classlabels_int64s", "classlabels_strings", "values_strings", "values_int64s"):
                found = attributes.get(key)
                if node.op_type in ("ZipMap", "LabelEncoder") and found is not None and len(found) == classes:
                    return tuple(item.decode() if isinstance(item, bytes) else item for item in found)
            if node.op_type == "ArrayFeatureExtractor" and node.input[0] in self._constants:
                table = np.asarray(self._constants[node.input[0]]).reshape(-1)
                if len(table) == classes:
                    return tuple(item.decode() if isinstance(item, bytes) else item for item in table.tolist())
        return tuple(range(classes))

    def _error(self, message: str) -> InputError:
        return InputError(f"model file {self._source}: {message}")


def _attributes(node: Any) -> dict[str, Any]:
    from onnx import helper

    return {item.name: helper.get_attribute_value(item) for item in node.attribute}


def _constant(node: Any) -> np.ndarray:
    from onnx import numpy_helper

    for key, value in _attributes(node).items():
        if key == "value":
            return numpy_helper.to_array(value)
        if key.startswith("value_"):
            return np.asarray(value)
    return np.zeros(0)
