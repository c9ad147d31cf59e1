"""Imported models answer as the originals do, before and after folding into a quantiser's cells."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, load_wine
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    MaxAbsScaler,
    MinMaxScaler,
    PolynomialFeatures,
    RobustScaler,
    StandardScaler,
)

from bespoke.data import dataset_from_frame, prepare
from bespoke.errors import InputError, ToolMissingError
from bespoke.importers import import_model, import_onnx, import_sklearn, import_weights
from bespoke.sensing import Quantiser

pytestmark = pytest.mark.filterwarnings("ignore:lbfgs failed to converge")
onnx = pytest.importorskip("onnx", reason="the optional package onnx is not installed")
from onnx import TensorProto, helper, numpy_helper  # noqa: E402


@pytest.fixture(scope="module")
def wine():
    table = load_wine()
    return table.data, np.array(["barolo", "grignolino", "barbera"])[table.target]


def fitted(steps, features, classes, hidden=(4,)):
    classifier = MLPClassifier(hidden, solver="lbfgs", max_iter=120, random_state=0)
    return make_pipeline(*steps, classifier).fit(features, classes)


@pytest.mark.parametrize(
    "scalers",
    [
        (MinMaxScaler(),),
        (MinMaxScaler((-1, 1)),),
        (StandardScaler(),),
        (StandardScaler(with_mean=False),),
        (RobustScaler(),),
        (MaxAbsScaler(), StandardScaler()),
        (MinMaxScaler(), StandardScaler()),
    ],
    ids=lambda steps: "+".join(type(step).__name__ for step in steps),
)
@pytest.mark.parametrize("hidden", [(4,), (4, 3)])
def test_pipelines_answer_as_scikit_learn_does(wine, scalers, hidden):
    features, classes = wine
    pipeline = fitted(scalers, features, classes, hidden)
    imported = import_model(pipeline)
    labels = np.array(imported.class_labels)
    assert (labels[imported.predict(features)] == pipeline.predict(features)).all()
    assert imported.hidden == hidden
    assert (imported.low is not None) == isinstance(scalers[0], MinMaxScaler)


def test_two_classes_get_two_outputs():
    table = load_breast_cancer()
    pipeline = fitted((MinMaxScaler(),), table.data, table.target)
    imported = import_sklearn(pipeline)
    assert imported.float_model.topology == (30, 4, 2)
    assert (imported.predict(table.data) == pipeline.predict(table.data)).all()
    assert imported.class_labels == (0, 1)


@pytest.mark.parametrize("scaler", [MinMaxScaler(), StandardScaler()], ids=["own range", "range of the data"])
def test_folding_reads_the_middle_of_each_cell(wine, scaler):
    features, classes = wine
    pipeline = fitted((scaler,), features, classes)
    imported = import_sklearn(pipeline)
    quantiser = Quantiser.fitted(features * 0.9, 5)
    folded = imported.for_quantiser(quantiser)
    integers = quantiser.transform(features)
    low, high = np.array(quantiser.low), np.array(quantiser.high)
    middles = low + (high - low) * (integers + 0.5) / 32
    expected = pipeline.predict(middles)
    assert (np.array(imported.class_labels)[folded.predict(integers, 5)] == expected).all()


def test_fine_quantisation_changes_next_to_nothing(wine):
    features, classes = wine
    imported = import_sklearn(fitted((MinMaxScaler(),), features, classes))
    quantiser = imported.quantiser(12)
    folded = imported.for_quantiser(quantiser)
    same = folded.predict(quantiser.transform(features), 12) == imported.predict(features)
    assert same.mean() > 0.98


def test_classes_take_the_order_of_the_data(wine):
    features, classes = wine
    imported = import_sklearn(fitted((MinMaxScaler(),), features, classes))
    order = ("grignolino", "barolo", "barbera")
    turned = imported.with_classes(order)
    ours = np.array(imported.class_labels)[imported.predict(features)]
    assert (np.array(order)[turned.predict(features)] == ours).all()
    with pytest.raises(InputError, match="'chianti'"):
        imported.with_classes(("grignolino", "barolo", "chianti"))
    with pytest.raises(InputError, match="'barbera'"):
        imported.with_classes(("grignolino", "barolo"))


def test_adapted_to_data_with_another_order(wine):
    """Columns and classes shuffled between model and data; answers stay those of the original on the cells' middles."""
    features, classes = wine
    names = [f"Feature {index}" for index in range(13)]
    pipeline = fitted((MinMaxScaler(),), pd.DataFrame(features, columns=names), classes)
    turned = np.random.default_rng(0).permutation(13)
    dataset = dataset_from_frame(
        pd.DataFrame(features[:, turned], columns=[f"feature_{index}" for index in turned]), classes
    )
    data = prepare(dataset, bits=5)
    model = import_sklearn(pipeline).adapted(data)
    low, high = np.array(data.quantiser.low), np.array(data.quantiser.high)
    middles = np.empty((data.test.samples, 13))
    middles[:, turned] = low + (high - low) * (data.test.features + 0.5) / 32
    expected = pipeline.predict(pd.DataFrame(middles, columns=names))
    assert (np.array(data.class_labels)[model.predict(data.test.features, 5)] == expected).all()
    other = dataset_from_frame(pd.DataFrame(features, columns=["acid", *names[1:]]), classes)
    with pytest.raises(InputError, match="'acid'"):
        import_sklearn(pipeline).adapted(prepare(other, bits=5))
    fewer = dataset_from_frame(features[:, :12], classes)
    with pytest.raises(InputError, match="13 features, the data have 12"):
        import_sklearn(pipeline).adapted(prepare(fewer, bits=5))


