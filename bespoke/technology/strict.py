"""Strict reading of TOML tables: what a reader does not know, or cannot use, is an error that names its place.

``where`` is always the place as the user knows it: the file, and the cell or set within it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bespoke.documents import read_toml
from bespoke.errors import InputError


def load(path: Path) -> dict[str, Any]:
    return read_toml(path, "file")


def check_keys(table: Any, required: set[str], optional: set[str], where: str) -> None:
    if not isinstance(table, dict):
        raise InputError(f"{where} must be a table")
    for key in sorted(required - set(table)):
        raise InputError(f"{where} lacks the key {key!r}")
    for key in table:
        if key not in required | optional:
            raise InputError(f"{where} has the unknown key {key!r}; known are {', '.join(sorted(required | optional))}")


def subtable(table: dict[str, Any], key: str, where: str) -> dict[str, Any]:
    value = table.get(key, {})
    if not isinstance(value, dict):
        raise InputError(f"{where}: {key} must be a table")
    return value


def text(table: dict[str, Any], key: str, where: str) -> str:
    value = table[key]
    if not isinstance(value, str):
        raise InputError(f"{where}: {key} must be text, not {value!r}")
    return value


def truth(table: dict[str, Any], key: str, where: str) -> bool:
    """``true`` or ``false``; false where it is missing."""
    value = table.get(key, False)
    if not isinstance(value, bool):
        raise InputError(f"{where}: {key} must be true or false, not {value!r}")
    return value


def number(table: dict[str, Any], key: str, where: str, *, positive: bool = False, signed: bool = False) -> float:
    value = table[key]
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < float("inf"):
        raise InputError(f"{where}: {key} must be a number, not {value!r}")
    if (value < 0 and not signed) or (positive and value == 0):
        raise InputError(f"{where}: {key} must be {'above zero' if positive else 'zero or more'}, not {value!r}")
    return float(value)


def count(table: dict[str, Any], key: str, where: str) -> int | None:
    """A whole number from 1 on; None where it is missing."""
    value = table.get(key)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
        raise InputError(f"{where}: {key} must be a whole number from 1 on, not {value!r}")
    return value


def numbers(values: Any, where: str, *, signed: bool = False) -> tuple[float, ...]:
    if not isinstance(values, list):
        raise InputError(f"{where} must be a list of numbers")
    entries = {f"entry {place}": value for place, value in enumerate(values, start=1)}
    return tuple(number(entries, entry, where, signed=signed) for entry in entries)
