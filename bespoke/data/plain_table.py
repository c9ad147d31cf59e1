"""Long tables whose text is plain, read block by block; whatever is not plain is left to the careful reader."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from bespoke.data.dataset import MISSING_MARKERS, check_columns
from bespoke.data.header import holds_values, is_missing

#: Smaller files are read with care at once, which takes no second.
PLAIN_FROM_BYTES = 1 << 21
#: Bytes that are parsed at once.
_BLOCK = 1 << 24
#: Rows that are shown to whoever tells a header from a sample.
_SHOWN_ROWS = 2000
#: A longer cell is no plain one.
_LONGEST_CELL = 1000
_MARKS = b",;\t|"
_NEWLINE = ord("\n")
#: How markers of missing values are usually spelled.
_MISSING = sorted({spelled for mark in MISSING_MARKERS for spelled in (mark, mark.upper(), mark.title())} | {"NaN"})


class _NotPlainError(Exception):
    """The careful reader is to look at this file."""


@dataclass(frozen=True, eq=False)
class PlainTable:
    """A table of numbers and one column of labels.

    Parameters
    ----------
    path, header : as those of `bespoke.data.table.Table`.
    target : the column of labels.
    values : float64 (rows, columns), NaN where a value is missing and in the column of labels.
    texts : the different cells of that column, less blanks around them.
    codes : int32 (rows,), which of them each row holds.
    places : int64 (rows,), the row of the file, counted from 0 below the header.
    """

    path: Path
    header: tuple[str, ...]
    target: int
    values: np.ndarray
    texts: tuple[str, ...]
    codes: np.ndarray
    places: np.ndarray

    @property
    def samples(self) -> int:
        return len(self.codes)

    def column(self, index: int) -> list[str]:
        """Cells of the column of labels, less blanks around them."""
        if index != self.target:
            raise ValueError("only the labels of a plain table are kept as text")
        return [self.texts[code] for code in self.codes.tolist()]

    def line(self, row: int) -> int:
        """Line of the file on which a row stands, counted from 1."""
        return int(self.places[row]) + 2

    def gaps(self, index: int) -> np.ndarray:
        """Which cells of a column hold no value, bool (rows,)."""
        if index == self.target:
            return np.array([is_missing(text) for text in self.texts])[self.codes]
        return np.isnan(self.values[:, index])

    def numbers(self, columns: Sequence[int], *, missing: bool) -> np.ndarray:
        """Some columns as float64 (rows, columns), as `bespoke.data.table.Table.numbers`; no value is missing if none
        may be."""
        del missing  # seen to by whoever read the table
        return self.values[:, columns]

    def taken(self, places: Sequence[int]) -> PlainTable:
        """The rows at these places alone."""
        where = np.asarray(places, dtype=np.int64)
        if len(where) == self.samples:
            return self
        return replace(self, values=self.values[where], codes=self.codes[where], places=self.places[where])


def read_plain(
    path: Path, column_of: Callable[[tuple[str, ...]], int], *, missing: bool, block: int = _BLOCK
) -> PlainTable | None:
    """The table in a file; None for one that the careful reader takes otherwise, or complains about.

    Plain is: one kind of delimiter and no other mark that might be one, no quotes, lines of the same number of cells
    and none blank, numbers everywhere but in the column of labels.

    Parameters
    ----------
    column_of : place of the column of labels among columns of these names.
    missing : whether values may be missing.
    block : bytes that are parsed at once.
    """
    try:
        return _read(path, column_of, missing, block)
    except (_NotPlainError, OSError, UnicodeDecodeError):
        return None


def _read(path: Path, column_of: Callable[[tuple[str, ...]], int], missing: bool, block: int) -> PlainTable:
    blocks = _blocks(path, block)
    try:
        head, _, first = next(blocks).partition(b"\n")
    except StopIteration:
        raise _NotPlainError from None
    delimiter = _only_mark(head)
    header = tuple(name.strip() for name in head.decode("utf-8-sig").split(delimiter))
    width = len(header)
    if not header[-1] or header[0].lower().startswith("sep=") or any(name == "" for name in header):
        raise _NotPlainError
    shown = [tuple(line.decode().split(delimiter)) for line in first.split(b"\n")[:_SHOWN_ROWS] if line]
    if not shown or any(len(cells) != width for cells in shown) or holds_values(header, shown):
        raise _NotPlainError
    if len(set(header)) < width:
        raise _NotPlainError
    check_columns(str(path), header)
    column = column_of(header)
    known: dict[str, int] = {}
    parts = [_parsed(part, delimiter, width, column, known, missing) for part in _with(first, blocks) if part]
    values, codes = (np.concatenate([part[index] for part in parts]) for index in (0, 1))
    return PlainTable(path, header, column, values, tuple(known), codes, np.arange(len(codes)))


def _with(first: bytes, blocks: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from blocks


def _blocks(path: Path, size: int) -> Iterator[bytes]:
    """The file's text in pieces of whole lines, each ended by one newline; line ends of Windows are turned."""
    with path.open("rb") as file:
        rest = b""
        while read := file.read(size):
            lines, newline, rest = (rest + read).rpartition(b"\n")
            if newline:
                yield _checked(lines + newline)
        if rest:
            yield _checked(rest + b"\n")


