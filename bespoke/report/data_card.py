"""The data section of the report: the card that the run left, as rows to draw."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bespoke.data import DataCard, Scale
from bespoke.errors import InputError
from bespoke.run.preparation import CARD_FILE

_RULES = {
    Scale.MINMAX: "minimum and maximum",
    Scale.QUANTILE: "1st and 99th percentile",
    Scale.ROBUST: "median and twice its interquartile range on either side",
}
#: Bars that a row shows side by side at most; codes of finer grids are joined.
_MOST_BARS = 64


@dataclass(frozen=True)
class DataRow:
    """A feature: its range, shares in percent, and heights of bars from 0 to 1."""

    name: str
    low: float
    high: float
    at_lowest: float
    at_highest: float
    clipped: float
    missing: int
    values: tuple[float, ...]
    levels: tuple[float, ...]


def read_card(folder: Path) -> DataCard | None:
    """The card in a run folder; None where an earlier version left none.

    Raises
    ------
    InputError
        for a damaged file.
    """
    path = folder / CARD_FILE
    if not path.is_file():
        return None
    try:
        return DataCard.from_json(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, InputError) as error:
        raise InputError(f"{path}: {error}") from error


def data_rows(card: DataCard | None) -> tuple[DataRow, ...]:
    """A row per feature of the card."""
    if card is None:
        return ()
    return tuple(
        DataRow(
            feature.name,
            feature.low,
            feature.high,
            feature.at_lowest,
            feature.at_highest,
            feature.below + feature.above,
            feature.missing,
            _heights(feature.histogram),
            _heights(_joined(feature.levels)),
        )
        for feature in card.features
    )


def scaling_in_words(settings: Mapping[str, Any]) -> str:
    """What the features were scaled by, from a run's settings."""
    rule = f"the training part's {_RULES[Scale(settings.get('scale', Scale.MINMAX))]}"
    fixed = settings.get("range", ())
    return rule + (f", where no range was given ({', '.join(fixed)})," if fixed else "")


def _joined(shares: Sequence[float]) -> list[float]:
    step = -(-len(shares) // _MOST_BARS)
    return [sum(shares[start : start + step]) for start in range(0, len(shares), step)]


def _heights(shares: Sequence[float]) -> tuple[float, ...]:
    most = max(shares)
    return tuple(share / most if most else 0.0 for share in shares)
