"""The executor that settings name."""

from __future__ import annotations

from pathlib import Path

from bespoke.errors import InputError
from bespoke.execution.executor import Executor, ExecutorKind, Serial


def executor_of(
    kind: ExecutorKind = ExecutorKind.PROCESSES,
    workers: int = 2,
    *,
    address: str | None = None,
    keep: Path | None = None,
) -> Executor:
    """An executor to be used as a context manager.

    Parameters
    ----------
    workers : cores of this machine that it may use; a cluster has its own.
    address : scheduler of a running Dask cluster; without one Dask starts a cluster on this machine.
    keep : folder for the input of pieces that ended their worker again and again; None for the machine's temporary one.

    Raises
    ------
    InputError
        for no workers, for a Dask that is not installed or an address where none answers.
    """
    kind = ExecutorKind(kind)
    if workers < 1:
        raise InputError(f"workers must be at least 1, not {workers}")
    if kind is ExecutorKind.DASK:
        from bespoke.execution.cluster import Cluster  # an extra, and heavy

        return Cluster(address, workers, keep)
    if kind is ExecutorKind.SERIAL or workers == 1:
        return Serial()
    from bespoke.execution.processes import Processes  # heavy: only where there are any

    return Processes(workers, keep)
