"""Operators that compute: layers, and what is affine and folds into them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bespoke.importers.onnx.affine import NotAffineError
from bespoke.importers.onnx.call import Call, affine_input
from bespoke.importers.onnx.values import Integers, Scores, Value

#: From here on a Clip's upper limit is none.
_LARGEST = 3.4e38


def gemm(call: Call) -> Value:
    weight = call.constant(1)
    if weight is None or weight.ndim != 2 or call.attributes.get("transA"):
        raise NotAffineError("it does not multiply the data by constant weights")
    data = affine_input(call)
    if len(data.shape) != 1:
        raise NotAffineError("it does not read a list of features")
    weight = weight.astype(np.float64) * float(call.attributes.get("alpha", 1.0))
    product = data.through(weight.T if call.attributes.get("transB") else weight)
    if len(call.inputs) < 3 or call.inputs[2] is None:
        return product
    beta = np.array(float(call.attributes.get("beta", 1.0)))
    if isinstance(call.inputs[2], np.ndarray):
        shifted = product.plus(call.inputs[2].astype(np.float64) * beta)
        if shifted.shape != product.shape:
            raise NotAffineError("its biases do not fit its weights")
        return shifted
    return product.plus_other(affine_input(call, 2).times(beta))


def matmul(call: Call) -> Value:
    if not isinstance(call.inputs[1], np.ndarray):
        raise NotAffineError("it does not multiply the data by constant weights")
    return affine_input(call).through(call.inputs[1].astype(np.float64))


def relu(call: Call) -> Value:
    return affine_input(call).rectified()


def clip(call: Call) -> Value:
    low = call.attributes["min"] if "min" in call.attributes else call.constant(1)
    high = call.attributes["max"] if "max" in call.attributes else call.constant(2)
    if low is None or float(low) != 0 or (high is not None and float(high) < _LARGEST):
        raise NotAffineError("only a Clip at 0 from below is a ReLU")
    return affine_input(call).rectified()


def maximum(call: Call) -> Value:
    zero, data = (call.inputs[0], 1) if isinstance(call.inputs[0], np.ndarray) else (call.inputs[-1], 0)
    if len(call.inputs) != 2 or not isinstance(zero, np.ndarray) or zero.size != 1 or float(zero.reshape(())) != 0:
        raise NotAffineError("only the maximum of the data and 0 is a ReLU")
    return affine_input(call, data).rectified()


def batch_normalisation(call: Call) -> Value:
    if call.attributes.get("training_mode"):
        raise NotAffineError("it is in training mode, where it computes with other samples; export for inference")
    data = affine_input(call)
    if not data.shape:
        raise NotAffineError("it reads no list of outputs")
    scale, shift, mean, variance = (call.constant(place).astype(np.float64) for place in (1, 2, 3, 4))
    if any(values.shape != data.shape[:1] for values in (scale, shift, mean, variance)):
        raise NotAffineError("its constants do not fit the outputs that it reads")
    factor = scale / np.sqrt(variance + float(call.attributes.get("epsilon", 1e-5)))
    along = (1, -1) + (1,) * (len(data.shape) - 1)
    return data.times(factor.reshape(along)).plus((shift - mean * factor).reshape(along))


def scaler(call: Call) -> Value:
    data = call.inputs[0].features if isinstance(call.inputs[0], Integers) else affine_input(call)
    offset, scale = (np.atleast_1d(call.attributes.get(key, plain)) for key, plain in (("offset", 0.0), ("scale", 1.0)))
    scaled = data.plus(-offset.astype(np.float64)).times(scale.astype(np.float64))
    if scaled.shape != data.shape:
        raise NotAffineError("its constants do not fit the features")
    return scaled


def arithmetic(call: Call) -> Value:
    first, second = call.inputs
    if isinstance(second, np.ndarray):
        return _with_constant(call, first, second.astype(np.float64), place=0)
    if isinstance(first, np.ndarray):
        return _with_constant(call, second, first.astype(np.float64), place=1)
    sign = {"Add": 1.0, "Sub": -1.0}.get(call.operator)
    if sign is None:
        raise NotAffineError("it multiplies or divides data by data")
    return affine_input(call).plus_other(affine_input(call, 1).times(np.array(sign)))


def _with_constant(call: Call, value: Value, constant: np.ndarray, *, place: int) -> Value:
    """The data, which stand in that place of the two, and a constant."""
    if isinstance(value, Scores):
        return _scores_with_constant(call.operator, value, constant, place)
    data = affine_input(call, place)
    match call.operator:
        case "Add":
            return data.plus(constant)
        case "Mul":
            return data.times(constant)
        case "Sub":
            return data.plus(-constant) if place == 0 else data.times(np.array(-1.0)).plus(constant)
        case _ if place == 0:
            return data.times(1 / constant)
    raise NotAffineError("it divides by the data")


def _scores_with_constant(operator: str, scores: Scores, constant: np.ndarray, place: int) -> Scores:
    numbers = np.unique(constant)
    fits = constant.ndim <= 1 + len(scores.logits.shape) and constant.size in (1, scores.logits.size)
    if len(numbers) != 1 or not fits or not np.isfinite(numbers[0]):
        raise NotAffineError(f"behind {scores.operator} it treats classes differently")
    number = float(numbers[0])
    if operator == "Sub" and place == 1:
        if scores.sigmoid and number == 1.0:  # one minus the sigmoid is that of the negated logit
            return replace(scores, logits=scores.logits.times(np.array(-1.0)))
        return scores.opposite()
    if operator in ("Add", "Sub"):
        return scores.risen()
    if number == 0 or (operator == "Div" and place == 1):
        raise NotAffineError(f"behind {scores.operator} it leaves no class the largest")
    return scores.risen() if number > 0 else scores.opposite()


def negative(call: Call) -> Value:
    value = call.inputs[0]
    return value.opposite() if isinstance(value, Scores) else affine_input(call).times(np.array(-1.0))


def summed(call: Call) -> Value:
    total, *others = call.inputs
    for other in others:
        total = arithmetic(replace(call, operator="Add", inputs=(total, other)))
    return total if others else affine_input(call)
