"""Input patterns that the kernels work on: the data, then all patterns there are or random and counter-example ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bespoke.circuit import pack_bits
from bespoke.netlist.optimise.state import STRIPES

#: Data vectors that weigh the power during the search; the report uses all.
DATA_LIMIT = 1024
#: Words of random patterns, and of patterns learnt from counter-examples.
RANDOM_WORDS, LEARNT_WORDS = 16, 48
#: All patterns are enumerated up to this many inputs and this many word evaluations for the whole circuit.
EXHAUSTIVE_INPUTS, EXHAUSTIVE_WORK = 16, 60_000


@dataclass(frozen=True)
class Patterns:
    """What is simulated.

    Parameters
    ----------
    words : uint64 (sources, words).
    data_words : the first so many words hold data.
    data_count : data vectors in them.
    learnt_words : room for counter-examples behind ``words``.
    exhaustive : the words hold every pattern of the sources in use.
    """

    words: np.ndarray
    data_words: int
    data_count: int
    learnt_words: int
    exhaustive: bool


def plan_patterns(data: np.ndarray, used: np.ndarray, gates: int, rng: np.random.Generator) -> Patterns:
    """Choose the patterns of a circuit.

    Parameters
    ----------
    data : bool (vectors, sources), at least one vector.
    used : bool (sources,), those that the circuit reads.
    gates : number of gates.
    """
    if len(data) > DATA_LIMIT:
        data = data[np.linspace(0, len(data) - 1, DATA_LIMIT).astype(np.int64)]
    packed = pack_bits(data)
    inputs = int(used.sum())
    exhaustive_words = 1 << max(0, inputs - 6)
    if inputs <= EXHAUSTIVE_INPUTS and exhaustive_words * max(1, gates) <= EXHAUSTIVE_WORK:
        every = np.zeros((len(used), exhaustive_words), dtype=np.uint64)
        numbers = np.arange(exhaustive_words, dtype=np.uint64)
        for place, source in enumerate(np.flatnonzero(used)):
            if place < 6:
                every[source] = STRIPES[place]
            else:
                every[source] = np.where(numbers >> np.uint64(place - 6) & np.uint64(1), ~np.uint64(0), np.uint64(0))
        return Patterns(np.hstack([packed, every]), packed.shape[1], len(data), 0, True)
    random = rng.integers(0, 1 << 64, (len(used), RANDOM_WORDS), dtype=np.uint64)
    # Half of the random patterns are data with a few bits flipped: close to the states that matter.
    near = RANDOM_WORDS // 2
    chosen = data[rng.integers(0, len(data), near * 64)] ^ (rng.random((near * 64, len(used))) < 0.1)
    random[:, :near] = pack_bits(chosen)
    return Patterns(np.hstack([packed, random]), packed.shape[1], len(data), LEARNT_WORDS, False)


def around(example: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One word of patterns, uint64 (sources,): a counter-example and 63 of its neighbours at one to a few flips."""
    vectors = np.repeat(example[None, :], 64, axis=0)
    flips = rng.random(vectors.shape) < rng.choice([1.0, 2.0, 4.0], (64, 1)) / max(4, len(example))
    flips[0] = False
    return pack_bits(vectors ^ flips)[:, 0]
