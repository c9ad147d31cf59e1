"""Test vectors as CSV: quantised integer features, then the class index."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from bespoke.data.prepare import Part
from bespoke.errors import InputError
from bespoke.files import write_text
from bespoke.sensing import Quantiser

_CLASS_COLUMN = "class"


def write_vectors(path: str | Path, part: Part, feature_names: Sequence[str]) -> None:
    """Writes a part as CSV with a header line, the class index in the last column; whole or not at all."""
    path = Path(path)
    if len(feature_names) != part.features.shape[1]:
        raise InputError(f"{path}: {part.features.shape[1]} feature columns have {len(feature_names)} names")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*feature_names, _CLASS_COLUMN])
    writer.writerows(np.column_stack([part.features, part.classes]).tolist())
    write_text(path, text.getvalue())


def read_vectors(path: str | Path, feature_names: Sequence[str] | None = None) -> Part:
    """The part that ``write_vectors`` wrote, its ``rows`` numbered from 0.

    Parameters
    ----------
    feature_names : of whoever takes the vectors, by position; a header with the same names in another order is refused.

    Raises
    ------
    InputError
        for a missing file, a line that is no list of integers, or columns in another order.
    """
    path = Path(path)
    values: list[list[int]] = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            header = next(reader, [])
            width = len(header)
            if not width:
                raise InputError(f"{path}: the file is empty")
            _check_order(path, header[:-1], feature_names)
            for cells in reader:
                try:
                    values.append([int(cell) for cell in cells])
                except ValueError:
                    raise InputError(f"{path}, line {reader.line_num}: a cell is not an integer") from None
                if len(cells) != width:
                    raise InputError(f"{path}, line {reader.line_num}: {len(cells)} cells instead of {width}")
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: cannot be read as vectors ({error})") from error
    array = np.array(values, dtype=np.int64).reshape(len(values), width)
    return Part(array[:, :-1], array[:, -1], np.arange(len(array)))


def _check_order(path: Path, header: Sequence[str], names: Sequence[str] | None) -> None:
    if names is None or sorted(header) != sorted(names):
        return  # other names, or none: the columns are taken by position
    for place, (found, name) in enumerate(zip(header, names, strict=True), start=1):
        if found != name:
            raise InputError(
                f"{path}: column {place} is {found!r}, the model reads {name!r} there; reorder the columns"
            )


def write_measured(path: Path, part: Part, feature_names: Sequence[str]) -> None:
    """What was measured before it was quantised, a sample a line, every number to its last digit."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(feature_names)
    writer.writerows([repr(value) for value in row] for row in part.measured.tolist())
    write_text(path, text.getvalue())


def read_measured(path: Path, quantiser: Quantiser, part: Part) -> Part:
    """The part with the measured values that ``write_measured`` wrote of it.

    Raises
    ------
    InputError
        for a file that is none, or whose values do not quantise to the part's integers.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file, strict=True))[1:]
        measured = np.array([[float(cell) for cell in row] for row in rows]).reshape(part.features.shape)
        fits = np.array_equal(quantiser.transform(measured), part.features)
    except (OSError, UnicodeDecodeError, csv.Error, ValueError) as error:
        raise InputError(f"{path}: cannot be read as measured values ({error}); remove it") from error
    if not fits:
        raise InputError(f"{path}: its values do not quantise to the vectors beside it; remove it")
    return replace(part, measured=measured)
