"""A run on little, some seconds long, and what tells two runs apart: shared by the tests that repeat it."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bespoke.run import front
from bespoke.run.budgets import BUDGETS
from bespoke.run.config import Effort, RunConfig
from bespoke.run.job import run

#: Files that hold nothing but results; logs name folders and times.
_RESULTS = (
    "front.csv",
    "netlist.v",
    "cells.v",
    "rtl/*.v",
    "models/*.json",
    "vectors/*.csv",
    "folds/*/models/*.json",
    "folds/*/evidence.json",
    "baseline/netlist.v",
    "baseline/rtl/*.v",
    "front/*/*.json",
    "front/*/rtl/*.v",
)
#: Keys of metrics and search results that are times.
_TIMES = ("seconds", "circuit_seconds")
#: Words of whoever called, which name the run folder.
_CALL = "command"
#: The budget of small runs: of candidates and moves, and of designs that are mapped.
_BUDGET, _MAPPED_DESIGNS = {"candidates": 4000, "moves": 8000}, 4
#: The command line with that budget.
_PROGRAM = f"""
if __name__ == "__main__":
    from bespoke.stopping import understood

    with understood():
        from dataclasses import replace

        from bespoke.cli import main
        from bespoke.run import front
        from bespoke.run.budgets import BUDGETS

        BUDGETS["fast"] = replace(BUDGETS["fast"], **{_BUDGET})
        front.MAPPED_DESIGNS["fast"] = {_MAPPED_DESIGNS}
        main()
"""


@contextlib.contextmanager
def on_little() -> Iterator[None]:
    """Everything that a run does, with a small budget."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(BUDGETS, Effort.FAST, replace(BUDGETS[Effort.FAST], **_BUDGET))
        patch.setitem(front.MAPPED_DESIGNS, Effort.FAST, _MAPPED_DESIGNS)
        yield


def blobs(rng: np.random.Generator, samples: int) -> tuple[np.ndarray, list[str]]:
    """Three overlapping classes of three features."""
    kinds = np.arange(samples) % 3
    centres = np.array([[0.0, 0.0, 1.0], [1.0, 0.3, 0.0], [0.4, 1.0, 0.6]])
    return centres[kinds] + rng.normal(0, 0.25, (samples, 3)), [f"kind{kind}" for kind in kinds]


def write_table(path: Path, features: np.ndarray, labels: list[str]) -> None:
    path.parent.mkdir(exist_ok=True)
    rows = [f"{','.join(f'{value:.3f}' for value in row)},{label}" for row, label in zip(features, labels, strict=True)]
    path.write_text("\n".join(["a,b,c,kind", *rows]) + "\n", encoding="utf-8")


#: Of every small run, but for what a test changes.
_SETTINGS = {"bits": 3, "hidden": (2,), "folds": 2, "seed": 5, "max_loss": 0.05, "workers": 2}


def settings_of(tables: Path, **options) -> dict:
    return {"train": str(tables / "train.csv"), "test": str(tables / "test.csv")} | _SETTINGS | options


def small_run(tables: Path, out: Path, **options) -> Path:
    run(RunConfig(effort=Effort.FAST, **settings_of(tables, **options)), out)
    return out


def command_on_little(tables: Path, out: Path) -> list[str]:
    """The words of a process that makes the same run as ``small_run``."""
    settings = {**settings_of(tables), "effort": "fast", "hidden": "2", "out": out}
    options = [word for name, value in settings.items() for word in (f"--{name.replace('_', '-')}", str(value))]
    return [sys.executable, "-c", _PROGRAM, "run", *options]


def results(folder: Path) -> dict[str, str]:
    """Text of every result file by its name below the folder."""
    found = {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for pattern in _RESULTS
        for path in folder.glob(pattern)
    }
    assert len(found) > 30
    return found


def timeless(document):
    """A JSON document without what it says of times and of the call."""
    if isinstance(document, dict):
        return {key: timeless(value) for key, value in document.items() if key not in (*_TIMES, _CALL)}
    return [timeless(value) for value in document] if isinstance(document, list) else document


def read_timeless(path: Path):
    return timeless(json.loads(path.read_text(encoding="utf-8")))


def differing(a: dict[str, str], b: dict[str, str]) -> list[str]:
    return sorted(name for name in a.keys() | b.keys() if a.get(name) != b.get(name))


#: Files that tell results and times.
_TIMED = (
    "metrics.json",
    "design.json",
    "baseline/design.json",
    *(f"{place}search/{search}.json" for place in ("", "folds/0/", "folds/1/") for search in ("networks", "circuits")),
)


def assert_same(one: Path, other: Path) -> None:
    """Every result file of two run folders, and all but the times of the others."""
    assert differing(results(one), results(other)) == []
    for name in _TIMED:
        assert read_timeless(one / name) == read_timeless(other / name), name
