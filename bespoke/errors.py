"""Errors that a user may see.

Every message is one sentence (two at most) that names the file, column, row or option at fault and says what to do
next. The command line prints it without a traceback and ends with the error's ``exit_code``.
"""

from __future__ import annotations

from pathlib import Path


class BespokeError(Exception):
    """Base of every error raised on purpose."""

    exit_code = 1


class InputError(BespokeError):
    """The user's input is at fault: a file, a column, a row, an option, a model that does not fit its data."""

    exit_code = 2


class ToolMissingError(BespokeError):
    """An outside program is not installed or not usable; the message says how to get it."""

    exit_code = 2


class NoDesignError(BespokeError):
    """No design meets the request; the message names the nearest one."""

    exit_code = 2


class ToolFailedError(BespokeError):
    """An outside program failed or timed out.

    Parameters
    ----------
    message : one sentence on what failed.
    command : the command line as it was run.
    log : path of the whole log.
    tail : last lines of the log.
    """

    def __init__(self, message: str, *, command: tuple[str, ...] = (), log: Path | None = None, tail: str = ""):
        parts = [message]
        if tail:
            parts.append("last lines of the log:\n" + tail.rstrip())
        if log is not None:
            parts.append(f"whole log: {log}")
        if command:
            parts.append("command: " + " ".join(command))
        super().__init__("\n".join(parts))
        self.command = command
        self.log = log
        self.tail = tail


class ToolTimeoutError(ToolFailedError):
    """An outside program did not end within its safety limit: never a reason to go on with another result."""


class VerificationError(BespokeError):
    """Two descriptions of a circuit that must agree do not; the message shows where."""


class UndecidedError(VerificationError):
    """Whether two circuits agree could not be found out with the work given, which is counted: it repeats anywhere."""


class OutOfTimeError(VerificationError):
    """Whether two circuits agree was not found out in the time given; a faster or idler machine may find out."""


class PieceFailedError(BespokeError):
    """A piece of work ended its worker again and again; the message says which, and where its input is kept."""
