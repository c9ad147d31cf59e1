"""Circuits changed below the neurons, where the data allow it; and small ones grown from nothing."""

from bespoke.search.circuit.approximation import approximate, evolve_small
from bespoke.search.circuit.types import ApproximationData, ApproximationOptions

__all__ = ["ApproximationData", "ApproximationOptions", "approximate", "evolve_small"]
