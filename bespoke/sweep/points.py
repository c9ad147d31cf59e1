"""The points of a sweep: the settings of each, and the folder that it keeps however the file grows."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from bespoke.errors import InputError
from bespoke.run.config import RunConfig, to_plain
from bespoke.sweep.spec import UNSWEPT, SweepFile

#: Longest readable part of a folder's name; the digest behind it tells points apart.
_LONGEST_NAME = 80


@dataclass(frozen=True)
class Point:
    """One combination.

    Attributes
    ----------
    settings : the swept settings as text or number, in the order of the file.
    config : the settings of its run; None where they refuse one another, and then ``reason`` says why.
    folder : its run folder, relative to that of the sweep.
    """

    settings: dict[str, str | int | float]
    config: RunConfig | None
    reason: str | None
    folder: str


def points_of(sweep: SweepFile, **overriding: Any) -> list[Point]:
    """Every point, in the order of the file; ``overriding`` settings decide no result, such as ``workers``."""
    points = [_point(sweep, combination, overriding) for combination in sweep.combinations]
    return list({point.folder: point for point in reversed(points)}.values())[::-1]


def _point(sweep: SweepFile, combination: tuple[Any, ...], overriding: dict[str, Any]) -> Point:
    swept = dict(zip(sweep.swept, combination, strict=True))
    given = {**sweep.shared, **swept}
    settings = {key: shown(value) for key, value in swept.items()}
    folder = f"points/{_name(settings, given)}"
    try:
        return Point(settings, RunConfig(**{**given, **overriding}), None, folder)
    except InputError as error:
        return Point(settings, None, str(error), folder)


def shown(value: Any) -> str | int | float:
    """A setting's value in one cell: lists as on the command line, with commas between."""
    if value is None:
        return "auto"
    if isinstance(value, tuple):
        return ",".join(str(entry) for entry in value)
    if isinstance(value, StrEnum | bool):
        return str(value).lower() if isinstance(value, bool) else str(value)
    return value


def _name(settings: dict[str, Any], given: dict[str, Any]) -> str:
    """Readable, with a digest of all settings that decide the result, those of [run] among them."""
    words = []
    for key, value in settings.items():
        text = re.sub(r"[^A-Za-z0-9.]+", "-", Path(str(value)).name if key == "data" else str(value)).strip("-.")
        words.append(text if key == "data" else f"{key.replace('_', '-')}-{text}")
    try:
        plain = to_plain(RunConfig(**given))
    except InputError:
        plain = {key: shown(value) for key, value in given.items()}
    deciding = {key: value for key, value in plain.items() if key not in UNSWEPT}
    digest = hashlib.sha256(json.dumps(deciding, sort_keys=True, default=str).encode()).hexdigest()[:8]
    return f"{'-'.join(words)[:_LONGEST_NAME].strip('-')}-{digest}"
