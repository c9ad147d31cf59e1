"""A small random generator for kernels, with its state in an array of the caller's (xorshift64*, Vigna 2016)."""

from __future__ import annotations

import numpy as np
from numba import njit

from bespoke.kernel_words import SCRAMBLER, next_state


def random_state(rng: np.random.Generator) -> np.ndarray:
    """State of a new generator, uint64 (1,), drawn from ``rng``."""
    return rng.integers(1, 1 << 63, 1, dtype=np.uint64)


@njit(cache=True)
def next_bits(state):
    """The next 64 random bits."""
    state[0] = next_state(state[0])
    return state[0] * SCRAMBLER


@njit(cache=True)
def below(state, bound):
    """An integer in ``0..bound-1`` for a bound below 2**31."""
    return np.int64(((next_bits(state) >> np.uint64(33)) * np.uint64(bound)) >> np.uint64(31))


@njit(cache=True, inline="always")
def remainder_below(state, bound):
    """An integer in ``0..bound-1`` as a remainder; a seed's circuits depend on its being drawn like this."""
    return np.int64((next_bits(state) >> np.uint64(33)) % np.uint64(bound))


@njit(cache=True)
def unit(state):
    """A float in [0, 1)."""
    return (next_bits(state) >> np.uint64(11)) * (1.0 / (1 << 53))
