"""Designs that the search proposes for mapping: networks, and circuits approximated below the neurons."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace

from bespoke.costs import Objective
from bespoke.data import PreparedData
from bespoke.model import IntegerClassifier, LogicCircuit, Network, from_json, to_json
from bespoke.pipeline.config import Effort, RunConfig, Unit
from bespoke.pipeline.metrics import SearchSummary, restored
from bespoke.pipeline.progress import RunProgress
from bespoke.pipeline.runfolder import RunFolder
from bespoke.pipeline.selection import trusted_accuracy
from bespoke.search import Cost, Found, Front, SearchData, SearchOptions, circuit_of, estimates, explore
from bespoke.search.circuit import ApproximationData, ApproximationOptions, approximate
from bespoke.statistics import Accuracy
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
class Proposal:
    """A design that is worth mapping.

    The estimates are the search's own figures; only mapping gives measured ones.
    """

    classifier: IntegerClassifier
    origin: str
    train: Accuracy
    validation: Accuracy
    estimated_area_cm2: float
    estimated_static_power_mw: float

    @property
    def trusted_accuracy(self) -> float:
        """On which designs are compared; see `bespoke.pipeline.selection`."""
        return trusted_accuracy(self.train, self.validation)


@dataclass(frozen=True)
class Proposals:
    """All proposals of a run, and what it cost to find them."""

    designs: tuple[Proposal, ...]
    summary: SearchSummary


def proposal(
    classifier: IntegerClassifier,
    data: PreparedData,
    *,
    origin: str,
    estimated_area_cm2: float,
    estimated_static_power_mw: float,
) -> Proposal:
    """A proposal with its accuracies on the parts that the choice may look at."""
    train, validation = (
        Accuracy.of(classifier.predict(part.features), part.classes) for part in (data.train, data.validation)
    )
    return Proposal(classifier, origin, train, validation, estimated_area_cm2, estimated_static_power_mw)


def exact_proposal(baseline: Network, data: PreparedData, technology: Technology) -> Proposal:
    """The exact baseline, to stand beside what the search proposes."""
    costs = estimates(baseline, technology, data.train.features)
    return proposal(
        baseline,
        data,
        origin="exact baseline",
        estimated_area_cm2=costs.area_cm2,
        estimated_static_power_mw=costs.static_power_mw,
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
) -> tuple[list[Proposal], SearchSummary]:
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
                "designs": [_entry(candidate) for candidate in front.candidates],
            },
        )
    document = folder.read_json(name)
    return list(_read(document["designs"], data)), restored(SearchSummary, document["summary"])


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
    networks: Sequence[Proposal],
    technology: Technology,
    progress: RunProgress,
) -> tuple[list[Proposal], float]:
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
                "designs": [_entry(circuit) for circuit in circuits],
            },
        )
    document = folder.read_json(name)
    return list(_read(document["designs"], data)), document["seconds"]


def circuit_starts(networks: Sequence[Proposal]) -> list[LogicCircuit]:
    """Circuits of the most accurate networks, spread over the areas."""
    best, front = -1.0, []
    for design in sorted(networks, key=lambda d: (d.estimated_area_cm2, -d.train.value)):
        if design.train.value > best:
            best = design.train.value
            front.append(design)
    last = len(front) - 1
    picks = sorted({round(last * (1 - step / (2 * max(1, CIRCUIT_STARTS - 1)))) for step in range(CIRCUIT_STARTS)})
    return [circuit_of(front[pick].classifier) for pick in picks]


def _entry(found: Found) -> dict[str, object]:
    return {
        "origin": found.origin,
        "estimated_area_cm2": found.estimated.area_cm2,
        "estimated_static_power_mw": found.estimated.static_power_mw,
        "model": to_json(found.classifier),
    }


def _read(entries: Iterable[dict], data: PreparedData) -> Iterable[Proposal]:
    for entry in entries:
        yield proposal(
            from_json(entry["model"]),
            data,
            origin=entry["origin"],
            estimated_area_cm2=entry["estimated_area_cm2"],
            estimated_static_power_mw=entry["estimated_static_power_mw"],
        )
