"""An ONNX model asked for its own answers: by onnxruntime, or by the reference implementation of the format."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Any

import numpy as np

from bespoke.importers.names import plain
from bespoke.importers.onnx.graph import needed_nodes


class AnswerKind(Enum):
    """What the output that answers holds for a sample."""

    #: The class itself, or its number.
    LABEL = auto()
    #: A map from labels to scores.
    MAP = auto()
    #: Scores, of which the largest names the class; a single one names the second class where it is above 0.
    SCORE = auto()
    #: Sigmoids; a single one names the second class where it is above 1/2.
    PROBABILITY = auto()


@dataclass(frozen=True, eq=False)
class OnnxOriginal:
    """The file as it is, to compare an import with."""

    path: Path
    model: Any
    input_name: str
    input_shape: tuple[int | None, ...]
    input_type: int
    output: str
    kind: AnswerKind
    labels: tuple[Any, ...]

    @property
    def name(self) -> str:
        return str(self.path)

    def answers(self, features: np.ndarray) -> tuple[np.ndarray, str]:
        """Class index per sample, int64 (samples,), -1 where it names none of its classes, and who computed it."""
        run, program = self._program()
        fixed = self.input_shape[0]
        parts = [features] if fixed is None else [features[at : at + fixed] for at in range(0, len(features), fixed)]
        found = []
        for part in parts:
            filled = part if fixed is None else part[np.minimum(np.arange(fixed), len(part) - 1)]
            found.append(self._classes(run(self._fed(filled)))[: len(part)])
        return np.concatenate(found), program

    def _fed(self, features: np.ndarray) -> np.ndarray:
        from onnx import helper

        kind = helper.tensor_dtype_to_np_dtype(self.input_type)
        return features.reshape(len(features), *self.input_shape[1:]).astype(kind)

    def _program(self) -> tuple[Callable[[np.ndarray], Any], str]:
        try:
            import onnxruntime
        except ImportError:
            return self._by_reference(), "onnx.reference"
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads, settings.log_severity_level = 1, 4
        session = onnxruntime.InferenceSession(str(self.path), settings, providers=["CPUExecutionProvider"])
        return lambda fed: session.run([self.output], {self.input_name: fed})[0], "onnxruntime"

    def _by_reference(self) -> Callable[[np.ndarray], Any]:
        """The reference implementation, of nothing but what the answer needs: it lacks some operators."""
        import onnx
        from onnx.reference import ReferenceEvaluator

        pruned = onnx.ModelProto()
        pruned.CopyFrom(self.model)
        needed = needed_nodes(pruned.graph, [self.output])
        nodes = [node for index, node in enumerate(self.model.graph.node) if index in needed]
        outputs = [item for item in self.model.graph.output if item.name == self.output]
        del pruned.graph.node[:], pruned.graph.output[:]
        pruned.graph.node.extend(nodes)
        pruned.graph.output.extend(outputs)
        evaluator = ReferenceEvaluator(pruned, new_ops=[_inference_normalisation()])
        return lambda fed: evaluator.run([self.output], {self.input_name: fed})[0]

    def _classes(self, output: Any) -> np.ndarray:
        if self.kind is AnswerKind.MAP:
            return np.array([np.argmax([entry[label] for label in self.labels]) for entry in output], dtype=np.int64)
        values = np.asarray(output)
        if self.kind is AnswerKind.LABEL:
            places = {plain(label): index for index, label in enumerate(self.labels)}
            numbers = {plain(index): index for index in range(len(self.labels))}  # an output of numbers beside names
            texts = [plain(_unpacked(value)) for value in values.reshape(-1)]
            known = places if all(text in places for text in texts) else numbers
            return np.array([known.get(text, -1) for text in texts], dtype=np.int64)
        values = values.reshape(len(values), -1)
        if values.shape[1] > 1:
            return values.argmax(axis=1)
        return (values[:, 0] > (0.5 if self.kind is AnswerKind.PROBABILITY else 0.0)).astype(np.int64)


def _inference_normalisation() -> type:
    """BatchNormalization as it is when nothing is trained.

    The reference implementation takes every one of operator sets 9 to 13 for one in training mode, where the format's
    text, and onnxruntime, go by the number of outputs.
    """
    from onnx.reference.op_run import OpRun

    class BatchNormalization(OpRun):
        op_domain = ""

        def _run(self, x: Any, scale: Any, shift: Any, mean: Any, variance: Any, epsilon: float = 1e-5, **_: Any):
            along = (-1,) + (1,) * (x.ndim - 2)
            scale, shift, mean, variance = (values.reshape(along) for values in (scale, shift, mean, variance))
            return ((scale * (x - mean) / np.sqrt(variance + epsilon) + shift).astype(x.dtype),)

    return BatchNormalization


def _unpacked(value: Any) -> Any:
    value = value.item() if isinstance(value, np.generic) else value
    return value.decode() if isinstance(value, bytes) else int(value) if isinstance(value, bool) else value
