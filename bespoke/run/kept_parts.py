"""Results that stay in a folder part by part, so that a command that was killed goes on from there."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bespoke.documents import read_json
from bespoke.errors import InputError
from bespoke.files import write_json
from bespoke.run.metrics import restored


class KeptParts:
    """Parts of an examination in a folder, so that one that was killed goes on.

    A part is kept with a digest of everything that it depends on; another digest, and it is computed again.
    """

    def __init__(self, folder: Path | None):
        self._folder = folder

    def of(self, name: str, key: str, kind: Any, compute: Callable[[], Any]) -> Any:
        """The part of that name as the annotated type, computed where it is not kept."""
        if self._folder is None:
            return compute()
        path = self._folder / f"{name}.json"
        held = self._held(path)
        if held.get("digest") == key:
            try:
                return restored(kind, held["result"])
            except (KeyError, TypeError, ValueError):
                pass  # damaged, so computed again
        result = compute()
        write_json(path, {"digest": key, "result": _plain(result)})
        return result

    @staticmethod
    def _held(path: Path) -> dict[str, Any]:
        if not path.is_file():
            return {}
        try:
            document = read_json(path, "file")
        except InputError:
            return {}
        return document if isinstance(document, dict) else {}


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return dataclasses.asdict(value)
    return [_plain(entry) for entry in value] if isinstance(value, tuple) else value
