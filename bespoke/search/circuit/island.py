"""One island's share of a round: descents from its starts and from the archive, then the archive's evolution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from bespoke.circuit import Circuit
from bespoke.model import LogicCircuit
from bespoke.search.circuit import kernels
from bespoke.search.circuit.archive import Archive, archive, offer
from bespoke.search.circuit.samples import first_chunks, search_words
from bespoke.search.circuit.types import ApproximationData, ApproximationOptions
from bespoke.search.cost_model import CostModel
from bespoke.search.pricing import fanins_by_node

#: The archive holds no circuits with more ANDs.
LARGEST_ANDS = 20_000
#: Starts with more ANDs are shrunk on a part of the samples as well, down to so few: the moves of a round are too few
#: to lead from a large circuit to a small one.
SHRUNK_ABOVE, SHRUNK_TO = 6000, 500
#: Starts with still more ANDs are not: an edit takes time in proportion to them, and so many are needed as well.
SHRUNK_BELOW = 10_000
#: Chunks of samples on which such a circuit is shrunk.
COARSE_CHUNKS = 8
#: What the whole of such a circuit is worth at first, as a share of the samples, the factor by which that rises, and
#: the edits at each worth, per AND.
SHRINK_WORTH, SHRINK_STEP, SHRINK_MOVES = 0.03, 1.7, 4
#: ANDs that there is always room for, and room for the growth of larger circuits, as a share.
LEAST_ROOM, GROWTH_ROOM = 2000, 1 / 16
#: Share of the moves that go to descents from members of the archive; the rest goes to its evolution.
DESCENT_SHARE = 0.75
#: The archive's first level holds what is charged less than this many NANDs.
CHEAPEST = 0.8
#: Probability that an edit adds gates.
GROWTH = 0.4
#: Edits tried on one member of the archive before the next is drawn.
BATCH = 200


class Traced(NamedTuple):
    """A circuit, and the number of the start that it descends from."""

    circuit: LogicCircuit
    origin: int


@dataclass(frozen=True, eq=False)
class IslandJob:
    """What an island needs for its share of one round; all of its result follows from this.

    Parameters
    ----------
    starts : circuits not yet in the archive.
    members : the archive's circuits after the round before.
    model : what a circuit is charged.
    rates : what the round's descents take a unit of cost to be worth, in shares of the samples.
    moves : edits to try.
    largest : circuits that are charged more are dropped.
    noise : seed of the noisy copies, the same on every island.
    seed : of the edits.
    """

    starts: tuple[Traced, ...]
    members: tuple[Traced, ...]
    data: ApproximationData
    options: ApproximationOptions
    model: CostModel
    rates: tuple[float, ...]
    moves: int
    largest: float
    noise: int
    seed: int


def run_island(job: IslandJob) -> tuple[Traced, ...]:
    """The archive's circuits after the island's share of a round, cheapest first."""
    shape = (job.starts + job.members)[0].circuit
    rng = np.random.default_rng(job.seed)
    words = search_words(
        job.data,
        job.options,
        wires=shape.wires,
        output_bits=shape.output_bits,
        rng=np.random.default_rng(job.noise),
    )
    inputs = shape.first_and
    kept = [traced for traced in job.members + job.starts if _ands(traced) <= LARGEST_ANDS]
    capacity = inputs + _room(max(map(_ands, kept), default=0))
    cheapest = CHEAPEST * job.model.unit
    space = dict(capacity=capacity, output_bits=shape.output_bits)
    store = archive(**space, lowest=cheapest, highest=job.largest, breaks=words.breaks)
    ws = kernels.workspace(words, **space, model=job.model, seed=int(rng.integers(1, 1 << 62)))
    for traced in kept:
        _offer(ws, store, inputs, traced)
    for start in job.starts:
        if SHRUNK_ABOVE < _ands(start) <= SHRUNK_BELOW:
            for traced in _shrunk(start, job, words, rng):
                if _ands(traced) <= capacity - inputs:
                    _offer(ws, store, inputs, traced)
    descent_moves = int(job.moves * DESCENT_SHARE / max(1, len(job.rates)))
    for rate in job.rates if (store.wrong >= 0).any() else ():
        merit = np.where(store.wrong >= 0, store.wrong + rate * words.samples * store.costs, np.inf)
        level = int(np.argmin(merit))
        ws.origin[0] = store.origins[level]
        count = kernels.load(
            ws,
            inputs,
            store.counts[level],
            store.fanin0[level],
            store.fanin1[level],
            store.outputs[level].copy(),
            store.rows[level],
        )
        heat = float(np.exp(rng.uniform(np.log(0.3), np.log(2.0))))
        kernels.descend(ws, store, inputs, count, np.array([rate * words.samples]), descent_moves, GROWTH, heat)
    rest = job.moves - descent_moves * len(job.rates)
    kernels.evolve(ws, store, inputs, rest, BATCH, GROWTH, capacity)
    return _circuits(store, shape)


def _ands(traced: Traced) -> int:
    return len(traced.circuit.fanins)


def _room(ands: int) -> int:
    """ANDs that circuits may have where the largest to begin with has so many."""
    return max(LEAST_ROOM, min(LARGEST_ANDS, int(ands * (1 + GROWTH_ROOM))))


def _offer(ws: kernels.Workspace, store: Archive, inputs: int, traced: Traced) -> None:
    count = _loaded(ws, traced.circuit)
    wrong, cost = kernels.rate(ws, inputs, count)
    offer(store, count, ws.fanin0, ws.fanin1, ws.outputs, ws.sim.row, cost, wrong, traced.origin)


def _loaded(ws: kernels.Workspace, circuit: LogicCircuit) -> int:
    fanin0, fanin1 = fanins_by_node(circuit)
    rows = np.full(len(fanin0) if ws.taken.size else 0, -1, dtype=np.int32)
    return kernels.load(ws, circuit.first_and, len(fanin0), fanin0, fanin1, np.array(circuit.outputs), rows)


def _shrunk(traced: Traced, job: IslandJob, words, rng: np.random.Generator) -> tuple[Traced, ...]:
    """Circuits on the way from a large one down to a small one.

    Errors are counted on a part of the samples. Low rates come first: they leave circuits of every size between.
    """
    start = traced.circuit
    inputs = start.first_and
    part = first_chunks(words, COARSE_CHUNKS)
    space = dict(capacity=inputs + len(start.fanins) + 64, output_bits=start.output_bits)
    ws = kernels.workspace(part, **space, model=job.model, seed=int(rng.integers(1, 1 << 62)))
    ws.origin[0] = traced.origin
    count = _loaded(ws, start)
    _, cost = kernels.rate(ws, inputs, count)
    store = archive(**space, lowest=0.02 * cost, highest=cost, breaks=words.breaks)
    rate = SHRINK_WORTH * part.samples / cost
    while count - inputs > SHRUNK_TO and rate < part.samples:
        moves = SHRINK_MOVES * (count - inputs)
        count = kernels.descend(ws, store, inputs, count, np.array([rate]), moves, GROWTH / 2, 0.0)
        rate *= SHRINK_STEP
    return _circuits(store, start)


def _circuits(store: Archive, shape: LogicCircuit) -> tuple[Traced, ...]:
    inputs = shape.first_and
    return tuple(
        Traced(LogicCircuit(shape.wires, shape.classes, _graph(store, level, inputs)), int(store.origins[level]))
        for level in np.flatnonzero(store.wrong >= 0)
    )


def _graph(store: Archive, level: int, inputs: int) -> Circuit:
    own = slice(inputs, store.counts[level])
    fanins = np.stack([store.fanin0[level, own], store.fanin1[level, own]], axis=1)
    return Circuit(inputs - 1, fanins, store.outputs[level].copy())
