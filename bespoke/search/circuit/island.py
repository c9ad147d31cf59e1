"""One island's share of a round: descents from its starts and from the archive, then the archive's evolution."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bespoke.circuit import Circuit
from bespoke.model import LogicCircuit
from bespoke.search.circuit import kernels
from bespoke.search.circuit.accuracy import simulate
from bespoke.search.circuit.archive import Archive, archive, offer
from bespoke.search.circuit.samples import first_chunks, noisy_words
from bespoke.search.circuit.types import ApproximationData, ApproximationOptions
from bespoke.search.pricing import INV, NAND, fanins_by_node

#: Circuits with more ANDs are first shrunk on a part of the samples; the archive holds none of them.
LARGEST_ANDS = 2000
#: Chunks of samples on which such a circuit is shrunk.
COARSE_CHUNKS = 8
#: Share of the moves that go to descents from members of the archive; the rest goes to its evolution.
DESCENT_SHARE = 0.75
#: Probability that an edit adds gates.
GROWTH = 0.4
#: Edits tried on one member of the archive before the next is drawn.
BATCH = 200


@dataclass(frozen=True, eq=False)
class IslandJob:
    """What an island needs for its share of one round; all of its result follows from this.

    Parameters
    ----------
    starts : circuits not yet in the archive.
    members : the archive's circuits after the round before.
    rates : what the round's descents take one cm² to be worth, in shares of the samples.
    moves : edits to try.
    largest_area_cm2 : circuits beyond are dropped.
    noise : seed of the noisy copies, the same on every island.
    seed : of the edits.
    """

    starts: tuple[LogicCircuit, ...]
    members: tuple[LogicCircuit, ...]
    data: ApproximationData
    options: ApproximationOptions
    prices: np.ndarray
    rates: tuple[float, ...]
    moves: int
    largest_area_cm2: float
    noise: int
    seed: int


def run_island(job: IslandJob) -> tuple[LogicCircuit, ...]:
    """The archive's circuits after the island's share of a round, cheapest first."""
    shape = (job.starts + job.members)[0]
    rng = np.random.default_rng(job.seed)
    words = noisy_words(
        job.data,
        job.options,
        input_bits=shape.input_bits,
        output_bits=shape.output_bits,
        rng=np.random.default_rng(job.noise),
    )
    inputs = shape.first_and
    ands = max([len(circuit.fanins) for circuit in job.starts + job.members if not _is_large(circuit)] + [0])
    capacity = inputs + max(LARGEST_ANDS, ands)
    cheapest = 0.9 * min(job.prices[NAND], job.prices[INV])
    space = dict(capacity=capacity, output_bits=shape.output_bits)
    store = archive(**space, lowest=cheapest, highest=job.largest_area_cm2)
    ws = kernels.workspace(words, **space, prices=job.prices, seed=int(rng.integers(1, 1 << 62)))
    for circuit in job.members + tuple(start for start in job.starts if not _is_large(start)):
        _offer(ws, store, inputs, circuit)
    for start in job.starts:
        if _is_large(start):
            for circuit in _shrunk(start, job, words, rng):
                _offer(ws, store, inputs, circuit)
    descent_moves = int(job.moves * DESCENT_SHARE / max(1, len(job.rates)))
    for rate in job.rates if (store.wrong >= 0).any() else ():
        merit = np.where(store.wrong >= 0, store.wrong + rate * words.samples * store.costs, np.inf)
        level = int(np.argmin(merit))
        count = kernels.load(
            ws, inputs, store.counts[level], store.fanin0[level], store.fanin1[level], store.outputs[level].copy()
        )
        heat = float(np.exp(rng.uniform(np.log(0.3), np.log(2.0))))
        kernels.descend(ws, store, inputs, count, np.array([rate * words.samples]), descent_moves, GROWTH, heat)
    rest = job.moves - descent_moves * len(job.rates)
    kernels.evolve(ws, store, inputs, rest, BATCH, GROWTH, capacity)
    return _circuits(store, shape)


def _is_large(circuit: LogicCircuit) -> bool:
    return len(circuit.fanins) > LARGEST_ANDS


def _offer(ws: kernels.Workspace, store: Archive, inputs: int, circuit: LogicCircuit) -> None:
    count = _loaded(ws, circuit)
    wrong = simulate(ws.sim, inputs, count, ws.fanin0, ws.fanin1, ws.outputs)
    cost = kernels.price(ws, inputs, count, ws.fanin0, ws.fanin1, ws.outputs)
    offer(store, count, ws.fanin0, ws.fanin1, ws.outputs, cost, wrong)


def _loaded(ws: kernels.Workspace, circuit: LogicCircuit) -> int:
    fanin0, fanin1 = fanins_by_node(circuit)
    return kernels.load(ws, circuit.first_and, len(fanin0), fanin0, fanin1, np.array(circuit.outputs))


def _shrunk(start: LogicCircuit, job: IslandJob, words, rng: np.random.Generator) -> tuple[LogicCircuit, ...]:
    """Circuits on the way from a large one down to a size that the archive holds.

    Errors are counted on a part of the samples. The first rate makes the whole circuit worth as much as all samples;
    lower ones change little.
    """
    inputs = start.first_and
    part = first_chunks(words, COARSE_CHUNKS)
    space = dict(capacity=inputs + len(start.fanins) + 64, output_bits=start.output_bits)
    ws = kernels.workspace(part, **space, prices=job.prices, seed=int(rng.integers(1, 1 << 62)))
    count = _loaded(ws, start)
    area = kernels.price(ws, inputs, count, ws.fanin0, ws.fanin1, ws.outputs)
    store = archive(**space, lowest=0.02 * area, highest=area)
    rate = part.samples / area
    while count - inputs > LARGEST_ANDS // 4 and rate < part.samples:
        moves = 8 * (count - inputs)
        count = kernels.descend(ws, store, inputs, count, np.array([rate]), moves, GROWTH / 2, 0.0)
        rate *= 1.3
    return tuple(circuit for circuit in _circuits(store, start) if not _is_large(circuit))


def _circuits(store: Archive, shape: LogicCircuit) -> tuple[LogicCircuit, ...]:
    inputs = shape.first_and
    return tuple(
        LogicCircuit(shape.wires, shape.classes, _graph(store, level, inputs))
        for level in np.flatnonzero(store.wrong >= 0)
    )


def _graph(store: Archive, level: int, inputs: int) -> Circuit:
    own = slice(inputs, store.counts[level])
    fanins = np.stack([store.fanin0[level, own], store.fanin1[level, own]], axis=1)
    return Circuit(inputs - 1, fanins, store.outputs[level].copy())
