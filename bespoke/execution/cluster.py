"""Pieces on a Dask cluster, whose scheduler repeats what a worker was at when it died."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from concurrent.futures import CancelledError
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import cloudpickle
from threadpoolctl import threadpool_limits

from bespoke.errors import InputError
from bespoke.execution.executor import Elsewhere, ExecutorKind
from bespoke.execution.failures import MOST_DEATHS, deadly
from bespoke.kernel_cache import package_digest

try:
    import dask
    from distributed import Client, LocalCluster
    from distributed import Future as Computed
    from distributed.client import FutureCancelledError
    from distributed.scheduler import KilledWorker
except ImportError:
    raise InputError("--executor dask needs Dask; install it with: pip install 'bespoke[dask]'") from None

_R = TypeVar("_R")
#: Seconds to wait for the scheduler.
_CONNECT_S = 10.0
#: How a cluster of our own is to be: as patient with deadly pieces as our processes, and quiet.
_SETTINGS = {
    "distributed.scheduler.allowed-failures": MOST_DEATHS - 1,
    "distributed.scheduler.worker-saturation": 1.0,  # a piece that only waits for a worker does not die with it
    "distributed.admin.large-graph-warning-threshold": "4GB",
}


@dataclass(frozen=True)
class _Pending(Generic[_R]):
    """A piece on the cluster."""

    computed: Computed
    work: Callable[..., _R]
    arguments: tuple[Any, ...]
    options: dict[str, Any]
    keep: Path | None

    def result(self) -> _R:
        try:
            return self.computed.result()
        except KilledWorker as error:
            raise deadly(self.work, self.arguments, self.options, keep=self.keep, why=error) from error
        except FutureCancelledError:
            raise CancelledError from None

    def cancel(self) -> None:
        with contextlib.suppress(Exception):  # the scheduler may be what has gone
            self.computed.cancel(force=True)


class Cluster(Elsewhere):
    """The workers of a Dask cluster, all of them.

    Parameters
    ----------
    address : of its scheduler; without one a cluster of so many processes is started here.
    workers : of a cluster that is started here.
    keep : folder for the input of pieces that ended their worker again and again.

    Raises
    ------
    InputError
        where no scheduler answers, it has no workers, or they have another state of this package, whose results might
        be others.
    """

    kind = ExecutorKind.DASK
    shares_files = False

    def __init__(self, address: str | None, workers: int, keep: Path | None = None):
        logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what matters is raised
        self._keep, self._own = keep, None
        dask.config.set(_SETTINGS)
        if address is None:
            self._own = LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=":0", silence_logs=50)
            address = self._own.scheduler_address
        self._client = _connected(address)
        super().__init__(sum(self._client.nthreads().values()))
        try:
            self._check(address)
        except BaseException:
            self.close()
            raise

    def _check(self, address: str) -> None:
        if not self.workers:
            raise InputError(f"--address {address}: the cluster has no workers; start some with: dask worker {address}")
        ours = package_digest()
        for worker, theirs in self._client.run(package_digest).items():
            if theirs != ours:
                raise InputError(
                    f"--address {address}: worker {worker} has another state of bespoke than this one; install the "
                    "same everywhere"
                )

    def _submit(self, work: Callable[..., _R], arguments: tuple[Any, ...], options: dict[str, Any]) -> _Pending[_R]:
        content = cloudpickle.dumps((work, arguments, options))  # not for Dask to look into
        computed = self._client.submit(_alone, content, pure=False, priority=-self._rank)
        return _Pending(computed, work, arguments, options, self._keep)

    def _drop(self) -> None:
        with contextlib.suppress(Exception):  # the scheduler may be what has gone
            self._client.cancel([Computed(key, self._client) for key in list(self._client.futures)], force=True)

    def close(self) -> None:
        super().close()
        self._drop()
        with contextlib.suppress(Exception):
            self._client.close()
        if self._own is not None:
            self._own.close()


def _connected(address: str) -> Client:
    try:
        return Client(address, timeout=_CONNECT_S, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise InputError(
            f"--address {address}: no Dask scheduler answers there ({type(error).__name__}); start one with "
            "`dask scheduler`, or correct the address"
        ) from None


def _alone(content: bytes) -> Any:
    """The piece, with one thread of linear algebra."""
    work, arguments, options = cloudpickle.loads(content)
    with threadpool_limits(1):
        return work(*arguments, **options)
