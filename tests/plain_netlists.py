"""Slow, plain second implementations that the netlist's arrays are compared with, and random netlists."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from bespoke.netlist import Netlist, Port
from bespoke.technology import Technology

#: Function of every EGFET cell, written down a second time.
FUNCTIONS = {
    "INVX1": lambda a: 1 - a,
    "NAND2X1": lambda a, b: 1 - (a & b),
    "NOR2X1": lambda a, b: 1 - (a | b),
    "AND2X1": lambda a, b: a & b,
    "OR2X1": lambda a, b: a | b,
    "XOR2X1": lambda a, b: a ^ b,
    "XNOR2X1": lambda a, b: 1 - (a ^ b),
}


def random_netlist(
    rng: np.random.Generator, technology: Technology, *, input_bits: int, gates: int, outputs: int
) -> Netlist:
    """Random gates of all cells over random earlier nets, constants included."""
    cells = technology.cells
    rows, kinds = [], []
    for gate in range(gates):
        kind = int(rng.integers(len(cells)))
        width = len(cells[kind].inputs)
        row = rng.integers(0, 2 + input_bits + gate, width).tolist()
        kinds.append(kind)
        rows.append(row + [-1] * (max(len(cell.inputs) for cell in cells) - width))
    used = sorted(set(kinds))
    chosen = tuple(cells[kind] for kind in used)
    widest = max((len(cell.inputs) for cell in chosen), default=0)
    return Netlist(
        module="top",
        inputs=(Port("inp", input_bits),),
        outputs=(Port("out", outputs),),
        cells=chosen,
        gate_cells=np.array([used.index(kind) for kind in kinds], dtype=np.int32),
        gate_fanins=np.array([row[:widest] for row in rows], dtype=np.int32).reshape(gates, widest),
        output_nets=rng.integers(0, 2 + input_bits + gates, outputs).astype(np.int32),
        gate_names=tuple(f"u{gate}" for gate in range(gates)),
    )


def plain_values(netlist: Netlist, vector: list[int]) -> list[int]:
    """Value of every net of a combinational netlist for one vector of zeros and ones."""
    values = [0, 1, *vector]
    for gate in range(netlist.gates):
        cell = netlist.cells[netlist.gate_cells[gate]]
        values.append(FUNCTIONS[cell.name](*(values[net] for net in netlist.gate_fanins[gate] if net >= 0)))
    return values


def same_netlist(first: Netlist, second: Netlist) -> bool:
    """Whether two netlists agree in everything."""
    return (
        (first.module, first.inputs, first.outputs, first.cells, first.gate_names, first.flip_flops)
        == (second.module, second.inputs, second.outputs, second.cells, second.gate_names, second.flip_flops)
        and np.array_equal(first.gate_cells, second.gate_cells)
        and np.array_equal(first.gate_fanins, second.gate_fanins)
        and np.array_equal(first.output_nets, second.output_nets)
    )


class PlainLiberty:
    """Areas, leakage, pin capacitances and energies of a Liberty file, found line by line without a parser."""

    def __init__(self, path: Path):
        self.area: dict[str, float] = {}
        self.capacitance: dict[tuple[str, str], float] = {}
        self.leakage: dict[str, list[tuple[str, float]]] = {}
        self.energies: dict[str, list[float]] = {}
        cell = pin = block = ""
        supply = ""
        value, when = 0.0, ""
        for line in path.read_text().splitlines():
            if match := re.match(r"\s*cell \((\w+)\)", line):
                cell, pin = match.group(1), ""
            elif match := re.match(r"\s*area : ([\d.]+)", line):
                self.area[cell] = float(match.group(1))
            elif match := re.match(r"\s*pin\s*\((\w+)\)", line):
                pin = match.group(1)
            elif match := re.match(r"\s*capacitance : ([\d.]+)", line):
                self.capacitance[cell, pin] = float(match.group(1)) * 1e-3
            elif re.match(r"\s*(leakage_power|internal_power|timing|rise_power|fall_power|cell_rise) \(", line):
                previous, block = block, re.match(r"\s*(\w+)", line).group(1)
                if block in ("leakage_power", "internal_power"):
                    when, supply = "", ""
                elif block in ("rise_power", "fall_power") and previous == "timing":
                    raise AssertionError
            elif match := re.match(r"\s*value : ([\d.e+-]+)", line):
                value = float(match.group(1))
            elif match := re.match(r'\s*when : "(.*)"', line):
                when = match.group(1)
            elif match := re.match(r"\s*related_pg_pin : (\w+)", line):
                supply = match.group(1)
                if block == "leakage_power" and supply == "VDD" and when:
                    self.leakage.setdefault(cell, []).append((when, value))
            elif match := re.match(r'\s*"([\d.e+-]+)[,"]', line):
                if block in ("rise_power", "fall_power") and supply == "VDD" and pin in ("Y", "Q"):
                    self.energies.setdefault(cell, []).append(float(match.group(1)) * 1e-3)
                block = "" if block in ("rise_power", "fall_power") else block

    def leakage_nw(self, cell: str, pins: tuple[str, ...], inputs: list[int]) -> float:
        """Leakage with the inputs in that state: of the condition whose literals all hold."""
        state = dict(zip(pins, inputs, strict=True))
        for when, value in self.leakage[cell]:
            literals = re.findall(r"(!?)(\w+)", when)
            if all(state[name] == (0 if sign else 1) for sign, name in literals if name in state):
                return value
        raise AssertionError(f"{cell}: no leakage for {state}")

    def switching_nj(self, cell: str) -> float:
        """Mean of the first entries of all rise and fall tables of the supply at the output."""
        return sum(self.energies[cell]) / len(self.energies[cell])
