"""A run depends on its settings and its training samples alone: not on workers, not on load, not on the test part."""

from __future__ import annotations

import contextlib
import csv
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from small_runs import (
    assert_same,
    blobs,
    command_on_little,
    differing,
    read_timeless,
    results,
    small_run,
    timeless,
    write_table,
)

from bespoke.data import read_vectors
from bespoke.run.config import Effort, Objective, RunConfig, read_config
from bespoke.run.job import run
from bespoke.run.modelfile import ModelFile
from bespoke.scores import Metric

pytestmark = [pytest.mark.eda, pytest.mark.usefixtures("small_budget")]


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


@pytest.mark.parametrize(("workers", "load"), [(1, 2), (8, 0)])
def test_other_workers_under_load_give_the_same_files(tables, reference, tmp_path, workers, load):
    with busy_processes(load):
        again = small_run(tables, tmp_path / "run", workers=workers)
    assert_same(again, reference)


def test_a_runs_own_settings_repeat_it_from_anywhere(tables, tmp_path, monkeypatch):
    """The first run names its files by where it stands and leaves layers and folds open; the second has all of it."""
    monkeypatch.chdir(tables)
    asked = {"train": "train.csv", "test": "test.csv", "bits": 3, "seed": 5, "max_loss": 0.05}
    first, second = tmp_path / "first", tmp_path / "second"
    run(RunConfig(effort=Effort.FAST, **asked), first)
    monkeypatch.chdir(tmp_path)
    in_full = RunConfig(**read_config(first / "config.toml"))
    assert in_full.hidden == tuple(json.loads((first / "models/topology.json").read_text())["hidden"])
    assert (in_full.folds, in_full.clock_ms, in_full.front_end_figures) == (3, 200.0, "date-2024")
    run(in_full, second)
    found = results(first)
    assert differing({**found, "models/topology.json": ""}, {**results(second), "models/topology.json": ""}) == []
    assert RunConfig(**read_config(second / "config.toml")) == in_full
    before = read_timeless(first / "metrics.json")
    run(in_full, first)  # it is the same run, and all of it is there
    assert read_timeless(first / "metrics.json") == before
    versions = json.loads((first / "versions.json").read_text())
    assert {"python", "numpy", "scikit-learn", "numba", "platform", "commit"} <= versions.keys()
    digest = {name: hashlib.sha256((tables / name).read_bytes()).hexdigest() for name in ("train.csv", "test.csv")}
    assert versions["data_sha256"] == digest


def test_metrics_say_how_long_the_stages_took(reference):
    metrics = json.loads((reference / "metrics.json").read_text())
    assert metrics["seconds"] == json.loads((reference / "seconds.json").read_text())
    assert {"training and searching", "mapping the front"} <= metrics["seconds"].keys()
    assert all(seconds > 0 for seconds in metrics["seconds"].values())
    assert "seconds" not in timeless(metrics) and "circuit_seconds" not in timeless(metrics)["search"]


def test_a_run_killed_inside_the_folds_goes_on_to_the_same_result(tables, reference, tmp_path):
    """Killed for good, its workers with it, as soon as the whole and all folds have begun, in whatever order."""
    out = tmp_path / "run"
    process = subprocess.Popen(command_on_little(tables, out), start_new_session=True, stderr=subprocess.DEVNULL)
    begun = time.monotonic()
    while len(list(out.rglob("models/float.json"))) < 3:
        assert process.poll() is None and time.monotonic() - begun < 300, "the run ended before it was killed"
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not (out / "metrics.json").exists()
    finished = {path: path.stat().st_mtime_ns for path in out.rglob("models/float.json")}
    small_run(tables, out)
    assert {path: path.stat().st_mtime_ns for path in finished} == finished  # what was done is not done again
    assert_same(out, reference)


