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
from bespoke.pipeline.metrics import METRICS_SCHEMA
from bespoke.pipeline.modelfile import ModelFile
from bespoke.sensing import port_width

pytestmark = pytest.mark.eda


def bespoke(*words, cwd, **options):
    return subprocess.run(
        [sys.executable, "-m", "bespoke", *map(str, words)], cwd=cwd, capture_output=True, text=True, **options
    )


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
    result = bespoke(*words, cwd=place)
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
        "vectors/train.csv",
        "vectors/validation.csv",
        "vectors/test.csv",
        "baseline/netlist.v",
        "baseline/rtl/top.v",
        "front_end.csv",
    ]:
        assert (run / name).stat().st_size > 0, name
    assert not list(run.rglob("*.tmp"))
    for word in ("accuracy", "area", "power", "comparators", "baseline"):
        assert word in result.stdout


def test_the_metrics_agree_with_a_recount_from_the_files(finished):
    run, _, _ = finished
    metrics = json.loads((run / "metrics.json").read_text())
    assert metrics["schema"] == METRICS_SCHEMA
    for name, model_file in (("chosen", "approximate"), ("baseline", "baseline")):
        design = metrics[name]
        model = ModelFile.load(run / f"models/{model_file}.json")
        for part in ("train", "validation", "test"):
            vectors = read_vectors(run / f"vectors/{part}.csv")
            share = (model.classifier.predict(vectors.features) == vectors.classes).mean()
            assert design["accuracy"][part]["value"] == pytest.approx(share)
        assert design["verification"]["simulated_test_accuracy"] == design["accuracy"]["test"]["value"]
        assert design["verification"]["netlist_test_accuracy"] == design["accuracy"]["test"]["value"]
        counts = {}
        for cell in re.findall(r"^\s*([A-Z]+\d*X1) ", (run / design["netlist_file"]).read_text(), re.M):
            counts[cell] = counts.get(cell, 0) + 1
        assert counts == design["cell_counts"]
    assert metrics["data"]["class_labels"] == ['"; $finish; //', "<b>weed</b>", "rose & lily"]


def test_the_choice_kept_its_promise_on_train_and_validation(finished):
    run, _, _ = finished
    metrics = json.loads((run / "metrics.json").read_text())
    needed = metrics["baseline"]["accuracy"]["validation"]["value"] - 0.01
    assert metrics["chosen"]["accuracy"]["validation"]["value"] >= needed - 1e-9
    assert metrics["chosen"]["area_cm2"] <= metrics["baseline"]["area_cm2"]
    rows = list(csv.DictReader((run / "front.csv").open()))
    assert [row["chosen"] for row in rows].count("1") == 1
    assert (
        metrics["chosen"]["front_end"]["kind"] == "thermometer" and metrics["baseline"]["front_end"]["kind"] == "binary"
    )
    assert metrics["chosen"]["estimated_system_power_mw"] <= metrics["baseline"]["estimated_system_power_mw"]
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
    result = bespoke(*words, "--json", cwd=run.parent)
    assert result.returncode == 0, result.stderr
    again = json.loads(result.stdout)
    then = json.loads(before)
    assert again["chosen"] == then["chosen"] and again["baseline"] == then["baseline"]


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
    from bespoke.pipeline.simulation import simulate_design

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
