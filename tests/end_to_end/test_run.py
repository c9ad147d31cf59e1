"""The whole job on real data, through the command line."""

import csv
import json
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest

from bespoke.data import read_vectors
from bespoke.run.metrics import METRICS_SCHEMA
from bespoke.run.modelfile import ModelFile
from bespoke.sensing import port_width

pytestmark = pytest.mark.eda


def bespoke(*words, cwd, start=("-m", "bespoke"), **options):
    return subprocess.run(
        [sys.executable, *map(str, (*start, *words))], cwd=cwd, capture_output=True, text=True, **options
    )


#: The command line on little training and search, which no option could ask for.
_QUICK = """
from dataclasses import replace

from bespoke.cli import main
from bespoke.run import front
from bespoke.run.budgets import BUDGETS
from bespoke.run.config import Effort

if __name__ == "__main__":
    BUDGETS[Effort.FAST] = replace(BUDGETS[Effort.FAST], candidates=6000, moves=30_000)
    front.MAPPED_DESIGNS[Effort.FAST] = 6
    main()
"""


@pytest.fixture(scope="module")
def labelled_csv(tmp_path_factory):
    """Two noisy blobs a class, labels with characters that no tool must ever see raw."""
    rng = np.random.default_rng(5)
    labels = ["rose & lily", '"; $finish; //', "<b>weed</b>"]
    centres = rng.normal(0, 2, (3, 5))
    lines = ['"petal, mm",`define,width/2,x\\n,</script>,kind of plant']
    for index in range(240):
        kind = index % 3
        values = centres[kind] + rng.normal(0, 0.9, 5)
        label = labels[kind].replace('"', '""')
        lines.append(",".join(f"{value:.3f}" for value in values) + f',"{label}"')
    path = tmp_path_factory.mktemp("data") / "plants of mine.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def finished(labelled_csv, tmp_path_factory):
    """A finished run on the labelled file, from another folder than the checkout."""
    place = tmp_path_factory.mktemp("place with spaces")
    words = ["run", labelled_csv, "--target", "kind of plant", "--out", "run", "--effort", "fast", "--seed", 3]
    (place / "quick.py").write_text(_QUICK, encoding="utf-8")
    result = bespoke(*words, cwd=place, start=["quick.py"])
    assert result.returncode == 0, result.stderr
    return place / "run", result, words


def test_everything_is_there(finished):
    run, result, _ = finished
    for name in [
        "config.toml",
        "versions.json",
        "front.csv",
        "metrics.json",
        "summary.txt",
        "report.html",
        "netlist.v",
        "cells.v",
        "rtl/top.v",
        "rtl/top_tb.v",
        "models/float.json",
        "models/quantised.json",
        "models/baseline.json",
        "models/approximate.json",
        "models/topology.json",
        "seconds.json",
        "search/networks.json",
        "search/circuits.json",
        *(
            f"folds/{fold}/{name}"
            for fold in range(3)
            for name in ("models/float.json", "models/baseline.json", "search/circuits.json", "evidence.json")
        ),
        "vectors/train.csv",
        "vectors/test.csv",
        "baseline/netlist.v",
        "baseline/rtl/top.v",
        "front_end.csv",
    ]:
        assert (run / name).stat().st_size > 0, name
    assert not list(run.rglob("*.tmp"))
    assert not (run / "vectors/validation.csv").exists() and not (run / "folds/3").exists()
    for word in ("accuracy", "forecast", "area", "power", "comparators", "baseline"):
        assert word in result.stdout


