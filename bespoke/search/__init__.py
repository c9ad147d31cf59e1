"""Search for small integer networks: circuit, cost, evaluation, exploration."""

from bespoke.search.circuit_builder import circuit_of

__all__ = ["circuit_of"]
