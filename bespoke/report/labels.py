"""Where labels go so that none lies on another, on a mark, or outside: a small placement for a handful of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

#: Directions that a label is tried in around its mark, the best to read first.
_DIRECTIONS = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (1, -1), (-1, 1), (-1, -1))


@dataclass(frozen=True)
class Box:
    """A rectangle, upwards positive; any unit, the same for all."""

    left: float
    bottom: float
    right: float
    top: float

    @classmethod
    def around(cls, x: float, y: float, reach: float) -> Box:
        """The square about a mark."""
        return cls(x - reach, y - reach, x + reach, y + reach)

    def overlaps(self, other: Box) -> bool:
        """Whether both have an inner point in common; edges may touch."""
        return (
            self.left < other.right and other.left < self.right and self.bottom < other.top and other.bottom < self.top
        )

    def within(self, other: Box) -> bool:
        return (
            self.left >= other.left
            and self.right <= other.right
            and self.bottom >= other.bottom
            and self.top <= other.top
        )


def place_labels(
    marks: Sequence[tuple[float, float]],
    sizes: Sequence[tuple[float, float]],
    *,
    taken: Sequence[Box],
    frame: Box,
    reach: float,
) -> list[Box | None]:
    """A box for every label: the nearest to its mark that is free, those with the fewest free places near go first.

    Parameters
    ----------
    marks, sizes : of every label the point that it names, and its width and height.
    taken : what no label may cover, the marks themselves among it.
    frame : no label leaves it.
    reach : distance of the nearest place from the mark's middle; others are multiples of it.

    Returns
    -------
    None where there is no free place at all: rather no label than one over another.
    """
    found: list[Box | None] = [None] * len(marks)
    used = list(taken)

    def free(index: int, rings: int) -> list[Box]:
        boxes = _around(marks[index], sizes[index], reach, rings)
        return [box for box in boxes if box.within(frame) and not any(box.overlaps(other) for other in used)]

    farthest = math.ceil(math.hypot(frame.right - frame.left, frame.top - frame.bottom) / reach)
    waiting = set(range(len(marks)))
    while waiting:
        index = min(waiting, key=lambda place: (len(free(place, 2)), place))
        waiting.remove(index)
        found[index] = next(iter(free(index, 2) or free(index, farthest)), None)
        if found[index] is not None:
            used.append(found[index])
    return found


def _around(mark: tuple[float, float], size: tuple[float, float], reach: float, rings: int) -> list[Box]:
    """Candidates on growing rings; a label starts, ends or is centred where it faces its mark."""
    (x, y), (width, height) = mark, size
    boxes = []
    for ring in range(1, rings + 1):
        for across, up in _DIRECTIONS:
            slant = math.sqrt(0.5) if across and up else 1.0
            left = x + across * ring * reach * slant + (-width, -width / 2, 0.0)[across + 1]
            bottom = y + up * ring * reach * slant + (-height, -height / 2, 0.0)[up + 1]
            boxes.append(Box(left, bottom, left + width, bottom + height))
    return boxes
