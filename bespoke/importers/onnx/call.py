"""One operator's call: what it reads, in the forms that the import computes with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from bespoke.importers.onnx.affine import Affine, NotAffineError
from bespoke.importers.onnx.values import Choice, Integers, Scores, Value

#: Element types of ONNX that hold fractions: FLOAT, FLOAT16, DOUBLE, BFLOAT16.
FLOAT_TYPES = frozenset({1, 10, 11, 16})


@dataclass(frozen=True)
class Call:
    """One node with what it reads.

    Parameters
    ----------
    operator : its type, with the domain where that is a foreign one.
    inputs : None where an optional one is left out.
    version : of the operator set.
    batch : number of samples that the graph is made for, None for any.
    """

    operator: str
    inputs: tuple[Value | None, ...]
    attributes: dict[str, Any]
    version: int
    batch: int | None

    def constant(self, place: int) -> np.ndarray | None:
        """An input that must be a constant; None where it is left out."""
        value = self.inputs[place] if place < len(self.inputs) else None
        if value is not None and not isinstance(value, np.ndarray):
            raise NotAffineError("it reads a constant's place from the data")
        return value

    def integers(self, place: int, attribute: str) -> list[int] | None:
        """A list of whole numbers, an attribute in older operator sets, an input in newer ones."""
        value = self.attributes[attribute] if attribute in self.attributes else self.constant(place)
        return None if value is None else [int(entry) for entry in np.atleast_1d(value)]


def affine_input(call: Call, place: int = 0) -> Affine:
    match call.inputs[place]:
        case Affine() as value:
            return value
        case Scores() as scores:
            raise NotAffineError(f"{scores.operator} stands before it, and only ReLU may stand between layers")
        case Integers():
            raise NotAffineError("it computes with integers; cast the features to floats first")
        case Choice():
            raise NotAffineError("it computes with the chosen class")
    raise NotAffineError("it does not read the data where it should")


def logits_input(call: Call, *, least: int = 2) -> Affine:
    """What a tail's values rise with, a list of outputs a sample."""
    value = call.inputs[0]
    logits = value.logits if isinstance(value, Scores) else affine_input(call)
    if len(logits.shape) != 1 or logits.size < least:
        raise NotAffineError(f"it reads a tensor of shape {logits.shape} a sample, not {least} outputs or more")
    return logits


def axis_of(call: Call, rank: int, default: int) -> int:
    axis = int(call.attributes.get("axis", default))
    return axis + rank if axis < 0 else axis


def rank_of(value: Value) -> int:
    return 1 + len((value.logits if isinstance(value, Scores) else value).shape)


def plain_label(label: Any) -> Any:
    """A label as Python has it."""
    label = label.item() if isinstance(label, np.generic) else label
    return text_of(label) if isinstance(label, bytes) else label


def text_of(value: str | bytes) -> str:
    return value.decode("utf-8", errors="replace") if isinstance(value, bytes) else str(value)
