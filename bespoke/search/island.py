"""One island: elites per cost bin and an NSGA-II population, advanced in compiled batches."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from deap import base, tools

from bespoke.search import aig, batch
from bespoke.search import archive as elites
from bespoke.search.evaluation import evaluator
from bespoke.search.genome import HIDDEN, NEURONS
from bespoke.search.problem import Problem
from bespoke.search.randoms import random_state
from bespoke.search.variation import move_rates

#: From this many samples on candidates are first tried on a part of them.
_PROBE_FROM = 2000
_PROBE_SHARE = 8


class _Fitness(base.Fitness):
    """Right answers, to rise, and cost, to fall."""

    weights = (1.0, -1.0)


class _Individual:
    """What DEAP selects: the place of a network in a pool, and its fitness."""

    __slots__ = ("fitness", "index")

    def __init__(self, index: int, right: int, cost: float):
        self.index = index
        self.fitness = _Fitness((float(right), float(cost)))


@dataclass(eq=False)
class Island:
    """State of an island, arrays only, so that it travels between processes and into a checkpoint as it is.

    ``random`` is the generator's state, ``archive_*`` the elites, ``population_*`` what NSGA-II kept, ``counters`` what
    was evaluated, priced, entered; ``seconds`` the processor time spent.
    """

    random: np.ndarray
    archive_genes: np.ndarray
    archive_right: np.ndarray
    archive_cost: np.ndarray
    archive_best: np.ndarray
    population_genes: np.ndarray
    population_right: np.ndarray
    population_cost: np.ndarray
    counters: np.ndarray
    seconds: np.ndarray

    def arrays(self) -> dict[str, np.ndarray]:
        return dict(self.__dict__)

    def archive(self, problem: Problem) -> elites.Archive:
        """The elites as the kernels take them, on this island's own arrays."""
        return elites.Archive(
            self.archive_genes, self.archive_right, self.archive_cost, self.archive_best, _scale(problem)
        )


def _scale(problem: Problem) -> np.ndarray:
    low, high = problem.cost_range
    return np.array([low, np.log(high / low) / (problem.options.bins - 1)])


def new_island(problem: Problem, rng: np.random.Generator) -> Island:
    """An island without networks; `advance` sows it on its first call."""
    options = problem.options
    genes = problem.layout.genes
    return Island(
        random=random_state(rng),
        archive_genes=np.zeros((options.bins, options.depth, genes), dtype=np.int64),
        archive_right=np.full((options.bins, options.depth), -1, dtype=np.int64),
        archive_cost=np.full((options.bins, options.depth), np.inf),
        archive_best=np.full(options.bins, -1, dtype=np.int64),
        population_genes=np.zeros((0, genes), dtype=np.int64),
        population_right=np.zeros(0, dtype=np.int64),
        population_cost=np.zeros(0),
        counters=np.zeros(batch.COUNTERS, dtype=np.int64),
        seconds=np.zeros(1),
    )


def advance(problem: Problem, island: Island, candidates: int) -> Island:
    """Evaluate about ``candidates`` more on an island; the given one is left as it is."""
    island = Island(**{name: array.copy() for name, array in island.arrays().items()})
    run = _Run(problem, island)
    run.load_kernels()
    started = time.process_time()
    if island.counters[batch.EVALUATED] == 0:
        run.sow()
    generations = problem.options.generations
    for generation in range(generations):
        share = candidates * (generation + 1) // generations - candidates * generation // generations
        run.generation(share)
    island.seconds[0] += time.process_time() - started
    return island


