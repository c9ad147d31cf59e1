"""Printed technologies: cells, Liberty in and out, genlib, power sources, figures of front ends."""

from bespoke.technology.cells import (
    Cell,
    CellOutput,
    FlipFlop,
    LeftOutCell,
    MultiOutputCell,
    PhysicalCell,
    PowerSource,
    Technology,
    TimingArc,
)
from bespoke.technology.devices import Devices, devices_of
from bespoke.technology.export import to_genlib, to_liberty, to_verilog_models
from bespoke.technology.front_end_figures import ASSUMED_COMPARATOR_DEVICES, FrontEndFigures, read_front_end_figures
from bespoke.technology.liberty import read_liberty
from bespoke.technology.power_sources import Verdict, carriers, smallest_carrier
from bespoke.technology.registry import DEFAULT_TECHNOLOGY, load_technology, technology_names
from bespoke.technology.suitability import knows_delays, require_mappable, shortcomings
from bespoke.technology.toml_format import read_toml, to_toml

__all__ = [
    "ASSUMED_COMPARATOR_DEVICES",
    "DEFAULT_TECHNOLOGY",
    "Cell",
    "CellOutput",
    "Devices",
    "FlipFlop",
    "FrontEndFigures",
    "LeftOutCell",
    "MultiOutputCell",
    "PhysicalCell",
    "PowerSource",
    "Technology",
    "TimingArc",
    "Verdict",
    "carriers",
    "devices_of",
    "knows_delays",
    "load_technology",
    "read_front_end_figures",
    "read_liberty",
    "read_toml",
    "require_mappable",
    "shortcomings",
    "smallest_carrier",
    "technology_names",
    "to_genlib",
    "to_liberty",
    "to_toml",
    "to_verilog_models",
]
