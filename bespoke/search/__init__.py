"""Search for small integer networks: circuit, cost, evaluation, exploration."""

from bespoke.search.circuit_builder import circuit_of
from bespoke.search.estimate import complemented_wires, estimate_area, estimate_static_power, estimates
from bespoke.search.explore import explore
from bespoke.search.found import Found
from bespoke.search.front import EpochRecord, Front, SearchStatistics, hypervolume
from bespoke.search.options import SearchData, SearchOptions
from bespoke.search.printing import Printing

__all__ = [
    "EpochRecord",
    "Found",
    "Front",
    "Printing",
    "SearchData",
    "SearchOptions",
    "SearchStatistics",
    "circuit_of",
    "complemented_wires",
    "estimate_area",
    "estimate_static_power",
    "estimates",
    "explore",
    "hypervolume",
]
