"""Estimated area and static power of a network or circuit."""

from __future__ import annotations

import numpy as np

from bespoke.costs import Costs
from bespoke.model import LogicCircuit, Network
from bespoke.search.circuit_builder import circuit_of
from bespoke.search.power import leakages, packed_inputs, power_of
from bespoke.search.pricing import area_of, fanins_by_node, prices
from bespoke.technology import Technology


def estimate_area(classifier: Network | LogicCircuit, technology: Technology) -> float:
    """Area in cm² that the classifier is likely to take when mapped.

    Raises
    ------
    InputError
        if the technology has too few cells to build anything.
    """
    return _covered(classifier, technology)[0]


def estimate_static_power(classifier: Network | LogicCircuit, technology: Technology, features: np.ndarray) -> float:
    """Static power in mW that the classifier is likely to take, in the states that ``features`` put its gates in.

    Parameters
    ----------
    features : integer inputs (samples, features).
    """
    return estimates(classifier, technology, features).static_power_mw


def estimates(classifier: Network | LogicCircuit, technology: Technology, features: np.ndarray) -> Costs:
    """Estimated area and static power, the circuit built once; no front end."""
    area, circuit, need, kinds, price = _covered(classifier, technology)
    inputs, samples = packed_inputs(features, circuit.input_bits)
    nodes = circuit.first_and + len(circuit.fanins)
    values = np.zeros((nodes, inputs.shape[1]), dtype=np.uint64)
    values[: len(inputs)] = inputs
    fanin0, fanin1 = fanins_by_node(circuit)
    power = power_of(
        fanin0, fanin1, nodes, circuit.first_and, need, kinds, values, samples, leakages(technology, price)
    )
    return Costs(area, float(power))


def _covered(classifier: Network | LogicCircuit, technology: Technology):
    price = prices(technology)
    circuit = circuit_of(classifier, prices=price) if isinstance(classifier, Network) else classifier
    fanin0, fanin1 = fanins_by_node(circuit)
    need = np.zeros(2 * len(fanin0), dtype=np.bool_)
    kinds = np.zeros(len(fanin0), dtype=np.int8)
    outputs = circuit.outputs.astype(np.int64)
    area = area_of(fanin0, fanin1, len(fanin0), circuit.first_and, outputs, len(outputs), need, price, kinds)
    return float(area), circuit, need, kinds, price
