"""Designs that the search proposes for mapping: networks, and circuits approximated below the neurons."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from bespoke.costs import Objective
from bespoke.data import PreparedData
from bespoke.design import EXACT_BASELINE, Design, estimated, front_of
from bespoke.errors import InputError
from bespoke.model import LogicCircuit, Network
from bespoke.pipeline.config import Effort, RunConfig, Unit
from bespoke.pipeline.metrics import SearchSummary, restored
from bespoke.pipeline.progress import RunProgress
from bespoke.pipeline.runfolder import RunFolder
from bespoke.search import Found, Front, SearchData, SearchOptions, circuit_of, estimates, explore
from bespoke.search.circuit import ApproximationData, ApproximationOptions, approximate
from bespoke.sensing import FrontEnd, FrontEndKind, all_wires
from bespoke.technology import Technology
from bespoke.train.trees import grow_trees, noisy_samples, tree_circuit

#: Candidates that the search evaluates, by effort.
CANDIDATES = {Effort.FAST: 500_000, Effort.NORMAL: 3_000_000, Effort.HIGH: 40_000_000}
#: Edits that circuit-level approximation tries, by effort.
MOVES = {Effort.FAST: 1_000_000, Effort.NORMAL: 8_000_000, Effort.HIGH: 40_000_000}
#: Circuits of the front that circuit-level approximation starts from.
CIRCUIT_STARTS = 6
#: Leaves of the decision trees that it starts from, and noisy copies of the samples that they are grown on.
TREE_LEAVES, TREE_COPIES = (4, 8, 16, 32, 64, 128), 1
#: Origin of the trees that every run is compared with.
RIVAL_TREE = "rival tree"
#: Smaller training parts are searched with a noisy copy of each sample beside it, against over-fitting.
ENOUGH_SAMPLES = 2000


@dataclass(frozen=True)
class Proposals:
    """All proposals of a run, and what it cost to find them."""

    designs: tuple[Design, ...]
    summary: SearchSummary


def exact_design(baseline: Network, data: PreparedData, technology: Technology, front_end: FrontEnd) -> Design:
    """The exact baseline behind a front end of its own, to stand beside what the search proposes."""
    costs = estimates(baseline, technology, data.train.features, front_end)
    return Design.rated(baseline, data, origin=EXACT_BASELINE, estimated=costs)


def rival_trees(data: PreparedData, technology: Technology, front_end: FrontEnd) -> tuple[Design, ...]:
    """The obvious alternative: decision trees of rising size on the same grid and front end."""
    designs = []
    for tree in grow_trees(data.train.features, data.train.classes):
        circuit = tree_circuit(tree, classes=data.classes, bits=data.bits, kind=front_end.kind)
        costs = estimates(circuit, technology, data.train.features, front_end)
        designs.append(Design.rated(circuit, data, origin=RIVAL_TREE, estimated=costs))
    return tuple(designs)


def propose(
    folder: RunFolder,
    config: RunConfig,
    data: PreparedData,
    *,
    starts: Sequence[Network],
    technology: Technology,
    front_end: FrontEnd,
    progress: RunProgress,
) -> Proposals:
    """Searches networks, then approximates circuits; both are read back where an earlier call finished them."""
    networks, summary = _searched(folder, config, data, starts, technology, front_end, progress)
    if not config.circuit_approximation:
        return Proposals(tuple(networks), summary)
    circuits, seconds = _approximated(folder, config, data, networks, technology, front_end, progress)
    return Proposals(tuple(networks + circuits), replace(summary, circuit_seconds=seconds))


def _searched(
    folder: RunFolder,
    config: RunConfig,
    data: PreparedData,
    starts: Sequence[Network],
    technology: Technology,
    front_end: FrontEnd,
    progress: RunProgress,
) -> tuple[list[Design], SearchSummary]:
    name = "search/networks.json"
    if not folder.has(name):
        progress.stage("searching networks")
        frozen = {str(unit): unit not in config.freeze for unit in Unit}
        front = explore(
            SearchData(
                data.train.features,
                data.train.classes,
                data.bits,
                data.classes,
                data.validation.features,
                data.validation.classes,
            ),
            starts,
            SearchOptions(
                candidates=CANDIDATES[config.effort],
                objective=config.objective,
                jitter=int(data.train.samples < ENOUGH_SAMPLES),
                seed=config.seed,
                **frozen,
            ),
            technology=technology,
            front_end=front_end,
            workers=config.workers,
            progress=progress.update,
            checkpoint=folder / "search/checkpoint.npz",
        )
        folder.write_json(
            name,
            {
                "summary": asdict(_summary(front)),
                "designs": [rated(candidate, data).to_json() for candidate in front.candidates],
            },
        )
    designs, document = _read(folder, name)
    return designs, restored(SearchSummary, document["summary"])


def _summary(front: Front) -> SearchSummary:
    return SearchSummary(
        candidates=front.statistics.evaluated,
        seconds=front.statistics.seconds,
        circuit_seconds=0.0,
        front_designs=len(front.pareto),
        hypervolume=front.hypervolume,
    )


def _approximated(
    folder: RunFolder,
    config: RunConfig,
    data: PreparedData,
    networks: Sequence[Design],
    technology: Technology,
    front_end: FrontEnd,
    progress: RunProgress,
) -> tuple[list[Design], float]:
    """Approximated circuits, and the seconds that they took."""
    name = "search/circuits.json"
    if not folder.has(name):
        progress.stage("approximating circuits")
        started = time.monotonic()
        circuits = approximate(
            [
                *circuit_starts(networks, config.objective, front_end.kind),
                *tree_starts(data, front_end.kind, config.seed),
            ],
            ApproximationData(data.train.features, data.train.classes),
            ApproximationOptions(moves=MOVES[config.effort], objective=config.objective),
            technology=technology,
            front_end=front_end,
            seed=config.seed,
            workers=config.workers,
            progress=progress.update,
        )
        folder.write_json(
            name,
            {
                "seconds": time.monotonic() - started,
                "designs": [rated(circuit, data).to_json() for circuit in circuits],
            },
        )
    designs, document = _read(folder, name)
    return designs, document["seconds"]


def circuit_starts(networks: Sequence[Design], objective: Objective, kind: FrontEndKind) -> list[LogicCircuit]:
    """Circuits of the most accurate networks over a front end's wires, spread over the costs."""
    front = front_of(networks, estimated(objective), lambda design: -design.train.value)
    last = len(front) - 1
    picks = sorted({round(last * (1 - step / (2 * max(1, CIRCUIT_STARTS - 1)))) for step in range(CIRCUIT_STARTS)})
    models = [front[pick].model for pick in picks]
    return [circuit_of(model, wires=all_wires(kind, model.features, model.input_bits)).narrowed() for model in models]


def tree_starts(data: PreparedData, kind: FrontEndKind, seed: int) -> list[LogicCircuit]:
    """Decision trees of several sizes on the training samples and noisy copies of them, for gates to be edited."""
    features, classes = noisy_samples(data.train, data.bits, copies=TREE_COPIES, seed=seed)
    trees = grow_trees(features, classes, leaves=TREE_LEAVES, seed=seed)
    return [tree_circuit(tree, classes=data.classes, bits=data.bits, kind=kind) for tree in trees]


def rated(found: Found, data: PreparedData) -> Design:
    """What a search found as a design: rated on the whole of the parts, of which the search may have seen a share."""
    return Design.rated(found.classifier, data, origin=found.origin, estimated=found.estimated)


def _read(folder: RunFolder, name: str) -> tuple[list[Design], dict[str, Any]]:
    """The designs that a search left, and the whole of its file."""
    document = folder.read_json(name)
    try:
        return [Design.from_json(entry) for entry in document["designs"]], document
    except InputError as error:
        raise InputError(
            f"{folder / name} is damaged or of another version ({error}); remove it, or pass --overwrite"
        ) from None
