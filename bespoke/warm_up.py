"""Compiles every kernel ahead of time: ``python -m bespoke.warm_up``.

Numba keeps what it compiled on disk, so the first run after an installation need not wait for it. Each kernel is called
once on something tiny, with the argument types of a run with default settings: behind comparators, for little power
of the system, from networks and trees. What other settings need besides is compiled when they are first used.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

import numpy as np

from bespoke.circuit import Circuit
from bespoke.execution import executor_of
from bespoke.model import LogicCircuit, Network, QRelu
from bespoke.netlist import dynamic_power, read_netlist, static_power, timing
from bespoke.netlist.optimise import optimise_netlist
from bespoke.robustness import Subject, printed_yield, single_stuck_at
from bespoke.robustness.measured import DriftingPrints, Measured
from bespoke.run.config import RunConfig
from bespoke.run.judging import baseline_front_end
from bespoke.run.preparation import front_end_of
from bespoke.search import SearchData, SearchOptions, circuit_of, complemented_wires, estimates, explore
from bespoke.search.circuit import ApproximationData, ApproximationOptions, approximate
from bespoke.search.circuit.validity import with_existing_classes
from bespoke.search.pricing import prices
from bespoke.sensing import FrontEndKind, all_wires
from bespoke.technology import load_technology
from bespoke.train.lookup_circuits import lookup_circuit
from bespoke.train.lookup_networks import LookupOptions, train_lookup_network
from bespoke.train.trees import grow_trees, tree_circuit

log = logging.getLogger(__name__)

#: A run with no options.
_DEFAULT = RunConfig(data="iris")

#: Inputs and gates of a netlist that is large enough for moves to be refuted.
_INPUTS, _GATES = 40, 200


def _netlist() -> str:
    """Verilog of random gates."""
    rng = np.random.default_rng(0)
    nets = [f"inp[{bit}]" for bit in range(_INPUTS)]
    lines = [f"module top(inp, out);\n  input [{_INPUTS - 1}:0] inp; output [3:0] out;"]
    for gate in range(_GATES):
        kind = ("NAND2X1", "NOR2X1", "AND2X1", "AND2X1")[rng.integers(4)]
        first, second = (nets[place] for place in rng.choice(len(nets), 2, replace=False))
        lines.append(f"  wire n{gate}; {kind} g{gate}(.A1({first}), .A2({second}), .Y(n{gate}));")
        nets.append(f"n{gate}")
    lines += [f"  INVX1 o{bit}(.A({nets[-1 - bit]}), .Y(out[{bit}]));" for bit in range(4)]
    return "\n".join([*lines, "endmodule"])


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
    technology = load_technology()
    features, classes = _samples()
    data = SearchData(features, classes, 4, 2, features, classes)
    options = SearchOptions(candidates=2_000, epochs=1, objective=_DEFAULT.objective)
    front_end = front_end_of(_DEFAULT, technology)
    explore(data, [_network()], options, technology=technology, front_end=front_end)
    estimates(_network(), technology, features, baseline_front_end(technology, front_end))


def _starts() -> None:
    """What the gate-level search starts from, beside networks, and what starts are judged by."""
    technology = load_technology()
    front_end = front_end_of(_DEFAULT, technology)
    features, classes = _samples()
    tree = tree_circuit(grow_trees(features, classes, leaves=(4,))[0], classes=2, bits=4, kind=front_end.kind)
    lookup = train_lookup_network(features, classes, classes_count=2, bits=4, options=LookupOptions(4, 2, epochs=2))
    lookup_circuit(lookup, front_end.kind)
    estimates(tree, technology, features, front_end)
    complemented_wires(tree, technology)
    wires = all_wires(front_end.kind, 2, 4)
    beyond = LogicCircuit(wires, 3, Circuit(wires.count, np.zeros((0, 2), dtype=np.int32), [2, 4]))
    with_existing_classes(beyond, prices(technology))


def _approximation() -> None:
    technology = load_technology()
    front_end = front_end_of(_DEFAULT, technology)
    features, classes = _samples()
    network = circuit_of(_network(), wires=all_wires(front_end.kind, 2, 4)).narrowed()
    tree = tree_circuit(grow_trees(features, classes, leaves=(4,))[0], classes=2, bits=4, kind=front_end.kind)
    options = ApproximationOptions(moves=500, rounds=1, objective=_DEFAULT.objective)
    data = ApproximationData(features, classes)
    approximate([network, tree], data, options, technology=technology, front_end=front_end)


def _netlists() -> None:
    technology = load_technology()
    bits = np.random.default_rng(0).random((64, _INPUTS)) < 0.5
    netlist = read_netlist(_netlist(), technology)
    static_power(netlist, bits)
    dynamic_power(netlist, bits, clock_ms=technology.clock_ms, supply_v=technology.supply_v)
    timing(netlist, technology.clock_ms)
    optimise_netlist(netlist, technology=technology, data_bits=bits, budget_moves=500, seed=0)


def _faults() -> None:
    netlist = read_netlist(_netlist(), load_technology())
    bits = np.random.default_rng(0).random((64, _INPUTS)) < 0.5
    names = tuple(map(str, range(_INPUTS)))
    subject = Subject(netlist, bits, np.zeros(64, int), np.ones(_GATES + 4, int), np.ones(_INPUTS), names)
    single_stuck_at(subject)
    printed_yield(subject, device_yields=(0.99,), seed=0, prints=2)


def _drift() -> None:
    features, _ = _samples()
    for kind in (FrontEndKind.THERMOMETER, FrontEndKind.BINARY):
        wires = all_wires(kind, 2, 4)
        prints = DriftingPrints(Measured.of_codes(features, wires, kind), np.ones(wires.count, dtype=bool), 0.5)
        prints.draw(np.random.default_rng(0), 1)


def warm_up() -> None:
    """Fill Numba's cache for the search, circuit-level approximation and the netlist kernels, on two cores.

    The longest come first. Approximation waits for the search, whose kernels it shares, and finds them compiled.
    """
    with executor_of(workers=2) as executor:
        list(executor.map(_done, (_search, _netlists, _approximation, _starts, _drift, _faults)))


def _done(job: Callable[[], None]) -> None:
    job()


def timed(job: Callable[[], None]) -> float:
    """Seconds that a job takes."""
    started = time.perf_counter()
    job()
    return time.perf_counter() - started


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    log.info("kernels compiled in %.0f s", timed(warm_up))
