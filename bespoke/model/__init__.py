"""The integer network as value types, its bit-exact inference, what it reads, and JSON."""

from bespoke.model.digits import nearest_power_of_two, signed_digits, signed_width
from bespoke.model.logic import LogicCircuit
from bespoke.model.network import (
    MAX_SUM_BITS,
    NARROW_SUM_BITS,
    ArgmaxTree,
    Comparator,
    Interval,
    Layer,
    Network,
    Neuron,
    QRelu,
    Summand,
    Term,
)
from bespoke.model.serial import IntegerClassifier, from_json, to_json
from bespoke.model.usage import compared_bits, input_wires, largest_value, read_features, read_values, used_bits
from bespoke.model.widening import narrowed_network, widened_model

__all__ = [
    "MAX_SUM_BITS",
    "NARROW_SUM_BITS",
    "ArgmaxTree",
    "Comparator",
    "IntegerClassifier",
    "Interval",
    "Layer",
    "LogicCircuit",
    "Network",
    "Neuron",
    "QRelu",
    "Summand",
    "Term",
    "compared_bits",
    "from_json",
    "input_wires",
    "largest_value",
    "narrowed_network",
    "nearest_power_of_two",
    "read_features",
    "read_values",
    "signed_digits",
    "signed_width",
    "to_json",
    "used_bits",
    "widened_model",
]