def test_the_metrics_agree_with_a_recount_from_the_files(finished):
    run, _, _ = finished
    metrics = json.loads((run / "metrics.json").read_text())
    assert metrics["schema"] == METRICS_SCHEMA
    for name, model_file in (("chosen", "approximate"), ("baseline", "baseline")):
        design = metrics[name]
        model = ModelFile.load(run / f"models/{model_file}.json")
        assert design["accuracy"]["validation"] is None
        for part in ("train", "test"):
            vectors = read_vectors(run / f"vectors/{part}.csv")
            share = (model.classifier.predict(vectors.features) == vectors.classes).mean()
            assert design["accuracy"][part]["value"] == pytest.approx(share)
        answers = model.classifier.predict(vectors.features)
        recalls = [float((answers[vectors.classes == kind] == kind).mean()) for kind in range(3)]
        assert design["class_recall"] == pytest.approx(recalls)
        silent = [kind for kind in range(3) if (answers != kind).all()]
        assert design["never_answered"] == [metrics["data"]["class_labels"][kind] for kind in silent]
        assert design["verification"]["simulated_test_accuracy"] == design["accuracy"]["test"]["value"]
        assert design["verification"]["netlist_test_accuracy"] == design["accuracy"]["test"]["value"]
        counts = {}
        for cell in re.findall(r"^\s*([A-Z]+\d*X1) ", (run / design["netlist_file"]).read_text(), re.M):
            counts[cell] = counts.get(cell, 0) + 1
        assert counts == design["cell_counts"]
    assert metrics["data"]["class_labels"] == ['"; $finish; //', "<b>weed</b>", "rose & lily"]


def test_the_forecast_of_the_baseline_is_a_recount_of_the_folds(finished):
    run, _, _ = finished
    metrics = json.loads((run / "metrics.json").read_text())
    evidence = [json.loads(path.read_text()) for path in sorted((run / "folds").glob("*/evidence.json"))]
    pooled = np.sum([fold["baseline"] for fold in evidence], axis=0)
    assert len(evidence) == metrics["selection"]["folds"] == 3
    assert pooled.sum() == metrics["data"]["train_samples"] == 168 and metrics["data"]["validation_samples"] is None
    assert metrics["baseline"]["forecast_accuracy"] == pytest.approx(np.trace(pooled) / pooled.sum())
    for design in (metrics["chosen"], metrics["baseline"]):
        assert 0 < design["forecast_low"] < design["forecast_accuracy"] < design["forecast_high"] < 1
        assert design["forecast_score"] == design["forecast_accuracy"]
    rows = list(csv.DictReader((run / "front.csv").open()))
    for name, key, value in (("chosen", "chosen", "1"), ("baseline", "origin", "exact baseline")):
        (row,) = (row for row in rows if row[key] == value)
        assert float(row["forecast_accuracy"]) == pytest.approx(metrics[name]["forecast_accuracy"], abs=1e-6)


def test_the_hidden_layer_was_found_by_cross_validation(finished):
    run, _, _ = finished
    metrics = json.loads((run / "metrics.json").read_text())
    assert metrics["topology"] == json.loads((run / "models/topology.json").read_text())
    (size,) = metrics["topology"]["hidden"]
    assert metrics["baseline"]["topology"] == [5, size, 3]
    tried = {entry["neurons"]: entry for entry in metrics["topology"]["tried"]}
    assert tried[size]["behind_best"] <= tried[size]["forgiven"]
    assert all(entry["behind_best"] > entry["forgiven"] for neurons, entry in tried.items() if neurons < size)


def test_the_choice_kept_its_promise_by_the_forecast(finished):
    """Nothing was asked for, so it is the cheapest within one standard error of the best."""
    run, _, _ = finished
    metrics = json.loads((run / "metrics.json").read_text())
    rows = list(csv.DictReader((run / "front.csv").open()))
    assert [row["chosen"] for row in rows].count("1") == 1
    (chosen,) = (row for row in rows if row["chosen"] == "1")
    found = re.search(
        r"at least ([\d.]+) \(within one standard error, ([\d.]+), of the best forecast, ([\d.]+)\)",
        metrics["selection"]["rule"],
    )
    least, error, best = map(float, found.groups())
    assert least == pytest.approx(best - error, abs=2e-4)
    assert error == pytest.approx((best * (1 - best) / metrics["data"]["train_samples"]) ** 0.5, rel=0.5)
    own = [row for row in rows if row["origin"] != "rival tree"]
    assert best == pytest.approx(max(float(row["forecast_score"]) for row in own), abs=1e-4)
    fitting = [row for row in own if float(row["forecast_score"]) >= least - 1e-4]
    assert chosen in fitting and metrics["selection"]["eligible_designs"] == len(fitting)
    power = float(chosen["estimated_system_power_mw"])
    assert power == min(float(row["estimated_system_power_mw"]) for row in fitting)


