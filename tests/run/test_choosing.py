"""Another choice of a finished front: the same as the run itself would make, at once, and never half."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bespoke.cli import main
from bespoke.data import read_vectors
from bespoke.errors import InputError, NoDesignError
from bespoke.report import read_run, write_report
from bespoke.run import choosing, front
from bespoke.run.budgets import BUDGETS
from bespoke.run.choosing import choose
from bespoke.run.config import Effort, RunConfig, read_config
from bespoke.run.job import run
from bespoke.run.modelfile import ModelFile
from bespoke.run.prediction import model_file_of, predict_table

pytestmark = pytest.mark.eda

#: What no design can do.
IMPOSSIBLE = {"min_accuracy": 1.0, "max_area_cm2": 1e-6}
#: Files that depend on the choice.
DEPENDENT = (
    "design.json", "netlist.v", "cells.v", "rtl/top.v", "rtl/top_tb.v", "front_end.csv", "models/approximate.json",
    "front.csv", "config.toml",
)  # fmt: skip


@pytest.fixture(autouse=True, scope="module")
def small_budget():
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(BUDGETS, Effort.FAST, replace(BUDGETS[Effort.FAST], candidates=4000, moves=8000))
        patch.setitem(front.MAPPED_DESIGNS, Effort.FAST, 4)
        yield


def config_of(data: Path, **request) -> RunConfig:
    return RunConfig(data=str(data), effort=Effort.FAST, bits=3, hidden=(2,), folds=2, seed=5, workers=1, **request)


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """Three overlapping classes of three features."""
    rng = np.random.default_rng(8)
    kinds = np.arange(180) % 3
    values = np.array([[0.0, 0.0, 1.0], [1.0, 0.3, 0.0], [0.4, 1.0, 0.6]])[kinds] + rng.normal(0, 0.25, (180, 3))
    lines = [
        ",".join(f"{value:.3f}" for value in row) + f",kind{kind}" for row, kind in zip(values, kinds, strict=True)
    ]
    path = tmp_path_factory.mktemp("data") / "blobs.csv"
    path.write_text("\n".join(["a,b,c,kind", *lines]) + "\n")
    return path


@pytest.fixture(scope="module")
def unmet(data, tmp_path_factory) -> Path:
    """A run whose request no design meets, left as it was."""
    out = tmp_path_factory.mktemp("unmet") / "run"
    with pytest.raises(NoDesignError) as told:
        run(config_of(data, **IMPOSSIBLE), out)
    for words in ("the nearest has a forecast accuracy of", "front.csv", f"bespoke choose {out}", "without a search"):
        assert words in str(told.value)
    return out


@pytest.fixture
def folder(unmet, tmp_path) -> Path:
    """A copy of the finished front without a choice."""
    return shutil.copytree(unmet, tmp_path / "run")


@pytest.fixture(scope="module")
def chosen_run(unmet, tmp_path_factory) -> Path:
    """The front with a choice made, after another one, so that design 1 is measured."""
    out = shutil.copytree(unmet, tmp_path_factory.mktemp("chosen") / "run")
    choose(out, {}, design=1)
    choose(out, {"max_loss": 0.05}, finish=write_report)
    return out


@pytest.fixture
def chosen(chosen_run, tmp_path) -> Path:
    return shutil.copytree(chosen_run, tmp_path / "chosen")


def rows_of(folder: Path) -> list[dict[str, str]]:
    return list(csv.DictReader((folder / "front.csv").open(encoding="utf-8")))


def state(folder: Path) -> dict[str, str]:
    """Digest of every file by its name."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def texts(folder: Path) -> dict[str, str]:
    return {name: (folder / name).read_text() for name in DEPENDENT}


