"""Processes and threads keep to the number of workers that was asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import joblib
from threadpoolctl import threadpool_limits


@contextmanager
def one_thread_each() -> Iterator[None]:
    """Linear algebra of this process and of those that joblib starts in it takes one thread each.

    Otherwise it takes a thread a core in every process, whatever number of workers was asked for; our matrices are too
    small to gain by that. Also a decorator: ``@one_thread_each()``.
    """
    with threadpool_limits(1), joblib.parallel_config(backend="loky", inner_max_num_threads=1):
        yield
