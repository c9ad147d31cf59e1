"""Printed technologies: cells, Liberty in and out, genlib, power sources, figures of front ends."""

from bespoke.technology.cells import Cell, FlipFlop, PowerSource, Technology, TimingArc
from bespoke.technology.export import to_genlib, to_liberty, to_verilog_models
from bespoke.technology.front_end_figures import FrontEndFigures, read_front_end_figures
from bespoke.technology.liberty import read_liberty
from bespoke.technology.power_sources import Verdict, carriers, smallest_carrier
from bespoke.technology.registry import DEFAULT_TECHNOLOGY, load_technology, technology_names
from bespoke.technology.toml_format import read_toml, to_toml

__all__ = [
    "DEFAULT_TECHNOLOGY",
    "Cell",
    "FlipFlop",
    "FrontEndFigures",
    "PowerSource",
    "Technology",
    "TimingArc",
    "Verdict",
    "carriers",
    "load_technology",
    "read_front_end_figures",
    "read_liberty",
    "read_toml",
    "smallest_carrier",
    "technology_names",
    "to_genlib",
    "to_liberty",
    "to_toml",
    "to_verilog_models",
]
