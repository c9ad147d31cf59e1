"""What every ONNX operator that the import understands makes of what it reads."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bespoke.importers.affine import Affine, NotAffineError
from bespoke.importers.onnx_values import Choice, Integers, Scores, Value, two_logits

#: Element types of ONNX that hold fractions: FLOAT, FLOAT16, DOUBLE, BFLOAT16.
FLOAT_TYPES = frozenset({1, 10, 11, 16})
_STRING = 8
_LARGEST = 3.4e38


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


def _affine(call: Call, place: int = 0) -> Affine:
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


def _logits(call: Call, *, least: int = 2) -> Affine:
    """What a tail's values rise with, a list of outputs a sample."""
    value = call.inputs[0]
    logits = value.logits if isinstance(value, Scores) else _affine(call)
    if len(logits.shape) != 1 or logits.size < least:
        raise NotAffineError(f"it reads a tensor of shape {logits.shape} a sample, not {least} outputs or more")
    return logits


def _axis(call: Call, rank: int, default: int) -> int:
    axis = int(call.attributes.get("axis", default))
    return axis + rank if axis < 0 else axis


def _rank(value: Value) -> int:
    return 1 + len((value.logits if isinstance(value, Scores) else value).shape)


# --- layers


def _gemm(call: Call) -> Value:
    weight = call.constant(1)
    if weight is None or weight.ndim != 2 or call.attributes.get("transA"):
        raise NotAffineError("it does not multiply the data by constant weights")
    data = _affine(call)
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
    return product.plus_other(_affine(call, 2).times(beta))


def _matmul(call: Call) -> Value:
    if not isinstance(call.inputs[1], np.ndarray):
        raise NotAffineError("it does not multiply the data by constant weights")
    return _affine(call).through(call.inputs[1].astype(np.float64))


def _relu(call: Call) -> Value:
    return _affine(call).rectified()


def _clip(call: Call) -> Value:
    low = call.attributes["min"] if "min" in call.attributes else call.constant(1)
    high = call.attributes["max"] if "max" in call.attributes else call.constant(2)
    if low is None or float(low) != 0 or (high is not None and float(high) < _LARGEST):
        raise NotAffineError("only a Clip at 0 from below is a ReLU")
    return _affine(call).rectified()


def _maximum(call: Call) -> Value:
    zero, data = (call.inputs[0], 1) if isinstance(call.inputs[0], np.ndarray) else (call.inputs[-1], 0)
    if len(call.inputs) != 2 or not isinstance(zero, np.ndarray) or zero.size != 1 or float(zero.reshape(())) != 0:
        raise NotAffineError("only the maximum of the data and 0 is a ReLU")
    return _affine(call, data).rectified()


def _batch_normalisation(call: Call) -> Value:
    if call.attributes.get("training_mode"):
        raise NotAffineError("it is in training mode, where it computes with other samples; export for inference")
    data = _affine(call)
    if not data.shape:
        raise NotAffineError("it reads no list of outputs")
    scale, shift, mean, variance = (call.constant(place).astype(np.float64) for place in (1, 2, 3, 4))
    if any(values.shape != data.shape[:1] for values in (scale, shift, mean, variance)):
        raise NotAffineError("its constants do not fit the outputs that it reads")
    factor = scale / np.sqrt(variance + float(call.attributes.get("epsilon", 1e-5)))
    along = (1, -1) + (1,) * (len(data.shape) - 1)
    return data.times(factor.reshape(along)).plus((shift - mean * factor).reshape(along))


def _scaler(call: Call) -> Value:
    data = call.inputs[0].features if isinstance(call.inputs[0], Integers) else _affine(call)
    offset, scale = (np.atleast_1d(call.attributes.get(key, plain)) for key, plain in (("offset", 0.0), ("scale", 1.0)))
    scaled = data.plus(-offset.astype(np.float64)).times(scale.astype(np.float64))
    if scaled.shape != data.shape:
        raise NotAffineError("its constants do not fit the features")
    return scaled


# --- arithmetic


