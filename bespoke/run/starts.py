"""Circuits that the gate-level search starts from, by what they were made of."""

from __future__ import annotations

from collections.abc import Sequence

from bespoke.costs import Objective
from bespoke.data import PreparedData
from bespoke.design import Design, estimated, front_of, shortfall
from bespoke.model import LogicCircuit
from bespoke.run.config import Start
from bespoke.search import circuit_of
from bespoke.sensing import FrontEndKind, all_wires
from bespoke.train.forests import forest_circuit, grow_forests
from bespoke.train.lookup_circuits import lookup_circuit
from bespoke.train.lookup_networks import lookup_networks
from bespoke.train.trees import grow_trees, noisy_samples, tree_circuit

#: Circuits of the networks' front that are taken.
NETWORKS = 6
#: Leaves of the decision trees, and noisy copies of the samples that they are grown on.
TREE_LEAVES, COPIES = (4, 8, 16, 32, 64, 128, 256), 1
#: Trees and most leaves of the forests.
FORESTS = ((5, 16), (9, 32))
#: Tables of a layer, and layers, of the networks of look-up tables; each table needs so many samples to be learnt.
TABLES, SAMPLES_PER_TABLE = ((12, 2), (30, 2), (100, 1), (160, 1), (300, 1)), 10


def circuits_to_start_from(
    starts: Sequence[Start],
    networks: Sequence[Design],
    data: PreparedData,
    *,
    objective: Objective,
    kind: FrontEndKind,
    tables: int,
    seed: int,
) -> list[tuple[Start, LogicCircuit]]:
    """One circuit per network, tree and so on, over wires of the front end, each with what it was made of.

    Parameters
    ----------
    tables : most tables in a layer of a network of look-up tables.
    """
    made = {
        Start.NETWORK: lambda: network_circuits(networks, objective, kind),
        Start.TREE: lambda: tree_circuits(data, kind, seed),
        Start.FOREST: lambda: forest_circuits(data, kind, seed),
        Start.LUT: lambda: lookup_circuits(data, kind, tables, seed),
    }
    return [(start, circuit) for start, make in made.items() if start in starts for circuit in make()]


def network_circuits(networks: Sequence[Design], objective: Objective, kind: FrontEndKind) -> list[LogicCircuit]:
    """Circuits of the most accurate networks, spread over the costs."""
    front = front_of(networks, estimated(objective), shortfall)
    last = len(front) - 1
    picks = sorted({round(last * (1 - step / (2 * max(1, NETWORKS - 1)))) for step in range(NETWORKS)})
    models = [front[pick].model for pick in picks]
    return [circuit_of(model, wires=all_wires(kind, model.features, model.input_bits)).narrowed() for model in models]


def tree_circuits(data: PreparedData, kind: FrontEndKind, seed: int) -> list[LogicCircuit]:
    """Decision trees of several sizes on the training samples and noisy copies of them, for gates to be edited."""
    features, classes = noisy_samples(data.train, data.bits, copies=COPIES, seed=seed)
    trees = grow_trees(features, classes, leaves=TREE_LEAVES, seed=seed)
    return [tree_circuit(tree, classes=data.classes, bits=data.bits, kind=kind) for tree in trees]


def forest_circuits(data: PreparedData, kind: FrontEndKind, seed: int) -> list[LogicCircuit]:
    """Small forests on the training samples and noisy copies of them."""
    features, classes = noisy_samples(data.train, data.bits, copies=COPIES, seed=seed)
    forests = grow_forests(features, classes, classes_count=data.classes, bits=data.bits, sizes=FORESTS, seed=seed)
    return [forest_circuit(forest, kind) for forest in forests]


def lookup_circuits(data: PreparedData, kind: FrontEndKind, most: int, seed: int) -> list[LogicCircuit]:
    """Networks of look-up tables on the training samples, which their training blurs itself."""
    most = min(most, data.train.samples // SAMPLES_PER_TABLE)
    sizes = [(tables, layers) for tables, layers in TABLES if tables <= most]
    networks = lookup_networks(
        data.train.features, data.train.classes, classes_count=data.classes, bits=data.bits, sizes=sizes, seed=seed
    )
    return [lookup_circuit(network, kind) for network in networks]
