"""What each wrong answer costs, as a table of the user's."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from bespoke.data.dialect import read_lines
from bespoke.errors import InputError

#: Classes that a message lists by name.
_NAMED = 5

_Line = tuple[int, list[str]]


def read_cost_matrix(path: str | Path, class_labels: Sequence[object]) -> tuple[tuple[float, ...], ...]:
    """Costs by true class (rows) and answered class (columns), both in the order of ``class_labels``.

    The first row of the file names the answered classes, the first column the true ones, in any order; what stands in
    the corner between them does not matter. Labels are compared as text. Comma, semicolon, tab and bar are told apart
    as in tables of data, empty lines are skipped.

    Raises
    ------
    InputError
        for a file that cannot be read, a class that is missing, unknown or named twice, a row of another length than
        the first, a cost that is no finite number of 0 or more, and costs among which no wrong answer is dearer than
        the right one.
    """
    path = Path(path)
    (first_line, heading), *rows = _lines(path)
    names = [str(label).strip() for label in class_labels]
    if len(set(names)) < len(names):
        raise InputError(f"{path}: some class labels of the data differ in spaces alone or not at all; rename them")
    where = f"{path}, line {first_line}"
    columns = _positions(f"{where} (answered classes)", heading[1:], names)
    true = [cells[0] for _, cells in rows]
    order = _positions(f"{path}, first column (true classes)", true, names)
    for line, cells in rows:
        if len(cells) != len(heading):
            raise InputError(
                f"{path}, line {line} (true class {cells[0]!r}): {len(cells) - 1} costs for {len(names)} classes"
            )
    matrix = tuple(
        tuple(_cost(path, rows[row][0], true[row], heading[1 + column], rows[row][1][1 + column]) for column in columns)
        for row in order
    )
    if not any(value > row[index] for index, row in enumerate(matrix) for value in row):
        raise InputError(f"{path}: no wrong answer costs more than the right one, so there is nothing to choose by")
    return matrix


def _lines(path: Path) -> list[_Line]:
    """Number and stripped cells of every line that is not empty, two at least."""
    found = [(line, [cell.strip() for cell in cells]) for line, cells in read_lines(path)]
    if len(found) < 2:
        raise InputError(f"{path}: a cost matrix needs a first row of class labels and a row of costs for every class")
    return found


def _positions(where: str, found: list[str], names: list[str]) -> list[int]:
    """Where each class stands among the labels found."""
    for place, label in enumerate(found):
        if not label:
            raise InputError(f"{where}: entry {place + 1} is empty; write the label of a class, or remove it")
        if label in found[:place]:
            raise InputError(f"{where}: the class {label!r} stands there twice")
        if label not in names:
            raise InputError(f"{where}: {label!r} is no class of the data, which are {_listed(names)}")
    missing = [name for name in names if name not in found]
    if missing:
        plural = "es" if len(missing) > 1 else ""
        raise InputError(
            f"{where}: the class{plural} {_listed(missing)} of the data {'are' if plural else 'is'} missing"
        )
    return [found.index(name) for name in names]


def _listed(names: list[str]) -> str:
    """Names in quotes, the first few of them."""
    return ", ".join(repr(name) for name in names[:_NAMED]) + (", ..." if len(names) > _NAMED else "")


def _cost(path: Path, line: int, true: str, answered: str, cell: str) -> float:
    where = f"{path}, line {line} (true class {true!r}), column {answered!r}"
    if not cell:
        raise InputError(f"{where}: the cell is empty; write what that answer costs")
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or "_" in cell:
        raise InputError(f"{where}: {cell!r} is not a finite number")
    if value < 0:
        raise InputError(f"{where}: a cost must be 0 or more, not {cell}")
    return value
