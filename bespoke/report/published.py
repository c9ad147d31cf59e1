"""Published designs on the literature's data sets: reference marks for the front."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("published.toml")


@dataclass(frozen=True)
class PublishedDesign:
    """A published design, measured with one open flow.

    ``static_power_mw`` is None where it was not measured. Accuracies are on this project's split of record; the
    design's own training data overlap its test part.
    """

    label: str
    accuracy: float
    area_cm2: float
    static_power_mw: float | None
    supply_v: float
    source: str


def published_designs(data_name: str) -> tuple[PublishedDesign, ...]:
    """Published designs on the data set of that name; empty where the literature has none."""
    return _table().get(data_name, ())


@cache
def _table() -> dict[str, tuple[PublishedDesign, ...]]:
    document = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    sources = document.pop("sources")
    return {
        name: tuple(
            PublishedDesign(
                row["label"],
                row["accuracy"],
                row["area_cm2"],
                row.get("static_power_mw"),
                row["supply_v"],
                sources[row["source"]],
            )
            for row in rows
        )
        for name, rows in document.items()
    }
