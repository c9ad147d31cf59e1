"""From a measured quantity to wires: the grid, the encodings, what converters cost, and what a human reads of them."""

from bespoke.sensing.front_end import FrontEnd, FrontEndCost, PriceTables, figures_of, priced_front_end, priced_kinds
from bespoke.sensing.quantiser import MOST_BITS, Quantiser, check_bits
from bespoke.sensing.table import front_end_table, read_front_end, write_front_end
from bespoke.sensing.wires import (
    BinaryWires,
    FrontEndKind,
    ThermometerWires,
    Wires,
    all_wires,
    checked_inputs,
    feature_bits,
    port_bits,
    port_width,
    wires_from_json,
)

__all__ = [
    "MOST_BITS",
    "BinaryWires",
    "FrontEnd",
    "FrontEndCost",
    "FrontEndKind",
    "PriceTables",
    "Quantiser",
    "ThermometerWires",
    "Wires",
    "all_wires",
    "check_bits",
    "checked_inputs",
    "feature_bits",
    "figures_of",
    "front_end_table",
    "port_bits",
    "port_width",
    "priced_front_end",
    "priced_kinds",
    "read_front_end",
    "wires_from_json",
    "write_front_end",
]
