"""Samples that errors are counted on: the training part, less what is held back, with noisy copies."""

from __future__ import annotations

import numpy as np
from sklearn.model_selection import train_test_split

from bespoke.search.circuit.types import ApproximationData, ApproximationOptions
from bespoke.search.circuit.words import SampleWords, pack_samples
from bespoke.sensing import Wires

#: Samples, noisy ones included, beyond which more copies cost time and teach little.
ENOUGH_SAMPLES = 8000
#: Most prints that a sample meets beside its first.
MOST_PRINTS = 40
#: Rows of defects; circuits with more ANDs share them.
DEFECT_ROWS = 1024


def with_held_back(data: ApproximationData, options: ApproximationOptions, seed: int) -> ApproximationData:
    """The data with a held-back part, cut from the training samples where there is none; stratified where possible."""
    share = round(options.held_back * len(data.classes))
    if data.held_back_classes is not None or share < 1 or share >= len(data.classes):
        return data
    rows = np.arange(len(data.classes))
    classes = np.asarray(data.classes)
    counts = np.bincount(classes)
    stratify = classes if counts[counts > 0].min() >= 2 and share >= (counts > 0).sum() else None
    kept, cut = train_test_split(rows, test_size=share, random_state=seed, stratify=stratify)
    features = np.asarray(data.features)
    return ApproximationData(features[kept], classes[kept], features[cut], classes[cut])


def search_words(
    data: ApproximationData,
    options: ApproximationOptions,
    *,
    wires: Wires,
    output_bits: int,
    rng: np.random.Generator,
) -> SampleWords:
    """Training samples and their noisy copies, in random order, packed.

    A copy adds normal noise to every feature, in proportion to the feature's spread, and rounds: a feature that takes
    few values hardly moves, one that uses all of its range moves by a step or two. Where errors are to be those of
    prints, every copy of a sample meets a print of its own, with its own drifts and defects: the share of wrong ones is
    then that of all prints, and of all samples, with the least spread.
    """
    features, classes = np.asarray(data.features, dtype=np.int64), np.asarray(data.classes, dtype=np.int64)
    parts = [features]
    spread = options.noise * features.std(axis=0)
    copies = options.noisy_copies
    if copies is None:
        most = 4 if options.printing is None else MOST_PRINTS
        copies = int(np.clip(ENOUGH_SAMPLES // len(classes) - 1, 1, most))
    for _ in range(copies):
        moved = features + np.rint(rng.normal(size=features.shape) * spread).astype(np.int64)
        parts.append(np.clip(moved, 0, (1 << wires.bits) - 1))
    order = rng.permutation(len(parts) * len(classes))
    inputs, labels = np.concatenate(parts)[order], np.tile(classes, len(parts))[order]
    if options.printing is None:
        return pack_samples(inputs, labels, wires=wires, output_bits=output_bits)
    return pack_samples(
        inputs,
        labels,
        wires=wires,
        output_bits=output_bits,
        carried=options.printing.carried(wires, inputs, rng),
        broken=options.printing.broken(DEFECT_ROWS, len(inputs), rng),
    )


def first_chunks(words: SampleWords, chunks: int) -> SampleWords:
    """A random part of the samples: those of the first chunks."""
    if chunks >= len(words.valid):
        return words
    valid = np.ascontiguousarray(words.valid[:chunks])
    return SampleWords(
        np.ascontiguousarray(words.inputs[:chunks]),
        np.ascontiguousarray(words.library[:chunks]),
        words.thresholds,
        np.ascontiguousarray(words.labels[:chunks]),
        valid,
        int(np.bitwise_count(valid).sum()),
        np.ascontiguousarray(words.intact[:chunks]),
        np.ascontiguousarray(words.stuck[:chunks]),
    )