def check_consistent(folder: Path, number: int) -> None:
    """All files are of one design, that of the number."""
    metrics = read_run(folder).metrics  # finishes what a killed process had begun
    rows = rows_of(folder)
    assert [row["chosen"] for row in rows].index("1") == number == metrics.selection.design
    document = json.loads((folder / "metrics.json").read_text())
    assert json.loads((folder / "design.json").read_text()) == document["chosen"]
    model = ModelFile.load(folder / "models/approximate.json")
    test = read_vectors(folder / "vectors/test.csv")
    own = ModelFile.load(folder / rows[number]["model_file"]).classifier.predict(test.features)
    answers = model.classifier.predict(test.features)
    assert (answers == own).all()
    assert metrics.chosen.accuracy.test.value == pytest.approx((answers == test.classes).mean())
    assert (folder / "netlist.v").read_text().count("\n") > 1
    place = (folder / rows[number]["model_file"]).parent / "chosen"
    if rows[number]["origin"] == "exact baseline":
        place = folder / "baseline/chosen"
    for name in ("netlist.v", "cells.v", "front_end.csv", "rtl/top.v", "rtl/top_tb.v"):
        assert (folder / name).read_bytes() == (place / name).read_bytes()


def test_a_request_that_nothing_meets_leaves_the_front(folder):
    rows = rows_of(folder)
    assert len(rows) > 3 and not any(row["chosen"] == "1" for row in rows)
    assert all(row["test_accuracy"] == "" for row in rows)  # nobody is to choose by it
    assert not any((folder / name).exists() for name in ("metrics.json", "design.json", "netlist.v"))
    with pytest.raises(InputError, match="no design met the run's request; `bespoke choose"):
        read_run(folder)


def test_the_next_request_is_met_without_data_and_search(folder, data, monkeypatch):
    def never(*_, **__):
        raise AssertionError("searched again")

    monkeypatch.setattr("bespoke.run.job.cross_fit", never)
    monkeypatch.setattr("bespoke.run.preparation.load_dataset", never)
    seen = []
    metrics = choose(folder, {"max_loss": 0.05}, finish=lambda place: seen.append(read_run(place).metrics))
    assert seen == [metrics]
    check_consistent(folder, metrics.selection.design)
    assert metrics.chosen.verification.netlist_equivalent and metrics.chosen.verification.threshold_probes > 0
    settings = read_config(folder / "config.toml")
    assert settings["max_loss"] == 0.05 and "min_accuracy" not in settings and "max_area_cm2" not in settings
    assert (
        metrics.selection.mapped_for.startswith("the one of the lowest power")
        and "1e-06 cm²" in metrics.selection.mapped_for
    )
    rows = rows_of(folder)
    assert all(row["test_accuracy"] for row in rows)
    least = metrics.baseline.forecast_score - 0.05 - 1e-6
    fitting = [row for row in rows if row["origin"] != "rival tree" and float(row["forecast_score"]) >= least]
    powers = [float(row["estimated_system_power_mw"]) for row in fitting]
    assert float(rows[metrics.selection.design]["estimated_system_power_mw"]) == min(powers)


def test_run_with_another_request_is_the_same_as_choose(folder, chosen, data):
    metrics = run(config_of(data, max_loss=0.05), folder, command="bespoke run again", finish=write_report)
    assert texts(folder) == texts(chosen)
    other = read_run(chosen).metrics
    assert replace(metrics, command="", seconds={}) == replace(other, command="", seconds={})


def test_another_search_in_the_folder_is_still_refused(chosen, data):
    before = state(chosen)
    with pytest.raises(InputError, match="another seed"):
        run(replace(config_of(data), seed=6), chosen)
    assert state(chosen) == before


def test_a_request_that_nothing_meets_changes_nothing(chosen, data):
    before = state(chosen)
    with pytest.raises(NoDesignError, match="ask for a forecast accuracy of at most"):
        choose(chosen, IMPOSSIBLE)
    assert state(chosen) == before
    with pytest.raises(NoDesignError, match="bespoke choose"):
        run(config_of(data, **IMPOSSIBLE), chosen)
    assert state(chosen) == before


