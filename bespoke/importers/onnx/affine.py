"""What a network has computed at one place of its graph: an affine map of the last ReLUs, batch of samples in front."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

#: More features than any circuit could read; the map of as many is a matrix of their square.
MAX_FEATURES = 4096

Layer = tuple[np.ndarray, np.ndarray]


class NotAffineError(Exception):
    """What is asked for is no affine map of every sample by itself; the message says why."""


@dataclass(frozen=True, eq=False)
class Affine:
    """``matrix @ basis + offset`` for every sample, where the basis is the features or the last hidden layer.

    Parameters
    ----------
    hidden : the layers of weights and biases up to the basis, each followed by ReLUs.
    matrix : float64 (1, ..., basis); the 1 stands for the samples.
    offset : float64 (1, ...), as the tensor of one sample has it.
    weighted : whether weights have multiplied the basis yet, so that it is more than scaled.
    """

    hidden: tuple[Layer, ...]
    matrix: np.ndarray
    offset: np.ndarray
    weighted: bool = False

    @classmethod
    def features(cls, shape: tuple[int, ...]) -> Affine:
        """The features themselves, in a tensor of this shape a sample."""
        count = int(np.prod(shape))
        if not 1 <= count <= MAX_FEATURES:
            raise NotAffineError(f"it reads {count} features; up to {MAX_FEATURES} can be imported")
        return cls((), np.eye(count).reshape(1, *shape, count), np.zeros((1, *shape)))

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of a sample's tensor."""
        return self.offset.shape[1:]

    @property
    def size(self) -> int:
        return self.offset.size

    @property
    def weights(self) -> Layer:
        """The map as a matrix (outputs, basis) and its biases (outputs,)."""
        return self.matrix.reshape(self.size, -1), self.offset.reshape(-1)

    def same_as(self, other: Affine) -> bool:
        """Whether both are the same map of the same basis, up to rounding."""
        return (
            self._same_basis(other)
            and self.matrix.shape == other.matrix.shape
            and np.allclose(self.matrix, other.matrix)
            and np.allclose(self.offset, other.offset)
        )

    def times(self, factor: np.ndarray) -> Affine:
        """Multiplied by a constant that is broadcast as NumPy and ONNX do it."""
        factor = self._aligned(factor)
        return self._changed(self.matrix * factor[..., None], self.offset * factor)

    def plus(self, shift: np.ndarray) -> Affine:
        """A constant added, broadcast as NumPy and ONNX do it."""
        offset = self.offset + self._aligned(shift)
        return self._changed(np.broadcast_to(self.matrix, (*offset.shape, self.matrix.shape[-1])), offset)

    def plus_other(self, other: Affine) -> Affine:
        """The sum of two maps of one basis."""
        self._check_basis(other)
        if len(self.shape) != len(other.shape):
            raise NotAffineError("the tensors that it adds have different ranks")
        summed = self._changed(self.matrix + other.matrix, self.offset + other.offset)
        return replace(summed, weighted=self.weighted or other.weighted)

    def through(self, weight: np.ndarray) -> Affine:
        """Multiplied by a constant matrix (inputs, outputs) from the right, along the last axis."""
        if weight.ndim not in (1, 2):
            raise NotAffineError("its weights are no matrix")
        if not self.shape or self.shape[-1] != weight.shape[0]:
            raise NotAffineError("it does not fit the layer before it")
        matrix = np.moveaxis(np.moveaxis(self.matrix, -1, 1) @ weight, 1, -1)
        return replace(self._changed(matrix, self.offset @ weight), weighted=True)

    def rectified(self) -> Affine:
        """ReLUs behind it: the next layer begins."""
        weight, bias = self.weights
        if self.hidden and (weight >= 0).all() and (bias >= 0).all():
            return self  # nothing below zero comes out of ReLUs by such a map
        if not self.hidden and not self.weighted:
            raise NotAffineError("a Relu stands before the first layer")
        start = np.eye(self.size).reshape(1, *self.shape, self.size)
        return Affine((*self.hidden, (weight, bias)), start, np.zeros_like(self.offset))

    def rearranged(self, change: Callable[[np.ndarray], np.ndarray]) -> Affine:
        """With its tensor picked from, turned or reshaped; ``change`` is told the numbers of the entries, (1, ...)."""
        places = np.asarray(change(np.arange(self.size).reshape(self.offset.shape)))
        if places.ndim < 1 or places.shape[0] != 1 or not places.size:
            raise NotAffineError("it mixes samples")
        weight, bias = self.weights
        return self._changed(weight[places], bias[places])

    @classmethod
    def joined(cls, parts: list[Affine], axis: int) -> Affine:
        """Tensors side by side along an axis other than that of the samples."""
        first = parts[0]
        for part in parts[1:]:
            first._check_basis(part)
        if len({len(part.shape) for part in parts}) > 1 or not 1 <= axis <= len(first.shape):
            raise NotAffineError("it mixes samples")
        joined = first._changed(
            np.concatenate([part.matrix for part in parts], axis), np.concatenate([part.offset for part in parts], axis)
        )
        return replace(joined, weighted=any(part.weighted for part in parts))

    def _changed(self, matrix: np.ndarray, offset: np.ndarray) -> Affine:
        return replace(self, matrix=matrix, offset=offset)

    def _same_basis(self, other: Affine) -> bool:
        return len(self.hidden) == len(other.hidden) and all(
            ours is theirs for ours, theirs in zip(self.hidden, other.hidden, strict=True)
        )

    def _check_basis(self, other: Affine) -> None:
        if not self._same_basis(other):
            raise NotAffineError("it joins branches of the data path; a perceptron is one chain of layers")

    def _aligned(self, constant: np.ndarray) -> np.ndarray:
        """A constant with as many axes as the tensor, the first for the samples."""
        rank = self.offset.ndim
        if constant.ndim > rank or (constant.ndim == rank and constant.shape[0] != 1):
            raise NotAffineError(f"its constant of shape {constant.shape} is no vector of a value for every output")
        return constant.reshape((1,) * (rank - constant.ndim) + constant.shape)
