"""A run that starts from somebody's trained MLP."""

import json

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from typer.testing import CliRunner

from bespoke.cli import app
from bespoke.data import load_dataset, prepare
from bespoke.errors import InputError
from bespoke.execution import Serial
from bespoke.importers import import_model
from bespoke.run.config import RunConfig
from bespoke.run.preparation import front_end_of, procedure_of, technology_of, topology_of
from bespoke.run.progress import Silent
from bespoke.run.runfolder import RunFolder


def test_the_imported_model_is_the_float_model_that_everything_is_compared_with(tmp_path):
    dataset = load_dataset("iris")
    data = prepare(dataset)
    pipeline = make_pipeline(MinMaxScaler(), MLPClassifier((4,), max_iter=2000, random_state=0, solver="lbfgs"))
    pipeline.fit(dataset.features[data.train.rows], dataset.classes[data.train.rows])
    config, imported = RunConfig(data="iris"), import_model(pipeline)
    folder, technology = RunFolder(tmp_path), technology_of(config)
    topology = topology_of(folder, config, data, Silent(), imported=imported)
    assert (topology.hidden, topology.tried) == ((4,), None)
    procedure = procedure_of(config, data, topology.hidden, technology, front_end_of(config, technology))
    trained = procedure.train(folder, data, Silent(), executor=Serial(), imported=imported.adapted(data))
    theirs = pipeline.predict(dataset.features[data.test.rows])
    ours = trained.float_model.predict(data.test.features, data.bits)
    assert (theirs == ours).mean() > 0.85  # ours sees four bits of every feature
    assert trained.baseline.topology == (4, 4, 3)
    assert (trained.baseline.predict(data.test.features) == ours).mean() > 0.95


def test_a_model_of_other_features_is_refused():
    data = prepare(load_dataset("wine"))
    pipeline = make_pipeline(MinMaxScaler(), MLPClassifier((2,), max_iter=50, random_state=0, solver="lbfgs"))
    rng = np.random.default_rng(0)
    pipeline.fit(rng.random((30, 4)), np.array(data.class_labels)[np.arange(30) % 3])
    with pytest.raises(InputError, match="reads 4 features, the data have 13"):
        import_model(pipeline).adapted(data)
    with pytest.raises(InputError, match="--model brings its own hidden layers"):
        RunConfig(data="wine", model="mlp.onnx", hidden=(3,))


def save_normalised(path):
    """Three classes of two features, the third never answered; a BatchNormalization at the end turns the first."""
    onnx = pytest.importorskip("onnx", reason="the optional package onnx is not installed")
    from onnx import TensorProto, helper, numpy_helper

    constants = {
        "w": [[1, 0], [0, -1]],
        "v": [[1, 1], [0.5, 0.5], [-1, -1]],
        "c": [0, 0.5, 1.9],
        "scale": [-1, 1, 1],
        "shift": [2, 0, 0],
        "mean": [0, 0, 0],
        "variance": [1, 1, 1],
    }
    nodes = [
        helper.make_node("Gemm", ["x", "w"], ["a"], transB=1),
        helper.make_node("Relu", ["a"], ["h"]),
        helper.make_node("Gemm", ["h", "v", "c"], ["y"], transB=1),
        helper.make_node("BatchNormalization", ["y", "scale", "shift", "mean", "variance"], ["z"]),
    ]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 2])],
        [helper.make_tensor_value_info("z", TensorProto.FLOAT, ["N", 3])],
        [numpy_helper.from_array(np.array(value, dtype=np.float32), name) for name, value in constants.items()],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)]), path)


@pytest.mark.parametrize("labels", [(1, 2, 3), ("lo", "mid", "up")])
def test_a_model_without_labels_trains_and_says_how_it_agrees(tmp_path, labels):
    """Labelled by what the graph gives in plain numbers, so that the imported model must be right everywhere."""
    save_normalised(tmp_path / "m.onnx")
    rng = np.random.default_rng(4)
    features = rng.uniform([-0.5, -2.5], [2.5, 0.5], (120, 2)).round(3)
    hidden = np.maximum(features * [1, -1], 0).sum(axis=1)
    answers = np.stack([2 - hidden, 0.5 * hidden + 0.5, 1.9 - hidden], axis=1).argmax(axis=1)
    answers[::3] = 2  # the third class answers never, but the data need it
    rows = [f"{a},{b},{labels[answer]}" for (a, b), answer in zip(features, answers, strict=True)]
    table = tmp_path / "t.csv"
    table.write_text("\n".join(["a,b,class", *rows]) + "\n")
    command = ["train", str(table), "--model", str(tmp_path / "m.onnx"), "--out", str(tmp_path / "out"), "--bits", "8"]
    told = CliRunner().invoke(app, [*command, "--json"])
    assert told.exit_code == 0, told.output
    document = json.loads(told.stdout)
    found = document["imported_agreement"]
    assert found["same"] == found["samples"] == 84
    known = answers != 2
    assert abs(document["float"]["accuracy"]["train"] - known.mean()) < 0.1
    shown = CliRunner().invoke(app, command)
    assert "does on 84 of 84 training samples" in " ".join(shown.stdout.split())
