"""Post-mapping optimisation for area and state-weighted static power, every move proven."""

from bespoke.netlist.optimise.api import DEFAULT_POWER_WEIGHT, OptimisedNetlist, optimise_netlist

__all__ = ["DEFAULT_POWER_WEIGHT", "OptimisedNetlist", "optimise_netlist"]