def _arithmetic(call: Call) -> Value:
    first, second = call.inputs
    if isinstance(second, np.ndarray):
        return _with_constant(call, first, second.astype(np.float64), place=0)
    if isinstance(first, np.ndarray):
        return _with_constant(call, second, first.astype(np.float64), place=1)
    sign = {"Add": 1.0, "Sub": -1.0}.get(call.operator)
    if sign is None:
        raise NotAffineError("it multiplies or divides data by data")
    return _affine(call).plus_other(_affine(call, 1).times(np.array(sign)))


def _with_constant(call: Call, value: Value, constant: np.ndarray, *, place: int) -> Value:
    """The data, which stand in that place of the two, and a constant."""
    if isinstance(value, Scores):
        return _scores_with_constant(call.operator, value, constant, place)
    data = _affine(call, place)
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
    if constant.size != 1 or constant.ndim > 1 + len(scores.logits.shape) or not np.isfinite(constant).all():
        raise NotAffineError(f"behind {scores.operator} it treats classes differently")
    number = float(constant.reshape(()))
    if operator == "Sub" and place == 1:
        if scores.sigmoid and number == 1.0:  # one minus the sigmoid is that of the negated logit
            return replace(scores, logits=scores.logits.times(np.array(-1.0)))
        return scores.opposite()
    if operator in ("Add", "Sub"):
        return scores.risen()
    if number == 0 or (operator == "Div" and place == 1):
        raise NotAffineError(f"behind {scores.operator} it leaves no class the largest")
    return scores.risen() if number > 0 else scores.opposite()


def _negative(call: Call) -> Value:
    value = call.inputs[0]
    return value.opposite() if isinstance(value, Scores) else _affine(call).times(np.array(-1.0))


def _sum(call: Call) -> Value:
    total, *others = call.inputs
    for other in others:
        total = _arithmetic(replace(call, operator="Add", inputs=(total, other)))
    return total if others else _affine(call)


# --- the shape of tensors


def _same(call: Call) -> Value:
    return call.inputs[0]


def _dropout(call: Call) -> Value:
    training = call.constant(2)
    if training is not None and bool(training):
        raise NotAffineError("it is in training mode, where it draws at random; export for inference")
    return call.inputs[0]


def _cast(call: Call) -> Value:
    value, kind = call.inputs[0], int(call.attributes["to"])
    if isinstance(value, Choice):
        return value.relabelled(lambda label: _cast_label(label, kind), named=value.named)
    if kind not in FLOAT_TYPES:
        raise NotAffineError("it turns what is computed into another type than a float")
    return value.features if isinstance(value, Integers) else value


def _cast_label(label: Any, kind: int) -> Any:
    from onnx import helper

    if kind == _STRING:
        return str(label)
    return np.array(label).astype(helper.tensor_dtype_to_np_dtype(kind)).item()


def _rearranged(value: Value, change: Callable[[np.ndarray], np.ndarray]) -> Value:
    match value:
        case Affine():
            return value.rearranged(change)
        case Scores():
            return replace(value, logits=value.logits.rearranged(change))
        case Integers():
            return Integers(value.features.rearranged(change))
    return value  # a choice is one value a sample, however it lies


def _reshape(call: Call) -> Value:
    target = call.integers(1, "shape")
    if isinstance(call.inputs[0], Choice):
        return call.inputs[0]
    if not target or (0 in target and call.attributes.get("allowzero")):
        raise NotAffineError("it reshapes to nothing")
    if target[0] not in (0, -1, call.batch):
        raise NotAffineError("it reshapes to a fixed number of samples")
    inner = target[1:]
    if target[0] == -1 and -1 in inner:
        raise NotAffineError("its shape leaves two sizes open")

    def change(places: np.ndarray) -> np.ndarray:
        sizes = [places.shape[axis] if size == 0 else size for axis, size in enumerate(inner, start=1)]
        return places.reshape(1, *sizes)

    return _rearranged(call.inputs[0], change)


def _flatten(call: Call) -> Value:
    if isinstance(call.inputs[0], Choice):
        return call.inputs[0]
    value = call.inputs[0].features if isinstance(call.inputs[0], Integers) else call.inputs[0]
    if _axis(call, _rank(value), 1) != 1:
        raise NotAffineError("it mixes samples")
    return _rearranged(call.inputs[0], lambda places: places.reshape(1, -1))


