"""MLPs in ONNX, as PyTorch, Keras and skl2onnx write them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bespoke.errors import InputError
from bespoke.importers.imported import ImportedModel, two_outputs
from bespoke.importers.onnx.affine import Affine
from bespoke.importers.onnx.graph import ReadGraph, read_graph
from bespoke.importers.onnx.original import AnswerKind, OnnxOriginal
from bespoke.importers.onnx.values import Choice, Integers, Scores, Value
from bespoke.train import FloatModel


def import_onnx(path: str | Path) -> ImportedModel:
    """The MLP of an ONNX file.

    Read are layers of Gemm or MatMul and Add with Relu between them. What is affine is folded into the layers,
    wherever it stands: BatchNormalization, Scaler, Add, Sub, Mul, Div and Neg by constants, Dropout, and what only
    moves values (Flatten, Reshape, Concat, Gather, Slice ...). What leaves the order of the outputs may follow:
    Softmax, LogSoftmax, Sigmoid, Tanh, ArgMax, ArgMin, ZipMap and tables of labels. A single output is a logit of the
    second class, or behind a Sigmoid its probability. Where an output of the graph is a label, it is the answer;
    other outputs must agree. Whatever else an answer depends on is refused by the operator's name.

    Raises
    ------
    ToolMissingError
        where the package ``onnx`` is not installed.
    InputError
        naming the operator that does not fit a multilayer perceptron.
    """
    path = Path(path)
    graph = read_graph(path)
    source = f"model file {path}"
    answer = _the_answer(source, graph)
    labels = answer.labels or tuple(range(max(2, answer.logits.size)))
    original = OnnxOriginal(
        path=path,
        model=graph.model,
        input_name=graph.input_name,
        input_shape=graph.input_shape,
        input_type=graph.input_type,
        output=answer.output,
        kind=answer.kind,
        labels=labels,
    )
    return ImportedModel(
        _float_model(source, answer.logits),
        None,
        None,
        labels,
        None,
        source,
        named_classes=answer.labels is not None,
        original=original,
    )


@dataclass(frozen=True, eq=False)
class _Answer:
    """What one output of the graph says of a sample."""

    output: str
    kind: AnswerKind
    logits: Affine
    labels: tuple[Any, ...] | None


def _float_model(source: str, logits: Affine) -> FloatModel:
    if not logits.weighted:
        missing = "no layer of weights follows the last Relu" if logits.hidden else "it has no layer of weights"
        raise InputError(f"{source}: {missing}")
    weight, bias = logits.weights
    if len(weight) == 2 and (weight[0] == -weight[1]).all() and bias[0] == -bias[1]:
        weight, bias = weight[1:], bias[1:]  # both say the same: one sum and its sign are all that is needed
    if len(weight) == 1:
        weight, bias = two_outputs(weight, bias)
    layers = (*logits.hidden, (weight, bias))
    try:
        return FloatModel(tuple(weight for weight, _ in layers), tuple(bias for _, bias in layers))
    except InputError as error:
        raise InputError(f"{source}: {error}") from None


def _the_answer(source: str, graph: ReadGraph) -> _Answer:
    """The outputs' common answer; labels go before scores, for they are what a classifier answers."""
    found = [
        value if isinstance(value, InputError) else _answer(source, name, value)
        for name, value in graph.outputs.items()
    ]
    answers = [answer for answer in found if isinstance(answer, _Answer)]
    chosen = [answer for answer in answers if answer.kind is AnswerKind.LABEL] or answers
    errors = [error for error in found if isinstance(error, InputError)]
    if errors and (not chosen or chosen[0].kind is not AnswerKind.LABEL):
        raise errors[0]
    if not chosen:
        raise InputError(f"{source}: it has no output")
    first = chosen[0]
    for other in chosen[1:]:
        if not first.logits.same_as(other.logits) or (first.labels and other.labels and first.labels != other.labels):
            raise InputError(
                f"{source}: its outputs {first.output!r} and {other.output!r} give different answers; export it with "
                "one of them"
            )
    named = [one.labels for one in answers if one.labels is not None and one.logits.same_as(first.logits)]
    if first.labels is None and named:
        return _Answer(first.output, first.kind, first.logits, named[0])
    return first


def _answer(source: str, name: str, value: Value) -> _Answer | InputError:
    match value:
        case Choice():
            return _Answer(name, AnswerKind.LABEL, value.logits, value.labels if value.named else None)
        case Scores() if value.labels is not None:
            return _Answer(name, AnswerKind.MAP, value.logits, value.labels)
        case Scores():
            return _Answer(name, AnswerKind.PROBABILITY if value.sigmoid else AnswerKind.SCORE, value.logits, None)
        case Affine():
            return _Answer(name, AnswerKind.SCORE, value, None)
        case Integers():
            return InputError(f"{source}: it has no layer of weights")
    return InputError(f"{source}: its output {name!r} is constant")