class _Run:
    """Kernels' scratch arrays around one island."""

    def __init__(self, problem: Problem, island: Island):
        layout, options = problem.layout, problem.options
        at = layout.array
        self.problem, self.island = problem, island
        self.evaluator = evaluator(layout, problem.features, problem.classes, problem.weights)
        few = slice(0, len(problem.classes) // _PROBE_SHARE)
        self.probe = evaluator(layout, problem.features[few], problem.classes[few], problem.weights[few])
        self.workspace = aig.workspace(layout, problem.capacity, problem.deepest, problem.wires)
        self.archive = island.archive(problem)
        genes = layout.genes
        ring = max(1, 4 * options.population)
        self.offspring = batch.Offspring(
            np.zeros((ring, genes), dtype=np.int64), np.full(ring, -1, dtype=np.int64), np.zeros(ring)
        )
        power = problem.cost_kind == batch.COST_POWER
        capacity = len(self.workspace.fanin0)
        nodes = capacity if power else 0
        values = np.zeros((nodes, problem.power_inputs.shape[1]), dtype=np.uint64)
        if power:
            values[: len(problem.power_inputs)] = problem.power_inputs
        self.scratch = batch.Scratch(
            current=np.zeros(genes, dtype=np.int64),
            child=np.zeros(genes, dtype=np.int64),
            changed=np.zeros(int(at[NEURONS]), dtype=np.bool_),
            order=np.zeros(layout.topology[-1] + 1, dtype=np.int64),
            need=np.zeros(2 * capacity, dtype=np.bool_),
            kinds=np.zeros(nodes, dtype=np.int8),
            values=values,
            leak=problem.leak,
        )
        self.settings = np.zeros(batch.SETTINGS, dtype=np.int64)
        self.settings[batch.WALK] = options.walk
        self.settings[batch.KEEP_MASKS] = not options.accumulate
        self.settings[batch.FLOOR] = problem.floor
        self.settings[batch.COST_KIND] = problem.cost_kind
        self.settings[batch.PROBE] = len(problem.classes) > _PROBE_FROM
        self.settings[batch.POWER_SAMPLES] = problem.power_samples
        self.rates = move_rates(
            multiply=options.multiply,
            accumulate=options.accumulate,
            activate=options.activate,
            terms=options.max_terms,
            hidden=int(at[HIDDEN]),
        )

    def load_kernels(self) -> None:
        """Have the kernels compiled, or loaded from their cache, before time is taken."""
        self._sow(self.problem.starts[:0], 0)
        self._batch(0)

    def sow(self) -> None:
        """Enter the starts, and random networks where every unit may change."""
        self._sow(self.problem.starts, self.problem.options.random_starts if self.problem.options.all_units else 0)

    def generation(self, candidates: int) -> None:
        """A compiled batch of variation and evaluation, then NSGA-II's selection among old and new."""
        self.offspring.right[:] = -1
        self.island.counters[batch.FILLED] = 0
        self._batch(candidates)
        if self.problem.options.population and self.problem.options.population_share > 0:
            self._select()

    def _sow(self, starts: np.ndarray, random_starts: int) -> None:
        problem, island = self.problem, self.island
        common = (
            island.random, self.evaluator, self.workspace, self.archive, self.offspring, problem.layout.array,
            problem.limits, problem.model, self.settings, self.scratch, island.counters,
        )  # fmt: skip
        batch.seed_given(starts, *common)
        batch.seed_random(random_starts, *common)

    def _batch(self, candidates: int) -> None:
        problem, island = self.problem, self.island
        batch.run_batch(
            candidates, island.random, self.evaluator, self.probe, self.workspace, self.archive,
            island.population_genes, problem.options.population_share, self.offspring, problem.layout.array,
            problem.limits, self.rates, problem.model, self.settings, self.scratch, island.counters,
        )  # fmt: skip

    def _select(self) -> None:
        island = self.island
        filled = self.offspring.right >= 0
        genes = np.concatenate([island.population_genes, self.offspring.genes[filled]])
        right = np.concatenate([island.population_right, self.offspring.right[filled]])
        cost = np.concatenate([island.population_cost, self.offspring.cost[filled]])
        _, first = np.unique(np.column_stack([right, cost]), axis=0, return_index=True)
        pool = [_Individual(int(index), int(right[index]), float(cost[index])) for index in sorted(first)]
        chosen = tools.selNSGA2(pool, min(self.problem.options.population, len(pool)), nd="log")
        index = np.array([individual.index for individual in chosen], dtype=np.int64)
        island.population_genes = np.ascontiguousarray(genes[index])
        island.population_right = right[index]
        island.population_cost = cost[index]


def migrate(problem: Problem, islands: list[Island]) -> None:
    """Send every island's elites to the next, in place; the order of the islands alone decides what happens."""
    sources = [
        (island.archive_genes.copy(), island.archive_right.copy(), island.archive_cost.copy()) for island in islands
    ]
    for number, island in enumerate(islands):
        genes, right, cost = sources[number - 1]
        if len(islands) > 1:
            elites.insert_all(island.random, island.archive(problem), genes, right, cost)
