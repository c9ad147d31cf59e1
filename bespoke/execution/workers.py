"""Worker processes: one thread each, deaf to Ctrl-C, and gone when whoever started them is."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

from joblib.externals.loky import process_executor

from bespoke.stopping import leave

#: Environment of a worker: libraries that would take a thread a core in every process, whatever was asked for.
ONE_THREAD = {
    f"{library}_NUM_THREADS": "1"
    for library in ("OMP", "OPENBLAS", "MKL", "BLIS", "VECLIB_MAXIMUM", "NUMBA", "NUMEXPR")
}
#: Seconds between two looks whether the parent is still there.
_LOOK_EVERY_S = 0.5


def begin_work(parent: int) -> None:
    """In a worker: Ctrl-C is the parent's business, and where the parent is gone the worker goes, tools and all.

    Parameters
    ----------
    parent : its process number.
    """
    process_executor._MAX_MEMORY_LEAK_SIZE = sys.maxsize  # loky would end a worker that grew, and warn the user of that
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # programs that it starts take over what is blocked
    signal.signal(signal.SIGTERM, lambda number, frame: leave(128 + number))
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_EVERY_S)
    leave(1)
