"""What is handed over to a print shop agrees with itself, with the run, and with nothing that was changed since."""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import json
import re
import shutil
import zipfile

import numpy as np
import pytest
from helpers import random_network
from plain_netlists import plain_values
from sample_runs import write_sample_run

from bespoke.backend.mapping import Backend
from bespoke.cli import main
from bespoke.data import load_dataset, prepare, write_vectors
from bespoke.errors import InputError, VerificationError
from bespoke.handover import hand_over
from bespoke.handover.packing import _replace_folder
from bespoke.model import ArgmaxTree
from bespoke.netlist import read_netlist
from bespoke.run.design import measure
from bespoke.run.metrics import RunMetrics, restored, to_json
from bespoke.run.modelfile import ModelFile
from bespoke.sensing import FrontEndKind, priced_front_end
from bespoke.technology import load_technology

TECHNOLOGY = load_technology("egfet-1.0v")
pytestmark = pytest.mark.eda


def network(seed=3):
    drawn = random_network(np.random.default_rng(seed), features=4, hidden=(2,), classes=3, input_bits=3)
    return drawn.with_argmax(ArgmaxTree.full(3, drawn.argmax.width))


def write_finished_run(folder, kind):
    """A finished run on iris whose chosen design is real, mapped and measured; the rest is a sample's."""
    write_sample_run(folder, kind=kind)
    data = prepare(load_dataset("iris"), bits=3)
    backend = Backend(TECHNOLOGY, "fast", "pyosys", TECHNOLOGY.clock_ms, 0, priced_front_end(TECHNOLOGY, kind))
    model = folder / "models/approximate.json"
    ModelFile.of(network(), data, front_end=kind).save(model)
    chosen = measure(network(), data, folder, name="chosen design", backend=backend, model_file=model, root=folder)
    metrics = restored(RunMetrics, json.loads((folder / "metrics.json").read_text()))
    summary = dataclasses.replace(
        metrics.data, name="iris", features=data.feature_names, class_labels=data.class_labels, bits=3
    )
    document = to_json(dataclasses.replace(metrics, chosen=chosen, data=summary))
    (folder / "metrics.json").write_text(json.dumps(document))
    (folder / "config.toml").write_text('data = "iris"\nbits = 3\neffort = "fast"\nsource = "molex"\n')
    for name, part in data.parts.items():
        write_vectors(folder / f"vectors/{name}.csv", part, data.feature_names)
    return folder


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    root = tmp_path_factory.mktemp("runs")
    return {kind: write_finished_run(root / str(kind), kind) for kind in FrontEndKind}


@pytest.fixture(scope="module")
def handed(runs, tmp_path_factory):
    root = tmp_path_factory.mktemp("handed")
    return {kind: hand_over(runs[kind], out=root / str(kind)) for kind in FrontEndKind}