def without_test_columns(text: str) -> list[dict[str, str]]:
    of_test = ("test_accuracy", "expected_printed_accuracy", "share_of_good_prints")
    return [
        {key: value for key, value in row.items() if key not in of_test} for row in csv.DictReader(text.splitlines())
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
    assert without_test_columns(before["front.csv"]) == without_test_columns(after["front.csv"])
    old, new = (json.loads((folder / "metrics.json").read_text()) for folder in (reference, tmp_path / "run"))
    for key in ("selection", "technology", "seed"):
        assert old[key] == new[key]
    for design in ("chosen", "baseline"):
        for key in ("area_cm2", "static_power_train_mw", "cell_counts", "delay_ms", "plain_flow_area_cm2"):
            assert old[design][key] == new[design][key]
        assert old[design]["accuracy"]["train"] == new[design]["accuracy"]["train"]
        forecasts = [key for key in old[design] if key.startswith("forecast_")]
        assert len(forecasts) == 6 and all(old[design][key] == new[design][key] for key in forecasts)
    assert old["chosen"]["accuracy"]["test"] != new["chosen"]["accuracy"]["test"]
    assert old["chosen"]["static_power_mw"] != new["chosen"]["static_power_mw"]


def test_the_power_objective_ends_at_the_lowest_power(tables, reference, tmp_path):
    out = small_run(tables, tmp_path / "run", objective=Objective.POWER)
    metrics = json.loads((out / "metrics.json").read_text())
    assert metrics["selection"]["rule"].startswith("the one of the lowest power")
    least = metrics["baseline"]["forecast_score"] - 0.05 - 1e-6
    rows = list(csv.DictReader((out / "front.csv").open(encoding="utf-8")))
    proposed = [row for row in rows if row["origin"] != "rival tree"]
    fitting = [row for row in proposed if float(row["forecast_score"]) >= least]
    assert metrics["selection"]["eligible_designs"] == len(fitting)
    (chosen,) = (row for row in rows if row["chosen"] == "1")
    assert len(fitting) > 1 and chosen in fitting
    assert float(chosen["static_power_mw"]) == min(float(row["static_power_mw"]) for row in fitting)
    # The search itself went for power: it proposes other networks than for area.
    searched = [read_timeless(folder / "search/networks.json")["designs"] for folder in (out, reference)]
    assert searched[0] != searched[1]


def test_a_run_by_cost_ends_at_the_cheapest_answers(tables, tmp_path):
    """With a validation file in place of folds, and rivals and baseline judged by the same costs."""
    rng = np.random.default_rng(10)
    write_table(tmp_path / "validation.csv", *blobs(rng, 90))
    matrix = np.array([[0, 1, 1], [1, 0, 1], [9, 9, 0]])
    names = [f"kind{kind}" for kind in range(3)]
    rows = [f"{name},{','.join(map(str, costs))}" for name, costs in zip(names, matrix, strict=True)]
    (tmp_path / "costs.csv").write_text("\n".join([",".join(["", *names]), *rows]) + "\n", encoding="utf-8")
    out = small_run(
        tables,
        tmp_path / "run",
        folds=0,
        validation=str(tmp_path / "validation.csv"),
        metric=Metric.COST,
        cost_matrix=str(tmp_path / "costs.csv"),
        max_loss=None,
    )
    metrics = json.loads((out / "metrics.json").read_text())
    assert metrics["selection"]["metric"] == "cost" and metrics["selection"]["folds"] == 0
    assert "forecast cost" in metrics["selection"]["rule"]
    assert metrics["data"]["validation_samples"] == 90
    truth, answers = judged(out, metrics["baseline"]["model_file"])
    assert metrics["baseline"]["forecast_score"] == pytest.approx(-matrix[truth, answers].mean())
    assert metrics["baseline"]["accuracy"]["validation"]["value"] == pytest.approx(np.mean(truth == answers))
    table = list(csv.DictReader((out / "front.csv").open(encoding="utf-8")))
    for row in (row for row in table if row["origin"] == "rival tree"):
        truth, answers = judged(out, row["model_file"])
        assert float(row["forecast_score"]) == pytest.approx(-matrix[truth, answers].mean(), abs=1e-6)
    (chosen,) = (row for row in table if row["chosen"] == "1")
    least = float(re.search(r"forecast cost of at least (-?[\d.]+)", metrics["selection"]["rule"]).group(1))
    fitting = [r for r in table if r["origin"] != "rival tree" and float(r["forecast_score"]) >= least - 1e-4]
    powers = [float(row["estimated_system_power_mw"]) for row in fitting]
    assert float(chosen["estimated_system_power_mw"]) == min(powers)


def judged(out: Path, model_file: str) -> tuple[np.ndarray, np.ndarray]:
    """True classes of the validation part, and what a model of the run answers on it."""
    vectors = read_vectors(out / "vectors/validation.csv")
    return vectors.classes, ModelFile.load(out / model_file).classifier.predict(vectors.features)
