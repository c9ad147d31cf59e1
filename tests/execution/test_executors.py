"""Every executor gives the same results in the same order, survives its workers, and ends what it started."""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
import time
from concurrent.futures import CancelledError
from functools import partial
from pathlib import Path

import cloudpickle
import numpy as np
import pytest
from threadpoolctl import threadpool_info

from bespoke.errors import InputError, PieceFailedError
from bespoke.execution import ExecutorKind, Serial, executor_of

cloudpickle.register_pickle_by_value(sys.modules[__name__])  # workers cannot import tests
KINDS = list(ExecutorKind)


@pytest.fixture(scope="module", params=KINDS)
def executor(request):
    if request.param is ExecutorKind.DASK:
        pytest.importorskip("distributed")
    with executor_of(request.param, workers=2) as opened:
        yield opened


def squared(number: int) -> int:
    return number * number


def refused(number: int) -> int:
    if number == 3:
        raise ValueError("three")
    return number


def dies_once(mark: Path) -> str:
    """Ends its process the first time."""
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return mark.name


def dies(_number: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def threads_of_linear_algebra(_number: int) -> set[int]:
    np.ones((2, 2)) @ np.ones((2, 2))
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


def test_results_come_in_the_order_of_the_pieces(executor):
    assert list(executor.map(squared, range(20))) == [number**2 for number in range(20)]
    assert list(executor.threads(squared, range(20))) == [number**2 for number in range(20)]
    assert executor.call(pow, 3, exp=2) == 9
    assert executor.beside([lambda: list(executor.map(squared, (2, 3))), lambda: executor.call(squared, 4)]) == [
        [4, 9],
        16,
    ]
    assert executor.beside([]) == []


def test_pieces_are_taken_as_they_are_needed(executor):
    asked = []

    def pieces():
        for number in range(100):
            asked.append(number)
            yield number

    results = executor.map(squared, pieces())
    assert next(results) == 0
    assert len(asked) < 20  # a thousand large pieces need not be there at once
    assert list(results)[-1] == 99**2


def test_an_error_of_a_piece_is_the_caller_s(executor):
    with pytest.raises(ValueError, match="three"):
        list(executor.map(refused, range(6)))
    with pytest.raises(ValueError, match="three"):
        executor.beside([lambda: executor.call(refused, 1), lambda: executor.call(refused, 3)])
    assert executor.call(squared, 5) == 25  # and no more


def test_linear_algebra_takes_one_thread_here_and_there(executor):
    for found in [threads_of_linear_algebra(0), *executor.map(threads_of_linear_algebra, range(4))]:
        assert found <= {1}


def test_linear_algebra_has_its_threads_back_afterwards():
    before = threads_of_linear_algebra(0)
    with Serial():
        assert threads_of_linear_algebra(0) <= {1}
    assert threads_of_linear_algebra(0) == before


def test_a_worker_that_dies_is_replaced_and_its_piece_done_again(executor, tmp_path):
    if executor.kind is ExecutorKind.SERIAL:
        pytest.skip("has no workers")
    marks = [tmp_path / str(number) for number in range(3)]
    assert list(executor.map(dies_once, marks)) == ["0", "1", "2"]
    assert all(mark.exists() for mark in marks)


@pytest.mark.parametrize("kind", [ExecutorKind.PROCESSES, ExecutorKind.DASK])
def test_a_piece_that_kills_three_workers_is_reported_and_its_input_kept(kind, tmp_path):
    if kind is ExecutorKind.DASK:
        pytest.importorskip("distributed")
    with executor_of(kind, workers=2, keep=tmp_path / "failed") as executor:
        with pytest.raises(PieceFailedError, match=r"3 workers died of one piece of work, dies") as caught:
            list(executor.map(partial(dies), [7]))
        (kept,) = (tmp_path / "failed").iterdir()
        assert str(kept) in str(caught.value)
        work, arguments, options = pickle.loads(kept.read_bytes())
        assert (work.func.__name__, arguments, options) == ("dies", (7,), {})
        assert list(executor.map(squared, range(4))) == [0, 1, 4, 9]


def living(processes: list[int]) -> list[int]:
    found = []
    for number in processes:
        try:
            if Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
                found.append(number)
        except OSError:
            pass
    return found


def process_number(_piece: int) -> int:
    time.sleep(0.2)
    return os.getpid()


def test_no_process_outlives_its_executor():
    with executor_of(workers=2) as executor:
        processes = sorted(set(executor.map(process_number, range(4))))
        assert len(processes) == 2 and os.getpid() not in processes
    over = time.monotonic() + 20
    while living(processes) and time.monotonic() < over:
        time.sleep(0.05)
    assert not living(processes)


def slept(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


def test_jobs_beside_one_that_fails_are_given_up(executor):
    if executor.kind is not ExecutorKind.PROCESSES:
        pytest.skip("one after the other, or not to be interrupted")
    ended = []

    def long():
        try:
            executor.call(slept, 100.0)
        finally:
            ended.append(True)
        executor.call(slept, 100.0)

    with pytest.raises(ValueError, match="three"):
        executor.beside([long, lambda: executor.call(refused, 3)])
    assert ended == [True]
    assert executor.call(squared, 6) == 36


def test_a_job_that_was_given_up_begins_nothing_more(two_workers):
    failed, seen = threading.Event(), []

    def late():
        assert failed.wait(60)
        over = time.monotonic() + 60
        try:
            while time.monotonic() < over:
                two_workers.call(squared, 1)
        except CancelledError:
            seen.append("cancelled")
            raise

    def failing():
        try:
            two_workers.call(refused, 3)
        finally:
            failed.set()

    with pytest.raises(ValueError, match="three"):
        two_workers.beside([late, failing])
    assert seen == ["cancelled"]


def test_pieces_share_the_cores():
    with executor_of(workers=8) as executor:
        assert executor.inside(2) == (ExecutorKind.PROCESSES, 4)
        assert executor.inside(8) == executor.inside(100) == (ExecutorKind.SERIAL, 1)
    assert Serial().inside(1) == (ExecutorKind.SERIAL, 1)


def grown(megabytes: int) -> int:
    """The process's number, after it has taken so much memory that it keeps."""
    threading.main_thread().__dict__.setdefault("kept", []).append(np.ones(megabytes << 17))
    time.sleep(1.2)  # loky looks once a second
    return os.getpid()


def test_a_worker_that_grows_stays(recwarn):
    """It is the one that is told to end."""
    with executor_of(workers=2) as executor:
        numbers = [executor.call(grown, megabytes) for megabytes in (1, 400, 1, 1, 1, 1)]
    assert len(set(numbers)) <= 2
    assert not [warning for warning in recwarn if "worker stopped" in str(warning.message)]


def test_what_is_no_executor_is_refused():
    with pytest.raises(InputError, match="workers must be at least 1"):
        executor_of(workers=0)
    assert executor_of(workers=1).kind is ExecutorKind.SERIAL


def test_a_cluster_that_does_not_answer_is_told(monkeypatch):
    pytest.importorskip("distributed")
    from bespoke.execution import cluster

    monkeypatch.setattr(cluster, "_CONNECT_S", 0.3)
    with pytest.raises(InputError, match=r"--address tcp://127\.0\.0\.1:9: no Dask scheduler answers"):
        executor_of(ExecutorKind.DASK, address="tcp://127.0.0.1:9")
