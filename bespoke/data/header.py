"""Whether the first line of a table names its columns or is already a sample."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from bespoke.data.dataset import MISSING_MARKERS

#: Numbers in whatever notation: separators of thousands and decimal commas among them.
_NUMBER_LIKE = re.compile(r"[+-]?[\d.,'’\s]*\d[\d.,'’\s]*(e[+-]?\d+)?", re.IGNORECASE)
#: A column counts as numbers where this share of its cells is some.
_MOSTLY = 0.8
#: So many numbers that rise from column to column do not by chance.
_RISING = 3
#: Rows that are looked at.
_ROWS = 2000


def is_missing(cell: str) -> bool:
    """Whether a cell stands for a value that is not there."""
    return cell.strip().lower() in MISSING_MARKERS


def is_number(cell: str) -> bool:
    """Whether Python reads the cell as a number, infinite ones and NaN included."""
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell


def holds_values(first: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first line is a sample like those below it.

    A cell that cannot be a value of its column speaks for names: text above numbers, or a word above words that repeat
    which is none of them. A word that does occur below speaks against, and numbers above numbers say nothing, so that a
    line of numbers is a header where some other cell shows it, and otherwise is not. A single such cell may be a rare
    class or a slip of the pen: beside it numbers are names only if some lies outside of its column, or three or more
    rise from left to right, as wavelengths do. Alone 0, 1, 2, ... or 1, 2, 3, ... are taken for names, unless every
    column of few values has the number among them.

    Parameters
    ----------
    first : cells of the first line.
    rows : cells of the others, each as many.
    """
    columns = list(zip(*rows[:_ROWS], strict=True)) if rows else [()] * len(first)
    verdicts = [_verdict(name.strip(), column) for name, column in zip(first, columns, strict=True)]
    names, values = verdicts.count(_NAME), verdicts.count(_VALUE)
    if names == 1 and not values and _might_be_sample(first, columns):
        return True
    if names != values:
        return values > names
    if not any(is_number(name) or is_missing(name) for name in first):
        return False
    return values > 0 or not _counts(first, columns)


_NAME, _VALUE, _EITHER = "name", "value", "either"


def _verdict(cell: str, column: Sequence[str]) -> str:
    below = [text.strip() for text in column if not is_missing(text)]
    if not below or is_missing(cell):
        return _EITHER
    numbers = sum(_NUMBER_LIKE.fullmatch(text) is not None for text in below)
    if numbers >= _MOSTLY * len(below):
        return _EITHER if _NUMBER_LIKE.fullmatch(cell) or is_number(cell) else _NAME
    words = set(below)
    if 2 * len(words) > len(below):  # texts that hardly repeat: names of samples, times
        return _EITHER
    return _VALUE if cell in words else _NAME


def _might_be_sample(first: Sequence[str], columns: Sequence[Sequence[str]]) -> bool:
    """Whether all cells but one are numbers, or missing, that might be values of their columns."""
    places = [place for place, cell in enumerate(first) if is_number(cell) and not is_missing(cell)]
    others = [cell for cell in first if not is_number(cell) and not is_missing(cell)]
    if not places or len(others) > 1 or _numbered(first):
        return False
    cells = [float(first[place]) for place in places]
    if len(cells) >= _RISING and all(left < right for left, right in pairwise(cells)):
        return False
    for place, cell in zip(places, cells, strict=True):
        below = [float(text) for text in columns[place] if is_number(text) and not is_missing(text)]
        if below and not min(below) <= cell <= max(below):
            return False
    return True


def _numbered(first: Sequence[str]) -> bool:
    """Whether the cells count up as columns are counted."""
    return any([name.strip() for name in first] == [str(start + k) for k in range(len(first))] for start in (0, 1))


def _counts(first: Sequence[str], columns: Sequence[Sequence[str]]) -> bool:
    """Whether the cells count up as columns are counted, and are not one more sample of small numbers."""
    if not _numbered(first):
        return False
    for name, column in zip(first, columns, strict=True):
        below = {float(text) for text in column if is_number(text)}
        if below and 2 * len(below) <= len(column) and float(name) not in below:
            return True
    return False
