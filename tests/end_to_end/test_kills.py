"""A run that is killed again and again, by the same command each time, ends as one that nobody disturbed."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.eda,
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="processes are found through /proc"),
]

#: Times between a start and its kill, s: twenty, the first of them before the folder can be whole.
KILLS = 20
FIRST_S, EARLY_S, LATE_S = 0.3, 3.0, 6.0
#: For what takes seconds on a machine with nothing else to do.
PATIENCE_S = 300.0
#: Keys of metrics that are times.
TIMES = ("seconds", "circuit_seconds")


def moments(rng: random.Random) -> list[float]:
    """Five moments in the first 300 ms, five up to 3 s, ten later."""
    bounds = [(0.0, FIRST_S)] * 5 + [(FIRST_S, EARLY_S)] * 5 + [(EARLY_S, LATE_S)] * (KILLS - 10)
    return [rng.uniform(*bound) for bound in bounds]


def command(folder: Path) -> list[str]:
    return [sys.executable, "-m", "bespoke", "run", "iris", "--effort", "fast", "--hidden", "2", "--out", str(folder)]


def living(mark: str) -> list[int]:
    """Numbers of the processes with that mark in their environment."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state = (place / "stat").read_text().rpartition(")")[2].split()[0]
            if state != "Z" and mark.encode() in (place / "environ").read_bytes():
                found.append(int(place.name))
    return found


def wait_for_nobody(mark: str) -> None:
    over = time.monotonic() + 20.0
    while living(mark):
        assert time.monotonic() < over, "a process outlives the command that was killed"
        time.sleep(0.02)


def timeless(document):
    """A JSON document without what it says of time."""
    if isinstance(document, dict):
        return {key: timeless(value) for key, value in document.items() if key not in TIMES}
    return [timeless(value) for value in document] if isinstance(document, list) else document


def results(folder: Path) -> dict[str, object]:
    """What a run is made for; the command differs by the folder that it names."""
    metrics = timeless(json.loads((folder / "metrics.json").read_text(encoding="utf-8")))
    del metrics["command"]
    texts = {name: (folder / name).read_text(encoding="utf-8") for name in ("front.csv", "netlist.v", "rtl/top.v")}
    return {**texts, "metrics": metrics}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("undisturbed") / "run"
    subprocess.run(command(folder), check=True, capture_output=True, timeout=PATIENCE_S)
    return folder


def test_a_run_that_is_killed_at_twenty_moments_ends_as_if_it_were_not(undisturbed, tmp_path):
    folder, mark = tmp_path / "run", f"BESPOKE_TEST_MARK={uuid.uuid4()}"
    environment = {**os.environ, "BESPOKE_TEST_MARK": mark.partition("=")[2]}
    for moment in moments(random.Random(14)):
        process = subprocess.Popen(
            command(folder), env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        try:
            _, said = process.communicate(timeout=moment)
            assert process.returncode == 0, said  # it was done before, or refuses what its predecessor left
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            process.stderr.close()
        wait_for_nobody(mark)
    done = subprocess.run(command(folder), env=environment, capture_output=True, text=True, timeout=PATIENCE_S)
    assert done.returncode == 0, done.stderr
    assert results(folder) == results(undisturbed)
    assert not [path for path in folder.rglob(".*") if path.name not in (".bespoke-run.json", ".bespoke-run.lock")]
