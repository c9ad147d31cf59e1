"""Where a run's work is done changes nothing: one process, or a cluster that loses a worker on the way."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from small_runs import assert_same, small_run

from bespoke.execution import ExecutorKind

pytestmark = [pytest.mark.eda, pytest.mark.slow, pytest.mark.usefixtures("small_budget")]

#: For what takes seconds on a machine with nothing else to do.
_PATIENCE_S = 300.0
#: A cluster of two worker processes that ends with its standard input; it says where its scheduler listens and, asked
#: by a line, which worker processes it has and how many pieces each of them has in hand.
_CLUSTER = """
import json, sys
from distributed import Client, LocalCluster

def at_work(dask_scheduler):
    return [len(worker.processing) for worker in dask_scheduler.workers.values()]

if __name__ == "__main__":
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=50) as cluster:
        with Client(cluster) as client:
            print(json.dumps(cluster.scheduler_address), flush=True)
            for _ in sys.stdin:
                pids = {name: nanny.pid for name, nanny in cluster.workers.items()}
                print(json.dumps([list(pids.values()), client.run_on_scheduler(at_work)]), flush=True)
"""


class _Cluster:
    """The program above."""

    def __init__(self, process: subprocess.Popen[str]):
        self._process = process
        self.address: str = self._heard()

    def _heard(self):
        line = self._process.stdout.readline()
        assert line, "the cluster has ended"
        return json.loads(line)

    def workers(self) -> tuple[list[int], list[int]]:
        """Numbers of the worker processes, and of the pieces that each has in hand."""
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return tuple(self._heard())


@contextlib.contextmanager
def _cluster(folder: Path) -> Iterator[_Cluster]:
    program = folder / "cluster.py"
    program.write_text(_CLUSTER, encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=folder
    )
    try:
        yield _Cluster(process)
    finally:
        process.stdin.close()
        try:
            process.wait(60)
        finally:
            process.kill()
            process.stdout.close()


def test_one_process_gives_the_same_files(tables, reference, tmp_path):
    assert_same(small_run(tables, tmp_path / "run", executor=ExecutorKind.SERIAL), reference)


def test_a_cluster_that_loses_a_worker_gives_the_same_files(tables, reference, tmp_path):
    """One of its two workers is killed while the run is searching; its nanny starts another."""
    pytest.importorskip("distributed")
    out, killed = tmp_path / "run", []
    ended = threading.Event()

    def kill_one(cluster: _Cluster) -> None:
        over = time.monotonic() + _PATIENCE_S
        while time.monotonic() < over and not ended.is_set():
            pids, pieces = cluster.workers()
            if (out / "folds/0/search").exists() and len(pieces) == 2 and all(pieces):
                os.kill(pids[0], signal.SIGKILL)
                killed.append((pids, (out / "front.csv").exists()))
                return
            time.sleep(0.05)

    with _cluster(tmp_path) as cluster:
        killer = threading.Thread(target=kill_one, args=(cluster,))
        killer.start()
        try:
            small_run(tables, out, executor=ExecutorKind.DASK, address=cluster.address)
        finally:
            ended.set()
            killer.join()
        ((before, too_late),) = killed
        after, _ = cluster.workers()
    assert not too_late
    assert before[0] not in after and before[1] in after and len(after) == 2
    assert_same(out, reference)
