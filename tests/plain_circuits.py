"""Random and-inverter graphs, and what they are worth worked out node by node in plain Python."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bespoke.circuit import Circuit


def random_circuit(seed: int, inputs: int, ands: int, outputs: int) -> Circuit:
    """Any graph of that size, constants, idle nodes and repeated ANDs among them."""
    rng = np.random.default_rng(seed)
    fanins = np.array([rng.integers(0, 2 * (1 + inputs + index), 2) for index in range(ands)]).reshape(ands, 2)
    return Circuit(inputs, fanins, rng.integers(0, 2 * (1 + inputs + ands), outputs))


def plain_outputs(circuit: Circuit, bits: Sequence[bool]) -> list[bool]:
    """The outputs for one vector of input bits, by recursion."""
    known: dict[int, bool] = {}

    def value(literal: int) -> bool:
        node = literal >> 1
        if node not in known:
            if node == 0:
                known[node] = False
            elif node < circuit.first_and:
                known[node] = bool(bits[node - 1])
            else:
                left, right = circuit.fanins[node - circuit.first_and].tolist()
                known[node] = value(left) and value(right)
        return known[node] != bool(literal & 1)

    return [value(literal) for literal in circuit.outputs.tolist()]


def plain_live(circuit: Circuit) -> set[int]:
    """Numbers of the nodes that the outputs depend on."""
    reached: set[int] = set()
    waiting = [literal >> 1 for literal in circuit.outputs.tolist()]
    while waiting:
        node = waiting.pop()
        if node not in reached:
            reached.add(node)
            if node >= circuit.first_and:
                waiting += [literal >> 1 for literal in circuit.fanins[node - circuit.first_and].tolist()]
    return reached
