"""Input vectors from a CSV file: of any module, or of a model, which takes measured values as well."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bespoke.data import Part, read_vectors
from bespoke.data.dataset import labels_of_text
from bespoke.data.header import is_missing
from bespoke.data.table import Table, read_table, target_index
from bespoke.eda.rtlil import BitPort
from bespoke.errors import InputError
from bespoke.run.modelfile import ModelFile
from bespoke.sensing import Wires, feature_bits, port_bits, port_width, read_front_end

#: Names that a message lists.
_NAMED = 6


@dataclass(frozen=True)
class ModelVectors:
    """Samples for a model.

    Parameters
    ----------
    part : integers, class indices and, where the file holds such, measured values.
    measured : whether the file holds measured values, which were quantised.
    left_out : rows of measured values that were left out because a value is missing.
    """

    part: Part
    measured: bool
    left_out: int = 0


def read_model_vectors(path: Path, model: ModelFile, *, target: str | None = None) -> ModelVectors:
    """Samples that fit the model: vectors of a run, or a table of measured values.

    A file whose cells are all integers, as many as the model has features and bits for, and a class index, holds
    vectors. Any other file that has a column for each of the model's features, by name, holds measured values: they are
    quantised as the model says, and other columns are ignored.

    Parameters
    ----------
    target : the class column of measured values, by name or index; the last that is no feature by default. With it the
        file holds measured values in any case.

    Raises
    ------
    InputError
        for a file that is neither, saying what is wrong with it as vectors where its columns are not the features'.
    """
    if target is None:
        try:
            return ModelVectors(_fitting(path, read_vectors(path, model.feature_names), model), measured=False)
        except InputError as error:
            if not set(model.feature_names) <= set(_header(path)):
                raise InputError(
                    f"{error}; measured values are taken where the columns have the names of the model's features, "
                    f"{_listed(model.feature_names)}"
                ) from error
    return _measured(read_table(path), model, target)


def _header(path: Path) -> tuple[str, ...]:
    try:
        return read_table(path).header
    except InputError:
        return ()


def _fitting(path: Path, part: Part, model: ModelFile) -> Part:
    """Vectors of as many features, bits and classes as the model has."""
    circuit = model.classifier
    features = part.features.shape[1]
    if features != circuit.features:
        raise InputError(f"{path}: the vectors have {features} features, the model reads {circuit.features}")
    if not len(part.features):
        raise InputError(f"{path}: there are no vectors")
    low, high = int(part.features.min()), int(part.features.max())
    if low < 0 or high >= 1 << circuit.input_bits:
        raise InputError(
            f"{path}: the model reads {circuit.input_bits} bits per feature, 0..{(1 << circuit.input_bits) - 1}; the "
            f"vectors hold {low}..{high}"
        )
    worst = int(part.classes[np.argmax(np.abs(part.classes))])
    if not 0 <= worst < len(model.class_labels):
        raise InputError(f"{path}: the model has {len(model.class_labels)} classes, the vectors hold class {worst}")
    return part


def _measured(table: Table, model: ModelFile, target: str | None) -> ModelVectors:
    for name in model.feature_names:
        if name not in table.header:
            raise InputError(f"{table.path}: there is no column {name!r}, which the model reads")
    columns = [table.header.index(name) for name in model.feature_names]
    others = [column for column in range(len(table.header)) if column not in columns]
    if target is None and not others:
        raise InputError(f"{table.path}: there is no class column beside the features")
    class_column = others[-1] if target is None else target_index(table, target)
    if class_column in columns:
        raise InputError(f"{table.path}: the class column {table.header[class_column]!r} is a feature of the model")
    read = [*columns, class_column]
    whole = [row for row, cells in enumerate(table.rows) if not any(is_missing(cells[column]) for column in read)]
    if not whole:
        raise InputError(f"{table.path}: a value is missing in every row")
    kept = table.taken(whole)
    measured = kept.numbers(columns, missing=False)
    part = Part(
        model.quantiser.transform(measured), _classes(kept, class_column, model), np.arange(len(kept.rows)), measured
    )
    return ModelVectors(part, measured=True, left_out=len(table.rows) - len(whole))


def _classes(table: Table, column: int, model: ModelFile) -> np.ndarray:
    """Class indices of labels, which are compared as values, then as text."""
    cells = [cell.strip() for cell in table.column(column)]
    known = {str(label): index for index, label in enumerate(model.class_labels)}
    indices = []
    for row, (cell, value) in enumerate(zip(cells, labels_of_text(cells), strict=True)):
        index = known.get(str(value), known.get(cell))
        if index is None:
            raise InputError(
                f"{table.path}, line {table.lines[row]}, column {table.header[column]!r}: {cell!r} is none of the "
                f"model's classes, {_listed([str(label) for label in model.class_labels])}; name the class column with "
                "--target"
            )
        indices.append(index)
    return np.array(indices, dtype=np.int64)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names[:_NAMED])) + (", ..." if len(names) > _NAMED else "")


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
                raise InputError(f"{where}: {value} does not fit {port.width} bit{'s' if port.width != 1 else ''}")
            for bit in range(port.width):
                bits[number, start + bit] = value >> bit & 1
            start += port.width
    return bits
