"""New measurements: a table whose columns are found by their names and which is given back as it stands in the file."""

from __future__ import annotations

import csv
import difflib
import io
import itertools
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bespoke.data.dataset import MISSING_MARKERS, Label
from bespoke.data.table import Table, label_cells, read_table, target_index
from bespoke.errors import InputError

_DELIMITERS = ",;\t|"
#: The line by which spreadsheets are told the delimiter.
_SEPARATOR_LINE = re.compile(r"\s*\"?sep=([^\w\"\r\n])", re.IGNORECASE)
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")


@dataclass(frozen=True, eq=False)
class Measurements:
    """A table of measured values, with the text that it was read from."""

    table: Table
    text: str

    @classmethod
    def read(cls, path: str | Path) -> Measurements:
        """The table in a delimited text file.

        Raises
        ------
        InputError
            as `bespoke.data.table.read_table`.
        """
        path = Path(path)
        table = _single_column(path) or read_table(path)
        return cls(table, path.read_bytes().decode("utf-8-sig"))

    @property
    def samples(self) -> int:
        return len(self.table.rows)

    def columns_of(self, names: Sequence[str], *, needed: Iterable[int]) -> dict[int, int]:
        """Column of each feature that is needed, by the feature's place among ``names``.

        A column of exactly that name comes first; one that differs in case, blanks and underscores alone is taken where
        there is no doubt about it.

        Raises
        ------
        InputError
            naming the first needed feature without a column.
        """
        header = self.table.header
        places = {name: column for column, name in enumerate(header)}
        free = [column for column, name in enumerate(header) if name not in set(names)]
        lacking = [name for name in names if name not in places]
        found = {}
        for feature in needed:
            name = names[feature]
            alike = [column for column in free if _folded(header[column]) == _folded(name)]
            rivals = [other for other in lacking if _folded(other) == _folded(name)]
            if name in places:
                found[feature] = places[name]
            elif len(alike) == len(rivals) == 1:
                found[feature] = alike[0]
            else:
                raise self._no_column(name)
        return found

    def values(self, columns: Sequence[int]) -> np.ndarray:
        """Some columns as float64 (samples, columns).

        Raises
        ------
        InputError
            naming line and column of the first cell that is missing, text, or not finite.
        """
        values = np.empty((self.samples, len(columns)), dtype=np.float64)
        for place, column in enumerate(columns):
            values[:, place] = np.fromiter(map(_number, self.table.column(column)), np.float64, self.samples)
        wrong = np.argwhere(~np.isfinite(values))
        if len(wrong):
            raise self._bad_cell(int(wrong[0, 0]), columns[wrong[0, 1]])
        return values

    def classes(self, target: str, labels: Sequence[Label]) -> tuple[str, np.ndarray]:
        """Name of the class column, and every sample's index among ``labels``, int64 (samples,).

        A cell stands for the label that it spells, or for the number that it equals.

        Raises
        ------
        InputError
            if there is no such column, or naming the line of a label that is not among them.
        """
        column = target_index(self.table, target)
        spelled = {str(label): index for index, label in enumerate(labels)}
        numbers = {float(label): index for index, label in enumerate(labels) if isinstance(label, int | float)}
        name = self.table.header[column]
        found = np.empty(self.samples, dtype=np.int64)
        for row, cell in enumerate(label_cells(self.table, column, droppable=False)):
            index = spelled.get(cell.strip(), numbers.get(_number(cell)))
            if index is None:
                known = ", ".join(repr(str(label)) for label in labels[:8]) + (", ..." if len(labels) > 8 else "")
                raise InputError(
                    f"{self._where(row, column)}: {cell.strip()!r} is no class of the model, which knows {known}; "
                    "remove the row, or leave --target out"
                )
            found[row] = index
        return name, found

    def with_columns(self, headings: Sequence[str], more_cells: Iterable[Sequence[str]]) -> Iterator[str]:
        """The file's text, a record at a time, with columns behind the given ones; every given cell as it stood.

        Blank lines between records are left out, and the last record gets a line end if it had none.

        Raises
        ------
        InputError
            if the table has a column of such a name already.
        """
        taken = next((name for name in headings if name in self.table.header), None)
        if taken is not None:
            raise InputError(f"{self.table.path}: there is a column {taken!r} already; rename or remove it")
        records = self._records()
        delimiter = self._delimiter(records)
        counts = [_cells(record, delimiter) for record in records]
        widest = max(map(len, counts))
        ending = _line_end(records[0]) or "\n"
        for record, cells, more in zip(records, counts, [headings, *more_cells], strict=True):
            end = _line_end(record)
            blanks = delimiter * (widest - len(cells))  # where other records have blank cells behind the last column
            yield record[: len(record) - len(end)] + blanks + delimiter + _joined(more, delimiter) + (end or ending)

    def _records(self) -> list[str]:
        """Text of the header, with what stands before it, and of every row, with its line end and no blank lines."""
        lines = list(io.StringIO(self.text, newline=""))
        starts = [0, *(line - 1 for line in self.table.lines), len(lines)]
        records = []
        for first, last in itertools.pairwise(starts):
            while last > first + 1 and not lines[last - 1].strip():
                last -= 1
            records.append("".join(lines[first:last]))
        return records

    def _delimiter(self, records: Sequence[str]) -> str:
        """The mark that cuts the text into the cells that were read."""
        row, width = list(self.table.rows[0]), len(self.table.header)
        told = _SEPARATOR_LINE.match(self.text)
        marks = [*_DELIMITERS] if told is None else [told[1], *_DELIMITERS]
        return next((mark for mark in marks if _cells(records[1], mark)[:width] == row), marks[0])

    def _no_column(self, name: str) -> InputError:
        header = self.table.header
        near = difflib.get_close_matches(_folded(name), [_folded(one) for one in header], n=1, cutoff=0.6)
        found = next((one for one in header if near and _folded(one) == near[0]), None)
        names = ", ".join(repr(one) for one in header[:8]) + (", ..." if len(header) > 8 else "")
        hint = f"rename {found!r} if it is that" if found is not None else f"the columns are {names}"
        return InputError(f"{self.table.path}: there is no column {name!r}, which the model reads; {hint}")

    def _bad_cell(self, row: int, column: int) -> InputError:
        cell = self.table.rows[row][column]
        text, where = cell.strip(), self._where(row, column)
        if not text:
            return InputError(f"{where}: the cell is empty; fill it or remove the row")
        if text.lower() in MISSING_MARKERS:
            return InputError(f"{where}: {cell!r} is a missing value; fill it or remove the row")
        if _DECIMAL_COMMA.fullmatch(text):
            return InputError(f"{where}: {cell!r} has a decimal comma; write {text.replace(',', '.')}")
        shown = cell if len(cell) <= 40 else cell[:37] + "..."
        return InputError(f"{where}: {shown!r} is not a finite number, which the model needs; correct the cell")

    def _where(self, row: int, column: int) -> str:
        return f"{self.table.path}, line {self.table.lines[row]}, column {self.table.header[column]!r}"


