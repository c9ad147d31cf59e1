"""How a run tells whoever watches where it is."""

from __future__ import annotations

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
