"""Sets of broken elements, drawn with their exact distribution given how many break."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from bespoke.robustness.faulty import Elements
from bespoke.robustness.kernels import draw_elements, suffix_sums

#: Prints that are drawn at once.
_TOGETHER = 256


@dataclass(frozen=True, eq=False)
class FaultSets:
    """Sets of faults: set s is ``faults[starts[s]:starts[s + 1]]``."""

    starts: np.ndarray
    faults: np.ndarray

    def part(self, number: int) -> FaultSets:
        """One of them alone."""
        faults = self.faults[self.starts[number] : self.starts[number + 1]]
        return FaultSets(np.array([0, len(faults)], dtype=np.int64), faults)

    def __len__(self) -> int:
        return len(self.starts) - 1


def draw_sets(
    elements: Elements, chances: np.ndarray, *, broken: int, at_least: bool, prints: int, seed: np.random.SeedSequence
) -> Iterator[FaultSets]:
    """Sets of faults of so many prints, some at a time; the same whatever the number at a time.

    Parameters
    ----------
    chances : float64 (elements,), of each to be broken.
    broken : how many break, or with ``at_least`` the fewest that do.
    """
    which, how = (np.random.default_rng(one) for one in seed.spawn(2))
    table = suffix_sums(chances, 1.0 - chances, broken, at_least)
    for begin in range(0, prints, _TOGETHER):
        count = min(_TOGETHER, prints - begin)
        hit = np.zeros((count, elements.count), dtype=bool)
        draw_elements(which.random(hit.shape), chances, table, at_least, hit)
        numbers, places = np.nonzero(hit)
        faults = elements.pick(places, how.random(hit.shape)[numbers, places])
        starts = np.searchsorted(numbers, np.arange(count + 1)).astype(np.int64)
        yield FaultSets(starts, faults.astype(np.int64))


def all_sets(elements: Elements, broken: int) -> FaultSets:
    """Every set of faults of so many different elements."""
    sets = np.arange(len(elements.fault_nets), dtype=np.int64)[:, None] if broken else np.zeros((1, 0), dtype=np.int64)
    following = elements.starts[1:][elements.fault_elements]
    for _ in range(1, broken):
        first = following[sets[:, -1]]
        more = len(elements.fault_nets) - first
        offset = np.arange(more.sum()) - np.repeat(np.cumsum(more) - more, more)
        sets = np.column_stack([np.repeat(sets, more, axis=0), np.repeat(first, more) + offset])
    return FaultSets(np.arange(len(sets) + 1, dtype=np.int64) * broken, np.ascontiguousarray(sets).reshape(-1))
