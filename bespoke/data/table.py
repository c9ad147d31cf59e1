"""Delimited text files, read so that every complaint can name the line that an editor shows."""

from __future__ import annotations

import difflib
import logging
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import numpy as np

from bespoke.data.dataset import check_columns
from bespoke.data.dialect import named_width, read_lines
from bespoke.data.header import holds_values, is_missing, is_number
from bespoke.data.numerals import meant_by
from bespoke.data.plain_table import PLAIN_FROM_BYTES, PlainTable, read_plain
from bespoke.errors import InputError

_log = logging.getLogger(__name__)

#: Markers of missing values that may well be the name of a class.
_DOUBTFUL_LABELS = frozenset({"none", "na", "n/a"})


@dataclass(frozen=True)
class Table:
    """A text table as it stands in the file.

    Parameters
    ----------
    path : the file.
    header : column names.
    rows : the cells of every row, as many as the header has.
    lines : line of the file on which each row begins, counted from 1.
    """

    path: Path
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]

    def column(self, index: int) -> list[str]:
        return [row[index] for row in self.rows]

    @property
    def samples(self) -> int:
        return len(self.rows)

    def line(self, row: int) -> int:
        """Line of the file on which a row begins, counted from 1."""
        return self.lines[row]

    def gaps(self, index: int) -> np.ndarray:
        """Which cells of a column hold no value, bool (rows,)."""
        return np.fromiter(map(is_missing, self.column(index)), dtype=bool, count=len(self.rows))

    def numbers(self, columns: Sequence[int], *, missing: bool) -> np.ndarray:
        """Some columns as float64 (rows, columns).

        Parameters
        ----------
        missing : whether values may be missing; they become NaN.

        Raises
        ------
        InputError
            at the first cell that is text or infinite, or, unless they may be missing, empty or NaN.
        """
        values = np.empty((len(self.rows), len(columns)), dtype=np.float64)
        for row, cells in enumerate(self.rows):
            for position, column in enumerate(columns):
                cell = cells[column]
                try:
                    value = float(cell)
                except ValueError:
                    value = math.nan
                if (not math.isfinite(value) or "_" in cell) and not (missing and is_missing(cell)):
                    raise _bad_cell(self, columns, row, column)
                values[row, position] = value
        return values

    def taken(self, places: Sequence[int]) -> Table:
        """The rows at these places alone."""
        rows, lines = (tuple(one[place] for place in places) for one in (self.rows, self.lines))
        return replace(self, rows=rows, lines=lines)


#: A table, whoever read it.
AnyTable = Table | PlainTable


def read_labelled(path: str | Path, target: str | int | None, *, missing: bool) -> AnyTable:
    """A table with a column of labels: a long and plain one quickly, every other, and every fault, as `read_table`.

    Parameters
    ----------
    target : column of labels, by name or index.
    missing : whether values may be missing.

    Raises
    ------
    InputError
        as `read_table` and `target_index`.
    """
    path = Path(path)
    if path.is_file() and path.stat().st_size >= PLAIN_FROM_BYTES:
        plain = read_plain(path, lambda header: target_index(Table(path, header, (), ()), target), missing=missing)
        if plain is not None:
            return plain
    return read_table(path)


def read_table(path: str | Path) -> Table:
    """Reads a delimited text file in UTF-8 (with or without byte order mark) with a header line.

    Comma, semicolon, tab and bar are told apart by the whole file, unless its first line is ``sep=`` and the mark.
    Blank lines are skipped, and so are blank cells that spreadsheets leave behind the last column.

    Raises
    ------
    InputError
        for a missing, empty, binary or ragged file, one without rows or whose first line holds values, for a comment
        line, and for unnamed or repeated columns.
    """
    path = Path(path)
    (first, names), *others = read_lines(path)
    width = max(1, named_width(names))
    header = tuple(name.strip() for name in names[:width])
    for line, cells in others:
        if len(cells) < width or named_width(cells) > width:
            raise InputError(f"{path}, line {line}: {len(cells)} cells, but the header has {width} columns")
    rows = tuple(tuple(cells[:width]) for _, cells in others)
    if width > 1 and holds_values(header, rows):
        raise InputError(
            f"{path}, line {first}: the first line holds values, not column names; add a header line, or put a letter "
            "into these names if they are some"
        )
    check_columns(str(path), header)
    if not rows:
        raise InputError(f"{path}: the file has a header but no rows")
    if width < 2:
        raise InputError(
            f"{path}: the file has the single column {_shortened(header[0])!r}; a table needs features and a class"
        )
    return Table(path, header, rows, tuple(line for line, _ in others))


