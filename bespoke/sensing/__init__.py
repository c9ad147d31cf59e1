"""From a measured quantity to wires: the grid, the encodings, and what a human reads of them."""

from bespoke.sensing.quantiser import Quantiser, check_bits
from bespoke.sensing.wires import (
    BinaryWires,
    FrontEndKind,
    ThermometerWires,
    Wires,
    all_wires,
    checked_inputs,
    feature_bits,
    wires_from_json,
)

__all__ = [
    "BinaryWires",
    "FrontEndKind",
    "Quantiser",
    "ThermometerWires",
    "Wires",
    "all_wires",
    "check_bits",
    "checked_inputs",
    "feature_bits",
    "wires_from_json",
]
