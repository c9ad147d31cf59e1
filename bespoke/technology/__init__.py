"""Printed technologies: cells, Liberty in and out, genlib, power sources."""

from bespoke.technology.cells import Cell, FlipFlop, PowerSource, Technology, TimingArc

__all__ = ["Cell", "FlipFlop", "PowerSource", "Technology", "TimingArc"]
