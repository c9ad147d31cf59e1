"""Which nodes of a graph its outputs depend on."""

from __future__ import annotations

import numpy as np
from numba import njit

from bespoke.circuit.graph import Circuit


def live_nodes(circuit: Circuit) -> np.ndarray:
    """Boolean (nodes,): which nodes can be reached from the outputs."""
    live = np.zeros(circuit.nodes, dtype=np.bool_)
    live[circuit.outputs >> 1] = True
    _spread(live, circuit.first_and, circuit.fanins)
    return live


@njit(cache=True)
def _spread(live, first_and, fanins):
    # fanins come earlier, so one pass from the last AND down sees every reader before what it reads
    for index in range(fanins.shape[0] - 1, -1, -1):
        if live[first_and + index]:
            live[fanins[index, 0] >> 1] = True
            live[fanins[index, 1] >> 1] = True
