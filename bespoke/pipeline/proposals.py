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
from bespoke.search import Cost, Found, Front, SearchData, SearchOptions, circuit_of, estimates, explore
from bespoke.search.circuit import ApproximationData, ApproximationOptions, approximate
from bespoke.technology import Technology

#: Candidates that the search evaluates, by effort.
CANDIDATES = {Effort.FAST: 1_000_000, Effort.NORMAL: 6_000_000, Effort.HIGH: 40_000_000}
#: Edits that circuit-level approximation tries, by effort.
MOVES = {Effort.FAST: 500_000, Effort.NORMAL: 3_000_000, Effort.HIGH: 20_000_000}
#: Circuits of the front that circuit-level approximation starts from.
CIRCUIT_STARTS = 6
#: Smaller training parts are searched with a noisy copy of each sample beside it, against over-fitting.
ENOUGH_SAMPLES = 2000

_COSTS = {Objective.AREA: Cost.AREA, Objective.POWER: Cost.STATIC_POWER}


@dataclass(frozen=True)
class Proposals:
    """All proposals of a run, and what it cost to find them."""

    designs: tuple[Design, ...]
    summary: SearchSummary


def exact_design(baseline: Network, data: PreparedData, technology: Technology) -> Design:
    """The exact baseline, to stand beside what the search proposes."""
    return Design.rated(
        baseline, data, origin=EXACT_BASELINE, estimated=estimates(baseline, technology, data.train.features)
    )


def propose(
    folder: RunFolder,
    config: RunConfig,
    data: PreparedData,
    *,
    starts: Sequence[Network],
    technology: Technology,
    progress: RunProgress,
) -> Proposals:
    """Searches networks, then approximates circuits; both are read back where an earlier call finished them."""
    networks, summary = _searched(folder, config, data, starts, technology, progress)
    if not config.circuit_approximation:
        return Proposals(tuple(networks), summary)
    circuits, seconds = _approximated(folder, config, data, networks, technology, progress)
    return Proposals(tuple(networks + circuits), replace(summary, circuit_seconds=seconds))


def _searched(
    folder: RunFolder,
    config: RunConfig,
    data: PreparedData,
    starts: Sequence[Network],
    technology: Technology,
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
                cost=_COSTS[config.objective],
                jitter=int(data.train.samples < ENOUGH_SAMPLES),
                seed=config.seed,
                **frozen,
            ),
            technology=technology,
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
    progress: RunProgress,
) -> tuple[list[Design], float]:
    """Approximated circuits, and the seconds that they took."""
    name = "search/circuits.json"
    if not folder.has(name):
        progress.stage("approximating circuits")
        started = time.monotonic()
        circuits = approximate(
            circuit_starts(networks),
            ApproximationData(data.train.features, data.train.classes),
            ApproximationOptions(moves=MOVES[config.effort]),
            technology=technology,
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


def circuit_starts(networks: Sequence[Design]) -> list[LogicCircuit]:
    """Circuits of the most accurate networks, spread over the areas."""
    front = front_of(networks, estimated(Objective.AREA), lambda design: -design.train.value)
    last = len(front) - 1
    picks = sorted({round(last * (1 - step / (2 * max(1, CIRCUIT_STARTS - 1)))) for step in range(CIRCUIT_STARTS)})
    return [circuit_of(front[pick].model) for pick in picks]


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
