"""Input vectors of any module from a CSV file."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bespoke.data import read_vectors
from bespoke.eda.rtlil import BitPort
from bespoke.errors import InputError
from bespoke.sensing import Wires, feature_bits, port_bits, port_width, read_front_end


def read_input_bits(path: Path, inputs: Sequence[BitPort], *, front_end_table: Path | None = None) -> np.ndarray:
    """Vectors for a module's inputs, bool (vectors, input bits), ports in order, lowest bit first.

    Two kinds of file are understood, both with a header: columns called like the input ports (others are ignored), or,
    for a module with one input, the vectors of a run: feature integers, then the class index.

    Parameters
    ----------
    front_end_table : says what each bit of a run's module carries. Without it ``front_end.csv`` of the run that the
        vectors lie in is taken where it is as wide as the port; failing that, the port has the features' bits.

    Raises
    ------
    InputError
        naming the file and column, if ports are missing, widths do not fit, or a value is not an integer in range.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file, strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: cannot be read as vectors ({error})") from error
    header = [name.strip() for name in rows[0]] if rows else []
    missing = [port.name for port in inputs if port.name not in header]
    if not missing:
        return _by_port(path, header, rows[1:], inputs)
    if len(inputs) == 1:
        return _features(path, inputs[0], rows[0][:-1], front_end_table)
    raise InputError(f"{path}: the header has no column for input port {', '.join(missing)}")


def _features(path: Path, port: BitPort, names: Sequence[str], table: Path | None) -> np.ndarray:
    """A run's integers as the port takes them."""
    features = read_vectors(path).features
    if not len(features):
        raise InputError(f"{path}: there are no vectors")
    if table is not None:
        wires = read_front_end(table, names)
        if port_width(wires) != port.width:
            raise InputError(f"{table}: {wires.count} rows do not fit the {port.width} bits of input {port.name}")
        return _encoded(path, features, wires)
    beside = path.absolute().parent.parent / "front_end.csv"
    wires = read_front_end(beside, names) if beside.is_file() else None
    if wires is not None and port_width(wires) == port.width:
        return _encoded(path, features, wires)
    return _words(path, port, features, None if wires is None or not wires.count else wires.bits)


def _encoded(path: Path, features: np.ndarray, wires: Wires) -> np.ndarray:
    if not wires.count:  # such a table does not say how many levels there are, and nothing depends on it
        return np.zeros((len(features), port_width(wires)), dtype=bool)
    try:
        return port_bits(wires, features)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def _words(path: Path, port: BitPort, features: np.ndarray, bits: int | None) -> np.ndarray:
    """Integers as binary words of ``bits`` bits, or of as many as the port has for each."""
    hint = "; if the module stands behind comparators, name its front_end.csv with --front-end-table"
    count = features.shape[1]
    if not count or port.width % count or bits not in (None, port.width // count):
        given = f"{count} features" + (f" as words of {bits} bits" if bits else "")
        raise InputError(f"{path}: {given} do not fill the {port.width} bits of input {port.name}{hint}")
    bits = port.width // count
    low, high = int(features.min()), int(features.max())
    if low < 0 or high >= 1 << bits:
        raise InputError(f"{path}: features of input {port.name} have {bits} bits, found {low}..{high}{hint}")
    return feature_bits(features, bits)


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