def _checked(text: bytes) -> bytes:
    text = text.replace(b"\r\n", b"\n")
    if b'"' in text or b"\r" in text or b"\0" in text:
        raise _NotPlainError
    return text


def _only_mark(head: bytes) -> str:
    found = [mark for mark in _MARKS.decode() if mark.encode() in head]
    if len(found) != 1:
        raise _NotPlainError
    return found[0]


def _parsed(
    text: bytes, delimiter: str, width: int, target: int, known: dict[str, int], missing: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Values and codes of the rows in a piece; labels that are new join the known ones."""
    import pandas as pd  # heavy: only for long tables

    if any(bytes([mark]) in text for mark in _MARKS if mark != ord(delimiter)):
        raise _NotPlainError
    ends = _cell_ends(text, delimiter, width)
    names = [str(column) for column in range(width)]
    try:
        frame = pd.read_csv(
            io.BytesIO(text),
            sep=delimiter,
            header=None,
            names=names,
            index_col=False,
            dtype={name: np.float64 for name in names if int(name) != target} | {names[target]: str},
            keep_default_na=False,
            na_values={name: _MISSING for name in names if int(name) != target} if missing else None,
            quoting=3,
            skip_blank_lines=False,
            encoding="utf-8",
        )
    except (ValueError, OverflowError) as error:
        raise _NotPlainError from error
    labels = frame.pop(names[target])
    values = np.insert(frame.to_numpy(np.float64), target, np.nan, axis=1)
    if np.isinf(values).any() or len(values) != len(ends):
        raise _NotPlainError
    _check_gaps(values, ends, text, target, missing)
    found, distinct = pd.factorize(labels)
    places = [known.setdefault(cell.strip(), len(known)) for cell in distinct]
    return values, np.array(places, dtype=np.int32)[found]


def _cell_ends(text: bytes, delimiter: str, width: int) -> np.ndarray:
    """Where every cell ends, int64 (rows, width)."""
    array = np.frombuffer(text, dtype=np.uint8)
    ends = np.flatnonzero((array == ord(delimiter)) | (array == _NEWLINE))
    if len(ends) % width or (np.diff(ends) > _LONGEST_CELL).any():
        raise _NotPlainError
    ends = ends.reshape(-1, width)
    is_end = array[ends] == _NEWLINE
    if is_end[:, :-1].any() or not is_end[:, -1].all():
        raise _NotPlainError
    return ends


def _check_gaps(values: np.ndarray, ends: np.ndarray, text: bytes, target: int, missing: bool) -> None:
    """Every NaN stands for a marker of a missing value, for some texts of the same meaning are none; no line is blank.

    Cells without any character, the usual ones, are told by where they end.
    """
    gaps = np.isnan(values)
    gaps[:, target] = False
    if not gaps.any():
        return
    if not missing or (gaps.sum(axis=1) == values.shape[1] - 1).any():
        raise _NotPlainError
    starts = np.concatenate([[0], ends.ravel()[:-1] + 1]).reshape(ends.shape)
    gaps &= ends > starts
    for start, end in zip(starts[gaps].tolist(), ends[gaps].tolist(), strict=True):
        if not is_missing(text[start:end].decode()):
            raise _NotPlainError
