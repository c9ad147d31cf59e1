"""Input vectors of any module from a CSV file."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bespoke.data import read_vectors
from bespoke.eda.rtlil import BitPort
from bespoke.errors import InputError
from bespoke.sensing import feature_bits


def read_input_bits(path: Path, inputs: Sequence[BitPort]) -> np.ndarray:
    """Vectors for a module's inputs, bool (vectors, input bits), ports in order, lowest bit first.

    Two kinds of file are understood, both with a header: columns called like the input ports (others are ignored), or,
    for a module with one input, the vectors of a run: feature integers, then the class index.

    Raises
    ------
    InputError
        naming the file and column, if ports are missing, widths do not fit, or a value is not an integer in range.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file, strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: cannot be read as vectors ({error})") from error
    header = [name.strip() for name in rows[0]] if rows else []
    missing = [port.name for port in inputs if port.name not in header]
    if not missing:
        return _by_port(path, header, rows[1:], inputs)
    if len(inputs) == 1:
        return _features(path, inputs[0])
    raise InputError(f"{path}: the header has no column for input port {', '.join(missing)}")


def _features(path: Path, port: BitPort) -> np.ndarray:
    part = read_vectors(path)
    features = part.features.shape[1]
    if not features or port.width % features:
        raise InputError(f"{path}: {features} features do not divide the {port.width} bits of input {port.name}")
    bits = port.width // features
    if not len(part.features):
        raise InputError(f"{path}: there are no vectors")
    low, high = int(part.features.min()), int(part.features.max())
    if low < 0 or high >= 1 << bits:
        raise InputError(f"{path}: features of input {port.name} have {bits} bits, found {low}..{high}")
    return feature_bits(part.features, bits)


def _by_port(path: Path, header: list[str], rows: list[list[str]], inputs: Sequence[BitPort]) -> np.ndarray:
    columns = [header.index(port.name) for port in inputs]
    bits = np.zeros((len(rows), sum(port.width for port in inputs)), dtype=bool)
    if not rows:
        raise InputError(f"{path}: there are no vectors")
    for number, cells in enumerate(rows):
        start = 0
        for port, column in zip(inputs, columns, strict=True):
            where = f"{path}, line {number + 2}, column {port.name}"
            try:
                value = int(cells[column])
            except (ValueError, IndexError):
                raise InputError(f"{where}: expected an integer") from None
            if not 0 <= value < 1 << port.width:
                raise InputError(f"{where}: {value} does not fit {port.width} bits")
            for bit in range(port.width):
                bits[number, start + bit] = value >> bit & 1
            start += port.width
    return bits
