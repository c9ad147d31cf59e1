"""Folds of the development part: each is held out once from a procedure that learns from the others."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace

import numpy as np

from bespoke.data.prepare import Part, PreparedData
from bespoke.data.scaling import filled, medians_of
from bespoke.errors import InputError
from bespoke.sensing import Quantiser


@dataclass(frozen=True, eq=False)
class Fold:
    """What a procedure may look at, and the samples that judge it; made when they are asked for, so that folds of
    long data do not stand in memory side by side.

    Parameters
    ----------
    whole : the data whose training part is cut.
    kept, held : places of the samples that are learnt from and of those held out, int64.
    """

    whole: PreparedData
    kept: np.ndarray
    held: np.ndarray

    @property
    def data(self) -> PreparedData:
        """The other folds as the training part, scaled and filled by them alone; no other part."""
        quantiser, medians = self._grid()
        train = self._taken(self.kept, quantiser, medians)
        return replace(self.whole, quantiser=quantiser, train=train, validation=None, test=nothing(self.whole))

    @property
    def held_out(self) -> Part:
        """This fold's samples on the same grid."""
        return self._taken(self.held, *self._grid())

    def _grid(self) -> tuple[Quantiser, np.ndarray]:
        known = self.whole.train.known[self.kept]
        return self.whole.scaling.fitted(known, self.whole.feature_names, self.whole.bits), medians_of(known)

    def _taken(self, rows: np.ndarray, quantiser: Quantiser, medians: np.ndarray) -> Part:
        part = self.whole.train
        measured = filled(part.known[rows], medians)
        return replace(part.taken(rows), features=quantiser.transform(measured), measured=measured)


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
    return tuple(Fold(data, kept, held) for kept, held in cuts)


def nothing(data: PreparedData) -> Part:
    """A part without samples."""
    return data.train.taken(np.zeros(0, dtype=np.int64))
