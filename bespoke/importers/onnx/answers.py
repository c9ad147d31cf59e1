"""Operators that make an answer of outputs: probabilities, the largest, its label."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from bespoke.importers.onnx.affine import Affine, NotAffineError
from bespoke.importers.onnx.call import Call, affine_input, axis_of, logits_input, plain_label, text_of
from bespoke.importers.onnx.values import Choice, Scores, Value, two_logits


def softmax(call: Call) -> Value:
    logits = logits_input(call)
    if axis_of(call, 2, -1 if call.version >= 13 else 1) != 1:
        raise NotAffineError("it mixes samples")
    return _risen(call, logits)


def _risen(call: Call, logits: Affine) -> Scores:
    value = call.inputs[0]
    return value.risen(call.operator) if isinstance(value, Scores) else Scores(logits, call.operator)


def rising(call: Call) -> Value:
    return _risen(call, logits_input(call))


def sigmoid(call: Call) -> Value:
    if isinstance(call.inputs[0], Scores):
        return rising(call)
    return Scores(affine_input(call), call.operator, sigmoid=True)


def logarithm(call: Call) -> Value:
    value = call.inputs[0]
    if not isinstance(value, Scores) or value.operator not in ("Softmax", "Sigmoid"):
        raise NotAffineError("only a Softmax or Sigmoid may stand before it")
    return value.risen("Log")


def normaliser(call: Call) -> Value:
    if text_of(call.attributes.get("norm", b"MAX")) not in ("L1", "L2"):
        raise NotAffineError("only the norms L1 and L2 leave the largest output the largest")
    return rising(call)


def argmax(call: Call) -> Value:
    if call.attributes.get("select_last_index"):
        raise NotAffineError("it answers with the last among equals; a circuit answers with the first")
    logits = logits_input(call)
    if axis_of(call, 2, 0) != 1:
        raise NotAffineError("it mixes samples")
    if call.operator == "ArgMin":
        logits = logits.times(np.array(-1.0))
    labels = call.inputs[0].labels if isinstance(call.inputs[0], Scores) else None
    return Choice(logits, tuple(range(logits.size)) if labels is None else labels, labels is not None)


def compare(call: Call) -> Value:
    """One output and a threshold: no or yes."""
    place = 1 if isinstance(call.inputs[0], np.ndarray) else 0
    constant, value = call.constant(1 - place), call.inputs[place]
    if constant is None or constant.size != 1:
        raise NotAffineError("it compares with other than one threshold")
    threshold = float(constant.reshape(()))
    if isinstance(value, Scores) and value.sigmoid:
        if not 0 < threshold < 1:
            raise NotAffineError("a Sigmoid never crosses its threshold")
        data, threshold = value.logits, math.log(threshold / (1 - threshold))
    else:
        data = affine_input(call, place)
    if data.size != 1:
        raise NotAffineError("it compares several outputs with a threshold")
    excess = data.plus(np.array(-threshold))
    rises = (call.operator == "Greater") == (place == 0)
    return Choice(two_logits(excess if rises else excess.times(np.array(-1.0))), (False, True))


def zip_map(call: Call) -> Value:
    logits = logits_input(call)
    labels = call.attributes.get("classlabels_strings") or call.attributes.get("classlabels_int64s") or ()
    if len(labels) != logits.size:
        raise NotAffineError(f"its {len(labels)} labels do not name the {logits.size} outputs")
    labels = tuple(plain_label(label) for label in labels)
    value = call.inputs[0]
    if isinstance(value, Scores):
        return replace(value, labels=labels, sigmoid=False)
    return Scores(logits, call.operator, labels=labels)


def label_encoder(call: Call) -> Value:
    if not isinstance(call.inputs[0], Choice):
        raise NotAffineError("it reads other than a class")
    found = {
        side: next((list(call.attributes[key]) for key in call.attributes if key.startswith(f"{side}_")), None)
        for side in ("keys", "values", "classes")
    }
    if found["classes"] is not None:
        keys, values = list(range(len(found["classes"]))), found["classes"]
    else:
        keys, values = found["keys"], found["values"]
    if keys is None or values is None or len(keys) != len(values) or any("_tensor" in key for key in call.attributes):
        raise NotAffineError("it does not list a value for every key")
    table = {plain_label(key): plain_label(value) for key, value in zip(keys, values, strict=True)}
    if any(label not in table for label in call.inputs[0].labels):
        raise NotAffineError("it does not list a value for every class")
    return call.inputs[0].relabelled(table.__getitem__, named=True)
