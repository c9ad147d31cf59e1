"""A network's logic circuit: the smallest of several shapes of its hashed and-inverter graph."""

from __future__ import annotations

import numpy as np

from bespoke.circuit import Circuit
from bespoke.model import LogicCircuit, Network
from bespoke.search import aig
from bespoke.search.genome import Layout
from bespoke.search.pricing import area_of, mark
from bespoke.sensing import BinaryWires

#: Relative prices where no technology is given: those of NAND2-dominated n-type logic.
_DEFAULT_PRICES = np.array([0.92, 1.0, 1.61, 1.75, 2.27, 4.0, 4.27])


def circuit_of(network: Network, *, prices: np.ndarray | None = None) -> LogicCircuit:
    """The structurally hashed and-inverter graph of a network, bit-exact with its ``predict``.

    Constants are folded, complement sums folded into biases, shared logic is there once, and only nodes that the
    outputs depend on are kept. Built in every shape of `aig.STYLES`; the one with the smallest estimated area is
    returned.

    Parameters
    ----------
    network : any network.
    prices : gate areas as made by `pricing.prices`; by default those of a typical printed technology.
    """
    layout = Layout.of(network)
    row = layout.encode(network)
    capacity, deepest = aig.bounds(layout, row)
    ws = aig.workspace(layout, capacity, deepest)
    price = _DEFAULT_PRICES if prices is None else prices
    first_and = 1 + network.features * network.input_bits
    need = np.zeros(2 * capacity, dtype=np.bool_)
    nothing = np.zeros(0, dtype=np.int8)
    best, best_area = None, np.inf
    for style in range(aig.STYLES):
        nodes = aig.build(ws, row, layout.array, style)
        area = area_of(ws.fanin0, ws.fanin1, nodes, first_and, ws.outputs, network.output_bits, need, price, nothing)
        if area < best_area:
            best_area = area
            best = _extract(ws, nodes, network)
    return best


def _extract(ws: aig.Workspace, nodes: int, network: Network) -> LogicCircuit:
    """Live nodes of a built graph, renumbered."""
    first_and = 1 + network.features * network.input_bits
    live = np.zeros(nodes, dtype=np.bool_)
    mark(ws.fanin0, ws.fanin1, nodes, first_and, ws.outputs, network.output_bits, live)
    kept = np.flatnonzero(live[first_and:]) + first_and
    number = np.arange(nodes, dtype=np.int32)
    number[kept] = first_and + np.arange(len(kept), dtype=np.int32)

    def renamed(literals: np.ndarray) -> np.ndarray:
        return 2 * number[literals >> 1] + (literals & 1)

    fanins = np.stack([renamed(ws.fanin0[kept]), renamed(ws.fanin1[kept])], axis=1)
    outputs = renamed(ws.outputs[: network.output_bits])
    wires = BinaryWires(network.features, network.input_bits)
    return LogicCircuit(wires, network.classes, Circuit(wires.count, fanins, outputs))
