"""Delimited text files, read so that every complaint can name the line that an editor shows."""

from __future__ import annotations

import csv
import difflib
import io
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bespoke.data.dataset import MISSING_MARKERS, check_columns
from bespoke.errors import InputError

_DELIMITERS = ",;\t|"
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")


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


def read_table(path: str | Path) -> Table:
    """Reads a delimited text file in UTF-8 (with or without byte order mark) with a header line.

    Comma, semicolon, tab and bar are told apart by the header. Empty lines are skipped.

    Raises
    ------
    InputError
        for a missing, empty, binary or ragged file, one without rows, and for unnamed or repeated columns.
    """
    path = Path(path)
    text = read_text(path)
    delimiter = delimiter_of(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    header: tuple[str, ...] | None = None
    rows: list[tuple[str, ...]] = []
    lines: list[int] = []
    line = 1
    try:
        for cells in reader:
            start, line = line, reader.line_num + 1
            if not any(cell.strip() for cell in cells) and (len(cells) <= 1 or header is None):
                continue
            if header is None:
                header = tuple(cell.strip() for cell in cells)
                _check_header(path, header, start)
                continue
            if len(cells) != len(header):
                raise InputError(f"{path}, line {start}: {len(cells)} cells, but the header has {len(header)} columns")
            rows.append(tuple(cells))
            lines.append(start)
    except csv.Error as error:
        raise InputError(f"{path}, line {reader.line_num}: not a readable table ({error})") from error
    if header is None:
        raise InputError(f"{path}: the file is empty")
    if not rows:
        raise InputError(f"{path}: the file has a header but no rows")
    return Table(path, header, tuple(rows), tuple(lines))


def target_index(table: Table, target: str | int | None) -> int:
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


def numeric_columns(table: Table, columns: Sequence[int]) -> np.ndarray:
    """Some columns as float64 (rows, columns).

    Raises
    ------
    InputError
        at the first cell that is empty, text, NaN or infinite.
    """
    values = np.empty((len(table.rows), len(columns)), dtype=np.float64)
    for row, cells in enumerate(table.rows):
        for position, column in enumerate(columns):
            cell = cells[column]
            try:
                value = float(cell)
            except ValueError:
                value = math.nan
            if not math.isfinite(value) or "_" in cell:
                raise _bad_cell(table, row, column)
            values[row, position] = value
    return values


def label_cells(table: Table, column: int) -> list[str]:
    """The class column's cells, exactly as they stand in the file.

    Raises
    ------
    InputError
        for an empty cell, and among numbers for any marker of a missing value.
    """
    cells = table.column(column)
    missing = {cell for cell in set(cells) if cell.strip().lower() in MISSING_MARKERS}
    if missing and not all(_is_number(cell) for cell in set(cells) - missing):
        missing = {cell for cell in missing if not cell.strip()}  # among names, "None" or "NA" may well be a class
    for row, cell in enumerate(cells):
        if cell in missing:
            raise InputError(
                f"{table.path}, line {table.lines[row]}: the class column {table.header[column]!r} holds "
                f"{cell!r}, a missing value; remove the row"
            )
    return cells


def _bad_cell(table: Table, row: int, column: int) -> InputError:
    cell = table.rows[row][column]
    where = f"{table.path}, line {table.lines[row]}, column {table.header[column]!r}"
    text = cell.strip()
    if not text:
        return InputError(f"{where}: the cell is empty; fill it or remove the row")
    if text.lower() in MISSING_MARKERS:
        return InputError(f"{where}: {cell!r} is a missing value; fill it or remove the row")
    if _DECIMAL_COMMA.fullmatch(text):
        return InputError(f"{where}: {cell!r} has a decimal comma; write {text.replace(',', '.')}")
    if text.lower().lstrip("+-") in ("inf", "infinity"):
        return InputError(f"{where}: {cell!r} is not a finite number")
    if _is_number(text):
        return InputError(f"{where}: {cell!r} is too large for a number")
    return InputError(
        f"{where}: {_shortened(cell)!r} is text where a number is needed; remove the column, or name the class column "
        "with --target if this is it"
    )


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell


def _shortened(cell: str) -> str:
    return cell if len(cell) <= 40 else cell[:37] + "..."


def read_text(path: Path) -> str:
    """Text of a file in UTF-8, less its byte order mark.

    Raises
    ------
    InputError
        for a missing, empty or binary file and for any other encoding.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such file") from None
    except IsADirectoryError:
        raise InputError(f"{path}: this is a folder; name the CSV file in it") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read ({getattr(error, 'strerror', None) or error})") from error
    if not content.removeprefix(b"\xef\xbb\xbf").strip():
        raise InputError(f"{path}: the file is empty")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError(f"{path}: the file is UTF-16 text; save it as UTF-8")
    if b"\x00" in content:
        raise InputError(f"{path}: this is a binary file, not a CSV table")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(f"{path}, line {line}: the file is not UTF-8 text; save it as a CSV in UTF-8") from None


def delimiter_of(text: str) -> str:
    """The delimiter that cuts the first line that is not empty into the most cells."""

    def cells(mark: str) -> int:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark)
        try:
            return next((len(row) for row in reader if any(cell.strip() for cell in row)), 0)
        except csv.Error:
            return 0

    return max(_DELIMITERS, key=cells)


def _check_header(path: Path, header: tuple[str, ...], line: int) -> None:
    numbers = [_is_number(name) for name in header]
    counted = any(list(header) == [str(first + index) for index in range(len(header))] for first in (0, 1))
    if len(header) > 1 and all(numbers[:-1]) and not counted:
        raise InputError(f"{path}, line {line}: the first line holds numbers, not column names; add a header line")
    check_columns(str(path), header)
    if len(header) < 2:
        raise InputError(
            f"{path}: the file has the single column {_shortened(header[0])!r}; a table needs features and a class"
        )
