"""The and-inverter graph: the value that every description of a circuit goes through, and what all rooms do with it."""

from bespoke.circuit.aiger import read_aiger, write_aiger
from bespoke.circuit.builder import CircuitBuilder
from bespoke.circuit.graph import Circuit
from bespoke.circuit.packing import pack_bits, unpack_bits

__all__ = ["Circuit", "CircuitBuilder", "pack_bits", "read_aiger", "unpack_bits", "write_aiger"]
