"""Pieces in processes of this machine. Every worker is a process of its own, replaced when it dies."""

from __future__ import annotations

import contextlib
import itertools
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from multiprocessing import resource_tracker as keeper_of_python
from pathlib import Path
from typing import Any, TypeVar

from joblib.externals.loky import ProcessPoolExecutor
from joblib.externals.loky.backend import resource_tracker as keeper_of_loky
from joblib.externals.loky.process_executor import TerminatedWorkerError

from bespoke.execution.executor import Elsewhere, ExecutorKind
from bespoke.execution.failures import MOST_DEATHS, deadly
from bespoke.execution.workers import ONE_THREAD, begin_work

_R = TypeVar("_R")
#: Warning option for the keepers of semaphores: what a stopped process leaves to them is removed without a word.
_QUIET = "ignore:resource_tracker:UserWarning"
#: Seconds that a worker has to end, with the program that it runs, before it is killed.
_GRACE_S = 1.0
#: Seconds between two looks whether it has.
_LOOK_EVERY_S = 0.01


@dataclass(order=True)
class _Piece:
    """A piece of work; the least is begun first."""

    rank: int
    number: int
    work: Callable[..., Any] = field(compare=False)
    arguments: tuple[Any, ...] = field(compare=False)
    options: dict[str, Any] = field(compare=False)
    future: Future[Any] = field(compare=False, default_factory=Future)
    dropped: bool = field(compare=False, default=False)


class Processes(Elsewhere):
    """Processes that are started when they are first needed, and stay.

    Parameters
    ----------
    keep : folder for the input of pieces that ended their worker again and again; None for the machine's temporary one.
    """

    kind = ExecutorKind.PROCESSES

    def __init__(self, workers: int, keep: Path | None = None):
        super().__init__(workers)
        self._keep = keep
        self._waiting: queue.PriorityQueue[_Piece] = queue.PriorityQueue()
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self._started: list[_Worker] = []

    def _submit(self, work: Callable[..., _R], arguments: tuple[Any, ...], options: dict[str, Any]) -> Future[_R]:
        piece = _Piece(self._rank, next(self._numbers), work, arguments, options)
        self._waiting.put(piece)
        with self._lock:
            if len(self._started) < self.workers:
                self._started.append(_Worker(self._waiting, self._keep))
                self._started[-1].start()
        return piece.future

    def _drop(self) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                self._waiting.get_nowait().future.cancel()
        _end(self._started)

    def close(self) -> None:
        super().close()
        for worker in self._started:
            worker.is_over = True
        self._drop()
        for _ in self._started:  # whoever waits for a piece finds that there are no more
            self._waiting.put(_Piece(0, next(self._numbers), os.getpid, (), {}))


class _Worker(threading.Thread):
    """A process, and the thread that gives it one piece after the other; which piece it died of is beyond doubt."""

    def __init__(self, waiting: queue.PriorityQueue[_Piece], keep: Path | None):
        super().__init__(daemon=True)
        self.is_over = False
        self._waiting, self._keep = waiting, keep
        self._piece: _Piece | None = None
        self._process: tuple[ProcessPoolExecutor, int] | None = None

    def run(self) -> None:
        while True:
            self._piece = piece = self._waiting.get()
            if self.is_over:
                piece.future.cancel()
                return
            if piece.future.set_running_or_notify_cancel():
                try:
                    result = self._done(piece)
                except BaseException as error:
                    piece.future.set_exception(error)
                else:
                    piece.future.set_result(result)
                    del result
            self._piece = piece = None  # nothing of it is kept while the next one is waited for

    def _done(self, piece: _Piece) -> Any:
        """The piece's result; where the process dies it is replaced, and the piece is done again, a few times."""
        for deaths in itertools.count(1):
            try:
                return self._pool().submit(piece.work, *piece.arguments, **piece.options).result()
            except BrokenProcessPool as error:
                self._process = None
                if piece.dropped or self.is_over:
                    raise CancelledError from error
                if not isinstance(error, TerminatedWorkerError):  # it could not be read, for one
                    raise
                if deaths == MOST_DEATHS:
                    raise deadly(piece.work, piece.arguments, piece.options, keep=self._keep, why=error) from error
        raise AssertionError

    def _pool(self) -> ProcessPoolExecutor:
        if self._process is None:
            _start_keepers()
            with _interrupts_wait():
                pool = ProcessPoolExecutor(1, initializer=begin_work, initargs=(os.getpid(),), env=ONE_THREAD)
                number = pool.submit(os.getpid)
            self._process = pool, number.result()
        return self._process[0]

    @property
    def is_ending(self) -> bool:
        """Whether its process is still there after it was told to end."""
        if self._process is None:
            return False
        try:
            os.kill(self._process[1], 0)
        except ProcessLookupError:
            return False
        return True

    def tell(self) -> None:
        """End what it does at the moment, and the programs that it runs; and the process, where all is over."""
        piece, process = self._piece, self._process
        if piece is not None:
            piece.dropped = True
        if process is not None and (piece is not None or self.is_over):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process[1], signal.SIGTERM)

    def kill(self) -> None:
        """As ``tell``, for a process that does not listen because it is deep in a kernel."""
        process = self._process
        if process is not None and (self._piece is not None or self.is_over):
            process[0].shutdown(wait=False, kill_workers=True)


def _end(workers: Iterable[_Worker]) -> None:
    workers = list(workers)
    for worker in workers:
        worker.tell()
    over = time.monotonic() + _GRACE_S
    while any(worker.is_ending for worker in workers) and time.monotonic() < over:
        time.sleep(_LOOK_EVERY_S)
    for worker in workers:
        worker.kill()


@contextlib.contextmanager
def _interrupts_wait() -> Iterator[None]:
    """Ctrl-C does not reach a process that is started in the block: it would say so before it knows better."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start_keepers() -> None:
    """The processes that keep account of semaphores, unless they run; they take over our warning options.

    Before interrupts are held back for a worker's start: whoever starts Python's keeper lets them through again.
    """
    sys.warnoptions.append(_QUIET)
    try:
        keeper_of_python.ensure_running()
        keeper_of_loky.ensure_running()
    finally:
        sys.warnoptions.remove(_QUIET)
