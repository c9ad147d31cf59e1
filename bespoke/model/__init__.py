"""The integer network as value types, its bit-exact inference, and JSON."""

from bespoke.model.digits import nearest_power_of_two, signed_digits, signed_width
from bespoke.model.logic import LogicCircuit
from bespoke.model.network import ArgmaxTree, Comparator, Interval, Layer, Network, Neuron, QRelu, Summand, Term
from bespoke.model.serial import IntegerClassifier, from_json, to_json

__all__ = [
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
    "from_json",
    "nearest_power_of_two",
    "signed_digits",
    "signed_width",
    "to_json",
]
