"""Test vectors as CSV: quantised integer features, then the class index."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bespoke.data.prepare import Part
from bespoke.errors import InputError
from bespoke.files import write_text

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


def read_vectors(path: str | Path) -> Part:
    """The part that ``write_vectors`` wrote, its ``rows`` numbered from 0.

    Raises
    ------
    InputError
        for a missing file, or a line that is no list of integers.
    """
    path = Path(path)
    values: list[list[int]] = []
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.reader(file, strict=True)
            width = len(next(reader, []))
            if not width:
                raise InputError(f"{path}: the file is empty")
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
