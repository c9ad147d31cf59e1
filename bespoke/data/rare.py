"""Classes of which there are too few samples to learn them and to judge by them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum

import numpy as np

from bespoke.data.dataset import Dataset
from bespoke.errors import InputError

#: Classes that a sentence lists by name.
_NAMED = 8
#: Names of the class that rare ones become, the first that is no class already.
_MERGED = ("other", "other classes")
#: Class index of a label that the first set does not know.
UNKNOWN = -1


class RareClasses(StrEnum):
    """What becomes of classes with too few samples."""

    REFUSE = "refuse"
    DROP = "drop"
    MERGE = "merge"


def rare_classes_settled(sets: Sequence[Dataset], rule: RareClasses, *, least: int) -> tuple[Dataset, ...]:
    """The sets with their rare classes left out or made one class, and a note on it; refusing them is left to others.

    Parameters
    ----------
    sets : with the same class labels. The first alone, which is learnt from, decides what is rare; a sample of the
        others whose class is `UNKNOWN` belongs to a class of which the first has none.
    least : samples that a class needs in the first.

    Raises
    ------
    InputError
        where fewer than two classes, or no samples of a set, are left, or the rare classes are too few samples even
        together.
    """
    first, labels = sets[0], sets[0].class_labels
    counts = np.bincount(first.classes, minlength=len(labels))
    rare = counts < least
    if rule is RareClasses.REFUSE or not (rare.any() or any((one.classes == UNKNOWN).any() for one in sets)):
        return tuple(sets)
    places = np.append(np.where(rare, UNKNOWN, np.cumsum(~rare) - 1), UNKNOWN)  # the last is that of unknown ones
    kept = tuple(label for label, few in zip(labels, rare, strict=True) if not few)
    listed = _listed(labels, counts, rare)
    if rule is RareClasses.DROP:
        if len(kept) < 2:
            what = f"no class but {kept[0]!r} has" if kept else "no class has"
            raise InputError(
                f"{first.source}: {what} {least} samples or more, so --rare-classes drop leaves nothing to tell apart; "
                "add samples"
            )
        return tuple(_dropped(one, places[one.classes], kept, first, least, listed) for one in sets)
    total = int(counts[rare].sum())
    if total < least:
        raise InputError(
            f"{first.source}: the classes with fewer than {least} samples have {total} together, too few for a class: "
            f"{listed}; add samples or say --rare-classes drop"
        )
    name = _free_name(kept)
    return tuple(_merged(one, places[one.classes], (*kept, name), first, least, listed) for one in sets)


def _dropped(dataset: Dataset, classes: np.ndarray, labels: tuple, first: Dataset, least: int, listed: str) -> Dataset:
    keep = classes != UNKNOWN
    left_out = int((~keep).sum())
    if not left_out:
        return replace(dataset, classes=classes, class_labels=labels)
    if not keep.any():
        raise InputError(f"{dataset.source}: no sample is left, for {first.source} has too few samples of each class")
    samples = "1 sample" if left_out == 1 else f"{left_out} samples"
    why = _why(dataset, first, least, listed)
    note = f"{dataset.source}: {samples} of {dataset.samples} left out as of rare classes, {why}"
    return replace(
        dataset,
        features=dataset.features[keep],
        classes=classes[keep],
        class_labels=labels,
        notes=(*dataset.notes, note),
    )


def _merged(dataset: Dataset, classes: np.ndarray, labels: tuple, first: Dataset, least: int, listed: str) -> Dataset:
    count = int((classes == UNKNOWN).sum())
    merged = np.where(classes == UNKNOWN, len(labels) - 1, classes)
    if not count:
        return replace(dataset, classes=merged, class_labels=labels)
    samples = "1 sample" if count == 1 else f"{count} samples"
    why = _why(dataset, first, least, listed)
    note = f"{dataset.source}: {samples} of {dataset.samples} made the class {labels[-1]!r} as of rare classes, {why}"
    return replace(dataset, classes=merged, class_labels=labels, notes=(*dataset.notes, note))


def _why(dataset: Dataset, first: Dataset, least: int, listed: str) -> str:
    if dataset is first:
        return f"those with fewer than {least} samples: {listed}"
    return f"those with fewer than {least} samples in {first.source}"


def _listed(labels: tuple, counts: np.ndarray, rare: np.ndarray) -> str:
    few = [f"{label!r} ({count})" for label, count, one in zip(labels, counts.tolist(), rare, strict=True) if one]
    return ", ".join(few[:_NAMED]) + (", ..." if len(few) > _NAMED else "")


def _free_name(labels: tuple) -> str:
    """A name that is like no label, whatever its case."""
    taken = {str(label).strip().casefold() for label in labels}
    number = 2
    names = iter(_MERGED)
    name = next(names)
    while name in taken:
        name = next(names, f"other classes {number}")
        number += name.startswith("other classes ")
    return name
