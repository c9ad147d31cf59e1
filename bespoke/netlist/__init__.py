"""The mapped netlist as arrays: bit-parallel simulation, power, timing, optimisation."""

from bespoke.netlist.types import FlipFlopInstance, Netlist, Port

__all__ = ["FlipFlopInstance", "Netlist", "Port"]