def test_labels_match_across_number_types():
    model = MLPClassifier((2,), solver="lbfgs", max_iter=50, random_state=0).fit([[0.0], [1.0], [0.1]], [3.0, 7.0, 3.0])
    assert import_sklearn(model).class_order((7, "3")).tolist() == [1, 0]


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (MLPClassifier((2,)), "not fitted"),
        (make_pipeline(PolynomialFeatures(), MLPClassifier((2,), max_iter=5, random_state=0)), "PolynomialFeatures"),
        (MLPClassifier((2,), activation="tanh", max_iter=5, random_state=0), "'tanh'"),
        (StandardScaler(), "StandardScaler"),
        ("model.pkl", "pickle"),
        ("model.h5", "neither"),
        ("missing.onnx", "does not exist"),
        ("missing.json", "does not exist"),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_what_cannot_be_imported_says_why(model, words):
    if words in ("PolynomialFeatures", "'tanh'", "StandardScaler"):
        model.fit([[0.0], [1.0], [0.2], [0.9]], [0, 1, 0, 1])
    with pytest.raises(InputError, match=words):
        import_model(model)


# --- plain weights


def random_layers(rng, sizes):
    weights = [rng.normal(size=(after, before)) for before, after in itertools.pairwise(sizes)]
    return weights, [rng.normal(size=len(weight)) for weight in weights]


def plain_answers(weights, biases, features):
    """By a loop over single samples: the definition of a ReLU network."""
    answers = []
    for sample in features:
        values = sample
        for index, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
            values = np.array(
                [float(np.dot(row, values)) + constant for row, constant in zip(weight, bias, strict=True)]
            )
            if index < len(weights) - 1:
                values = np.where(values > 0, values, 0)
        answers.append(int(values[0] > 0) if len(values) == 1 else int(np.argmax(values)))
    return answers


@pytest.mark.parametrize("classes", [1, 3])
@pytest.mark.parametrize("kind", ["json", "npz"])
@pytest.mark.parametrize("layout", ["weights", "coefs"])
def test_weights_from_files(tmp_path, kind, layout, classes):
    rng = np.random.default_rng(3)
    weights, biases = random_layers(rng, (5, 4, 3, classes))
    stored = weights if layout == "weights" else [weight.T for weight in weights]
    bias_key = "biases" if layout == "weights" else "intercepts"
    path = tmp_path / f"model.{kind}"
    if kind == "json":
        document = {layout: [w.tolist() for w in stored], bias_key: [b.tolist() for b in biases]}
        path.write_text(json.dumps(document))
    else:
        arrays = {f"{layout}_{i}": w for i, w in enumerate(stored)} | {
            f"{bias_key}_{i}": b for i, b in enumerate(biases)
        }
        np.savez(path, **arrays)
    features = rng.normal(size=(50, 5))
    imported = import_model(path)
    assert imported.low is None
    assert imported.predict(features).tolist() == plain_answers(weights, biases, features)


