"""Compiled moves from one network to a neighbour, and random networks to start from.

Every move works on a row of genes, notes the neurons that it touched in ``changed``, and keeps the genes within the
limits.
"""

from bespoke.search.variation.moves import move_rates
from bespoke.search.variation.networks import mutate, random_network

__all__ = ["move_rates", "mutate", "random_network"]
