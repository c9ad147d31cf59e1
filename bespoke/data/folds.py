"""Folds of the development part: each is held out once from a procedure that learns from the others."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace

import numpy as np

from bespoke.data.prepare import Part, PreparedData
from bespoke.data.scaling import filled, medians_of
from bespoke.errors import InputError


@dataclass(frozen=True, eq=False)
class Fold:
    """What a procedure may look at, and the samples that judge it.

    Parameters
    ----------
    data : the other folds as the training part, scaled and filled by them alone; validation and test part are missing
        and empty.
    held_out : this fold's samples on the same grid.
    """

    data: PreparedData
    held_out: Part


def cut_folds(data: PreparedData, count: int, *, seed: int = 0) -> tuple[Fold, ...]:
    """The training part in folds, stratified. Every fold learns all classes, though it may judge none of a rare one.

    Parameters
    ----------
    count : folds wanted, at least 2; fewer where no class has so many samples.
    seed : of the cut.

    Raises
    ------
    InputError
        where some class has a single sample, so that no fold could both learn and judge it.
    """
    from sklearn.model_selection import StratifiedKFold  # heavy: only when data are split

    part = data.train
    present = np.bincount(part.classes)
    rarest = int(present[present > 0].min())
    if rarest < 2:
        label = data.class_labels[int(np.flatnonzero(present == rarest)[0])]
        raise InputError(
            f"{data.name}: class {label!r} has a single sample to develop on, too few for folds; --folds 0"
        )
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", UserWarning
        )  # of classes with fewer samples than folds: each fold still learns it
        folds = StratifiedKFold(min(count, int(present.max())), shuffle=True, random_state=seed)
        cuts = list(folds.split(part.features, part.classes))
    return tuple(_fold(data, kept, held) for kept, held in cuts)


def _fold(data: PreparedData, kept: np.ndarray, held: np.ndarray) -> Fold:
    part, known = data.train, data.train.known
    quantiser = data.scaling.fitted(known[kept], data.feature_names, data.bits)
    medians = medians_of(known[kept])

    def taken(rows: np.ndarray) -> Part:
        measured = filled(known[rows], medians)
        return replace(part.taken(rows), features=quantiser.transform(measured), measured=measured)

    return Fold(replace(data, quantiser=quantiser, train=taken(kept), validation=None, test=nothing(data)), taken(held))


def nothing(data: PreparedData) -> Part:
    """A part without samples."""
    return data.train.taken(np.zeros(0, dtype=np.int64))
