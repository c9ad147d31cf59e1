"""A small random generator for kernels, with its state in an array of the caller's (xorshift64*, Vigna 2016)."""

from __future__ import annotations

import numpy as np
from numba import njit


def random_state(rng: np.random.Generator) -> np.ndarray:
    """State of a new generator, uint64 (1,), drawn from ``rng``."""
    return rng.integers(1, 1 << 63, 1, dtype=np.uint64)


@njit(cache=True)
def next_bits(state):
    """The next 64 random bits."""
    x = state[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    state[0] = x
    return x * np.uint64(0x2545F4914F6CDD1D)


@njit(cache=True)
def below(state, bound):
    """An integer in ``0..bound-1`` for a bound below 2**31."""
    return np.int64(((next_bits(state) >> np.uint64(33)) * np.uint64(bound)) >> np.uint64(31))


@njit(cache=True)
def unit(state):
    """A float in [0, 1)."""
    return (next_bits(state) >> np.uint64(11)) * (1.0 / (1 << 53))