def target_index(table: AnyTable, target: str | int | None) -> int:
    """Position of the class column, given by name or index (negative from the end); the last one by default.

    A text that is no column's name but a whole number is taken as an index.

    Raises
    ------
    InputError
        if there is no such column; the message suggests the nearest name.
    """
    width = len(table.header)
    if target is None:
        return width - 1
    if isinstance(target, str):
        if target in table.header:
            return table.header.index(target)
        if not re.fullmatch(r"[+-]?\d+", target.strip()):
            near = difflib.get_close_matches(target.lower(), [name.lower() for name in table.header], n=1, cutoff=0.4)
            found = next((name for name in table.header if near and name.lower() == near[0]), None)
            names = ", ".join(repr(name) for name in table.header[:8]) + (", ..." if width > 8 else "")
            hint = f"did you mean {found!r}?" if found is not None else f"the columns are {names}"
            raise InputError(f"{table.path}: there is no column {target!r}; {hint}")
        target = int(target)
    if not -width <= target < width:
        raise InputError(f"{table.path}: there is no column {target}; the file has {width} columns, 0 to {width - 1}")
    return target % width


def label_cells(table: AnyTable, column: int, *, droppable: bool = True) -> list[str]:
    """The class column's cells, less blanks around them.

    Parameters
    ----------
    droppable : whether the caller can leave samples out, which the error then says.

    Raises
    ------
    InputError
        for a marker of a missing value. Among names ``NA`` and ``None`` are taken for classes, with a warning.
    """
    cells = [cell.strip() for cell in table.column(column)]
    missing = _missing_labels(cells)
    doubtful = {cell for cell in set(cells) - missing if is_missing(cell)}
    if doubtful:
        _log.warning(
            "%s: the class column %r holds %s, taken for a class; remove the rows if the class is not known",
            table.path,
            table.header[column],
            ", ".join(map(repr, sorted(doubtful))),
        )
    for row, cell in enumerate(cells):
        if cell in missing:
            raise InputError(
                f"{table.path}, line {table.line(row)}: the class column {table.header[column]!r} holds {cell!r}, a "
                f"missing value; remove the row, {'leave such samples out with --missing drop, ' * droppable}or rename "
                "the class"
            )
    return cells


def _missing_labels(cells: Sequence[str]) -> set[str]:
    """Cells of a class column, less blanks, that stand for no class."""
    missing = {cell for cell in set(cells) if is_missing(cell)}
    if all(is_number(cell) for cell in set(cells) - missing):
        return missing
    return {cell for cell in missing if cell.lower() not in _DOUBTFUL_LABELS}


def labelled_rows(table: AnyTable, column: int) -> list[int]:
    """Places of the rows whose class is known."""
    cells = [cell.strip() for cell in table.column(column)]
    missing = _missing_labels(cells)
    return [place for place, cell in enumerate(cells) if cell not in missing]


def empty_columns(table: AnyTable) -> set[int]:
    """Columns without a single value."""
    return {column for column in range(len(table.header)) if table.gaps(column).all()}


def _bad_cell(table: Table, columns: Sequence[int], row: int, column: int) -> InputError:
    cell = table.rows[row][column]
    where = f"{table.path}, line {table.lines[row]}, column {table.header[column]!r}"
    text = cell.strip()
    if is_missing(text):
        what = f"{cell!r} is a missing value" if text else "the cell is empty"
        return InputError(
            f"{where}: {what}; fill it, remove the row, or say --missing drop (leave such samples out) or --missing "
            "median (fill with the column's median)"
        )
    others = chain.from_iterable(table.column(other) for other in columns if other != column)
    meant = meant_by(text, table.column(column), others)
    if meant is not None:
        return InputError(f"{where}: {meant}")
    if text.lower().lstrip("+-") in ("inf", "infinity"):
        return InputError(f"{where}: {cell!r} is not a finite number")
    if is_number(text):
        return InputError(f"{where}: {cell!r} is too large for a number")
    return InputError(
        f"{where}: {_shortened(cell)!r} is text where a number is needed; remove the column, or name the class column "
        "with --target if this is it"
    )


def _shortened(cell: str) -> str:
    return cell if len(cell) <= 40 else cell[:37] + "..."
