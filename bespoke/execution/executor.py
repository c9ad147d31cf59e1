"""What all executors can do; the one that does everything here and now."""

from __future__ import annotations

import itertools
import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, CancelledError, ThreadPoolExecutor, wait
from contextlib import ExitStack
from enum import StrEnum
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

from threadpoolctl import threadpool_limits

_P = TypeVar("_P")
_R = TypeVar("_R")
_D = TypeVar("_D", covariant=True)
#: Pieces that are submitted before their results are asked for, for every worker.
_AHEAD = 2


class ExecutorKind(StrEnum):
    """Where pieces of work are done."""

    SERIAL = "serial"
    PROCESSES = "processes"
    DASK = "dask"


class Executor(ABC):
    """Does pieces of work, no more at a time than there are workers, and ends all that it started when it is closed.

    A piece is a function with its arguments, all of which can be pickled. It depends and acts on nothing else,
    so that it may be done anywhere, and once more where its worker died; no result depends on the executor.
    For as long as an executor is open, linear algebra of this process takes one thread: our matrices are too small to
    gain by more, and the workers are all the cores that were asked for.

    Parameters
    ----------
    workers : pieces at a time, each on a core.
    """

    kind: ExecutorKind
    #: Whether pieces see the files of this machine.
    shares_files = True

    def __init__(self, workers: int):
        self.workers = workers
        self._open = ExitStack()

    def __enter__(self) -> Self:
        self._open.enter_context(threadpool_limits(1))
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            self.close()
        finally:
            self._open.close()

    @abstractmethod
    def map(self, work: Callable[[_P], _R], pieces: Iterable[_P]) -> Iterator[_R]:
        """``work(piece)`` of every piece, in their order, each as soon as it and those before it are done.

        Raises
        ------
        PieceFailedError
            naming a piece that ended its worker again and again.
        """

    @abstractmethod
    def call(self, work: Callable[..., _R], *arguments: Any, **options: Any) -> _R:
        """One piece, waited for."""

    @abstractmethod
    def threads(self, work: Callable[[_P], _R], pieces: Iterable[_P]) -> Iterator[_R]:
        """As ``map``, in this process: for what waits for outside programs, or cannot be pickled."""

    @abstractmethod
    def beside(self, jobs: Sequence[Callable[[], _R]]) -> list[_R]:
        """Jobs that only wait for pieces of their own, some of them side by side; pieces of an earlier job go first.

        Where one fails all end, and its error is raised.
        """

    def inside(self, pieces: int) -> tuple[ExecutorKind, int]:
        """Kind and workers of the executor that each of so many pieces may open for itself."""
        share = max(1, self.workers // max(pieces, 1))
        return (ExecutorKind.SERIAL if share == 1 else ExecutorKind.PROCESSES), share

    def close(self) -> None:  # noqa: B027 - those without processes have nothing to end
        """End everything that was started."""


class Serial(Executor):
    """One piece after the other, in this process."""

    kind = ExecutorKind.SERIAL

    def __init__(self) -> None:
        super().__init__(1)

    def map(self, work: Callable[[_P], _R], pieces: Iterable[_P]) -> Iterator[_R]:
        return map(work, pieces)

    def call(self, work: Callable[..., _R], *arguments: Any, **options: Any) -> _R:
        return work(*arguments, **options)

    threads = map

    def beside(self, jobs: Sequence[Callable[[], _R]]) -> list[_R]:
        return [job() for job in jobs]


class Pending(Protocol[_D]):
    """A piece that is waited for."""

    def result(self) -> _D: ...

    def cancel(self) -> Any: ...


class Elsewhere(Executor):
    """One whose pieces are done in other processes, so that threads of this one may wait for them side by side."""

    def __init__(self, workers: int):
        super().__init__(workers)
        self._job = threading.local()
        self._threads: ThreadPoolExecutor | None = None

    @property
    def _rank(self) -> int:
        """Number of the job that the present thread does, for those that come first go first.

        Raises
        ------
        CancelledError
            where the job is given up, because one beside it has failed.
        """
        given_up = getattr(self._job, "given_up", None)
        if given_up is not None and given_up.is_set():
            raise CancelledError
        return getattr(self._job, "rank", 0)

    @abstractmethod
    def _submit(self, work: Callable[..., _R], arguments: tuple[Any, ...], options: dict[str, Any]) -> Pending[_R]:
        """A piece that waits for a worker."""

    @abstractmethod
    def _drop(self) -> None:
        """Give up all pieces, begun or not."""

    def map(self, work: Callable[[_P], _R], pieces: Iterable[_P]) -> Iterator[_R]:
        return _in_order((self._submit(work, (piece,), {}) for piece in pieces), _AHEAD * self.workers)

    def call(self, work: Callable[..., _R], *arguments: Any, **options: Any) -> _R:
        return self._submit(work, arguments, options).result()

    def threads(self, work: Callable[[_P], _R], pieces: Iterable[_P]) -> Iterator[_R]:
        if self._threads is None:
            self._threads = ThreadPoolExecutor(self.workers)
        return _in_order((self._threads.submit(work, piece) for piece in pieces), _AHEAD * self.workers)

    def beside(self, jobs: Sequence[Callable[[], _R]]) -> list[_R]:
        if len(jobs) == 1:
            return [jobs[0]()]

        given_up = threading.Event()

        def ranked(rank: int, job: Callable[[], _R]) -> _R:
            self._job.rank, self._job.given_up = rank, given_up
            return job()

        # one more than workers keeps them busy; what more would do is hold what jobs hold, such as samples
        with ThreadPoolExecutor(max(1, min(len(jobs), self.workers + 1))) as side_by_side:
            try:
                waiting = [side_by_side.submit(ranked, rank, job) for rank, job in enumerate(jobs)]
                done = wait(waiting, return_when=FIRST_EXCEPTION).done
                for one in waiting:
                    if one in done:
                        one.result()  # raises what it failed with
            except BaseException:  # an interrupt, too: the jobs wait for pieces that nobody needs any more
                given_up.set()
                self._drop()
                raise
        return [one.result() for one in waiting]

    def close(self) -> None:
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)


def _in_order(submitted: Iterator[Pending[_R]], ahead: int) -> Iterator[_R]:
    """Results of pieces that are submitted no further ahead than that: many large ones are never there at once."""
    waiting = deque(itertools.islice(submitted, ahead))
    try:
        while waiting:
            yield waiting.popleft().result()
            waiting.extend(itertools.islice(submitted, 1))
    finally:
        for one in waiting:
            one.cancel()
