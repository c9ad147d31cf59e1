"""The one place that runs outside programs.

Every run has a folder of its own in which its command, its whole log and its time stay, so that a person can run it
again by hand.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shlex
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from bespoke.errors import ToolFailedError, ToolMissingError, ToolTimeoutError
from bespoke.files import write_scratch
from bespoke.stopping import before_leaving, uninterrupted

_TAIL_LINES = 15
#: Bytes; with less on the disk a program's results are not to be trusted, whatever its exit code.
_LEAST_ROOM = 16384
#: Programs that this process waits for.
_running: set[subprocess.Popen] = set()
#: Held from before a program exists until it stands in ``_running``, and for good by a process that is cut short.
_starting = threading.Lock()
#: For as long a process that is cut short waits for a thread that is starting a program.
_START_S = 5.0


@dataclass(frozen=True)
class ToolRun:
    """What a finished run left behind."""

    name: str
    command: tuple[str, ...]
    folder: Path
    log: Path
    seconds: float

    def text(self) -> str:
        """The whole log."""
        return self.log.read_text(encoding="utf-8", errors="replace")


def run_tool(
    name: str,
    command: Sequence[str | Path],
    *,
    folder: Path,
    timeout_s: float,
    env: Mapping[str, str] | None = None,
) -> ToolRun:
    """Run a program without a shell in ``folder``, its output going to ``folder/name.log``.

    Parameters
    ----------
    name : names the log and the script ``name.cmd`` that repeats the run.
    command : program and arguments.
    folder : working folder, created if missing.
    timeout_s : after this many seconds the program and its children are ended.
    env : variables added to the environment.

    Raises
    ------
    ToolMissingError
        if the program cannot be started.
    ToolFailedError
        if it ends with another code than 0; a ToolTimeoutError if it runs out of time.
    OSError
        if the disk is full, or a file would have become larger than allowed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    words = tuple(str(word) for word in command)
    log = folder / f"{name}.log"
    extra = dict(env or {})
    assignments = "".join(f"{key}={shlex.quote(value)} " for key, value in sorted(extra.items()))
    line = f"cd {shlex.quote(str(folder))} && {assignments}{shlex.join(words)}\n"
    write_scratch(folder / f"{name}.cmd", line)
    started = time.monotonic()
    with log.open("wb") as sink:
        process = None
        try:
            with uninterrupted():  # an interrupt before there is something to end would leave the program behind
                process = _started(words, folder=folder, sink=sink, env=extra)
            code = process.wait(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            _end(process)
            raise ToolTimeoutError(
                f"{name} did not finish within {timeout_s:g} s", command=words, log=log, tail=_tail(log)
            ) from None
        except BaseException:
            if process is not None:
                _end(process)
            raise
        finally:
            _running.discard(process)
    _check_room(code, log)
    if code != 0:
        raise ToolFailedError(f"{name} failed with exit code {code}", command=words, log=log, tail=_tail(log))
    return ToolRun(name, words, folder, log, time.monotonic() - started)


def _check_room(code: int, log: Path) -> None:
    """Raises OSError where the disk became full, which some programs tell in their logs and others not at all."""
    found = _limit_in(_tail(log)) if code else None
    if code == -signal.SIGXFSZ:
        found = errno.EFBIG
    if shutil.disk_usage(log.parent).free < _LEAST_ROOM:
        found = errno.ENOSPC
    if found is not None:
        raise OSError(found, os.strerror(found), str(log))


def _limit_in(text: str) -> int | None:
    return next((number for number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG) if os.strerror(number) in text), None)


def _started(words: Sequence[str], *, folder: Path, sink: BinaryIO, env: Mapping[str, str]) -> subprocess.Popen:
    with _starting:
        try:
            process = subprocess.Popen(
                words,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                env={**os.environ, **env},
                start_new_session=True,
            )
        except (FileNotFoundError, PermissionError) as error:
            raise ToolMissingError(
                f"cannot start {words[0]}: {error.strerror}; `bespoke doctor` lists the tools and how to get them"
            ) from error
        _running.add(process)
    return process


def _end(process: subprocess.Popen) -> None:
    """End the program and whatever it started."""
    _kill(process)
    process.wait()


def _kill(process: subprocess.Popen) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


@before_leaving
def _kill_all() -> None:
    """A process that is cut short leaves no program behind, nor one that another thread is just starting."""
    _starting.acquire(timeout=_START_S)
    for process in list(_running):
        _kill(process)


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-_TAIL_LINES:])
