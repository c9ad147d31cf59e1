"""Ctrl-C and SIGTERM at several moments: one sentence, the code, and no process that goes on."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest
from marked_processes import MARK, living

pytestmark = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="processes are found through /proc")

CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}
#: For what takes seconds on a machine with nothing else to do.
PATIENCE_S = 300.0


def _heed_interrupts():
    """As from a terminal: whoever runs these tests in the background ignores Ctrl-C, and programs inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Started:
    """A program in a session of its own, and whatever it starts, wherever that moves to."""

    def __init__(self, *words):
        self._mark = str(uuid.uuid4())
        self.process = subprocess.Popen(
            [sys.executable, *map(str, words)],
            env={**os.environ, MARK: self._mark},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            text=True,
            preexec_fn=_heed_interrupts,
        )

    def others(self):
        """Numbers of the processes beside the first that live."""
        return [number for number in living(self._mark) if number != self.process.pid]

    def end(self):
        for number in [*self.others(), self.process.pid]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        self.process.communicate()


@pytest.fixture
def start():
    started = []

    def begin(*words):
        started.append(Started(*words))
        return started[-1]

    yield begin
    for one in started:
        one.end()


def wait_for(condition, seconds=PATIENCE_S):
    over = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < over, "it did not come to that"
        time.sleep(0.02)


def said(started):
    """What the program printed as errors; it and all that it started have ended."""
    started.process.wait(PATIENCE_S)
    wait_for(lambda: not started.others(), 10.0)
    return started.process.stderr.read()


def run_of(start, folder):
    return start("-m", "bespoke", "run", "iris", "--effort", "fast", "--hidden", "2", "--out", folder)


def test_while_modules_are_imported(start, tmp_path):
    started = run_of(start, tmp_path / "run")
    maps = Path(f"/proc/{started.process.pid}/maps")
    wait_for(lambda: "_multiarray_umath" in maps.read_text())  # NumPy is being loaded
    os.killpg(started.process.pid, signal.SIGINT)
    assert said(started) == "bespoke: stopped\n"
    assert started.process.returncode == 130
    assert not (tmp_path / "run").exists()


@pytest.mark.eda
@pytest.mark.slow
@pytest.mark.parametrize("processes", [1, 2, 3])
def test_while_workers_start(start, tmp_path, processes):
    """As soon as so many processes are there: what looks after the workers, one of them, both."""
    folder = tmp_path / "run"
    started = run_of(start, folder)
    wait_for(lambda: len(started.others()) >= processes and (folder / "config.toml").exists())
    os.killpg(started.process.pid, signal.SIGINT)
    assert said(started) == f"bespoke: stopped; the same command continues the run in {folder}\n"
    assert started.process.returncode == 130


@pytest.mark.eda
@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "group", "sign"),
    [
        (signal.SIGINT, True, "config.toml"),
        (signal.SIGINT, True, "folds/0/models/float.json"),
        (signal.SIGINT, False, "folds/0/search"),
        (signal.SIGTERM, False, "folds/0/models"),
    ],
)
def test_while_it_runs(start, tmp_path, number, group, sign):
    folder = tmp_path / "run"
    started = run_of(start, folder)
    wait_for((folder / sign).exists)
    (os.killpg if group else os.kill)(started.process.pid, number)
    assert said(started) == f"bespoke: stopped; the same command continues the run in {folder}\n"
    assert started.process.returncode == CODES[number]
    assert not list(folder.rglob("*.tmp"))


PROGRAM = """
import sys, time
from pathlib import Path
from bespoke import stopping
stopping.GRACE_S = 0.3
with stopping.understood():
    {body}
"""

SWALLOWED = """
    print("ready", flush=True)
    try:
        time.sleep(60)
    except KeyboardInterrupt:
        pass
    time.sleep(60)
"""
TURNED_INTO_ANOTHER_ERROR = """
    print("ready", flush=True)
    try:
        time.sleep(60)
    except BaseException as error:
        raise ImportError("half loaded") from error
"""
SWALLOWED_AND_DONE = """
    print("ready", flush=True)
    try:
        time.sleep(60)
    except KeyboardInterrupt:
        pass
"""
IN_A_TOOL = """
    from bespoke.eda.runner import run_tool
    print("ready", flush=True)
    run_tool("sleep", ["sleep", "60"], folder=Path(sys.argv[1]), timeout_s=100)
"""
IN_A_TOOL_THAT_SWALLOWS = """
    from bespoke.eda.runner import run_tool
    import threading
    work = threading.Thread(target=run_tool, args=("sleep", ["sleep", "60"]),
                            kwargs=dict(folder=Path(sys.argv[1]), timeout_s=100))
    work.start()
    print("ready", flush=True)
    work.join()
"""
IN_A_TOOL_THAT_IS_JUST_BEING_STARTED = (
    """
    import subprocess
    popen = subprocess.Popen
    def slow(*words, **options):
        process = popen(*words, **options)
        time.sleep(1)
        return process
    subprocess.Popen = slow
"""
    + IN_A_TOOL_THAT_SWALLOWS
)


@pytest.mark.parametrize("number", CODES)
@pytest.mark.parametrize(
    "body",
    [
        SWALLOWED,
        TURNED_INTO_ANOTHER_ERROR,
        SWALLOWED_AND_DONE,
        IN_A_TOOL,
        IN_A_TOOL_THAT_SWALLOWS,
        IN_A_TOOL_THAT_IS_JUST_BEING_STARTED,
    ],
)
def test_whatever_becomes_of_the_interrupt(start, tmp_path, number, body):
    started = start("-c", PROGRAM.format(body=body.strip()), tmp_path)
    assert started.process.stdout.readline() == "ready\n"
    if "run_tool" in body:
        wait_for(started.others)
    os.kill(started.process.pid, number)
    assert said(started) == "bespoke: stopped\n"
    assert started.process.returncode == CODES[number]


def test_a_second_signal_does_not_wait(start):
    body = 'stopping.GRACE_S = 100\n    while True:\n        try:\n            print("ready", flush=True)\n'
    body += "            time.sleep(60)\n        except KeyboardInterrupt:\n            pass\n"
    started = start("-c", PROGRAM.format(body=body))
    for _ in range(2):
        assert started.process.stdout.readline() == "ready\n"
        os.kill(started.process.pid, signal.SIGINT)
    assert said(started) == "bespoke: stopped\n"
    assert started.process.returncode == 130


def test_what_is_ignored_stays_ignored(start):
    body = 'print("ready", flush=True)\n    time.sleep(1)\n'
    program = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n" + PROGRAM.format(body=body)
    started = start("-c", program)
    assert started.process.stdout.readline() == "ready\n"
    os.kill(started.process.pid, signal.SIGINT)
    assert said(started) == ""
    assert started.process.returncode == 0


WORKERS = """
import sys
from pathlib import Path
from bespoke.eda.runner import run_tool
from bespoke.execution import executor_of

def sleep(name):
    run_tool("sleep", ["sleep", "60"], folder=Path(sys.argv[1]) / name, timeout_s=100)

with executor_of(workers=2) as executor:
    list(executor.map(sleep, "ab"))
"""


def test_workers_and_their_tools_do_not_outlive_a_parent_that_was_killed(start, tmp_path):
    started = start("-c", WORKERS, tmp_path)
    wait_for(lambda: len(started.others()) >= 4)  # two workers, two tools
    os.kill(started.process.pid, signal.SIGKILL)
    started.process.wait(PATIENCE_S)
    wait_for(lambda: not started.others(), 10.0)
