"""Operators that only move values: between types, axes and places of a tensor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from bespoke.importers.onnx.affine import Affine, NotAffineError
from bespoke.importers.onnx.call import FLOAT_TYPES, Call, affine_input, axis_of, plain_label, rank_of
from bespoke.importers.onnx.values import Choice, Integers, Scores, Value

#: Element type of text.
_STRING = 8


def same(call: Call) -> Value:
    return call.inputs[0]


def dropout(call: Call) -> Value:
    training = call.constant(2)
    if training is not None and bool(training):
        raise NotAffineError("it is in training mode, where it draws at random; export for inference")
    return call.inputs[0]


def cast(call: Call) -> Value:
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


def reshape(call: Call) -> Value:
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


def flatten(call: Call) -> Value:
    if isinstance(call.inputs[0], Choice):
        return call.inputs[0]
    value = call.inputs[0].features if isinstance(call.inputs[0], Integers) else call.inputs[0]
    if axis_of(call, rank_of(value), 1) != 1:
        raise NotAffineError("it mixes samples")
    return _rearranged(call.inputs[0], lambda places: places.reshape(1, -1))


def squeeze(call: Call) -> Value:
    axes = call.integers(1, "axes")

    def change(places: np.ndarray) -> np.ndarray:
        inside = [axis for axis in range(1, places.ndim) if places.shape[axis] == 1]
        chosen = inside if axes is None else [axis % places.ndim for axis in axes]
        if 0 in chosen:
            raise NotAffineError("it mixes samples")
        return places.squeeze(tuple(chosen))

    return _rearranged(call.inputs[0], change)


def unsqueeze(call: Call) -> Value:
    axes = call.integers(1, "axes") or []

    def change(places: np.ndarray) -> np.ndarray:
        if any(axis % (places.ndim + len(axes)) == 0 for axis in axes):
            raise NotAffineError("it mixes samples")
        return np.expand_dims(places, tuple(axes))

    return _rearranged(call.inputs[0], change)


def transpose(call: Call) -> Value:
    def change(places: np.ndarray) -> np.ndarray:
        order = call.attributes.get("perm") or list(range(places.ndim))[::-1]
        if order[0] != 0:
            raise NotAffineError("it mixes samples")
        return places.transpose(order)

    return _rearranged(call.inputs[0], change)


def concat(call: Call) -> Value:
    parts = list(call.inputs)
    if all(isinstance(part, Scores) and part.sigmoid for part in parts):
        logits = [part.logits for part in parts]
        joined = Affine.joined(logits, axis_of(call, rank_of(logits[0]), 1))
        return replace(parts[0], logits=joined)
    data = [affine_input(call, place) for place in range(len(parts))]
    return Affine.joined(data, axis_of(call, rank_of(data[0]), 1))


def sliced(call: Call) -> Value:
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


def gather(call: Call) -> Value:
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


def extract_features(call: Call) -> Value:
    table, indices = call.inputs
    if isinstance(table, np.ndarray) and isinstance(indices, Choice):
        if table.size != table.shape[-1]:
            raise NotAffineError("it does not look up one label a class")
        return _looked_up(table.reshape(-1), indices)
    picked = call.constant(1).reshape(-1).astype(np.int64)

    def change(places: np.ndarray) -> np.ndarray:
        if places.ndim < 2:
            raise NotAffineError("it picks samples")
        return places.take(picked, -1)

    return _rearranged(table, change)


def _looked_up(table: np.ndarray, choice: Choice) -> Choice:
    return choice.relabelled(lambda label: plain_label(table[int(label)]), named=True)