def test_every_design_can_be_had_by_its_number(chosen):
    rows, settings = rows_of(chosen), read_config(chosen / "config.toml")
    for number in (1, len(rows) - 1):
        metrics = choose(chosen, {}, design=number)
        check_consistent(chosen, number)
        assert metrics.selection.by_number and "by its number" in metrics.selection.rule
        assert read_config(chosen / "config.toml") == settings
        assert f"choose --design {number}" in (chosen / "config.toml").read_text().splitlines()[0]
        assert not (chosen / "report.html").exists()  # it showed another choice, and nobody wrote one of this
    assert metrics.chosen.front_end.kind == "binary"  # the exact baseline keeps its own


def test_a_design_that_was_chosen_before_is_not_measured_again(chosen, monkeypatch):
    before = texts(chosen)
    choose(chosen, {}, design=1)
    assert texts(chosen) != before
    monkeypatch.setattr(choosing, "measure", lambda *_, **__: pytest.fail("measured again"))
    choose(chosen, {"max_loss": 0.05})
    assert texts(chosen) == before


def test_decisions_per_hour_are_no_demand(chosen):
    metrics = choose(chosen, {"decisions_per_hour": 60.0, "max_loss": 0.05})
    system = metrics.chosen.estimated_system_power_mw
    assert metrics.chosen.estimated_average_power_mw == pytest.approx(system * metrics.chosen.delay_ms * 60 / 3.6e6)
    again = choose(chosen, {}, design=1)
    assert again.chosen.decisions_per_hour == again.baseline.decisions_per_hour == 60
    assert choose(chosen, {"decisions_per_hour": 30.0}, design=1).chosen.decisions_per_hour == 30


def test_mistakes_change_nothing(chosen, tmp_path):
    before = state(chosen)
    for request, design, said in (
        ({}, 99, "--design 99: the front has the designs 0 to"),
        ({"max_loss": 0.1}, 1, "leave the other demands out"),
        ({"source": "the sun"}, None, "unknown power source 'the sun'"),
        ({"max_loss": 5.0}, None, "--max-loss must be between 0 and 1"),
        ({"max_loss": 0.1, "min_accuracy": 0.5}, None, "give one of them"),
    ):
        with pytest.raises(InputError, match=said):
            choose(chosen, request, design=design)
    assert state(chosen) == before
    with pytest.raises(InputError, match="does not exist"):
        choose(tmp_path / "gone", {})
    with pytest.raises(InputError, match="is no run folder"):
        choose(tmp_path, {})