def test_weights_with_range_and_names(tmp_path):
    path = tmp_path / "model.json"
    path.write_text(
        json.dumps(
            {
                "weights": [[[1.0, -2.0]], [[1.0], [-1.0]]],
                "biases": [[0.5], [0.0, 0.25]],
                "low": [10, -1],
                "high": [20, 1],
                "class_labels": ["no", "yes"],
                "feature_names": ["a", "b"],
            }
        )
    )
    imported = import_weights(path)
    assert (imported.low, imported.high) == ((10.0, -1.0), (20.0, 1.0))
    # h = relu(x01 - 2 y01 + 0.5); no = h, yes = 0.25 - h
    assert imported.predict(np.array([[20, -1], [10, 1]])).tolist() == [0, 1]
    assert imported.feature_names == ("a", "b")


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ([1], "object"),
        ({"weights": [[[1.0]]]}, "'biases'"),
        ({"weights": [[1.0]], "biases": [[1.0]]}, "matrix"),
        ({"weights": [[[1.0], [1.0]]], "biases": [[1.0]]}, "biases"),
        ({"weights": [[[1.0], ["x"]]], "biases": [[1.0, 2.0]]}, "weights 0 must hold real numbers"),
        ({"weights": [[[1.0], [1.0]]], "biases": [[1.0, 2.0]], "low": [0.0]}, "both limits"),
        ({"weights": [[[1.0], [1.0]]], "biases": [[1.0, 2.0]], "low": [2.0], "high": [1.0]}, "below its high"),
        ({"weights": [[[1.0], [1.0]]], "biases": [[1.0, 2.0]], "class_labels": ["a"]}, "class labels"),
        ({"weights": [[[1.0], [1.0]]], "biases": [[1.0, 2.0]], "feature_names": ["a", "b"]}, "feature names"),
        ({"wieghts": [[[1.0], [1.0]]], "biases": [[1.0, 2.0]]}, "'wieghts'"),
    ],
)
def test_damaged_weights_say_what_is_wrong(tmp_path, document, words):
    path = tmp_path / "model.json"
    path.write_text(json.dumps(document))
    with pytest.raises(InputError, match=words) as caught:
        import_weights(path)
    assert "model.json" in str(caught.value)


def test_no_pickle_hides_in_an_npz(tmp_path):
    path = tmp_path / "model.npz"
    np.savez(path, weights_0=np.array([[object()]], dtype=object), biases_0=np.zeros(1))
    with pytest.raises(InputError, match=r"model\.npz"):
        import_weights(path)


# --- ONNX


def save_onnx(path, nodes, constants, features=5, inputs=("x",)):
    tensors = [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()]
    graph = helper.make_graph(
        nodes,
        "mlp",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, features]) for name in inputs],
        [helper.make_tensor_value_info(nodes[-1].output[0], TensorProto.FLOAT, None)],
        tensors,
    )
    opsets = [helper.make_opsetid("", 21), helper.make_opsetid("ai.onnx.ml", 3)]
    onnx.save(helper.make_model(graph, opset_imports=opsets), path)
    return path


def as_float(arrays):
    return [array.astype(np.float32) for array in arrays]


def test_onnx_as_pytorch_writes_it(tmp_path):
    rng = np.random.default_rng(5)
    weights, biases = (as_float(arrays) for arrays in random_layers(rng, (5, 4, 3)))
    nodes = [
        helper.make_node("Gemm", ["x", "w0", "b0"], ["s0"], transB=1),
        helper.make_node("Relu", ["s0"], ["h0"]),
        helper.make_node("Gemm", ["h0", "w1", "b1"], ["s1"], transB=1, alpha=2.0, beta=2.0),
        helper.make_node("Softmax", ["s1"], ["p"]),
    ]
    path = save_onnx(tmp_path / "t.onnx", nodes, {"w0": weights[0], "b0": biases[0], "w1": weights[1], "b1": biases[1]})
    features = rng.normal(size=(60, 5))
    assert import_onnx(path).predict(features).tolist() == plain_answers(weights, biases, features)


