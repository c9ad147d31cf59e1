"""A run's settings with everything filled in that its options left open."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from bespoke.data import dataset_names
from bespoke.run.config import RunConfig
from bespoke.sensing import FrontEnd
from bespoke.technology import Technology, technology_names


def resolved(
    config: RunConfig, *, technology: Technology, front_end: FrontEnd, hidden: tuple[int, ...] | None
) -> RunConfig:
    """The same run said in full: it has the same result, from any folder of this machine.

    Parameters
    ----------
    technology, front_end : what the settings name.
    hidden : neurons of each hidden layer, found or given.
    """
    figures = front_end.figures
    known = {"data": dataset_names(), "technology": technology_names()}
    if figures is not None:
        known["front_end_figures"] = [entry.name for entry in technology.front_end_figures]
    paths = ("data", "train", "test", "validation", "data_dir", "model", "cost_matrix", "technology", "liberty")
    filled = replace(
        config,
        hidden=config.hidden if config.model is not None else hidden,  # a model brings its own
        folds=config.fold_count,
        clock_ms=config.clock_ms or technology.clock_ms,
        front_end_figures=config.front_end_figures or (None if figures is None else figures.name),
    )
    places = {key: _absolute(getattr(filled, key), known.get(key, ())) for key in (*paths, "front_end_figures")}
    return replace(filled, **places)


def _absolute(value: str | tuple[str, ...] | None, names: Collection[str]) -> str | tuple[str, ...] | None:
    """A path, or several, from the root; a name as it is."""
    if isinstance(value, tuple):
        return tuple(_absolute(entry, names) for entry in value)
    if value is None or value in names or not Path(value).exists():
        return value
    return str(Path(value).absolute())
