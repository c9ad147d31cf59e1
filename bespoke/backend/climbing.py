"""Mapped netlists on their way through the levels of an effort, our own optimiser at work on the best of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from bespoke.backend.effort import Stage
from bespoke.execution import Executor
from bespoke.netlist import Netlist

Progress = Callable[[float, str], None]

Graph = tuple[str, str]  # start and recipe


@dataclass(frozen=True, eq=False)
class Candidate:
    """A netlist on its way through the levels.

    Parameters
    ----------
    graph : that it was mapped from.
    rank : lower is better.
    """

    graph: Graph
    netlist: Netlist
    rank: tuple[bool, float]


def climb(
    levels: Sequence[tuple[Sequence[Candidate], Sequence[Stage]]],
    improve: Callable[[Stage, Candidate], Candidate | None],
    executor: Executor,
    tell: Progress,
) -> list[Netlist]:
    """Our own optimiser level by level, stage by stage, on the best netlists so far.

    A level sees what it adds and what the levels below ended with, nothing of those above. The lowest one holds the
    plain flow's netlist at least, so no result is worse than that in area or power.

    Returns
    -------
    The netlists that the levels end with, each once, the highest level's first.
    """
    # Of each graph the best netlist: those of the same graph end much alike.
    best: dict[Graph, Candidate] = {}
    ends: list[Netlist] = []

    def keep(candidates: Iterable[Candidate | None]) -> None:
        for one in candidates:
            if one is not None and (one.graph not in best or one.rank < best[one.graph].rank):
                best[one.graph] = one

    stages_done, all_stages = 0, sum(len(stages) for _, stages in levels)
    for candidates, stages in levels:
        keep(candidates)
        for stage in stages:
            tell(0.4 + 0.5 * stages_done / all_stages, "optimising")
            stages_done += 1
            keep(executor.threads(partial(improve, stage), _chosen(best.values(), stage)))
        ends.append(min(best.values(), key=lambda one: one.rank).netlist)
    return list({id(netlist): netlist for netlist in reversed(ends)}.values())


def _chosen(candidates: Iterable[Candidate], stage: Stage) -> list[Candidate]:
    """The best ones, as many as the stage takes, without those that it cannot do anything for."""
    distinct = {one.rank: one for one in candidates}
    chosen = sorted(distinct.values(), key=lambda one: one.rank)[: stage.netlists]
    return [one for one in chosen if stage.tries(one.netlist.gates)]
