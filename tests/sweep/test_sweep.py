"""Files of sweeps, their points, and what a sweep leaves in its folder; runs are stood in for by sample runs."""

import csv
import itertools
import json
import re

import pytest
from typer.testing import CliRunner

from bespoke.cli import app
from bespoke.errors import InputError, NoDesignError, PieceFailedError
from bespoke.execution import Serial
from bespoke.run.folder_opening import hold
from bespoke.run.progress import Silent
from bespoke.sweep import points_of, read_sweep, run_sweep
from bespoke.sweep.job import Table, _run_points
from bespoke.sweep.piece import PointWork, run_and_pack, run_through
from tests.sample_runs import write_sample_run

FILE = """
[run]
effort = "fast"
workers = 1
[sweep]
data = ["iris", "wine"]
hidden = [[2], [3, 2]]
seed = [0, 1]
"""


def written(tmp_path, text=FILE):
    path = tmp_path / "sweep.toml"
    path.write_text(text)
    return path


def read(tmp_path, text=FILE):
    return read_sweep(written(tmp_path, text))


def rows(folder):
    with (folder / "sweep.csv").open(newline="") as source:
        return list(csv.DictReader(source))


@pytest.fixture
def runs(monkeypatch):
    """Configs of the runs that were asked for; iris with seed 1 has no design while ``failing`` is set."""
    asked = []

    def fake(config, out, **_):
        asked.append(config)
        if fake.failing and (config.data, config.seed) == ("iris", 1):
            raise NoDesignError("no design is that small\nsecond line")
        write_sample_run(out, seed=config.seed, data_name=config.data)

    fake.failing = True
    monkeypatch.setattr("bespoke.run.job.run", fake)
    asked_of = lambda: asked  # noqa: E731
    asked_of.fake = fake
    return asked_of


def test_lists_are_crossed(tmp_path):
    points = points_of(read(tmp_path))
    expected = set(itertools.product(("iris", "wine"), ((2,), (3, 2)), (0, 1)))
    assert {(point.config.data, point.config.hidden, point.config.seed) for point in points} == expected
    assert len({point.folder for point in points}) == len(points) == 8
    assert {point.config.effort for point in points} == {"fast"}


def test_zipped_lists_go_together_and_are_crossed(tmp_path):
    text = '[sweep]\ndata=["iris"]\nseed=[0,1]\n[zip]\nbits=[3,4]\nmax_loss=[0.1,0.2]\n'
    found = {(point.config.seed, point.config.bits, point.config.max_loss) for point in points_of(read(tmp_path, text))}
    assert found == {(0, 3, 0.1), (0, 4, 0.2), (1, 3, 0.1), (1, 4, 0.2)}


@pytest.mark.parametrize(
    ("key", "span", "expected"),
    [
        ("bits", "{ from = 1, to = 5, step = 2 }", [1, 3, 5]),
        ("bits", "{ from = 2, to = 5 }", [2, 3, 4, 5]),
        ("max_loss", "{ from = 0.1, to = 0.3, step = 0.1 }", [0.1, 0.2, 0.3]),
        ("max_power_mw", '{ from = 0.1, to = 10, count = 3, scale = "log" }', [0.1, 1, 10]),
        ("max_loss", "{ from = 0, to = 1, count = 3 }", [0, 0.5, 1]),
    ],
)
def test_ranges_include_their_ends(tmp_path, key, span, expected):
    points = points_of(read(tmp_path, f'[run]\ndata="iris"\n[sweep]\n{key} = {span}\n'))
    assert [getattr(point.config, key) for point in points] == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[swep]\nseed=[0]\n", "'swep'.*\\[sweep\\]"),
        ("[sweep]\nsed=[0]\n", "\\[sweep\\].*'sed'.*'seed'"),
        ('[sweep]\neffort=["fsat"]\n', "\\[sweep\\].*--effort.*fast"),
        ("[run]\nseed=1\n[sweep]\nseed=[0]\n", "\\[run\\].*'seed'"),
        ("[sweep]\nseed=[0]\n[zip]\nseed=[0]\n", "\\[zip\\].*'seed'"),
        ("[zip]\nseed=[0]\nbits=[3,4]\n", "seed has 1, bits has 2"),
        ("[sweep]\nseed=0\n", "'seed'.*list"),
        ("[sweep]\nworkers=[1,2]\n", "'workers' changes no result"),
        ("[run]\nseed=1\n", "nothing is swept"),
        ("[sweep]\nseed={ from=3, to=1 }\n", "'seed'.*below its start"),
        ("[sweep]\nseed={ from=1, to=3, setp=1 }\n", "'seed'.*'setp'"),
        ('[sweep]\nmax_loss={ from=0, to=1, count=3, scale="log" }\n', "'max_loss'.*above 0"),
    ],
)
def test_mistakes_are_named(tmp_path, text, words):
    with pytest.raises(InputError) as caught:
        read(tmp_path, text)
    assert "sweep.toml" in str(caught.value)
    assert re.search(words, str(caught.value))


