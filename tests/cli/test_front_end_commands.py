"""`bespoke rtl`, `simulate` and `synth` on a model behind comparators, and model files that say what drives them."""

import json

import numpy as np
import pytest
from exhaustive import all_vectors
from helpers import random_network
from typer.testing import CliRunner

from bespoke.circuit import Circuit
from bespoke.cli import app
from bespoke.eda.icarus import run_testbench
from bespoke.errors import InputError, VerificationError
from bespoke.model import ArgmaxTree, LogicCircuit, input_wires
from bespoke.run.modelfile import ModelFile
from bespoke.sensing import BinaryWires, FrontEndKind, Quantiser, ThermometerWires, read_front_end

QUANTISER = Quantiser((4.3, 0.0, -1.0), (7.9, 2.5, 1.0), 3)
NAMES = ("sepal", "petal", "*/ third")


def model_file(kind):
    """Of the first random network that gives both classes to a quarter of all vectors."""
    for seed in range(1000):
        network = random_network(np.random.default_rng(seed), features=3, hidden=(2,), classes=2, input_bits=3)
        network = network.with_argmax(ArgmaxTree.full(2, network.argmax.width))
        if np.bincount(network.predict(all_vectors(3, 3)), minlength=2).min() > 128:
            break
    return ModelFile(network, QUANTISER, NAMES, ("no", "yes"), kind)


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write_vectors(path, model):
    rows = np.random.default_rng(0).integers(0, 8, (30, 3))
    table = np.column_stack([rows, model.classifier.predict(rows)]).tolist()
    path.write_text("\n".join(["sepal,petal,*/ third,class", *(",".join(map(str, row)) for row in table)]) + "\n")


def bespoke(words):
    return CliRunner().invoke(app, words.split())


@pytest.mark.eda
@pytest.mark.parametrize("kind", list(FrontEndKind))
def test_a_model_file_to_verilog_and_through_the_bench(place, kind):
    model = model_file(kind)
    model.save(place / "model.json")
    write_vectors(place / "v.csv", model)
    written = bespoke("rtl model.json --out top.v --testbench tb.v --vectors v.csv --front-end-table t.csv")
    assert written.exit_code == 0 and written.stdout.split() == ["top.v", "tb.v", "t.csv"]
    wires = input_wires(model.classifier, kind)
    assert read_front_end(place / "t.csv", NAMES, 3) == wires
    text = (place / "top.v").read_text()
    assert f"[{wires.count - 1}:0] inp" in text and "'sepal'" in text
    run_testbench([place / "tb.v", place / "top.v"], folder=place / "run", expected_vectors=30)
    result = bespoke("simulate model.json top.v --vectors v.csv --extra 40 --json")
    assert result.exit_code == 0, result.exception
    seen = json.loads(result.stdout)
    assert (seen["file_vectors"], seen["accuracy"]) == (30, 1.0)
    assert seen["measured_vectors"] == (0 if kind is FrontEndKind.DIGITAL else seen["vectors"])
    assert (seen["threshold_probes"] > 0) == (kind is not FrontEndKind.DIGITAL)
    (place / "top.v").write_text(text.replace("assign out = ", "assign out = ~"))
    assert isinstance(bespoke("simulate model.json top.v --vectors v.csv").exception, VerificationError)


@pytest.mark.eda
def test_synth_weighs_power_by_the_tables_wires(place):
    model = model_file(FrontEndKind.THERMOMETER)
    model.save(place / "model.json")
    write_vectors(place / "v.csv", model)
    assert bespoke("rtl model.json --out top.v --front-end-table t.csv --module mine").exit_code == 0
    result = bespoke("synth top.v --out out --effort fast --data v.csv --front-end-table t.csv")
    assert result.exit_code == 0, result.exception
    assert json.loads((place / "out/metrics.json").read_text())["data_vectors"] == 30


def test_model_files_say_what_drives_them(place):
    for kind in FrontEndKind:
        model_file(kind).save(place / "m.json")
        loaded = ModelFile.load(place / "m.json")
        assert loaded.front_end is kind and loaded.wires == input_wires(loaded.classifier, kind)
    document = model_file(FrontEndKind.BINARY).to_json()
    del document["front_end"]  # as earlier versions wrote them
    (place / "old.json").write_text(json.dumps(document))
    assert ModelFile.load(place / "old.json").wires == BinaryWires(3, 3)


def test_files_that_contradict_themselves_are_refused(place):
    wires = ThermometerWires.of(3, 3, [(0, 2)])
    circuit = LogicCircuit(wires, 2, Circuit(1, np.zeros((0, 2)), np.array([2])))
    with pytest.raises(InputError, match="reads thermometer wires"):
        ModelFile(circuit, QUANTISER, NAMES, ("no", "yes"))
    document = ModelFile(circuit, QUANTISER, NAMES, ("no", "yes"), FrontEndKind.THERMOMETER).to_json()
    for change, message in (
        ({"front_end": "binary"}, "m.json: the logic circuit reads thermometer wires"),
        ({"front_end": ["binary"]}, "m.json: the front end is"),
        ({"quantiser": Quantiser((0.0,) * 3, (1.0,) * 3, 4).to_json()}, "m.json has a quantiser of other features"),
    ):
        (place / "m.json").write_text(json.dumps({**document, **change}))
        with pytest.raises(InputError, match=message):
            ModelFile.load(place / "m.json")
