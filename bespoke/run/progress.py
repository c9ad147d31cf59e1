"""How a run tells whoever watches where it is."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bespoke.files import write_text

#: Seconds between two notes of a process on how far it is.
_NOTE_EVERY_S = 0.5


class RunProgress(Protocol):
    """Receives the stages of a run in order."""

    def stage(self, title: str) -> None:
        """A stage begins; the one before it is done."""

    def update(self, fraction: float, note: str = "") -> None:
        """So much of the stage is done, 0 to 1; ``note`` says how it goes."""


class Silent:
    """Shows nothing."""

    def stage(self, title: str) -> None:
        pass

    def update(self, fraction: float, note: str = "") -> None:
        pass


@dataclass(frozen=True)
class Share:
    """How much of its work a process has done, and what it is at."""

    fraction: float
    note: str

    @classmethod
    def read(cls, path: Path) -> Share:
        """What a process wrote; nothing done where it has not written yet, or has ended."""
        try:
            fraction, _, note = path.read_text(encoding="utf-8").partition(" ")
            return cls(float(fraction), note)
        except (OSError, ValueError):
            return cls(0.0, "")


class ShareFile:
    """Progress of one process among several, told through a file.

    Parameters
    ----------
    stages : what part of the work each stage is, by title, in order.
    """

    def __init__(self, path: Path, stages: Mapping[str, float]):
        self._path, self._stages = path, dict(stages)
        self._title, self._told = "", 0.0

    def stage(self, title: str) -> None:
        self._title = title
        self._tell(0.0)

    def update(self, fraction: float, note: str = "") -> None:
        if time.monotonic() - self._told >= _NOTE_EVERY_S:
            self._tell(fraction)

    def _tell(self, fraction: float) -> None:
        self._told = time.monotonic()
        titles = list(self._stages)
        before = titles[: titles.index(self._title)] if self._title in titles else []
        done = sum(self._stages[title] for title in before) + fraction * self._stages.get(self._title, 0.0)
        write_text(self._path, f"{done / max(sum(self._stages.values()), 1e-9):.4f} {self._title}")
