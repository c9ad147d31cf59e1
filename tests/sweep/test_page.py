"""The page of a sweep, and commands that take the folder of one."""

import csv
import io
import re

import pytest
from typer.testing import CliRunner

from bespoke.cli import app
from bespoke.errors import NoDesignError
from bespoke.report.sweep_page import write_sweep_page
from bespoke.sweep import read_sweep, run_sweep
from tests.sample_runs import write_sample_run

FILE = '[run]\nworkers = 1\n[sweep]\ndata = ["iris", "wine"]\nseed = [0, 1]\nhidden = ["auto", [2]]\n'


@pytest.fixture
def swept(tmp_path, monkeypatch):
    def fake(config, out, **_):
        if (config.data, config.seed) == ("iris", 1):
            raise NoDesignError("no design costs <b>so little</b>")
        write_sample_run(out, seed=config.seed, data_name=config.data)
        (out / "report.html").write_text("its page")

    monkeypatch.setattr("bespoke.run.job.run", fake)
    (tmp_path / "sweep.toml").write_text(FILE)
    run_sweep(read_sweep(tmp_path / "sweep.toml"), tmp_path / "out")
    return tmp_path / "out"


def test_the_page_links_points_lists_failures_and_draws_every_front(swept):
    text = write_sweep_page(swept).read_text()
    with (swept / "sweep.csv").open(newline="") as source:
        points = list(csv.DictReader(source))
    done = [row["folder"] for row in points if row["status"] == "done"]
    links = re.findall(r'<a href="([^"]+)"', text)
    assert links == [f"{folder}/report.html" for folder in done]
    assert all((swept / link).is_file() for link in links)
    assert text.count('class="warning"') == len(points) - len(done) == 2
    assert "so little&lt;/b&gt;" in text
    assert "<b>so little" not in text
    assert text.count("<svg") - text.count('<svg class="') == 1
    drawn = re.findall(r">([^<>]+)</text>", text)
    assert {"iris", "wine", "hidden auto", "hidden 2", "front over all points"} <= set(drawn)
    addresses = re.sub(r'xmlns(:\w+)?="[^"]+"|<!DOCTYPE[^>]+>|<metadata>.*?</metadata>', "", text, flags=re.S)
    assert not re.findall(r"(?:src|href)=.https?:", addresses)


def test_a_sweep_without_a_point_that_is_done_has_a_page_too(tmp_path, monkeypatch):
    def fail(config, out, **_):
        raise NoDesignError("none")

    monkeypatch.setattr("bespoke.run.job.run", fail)
    (tmp_path / "sweep.toml").write_text(FILE)
    run_sweep(read_sweep(tmp_path / "sweep.toml"), tmp_path / "out")
    text = write_sweep_page(tmp_path / "out").read_text()
    assert "0 of 8 points done" in text
    assert 'id="fronts"' not in text


def test_report_renders_the_page_anew_with_figures_and_summary(swept):
    before = write_sweep_page(swept).read_bytes()
    (swept / "sweep.html").unlink()
    called = CliRunner().invoke(app, ["report", str(swept), "--figures", "png", "--summary"])
    assert called.exit_code == 0, called.output
    assert (swept / "sweep.html").read_bytes() == before
    assert (swept / "figures/fronts.png").read_bytes().startswith(b"\x89PNG")
    assert "est. system power, mW" in called.stdout


def test_compare_takes_the_points_that_are_done(swept):
    called = CliRunner().invoke(app, ["compare", str(swept), "--format", "csv", "--no-baselines"])
    assert called.exit_code == 0, called.output
    designs = [row["design"] for row in csv.DictReader(io.StringIO(called.stdout))]
    with (swept / "sweep.csv").open(newline="") as source:
        done = [row["folder"] for row in csv.DictReader(source) if row["status"] == "done"]
    assert designs == [folder.removeprefix("points/") for folder in done]
    assert len(done) == 6
