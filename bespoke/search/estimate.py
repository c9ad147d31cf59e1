"""Estimated area and static power of a network or circuit, and of the front end that it reads."""

from __future__ import annotations

import numpy as np

from bespoke.costs import Costs
from bespoke.model import LogicCircuit, Network
from bespoke.search.circuit_builder import circuit_of
from bespoke.search.power import leakages, packed_inputs, power_of
from bespoke.search.pricing import INPUT_INV, area_of, fanins_by_node, prices, with_free_complements
from bespoke.sensing import FrontEnd, ThermometerWires, all_wires
from bespoke.technology import Technology


def estimate_area(
    classifier: Network | LogicCircuit, technology: Technology, front_end: FrontEnd | None = None
) -> float:
    """Area in cm² that the classifier alone is likely to take when mapped, over the front end's wires.

    Raises
    ------
    InputError
        if the technology has too few cells to build anything.
    """
    return covered(classifier, technology, front_end)[0]


def estimate_static_power(classifier: Network | LogicCircuit, technology: Technology, features: np.ndarray) -> float:
    """Static power in mW that the classifier is likely to take, in the states that ``features`` put its gates in.

    Parameters
    ----------
    features : integer inputs (samples, features).
    """
    return estimates(classifier, technology, features).static_power_mw


def estimates(
    classifier: Network | LogicCircuit,
    technology: Technology,
    features: np.ndarray,
    front_end: FrontEnd | None = None,
) -> Costs:
    """Estimated area and static power, the circuit built once.

    Parameters
    ----------
    features : integer inputs (samples, features).
    front_end : what delivers the inputs; without one they are binary words and cost nothing.
    """
    area, logic, need, kinds, price = covered(classifier, technology, front_end)
    inputs = packed_inputs(features, logic.wires)
    nodes = logic.circuit.nodes
    values = np.zeros((nodes, inputs.shape[1]), dtype=np.uint64)
    values[: len(inputs)] = inputs
    fanin0, fanin1 = fanins_by_node(logic)
    leak = leakages(technology, price)
    power = power_of(fanin0, fanin1, nodes, logic.first_and, need, kinds, values, len(features), leak)
    if front_end is None or not front_end.is_priced:
        return Costs(area, float(power))
    polarities = need[2 : 2 * logic.first_and].reshape(-1, 2)
    converters = front_end.cost(logic.wires, polarities.any(axis=1))
    saved_area = saved_power = 0.0
    if isinstance(logic.wires, ThermometerWires):
        alone = np.flatnonzero(polarities[:, 1] & ~polarities[:, 0])
        ones = np.bitwise_count(inputs[1 + alone]).sum(axis=1) / len(features)
        saved_area = float(len(alone) * price[INPUT_INV])
        saved_power = float((leak[INPUT_INV, 1] * ones + leak[INPUT_INV, 0] * (1 - ones)).sum())
    return Costs(
        area,
        float(power),
        front_end_area_cm2=converters.area_cm2,
        front_end_power_mw=converters.power_mw,
        comparators=converters.comparators,
        saved_area_cm2=saved_area,
        saved_power_mw=saved_power,
    )


def complemented_wires(circuit: LogicCircuit, technology: Technology) -> np.ndarray:
    """Wires that the circuit is best read in the complement of, bool (wires,), where complements cost nothing."""
    price = with_free_complements(prices(technology))
    fanin0, fanin1 = fanins_by_node(circuit)
    need = np.zeros(2 * len(fanin0), dtype=np.bool_)
    outputs = circuit.outputs.astype(np.int64)
    area_of(
        fanin0, fanin1, len(fanin0), circuit.first_and, outputs, len(outputs), need, price, np.zeros(0, dtype=np.int8)
    )
    polarities = need[2 : 2 * circuit.first_and].reshape(-1, 2)
    return polarities[:, 1] & ~polarities[:, 0]


def covered(
    classifier: Network | LogicCircuit, technology: Technology, front_end: FrontEnd | None
) -> tuple[float, LogicCircuit, np.ndarray, np.ndarray, np.ndarray]:
    """A classifier as a graph over the front end's wires, covered with gates as `pricing.area_of` does it.

    Returns
    -------
    its area in cm², the graph, ``need`` and ``kinds`` as `pricing.area_of` leaves them, and the prices.
    """
    price = prices(technology)
    logic = classifier
    if isinstance(classifier, Network):
        wires = None
        if front_end is not None:
            wires = all_wires(front_end.kind, classifier.features, classifier.input_bits)
        logic = circuit_of(classifier, wires=wires, prices=price)
    fanin0, fanin1 = fanins_by_node(logic)
    need = np.zeros(2 * len(fanin0), dtype=np.bool_)
    kinds = np.zeros(len(fanin0), dtype=np.int8)
    outputs = logic.outputs.astype(np.int64)
    area = area_of(fanin0, fanin1, len(fanin0), logic.first_and, outputs, len(outputs), need, price, kinds)
    return float(area), logic, need, kinds, price
