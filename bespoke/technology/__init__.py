"""Printed technologies: cells, Liberty in and out, genlib, power sources."""

from bespoke.technology.cells import Cell, FlipFlop, PowerSource, Technology, TimingArc
from bespoke.technology.export import to_genlib, to_liberty, to_verilog_models
from bespoke.technology.liberty import read_liberty
from bespoke.technology.registry import DEFAULT_TECHNOLOGY, load_technology, technology_names
from bespoke.technology.toml_format import read_toml, to_toml

__all__ = [
    "DEFAULT_TECHNOLOGY",
    "Cell",
    "FlipFlop",
    "PowerSource",
    "Technology",
    "TimingArc",
    "load_technology",
    "read_liberty",
    "read_toml",
    "technology_names",
    "to_genlib",
    "to_liberty",
    "to_toml",
    "to_verilog_models",
]
