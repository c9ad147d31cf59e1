"""The power budget: what comparators and logic draw, and whether a source carries them."""

from __future__ import annotations

from dataclasses import dataclass

from bespoke.report.system import saved_by_swapping
from bespoke.run.metrics import DesignMetrics, SourceVerdict


@dataclass(frozen=True)
class Source:
    """A power source: what it delivers, and what is left. ``margin`` is delivered over needed power."""

    name: str
    kind: str
    limit_mw: float
    carries: bool
    margin: float | None
    margin_mw: float
    life_h: float | None


@dataclass(frozen=True)
class PowerBudget:
    """Content of ``power_budget.json``; power in mW, area in cm².

    What nobody has measured is estimated, by the published ``figures`` of the front end, and None where there are none.
    ``estimated_saved_…`` is that of inverters which comparators with swapped inputs replace: the system does without
    them, the logic's own figures count them. ``source`` is the one asked for, else the weakest that carries the total.
    """

    supply_v: float
    front_end: str
    comparators: int | None
    figures: str | None
    figures_source: str | None
    logic_static_power_mw: float
    logic_dynamic_power_mw: float
    logic_power_mw: float
    logic_area_cm2: float
    estimated_front_end_power_mw: float | None
    estimated_front_end_area_cm2: float | None
    estimated_saved_power_mw: float | None
    estimated_saved_area_cm2: float | None
    estimated_total_power_mw: float | None
    estimated_total_area_cm2: float | None
    source: Source | None
    source_was_asked_for: bool
    sources: tuple[Source, ...]


def power_budget(metrics: DesignMetrics, *, supply_v: float, asked: str | None) -> PowerBudget:
    """The budget of a measured design.

    Parameters
    ----------
    asked : name of the source that the run was to live on, in any case; None takes the weakest that carries it.
    """
    total = metrics.estimated_system_power_mw
    saved_area_cm2, saved_power_mw = (None, None) if total is None else saved_by_swapping(metrics)
    sources = tuple(_source(verdict, total) for verdict in metrics.power_sources)
    wanted = asked if asked is not None else metrics.power_source
    named = [one for one in sources if wanted is not None and one.name.casefold() == wanted.casefold()]
    return PowerBudget(
        supply_v=supply_v,
        front_end=metrics.front_end.kind,
        comparators=metrics.comparators,
        figures=metrics.front_end.figures,
        figures_source=metrics.front_end.source,
        logic_static_power_mw=metrics.static_power_mw,
        logic_dynamic_power_mw=metrics.dynamic_power_mw,
        logic_power_mw=metrics.total_power_mw,
        logic_area_cm2=metrics.area_cm2,
        estimated_front_end_power_mw=metrics.estimated_front_end_power_mw,
        estimated_front_end_area_cm2=metrics.estimated_front_end_area_cm2,
        estimated_saved_power_mw=saved_power_mw,
        estimated_saved_area_cm2=saved_area_cm2,
        estimated_total_power_mw=total,
        estimated_total_area_cm2=metrics.estimated_system_area_cm2,
        source=named[0] if named else None,
        source_was_asked_for=asked is not None,
        sources=sources,
    )


def _source(verdict: SourceVerdict, load_mw: float) -> Source:
    return Source(
        verdict.name,
        verdict.kind,
        verdict.power_mw,
        verdict.carries,
        verdict.margin,
        verdict.power_mw - load_mw,
        verdict.life_h,
    )
