"""The file of a sweep: settings that all points share, and lists of settings that are crossed or go together."""

from __future__ import annotations

import difflib
import itertools
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bespoke.data.prepare import SPLIT_SEED
from bespoke.documents import read_toml
from bespoke.errors import InputError
from bespoke.run.config import MACHINE_SETTINGS, coerce

_TABLES = ("run", "sweep", "zip")
#: Settings that decide no result, so there is nothing to sweep over.
UNSWEPT = (*MACHINE_SETTINGS, "data_dir")
#: What `splits` may call the split that the literature's figures are on.
_RECORD = "record"
_RANGE_KEYS = {"from", "to", "step", "count", "scale"}
#: More values than this from one range are a slip of the pen.
_MOST_VALUES = 10_000


@dataclass(frozen=True)
class SweepFile:
    """A sweep as it is written down.

    Attributes
    ----------
    shared : settings of [run], as `RunConfig` takes them.
    swept : names of the settings that vary, in the order of the file.
    combinations : a value of every swept setting, in that order; each combination once.
    """

    path: Path
    shared: dict[str, Any]
    swept: tuple[str, ...]
    combinations: tuple[tuple[Any, ...], ...]


def read_sweep(path: Path) -> SweepFile:
    """Read a sweep's TOML file.

    Raises
    ------
    InputError
        naming file, table and key.
    """
    document = read_toml(path, "sweep file")
    for name, table in document.items():
        if name not in _TABLES:
            near = difflib.get_close_matches(name, _TABLES, n=1)
            hint = f"did you mean [{near[0]}]?" if near else "known are [run], [sweep] and [zip]"
            raise InputError(f"sweep file {path}: unknown table or key {name!r}; {hint}")
        if not isinstance(table, dict):
            raise InputError(f"sweep file {path}: {name!r} must be a table, written as [{name}]")
    shared = {
        key: coerce(key, value, where=f"sweep file {path}, table [run]: ")
        for key, value in document.get("run", {}).items()
    }
    crossed = _axes(path, "sweep", document.get("sweep", {}))
    zipped = _axes(path, "zip", document.get("zip", {}))
    if not crossed and not zipped:
        raise InputError(f"sweep file {path}: nothing is swept; give lists in [sweep] or [zip]")
    _refuse_twice(path, shared, crossed, zipped)
    lengths = {key: len(values) for key, values in zipped.items()}
    if len(set(lengths.values())) > 1:
        counted = ", ".join(f"{key} has {count}" for key, count in lengths.items())
        raise InputError(f"sweep file {path}, table [zip]: lists go together and need one length, but {counted} values")
    together = list(zip(*zipped.values(), strict=True)) if zipped else [()]
    combinations = [(*crossing, *beside) for crossing in itertools.product(*crossed.values()) for beside in together]
    return SweepFile(path, shared, (*crossed, *zipped), tuple(dict.fromkeys(combinations)))


def _refuse_twice(path: Path, shared: dict[str, Any], crossed: dict[str, Any], zipped: dict[str, Any]) -> None:
    for key in (*crossed, *zipped):
        if key in shared:
            raise InputError(f"sweep file {path}, table [run]: {key!r} is swept as well; leave it out of [run]")
    for key in crossed:
        if key in zipped:
            raise InputError(f"sweep file {path}, table [zip]: {key!r} stands in [sweep] as well; keep one of them")


def _axes(path: Path, table: str, content: dict[str, Any]) -> dict[str, tuple[Any, ...]]:
    axes: dict[str, tuple[Any, ...]] = {}
    for written, value in content.items():
        key = "split" if written == "splits" else written
        where = f"sweep file {path}, table [{table}]: "
        if key in UNSWEPT:
            raise InputError(f"{where}{key!r} changes no result; give it in [run] or on the command line")
        if key in axes:
            raise InputError(f"{where}'split' and 'splits' are one setting; keep one of them")
        entries = _span(value, f"{where}{written!r}") if isinstance(value, dict) else value
        if not isinstance(entries, list) or not entries:
            raise InputError(f"{where}{written!r} must be a list of values, or a range such as {{ from = 1, to = 5 }}")
        axes[key] = tuple(_entry(key, entry, where) for entry in entries)
    return axes


def _entry(key: str, entry: Any, where: str) -> Any:
    return coerce(key, SPLIT_SEED if key == "split" and entry == _RECORD else entry, where=where)


def _span(table: dict[str, Any], where: str) -> list[float]:
    """The values of a range, both ends included where steps meet them."""
    unknown = sorted(set(table) - _RANGE_KEYS)
    if unknown or not {"from", "to"} <= set(table):
        trouble = f"has an unknown key {unknown[0]!r}" if unknown else "needs 'from' and 'to'"
        raise InputError(f"{where}: the range {trouble}; known are from, to, step, count and scale")
    for name in ("from", "to", "step", "count"):
        value = table.get(name, 1)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise InputError(f"{where}: {name!r} of the range must be a number, not {value!r}")
    low, high, scale = table["from"], table["to"], table.get("scale", "linear")
    if low > high:
        raise InputError(f"{where}: the range ends at {high}, below its start {low}; exchange them")
    if scale not in ("linear", "log"):
        raise InputError(f"{where}: 'scale' of the range is {scale!r}; known are linear and log")
    if "count" in table:
        return _counted(table, where, low, high, scale)
    if scale == "log":
        raise InputError(f"{where}: a range with scale = \"log\" needs 'count'")
    step = table.get("step", 1)
    if step <= 0 or (high - low) / step > _MOST_VALUES:
        raise InputError(f"{where}: 'step' of the range must be above 0 and give at most {_MOST_VALUES} values")
    return [_neat(low + index * step) for index in range(math.floor((high - low) / step + 1e-9) + 1)]


def _counted(table: dict[str, Any], where: str, low: float, high: float, scale: str) -> list[float]:
    count = table["count"]
    if "step" in table:
        raise InputError(f"{where}: 'step' and 'count' both divide the range; give one of them")
    if not isinstance(count, int) or not 2 <= count <= _MOST_VALUES:
        raise InputError(f"{where}: 'count' of the range must be a whole number from 2 to {_MOST_VALUES}")
    if scale == "log" and low <= 0:
        raise InputError(f'{where}: a range with scale = "log" must start above 0')
    if scale == "log":
        return [_neat(low * (high / low) ** (index / (count - 1))) for index in range(count)]
    return [_neat(low + (high - low) * index / (count - 1)) for index in range(count)]


def _neat(value: float) -> float:
    """Without the last digits that adding up leaves; whole numbers stay whole where they were."""
    return value if isinstance(value, int) else float(f"{value:.12g}")
