"""What a tensor of an ONNX graph may hold, as far as it leads to one answer a sample."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bespoke.importers.onnx.affine import Affine, NotAffineError


@dataclass(frozen=True, eq=False)
class Integers:
    """Features as integers, before a Cast makes floats of them: integer arithmetic rounds, so nothing else may."""

    features: Affine


@dataclass(frozen=True, eq=False)
class Scores:
    """Values that rise with affine ones: the largest of a sample stands where the largest of ``logits`` does.

    Parameters
    ----------
    operator : what made them, for messages.
    sigmoid : whether each is the sigmoid of its own logit, and so above 1/2 where that is above 0.
    labels : of the classes, where they are known.
    """

    logits: Affine
    operator: str
    sigmoid: bool = False
    labels: tuple[Any, ...] | None = None

    def risen(self, operator: str | None = None) -> Scores:
        """Behind a rising function that is the same for all values of a sample."""
        if self.logits.size < 2:
            raise NotAffineError(f"the one output behind {self.operator} has no threshold any more")
        return replace(self, operator=operator or self.operator, sigmoid=False)

    def opposite(self) -> Scores:
        """Behind a falling function that is the same for all values of a sample."""
        return replace(self.risen(), logits=self.logits.times(np.array(-1.0)))


@dataclass(frozen=True, eq=False)
class Choice:
    """The class of the largest of ``logits``, two or more, the first among equals.

    Parameters
    ----------
    labels : what stands for each class, one a logit.
    named : whether they are names, not the classes' numbers.
    """

    logits: Affine
    labels: tuple[Any, ...]
    named: bool = False

    def relabelled(self, change: Callable[[Any], Any], *, named: bool) -> Choice:
        return replace(self, labels=tuple(change(label) for label in self.labels), named=named)


Value = np.ndarray | Affine | Integers | Scores | Choice


def two_logits(single: Affine) -> Affine:
    """``(0, logit)`` for a tensor of one logit a sample: the same decision, ties going to the first class."""
    flat = single.rearranged(lambda places: places.reshape(1, 1))
    return Affine.joined([flat.times(np.array(0.0)), flat], 1)
