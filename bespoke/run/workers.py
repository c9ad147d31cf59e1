"""Processes and threads keep to the number of workers that was asked for, and end with whoever started them."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import joblib
from threadpoolctl import threadpool_limits

from bespoke.stopping import leave

#: Seconds between two looks whether the parent is still there.
_LOOK_EVERY_S = 0.5


@contextmanager
def one_thread_each() -> Iterator[None]:
    """Linear algebra of this process and of those that joblib starts in it takes one thread each.

    Otherwise it takes a thread a core in every process, whatever number of workers was asked for; our matrices are too
    small to gain by that. The processes end with this one. Also a decorator: ``@one_thread_each()``.
    """
    with (
        threadpool_limits(1),
        joblib.parallel_config(
            backend="loky", inner_max_num_threads=1, initializer=end_with_parent, initargs=(os.getpid(),)
        ),
    ):
        yield


def end_with_parent(parent: int) -> None:
    """In a worker: Ctrl-C is the parent's business, and where the parent is gone the worker goes, tools and all.

    Parameters
    ----------
    parent : its process number.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda number, frame: leave(128 + number))
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_EVERY_S)
    leave(1)
