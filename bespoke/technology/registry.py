"""Finds technologies by name, file or entry point."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from bespoke.errors import InputError
from bespoke.resources import resource_dir
from bespoke.technology.cells import Technology
from bespoke.technology.liberty import read_liberty
from bespoke.technology.toml_format import read_toml

DEFAULT_TECHNOLOGY = "egfet-1.0v"

#: Third parties register a technology under this group: a callable without arguments that returns a ``Technology`` or
#: the path of a TOML or Liberty file, or such a value itself.
ENTRY_POINT_GROUP = "bespoke.technologies"


def technology_names() -> tuple[str, ...]:
    """Names that ``load_technology`` knows: the built-in ones, then those of installed packages."""
    return (*sorted(_built_in()), *sorted(set(_registered()) - set(_built_in())))


def load_technology(name_or_path: str | Path | Sequence[str | Path] = DEFAULT_TECHNOLOGY) -> Technology:
    """A technology by its name, or from a TOML (``.toml``) or Liberty (``.lib``) file, or several Liberty files.

    Raises
    ------
    InputError
        for a name that nobody registered (naming the nearest), or a file that cannot be read.
    """
    if isinstance(name_or_path, Sequence) and not isinstance(name_or_path, str):
        return read_liberty(name_or_path)
    text = str(name_or_path)
    if isinstance(name_or_path, str):
        if text in _built_in():
            return _read(_built_in()[text])
        if text in _registered():
            return _from_entry_point(_registered()[text])
    path = Path(text)
    if path.suffix.lower() in (".toml", ".lib") or path.is_file():
        return _from_file(path)
    known = technology_names()
    nearest = difflib.get_close_matches(text, known, n=1, cutoff=0.0)
    hint = f"; the nearest is {nearest[0]!r}" if nearest else ""
    raise InputError(
        f"unknown technology {text!r}{hint}; known are {', '.join(known)}, or give the path of a .toml or .lib file"
    )


@lru_cache
def _built_in() -> dict[str, Path]:
    # other TOML files of the folder, such as the power sources that technologies share, have no supply in their name
    folder = resource_dir("flows") / "technologies"
    return {path.stem: path for path in sorted(folder.glob("*.toml")) if path.stem != "power-sources"}


@lru_cache
def _read(path: Path) -> Technology:
    return read_toml(path)


def _from_file(path: Path) -> Technology:
    if not path.is_file():
        raise InputError(f"technology file {path} does not exist")
    return read_liberty(path) if path.suffix.lower() == ".lib" else read_toml(path)


def _registered() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=ENTRY_POINT_GROUP)}


def _from_entry_point(point: EntryPoint) -> Technology:
    where = f"technology {point.name!r}, registered as {point.value}"
    try:
        value = point.load()
        if callable(value):
            value = value()
    except Exception as error:
        raise InputError(f"{where}, cannot be loaded: {type(error).__name__}: {error}") from error
    if isinstance(value, str | Path):
        return _from_file(Path(value))
    if not isinstance(value, Technology):
        raise InputError(f"{where}, is a {type(value).__name__}, not a Technology or a path")
    return value