def test_the_chosen_design_is_the_one_of_the_front(finished):
    """Mapped with the same effort or more, so it is no dearer than its row says."""
    run, _, _ = finished
    metrics = json.loads((run / "metrics.json").read_text())
    rows = list(csv.DictReader((run / "front.csv").open()))
    (row,) = (row for row in rows if row["chosen"] == "1")
    chosen, baseline = metrics["chosen"], metrics["baseline"]
    assert chosen["area_cm2"] <= float(row["area_cm2"]) * (1 + 1e-6)
    assert chosen["comparators"] <= int(row["comparators"])
    assert chosen["accuracy"]["test"]["value"] == pytest.approx(float(row["test_accuracy"]), abs=1e-6)
    assert chosen["area_cm2"] <= baseline["area_cm2"]
    its_own = row["origin"] == "exact baseline"  # which keeps conventional converters where it is what is chosen
    assert chosen["front_end"]["kind"] == ("binary" if its_own else "thermometer")
    assert baseline["front_end"]["kind"] == "binary"
    assert chosen["estimated_system_power_mw"] <= baseline["estimated_system_power_mw"]
    assert any(row["origin"] == "rival tree" for row in rows)


@pytest.mark.skipif(shutil.which("iverilog") is None, reason="Icarus Verilog is not installed")
@pytest.mark.parametrize("sources", [["rtl/top.v"], ["netlist.v", "cells.v"]])
def test_the_testbench_passes_by_hand(finished, sources, tmp_path):
    run, _, _ = finished
    binary = tmp_path / "sim"
    files = [run / name for name in [*sources, "rtl/top_tb.v"]]
    subprocess.run(["iverilog", "-g2005", "-o", binary, *files], check=True)
    assert "PASS" in subprocess.run([binary], capture_output=True, text=True, check=True).stdout


def test_hostile_names_do_not_reach_the_verilog(finished):
    run, _, _ = finished
    for source in (run / "rtl/top.v", run / "baseline/rtl/top.v"):
        code = re.sub(r"//.*", "", source.read_text())
        assert "`" not in code and "$finish" not in code and "script" not in code
    assert "<b>weed</b>" not in (run / "report.html").read_text()


def test_the_same_command_reads_the_finished_run_back(finished):
    run, _, words = finished
    before = (run / "metrics.json").read_text()
    result = bespoke(*words, "--json", cwd=run.parent, start=["quick.py"])
    assert result.returncode == 0, result.stderr
    again = json.loads(result.stdout)
    then = json.loads(before)
    assert again["chosen"] == then["chosen"] and again["baseline"] == then["baseline"]
    assert again["seconds"] == then["seconds"]


def test_another_seed_in_the_same_folder_is_refused(finished):
    run, _, words = finished
    result = bespoke(*words[:-1], 4, cwd=run.parent)
    assert result.returncode == 2
    assert "another seed" in result.stderr and len(result.stderr.strip().splitlines()) == 1


def test_a_broken_model_fails_the_run(finished, tmp_path):
    """A mismatch between RTL and model must not pass: the chosen design's Verilog is damaged and checked again."""
    run, _, _ = finished
    from bespoke.data import Part
    from bespoke.errors import VerificationError
    from bespoke.run.simulation import simulate_design

    file = ModelFile.load(run / "models/approximate.json")
    vectors = read_vectors(run / "vectors/test.csv")
    damaged = tmp_path / "top.v"
    text = (run / "rtl/top.v").read_text()
    damaged.write_text(
        text.replace("module top", "module inner", 1)
        + (
            f"module top(input wire [{port_width(file.wires) - 1}:0] inp, output wire [1:0] out);\n"
            "  wire [1:0] right;\n  inner inner(.inp(inp), .out(right));\n"
            "  assign out = (inp == 0) ? right ^ 2'd1 : right;\nendmodule\n"
        )
    )
    with pytest.raises(VerificationError):
        simulate_design(
            [damaged],
            file.classifier,
            Part(vectors.features, vectors.classes, vectors.rows),
            folder=tmp_path / "sim",
            seed=0,
            front_end=file.front_end,
        )
