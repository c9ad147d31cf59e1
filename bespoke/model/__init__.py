"""The integer network as value types, its bit-exact inference, and JSON."""

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
    checked_inputs,
)
from bespoke.model.serial import IntegerClassifier, from_json, to_json

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
    "checked_inputs",
    "from_json",
    "nearest_power_of_two",
    "signed_digits",
    "signed_width",
    "to_json",
]
