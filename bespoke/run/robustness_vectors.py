"""Vectors for a netlist that nothing else is known of, with the answers that are right on them where the file has them.

Three kinds of file are understood: a run's vectors, a hand-over's test vectors, and columns called like the ports.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bespoke.data import read_vectors
from bespoke.eda.rtlil import BitPort
from bespoke.errors import InputError
from bespoke.netlist import Netlist, Port
from bespoke.run.vectors import read_input_bits
from bespoke.sensing import Wires, port_width, read_front_end

#: The column of a hand-over's vectors that says which code must come out.
EXPECTED = "expected_code"


@dataclass(frozen=True, eq=False)
class NetlistVectors:
    """Samples for a netlist.

    Parameters
    ----------
    bits : bool (samples, input bits).
    expected : right answers, int64 (samples,); None where the file has none.
    wires, grid : what the bits carry of the integers of a run's vectors; None where it is not known.
    features : names of the columns of those integers.
    """

    bits: np.ndarray
    expected: np.ndarray | None
    wires: Wires | None = None
    grid: np.ndarray | None = None
    features: tuple[str, ...] = ()


def read_netlist_vectors(path: Path, netlist: Netlist, *, front_end_table: Path | None = None) -> NetlistVectors:
    """Vectors that fit the netlist's ports.

    Parameters
    ----------
    front_end_table : what the input bits carry of a run's vectors; by default ``front_end.csv`` of the run that they
        lie in, where it fits.

    Raises
    ------
    InputError
        naming the file and what does not fit.
    """
    header, rows = _table(path)
    if not rows:
        raise InputError(f"{path}: there are no vectors")
    inputs = [BitPort(port.name, port.width, port.offset, port.upto) for port in netlist.inputs]
    pins = [name for port in netlist.inputs for name in port.bit_names]
    if set(pins) <= set(header):
        bits = np.stack([_column(path, header, rows, pin, 2) for pin in pins], axis=1).astype(bool)
        return NetlistVectors(bits, _expected(path, header, rows, netlist.outputs))
    bits = read_input_bits(path, inputs, front_end_table=front_end_table)
    if {port.name for port in inputs} <= set(header):
        return NetlistVectors(bits, _expected(path, header, rows, netlist.outputs))
    part = read_vectors(path)
    names = tuple(header[:-1])
    table = front_end_table or path.absolute().parent.parent / "front_end.csv"
    wires = read_front_end(table, names) if table.is_file() else None
    if wires is None or port_width(wires) != netlist.input_bits or not wires.count:
        return NetlistVectors(bits, part.classes)
    return NetlistVectors(bits, part.classes, wires, part.features, names)


def _table(path: Path) -> tuple[list[str], list[list[str]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file, strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: cannot be read as vectors ({error})") from error
    return ([name.strip() for name in rows[0]], rows[1:]) if rows else ([], [])


def _column(path: Path, header: Sequence[str], rows: Sequence[Sequence[str]], name: str, limit: int) -> np.ndarray:
    """Integers of a column, each from 0 and below ``limit``, int64 (rows,)."""
    place, found = header.index(name), []
    for number, cells in enumerate(rows, start=2):
        where = f"{path}, line {number}, column {name}"
        try:
            value = int(cells[place])
        except (ValueError, IndexError):
            raise InputError(f"{where}: expected an integer") from None
        if not 0 <= value < limit:
            raise InputError(f"{where}: {value} is not in 0..{limit - 1}")
        found.append(value)
    return np.array(found, dtype=np.int64)


def _expected(
    path: Path, header: Sequence[str], rows: Sequence[Sequence[str]], outputs: Sequence[Port]
) -> np.ndarray | None:
    """Right answers: the codes of a hand-over, or columns called like the output ports, the first port lowest."""
    width = sum(port.width for port in outputs)
    if EXPECTED in header:
        return _column(path, header, rows, EXPECTED, 1 << width)
    if width > 62 or not {port.name for port in outputs} <= set(header):
        return None
    total, low = np.zeros(len(rows), dtype=np.int64), 0
    for port in outputs:
        total |= _column(path, header, rows, port.name, 1 << port.width) << low
        low += port.width
    return total
