"""The search as a whole: islands over processes, migration, checkpoints, the front."""

from __future__ import annotations

import io
import logging
import time
import zipfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from bespoke.costs import Objective
from bespoke.dominance import non_dominated
from bespoke.errors import InputError
from bespoke.execution import Executor, Serial
from bespoke.files import write_bytes
from bespoke.model import Network
from bespoke.search import batch
from bespoke.search.estimate import estimates
from bespoke.search.found import NETWORK_SEARCH, Found
from bespoke.search.front import EpochRecord, Front, SearchStatistics, hypervolume
from bespoke.search.island import Island, advance, migrate, new_island
from bespoke.search.options import SearchData, SearchOptions
from bespoke.search.problem import Problem, make_problem, tidied
from bespoke.sensing import FrontEnd
from bespoke.statistics import Accuracy
from bespoke.technology import Technology

log = logging.getLogger(__name__)

#: Called with the share of the search that is done, 0 to 1, and a note on how it goes.
Progress = Callable[[float, str], None]


def explore(
    data: SearchData,
    starts: Sequence[Network],
    options: SearchOptions,
    *,
    technology: Technology,
    front_end: FrontEnd | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
    checkpoint: Path | None = None,
) -> Front:
    """Search for small accurate networks.

    Parameters
    ----------
    data : the training samples, and held-back ones that only rate the result.
    starts : networks to start from, of one depth; may be empty where every kind of unit may change.
    options : budget and freedom.
    technology : whose cells price the candidates.
    front_end : what delivers the inputs, and its price; without one they are binary words that cost nothing.
    executor : does the islands' shares; the front does not depend on it. None does them here.
    progress : told after every epoch.
    checkpoint : file (.npz) written after every epoch; if it exists the search goes on from there, to the same front.

    Raises
    ------
    InputError
        where data, starts and options do not fit together, or the checkpoint is damaged or of another search.
    """
    started = time.perf_counter()
    executor = executor or Serial()
    problem = executor.call(make_problem, data, starts, options, technology, front_end)
    islands, records, before = _begin(problem, checkpoint)
    share = max(1, options.candidates // (options.islands * options.epochs))
    while len(records) < options.epochs:
        islands = list(executor.map(partial(_advanced, problem, share), islands))
        migrate(problem, islands)
        records.append(_record(problem, islands, len(records) + 1))
        spent = before + time.perf_counter() - started
        if checkpoint is not None:
            _save(checkpoint, problem, islands, records, spent)
        note = f"{records[-1].evaluated} candidates, {records[-1].front_size} on the front"
        log.info("epoch %d of %d: %s", len(records), options.epochs, note)
        if progress is not None:
            progress(len(records) / options.epochs, note)
        if options.time_limit_s is not None and spent > options.time_limit_s:
            log.info("the time limit of %g s ends the search", options.time_limit_s)
            break
    candidates = executor.call(_candidates, problem, data, islands, technology, front_end)
    statistics = SearchStatistics(
        evaluated=records[-1].evaluated,
        priced=records[-1].priced,
        seconds=before + time.perf_counter() - started,
        search_seconds=float(sum(island.seconds[0] for island in islands)),
        epochs=tuple(records),
    )
    return Front(candidates, statistics)


def _advanced(problem: Problem, share: int, island: Island) -> Island:
    return advance(problem, island, share)


def _begin(problem: Problem, checkpoint: Path | None) -> tuple[list[Island], list[EpochRecord], float]:
    """Islands, records of the epochs done and seconds spent: new ones, or those of the checkpoint."""
    if checkpoint is not None and checkpoint.is_file():
        return _load(checkpoint, problem)
    generator = np.random.default_rng(problem.options.seed)
    return [new_island(problem, child) for child in generator.spawn(problem.options.islands)], [], 0.0


def _save(path: Path, problem: Problem, islands: list[Island], records: list[EpochRecord], seconds: float) -> None:
    arrays = {
        f"{number}_{name}": array for number, island in enumerate(islands) for name, array in island.arrays().items()
    }
    table = [[r.epoch, r.evaluated, r.priced, r.improvements, r.front_size, r.hypervolume] for r in records]
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        fingerprint=np.array(problem.fingerprint),
        records=np.array(table, dtype=np.float64),
        elapsed=np.array(seconds),
        **arrays,
    )
    write_bytes(path, buffer.getvalue())


def _load(path: Path, problem: Problem) -> tuple[list[Island], list[EpochRecord], float]:
    try:
        with np.load(path, allow_pickle=False) as stored:
            if str(stored["fingerprint"]) != problem.fingerprint:
                raise InputError(
                    f"checkpoint {path} is of a search with other data, starts or options; delete it or name another"
                )
            names = Island.__dataclass_fields__
            islands = [
                Island(**{name: stored[f"{number}_{name}"] for name in names})
                for number in range(problem.options.islands)
            ]
            records = [
                EpochRecord(int(e), int(evaluated), int(priced), int(better), int(size), float(volume))
                for e, evaluated, priced, better, size, volume in stored["records"]
            ]
            return islands, records, float(stored["elapsed"])
    except (KeyError, ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(f"checkpoint {path} is damaged; delete it to start anew") from error


def _entries(islands: list[Island]) -> list[tuple[float, int, np.ndarray]]:
    """Cost, right answers and genes of every elite of every island, equal pairs of figures once."""
    found: dict[tuple[float, int], np.ndarray] = {}
    for island in islands:
        for number, place in np.argwhere(island.archive_right >= 0):
            key = (float(island.archive_cost[number, place]), int(island.archive_right[number, place]))
            found.setdefault(key, island.archive_genes[number, place])
    return [(cost, right, genes) for (cost, right), genes in sorted(found.items(), key=lambda item: item[0])]


def _record(problem: Problem, islands: list[Island], epoch: int) -> EpochRecord:
    points = [(cost, right / int(problem.weights.sum())) for cost, right, _ in _entries(islands)]
    counters = np.sum([island.counters for island in islands], axis=0)
    is_area = problem.options.objective is Objective.AREA and not problem.options.full_adders
    return EpochRecord(
        epoch=epoch,
        evaluated=int(counters[batch.EVALUATED]),
        priced=int(counters[batch.PRICED]),
        improvements=int(counters[batch.INSERTED]),
        front_size=len(non_dominated([(cost, -accuracy) for cost, accuracy in points])),
        hypervolume=hypervolume(points) if is_area else 0.0,
    )


def _candidates(
    problem: Problem, data: SearchData, islands: list[Island], technology: Technology, front_end: FrontEnd | None
) -> tuple[Found, ...]:
    """Every elite at or above the floor, rated; each network once."""
    features, classes = np.asarray(data.features), np.asarray(data.classes)
    unique: dict[Network, Found] = {}
    for _, right, genes in _entries(islands):
        if right < problem.floor:
            continue
        network = tidied(problem.layout, genes)
        if network in unique:
            continue
        unique[network] = Found(
            classifier=network,
            origin=NETWORK_SEARCH,
            train=Accuracy.of(network.predict(features), classes),
            held_back=_held_back(network, data),
            estimated=estimates(network, technology, features, front_end),
        )
    objective = problem.options.objective
    return tuple(sorted(unique.values(), key=lambda found: (found.estimated.along(objective), -found.train.value)))


def _held_back(network: Network, data: SearchData) -> Accuracy | None:
    if data.validation_features is None:
        return None
    return Accuracy.of(network.predict(np.asarray(data.validation_features)), np.asarray(data.validation_classes))
