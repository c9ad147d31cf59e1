"""Published figures of the converters between sensors and a classifier, as a technology knows them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from bespoke.errors import InputError
from bespoke.technology.strict import check_keys, count, load, number, numbers, text

_KEY = "front_end_figures"
_SET = {"name", "source", "comparator_power_mw", "comparator_area_cm2"}
_SET_OPTIONAL = {
    "comparator_shares",
    "feature_area_cm2",
    "feature_power_mw",
    "or_area_cm2",
    "or_power_mw",
    "comparator_devices",
}

#: Assumed, for no publication states it: a differential pair, its tail, two loads and a resistor of the ladder.
ASSUMED_COMPARATOR_DEVICES = 6


@dataclass(frozen=True)
class FrontEndFigures:
    """What comparators and encoders of one technology cost, from one source.

    A comparator costs by its reference. Between the entries of its table the cost is interpolated, beyond either end
    extrapolated from the two entries there; both linearly, never below zero.

    Parameters
    ----------
    name : what ``--front-end-figures`` takes.
    source : the publication, and the supply the figures hold for.
    comparator_shares : references of the table as shares of a feature's range, rising within 0..1; may be empty where
        neither power nor area depends on them.
    comparator_power_mw, comparator_area_cm2 : an entry per share, or one alone that holds for every reference.
    feature_area_cm2, feature_power_mw : paid once by every feature of which anything is read.
    or_area_cm2, or_power_mw : a two-input OR of the encoder of a binary converter; both None where the source has none.
    stated_comparator_devices : printed devices of a comparator with its reference; None where the source does not say.
    """

    name: str
    source: str
    comparator_shares: tuple[float, ...]
    comparator_power_mw: tuple[float, ...]
    comparator_area_cm2: tuple[float, ...]
    feature_area_cm2: float = 0.0
    feature_power_mw: float = 0.0
    or_area_cm2: float | None = None
    or_power_mw: float | None = None
    stated_comparator_devices: int | None = None

    @property
    def has_encoder(self) -> bool:
        """Whether binary converters can be priced too; comparators alone every set can."""
        return self.or_area_cm2 is not None and self.or_power_mw is not None

    @property
    def comparator_devices(self) -> int:
        """Printed devices of a comparator with its reference, assumed where the source does not say."""
        stated = self.stated_comparator_devices
        return ASSUMED_COMPARATOR_DEVICES if stated is None else stated

    def area_of_comparators_cm2(self, shares: np.ndarray) -> np.ndarray:
        """Area of a comparator with each of these references, float64 of the same shape."""
        return _interpolated(self.comparator_shares, self.comparator_area_cm2, shares)

    def power_of_comparators_mw(self, shares: np.ndarray) -> np.ndarray:
        """Power of a comparator with each of these references, float64 of the same shape."""
        return _interpolated(self.comparator_shares, self.comparator_power_mw, shares)


def _interpolated(known: tuple[float, ...], values: tuple[float, ...], at: np.ndarray) -> np.ndarray:
    at = np.asarray(at, dtype=np.float64)
    if len(values) == 1:
        return np.full(at.shape, values[0])
    first = (values[1] - values[0]) / (known[1] - known[0])
    last = (values[-1] - values[-2]) / (known[-1] - known[-2])
    inside = np.interp(at, known, values)  # holds the ends beyond them, and gives the entries themselves exactly
    return np.maximum(0.0, inside + first * np.minimum(at - known[0], 0) + last * np.maximum(at - known[-1], 0))


def read_front_end_figures(path: Path) -> FrontEndFigures:
    """The one set of a TOML file that holds a table of ``front_end_figures`` as a technology's file does.

    Raises
    ------
    InputError
        naming the file and the key at fault.
    """
    document = load(path)
    check_keys(document, {_KEY}, set(), f"{path}")
    sets = front_end_figures(document[_KEY], f"{path}")
    if len(sets) != 1:
        raise InputError(f"{path} has {len(sets)} sets of front end figures; a file of its own holds one")
    return sets[0]


def front_end_figures(entry: Any, where: str) -> tuple[FrontEndFigures, ...]:
    """The sets in the value of the key ``front_end_figures``, a list of tables."""
    if not isinstance(entry, list):
        raise InputError(f"{where}: {_KEY} must be a list of tables")
    sets = tuple(_set(table, f"{where}: front end figures {place}") for place, table in enumerate(entry, start=1))
    names = [figures.name for figures in sets]
    for place, name in enumerate(names):
        if name in names[:place]:
            raise InputError(f"{where} has two sets of front end figures named {name!r}")
    return sets


def _set(table: Any, where: str) -> FrontEndFigures:
    check_keys(table, _SET, _SET_OPTIONAL, where)
    name = text(table, "name", where)
    if not name.strip():
        raise InputError(f"{where}: name must not be empty")
    where = f"{where} ({name})"
    shares = numbers(table.get("comparator_shares", []), f"{where}: comparator_shares")
    if any(share > 1 for share in shares) or any(low >= high for low, high in pairwise(shares)):
        raise InputError(f"{where}: comparator_shares must rise within 0..1")
    tables = {}
    for key in ("comparator_power_mw", "comparator_area_cm2"):
        tables[key] = numbers(table[key], f"{where}: {key}")
        if len(tables[key]) not in (1, len(shares)) or not tables[key]:
            entries = f"{len(shares)} entries, one a share, or one" if len(shares) > 1 else "one entry"
            raise InputError(f"{where}: {key} must have {entries}, not {len(tables[key])}")
    if ("or_area_cm2" in table) != ("or_power_mw" in table):
        raise InputError(f"{where} must have both or_area_cm2 and or_power_mw, or neither")
    single = ("feature_area_cm2", "feature_power_mw", "or_area_cm2", "or_power_mw")
    return FrontEndFigures(
        name=name,
        source=text(table, "source", where),
        comparator_shares=shares,
        **tables,
        **{key: number(table, key, where) for key in single if key in table},
        stated_comparator_devices=count(table, "comparator_devices", where),
    )