def test_onnx_as_skl2onnx_writes_it(tmp_path):
    """MatMul and Add, a Scaler in front, labels behind an ArgMax, a sigmoid over one output."""
    rng = np.random.default_rng(6)
    weights, biases = (as_float(arrays) for arrays in random_layers(rng, (5, 4, 1)))
    offset, scale = rng.normal(size=5).astype(np.float32), rng.uniform(0.5, 2, 5).astype(np.float32)
    nodes = [
        helper.make_node("Scaler", ["x"], ["n"], domain="ai.onnx.ml", offset=offset.tolist(), scale=scale.tolist()),
        helper.make_node("Cast", ["n"], ["c"], to=TensorProto.FLOAT),
        helper.make_node("MatMul", ["c", "w0"], ["m0"]),
        helper.make_node("Add", ["m0", "b0"], ["s0"]),
        helper.make_node("Relu", ["s0"], ["h0"]),
        helper.make_node("MatMul", ["h0", "w1"], ["m1"]),
        helper.make_node("Add", ["b1", "m1"], ["s1"]),
        helper.make_node("Sigmoid", ["s1"], ["p"]),
        helper.make_node("Sub", ["one", "p"], ["q"]),
        helper.make_node("Concat", ["q", "p"], ["both"], axis=1),
        helper.make_node("ArgMax", ["both"], ["index"], axis=1),
        helper.make_node("ArrayFeatureExtractor", ["labels", "index"], ["label"], domain="ai.onnx.ml"),
    ]
    constants = {
        "w0": weights[0].T.copy(),
        "b0": biases[0].reshape(1, -1),
        "w1": weights[1].T.copy(),
        "b1": biases[1],
        "one": np.ones(1, dtype=np.float32),
        "labels": np.array([17, 42]),
    }
    imported = import_onnx(save_onnx(tmp_path / "s.onnx", nodes, constants))
    features = rng.normal(size=(60, 5))
    assert imported.class_labels == (17, 42)
    assert imported.predict(features).tolist() == plain_answers(weights, biases, (features - offset) * scale)


def test_onnx_with_normalisation_and_constant_nodes(tmp_path):
    rng = np.random.default_rng(7)
    weights, biases = (as_float(arrays) for arrays in random_layers(rng, (3, 4, 2)))
    mean, deviation = rng.normal(size=3).astype(np.float32), rng.uniform(0.5, 2, 3).astype(np.float32)
    nodes = [
        helper.make_node("Constant", [], ["mean"], value=numpy_helper.from_array(mean, "m")),
        helper.make_node("Transpose", ["w0"], ["w0t"]),
        helper.make_node("Sub", ["x", "mean"], ["d"]),
        helper.make_node("Div", ["d", "deviation"], ["n"]),
        helper.make_node("MatMul", ["n", "w0t"], ["m0"]),
        helper.make_node("Add", ["m0", "b0"], ["s0"]),
        helper.make_node("Relu", ["s0"], ["h0"]),
        helper.make_node("Gemm", ["h0", "w1", "b1"], ["s1"], transB=1),
    ]
    constants = {"deviation": deviation, "w0": weights[0], "b0": biases[0], "w1": weights[1], "b1": biases[1]}
    imported = import_onnx(save_onnx(tmp_path / "n.onnx", nodes, constants, features=3))
    features = rng.normal(size=(40, 3))
    assert imported.predict(features).tolist() == plain_answers(weights, biases, (features - mean) / deviation)


@pytest.mark.parametrize(
    ("nodes", "words"),
    [
        ([("Gemm", ["x", "w", "b"], "s"), ("Tanh", ["s"], "h"), ("Gemm", ["h", "v", "b"], "t")], "Tanh"),
        ([("Conv", ["x", "w"], "s")], "Conv"),
        ([("Relu", ["x"], "h"), ("MatMul", ["h", "w"], "t")], "Relu stands before"),
        ([("MatMul", ["w", "x"], "s")], "constant weights"),
        ([("MatMul", ["x", "x"], "s")], "constant weights"),
        ([("MatMul", ["x", "w"], "s"), ("Relu", ["s"], "h")], "follows the last Relu"),
        ([("MatMul", ["x", "w"], "s"), ("Relu", ["s"], "h"), ("Add", ["s", "h"], "t")], "Add .* branches"),
        ([("Identity", ["x"], "s")], "no layer of weights"),
    ],
)
def test_other_graphs_say_what_does_not_fit(tmp_path, nodes, words):
    made = [helper.make_node(kind, inputs, [output]) for kind, inputs, output in nodes]
    square = np.eye(5, dtype=np.float32)
    path = save_onnx(tmp_path / "o.onnx", made, {"w": square, "v": square, "b": np.zeros(5, dtype=np.float32)})
    with pytest.raises(InputError, match=words):
        import_onnx(path)


def test_a_file_that_is_no_onnx(tmp_path):
    path = tmp_path / "x.onnx"
    path.write_bytes(b"not a model")
    with pytest.raises(InputError, match=r"x\.onnx"):
        import_onnx(path)


def test_without_the_package_the_message_says_how_to_get_it(tmp_path, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ToolMissingError, match=r"bespoke\[onnx\]"):
        import_onnx(tmp_path / "any.onnx")