def test_a_point_keeps_its_folder_when_the_file_grows(tmp_path):
    before = {point.folder for point in points_of(read(tmp_path))}
    after = {point.folder for point in points_of(read(tmp_path, FILE.replace("[0, 1]", "[2, 1, 0, 0]")))}
    other = {point.folder for point in points_of(read(tmp_path, FILE.replace('"fast"', '"normal"')))}
    assert before < after
    assert len(after) == 12
    assert not before & other


def test_failures_are_rows_and_only_missing_points_are_run_again(tmp_path, runs):
    out = tmp_path / "out"
    sweep = read(tmp_path)
    outcome = run_sweep(sweep, out)
    assert (outcome.points, outcome.failed, len(runs())) == (8, 2, 8)
    table = rows(out)
    assert list(table[0]) == [
        "data", "hidden", "seed", "status", "test_accuracy", "forecast_accuracy", "area_cm2",
        "estimated_system_power_mw", "folder",
    ]  # fmt: skip
    failed = [row for row in table if row["status"] != "done"]
    assert [(row["data"], row["seed"], row["status"]) for row in failed] == [
        ("iris", "1", "no design is that small")
    ] * 2
    assert {row["area_cm2"] for row in table} == {"0.62", ""}
    assert {row["hidden"] for row in table} == {"2", "3,2"}
    runs.fake.failing = False
    assert run_sweep(sweep, out).failed == 0
    assert len(runs()) == 10
    assert run_sweep(read(tmp_path, FILE.replace("[0, 1]", "[0, 1, 2]")), out).points == 12
    assert len(runs()) == 14


def test_settings_that_refuse_one_another_are_a_failed_row(tmp_path, runs):
    text = '[run]\ndata="iris"\nworkers=1\nmodel="m.json"\n[sweep]\nhidden=["auto", [2]]\n'
    outcome = run_sweep(read(tmp_path, text), tmp_path / "out")
    assert (outcome.failed, len(runs())) == (1, 1)
    assert "--hidden" in rows(tmp_path / "out")[1]["status"]


def test_a_folder_of_something_else_is_left_alone(tmp_path, runs):
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="not of a sweep"):
        run_sweep(read(tmp_path), out)
    assert [path.name for path in out.iterdir()] == ["mine.txt"]
    assert not runs()


def test_the_command_counts_failures_and_a_dry_run_writes_nothing(tmp_path, runs):
    call = ["sweep", str(written(tmp_path)), "--out", str(tmp_path / "out")]
    dry = CliRunner().invoke(app, [*call, "--dry-run"])
    assert (dry.exit_code, dry.output.count("to do"), (tmp_path / "out").exists()) == (0, 8, False)
    real = CliRunner().invoke(app, call)
    assert real.exit_code == 1
    assert "2 of 8 points failed" in real.output
    assert CliRunner().invoke(app, [*call, "--dry-run"]).output.count("no design is that small") == 2
    runs.fake.failing = False
    assert CliRunner().invoke(app, call).exit_code == 0