def table(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("kind", FrontEndKind)
def test_vectors_pins_and_netlist_agree(handed, kind):
    folder = handed[kind].folder
    netlist = read_netlist(folder / "netlist.v", TECHNOLOGY)
    pins, classes = table(folder / "pins.csv"), table(folder / "classes.csv")
    inputs = [pin for pin in pins if pin["direction"] == "input"]
    outputs = [pin["pin"] for pin in pins if pin["direction"] == "output"]
    vectors = table(folder / "test_vectors.csv")
    assert len(vectors) >= 10 and outputs == ["out[0]", "out[1]"]
    labels = {row["code"]: row["class_label"] for row in classes}
    assert list(labels.values()) == ["setosa", "versicolor", "virginica"]
    for vector in vectors:
        wires = [int(vector[pin["pin"]]) for pin in inputs]
        for pin, wire in zip(inputs, wires, strict=True):
            if kind is FrontEndKind.THERMOMETER:
                assert wire == (float(vector[pin["sensor"]]) >= float(pin["threshold"]))
            elif pin["sensor"] in vector:  # the word's bit by the definition of the grid
                low, high = float(pin["range_low"]), float(pin["range_high"])
                level = min(7, int((float(vector[pin["sensor"]]) - low) / (high - low) * 8))
                assert wire == level >> int(re.search(r"bit (\d)", pin["meaning"])[1]) & 1
        values = plain_values(netlist, wires)
        code = sum(values[net] << bit for bit, net in enumerate(netlist.output_nets))
        assert str(code) == vector["expected_code"] and labels[str(code)] == vector["expected_class"]


def test_references_are_the_thresholds_as_shares_of_the_supply(handed):
    for pin in table(handed[FrontEndKind.THERMOMETER].folder / "pins.csv"):
        if pin["direction"] == "input":
            low, high = float(pin["range_low"]), float(pin["range_high"])
            share = (float(pin["threshold"]) - low) / (high - low)
            assert float(pin["reference_share_of_supply"]) == pytest.approx(share, abs=1e-12)
            assert float(pin["reference_v"]) == pytest.approx(share * TECHNOLOGY.supply_v, rel=1e-5)


def test_every_threshold_has_a_pair_of_vectors_one_step_apart(handed):
    folder = handed[FrontEndKind.THERMOMETER].folder
    pins = [pin for pin in table(folder / "pins.csv") if pin["direction"] == "input"]
    vectors = table(folder / "test_vectors.csv")
    for place, pin in enumerate(pins):
        below, above = vectors[2 * place], vectors[2 * place + 1]
        step = (float(pin["range_high"]) - float(pin["range_low"])) / 8
        assert below["origin"].startswith("below") and above["origin"].startswith("above")
        apart = float(above[pin["sensor"]]) - float(below[pin["sensor"]])
        assert apart == pytest.approx(step, rel=1e-4)
        assert below[pin["pin"]] == "0" and above[pin["pin"]] == "1"
        changes = below["expected_class"] != above["expected_class"]
        assert above["origin"].endswith("the class changes") == changes


@pytest.mark.parametrize("kind", FrontEndKind)
def test_cells_and_power_add_up(handed, runs, kind):
    folder = handed[kind].folder
    instances = re.findall(r"^  (\w+) g\d+ \(", (folder / "netlist.v").read_text(), re.MULTILINE)
    rows = table(folder / "cells.csv")
    assert {row["cell"]: int(row["count"]) for row in rows} == {name: instances.count(name) for name in set(instances)}
    chosen = json.loads((runs[kind] / "metrics.json").read_text())["chosen"]
    assert sum(float(row["area_total_cm2"]) for row in rows) == pytest.approx(chosen["area_cm2"])
    budget = json.loads((folder / "power_budget.json").read_text())
    for figure in ("power_mw", "area_cm2"):
        parts = (
            budget[f"logic_{figure}"] + budget[f"estimated_front_end_{figure}"] - budget[f"estimated_saved_{figure}"]
        )
        assert budget[f"estimated_total_{figure}"] == pytest.approx(parts)
    source, total = budget["source"], budget["estimated_total_power_mw"]
    assert source["name"] == "Molex" and budget["source_was_asked_for"]
    assert source["margin"] == pytest.approx(source["limit_mw"] / total)
    assert source["margin_mw"] == pytest.approx(source["limit_mw"] - total)


def test_the_same_run_gives_the_same_bytes_and_the_manifest_knows_them(runs, handed, tmp_path):
    kind = FrontEndKind.THERMOMETER
    again = hand_over(runs[kind], out=tmp_path / "elsewhere/another name")
    assert again.archive.read_bytes() == handed[kind].archive.read_bytes()
    with zipfile.ZipFile(again.archive) as archive:
        packed = {name.removeprefix("handover/"): archive.read(name) for name in archive.namelist()}
    assert packed == {path.name: path.read_bytes() for path in again.folder.iterdir()}
    assert list(packed) == sorted(packed) == list(again.files)
    manifest = json.loads(packed.pop("manifest.json"))
    assert manifest["files"] == {name: hashlib.sha256(content).hexdigest() for name, content in packed.items()}
    assert manifest["netlist_sha256"] == manifest["files"]["netlist.v"]
    assert (
        manifest["data"]["vectors_sha256"]["test.csv"]
        == hashlib.sha256((runs[kind] / "vectors/test.csv").read_bytes()).hexdigest()
    )


def test_the_page_says_what_it_is_and_loads_nothing(handed):
    page = (handed[FrontEndKind.THERMOMETER].folder / "README.html").read_text()
    assert "http://" not in page and "https://" not in page and "<script" not in page
    for words in (
        "no placement, no routing",
        "netlist.blif",
        "test_vectors.csv",
        "Molex",
        "virginica",
        "95 % interval",
    ):
        assert words in page


@pytest.fixture
def changed(runs, tmp_path):
    return shutil.copytree(runs[FrontEndKind.THERMOMETER], tmp_path / "run")


def without_stamp(folder):
    document = json.loads((folder / "metrics.json").read_text())
    document["chosen"]["verification"]["netlist_sha256"] = ""
    (folder / "metrics.json").write_text(json.dumps(document))


def swapped_pins(text):
    """The netlist with the inputs of one gate tied together: the same cells, another function."""
    return re.sub(r"NAND2X1 (g\d+) \(\.A1\((\S+)\), \.A2\(\S+\),", r"NAND2X1 \1 (.A1(\2), .A2(\2),", text, count=1)


@pytest.mark.parametrize(
    ("stamped", "change", "message"),
    [
        (True, lambda text: text + "\n// a remark\n", "not the netlist that the run proved"),
        (False, lambda text: text.replace("NAND2X1", "NOR2X1", 1), "other cells than the run measured"),
        (False, swapped_pins, "answers otherwise|is not equal"),
    ],
)
def test_a_netlist_that_was_changed_is_refused(changed, tmp_path, stamped, change, message):
    path = changed / "netlist.v"
    path.write_text(change(path.read_text()))
    if not stamped:
        without_stamp(changed)
    with pytest.raises(VerificationError, match=message):
        hand_over(changed, out=tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run"]


def test_a_netlist_that_is_not_its_verilog_is_refused(changed, tmp_path):
    path = changed / "rtl/top.v"
    text = path.read_text()
    width = read_netlist(changed / "netlist.v", TECHNOLOGY).input_bits
    wrapper = (
        f"module top(inp, out);\n  input [{width - 1}:0] inp;\n  output [1:0] out;\n  wire [1:0] other;\n"
        "  inner i (.inp(inp), .out(other));\n  assign out = &inp ? ~other : other;\nendmodule\n"
    )
    path.write_text(re.sub(r"module top\b", "module inner", text) + wrapper)
    with pytest.raises(VerificationError, match=r"is not equal to rtl/top\.v"):
        hand_over(changed, out=tmp_path / "out")


def test_an_earlier_handover_is_replaced_and_nothing_else(runs, changed, tmp_path):
    first = hand_over(changed)
    assert first.folder == changed / "handover" and first.archive == changed / "handover.zip"
    (first.folder / "pins.csv").write_text("old")
    assert hand_over(changed).archive.read_bytes() == first.archive.read_bytes()
    assert (first.folder / "pins.csv").read_text() != "old"
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "notes.txt").write_text("mine")
    (tmp_path / "x.zip").write_text("mine")
    for out, words in ((mine, "not of a handover"), (mine / "notes.txt", "is a file"), (tmp_path / "x", "x.zip")):
        with pytest.raises(InputError, match=words):
            hand_over(changed, out=out)
    assert (mine / "notes.txt").read_text() == (tmp_path / "x.zip").read_text() == "mine"


def test_a_failed_write_leaves_the_old_folder(tmp_path):
    _replace_folder(tmp_path / "out", {"a": b"old"})
    with pytest.raises(TypeError):
        _replace_folder(tmp_path / "out", {"a": b"new", "b": None})
    assert (tmp_path / "out/a").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_another_design_is_measured_first(changed, runs):
    rows = table(changed / "front.csv")
    other = next(row for row in rows if row["chosen"] == "0" and row["origin"] == "circuit")
    (changed / other["model_file"]).parent.mkdir(parents=True, exist_ok=True)
    data = prepare(load_dataset("iris"), bits=3)
    ModelFile.of(network(5), data, front_end=FrontEndKind.THERMOMETER).save(changed / other["model_file"])
    before = {path: path.read_bytes() for path in changed.rglob("*") if path.is_file()}
    found = hand_over(changed, design=int(other["index"]))
    assert found.folder.name == f"handover-{other['index']}"
    assert all(path.read_bytes() == content for path, content in before.items())  # the run itself stays as it was
    assert "asked for by its number" in (found.folder / "README.html").read_text()
    manifest = json.loads((found.folder / "manifest.json").read_text())
    assert manifest["design"] == int(other["index"])
    expected = network(5).predict(data.test.features)
    model = ModelFile.load(found.folder / "model.json")
    assert np.array_equal(model.classifier.predict(data.test.features), expected)


def test_mistakes_on_the_command_line_are_one_sentence(changed, tmp_path, capsys, monkeypatch):
    def said(*words):
        monkeypatch.setattr("sys.argv", ["bespoke", "handover", *map(str, words)])
        with pytest.raises(SystemExit) as stop:
            main()
        assert stop.value.code == 2
        return capsys.readouterr().err

    (changed / "config.toml").write_text('data = "wine"\nbits = 3\n')
    assert "are not those that it was made of" in said(changed, "--design", 1)
    assert "has the designs 0 to" in said(changed, "--design", 999)
    (changed / "metrics.json").unlink()
    assert "has not finished; repeat its `bespoke run`" in said(changed)
    assert "does not exist" in said(tmp_path / "nowhere")
