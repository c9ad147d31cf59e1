"""A run depends on its settings and its training samples alone: not on workers, not on load, not on the test part."""

from __future__ import annotations

import contextlib
import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bespoke.pipeline import front, proposals
from bespoke.pipeline.config import Effort, Objective, RunConfig
from bespoke.pipeline.run import run

pytestmark = pytest.mark.eda

#: Files that hold nothing but results; logs name folders and times.
_RESULTS = (
    "front.csv",
    "netlist.v",
    "cells.v",
    "rtl/*.v",
    "models/*.json",
    "vectors/*.csv",
    "baseline/netlist.v",
    "baseline/rtl/*.v",
    "front/*/*.json",
    "front/*/rtl/*.v",
)
#: Keys of metrics and search results that are times.
_TIMES = ("seconds", "circuit_seconds")


@pytest.fixture(scope="module", autouse=True)
def small_budget():
    """Everything that a run does, on little: some seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(proposals.CANDIDATES, Effort.FAST, 12_000)
        patch.setitem(proposals.MOVES, Effort.FAST, 12_000)
        patch.setitem(front.MAPPED_DESIGNS, Effort.FAST, 4)
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


@pytest.fixture(scope="module")
def tables(tmp_path_factory) -> Path:
    """Folder with ``train.csv`` and ``test.csv``."""
    folder = tmp_path_factory.mktemp("tables")
    rng = np.random.default_rng(8)
    write_table(folder / "train.csv", *blobs(rng, 150))
    write_table(folder / "test.csv", *blobs(rng, 60))
    return folder


def small_run(tables: Path, out: Path, **options) -> Path:
    settings = {"effort": Effort.FAST, "bits": 3, "hidden": (2,), "seed": 5, "max_loss": 0.05, "workers": 2} | options
    run(RunConfig(train=str(tables / "train.csv"), test=str(tables / "test.csv"), **settings), out)
    return out


@pytest.fixture(scope="module")
def reference(tables, tmp_path_factory) -> Path:
    return small_run(tables, tmp_path_factory.mktemp("reference") / "run")


def results(folder: Path) -> dict[str, str]:
    """Text of every result file by its name below the folder."""
    found = {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for pattern in _RESULTS
        for path in folder.glob(pattern)
    }
    assert len(found) > 25
    return found


def timeless(document):
    """A JSON document without what it says of time."""
    if isinstance(document, dict):
        return {key: timeless(value) for key, value in document.items() if key not in _TIMES}
    return [timeless(value) for value in document] if isinstance(document, list) else document


def read_timeless(path: Path):
    return timeless(json.loads(path.read_text(encoding="utf-8")))


def differing(a: dict[str, str], b: dict[str, str]) -> list[str]:
    return sorted(name for name in a.keys() | b.keys() if a.get(name) != b.get(name))


@contextlib.contextmanager
def busy_processes(count: int):
    """The machine does something else meanwhile."""
    processes = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def test_other_workers_under_load_give_the_same_files(tables, reference, tmp_path):
    with busy_processes(2):
        again = small_run(tables, tmp_path / "run", workers=1)
    assert differing(results(again), results(reference)) == []
    for name in ("metrics.json", "design.json", "baseline/design.json", "search/networks.json", "search/circuits.json"):
        assert read_timeless(again / name) == read_timeless(reference / name), name


def without_test_column(text: str) -> list[dict[str, str]]:
    return [
        {key: value for key, value in row.items() if key != "test_accuracy"}
        for row in csv.DictReader(text.splitlines())
    ]


def test_the_test_part_changes_no_choice(tables, reference, tmp_path):
    """Other test features under permuted labels: other figures of the test part, and not a gate or a weight else."""
    scrambled = tmp_path / "scrambled"
    scrambled.mkdir()
    shutil.copy(tables / "train.csv", scrambled)
    rng = np.random.default_rng(9)
    features, labels = blobs(rng, 60)
    write_table(scrambled / "test.csv", 1.3 * features[::-1] - 0.2, list(rng.permutation(labels)))
    before, after = results(reference), results(small_run(scrambled, tmp_path / "run"))
    shows_the_test_part = {"front.csv", "vectors/test.csv", "rtl/top_tb.v", "baseline/rtl/top_tb.v"}
    shows_the_test_part |= {name for name in before if name.endswith("/rtl/top_tb.v")}
    changed = set(differing(before, after))
    assert {"front.csv", "vectors/test.csv", "rtl/top_tb.v"} <= changed <= shows_the_test_part
    assert without_test_column(before["front.csv"]) == without_test_column(after["front.csv"])
    old, new = (json.loads((folder / "metrics.json").read_text()) for folder in (reference, tmp_path / "run"))
    for key in ("selection", "technology", "seed"):
        assert old[key] == new[key]
    for design in ("chosen", "baseline"):
        for key in ("area_cm2", "static_power_train_mw", "cell_counts", "delay_ms", "plain_flow_area_cm2"):
            assert old[design][key] == new[design][key]
        assert old[design]["accuracy"]["train"] == new[design]["accuracy"]["train"]
        assert old[design]["accuracy"]["validation"] == new[design]["accuracy"]["validation"]
    assert old["chosen"]["accuracy"]["test"] != new["chosen"]["accuracy"]["test"]
    assert old["chosen"]["static_power_mw"] != new["chosen"]["static_power_mw"]


def test_the_power_objective_ends_at_the_lowest_power(tables, reference, tmp_path):
    out = small_run(tables, tmp_path / "run", objective=Objective.POWER)
    metrics = json.loads((out / "metrics.json").read_text())
    assert metrics["selection"]["rule"].startswith("lowest-power design")
    least = {part: metrics["baseline"]["accuracy"][part]["value"] - 0.05 - 1e-6 for part in ("train", "validation")}
    rows = list(csv.DictReader((out / "front.csv").open(encoding="utf-8")))
    fitting = [row for row in rows if all(float(row[f"{part}_accuracy"]) >= least[part] for part in least)]
    (chosen,) = (row for row in rows if row["chosen"] == "1")
    assert len(fitting) > 1 and chosen in fitting
    assert float(chosen["static_power_mw"]) == min(float(row["static_power_mw"]) for row in fitting)
    # The search itself went for power: it proposes other networks than for area.
    searched = [read_timeless(folder / "search/networks.json")["designs"] for folder in (out, reference)]
    assert searched[0] != searched[1]
