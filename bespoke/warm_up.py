"""Compiles every kernel ahead of time: ``python -m bespoke.warm_up``.

Numba keeps what it compiled on disk, so the first run after an installation need not wait for it. Each kernel is called
once on something tiny, with the argument types that real runs use.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

import joblib
import numpy as np

from bespoke.model import Network, QRelu
from bespoke.netlist import dynamic_power, read_netlist, static_power, timing
from bespoke.netlist.optimise import optimise_netlist
from bespoke.search import SearchData, SearchOptions, circuit_of, estimate_static_power, explore
from bespoke.search.circuit import ApproximationData, ApproximationOptions, approximate
from bespoke.technology import load_technology

log = logging.getLogger(__name__)

_NETLIST = """
module top(inp, out);
  input [3:0] inp; output [1:0] out; wire a, b;
  NAND2X1 g0(.A1(inp[0]), .A2(inp[1]), .Y(a));
  XOR2X1 g1(.A1(inp[2]), .A2(a), .Y(b));
  INVX1 g2(.A(b), .Y(out[0]));
  NOR2X1 g3(.A1(inp[3]), .A2(b), .Y(out[1]));
endmodule
"""


def _samples() -> tuple[np.ndarray, np.ndarray]:
    features = np.random.default_rng(0).integers(0, 16, (64, 2))
    return features, (features[:, 0] > features[:, 1]).astype(np.int64)


def _network() -> Network:
    return Network.from_arrays(
        input_bits=4,
        weights=[np.array([[3, -2], [-1, 4]]), np.array([[1, -1], [-2, 3]])],
        biases=[np.array([1, -3]), np.array([0, 2])],
        activations=[[QRelu(1, 4), QRelu(0, 4)]],
    )


def _search() -> None:
    features, classes = _samples()
    data = SearchData(features, classes, 4, 2, features, classes)
    options = SearchOptions(candidates=2_000, epochs=1)
    explore(data, [_network()], options, technology=load_technology(), workers=1)


def _circuits() -> None:
    technology = load_technology()
    circuit = circuit_of(_network())
    circuit.used_wires()  # the walk over live nodes
    features, classes = _samples()
    estimate_static_power(circuit, technology, features)
    options = ApproximationOptions(moves=500, rounds=1)
    approximate(circuit, ApproximationData(features, classes), options, technology=technology)


def _netlists() -> None:
    technology = load_technology()
    bits = np.random.default_rng(0).random((64, 4)) < 0.5
    netlist = read_netlist(_NETLIST, technology)
    static_power(netlist, bits)
    dynamic_power(netlist, bits, clock_ms=technology.clock_ms, supply_v=technology.supply_v)
    timing(netlist, technology.clock_ms)
    optimise_netlist(netlist, technology=technology, data_bits=bits, budget_moves=50, seed=0)


def warm_up() -> None:
    """Fill Numba's cache for the search, circuit-level approximation and the netlist kernels, on two cores."""
    jobs = [joblib.delayed(job)() for job in (_circuits, _netlists, _search)]
    joblib.Parallel(n_jobs=2)(jobs)


def timed(job: Callable[[], None]) -> float:
    """Seconds that a job takes."""
    started = time.perf_counter()
    job()
    return time.perf_counter() - started


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    log.info("kernels compiled in %.0f s", timed(warm_up))