def test_workers_that_die_of_a_point_are_its_reason_and_the_others_go_on(tmp_path, runs):
    class Deadly(Serial):
        def call(self, work, *arguments, **options):
            if arguments[0].config.seed == 1:
                raise PieceFailedError("3 workers died\nof it")
            return super().call(work, *arguments, **options)

    points = points_of(read(tmp_path))
    table = Table(tmp_path / "out", points, ["to do"] * len(points))
    _run_points(Deadly(), table, list(range(len(points))), Silent(), PointWork)
    assert [row["status"] for row in rows(tmp_path / "out")] == ["done", "3 workers died"] * 4
    assert {(config.executor, config.workers) for config in runs()} == {("serial", 1)}


def test_points_come_packed_from_where_files_are_not_shared(tmp_path, runs):
    class Far(Serial):
        shares_files = False

        def call(self, work, *arguments, **options):
            assert not any((tmp_path / "out/points").glob("wine*2-seed-0*/metrics.json"))
            return super().call(work, *arguments, **options)

    point = points_of(read(tmp_path))[4]
    folder = tmp_path / "out" / point.folder
    folder.mkdir(parents=True)
    (folder / "begun.json").write_text("{}")
    assert run_through(Far(), PointWork(point.config, folder)) == "done"
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]
    assert not (folder / "begun.json").exists()
    expected = write_sample_run(tmp_path / "expected", seed=0, data_name="wine")
    read_back, there = (
        {path.relative_to(top): path.read_bytes() for path in top.rglob("*") if path.is_file()}
        for top in (folder, expected)
    )
    assert read_back == there


def test_a_reason_names_the_folder_of_the_sweep_not_the_scratch_one(tmp_path, monkeypatch):
    def fail(config, out, **_):
        out.mkdir()
        raise NoDesignError(f"the front stays in {out / 'front.csv'}")

    monkeypatch.setattr("bespoke.run.job.run", fail)
    state, _ = run_and_pack(PointWork(points_of(read(tmp_path))[0].config, tmp_path / "out/points/one"))
    assert state == f"the front stays in {tmp_path / 'out/points/one/front.csv'}"


@pytest.mark.slow
@pytest.mark.eda
def test_a_sweep_runs_its_points_in_processes_and_a_second_call_runs_nothing(tmp_path):
    text = '[run]\ndata="iris"\neffort="fast"\nfolds=2\n[sweep]\nhidden=[[2]]\nseed=[0,1]\n'
    call = ["sweep", str(written(tmp_path, text)), "--out", str(tmp_path / "out"), "--workers", "2"]
    first = CliRunner().invoke(app, call)
    assert first.exit_code == 0, first.output
    table = rows(tmp_path / "out")
    assert list(table[0]) == [
        "hidden", "seed", "status", "test_accuracy", "forecast_accuracy", "area_cm2", "estimated_system_power_mw",
        "folder",
    ]  # fmt: skip
    assert [(row["hidden"], row["seed"], row["status"]) for row in table] == [("2", "0", "done"), ("2", "1", "done")]
    for row in table:
        chosen = json.loads((tmp_path / "out" / row["folder"] / "metrics.json").read_text())["chosen"]
        assert float(row["test_accuracy"]) == chosen["accuracy"]["test"]["value"]
        assert float(row["area_cm2"]) == chosen["area_cm2"]
        assert f"{row['folder']}/report.html" in (tmp_path / "out/sweep.html").read_text()
    with (tmp_path / "out/fronts.csv").open(newline="") as source:
        assert {row["pareto"] for row in csv.DictReader(source)} == {"0", "1"}
    files = [path for path in (tmp_path / "out/points").rglob("*") if path.is_file()]
    before = {path: path.stat().st_mtime_ns for path in files}
    assert CliRunner().invoke(app, call).exit_code == 0
    assert {path: path.stat().st_mtime_ns for path in files} == before
    assert rows(tmp_path / "out") == table


def test_two_sweeps_do_not_share_a_folder(tmp_path, runs):
    out = tmp_path / "out"
    out.mkdir()
    with hold(out, by="sweep"), pytest.raises(InputError, match="in use by another sweep"):
        run_sweep(read(tmp_path), out)
    assert not runs()
    (out / ".sweep.toml.01234567.tmp").write_text("[run]")  # by a process that was killed as it began
    runs.fake.failing = False
    assert run_sweep(read(tmp_path), out).failed == 0
