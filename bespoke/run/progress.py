"""How a run tells whoever watches where it is."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Protocol


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


class SideBySide:
    """Progress of several jobs that go through the same stages side by side, told as one.

    Parameters
    ----------
    whole : is told how much of all of them is done.
    jobs : how many.
    stages : what part of a job each stage is, by title, in order.
    """

    def __init__(self, whole: RunProgress, jobs: int, stages: Mapping[str, float]):
        self._whole, self._stages, self._lock = whole, dict(stages), threading.Lock()
        self._total = max(sum(self._stages.values()), 1e-9)
        self._shares, self._titles = [0.0] * jobs, [""] * jobs

    def job(self, number: int) -> RunProgress:
        """What the job of that number tells, which may be in a thread of its own."""
        return _Side(self, number)

    def done(self, number: int) -> None:
        """The job of that number has ended."""
        self._tell(number, 1.0, "")

    def began(self, number: int, title: str, fraction: float) -> None:
        """The job of that number has done so much of a stage."""
        titles = list(self._stages)
        before = titles[: titles.index(title)] if title in titles else []
        share = sum(self._stages[one] for one in before) + fraction * self._stages.get(title, 0.0)
        self._tell(number, min(share / self._total, 0.999), title)

    def _tell(self, number: int, share: float, title: str) -> None:
        with self._lock:
            self._shares[number], self._titles[number] = share, title
            ended = sum(one == 1.0 for one in self._shares)
            at = ", ".join(title for title in self._titles if title)
            note = f"{ended} of {len(self._shares)} done" + (f"; {at}" if at else "")
            self._whole.update(sum(self._shares) / len(self._shares), note)


class _Side:
    def __init__(self, all_of_them: SideBySide, number: int):
        self._all, self._number, self._title = all_of_them, number, ""

    def stage(self, title: str) -> None:
        self._title = title
        self._all.began(self._number, title, 0.0)

    def update(self, fraction: float, note: str = "") -> None:
        self._all.began(self._number, self._title, fraction)
