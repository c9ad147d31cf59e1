"""A run that is killed again and again, by the same command each time, ends as one that nobody disturbed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
import uuid
from pathlib import Path

import pytest
from marked_processes import MARK, living
from small_runs import assert_same, command_on_little

pytestmark = [
    pytest.mark.eda,
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="processes are found through /proc"),
]

#: Times between a start and its kill, s: twenty, the first of them before the folder can be whole.
KILLS = 20
FIRST_S, EARLY_S, LATE_S = 0.3, 2.0, 4.0
#: For what takes seconds on a machine with nothing else to do.
PATIENCE_S = 300.0


def moments(rng: random.Random) -> list[float]:
    """Five moments in the first 300 ms, five up to 2 s, ten later."""
    bounds = [(0.0, FIRST_S)] * 5 + [(FIRST_S, EARLY_S)] * 5 + [(EARLY_S, LATE_S)] * (KILLS - 10)
    return [rng.uniform(*bound) for bound in bounds]


def wait_for_nobody(mark: str) -> None:
    over = time.monotonic() + 20.0
    while living(mark):
        assert time.monotonic() < over, "a process outlives the command that was killed"
        time.sleep(0.02)


def test_a_run_that_is_killed_at_twenty_moments_ends_as_if_it_were_not(tables, reference, tmp_path):
    folder, mark = tmp_path / "run", str(uuid.uuid4())
    words, environment = command_on_little(tables, folder), {**os.environ, MARK: mark}
    for moment in moments(random.Random(14)):
        process = subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        try:
            _, said = process.communicate(timeout=moment)
            assert process.returncode == 0, said  # it was done before, or refuses what its predecessor left
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            process.stderr.close()
        wait_for_nobody(mark)
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=PATIENCE_S)
    assert done.returncode == 0, done.stderr
    assert_same(folder, reference)
    assert not [path for path in folder.rglob(".*") if path.name not in (".bespoke-run.json", ".bespoke-run.lock")]
