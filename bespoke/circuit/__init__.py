"""The and-inverter graph: the value that every description of a circuit goes through, and what all rooms do with it."""

from bespoke.circuit.aiger import read_aiger, write_aiger
from bespoke.circuit.builder import CircuitBuilder
from bespoke.circuit.graph import Circuit
from bespoke.circuit.packing import every_vector, pack_bits, unpack_bits
from bespoke.circuit.registers import RegisterCut, cut_outputs

__all__ = [
    "Circuit",
    "CircuitBuilder",
    "RegisterCut",
    "cut_outputs",
    "every_vector",
    "pack_bits",
    "read_aiger",
    "unpack_bits",
    "write_aiger",
]
