"""Estimated times of sweeps against sums made by hand."""

import json

import pytest
from typer.testing import CliRunner

from bespoke.cli import app
from bespoke.report import wording
from bespoke.sweep import points_of, read_sweep
from bespoke.sweep.estimate import estimated
from tests.sample_runs import write_sample_run

FILE = '[run]\ndata = "iris"\neffort = "{effort}"\nfolds = 3\nworkers = {workers}\n[sweep]\nseed = [0, 1, 2, 3]\n'


def points(tmp_path, *, effort="fast", workers=1):
    (tmp_path / "sweep.toml").write_text(FILE.format(effort=effort, workers=workers))
    return points_of(read_sweep(tmp_path / "sweep.toml"))


def test_points_that_are_done_say_how_long_the_others_take(tmp_path):
    found = points(tmp_path, workers=2)
    write_sample_run(tmp_path / found[0].folder)
    metrics = json.loads((tmp_path / found[0].folder / "metrics.json").read_text())
    write_sample_run(tmp_path / found[1].folder)
    metrics["seconds"] = {"all": 20.0}
    (tmp_path / found[1].folder / "metrics.json").write_text(json.dumps(metrics))
    with (tmp_path / found[1].folder / "config.toml").open("a") as settings:
        settings.write("workers = 4\n")
    rest = estimated(tmp_path, found, ["done", "done", "to do", "some reason"])
    assert (rest.missing, rest.measured_points, rest.workers) == (2, 2, 2)
    assert rest.estimated_seconds == pytest.approx((115.5 + 4 * 20) / 2 * 2 / 2)


def test_without_any_it_is_a_guess_that_grows_with_effort_and_falls_with_workers(tmp_path):
    def guess(**given):
        return estimated(tmp_path, points(tmp_path, **given), ["to do"] * 4)

    fast = guess()
    assert fast.measured_points == 0
    assert 60 < fast.estimated_seconds < 1000
    assert guess(workers=4).estimated_seconds == pytest.approx(fast.estimated_seconds / 4)
    assert guess(effort="normal").estimated_seconds > 2 * fast.estimated_seconds


def test_a_dry_run_prints_it_while_there_is_anything_to_do(tmp_path):
    found = points(tmp_path)
    call = ["sweep", str(tmp_path / "sweep.toml"), "--out", str(tmp_path), "--dry-run"]
    rough = wording.duration(estimated(tmp_path, found, ["to do"] * 4).estimated_seconds)
    assert f"on 1 worker: {rough} (roughly" in CliRunner().invoke(app, call).stdout
    for point in found[:3]:
        write_sample_run(tmp_path / point.folder)
    assert "1 min 56 s (by the mean of 3 points done)" in CliRunner().invoke(app, call).stdout
    write_sample_run(tmp_path / found[3].folder)
    done = CliRunner().invoke(app, call).stdout
    assert "0 to run" in done
    assert "estimated" not in done
