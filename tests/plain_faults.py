"""Faults and prints, slowly: sample by sample, fault set by fault set."""

from __future__ import annotations

from itertools import product

import numpy as np

from bespoke.netlist import Netlist, Port
from bespoke.robustness import Subject
from bespoke.technology import Cell


def plain_answer(netlist: Netlist, vector, stuck: dict) -> int:
    """The class that one sample gets; ``stuck`` maps ("net", net) and ("pin", gate, pin) to 0 or 1."""
    values = [0, 1, *map(int, vector)]
    values = [stuck.get(("net", net), value) if net > 1 else value for net, value in enumerate(values)]
    for gate in range(netlist.gates):
        cell = netlist.cells[netlist.gate_cells[gate]]
        state = 0
        for pin in range(len(cell.inputs)):
            state += stuck.get(("pin", gate, pin), values[netlist.gate_fanins[gate][pin]]) << pin
        values.append(stuck.get(("net", len(values)), cell.truth >> state & 1))
    return sum(values[net] << place for place, net in enumerate(netlist.output_nets))


def plain_right(subject: Subject, stuck: dict) -> int:
    pairs = zip(subject.bits, subject.expected, strict=True)
    return sum(plain_answer(subject.netlist, vector, stuck) == right for vector, right in pairs)


def key_of(site) -> tuple:
    return ("pin", site.gate, site.pin) if site.kind == "gate input" else ("net", site.net)


def plain_prints(subject: Subject, device_yield: float) -> list[tuple[float, int]]:
    """Chance and right samples of every print: each element whole, or with one of its stuck-at faults."""
    netlist = subject.netlist
    read = set(netlist.output_nets.tolist()) | set(netlist.gate_fanins[netlist.gate_fanins >= 0].ravel().tolist())
    elements = []
    for wire in range(netlist.input_bits):
        if 2 + wire in read:
            elements.append((subject.devices_of_inputs[wire], [("net", 2 + wire)]))
    for gate in range(netlist.gates):
        pins = range(len(netlist.cells[netlist.gate_cells[gate]].inputs))
        places = [("net", netlist.first_gate_net + gate), *(("pin", gate, pin) for pin in pins)]
        elements.append((subject.devices_of_gates[gate], places))
    options = []
    for devices, places in elements:
        whole = device_yield**devices
        faults = [((1 - whole) / (2 * len(places)), place, value) for place in places for value in (0, 1)]
        options.append([(whole, None, 0), *(faults if devices else [])])
    found = {}
    prints = []
    for chosen in product(*options):
        stuck = {place: value for _, place, value in chosen if place is not None}
        key = tuple(sorted(stuck.items()))
        if key not in found:
            found[key] = plain_right(subject, stuck)
        prints.append((float(np.prod([chance for chance, _, _ in chosen])), found[key]))
    return prints


def wide_cell(name: str, width: int, truth: int) -> Cell:
    pins = tuple(f"A{pin}" for pin in range(width))
    minterms = [
        " & ".join(f"{'' if state >> pin & 1 else '!'}A{pin}" for pin in range(width))
        for state in range(1 << width)
        if truth >> state & 1
    ]
    function = " | ".join(f"({minterm})" for minterm in minterms)
    return Cell(name, pins, "Y", function, truth, 1.0, (1.0,) * (1 << width))


def netlist_of(cells, gates, *, input_bits: int, outputs) -> Netlist:
    """A netlist of rows (cell's index, nets of its pins)."""
    widest = max((len(nets) for _, nets in gates), default=1)
    rows = [[*nets, *[-1] * (widest - len(nets))] for _, nets in gates]
    return Netlist(
        module="top",
        inputs=(Port("inp", input_bits),),
        outputs=(Port("out", len(outputs)),),
        cells=tuple(cells),
        gate_cells=np.array([kind for kind, _ in gates], dtype=np.int32),
        gate_fanins=np.array(rows, dtype=np.int32).reshape(len(gates), widest),
        output_nets=np.array(outputs, dtype=np.int32),
    )


def subject_of(netlist: Netlist, *, seed: int, samples: int, gate_devices=None, input_devices=None) -> Subject:
    """Random samples, most of which the circuit answers right."""
    rng = np.random.default_rng(seed)
    bits = rng.random((samples, netlist.input_bits)) < 0.5
    expected = np.array([plain_answer(netlist, vector, {}) for vector in bits], dtype=np.int64)
    expected[rng.random(samples) < 0.2] = rng.integers(-1, 1 + (1 << netlist.output_bits))
    return Subject(
        netlist=netlist,
        bits=bits,
        expected=expected,
        devices_of_gates=rng.integers(1, 6, netlist.gates) if gate_devices is None else np.array(gate_devices),
        devices_of_inputs=np.full(netlist.input_bits, 2.5) if input_devices is None else np.array(input_devices),
        input_names=tuple(f"a >= {bit}" for bit in range(netlist.input_bits)),
        features=("a", "b"),
        feature_of=np.arange(netlist.input_bits) % 2,
    )
