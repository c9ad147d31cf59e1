"""The mapped netlist as arrays: bit-parallel simulation, power, timing, optimisation."""

from bespoke.netlist.attribution import attribute_gates, neuron_label
from bespoke.netlist.dynamic import DynamicPower, dynamic_power, net_loads_nf
from bespoke.netlist.measure import (
    StaticPower,
    area_cm2,
    area_um2,
    cell_counts,
    state_counts,
    static_power,
)
from bespoke.netlist.reading import read_netlist
from bespoke.netlist.simulation import codes, evaluate, net_values, predict, simulate, truth_tables
from bespoke.netlist.timing import PathStep, Timing, timing
from bespoke.netlist.types import FlipFlopInstance, Netlist, Port
from bespoke.netlist.writing import verilog_name, write_netlist

__all__ = [
    "DynamicPower",
    "FlipFlopInstance",
    "Netlist",
    "PathStep",
    "Port",
    "StaticPower",
    "Timing",
    "area_cm2",
    "area_um2",
    "attribute_gates",
    "cell_counts",
    "codes",
    "dynamic_power",
    "evaluate",
    "net_loads_nf",
    "net_values",
    "neuron_label",
    "predict",
    "read_netlist",
    "simulate",
    "state_counts",
    "static_power",
    "timing",
    "truth_tables",
    "verilog_name",
    "write_netlist",
]
