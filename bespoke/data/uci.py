"""The literature's data sets from the UCI Machine Learning Repository, downloaded once and kept."""

from __future__ import annotations

import logging
import os
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bespoke.errors import InputError
from bespoke.files import write_text

_log = logging.getLogger(__name__)

#: Seconds of silence after which a download is given up.
_TIMEOUT_S = 60.0


@dataclass(frozen=True)
class UciSet:
    """How one set is composed.

    Parameters
    ----------
    uci_id : number in the repository.
    target : name of the class variable.
    samples, features, classes : what must come out.
    subset : a variable and the value that its rows must have, where UCI keeps two sets in one table.
    description : one line.
    """

    uci_id: int
    target: str
    samples: int
    features: int
    classes: int
    description: str
    subset: tuple[str, str] | None = None


LITERATURE = {
    "breast_cancer_wisconsin": UciSet(15, "Class", 683, 9, 2, "Wisconsin original: cytology of breast masses"),
    "cardiotocography": UciSet(193, "NSP", 2126, 21, 3, "fetal state from heart rate and contractions"),
    "pendigits": UciSet(81, "Class", 10992, 16, 10, "handwritten digits as eight pen positions"),
    "redwine": UciSet(186, "quality", 1599, 11, 6, "quality of red wine from its chemistry", ("color", "red")),
    "whitewine": UciSet(186, "quality", 4898, 11, 7, "quality of white wine from its chemistry", ("color", "white")),
}


def literature_file(name: str, *, data_dir: str | Path | None = None, fetch: Callable[..., Any] | None = None) -> Path:
    """CSV file of a ``LITERATURE`` set: from ``data_dir``, the folder named by BESPOKE_DATA, the cache, or UCI.

    Parameters
    ----------
    name : key of ``LITERATURE``.
    data_dir : folder to look in first.
    fetch : downloads by ``id=``; ``ucimlrepo.fetch_ucirepo`` by default.

    Raises
    ------
    InputError
        for a folder that does not exist, no network, or a set that UCI no longer keeps as it was.
    """
    found = local_file(name, data_dir=data_dir)
    if found is None:
        found = cache_dir() / f"{name}.csv"
        _download(name, found, fetch)
    return found


def local_file(name: str, *, data_dir: str | Path | None = None) -> Path | None:
    """The set's CSV file, looked for as by ``literature_file``; None where it would have to be downloaded.

    Raises
    ------
    InputError
        for a folder that does not exist.
    """
    folder = data_dir if data_dir is not None else os.environ.get("BESPOKE_DATA") or None
    if folder is not None:
        origin = "the data folder" if data_dir is not None else "the folder named by BESPOKE_DATA"
        if not Path(folder).is_dir():
            raise InputError(f"{folder}: {origin} does not exist")
        path = Path(folder) / f"{name}.csv"
        if path.is_file():
            return path
        _log.info("%s is not in %s", path.name, folder)
    path = cache_dir() / f"{name}.csv"
    return path if path.is_file() else None


def cache_dir() -> Path:
    """Folder for downloaded sets, where the platform's convention puts a user's caches."""
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "bespoke" / "datasets"


def _download(name: str, path: Path, fetch: Callable[..., Any] | None) -> None:
    if fetch is None:
        from ucimlrepo import fetch_ucirepo as fetch  # imports slowly, and only a download needs it
    recipe = LITERATURE[name]
    _log.info("downloading %s from the UCI repository", name)
    try:
        with _socket_timeout(_TIMEOUT_S):
            answer = fetch(id=recipe.uci_id)
        frame = _composed(recipe, answer)
    except Exception as error:  # the client raises bare exceptions of many types for one cause: no usable answer
        raise InputError(
            f"{name} could not be downloaded from the UCI repository ({error}); put {name}.csv into a folder and name "
            "the folder in BESPOKE_DATA"
        ) from error
    found = (len(frame), frame.shape[1] - 1, frame.iloc[:, -1].nunique())
    if found != (recipe.samples, recipe.features, recipe.classes):
        raise InputError(
            f"{name} from the UCI repository has {found[0]} samples, {found[1]} features and {found[2]} classes "
            f"instead of {recipe.samples}, {recipe.features} and {recipe.classes}; put the literature's {name}.csv "
            "into a folder and name the folder in BESPOKE_DATA"
        )
    write_text(path, frame.to_csv(index=False, lineterminator="\n"))


def _composed(recipe: UciSet, answer: Any) -> Any:
    """Features, then the class; rows with missing values left out, whole numbers without a decimal point."""
    features, targets, original = answer["data"]["features"], answer["data"]["targets"], answer["data"]["original"]
    target = next(column for column in targets.columns if column.lower() == recipe.target.lower())
    frame = features.assign(**{target: targets[target]})
    if recipe.subset is not None:
        variable, value = recipe.subset
        frame = frame[original[variable] == value]
    frame = frame.dropna().reset_index(drop=True)
    whole = [column for column in frame.columns if (frame[column] % 1 == 0).all()]
    return frame.astype(dict.fromkeys(whole, "int64"))


@contextmanager
def _socket_timeout(seconds: float) -> Iterator[None]:
    """The client sets no timeout of its own; without one a dead connection would hang for ever."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
