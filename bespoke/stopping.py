"""Ctrl-C and SIGTERM: at any moment one sentence, exit code 130 or 143, and nothing that goes on behind it.

The first signal raises KeyboardInterrupt, so that outside programs are ended and temporary files removed on the way
out. What swallows it, as some imports and callbacks do, or takes too long, is cut short; so is a second signal.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType

#: Seconds from the signal to the end of the process, at most.
GRACE_S = 5.0
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class _Stop:
    """Whether this process was told to stop, and what it says then."""

    def __init__(self) -> None:
        self.signal: int | None = None
        self.sentence = "stopped"
        self.said = False
        self.held, self.waiting, self.impatient = False, False, False
        self.before_leaving: list[Callable[[], None]] = []

    @property
    def code(self) -> int:
        return 128 + (self.signal or 0)


_stop = _Stop()


@contextlib.contextmanager
def understood() -> Iterator[None]:
    """Around a whole command: ends the process with a sentence and a code when it was told to stop."""
    for number in _SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:  # as under nohup
            signal.signal(number, _told)
    atexit.register(_end)  # first, so that it is done last
    try:
        yield
    except BaseException:
        if _stop.signal is None:
            raise
    if _stop.signal is not None:  # whatever was raised or returned since, was so because of it
        _say()
        sys.exit(_stop.code)


@contextlib.contextmanager
def farewell(sentence: str) -> Iterator[None]:
    """What is said if the command is stopped within the block."""
    before, _stop.sentence = _stop.sentence, sentence
    try:
        yield
    finally:
        if _stop.signal is None:
            _stop.sentence = before


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """A short block that no signal cuts in two: the interrupt is raised at its end. For the main thread, not nested."""
    if threading.current_thread() is not threading.main_thread():  # signals are handled in the main one alone
        yield
        return
    _stop.held = True
    try:
        yield
    finally:
        _stop.held = False
        if _stop.impatient:
            _cut_short()
        if _stop.waiting:
            _stop.waiting = False
            raise KeyboardInterrupt


def before_leaving(action: Callable[[], None]) -> Callable[[], None]:
    """Do this before the process is cut short: it must not fail, nor wait for long. A decorator."""
    _stop.before_leaving.append(action)
    return action


def leave(code: int) -> None:
    """End the process at once."""
    for action in _stop.before_leaving:
        action()
    os._exit(code)


def _told(number: int, frame: FrameType | None) -> None:
    if _stop.signal is not None:
        if not _stop.held:
            _cut_short()
        _stop.impatient = True
        return
    _stop.signal = number
    sys.unraisablehook = threading.excepthook = lambda _: None  # the interrupt may surface in a callback
    timer = threading.Timer(GRACE_S, _cut_short)
    timer.daemon = True
    timer.start()
    if _stop.held:
        _stop.waiting = True
    else:
        raise KeyboardInterrupt


def _end() -> None:
    """The code is ours: Python ends itself by the signal where an interrupt went through code made of text."""
    if _stop.signal is not None:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
        leave(_stop.code)


def _cut_short() -> None:
    _say()
    leave(_stop.code)


def _say() -> None:
    """The sentence, once, on a line of its own below what the terminal shows of the key; the cursor is back."""
    if _stop.said:
        return
    _stop.said = True
    start = "\x1b[?25h\r\n" if os.isatty(2) else ""
    os.write(2, f"{start}bespoke: {_stop.sentence}\n".encode())
