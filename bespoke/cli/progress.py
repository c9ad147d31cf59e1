"""Progress on the terminal: one line per stage, quiet where nobody looks."""

from __future__ import annotations

import sys
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn


class TerminalProgress:
    """Shows the stages of a run as bars on standard error; silent when that is not a terminal.

    Meets :class:`bespoke.pipeline.progress.RunProgress`.
    """

    def __init__(self) -> None:
        self._visible = sys.stderr.isatty()
        self._bars = Progress(
            SpinnerColumn(),
            TextColumn("{task.description:<32}"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[note]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            disable=not self._visible,
        )
        self._task = None

    def __enter__(self) -> TerminalProgress:
        self._bars.start()
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._finish()
        self._bars.stop()

    def stop(self) -> None:
        self._bars.stop()

    def stage(self, title: str) -> None:
        """Begin a stage; the one before it is done."""
        self._finish()
        self._task = self._bars.add_task(title, total=1.0, note="")

    def update(self, fraction: float, note: str = "") -> None:
        """How much of the stage is done, 0 to 1, and a word on how it goes."""
        if self._task is not None:
            self._bars.update(self._task, completed=min(1.0, max(0.0, fraction)), note=note)

    def _finish(self) -> None:
        if self._task is not None:
            self._bars.update(self._task, completed=1.0)
            self._task = None
