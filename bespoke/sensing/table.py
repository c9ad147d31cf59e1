"""``front_end.csv``: what every bit of a module's input port carries, for whoever builds the sensors' side.

A row per wire in the order of the port's bits. ``level``, ``threshold`` and ``share_of_range`` say where its comparator
switches: the level of the grid, the measured value in the data's unit (the exact float), and the level's share of the
feature's range. All three are empty where the wire is a bit of a binary word.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bespoke.errors import InputError
from bespoke.files import write_text
from bespoke.sensing.quantiser import Quantiser
from bespoke.sensing.wires import BinaryWires, ThermometerWires, Wires

COLUMNS = ("bit", "feature", "level", "threshold", "share_of_range")


def front_end_table(wires: Wires, feature_names: Sequence[str], quantiser: Quantiser) -> str:
    """The table's text.

    Raises
    ------
    InputError
        where names or quantiser are those of other features.
    """
    if not len(feature_names) == len(quantiser.low) == wires.features or quantiser.bits != wires.bits:
        raise InputError(
            f"{len(feature_names)} names and a quantiser of {len(quantiser.low)} features of {quantiser.bits} bits do "
            f"not fit wires of {wires.features} features of {wires.bits} bits"
        )
    lines = [",".join(COLUMNS)]
    for bit, feature in enumerate(wires.feature_of().tolist()):
        cells = [str(bit), _quoted(str(feature_names[feature])), "", "", ""]
        if isinstance(wires, ThermometerWires):
            level = int(wires.levels[bit, 1])
            cells[2:] = str(level), repr(quantiser.threshold(feature, level)), repr(level / (1 << wires.bits))
        lines.append(",".join(cells))
    return "\n".join(lines) + "\n"


def _quoted(name: str) -> str:
    """A name as a cell; always in quotes, for Python's csv does not quote a bare carriage return."""
    return '"' + name.replace('"', '""') + '"'


def write_front_end(path: Path, wires: Wires, feature_names: Sequence[str], quantiser: Quantiser) -> None:
    """Writes ``front_end_table``, whole or not at all."""
    write_text(path, front_end_table(wires, feature_names, quantiser))


@dataclass(frozen=True)
class _Row:
    """One line as it was read; ``level`` is None in a table of binary words."""

    line: int
    feature: int
    level: int | None
    threshold: float
    bits: int


def read_front_end(path: Path, feature_names: Sequence[str], bits: int | None = None) -> Wires:
    """The wires that ``write_front_end`` wrote.

    Parameters
    ----------
    feature_names : of all features, in the data's order.
    bits : of the grid; None takes them from the table.

    Raises
    ------
    InputError
        naming file, row and column of what is not understood.
    """
    names = {str(name): index for index, name in enumerate(feature_names)}
    lines = _lines(path)
    rows = [_row(path, line, index, cells, names) for index, (line, cells) in enumerate(lines)]
    if not rows:
        return ThermometerWires.of(len(names), bits or 1, [])
    if len({row.level is None for row in rows}) > 1:
        odd = next(row for row in rows if (row.level is None) != (rows[0].level is None))
        raise InputError(f"{path}, row {odd.line}, column level: binary words and comparators in one table")
    if rows[0].level is None:
        return _binary(path, rows, len(names), bits)
    return _thermometer(path, rows, len(names), bits)


def _lines(path: Path) -> list[tuple[int, list[str]]]:
    """Line number and cells of every row."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            header = next(reader, [])
            if tuple(header) != COLUMNS:
                raise InputError(f"{path}, row 1: the columns are not {', '.join(COLUMNS)}")
            return [(reader.line_num, cells) for cells in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: cannot be read as a front end's table ({error})") from error


def _row(path: Path, line: int, index: int, cells: list[str], names: dict[str, int]) -> _Row:
    where = f"{path}, row {line}"
    if len(cells) != len(COLUMNS):
        raise InputError(f"{where}: {len(cells)} cells instead of {len(COLUMNS)}")
    bit, feature, level, threshold, share = cells
    if bit != str(index):
        raise InputError(f"{where}, column bit: expected {index}, found {bit!r}")
    if feature not in names:
        raise InputError(f"{where}, column feature: the data have no feature {feature!r}")
    if (level, threshold, share) == ("", "", ""):
        return _Row(line, names[feature], None, 0.0, 0)
    if not (level.isascii() and level.isdigit() and int(level) > 0):
        raise InputError(f"{where}, column level: expected a whole number above 0, found {level!r}")
    value = _number(threshold)
    if value is None:
        raise InputError(f"{where}, column threshold: expected a number, found {threshold!r}")
    fraction = _number(share)
    grid = int(level) / fraction if fraction else 0.0
    if not (2 <= grid <= 1 << 16 and grid == 1 << int(grid).bit_length() - 1 and int(level) < grid):
        raise InputError(
            f"{where}, column share_of_range: {share!r} is not level {level} as a share of a power of two of levels"
        )
    return _Row(line, names[feature], int(level), value, int(grid).bit_length() - 1)


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _binary(path: Path, rows: list[_Row], features: int, bits: int | None) -> BinaryWires:
    width = bits or max(1, len(rows) // features)
    for index, row in enumerate(rows):
        if row.feature != index // width:
            raise InputError(f"{path}, row {row.line}, column feature: expected {width} rows a feature, in their order")
    if len(rows) != features * width:
        raise InputError(f"{path}: {len(rows)} rows instead of {width} for each of {features} features")
    return BinaryWires(features, width)


def _thermometer(path: Path, rows: list[_Row], features: int, bits: int | None) -> ThermometerWires:
    width = bits or rows[0].bits
    for before, row in zip([None, *rows], rows, strict=False):
        if row.bits != width:
            raise InputError(
                f"{path}, row {row.line}, column share_of_range: it is a share of {1 << row.bits} levels, not of "
                f"{1 << width}"
            )
        if before is None or before.feature < row.feature:
            continue
        if before.feature > row.feature:
            raise InputError(f"{path}, row {row.line}, column feature: the features are not in the data's order")
        if before.level >= row.level:
            raise InputError(f"{path}, row {row.line}, column level: the levels of a feature must rise")
        if before.threshold > row.threshold:
            raise InputError(f"{path}, row {row.line}, column threshold: the thresholds of a feature must not fall")
    return ThermometerWires(features, width, np.array([(row.feature, row.level) for row in rows]))
