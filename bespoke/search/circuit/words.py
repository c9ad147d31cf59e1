"""Samples as bit-parallel words: 64 samples a word, eight words (512 samples) a chunk.

A chunk is what a kernel simulates before it looks whether the candidate is still worth going on with; its length makes
the inner loops a fixed number of vector instructions.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bespoke.sensing import BinaryWires, Wires

#: Words of one chunk.
LANES = 8
CHUNK_SAMPLES = 64 * LANES
#: Most thresholds of one feature that edits may use as they are.
THRESHOLDS = 31


class SampleWords(NamedTuple):
    """Samples with their classes, packed.

    Parameters
    ----------
    inputs : uint64 (chunks, 1 + wires, LANES), the values of the constant false and the wires.
    library : uint64 (chunks, thresholds, LANES), the values of the threshold library.
    thresholds : int32 (thresholds, 2), feature and constant: the library's signals ``feature >= constant``. Empty over
        thermometer wires, which are thresholds themselves.
    labels : uint64 (chunks, output_bits, LANES), bits of the class index.
    valid : uint64 (chunks, LANES), ones where there is a sample.
    samples : number of samples.
    intact, stuck : uint64 (chunks, rows, LANES), defects of gates: zeros of ``intact`` where a gate with that row is
        broken, ones of ``stuck`` where it then delivers 1. No rows where gates never break.
    """

    inputs: np.ndarray
    library: np.ndarray
    thresholds: np.ndarray
    labels: np.ndarray
    valid: np.ndarray
    samples: int
    intact: np.ndarray
    stuck: np.ndarray

    @property
    def breaks(self) -> bool:
        """Whether gates may be broken."""
        return self.stuck.shape[1] > 0


def pack_samples(
    inputs: np.ndarray,
    labels: np.ndarray,
    *,
    wires: Wires,
    output_bits: int,
    carried: np.ndarray | None = None,
    broken: tuple[np.ndarray, np.ndarray] | None = None,
) -> SampleWords:
    """Pack integer ``inputs`` (samples, features) and class indices ``labels`` (samples,), in order.

    Over binary wires the threshold library holds every constant of a feature, at most `THRESHOLDS`.

    Parameters
    ----------
    carried : bool (samples, wires), what the wires carry of the inputs where that is not what they should.
    broken : bool (rows, samples) twice: the samples on which a gate is broken, and those on which it then delivers 1.
    """
    samples = len(inputs)
    carried = wires.encode(inputs) if carried is None else carried
    planes = np.concatenate([np.zeros((1, samples), dtype=bool), carried.T])
    constants = np.unique(np.linspace(1, (1 << wires.bits) - 1, THRESHOLDS).round().astype(np.int32))
    features = wires.features if isinstance(wires, BinaryWires) else 0
    thresholds = np.array(
        [(feature, constant) for feature in range(features) for constant in constants], dtype=np.int32
    ).reshape(-1, 2)
    never = np.zeros((0, samples), dtype=bool)
    gone, high = (never, never) if broken is None else broken
    return SampleWords(
        inputs=_chunked(planes),
        library=_chunked((inputs[:, thresholds[:, 0]] >= thresholds[:, 1]).T),
        thresholds=thresholds,
        labels=_chunked(np.stack([(labels >> bit & 1).astype(bool) for bit in range(output_bits)])),
        valid=np.ascontiguousarray(_chunked(np.ones((1, samples), dtype=bool))[:, 0]),
        samples=samples,
        intact=_chunked(~gone),
        stuck=_chunked(high),
    )


def _chunked(planes: np.ndarray) -> np.ndarray:
    """Boolean (planes, samples) as uint64 (chunks, planes, LANES)."""
    count, samples = planes.shape
    chunks = max(1, -(-samples // CHUNK_SAMPLES))
    padded = np.zeros((count, chunks * CHUNK_SAMPLES), dtype=np.uint8)
    padded[:, :samples] = planes
    words = np.packbits(padded, axis=1, bitorder="little").view("<u8").astype(np.uint64)
    return np.ascontiguousarray(words.reshape(count, chunks, LANES).transpose(1, 0, 2))