def _single_column(path: Path) -> Table | None:
    """A table of one named column, which is no table to train on but may be all that a design reads; else None."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return None
    lines = (line.rstrip("\r\n") for line in io.StringIO(text, newline=""))
    filled = [(number, line) for number, line in enumerate(lines, start=1) if line.strip()]
    marks = {*_DELIMITERS, '"', "\0"}
    if len(filled) < 2 or any(marks.intersection(line) for _, line in filled) or math.isfinite(_number(filled[0][1])):
        return None
    numbers, cells = zip(*filled[1:], strict=True)
    return Table(path, (filled[0][1].strip(),), tuple((cell,) for cell in cells), numbers)


def renamed(found: Mapping[int, int], names: Sequence[str], header: Sequence[str]) -> list[tuple[str, str]]:
    """Column and feature where `Measurements.columns_of` took one of another spelling."""
    return [(header[column], names[feature]) for feature, column in found.items() if header[column] != names[feature]]


def _folded(name: str) -> str:
    """What is left of a name without case, blanks and underscores; signs and units stay."""
    return re.sub(r"[\s_]+", "", name).casefold()


def _number(cell: str) -> float:
    """The cell's number; NaN where it is none."""
    try:
        return math.nan if "_" in cell else float(cell)
    except ValueError:
        return math.nan


def _line_end(text: str) -> str:
    return text[len(text.rstrip("\r\n")) :]


def _cells(record: str, delimiter: str) -> list[str]:
    """The record's cells; of several lines, as above a header, those of the last."""
    *_, cells = csv.reader(io.StringIO(record, newline=""), delimiter=delimiter)
    return cells


def _joined(cells: Sequence[str], delimiter: str) -> str:
    sink = io.StringIO()
    csv.writer(sink, delimiter=delimiter, lineterminator="").writerow(cells)
    return sink.getvalue()
