"""What a killed process may have left in a run folder, and what whoever holds the folder does about it.

A folder is known by its stamp. One with nothing but names of our own in it was killed before it had one, and is as good
as empty. A run that another replaces is marked as replaced before the first of its files goes, so that whoever opens
the folder next finishes the clearing in place of going on with the half that is left.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from bespoke.errors import InputError
from bespoke.files import is_unfinished
from bespoke.run import publication

#: Says whose run a folder holds; written when the folder is opened.
STAMP = ".bespoke-run.json"
#: Held by the process that works in the folder.
LOCK = ".bespoke-run.lock"


def hold(folder: Path, *, by: str) -> TextIO:
    """Keep a folder for this process until what is returned is closed, or the process ends, however it ends.

    Parameters
    ----------
    by : what holds it, in a word.

    Raises
    ------
    InputError
        where another process holds it.
    """
    lock = (folder / LOCK).open("w", encoding="utf-8")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise InputError(f"--out {folder} is in use by another {by}; wait for it or name another folder") from None
    return lock


def holds_foreign_files(folder: Path) -> bool:
    """Whether there is anything in a folder without a stamp that opening it would not leave."""
    return folder.exists() and any(path.name != LOCK and not is_unfinished(path) for path in folder.iterdir())


def clear(folder: Path) -> None:
    """Remove everything but stamp and lock. For whoever holds the folder, and has marked it as replaced."""
    for path in folder.iterdir():
        if path.name in (STAMP, LOCK):
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def tidy(folder: Path) -> None:
    """Finish a change of several files that was begun, and remove files that were being written, wherever they lie.

    For whoever holds the folder. A run of its own further down is left to whoever holds that.
    """
    publication.settle(folder)
    publication.forget_unready(folder)
    for place, folders, names in os.walk(folder):  # links to folders are not followed
        inside = Path(place)
        folders[:] = [name for name in folders if not (inside / name / LOCK).exists()]
        for name in names:
            if is_unfinished(inside / name):
                (inside / name).unlink(missing_ok=True)


def remove_place(folder: Path, *, marks: Sequence[str]) -> None:
    """Remove a folder of results, first the files that say that the others are there."""
    for mark in marks:
        (folder / mark).unlink(missing_ok=True)
    if folder.exists():
        shutil.rmtree(folder)
