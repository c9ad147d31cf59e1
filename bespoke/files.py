"""Writing files so that a killed process, or a power cut, leaves the old content or the new, never half of it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bespoke.stopping import before_leaving

_SUFFIX = ".tmp"
_UNFINISHED = re.compile(r"\..+\.[0-9a-f]{8}" + re.escape(_SUFFIX))
#: Of files that are being written, for whoever cuts this process short.
_unfinished: set[str] = set()


def write_bytes(path: Path, content: bytes) -> None:
    """Write under a temporary name in the same folder, then rename.

    The content is on the disk before it has the name, and the name before this returns: whatever is written later
    cannot outlast it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}{_SUFFIX}")
    _unfinished.add(str(temporary))
    try:
        with naming(path), temporary.open("xb") as sink:
            sink.write(content)
            sink.flush()
            os.fsync(sink.fileno())
        temporary.replace(path)
        _sync_names(path.parent)
    except BaseException:  # an interrupt may come at any line, so the name is known before the file is there
        temporary.unlink(missing_ok=True)
        raise
    finally:
        _unfinished.discard(str(temporary))


def _sync_names(folder: Path) -> None:
    """The names in a folder on the disk, where the file system can tell."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@before_leaving
def _remove_unfinished() -> None:
    for temporary in tuple(_unfinished):
        with contextlib.suppress(OSError):
            os.unlink(temporary)  # noqa: PTH108 - nothing that could wait


def is_unfinished(path: Path) -> bool:
    """Whether a killed process was writing this file; whoever holds the folder may remove it."""
    return _UNFINISHED.fullmatch(path.name) is not None and path.is_file()


@contextlib.contextmanager
def naming(path: Path) -> Iterator[None]:
    """Around the writing of a file: the system names none where a disk becomes full, and the name of ours is for us."""
    try:
        yield
    except OSError as error:
        error.filename = str(path)
        raise


def write_scratch(path: Path, content: str | bytes) -> None:
    """A file that only a program to be started next reads: written in place, as nothing relies on it later."""
    with naming(path):
        path.write_bytes(content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content)


@contextlib.contextmanager
def scratch_folder(
    prefix: str, *, inside: Path | None = None, suffix: str = "", keep: tuple[type[BaseException], ...] = ()
) -> Iterator[Path]:
    """A folder for the block, gone after it whatever happens; its name is known before it is there.

    Parameters
    ----------
    inside : where it is made; the system's folder for such by default.
    keep : errors after which it stays, for their messages name what lies in it.
    """
    folder = (inside or Path(tempfile.gettempdir())) / f"{prefix}{secrets.token_hex(4)}{suffix}"
    kept = False
    try:
        folder.mkdir(mode=0o700)
        yield folder
    except keep:
        kept = True
        raise
    finally:
        if not kept:
            shutil.rmtree(folder, ignore_errors=True)


def write_text(path: Path, text: str) -> None:
    """Text in UTF-8; a file's name that the locale could not decode comes out as the bytes that it is."""
    write_bytes(path, text.encode("utf-8", "surrogateescape"))


def as_written(text: str) -> str:
    """The text as it is read back, which differs where a locale without UTF-8 could not decode it."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def write_json(path: Path, document: Any) -> None:
    """JSON with an indent of one, keys in the order given; NaN is refused."""
    write_text(path, json.dumps(document, indent=1, allow_nan=False, ensure_ascii=False) + "\n")
