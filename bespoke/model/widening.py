"""Models over some of the features as models over all of them, which read those alone, and back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bespoke.model.logic import LogicCircuit
from bespoke.model.network import Layer, Network, Neuron, Summand
from bespoke.sensing import BinaryWires, ThermometerWires


def widened_model(model: Network | LogicCircuit, kept: np.ndarray, features: int) -> Network | LogicCircuit:
    """The model over so many features; it reads those of ``kept``, int (features of the model,), in rising order."""
    if len(kept) == features:
        return model
    if isinstance(model, LogicCircuit):
        return _widened_circuit(model, kept, features)
    neurons = []
    for neuron in model.layers[0].neurons:
        summands = [Summand((), 0)] * features
        for column, summand in zip(kept, neuron.summands, strict=True):
            summands[column] = summand
        neurons.append(Neuron(tuple(summands), neuron.bias, neuron.activation))
    return Network(model.input_bits, (Layer(tuple(neurons)), *model.layers[1:]), model.argmax)


def narrowed_network(network: Network, kept: np.ndarray) -> Network:
    """What ``widened_model`` widened; the summands of other features are dropped."""
    neurons = tuple(
        Neuron(tuple(neuron.summands[column] for column in kept), neuron.bias, neuron.activation)
        for neuron in network.layers[0].neurons
    )
    return Network(network.input_bits, (Layer(neurons), *network.layers[1:]), network.argmax)


def _widened_circuit(circuit: LogicCircuit, kept: np.ndarray, features: int) -> LogicCircuit:
    wires = circuit.wires
    if isinstance(wires, ThermometerWires):
        levels = [(int(kept[feature]), int(level)) for feature, level in wires.levels]
        return replace(circuit, wires=ThermometerWires.of(features, wires.bits, levels))
    wide = BinaryWires(features, wires.bits)
    places = (kept[:, np.newaxis] * wires.bits + np.arange(wires.bits)).ravel()
    return LogicCircuit(wide, circuit.classes, circuit.circuit.with_inputs(wide.count, places))
