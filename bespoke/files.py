"""Writing files so that a killed process leaves the old content or the new, never half of it."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any


def write_bytes(path: Path, content: bytes) -> None:
    """Write under a temporary name in the same folder, then rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as sink:
            sink.write(content)
        mask = os.umask(0)
        os.umask(mask)
        Path(temporary).chmod(0o666 & ~mask)  # mkstemp's 0600 would hide results from the user's group
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def write_text(path: Path, text: str) -> None:
    """Text in UTF-8; a file's name that the locale could not decode comes out as the bytes that it is."""
    write_bytes(path, text.encode("utf-8", "surrogateescape"))


def as_written(text: str) -> str:
    """The text as it is read back, which differs where a locale without UTF-8 could not decode it."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def write_json(path: Path, document: Any) -> None:
    """JSON with an indent of one, keys in the order given; NaN is refused."""
    write_text(path, json.dumps(document, indent=1, allow_nan=False, ensure_ascii=False) + "\n")