@pytest.mark.parametrize("moved", [0, 3, 9])
def test_killed_in_the_middle_it_is_the_new_choice_for_whoever_reads_next(chosen, monkeypatch, moved):
    class Killed(BaseException):
        pass

    moves, move = [], Path.replace

    def killing(self, target):
        if ".choice-" in str(self) and ".choice-" not in str(target):
            if len(moves) == moved:
                raise Killed
            moves.append(target)
        return move(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", killing)
        with pytest.raises(Killed):
            choose(chosen, {}, design=1, finish=write_report)
    check_consistent(chosen, 1)
    assert "design 1" in (chosen / "report.html").read_text()
    assert not list(chosen.glob(".choice-*"))


def test_killed_before_it_is_the_old_choice(chosen):
    number, before = read_run(chosen).metrics.selection.design, texts(chosen)

    def stopped(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        choose(chosen, {}, design=1, finish=stopped)
    assert texts(chosen) == before and (chosen / "report.html").exists()
    check_consistent(chosen, number)


def test_predictions_follow_the_choice_and_equal_the_netlist(chosen, data):
    from bespoke.netlist import predict
    from bespoke.netlist.reading import read_netlist

    for number in (1, int(next(row["index"] for row in rows_of(chosen) if row["chosen"] == "1"))):
        choose(chosen, {}, design=number)
        assert model_file_of(chosen) == chosen / "models/approximate.json"
        found = predict_table(ModelFile.load(model_file_of(chosen)), data)
        technology = read_run(chosen).technology
        netlist = read_netlist((chosen / "netlist.v").read_text(), technology)
        assert predict(netlist, found.inputs, found.model.wires).tolist() == found.classes.tolist()
        other = predict_table(ModelFile.load(model_file_of(chosen, design=number)), data)
        assert other.labels == found.labels
    with pytest.raises(InputError, match="--design 99: "):
        model_file_of(chosen, design=99)


def test_the_command(chosen, monkeypatch, capsys):
    def call(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["bespoke", *words])
        with pytest.raises(SystemExit) as end:
            main()
        seen = capsys.readouterr()
        return end.value.code or 0, seen.out, seen.err

    before = state(chosen)
    code, out, err = call("choose", str(chosen), "--min-accuracy", "1", "--max-area-cm2", "0.000001")
    assert (
        code == 2
        and out == ""
        and "no design on the front has a forecast accuracy of at least 1.0000 and an area" in err
        and len(err.splitlines()) == 1
    )
    assert state(chosen) == before
    (chosen / "figures").mkdir()
    code, out, err = call("choose", str(chosen), "--design", "1")
    assert code == 0 and "design 1, the one asked for by its number" in " ".join(out.split())
    assert "figures may show another choice" in err
    assert "chosen" in (chosen / "summary.txt").read_text() and "--design 1" in (chosen / "report.html").read_text()
    code, out, _ = call("choose", str(chosen), "--max-loss", "0.05", "--json")
    assert code == 0 and json.loads(out)["command"].endswith("choose " + str(chosen) + " --max-loss 0.05 --json")


def prints_of(row: dict[str, str]) -> tuple[float, float]:
    return float(row["expected_printed_accuracy"]), float(row["share_of_good_prints"])


def front_rows(folder: Path) -> list[dict[str, str]]:
    return list(csv.DictReader((folder / "front.csv").open(encoding="utf-8")))


def test_a_choice_says_what_becomes_of_prints(folder, data):
    """No figure of prints before there is a choice; after it those of the chosen design are in three places alike."""
    assert not (folder / "robustness.json").exists()
    assert all(row["expected_printed_accuracy"] == row["share_of_good_prints"] == "" for row in front_rows(folder))
    metrics = choose(folder, {})
    record = json.loads((folder / "robustness.json").read_text())
    told = json.loads((folder / "metrics.json").read_text())["robustness"]
    (point,) = [one for one in record["yield"] if one["device_yield"] == told["device_yield"] == 0.99]
    assert told["expected_printed_accuracy"] == point["expected_accuracy"]
    assert told["share_of_good_prints"] == point["good_prints"]
    assert told["faults"] == record["single_stuck_at"]["faults"]
    assert record["intact_accuracy"]["value"] == metrics.chosen.accuracy.test.value
    assert record["drift"] and not record["drift"][0]["positions_assumed"]
    for row in front_rows(folder):
        expected, good = prints_of(row)
        assert 0 < expected <= 1 and 0 <= good <= 1
        if row["origin"] == "exact baseline":
            assert expected < float(row["test_accuracy"])


def test_the_command_repeats_a_runs_figures(folder, monkeypatch, capsys):
    """The same seed: yields and faults of the quick version are those of the command at the same number of prints."""
    choose(folder, {})
    quick = json.loads((folder / "robustness.json").read_text())
    for words, code in (([], 0), (["--design", "1"], 0), (["--design", "99"], 2)):
        monkeypatch.setattr(sys, "argv", ["bespoke", "robustness", str(folder), "--prints", "1000", *words])
        with pytest.raises(SystemExit) as end:
            main()
        assert (end.value.code or 0) == code
    assert "the front has the designs 0 to" in capsys.readouterr().err
    whole = json.loads((folder / "robustness.json").read_text())
    for key in ("single_stuck_at", "yield", "corners", "floor", "devices"):
        assert whole[key] == quick[key]
    assert len(whole["several_stuck_at"]) and not quick["several_stuck_at"]
    other = json.loads((folder / "front/001/robustness.json").read_text())
    assert other["design"] == "design 1"


def test_a_front_without_netlists_has_empty_cells(folder):
    """As fronts of earlier versions are; the command maps such a design once more."""
    for path in folder.glob("front/*/netlist.v"):
        path.unlink()
    choose(folder, {})
    for row in front_rows(folder):
        known = row["origin"] == "exact baseline"
        assert bool(row["expected_printed_accuracy"]) == bool(row["share_of_good_prints"]) == known
