"""A finished design's answers to measured values, against independent readings of model, file and Verilog."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from helpers import random_network
from sample_runs import sample_logic, sample_network
from sklearn.datasets import load_wine
from sklearn.metrics import accuracy_score, recall_score

from bespoke.cli import main
from bespoke.model import ArgmaxTree, Network
from bespoke.rtl import emit_verilog
from bespoke.run.modelfile import ModelFile
from bespoke.run.prediction import predict_table
from bespoke.sensing import FrontEndKind, front_end_table, port_width

WINE = load_wine()
NAMES = tuple(WINE.feature_names)
LABELS = ("barolo", "grignolino", "barbera")


def write(path: Path, values: np.ndarray, names=NAMES, **columns) -> Path:
    """A table of measured values, with further columns behind them."""
    with path.open("w", newline="") as sink:
        writer = csv.writer(sink, lineterminator="\n")
        writer.writerow([*names, *columns])
        for row, *more in zip(values.tolist(), *columns.values(), strict=True):
            writer.writerow([*map(repr, row), *more])
    return path


@pytest.fixture
def models(tmp_path):
    """Model files of wine by name: a network behind each kind of front end, and a logic circuit behind comparators."""
    network, _, _, quantiser = sample_network()
    full = network.with_argmax(ArgmaxTree.full(3, network.argmax.width))
    found = {
        "binary": ModelFile(network, quantiser, NAMES, LABELS, FrontEndKind.BINARY),
        "network": ModelFile(full, quantiser, NAMES, LABELS, FrontEndKind.THERMOMETER),
        "logic": ModelFile(sample_logic(FrontEndKind.THERMOMETER), quantiser, NAMES, LABELS, FrontEndKind.THERMOMETER),
    }
    for name, model in found.items():
        model.save(tmp_path / f"{name}.json")
    return found


@pytest.fixture
def bespoke(monkeypatch, capsysbinary):
    def call(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["bespoke", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            main()
        seen = capsysbinary.readouterr()
        return end.value.code or 0, seen.out.decode(), seen.err.decode()

    return call


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_a_logic_circuit_by_hand(models, tmp_path):
    """The circuit compares three values with the middles of their ranges, and so does this."""
    low, high = np.array(models["logic"].quantiser.low), np.array(models["logic"].quantiser.high)
    values = np.random.default_rng(2).uniform(low - 1, high + 1, (100, 13))
    found = predict_table(models["logic"], write(tmp_path / "new.csv", values))
    a, b, c = (values[:, feature] >= ((low + high) / 2)[feature] for feature in (0, 6, 12))
    expected = (a & ~b) + 2 * (~a & ~b & c)
    assert found.classes.tolist() == expected.tolist() and len(set(expected)) == 3
    assert found.labels == [LABELS[index] for index in expected]


@pytest.mark.parametrize("name", ["binary", "network", "logic"])
def test_the_command_answers_as_the_model_in_any_order_of_columns(models, bespoke, tmp_path, name):
    order = np.random.default_rng(1).permutation(13)
    path = write(tmp_path / "new.csv", WINE.data[:, order], [NAMES[place] for place in order], note=["x, y"] * 178)
    code, out, err = bespoke("predict", tmp_path / f"{name}.json", path)
    assert (code, err) == (0, "")
    model = models[name]
    answers = model.classifier.predict(model.quantiser.transform(WINE.data))
    assert [row["prediction"] for row in rows(out)] == [LABELS[index] for index in answers]
    assert [line.rpartition(",")[0] for line in out.splitlines()] == path.read_text().splitlines()


def test_features_that_are_not_read_need_no_column(models, bespoke, tmp_path):
    read = [0, 6, 12]
    whole = write(tmp_path / "all.csv", WINE.data)
    few = write(tmp_path / "few.csv", WINE.data[:, read], [NAMES[feature] for feature in read])
    said = [bespoke("predict", tmp_path / "logic.json", path)[1] for path in (whole, few)]
    assert [row["prediction"] for row in rows(said[0])] == [row["prediction"] for row in rows(said[1])]
    code, out, err = bespoke("predict", tmp_path / "network.json", few)
    assert (code, out) == (2, "") and "there is no column 'malic_acid'" in err and len(err.splitlines()) == 1


def test_scores_are_those_of_scikit_learn(models, bespoke, tmp_path):
    truth = [LABELS[index] for index in WINE.target]
    path = write(tmp_path / "new.csv", WINE.data, kind=truth)
    out = tmp_path / "answers.json"
    code, said, err = bespoke("predict", tmp_path / "network.json", path, "--target", "kind", "--json", "--out", out)
    assert (code, said) == (0, "")
    document = json.loads(out.read_text())
    score, answers = document["score"], document["predictions"]
    assert score["accuracy"]["value"] == pytest.approx(accuracy_score(truth, answers))
    assert score["accuracy"]["low"] < score["accuracy"]["value"] < score["accuracy"]["high"]
    recalls = recall_score(truth, answers, labels=LABELS, average=None)
    assert [score["class_recall"][label]["value"] for label in LABELS] == pytest.approx(recalls)
    assert document["columns"] == {name: name for name in NAMES}
    right = sum(a == b for a, b in zip(truth, answers, strict=True))
    assert f"{right} of 178" in err and "recall of barbera" in err


def test_a_class_without_samples_has_no_recall(models, bespoke, tmp_path):
    path = write(tmp_path / "new.csv", WINE.data[:5], kind=["barolo"] * 5)
    _, out, err = bespoke("predict", tmp_path / "logic.json", path, "--target", "kind", "--json")
    assert json.loads(out)["score"]["class_recall"]["barbera"] is None
    assert "recall of barbera: no sample" in err


def test_the_explanation_of_a_network_is_its_comparators_and_scores(models, bespoke, tmp_path):
    path = write(tmp_path / "new.csv", WINE.data)
    _, out, _ = bespoke("predict", tmp_path / "network.json", path, "--explain")
    model = models["network"]
    comparators = rows(front_end_table(model.wires, NAMES, model.quantiser))
    assert len(comparators) > 13
    for index, row in enumerate(rows(out)):
        for comparator in comparators:
            name, threshold = comparator["feature"], comparator["threshold"]
            reached = WINE.data[index, NAMES.index(name)] >= float(threshold)
            assert row[f"{name} >= {threshold}"] == str(int(reached))
        scores = [int(row[f"score {label}"]) for label in LABELS]
        assert row["prediction"] == LABELS[int(np.argmax(scores))]


def test_the_explanation_of_a_circuit_is_its_comparators_and_output_bits(models, bespoke, tmp_path):
    path = write(tmp_path / "new.csv", WINE.data)
    _, out, _ = bespoke("predict", tmp_path / "logic.json", path, "--explain", "--json")
    document = json.loads(out)
    explained = document["explanation"]
    assert explained["decided_by"] == ["out[0]", "out[1]"]
    assert [(wire["bit"], wire["feature"], wire["level"]) for wire in explained["wires"]] == [
        (0, NAMES[0], 8), (1, NAMES[6], 8), (2, NAMES[12], 8),
    ]  # fmt: skip
    for index, sample in enumerate(explained["samples"]):
        first, second = sample["decision"]
        assert document["predictions"][index] == LABELS[first + 2 * second]
        values = [WINE.data[index, NAMES.index(wire["feature"])] >= wire["threshold"] for wire in explained["wires"]]
        assert sample["wires"] == [int(value) for value in values]


def test_bits_of_words_are_named_as_the_port_has_them(models, bespoke, tmp_path):
    path = write(tmp_path / "new.csv", WINE.data[:9])
    _, out, _ = bespoke("predict", tmp_path / "binary.json", path, "--explain")
    grid = models["binary"].quantiser.transform(WINE.data[:9])
    for row, values in zip(rows(out), grid, strict=True):
        for name, value in zip(NAMES, values, strict=True):
            assert "".join(row[f"{name}[{bit}]"] for bit in (3, 2, 1, 0)) == f"{value:04b}"


def test_labels_keep_their_type_in_json(tmp_path, bespoke):
    rng = np.random.default_rng(3)
    network: Network = random_network(rng, features=2, hidden=(2,), classes=2)
    quantiser = sample_network()[3]
    few = type(quantiser)(quantiser.low[:2], quantiser.high[:2], 4)
    ModelFile(network, few, ("a", "b"), (3, 7)).save(tmp_path / "m.json")
    path = write(tmp_path / "new.csv", WINE.data[:4, :2], ["a", "b"])
    document = json.loads(bespoke("predict", tmp_path / "m.json", path, "--json")[1])
    assert set(document["predictions"]) <= {3, 7}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("gone new.csv", "gone does not exist"),
        ("folder new.csv", "no finished run"),
        ("logic.json new.csv --design 3", "--design takes a design of a run"),
        ("logic.json gone.csv", "gone.csv: there is no such file"),
        ("logic.json new.csv --out folder", "--out folder is a folder"),
        ("logic.json new.csv --target knid", "there is no column 'knid'; did you mean 'kind'?"),
        ("logic.json new.csv --target alcohol", "is no class of the model"),
        ("logic.json twice.csv", "there is a column 'prediction' already"),
        ("new.csv new.csv", "new.csv cannot be read as JSON"),
    ],
)
def test_mistakes(models, bespoke, tmp_path, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    write(tmp_path / "new.csv", WINE.data[:3], kind=LABELS)
    write(tmp_path / "twice.csv", WINE.data[:3], prediction=LABELS)
    code, out, err = bespoke("predict", *words.split())
    assert code == 2 and out == "" and said in err and len(err.splitlines()) == 1
    assert not any(tmp_path.joinpath("folder").iterdir())


@pytest.mark.eda
@pytest.mark.skipif(shutil.which("iverilog") is None, reason="Icarus Verilog is not installed")
@pytest.mark.parametrize("name", ["network", "logic"])
def test_answers_are_those_of_the_emitted_verilog(models, tmp_path, name):
    """The Verilog reads comparators as front_end.csv describes them, in a bench written here."""
    rng = np.random.default_rng(7)
    values = np.concatenate([WINE.data, WINE.data * rng.uniform(0.5, 1.5, WINE.data.shape)])
    model = models[name]
    found = predict_table(model, write(tmp_path / "new.csv", values))
    comparators = rows(front_end_table(model.wires, NAMES, model.quantiser))
    reached = np.stack(
        [values[:, NAMES.index(one["feature"])] >= float(one["threshold"]) for one in comparators], axis=1
    )
    width = port_width(model.wires)
    (tmp_path / "top.v").write_text(emit_verilog(model.classifier, wires=model.wires))
    words = ["".join(str(int(bit)) for bit in row[::-1]) for row in reached]
    stimuli = "\n".join(f'    inp = {width}\'b{word}; #1 $display("%0d", out);' for word in words)
    bench = f"module bench;\n  reg [{width - 1}:0] inp;\n  wire [1:0] out;\n  top top(.inp(inp), .out(out));\n"
    (tmp_path / "bench.v").write_text(f"{bench}  initial begin\n{stimuli}\n  end\nendmodule\n")
    program = tmp_path / "sim"
    subprocess.run(["iverilog", "-g2005", "-o", program, tmp_path / "top.v", tmp_path / "bench.v"], check=True)
    seen = subprocess.run([program], capture_output=True, text=True, check=True).stdout.split()
    assert [int(word) for word in seen] == found.classes.tolist()
    assert len(set(seen)) > 1
