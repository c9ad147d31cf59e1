"""Progress on the terminal: one line per stage, quiet where nobody looks."""

from __future__ import annotations

import re
from types import TracebackType

from rich.console import Console
from rich.progress import Progress, ProgressColumn, SpinnerColumn, Task
from rich.table import Column
from rich.text import Text

#: Widths of a bar, where there is room for one.
_BAR_WIDEST, _BAR_NARROWEST = 24, 8
#: Room that a title gets before a bar does, so that bars stand below each other.
_TITLE_WIDTH = 32
#: Signs for a terminal that does not draw.
_PLAIN = str.maketrans("━╌…", "=-~")
#: What stands between the phrases of a title or a note.
_PHRASE = re.compile(r"[,;:] ")


class TerminalProgress:
    """Shows the stages of a run as bars on standard error; silent when that is not a terminal.

    Meets :class:`bespoke.run.progress.RunProgress`.
    """

    def __init__(self, console: Console | None = None) -> None:
        console = console or Console(stderr=True)
        self._bars = Progress(
            SpinnerColumn("dots" if _draws(console) else "line"),
            _StageColumn(console),
            console=console,
            disable=not console.is_terminal,
        )
        self._task = None

    def __enter__(self) -> TerminalProgress:
        self._bars.start()
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._finish()
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


class _StageColumn(ProgressColumn):
    """The whole line of a stage but its spinner, laid out for the width that the terminal has at the moment."""

    def __init__(self, console: Console) -> None:
        super().__init__(table_column=Column(no_wrap=True))
        self._console = console

    def render(self, task: Task) -> Text:
        elapsed = task.finished_time if task.finished else task.elapsed
        line = stage_line(
            self._console.width - 2,  # the spinner and a blank
            title=task.description,
            note="" if task.finished else task.fields["note"],
            fraction=task.percentage / 100,
            elapsed_s=elapsed or 0.0,
            remaining_s=None if task.finished else task.time_remaining,
        )
        return Text(line if _draws(self._console) else line.translate(_PLAIN), no_wrap=True, overflow="crop")


def _draws(console: Console) -> bool:
    """Whether the terminal's encoding has more than letters."""
    return console.encoding.lower().startswith("utf")


def stage_line(
    width: int, *, title: str, note: str, fraction: float, elapsed_s: float, remaining_s: float | None
) -> str:
    """One line of no more than ``width`` columns: title, bar, note, time so far and time to go.

    The times are always whole. Then the title has its room, then the note's first phrase and a short bar, then a longer
    bar, then the rest of the note; title and note end at a phrase where they must.
    """
    times = f"{_clock(elapsed_s)} {_clock(remaining_s)}"
    room = width - len(times) - 1
    if room <= 0:
        return _clock(elapsed_s) if width >= len(_clock(elapsed_s)) else ""
    shown = _phrases(title, room) or title[: room - 1] + "…"
    line = shown.ljust(min(_TITLE_WIDTH, room))
    left = room - len(line) - 1
    first = _PHRASE.split(note, maxsplit=1)[0]
    beside = left - len(first) - 1 if first else left
    bar = min(_BAR_WIDEST, beside if beside >= _BAR_NARROWEST else left)
    if bar >= _BAR_NARROWEST:
        done = round(fraction * bar)
        line += " " + "━" * done + "╌" * (bar - done)
    words = _phrases(note, room - len(line) - 1)
    if words:
        line += " " + words
    return f"{line.ljust(room)} {times}"


def _clock(seconds: float | None) -> str:
    """``0:00:12``; ``-:--:--`` where it is not known."""
    if seconds is None:
        return "-:--:--"
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


def _phrases(text: str, width: int) -> str:
    """As many of the text's first phrases as fit; empty where none does."""
    if len(text) <= width:
        return text
    ends = [found.start() for found in _PHRASE.finditer(text) if found.start() <= width]
    return text[: ends[-1]] if ends else ""
