"""How long the missing points of a sweep may take: by those that are done, else by what a search may spend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bespoke.documents import read_json, read_toml
from bespoke.run.budgets import BUDGETS
from bespoke.sweep.piece import DONE
from bespoke.sweep.points import Point

#: Of one core, for each edit that a gate-level search may try; all else of a run is counted in. After `make demo`: its
#: summary adds up to about a minute on two cores, for four searches of 600 000 edits each.
_SECONDS_PER_MOVE = 50e-6


@dataclass(frozen=True)
class Estimate:
    """Of the points that are missing.

    Attributes
    ----------
    estimated_seconds : until all are done.
    measured_points : those done whose mean time it is; 0 where it is a rough guess by effort and folds alone.
    """

    missing: int
    estimated_seconds: float
    measured_points: int
    workers: int


def estimated(out: Path, points: Sequence[Point], states: Sequence[str]) -> Estimate:
    """Time of the points that are not done, shared out over the workers that the settings name."""
    missing = [point for point, state in zip(points, states, strict=True) if state != DONE and point.config is not None]
    done = [out / point.folder for point, state in zip(points, states, strict=True) if state == DONE]
    measured = [seconds for folder in done if (seconds := _core_seconds(folder))]
    each = [sum(measured) / len(measured)] * len(missing) if measured else [_guess(point) for point in missing]
    workers = max((point.config.workers for point in missing if point.config), default=1)
    return Estimate(len(missing), sum(each) / workers, len(measured), workers)


def _guess(point: Point) -> float:
    config = point.config
    assert config is not None
    budget = BUDGETS[config.effort]
    return _SECONDS_PER_MOVE * budget.moves * budget.islands * (config.fold_count + 1)


def _core_seconds(folder: Path) -> float:
    """What a finished run took, as if one core had done it."""
    settings = read_toml(folder / "config.toml", "settings")
    workers = 1 if settings.get("executor") == "serial" else settings.get("workers", 1)
    return workers * sum(read_json(folder / "metrics.json", "metrics")["seconds"].values())
