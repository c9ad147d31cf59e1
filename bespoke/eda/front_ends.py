"""Front ends as the cocotb bench models them, see ``sim/front_ends.py``: what a vector is, and the word it becomes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from bespoke.errors import InputError


@dataclass(frozen=True)
class Words:
    """Binary words from elsewhere. Vectors are integers; feature j drives bits ``[j*bits +: bits]`` of the port."""

    bits: int

    def checked(self, vectors: np.ndarray) -> np.ndarray:
        vectors = np.asarray(vectors)
        if vectors.ndim != 2 or not vectors.size or vectors.dtype.kind not in "iub":
            raise InputError(
                f"a simulation needs integer vectors (samples, features), not {vectors.dtype} {vectors.shape}"
            )
        vectors = vectors.astype(np.int64)
        if vectors.min() < 0 or vectors.max() >= 1 << self.bits:
            raise InputError(f"the vectors of a simulation must lie in 0..{(1 << self.bits) - 1}")
        return vectors

    def to_json(self, features: int) -> dict[str, Any]:
        return {"kind": "words", "features": features, "bits": self.bits}


@dataclass(frozen=True, eq=False)
class Comparators:
    """Comparators and nothing else. Vectors are measured values; bit k of the port is comparator k.

    Parameters
    ----------
    feature_of : feature of each comparator, integers (comparators,).
    thresholds : value from which on its output is 1, float64 (comparators,).
    """

    feature_of: np.ndarray
    thresholds: np.ndarray

    def checked(self, vectors: np.ndarray) -> np.ndarray:
        return _measured(vectors, int(self.feature_of.max(initial=-1)) + 1)

    def to_json(self, features: int) -> dict[str, Any]:
        return {
            "kind": "comparators",
            "feature_of": self.feature_of.tolist(),
            "thresholds": self.thresholds.tolist(),  # JSON writes floats by repr: they come back as they were
        }


@dataclass(frozen=True, eq=False)
class FlashConverters:
    """A flash converter with its encoder per feature. Vectors are measured values; the port has the words' bits.

    Parameters
    ----------
    thresholds : rising, float64 (features, ``2**bits - 1``).
    bits : width of each word.
    """

    thresholds: np.ndarray
    bits: int

    def checked(self, vectors: np.ndarray) -> np.ndarray:
        return _measured(vectors, len(self.thresholds))

    def to_json(self, features: int) -> dict[str, Any]:
        return {"kind": "flash", "bits": self.bits, "thresholds": self.thresholds.tolist()}


FrontEndModel = Words | Comparators | FlashConverters


def _measured(vectors: np.ndarray, features: int) -> np.ndarray:
    vectors = np.asarray(vectors, dtype=np.float64)
    if vectors.ndim != 2 or not vectors.size or vectors.shape[1] < features or np.isnan(vectors).any():
        raise InputError(
            f"a simulation needs measured values (samples, features) of {features} features or more, none missing; "
            f"these have the shape {vectors.shape}"
        )
    return vectors