def _squeeze(call: Call) -> Value:
    axes = call.integers(1, "axes")

    def change(places: np.ndarray) -> np.ndarray:
        inside = [axis for axis in range(1, places.ndim) if places.shape[axis] == 1]
        chosen = inside if axes is None else [axis % places.ndim for axis in axes]
        if 0 in chosen:
            raise NotAffineError("it mixes samples")
        return places.squeeze(tuple(chosen))

    return _rearranged(call.inputs[0], change)


def _unsqueeze(call: Call) -> Value:
    axes = call.integers(1, "axes") or []

    def change(places: np.ndarray) -> np.ndarray:
        if any(axis % (places.ndim + len(axes)) == 0 for axis in axes):
            raise NotAffineError("it mixes samples")
        return np.expand_dims(places, tuple(axes))

    return _rearranged(call.inputs[0], change)


def _transpose(call: Call) -> Value:
    def change(places: np.ndarray) -> np.ndarray:
        order = call.attributes.get("perm") or list(range(places.ndim))[::-1]
        if order[0] != 0:
            raise NotAffineError("it mixes samples")
        return places.transpose(order)

    return _rearranged(call.inputs[0], change)


def _concat(call: Call) -> Value:
    parts = list(call.inputs)
    if all(isinstance(part, Scores) and part.sigmoid for part in parts):
        logits = [part.logits for part in parts]
        joined = Affine.joined(logits, _axis(call, _rank(logits[0]), 1))
        return replace(parts[0], logits=joined)
    data = [_affine(call, place) for place in range(len(parts))]
    return Affine.joined(data, _axis(call, _rank(data[0]), 1))


def _slice(call: Call) -> Value:
    starts, ends = call.integers(1, "starts"), call.integers(2, "ends")
    axes = call.integers(3, "axes") or list(range(len(starts)))
    steps = call.integers(4, "steps") or [1] * len(starts)

    def change(places: np.ndarray) -> np.ndarray:
        for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
            if axis % places.ndim == 0:
                if (start, step) != (0, 1) or end < 1 << 31:
                    raise NotAffineError("it picks samples")
                continue
            size = places.shape[axis]
            last = None if step < 0 and end < -size else end
            places = np.moveaxis(np.moveaxis(places, axis, 0)[start:last:step], 0, axis)
        return places

    return _rearranged(call.inputs[0], change)


def _gather(call: Call) -> Value:
    table, indices = call.inputs
    if isinstance(table, np.ndarray) and isinstance(indices, Choice):
        if int(call.attributes.get("axis", 0)) != 0 or table.ndim != 1:
            raise NotAffineError("it does not look up one label a class")
        return _looked_up(table, indices)
    picked = call.constant(1)

    def change(places: np.ndarray) -> np.ndarray:
        axis = int(call.attributes.get("axis", 0)) % places.ndim
        if axis == 0:
            raise NotAffineError("it picks samples")
        return places.take(picked.astype(np.int64), axis)

    return _rearranged(table, change)


def _extract_features(call: Call) -> Value:
    table, indices = call.inputs
    if isinstance(table, np.ndarray) and isinstance(indices, Choice):
        if table.size != table.shape[-1]:
            raise NotAffineError("it does not look up one label a class")
        return _looked_up(table.reshape(-1), indices)
    picked = call.constant(1).reshape(-1).astype(np.int64)
    return _rearranged(table, lambda places: places.take(picked, -1))


def _looked_up(table: np.ndarray, choice: Choice) -> Choice:
    return choice.relabelled(lambda label: _plain(table[int(label)]), named=True)


# --- from outputs to a class


def _softmax(call: Call) -> Value:
    logits = _logits(call)
    if _axis(call, 2, -1 if call.version >= 13 else 1) != 1:
        raise NotAffineError("it mixes samples")
    return _risen(call, logits)


def _risen(call: Call, logits: Affine) -> Scores:
    value = call.inputs[0]
    return value.risen(call.operator) if isinstance(value, Scores) else Scores(logits, call.operator)


def _rising(call: Call) -> Value:
    return _risen(call, _logits(call))


def _sigmoid(call: Call) -> Value:
    if isinstance(call.inputs[0], Scores):
        return _rising(call)
    return Scores(_affine(call), call.operator, sigmoid=True)


def _logarithm(call: Call) -> Value:
    value = call.inputs[0]
    if not isinstance(value, Scores) or value.operator not in ("Softmax", "Sigmoid"):
        raise NotAffineError("only a Softmax or Sigmoid may stand before it")
    return value.risen("Log")


