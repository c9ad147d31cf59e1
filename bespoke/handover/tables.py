"""Tables for whoever prints: cells, pins, output codes."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from bespoke.backend.mapping import complements
from bespoke.handover.design import Handed
from bespoke.netlist import cell_counts
from bespoke.sensing import BinaryWires, FrontEndKind, ThermometerWires


@dataclass(frozen=True)
class CellRow:
    """A cell of the netlist: how many there are, the area of one and of all, cm²."""

    cell: str
    count: int
    area_each_cm2: float
    area_total_cm2: float


@dataclass(frozen=True)
class PinRow:
    """A bit of a port.

    ``sensor``, ``threshold`` (in the sensor's unit), ``reference_share_of_supply`` and ``reference_v`` are those of the
    comparator that drives it, for a sensor whose range maps on 0 V to the supply; empty where no comparator does.
    ``range_low`` and ``range_high`` are the sensor's range in its unit. ``swappable`` names the netlist's inverters
    that a comparator with swapped inputs makes needless.
    """

    pin: str
    direction: str
    sensor: str
    threshold: str
    reference_share_of_supply: str
    reference_v: str
    range_low: str
    range_high: str
    swappable: str
    meaning: str


@dataclass(frozen=True)
class CodeRow:
    """What an output code says; ``bits`` are written highest first."""

    code: int
    bits: str
    class_label: str


def cell_rows(handed: Handed) -> tuple[CellRow, ...]:
    """The cells of the netlist by name."""
    areas = {cell.name: cell.area_um2 * 1e-8 for cell in (*handed.technology.cells, *handed.technology.flip_flops)}
    return tuple(
        CellRow(name, count, areas[name], count * areas[name]) for name, count in cell_counts(handed.netlist).items()
    )


def pin_rows(handed: Handed) -> tuple[PinRow, ...]:
    """The input bits, then the output bits, each lowest first."""
    return (*_inputs(handed), *_outputs(handed))


def code_rows(handed: Handed) -> tuple[CodeRow, ...]:
    """The output codes that stand for a class."""
    width = handed.netlist.output_bits
    return tuple(CodeRow(code, f"{code:0{width}b}", label) for code, label in enumerate(handed.labels))


def csv_text(kind: type, rows: Iterable[object]) -> str:
    """Rows of a dataclass as CSV with a header."""
    names = list(kind.__dataclass_fields__)
    return table_text(names, ([_cell(getattr(row, name)) for name in names] for row in rows))


def table_text(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """CSV; every text in quotes, for Python's csv does not quote a bare carriage return."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()


def _cell(value: object) -> object:
    return float(f"{value:.12g}") if isinstance(value, float) else value


def input_pins(handed: Handed) -> tuple[str, ...]:
    """Names of the input bits in order."""
    return tuple(name for port in handed.netlist.inputs for name in port.bit_names)


def _inputs(handed: Handed) -> list[PinRow]:
    wires, quantiser, read = handed.wires, handed.model.quantiser, handed.read
    pins, inverters = input_pins(handed), _swappable(handed)
    if not wires.count:
        return [PinRow(pin, "input", "", "", "", "", "", "", "", "idle: nothing reads it") for pin in pins]
    rows = []
    for place, (pin, feature) in enumerate(zip(pins, wires.feature_of().tolist(), strict=True)):
        name = str(handed.model.feature_names[feature])
        limits = repr(quantiser.low[feature]), repr(quantiser.high[feature])
        if isinstance(wires, ThermometerWires):
            level = int(wires.levels[place, 1])
            share = level / (1 << wires.bits)
            reference = f"{share * handed.technology.supply_v:.6g}"
            told = f"high where {name} >= {quantiser.threshold_text(feature, level)}"
            exact = repr(quantiser.threshold(feature, level))
            row = PinRow(pin, "input", name, exact, repr(share), reference, *limits, inverters.get(place, ""), told)
        else:
            row = PinRow(pin, "input", name, "", "", "", *limits, "", _word_bit(handed, place, name))
        rows.append(row if read[place] else _idle(row))
    return rows


def _word_bit(handed: Handed, place: int, name: str) -> str:
    bit = place % handed.wires.bits
    origin = "word" if handed.model.front_end is FrontEndKind.DIGITAL else "converter"
    return f"bit {bit} (weight {1 << bit}) of the {handed.wires.bits}-bit {origin} of {name}"


def _idle(row: PinRow) -> PinRow:
    return PinRow(**{**vars(row), "meaning": f"{row.meaning}; nothing reads it"})


def _swappable(handed: Handed) -> dict[int, str]:
    """By input bit: the inverters that alone read it."""
    if isinstance(handed.wires, BinaryWires):
        return {}
    netlist = handed.netlist
    names = netlist.gate_names or tuple(f"g{gate}" for gate in range(netlist.gates))
    found: dict[int, list[str]] = {}
    for gate in complements(netlist).tolist():
        found.setdefault(int(netlist.gate_fanins[gate, 0]) - 2, []).append(names[gate])
    return {place: " ".join(gates) for place, gates in found.items()}


def _outputs(handed: Handed) -> list[PinRow]:
    pins = [name for port in handed.netlist.outputs for name in port.bit_names]
    labels = handed.labels
    rows = []
    for bit, pin in enumerate(pins):
        high = [label for code, label in enumerate(labels) if code >> bit & 1]
        told = f"bit {bit} of the output code; high for {', '.join(high) or 'no class'}"
        rows.append(PinRow(pin, "output", "", "", "", "", "", "", "", told))
    return rows


def read_features(handed: Handed) -> tuple[int, ...]:
    """Features of which the netlist reads anything."""
    return tuple(np.unique(handed.wires.feature_of()[handed.read]).tolist())
