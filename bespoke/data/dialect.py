"""How a text table is written: encoding, delimiter, and what stands before its header."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from pathlib import Path

from bespoke.errors import InputError

#: Marks that may separate cells, the likeliest first.
_DELIMITERS = ",;\t|"
#: The line by which spreadsheets are told the delimiter.
_SEPARATOR_LINE = re.compile(r"\"?sep=([^\w\"\r\n])\"?[ \t]*(?=\r|\n|\Z)", re.IGNORECASE)
#: What begins a line that programs write beside the table.
_COMMENT_MARKS = ("#", "%", "//", "@")

#: Number of the line in the file, counted from 1, and its cells.
Line = tuple[int, list[str]]


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


def read_lines(path: Path) -> list[Line]:
    """Every line of a delimited text file that is not blank, its header first.

    The delimiter is what a first line ``sep=;`` says; without one, the mark that cuts the whole file best.

    Raises
    ------
    InputError
        for a file that cannot be read, quotes that do not end, and a comment before or among the lines.
    """
    text = read_text(path)
    start = len(text) - len(text.lstrip("\r\n"))
    told = _SEPARATOR_LINE.match(text, start)
    body = text if told is None else text[: told.start()] + text[told.end() :]
    delimiter = _best_delimiter(body) if told is None else told[1]
    try:
        lines = _cut(body, delimiter)
    except csv.Error as error:
        raise InputError(f"{path}, line {_line_of_fault(body, delimiter)}: not a readable table ({error})") from error
    if not lines:
        raise InputError(f"{path}: the file is empty" + ("" if told is None else f" below {told[0].strip()!r}"))
    _check_comments(path, lines)
    return lines


def _cut(text: str, delimiter: str) -> list[Line]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    lines: list[Line] = []
    number = 1
    for cells in reader:
        start, number = number, reader.line_num + 1
        if any(cell.strip() for cell in cells):
            lines.append((start, cells))
    return lines


def _line_of_fault(text: str, delimiter: str) -> int:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for _ in reader:
            pass
    except csv.Error:
        pass
    return reader.line_num


def _best_delimiter(text: str) -> str:
    """The mark by which most lines have as many cells as the first; among equals, the one that makes more cells."""

    def fit(mark: str) -> tuple[float, int]:
        try:
            rows = [cells for _, cells in _cut(text, mark)]
        except csv.Error:
            return 0.0, 0
        if not rows or named_width(rows[0]) < 2:
            return 0.0, 0
        alike = sum(len(row) == len(rows[0]) or named_width(row) == named_width(rows[0]) for row in rows)
        return alike / len(rows), named_width(rows[0])

    fits = {mark: fit(mark) for mark in _DELIMITERS}
    best = max(_DELIMITERS, key=fits.__getitem__)
    if fits[best][0] > 0:
        return best
    # a comment in the first line, or a quote that does not end: what cuts the lines into the most cells
    return max(_DELIMITERS, key=lambda mark: _usual_count(text, mark))


def _usual_count(text: str, mark: str) -> int:
    """How often the mark stands in most lines."""
    return Counter(line.count(mark) for line in text.splitlines() if line.strip()).most_common(1)[0][0]


def named_width(cells: list[str]) -> int:
    """Cells up to the last one that is not blank, for spreadsheets leave delimiters behind it."""
    return max((place for place, cell in enumerate(cells, start=1) if cell.strip()), default=0)


def _check_comments(path: Path, lines: list[Line]) -> None:
    """A line that begins like a comment and is not as wide as the others is one."""
    usual = Counter(len(cells) for _, cells in lines).most_common(1)[0][0]
    if usual < 2:
        return
    for number, cells in lines:
        if len(cells) != usual and cells[0].lstrip().startswith(_COMMENT_MARKS):
            shown = cells[0].strip() if len(cells[0]) <= 40 else cells[0].strip()[:37] + "..."
            raise InputError(f"{path}, line {number}: {shown!r} is a comment, not a line of the table; remove it")