def _normaliser(call: Call) -> Value:
    if _text(call.attributes.get("norm", b"MAX")) not in ("L1", "L2"):
        raise NotAffineError("only the norms L1 and L2 leave the largest output the largest")
    return _rising(call)


def _argmax(call: Call) -> Value:
    if call.attributes.get("select_last_index"):
        raise NotAffineError("it answers with the last among equals; a circuit answers with the first")
    logits = _logits(call)
    if _axis(call, 2, 0) != 1:
        raise NotAffineError("it mixes samples")
    if call.operator == "ArgMin":
        logits = logits.times(np.array(-1.0))
    labels = call.inputs[0].labels if isinstance(call.inputs[0], Scores) else None
    return Choice(logits, tuple(range(logits.size)) if labels is None else labels, labels is not None)


def _compare(call: Call) -> Value:
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
        data = _affine(call, place)
    if data.size != 1:
        raise NotAffineError("it compares several outputs with a threshold")
    excess = data.plus(np.array(-threshold))
    rises = (call.operator == "Greater") == (place == 0)
    return Choice(two_logits(excess if rises else excess.times(np.array(-1.0))), (False, True))


def _zip_map(call: Call) -> Value:
    logits = _logits(call)
    labels = call.attributes.get("classlabels_strings") or call.attributes.get("classlabels_int64s") or ()
    if len(labels) != logits.size:
        raise NotAffineError(f"its {len(labels)} labels do not name the {logits.size} outputs")
    labels = tuple(_plain(label) for label in labels)
    value = call.inputs[0]
    if isinstance(value, Scores):
        return replace(value, labels=labels, sigmoid=False)
    return Scores(logits, call.operator, labels=labels)


def _label_encoder(call: Call) -> Value:
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
    table = {_plain(key): _plain(value) for key, value in zip(keys, values, strict=True)}
    if any(label not in table for label in call.inputs[0].labels):
        raise NotAffineError("it does not list a value for every class")
    return call.inputs[0].relabelled(table.__getitem__, named=True)


def _plain(label: Any) -> Any:
    """A label as Python has it."""
    label = label.item() if isinstance(label, np.generic) else label
    return _text(label) if isinstance(label, bytes) else label


def _text(value: str | bytes) -> str:
    return value.decode("utf-8", errors="replace") if isinstance(value, bytes) else str(value)


#: By domain and type.
OPERATORS: dict[tuple[str, str], Callable[[Call], Value]] = {
    ("", "Gemm"): _gemm,
    ("", "MatMul"): _matmul,
    ("", "Relu"): _relu,
    ("", "Clip"): _clip,
    ("", "Max"): _maximum,
    ("", "BatchNormalization"): _batch_normalisation,
    ("ai.onnx.ml", "Scaler"): _scaler,
    **{("", name): _arithmetic for name in ("Add", "Sub", "Mul", "Div")},
    ("", "Neg"): _negative,
    ("", "Sum"): _sum,
    ("", "Identity"): _same,
    ("", "Dropout"): _dropout,
    ("", "Cast"): _cast,
    ("", "Reshape"): _reshape,
    ("", "Flatten"): _flatten,
    ("", "Squeeze"): _squeeze,
    ("", "Unsqueeze"): _unsqueeze,
    ("", "Transpose"): _transpose,
    ("", "Concat"): _concat,
    ("", "Slice"): _slice,
    ("", "Gather"): _gather,
    ("ai.onnx.ml", "ArrayFeatureExtractor"): _extract_features,
    ("", "Softmax"): _softmax,
    ("", "LogSoftmax"): _softmax,
    **{("", name): _rising for name in ("Tanh", "Softplus", "Softsign")},
    ("", "Sigmoid"): _sigmoid,
    ("", "Log"): _logarithm,
    ("ai.onnx.ml", "Normalizer"): _normaliser,
    **{("", name): _argmax for name in ("ArgMax", "ArgMin")},
    **{("", name): _compare for name in ("Greater", "Less")},
    ("ai.onnx.ml", "ZipMap"): _zip_map,
    ("ai.onnx.ml", "LabelEncoder"): _label_encoder,
}
