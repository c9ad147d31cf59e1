"""An ONNX file's graph, computed with affine maps in the place of numbers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bespoke.errors import InputError, ToolMissingError
from bespoke.importers.onnx.affine import Affine, NotAffineError
from bespoke.importers.onnx.call import FLOAT_TYPES, Call
from bespoke.importers.onnx.operators import OPERATORS
from bespoke.importers.onnx.values import Integers, Value

#: Operator sets before this one broadcast otherwise, and nobody writes them any more.
OLDEST_OPSET = 7
#: Computed on constants by the format's own implementation: what exporters leave of the preparation of weights.
_ON_CONSTANTS = frozenset(
    {"Add", "Cast", "Concat", "Constant", "DequantizeLinear", "Div", "Exp", "Flatten", "Gather", "Identity", "Mul"}
    | {"Neg", "Pow", "Reciprocal", "Reshape", "Shape", "Slice", "Sqrt", "Squeeze", "Sub", "Transpose", "Unsqueeze"}
)
_WHOLE_NUMBERS = frozenset({2, 3, 4, 5, 6, 7, 12, 13})


@dataclass(frozen=True, eq=False)
class ReadGraph:
    """What the graph computes.

    Parameters
    ----------
    model : the file's content, with functions of its own put in their places.
    input_name, input_shape, input_type : the table of features; (samples, ...), None where any size will do.
    outputs : value by name, or the error that says why it is none.
    """

    model: Any
    input_name: str
    input_shape: tuple[int | None, ...]
    input_type: int
    outputs: dict[str, Value | InputError]


def read_graph(path: Path) -> ReadGraph:
    """The graph of an ONNX file.

    Raises
    ------
    ToolMissingError
        where the package ``onnx`` is not installed.
    InputError
        for a file that is no valid ONNX model, or one that does not read one table of features.
    """
    try:
        import onnx
    except ImportError:
        raise ToolMissingError("reading ONNX files needs the package onnx: pip install 'bespoke[onnx]'") from None
    if not path.is_file():
        raise InputError(f"model file {path} does not exist")
    try:
        model = onnx.load(str(path))
        if model.functions:
            model = onnx.inliner.inline_local_functions(model)
    except Exception as error:  # protobuf's and onnx' own kinds
        raise InputError(f"model file {path} cannot be read as ONNX: {_first_line(error)}") from None
    return _Reader(str(path), model).read()


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0].rstrip(".") if lines else type(error).__name__


class _Reader:
    """Computes tensor after tensor, in the order of the nodes."""

    def __init__(self, source: str, model: Any):
        from onnx import numpy_helper

        self._source, self._model, self._graph = source, model, model.graph
        standard = [item.version for item in model.opset_import if item.domain in ("", "ai.onnx")]
        self._version = max(standard, default=OLDEST_OPSET)
        if self._version < OLDEST_OPSET:
            raise self._error(
                f"it is of operator set {self._version}; export it with operator set {OLDEST_OPSET} or later"
            )
        if self._graph.sparse_initializer:
            raise self._error("it holds sparse weights; export it with dense ones")
        self._values: dict[str, Value | InputError] = {
            item.name: numpy_helper.to_array(item) for item in self._graph.initializer
        }

    def read(self) -> ReadGraph:
        inputs = [item for item in self._graph.input if item.name not in self._values]
        if len(inputs) != 1:
            raise self._error(f"it has {len(inputs)} inputs; a classifier reads one table of features")
        tensor = inputs[0].type.tensor_type
        shape = self._input_shape(tensor)
        try:
            features = Affine.features(shape[1:])
        except NotAffineError as error:
            raise self._error(str(error)) from None
        if tensor.elem_type in _WHOLE_NUMBERS:
            self._values[inputs[0].name] = Integers(features)
        elif tensor.elem_type in FLOAT_TYPES:
            self._values[inputs[0].name] = features
        else:
            raise self._error("its input holds no numbers")
        needed = needed_nodes(self._graph, [item.name for item in self._graph.output])
        with np.errstate(all="ignore"):  # what is not finite in the end is refused as such
            for index, node in enumerate(self._graph.node):
                if index in needed:
                    self._compute(node, shape[0])
        outputs = {item.name: self._value(item.name) for item in self._graph.output}
        return ReadGraph(self._model, inputs[0].name, shape, tensor.elem_type, outputs)

    def _input_shape(self, tensor: Any) -> tuple[int | None, ...]:
        """(samples, ...) of the input; a number of features that is left open is that of the first weights."""
        sizes = [size.dim_value or None for size in tensor.shape.dim] if tensor.HasField("shape") else [None, None]
        if len(sizes) < 2:
            raise self._error(f"its input has {len(sizes)} axes; a classifier reads a table (samples, features)")
        if len(sizes) == 2 and sizes[1] is None:
            sizes[1] = self._first_width()
        if None in sizes[1:]:
            raise self._error("its input's shape is left open; export it with the number of features")
        return tuple(sizes)

    def _first_width(self) -> int | None:
        for node in self._graph.node:
            weight = self._values.get(node.input[1]) if node.op_type in ("Gemm", "MatMul") else None
            if isinstance(weight, np.ndarray) and weight.ndim == 2:
                transposed = _attributes(node).get("transB", 0)
                return weight.shape[1 if transposed else 0]
        return None

    def _value(self, name: str) -> Value | InputError:
        return self._values.get(name, self._error(f"nothing gives {name!r} a value"))

    def _compute(self, node: Any, batch: int | None) -> None:
        inputs = [self._value(name) if name else None for name in node.input]
        failed = next((value for value in inputs if isinstance(value, InputError)), None)
        try:
            result = failed or self._result(node, inputs, batch)
        except InputError as error:
            result = error
        for place, name in enumerate(node.output):
            if place == 0:
                self._values[name] = result
            elif name:
                self._values[name] = failed or self._error(
                    f"output {place + 1} of operator {_title(node)} cannot become part of the circuit"
                )

    def _result(self, node: Any, inputs: list[Value | None], batch: int | None) -> Value:
        domain = "" if node.domain == "ai.onnx" else node.domain
        if not domain and node.op_type in _ON_CONSTANTS and all(isinstance(one, np.ndarray | None) for one in inputs):
            return self._constant(node, inputs)
        operator = OPERATORS.get((domain, node.op_type))
        if operator is None:
            name = node.op_type if domain in ("", "ai.onnx.ml") else f"{domain}.{node.op_type}"
            raise self._error(f"operator {name} cannot become part of the circuit; only ReLU networks can")
        self._check(node)
        call = Call(node.op_type, tuple(inputs), _attributes(node), self._version, batch)
        try:
            return operator(call)
        except NotAffineError as error:
            raise self._error(f"operator {_title(node)} cannot become part of the circuit: {error}") from None
        except (IndexError, KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise self._error(f"operator {_title(node)} does not fit what it reads ({_first_line(error)})") from None

    def _check(self, node: Any) -> None:
        """InputError for a node that breaks the format's rules: too few inputs, attributes of a wrong type."""
        import onnx

        context = onnx.checker.C.CheckerContext()
        context.ir_version = self._model.ir_version
        context.opset_imports = {item.domain: item.version for item in self._model.opset_import}
        try:
            onnx.checker.check_node(node, context)
        except onnx.checker.ValidationError as error:
            raise self._error(f"operator {_title(node)} is malformed ({_first_line(error)})") from None

    def _constant(self, node: Any, inputs: list[np.ndarray | None]) -> np.ndarray:
        """What a node makes of constants, by the format's own implementation."""
        from onnx.reference import ReferenceEvaluator

        feeds = {name: value for name, value in zip(node.input, inputs, strict=True) if name}
        opsets = {item.domain: item.version for item in self._model.opset_import}
        try:
            result = ReferenceEvaluator(node, opsets=opsets).run(None, feeds)[0]
        except Exception as error:  # of any kind, for the evaluator checks little
            raise self._error(f"operator {_title(node)} cannot be computed ({_first_line(error)})") from None
        return np.asarray(result)

    def _error(self, message: str) -> InputError:
        return InputError(f"model file {self._source}: {message}")


def needed_nodes(graph: Any, names: list[str]) -> set[int]:
    """Numbers of the nodes that these tensors depend on."""
    makers = {name: index for index, node in enumerate(graph.node) for name in node.output if name}
    wanted, needed = list(names), set()
    while wanted:
        index = makers.get(wanted.pop())
        if index is not None and index not in needed:
            needed.add(index)
            wanted.extend(name for name in graph.node[index].input if name)
    return needed


def _title(node: Any) -> str:
    return f"{node.op_type} {node.name!r}" if node.name else node.op_type


def _attributes(node: Any) -> dict[str, Any]:
    from onnx import helper

    return {item.name: helper.get_attribute_value(item) for item in node.attribute}
