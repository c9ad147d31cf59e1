"""Schematics: the drawing shows the netlist's connections, and no two nets can be taken for one."""

import re
from collections import defaultdict
from xml.etree import ElementTree

import numpy as np
import pytest

from bespoke.errors import InputError
from bespoke.netlist import Netlist, Port
from bespoke.netlist.schematic import schematic_svg
from bespoke.netlist.schematic_layout import Kind, _isotonic, layout
from bespoke.technology import Cell, load_technology

CELLS = load_technology("egfet-1.0v").cells


def random_netlist(seed: int, gates: int, inputs: int = 5, cells=CELLS) -> Netlist:
    rng = np.random.default_rng(seed)
    first = 2 + inputs
    kinds = rng.integers(0, len(cells), gates).astype(np.int32)
    fanins = np.full((gates, max(len(cell.inputs) for cell in cells)), -1, dtype=np.int32)
    for gate, kind in enumerate(kinds):
        for pin in range(len(cells[kind].inputs)):
            fanins[gate, pin] = max(0, first + gate - 1 - rng.integers(0, min(first + gate, 14)))
    outputs = np.array([first + gates - 1, 2, 0], dtype=np.int32)
    return Netlist("top", (Port("inp", inputs),), (Port("out", 3),), tuple(cells), kinds, fanins, outputs)


@pytest.mark.parametrize("seed", range(8))
def test_every_pin_leads_back_to_its_net(seed):
    netlist = random_netlist(seed, gates=10 * (seed + 1))
    plan = layout(netlist)
    seen = set()
    for number, layer in enumerate(plan.layers):
        rows = [part.row for part in layer]
        assert rows == sorted(set(rows)) and rows[0] >= 0
        for part in layer:
            assert all(source.layer == number - 1 for source in part.fanins)
            nets = []
            for source in part.fanins:
                while source.kind is Kind.PASS:
                    (source,) = source.fanins
                nets.append(source.net)
            if part.kind is Kind.GATE:
                assert nets == [net for net in netlist.gate_fanins[part.index] if net >= 0]
                seen.add(part.index)
            elif part.kind is Kind.OUTPUT:
                assert nets == [netlist.output_nets[part.index]]
    assert seen == set(range(netlist.gates))


def _segments(path):
    """(horizontal?, position, low, high) of every stroke of a wire's path."""
    for x, y, direction, end in re.findall(r"M([\d.]+) ([\d.]+)([HV])([\d.]+)", path):
        x, y, end = float(x), float(y), float(end)
        along, across = (x, y) if direction == "H" else (y, x)
        yield direction == "H", across, min(along, end), max(along, end)


@pytest.mark.parametrize("seed", range(8))
def test_wires_of_different_nets_never_lie_on_each_other(seed):
    root = ElementTree.fromstring(schematic_svg(random_netlist(seed, gates=12 * (seed + 1))))
    strokes = defaultdict(list)
    groups = [group for group in root.iter() if group.get("class") == "wire"]
    for number, group in enumerate(groups):
        for horizontal, across, low, high in _segments(group[0].get("d")):
            strokes[horizontal, across].append((low, high, number))
    assert strokes
    for place, spans in strokes.items():
        for low, high, number in spans:
            for other_low, other_high, other in spans:
                if number < other and min(high, other_high) - max(low, other_low) > 0:
                    pytest.fail(f"wires {number} and {other} overlap at {place}")


@pytest.mark.parametrize("seed", range(4))
def test_inputs_that_nothing_reads_are_known(seed):
    netlist = random_netlist(seed, gates=4, inputs=9)
    nets = {*netlist.gate_fanins.ravel().tolist(), *netlist.output_nets.tolist()}
    assert netlist.read_inputs().tolist() == [2 + bit in nets for bit in range(9)]


def test_names_are_escaped_and_the_text_is_stable():
    netlist = random_netlist(3, gates=20)
    hostile = Netlist(
        "top", netlist.inputs, netlist.outputs, netlist.cells, netlist.gate_cells, netlist.gate_fanins,
        netlist.output_nets, gate_names=tuple(f"<script>{gate}&\"" for gate in range(20)),
    )  # fmt: skip
    text = schematic_svg(hostile, title="a < b")
    assert "<script>" not in text and "<title>a &lt; b</title>" in text
    assert text == schematic_svg(hostile, title="a < b")
    gates = [group for group in ElementTree.fromstring(text).iter() if group.get("class") == "gate"]
    assert len(gates) == 20


def test_cells_with_other_functions_are_boxes():
    cells = (
        Cell("AOI21", ("A", "B", "C"), "Y", "!((A&B)|C)", 0b00000111, 1.0, (0.0,) * 8),
        Cell("NAND4", ("A", "B", "C", "D"), "Y", "!(A&B&C&D)", 0x7FFF, 1.0, (0.0,) * 16),
    )
    text = schematic_svg(random_netlist(1, gates=12, cells=cells))
    assert ">AOI21</text>" in text and ">NAND4</text>" not in text


def test_no_gates_at_all():
    nets = np.array([2, 0], dtype=np.int32)
    wires = Netlist("w", (Port("a", 1),), (Port("y", 2),), (), np.zeros(0, int), np.zeros((0, 1), int), nets)
    root = ElementTree.fromstring(schematic_svg(wires))
    texts = [node.text for node in root.iter() if node.tag.endswith("text")]
    assert sorted(texts) == ["0", "a", "y[0]", "y[1]"]


def test_large_netlists_are_refused():
    with pytest.raises(InputError, match="a schematic of 30 gates cannot be read; the limit is 29"):
        schematic_svg(random_netlist(0, gates=30), max_gates=29)


def test_isotonic_regression():
    assert _isotonic([3, 1, 2]) == [2, 2, 2]
    assert _isotonic([1, 2, 4]) == [1, 2, 4]
    assert _isotonic([1, 5, 3]) == [1, 4, 4]
