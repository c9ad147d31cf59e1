"""Settings said in full: what is open is filled in, what is a path leads there from anywhere, what is a name stays."""

from __future__ import annotations

import hashlib
import re
import subprocess
from dataclasses import fields, replace
from pathlib import Path

import pytest
from helpers import ROOT

from bespoke.cli.options import settings_of
from bespoke.costs import Objective
from bespoke.eda import tools
from bespoke.run.config import Effort, RunConfig, read_config, to_toml
from bespoke.run.preparation import front_end_of, technology_of
from bespoke.run.provenance import data_hashes
from bespoke.run.resolved import resolved
from bespoke.scores import Metric
from bespoke.sensing import FrontEndKind


def in_full(config, hidden=(3,)):
    technology = technology_of(config)
    return resolved(config, technology=technology, front_end=front_end_of(config, technology), hidden=hidden)


def test_what_is_open_is_filled_in_and_nothing_else_changes():
    asked = RunConfig(data="iris", effort=Effort.FAST)
    found = in_full(asked)
    changed = {item.name for item in fields(asked) if getattr(asked, item.name) != getattr(found, item.name)}
    assert changed == {"hidden", "folds", "clock_ms", "front_end_figures"}
    assert (found.hidden, found.folds, found.clock_ms, found.front_end_figures) == ((3,), 3, 200.0, "date-2024")
    assert in_full(found) == found


def test_what_is_given_stays():
    asked = RunConfig(data="iris", hidden=(5, 4), folds=7, clock_ms=10.0, front_end_figures="esl-2024")
    assert in_full(asked, asked.hidden) == asked


@pytest.mark.parametrize(
    "asked",
    [
        RunConfig(data="iris", front_end=FrontEndKind.DIGITAL, objective=Objective.AREA),
        RunConfig(data="iris", front_end=FrontEndKind.BINARY),
        RunConfig(data="iris", model="mlp.json"),
        RunConfig(data="iris", folds=0, validation="validation.csv"),
    ],
)
def test_settings_in_full_are_settings_that_fit(asked, tmp_path):
    found = in_full(asked, None if asked.model else (3,))
    path = tmp_path / "config.toml"
    path.write_text(to_toml(found, asked=asked), encoding="utf-8")
    assert RunConfig(**read_config(path)) == found


def test_paths_lead_there_from_anywhere_and_names_stay_names(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("my.csv", "iris", "costs.csv", "egfet-1.0v"):
        Path(name).write_text("a\n")
    found = in_full(RunConfig(data="my.csv", target="a", cost_matrix="costs.csv", metric=Metric.COST, data_dir="."))
    assert (found.data, found.cost_matrix) == (str(tmp_path / "my.csv"), str(tmp_path / "costs.csv"))
    assert Path(found.data_dir) == tmp_path and found.target == "a"
    found = in_full(RunConfig(data="iris"))
    assert (found.data, found.technology) == ("iris", "egfet-1.0v")


def test_the_file_of_a_run_takes_options_that_would_not_fit_what_was_filled_in(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text(to_toml(in_full(RunConfig(data="iris"))), encoding="utf-8")
    assert settings_of(path, {"front_end": FrontEndKind.DIGITAL}).front_end_figures is None
    assert settings_of(path, {"technology": "egfet-0.6v"}).front_end_figures is None
    assert settings_of(path, {"model": "mlp.json"}).hidden is None
    assert settings_of(path, {"seed": 3}) == replace(in_full(RunConfig(data="iris")), seed=3)


def test_data_without_a_file_have_the_digest_of_their_arrays(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("iris").write_text("a file that happens to be called so\n")
    Path("my.csv").write_text("a,b\n1,2\n")
    Path("redwine.csv").write_text("x\n")
    assert data_hashes(RunConfig(data="iris"), data_digest="d") == {"iris": "d"}
    digest = hashlib.sha256(b"a,b\n1,2\n").hexdigest()
    assert data_hashes(RunConfig(data="my.csv"), data_digest="d") == {"my.csv": digest}
    found = data_hashes(RunConfig(data="redwine", data_dir=str(tmp_path)), data_digest="d")
    assert found == {"redwine.csv": hashlib.sha256(b"x\n").hexdigest()}


def test_the_commit_is_that_of_the_checkout(tmp_path, monkeypatch):
    def git(*words):
        words = ("git", "-C", str(tmp_path), "-c", "user.name=x", "-c", "user.email=x@x", *words)
        return subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()

    module = tmp_path / "bespoke/eda/tools.py"
    module.parent.mkdir(parents=True)
    module.write_text("")
    monkeypatch.setattr(tools, "__file__", str(module))
    assert tools.source_commit() is None  # as installed
    git("init", "-q")
    assert tools.source_commit() is None  # nothing committed
    git("add", ".")
    git("commit", "-qm", "first")
    assert tools.source_commit() == git("rev-parse", "HEAD")
    (tmp_path / "notes.txt").write_text("beside the package")
    assert tools.source_commit() == git("rev-parse", "HEAD")
    module.write_text("changed")
    assert tools.source_commit() == git("rev-parse", "HEAD") + "-dirty"


def test_this_checkout_has_a_commit_where_it_is_one():
    found = tools.source_commit()
    assert (found is not None) == (ROOT / ".git").exists()
    assert found is None or re.fullmatch(r"[0-9a-f]{40}(-dirty)?", found)
