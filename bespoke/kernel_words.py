"""What compiled kernels of several rooms do with 64-bit words: count ones, draw random bits."""

from __future__ import annotations

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

#: What a state of the generator is multiplied by to give random bits, the high ones best.
SCRAMBLER = np.uint64(0x2545F4914F6CDD1D)


@intrinsic
def popcount(typing_context, word):
    """Number of ones of a uint64, as int64; one machine instruction."""

    def emit(context, builder, signature, arguments):
        return builder.ctpop(builder.bitcast(arguments[0], ir.IntType(64)))

    return types.int64(types.uint64), emit


@njit(cache=True, inline="always")
def next_state(state):
    """The state after a uint64 ``state`` of the generator xorshift64* (Vigna 2016), which must not be 0."""
    state ^= state >> np.uint64(12)
    state ^= state << np.uint64(25)
    state ^= state >> np.uint64(27)
    return state
