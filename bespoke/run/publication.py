"""Several files of a run folder changed all at once, whenever the process is killed.

New files are written into a shadow of the folder, a hidden folder in it that links to all that stays. A list of what is
to move, written last, makes the change: from then on whoever opens the folder finishes the moving before it reads
(`settle`). Killed before, nothing has changed; killed after, everything will have.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bespoke.files import write_json

_PREFIX = ".choice-"
_READY = ".ready.json"


@contextmanager
def shadow_of(folder: Path, *, replaces: Iterable[str]) -> Iterator[Path]:
    """A shadow of a folder to write files into, which take the place of the folder's own when the block ends.

    For one process at a time, which holds the folder.

    Parameters
    ----------
    replaces : files that are not to outlast the change: those not written anew are removed.
    """
    forget_unready(folder)
    shadow = folder / f"{_PREFIX}{secrets.token_hex(4)}"
    try:
        shadow.mkdir()
        yield shadow
        new = _own_files(shadow)
        gone = sorted(set(replaces) - set(new))
        write_json(shadow / _READY, {"new": new, "gone": gone})
    except BaseException:
        (shadow / _READY).unlink(missing_ok=True)  # first, for it stands for all the others
        shutil.rmtree(shadow, ignore_errors=True)
        raise
    settle(folder)


def forget_unready(folder: Path) -> None:
    """Remove what a process left that was killed before anything changed. For whoever holds the folder."""
    for left in folder.glob(f"{_PREFIX}*"):
        if not (left / _READY).exists():
            shutil.rmtree(left)


def link_the_rest(folder: Path, shadow: Path, *, leaving: Iterable[str]) -> None:
    """Links to everything in the folder that the shadow has not of its own, so that it reads as the folder will.

    Parameters
    ----------
    leaving : files to leave out.
    """
    leaving = set(leaving)

    def link(place: Path) -> None:
        for path in (folder / place).iterdir():
            name, own = place / path.name, shadow / place / path.name
            if path.name.startswith(".") or str(name) in leaving:
                continue
            if own.is_dir() and not own.is_symlink():
                link(name)
            elif not own.exists():
                own.symlink_to(Path(*[".."] * len(name.parts), name))

    link(Path())


def settle(folder: Path) -> None:
    """Finish a change whose moving had begun; several may do so at once."""
    for ready in sorted(folder.glob(f"{_PREFIX}*/{_READY}")):
        shadow = ready.parent
        try:
            change = json.loads(ready.read_text(encoding="utf-8"))
        except FileNotFoundError:  # somebody else has finished it
            continue
        for name in change["new"]:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            try:
                (shadow / name).replace(folder / name)
            except FileNotFoundError:  # moved already
                continue
        for name in change["gone"]:
            (folder / name).unlink(missing_ok=True)
        ready.unlink(missing_ok=True)
        shutil.rmtree(shadow, ignore_errors=True)


def _own_files(shadow: Path) -> list[str]:
    """Files that the shadow holds, not those that it links to."""
    found = []
    for place, _, names in os.walk(shadow):  # links to folders are not followed
        paths = (Path(place) / name for name in names)
        found += [str(path.relative_to(shadow)) for path in paths if not path.is_symlink()]
    return sorted(found)
