"""Whatever graph an ONNX file holds: the import answers as the format's own implementation does, or is refused."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bespoke.errors import InputError
from bespoke.importers import import_onnx

onnx = pytest.importorskip("onnx", reason="the optional package onnx is not installed")
from onnx import TensorProto, helper, numpy_helper  # noqa: E402
from onnx.reference import ReferenceEvaluator  # noqa: E402

FEATURES, SAMPLES = 3, 40


class Graph:
    """A graph in the making, of 64-bit floats so that rounding does not turn answers; ``width`` outputs at its end."""

    def __init__(self, seed: int = 0, *, width: int = FEATURES, batch: int | None = None):
        self.rng = np.random.default_rng(seed)
        self.nodes, self.constants, self.current, self.width, self.batch = [], {}, "x", width, batch
        self.inputs = width

    def constant(self, value, kind=np.float64) -> str:
        name = f"c{len(self.constants)}"
        self.constants[name] = np.asarray(value, dtype=kind)
        return name

    def add(self, operator: str, *inputs: str, follow: bool = True, domain: str = "", **attributes) -> str:
        name = f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [name], domain=domain, **attributes))
        if follow:
            self.current = name
        return name

    def vector(self, shape=None) -> str:
        """Random numbers away from zero, of either sign."""
        shape = (self.width,) if shape is None else shape
        return self.constant(self.rng.uniform(0.5, 1.5, shape) * self.rng.choice([-1.0, 1.0], shape))

    def layer(self, width: int, kind: str = "Gemm") -> None:
        weight, bias = self.rng.normal(size=(width, self.width)), self.rng.normal(size=width)
        if kind == "Gemm":
            self.add("Gemm", self.current, self.constant(weight), self.constant(bias), transB=1, alpha=0.7, beta=-1.3)
        elif kind == "Gemm without transB":
            self.add("Gemm", self.current, self.constant(weight.T))
        else:
            self.add("Add", self.constant(bias), self.add("MatMul", self.current, self.constant(weight.T)))
        self.width = width

    def model(self, outputs=None, *, opset: int = 21, kind=TensorProto.DOUBLE):
        tensors = [numpy_helper.from_array(value, name) for name, value in self.constants.items()]
        graph = helper.make_graph(
            self.nodes,
            "graph",
            [helper.make_tensor_value_info("x", kind, [self.batch, self.inputs])],
            [helper.make_empty_tensor_value_info(name) for name in outputs or [self.current]],
            tensors,
        )
        return helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", opset), helper.make_opsetid("ai.onnx.ml", 3)]
        )

    def save(self, path, outputs=None, **options):
        onnx.save(self.model(outputs, **options), path)
        return path


def normalised(graph):
    """BatchNormalization with random statistics."""
    variance = graph.constant(graph.rng.uniform(0.2, 2, graph.width))
    graph.add(
        "BatchNormalization", graph.current, graph.vector(), graph.vector(), graph.vector(), variance, epsilon=1e-3
    )


def picked_and_joined(graph):
    """The outputs cut in two and joined the other way round."""
    one = graph.constant([1], np.int64)
    ends = graph.constant([2**40], np.int64)
    rest = graph.add("Slice", graph.current, one, ends, one, follow=False)
    first = graph.add("Gather", graph.current, graph.constant([0], np.int64), axis=1, follow=False)
    graph.add("Concat", rest, first, axis=-1)


def there_and_back(graph):
    """An axis more, and away again."""
    axes = graph.constant([1], np.int64)
    graph.add("Unsqueeze", graph.current, axes)
    graph.add("Squeeze", graph.current, axes)


#: What changes nothing but the numbers of an affine map; each takes a graph further.
AFFINE = {
    "BatchNormalization": normalised,
    "Mul": lambda g: g.add("Mul", g.current, g.vector()),
    "Mul by one number": lambda g: g.add("Mul", g.vector(()), g.current),
    "Add": lambda g: g.add("Add", g.vector((1, g.width)), g.current),
    "Sub": lambda g: g.add("Sub", g.current, g.vector()),
    "Sub from": lambda g: g.add("Sub", g.vector(), g.current),
    "Div": lambda g: g.add("Div", g.current, g.vector((1, 1))),
    "Neg": lambda g: g.add("Neg", g.current),
    "Sum": lambda g: g.add("Sum", g.current, g.vector(), g.current),
    "Identity": lambda g: g.add("Identity", g.current),
    "Dropout": lambda g: g.add("Dropout", g.current),
    "Cast": lambda g: g.add("Cast", g.current, to=TensorProto.DOUBLE),
    "Flatten": lambda g: g.add("Flatten", g.current),
    "Reshape": lambda g: g.add("Reshape", g.current, g.constant([0, -1], np.int64)),
    "Transpose": lambda g: g.add("Transpose", g.current, perm=[0, 1]),
    "picked and joined": picked_and_joined,
    "there and back": there_and_back,
    "doubled": lambda g: g.add("Sub", g.add("Add", g.current, g.current, follow=False), g.vector()),
}
#: Not affine, and none of them a ReLU; some leave the largest output the largest.
FOREIGN = {
    "Abs": lambda g: g.add("Abs", g.current),
    "Tanh": lambda g: g.add("Tanh", g.current),
    "LeakyRelu": lambda g: g.add("LeakyRelu", g.current, alpha=0.3),
    "Sigmoid": lambda g: g.add("Sigmoid", g.current),
    "Softmax": lambda g: g.add("Softmax", g.current),
    "Mul by itself": lambda g: g.add("Mul", g.current, g.current),
    "Clip": lambda g: g.add("Clip", g.current, g.constant(-0.5), g.constant(0.5)),
    "ReduceMax": lambda g: g.add("Add", g.current, g.add("ReduceMax", g.current, follow=False)),
    "Softmax over samples": lambda g: g.add("Softmax", g.current, axis=0),
}


def sigmoid_pair(graph):
    """Both probabilities of two classes from one output, as scikit-learn's exporter writes them."""
    graph.layer(1)
    yes = graph.add("Sigmoid", graph.current)
    no = graph.add("Sub", graph.constant(1.0), yes)
    graph.add("Concat", no, yes, axis=1)


def chosen_label(graph):
    graph.add("ArgMax", graph.current, axis=1, keepdims=0)
    graph.add("Gather", graph.constant(np.arange(graph.width)[::-1], np.int64), graph.current)


TAILS = {
    "none": lambda g: None,
    "Softmax": lambda g: g.add("Softmax", g.current, axis=1),
    "LogSoftmax": lambda g: g.add("LogSoftmax", g.current),
    "Softmax of Neg": lambda g: g.add("Softmax", g.add("Neg", g.current)),
    "Neg of Softmax": lambda g: g.add("Neg", g.add("Softmax", g.current)),
    "one less Softmax": lambda g: g.add("Sub", g.constant(1.0), g.add("Softmax", g.current)),
    "Log of Softmax": lambda g: g.add("Log", g.add("Softmax", g.current)),
    "Sigmoid": lambda g: g.add("Sigmoid", g.current),
    "Softmax of Sigmoid": lambda g: g.add("Softmax", g.add("Sigmoid", g.current)),
    "scaled Softmax": lambda g: g.add("Mul", g.add("Softmax", g.current), g.constant([-2.0])),
    "Softmax with weights": lambda g: g.add("Mul", g.add("Softmax", g.current), g.vector()),
    "Normalizer": lambda g: g.add("Normalizer", g.add("Softmax", g.current), domain="ai.onnx.ml", norm="L1"),
    "ArgMax": lambda g: g.add("ArgMax", g.current, axis=-1),
    "ArgMin": lambda g: g.add("ArgMin", g.add("Softmax", g.current), axis=1, keepdims=0),
    "ArgMax over samples": lambda g: g.add("ArgMax", g.current),
    "ArgMax and label": chosen_label,
    "sigmoid pair": sigmoid_pair,
}


def evaluated(model, features):
    """The first output by onnxruntime, or by the format's own implementation where that is not installed."""
    try:
        import onnxruntime
    except ImportError:
        return ReferenceEvaluator(model).run(None, {"x": features})[0]
    try:
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    except onnxruntime.capi.onnxruntime_pybind11_state.NotImplemented:  # few operators take 64-bit floats
        return ReferenceEvaluator(model).run(None, {"x": features})[0]
    return session.run(None, {"x": features})[0]


def expected(model, features):
    """What the model itself answers, by the largest output or the class that it names."""
    output = np.asarray(evaluated(model, features))
    return output.reshape(-1) if output.dtype.kind in "iu" else output.argmax(axis=1)


def clear(imported, features):
    """The samples whose answer no rounding could turn."""
    outputs = np.sort(imported.float_model.decision(features), axis=1)
    return outputs[:, -1] - outputs[:, -2] > 1e-7


def check_answers(imported, model, features):
    ours = np.array(imported.class_labels)[imported.predict(features)]
    sure = clear(imported, features)
    assert (ours[sure] == expected(model, features)[sure]).all()
    assert sure.mean() > 0.9


affine_names = st.lists(st.sampled_from(sorted(AFFINE)), max_size=3)


@settings(max_examples=120, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    layers=st.lists(
        st.tuples(affine_names, st.sampled_from(["Gemm", "Gemm without transB", "MatMul"]), affine_names),
        min_size=1,
        max_size=3,
    ),
    end=affine_names,
    tail=st.sampled_from(sorted(TAILS)),
    foreign=st.none() | st.tuples(st.integers(0, 6), st.sampled_from(sorted(FOREIGN))),
)
def test_random_graphs_answer_as_the_reference_does_or_are_refused(tmp_path_factory, seed, layers, end, tail, foreign):
    """Affine operators anywhere among layers and ReLUs, with or without one that no circuit of ours has."""
    graph, place = Graph(seed), 0

    def further(names):
        nonlocal place
        for name in names:
            AFFINE[name](graph)
        if foreign is not None and foreign[0] == place:
            FOREIGN[foreign[1]](graph)
        place += 1

    for number, (before, kind, behind) in enumerate(layers):
        further(before)
        graph.layer(3 + number % 2, kind)
        further(behind)
        if number < len(layers) - 1:
            graph.add("Relu", graph.current)
    further(end)
    TAILS[tail](graph)
    path = graph.save(tmp_path_factory.mktemp("graphs") / "g.onnx")
    features = np.random.default_rng(seed).normal(size=(SAMPLES, FEATURES))
    try:
        imported = import_onnx(path)
    except InputError as error:
        assert str(error).startswith("model file") and "\n" not in str(error)
        odd_tail = tail in ("Softmax with weights", "ArgMax over samples")
        assert foreign is not None or odd_tail, f"refused without need: {error}"
        return
    check_answers(imported, onnx.load(path), features)


@pytest.mark.parametrize("name", sorted(AFFINE))
@pytest.mark.parametrize("place", ["before the first layer", "before the Relu", "behind the Relu", "behind the last"])
def test_what_is_affine_is_folded_anywhere(tmp_path, name, place):
    graph = Graph(5)
    steps = [lambda: graph.layer(4), lambda: graph.add("Relu", graph.current), lambda: graph.layer(3), lambda: None]
    places = ["before the first layer", "before the Relu", "behind the Relu", "behind the last"]
    for here, step in zip(places, steps, strict=True):
        if here == place:
            AFFINE[name](graph)
        step()
    path = graph.save(tmp_path / "g.onnx")
    imported = import_onnx(path)
    assert imported.hidden == (4,)
    check_answers(imported, onnx.load(path), graph.rng.normal(size=(SAMPLES, FEATURES)))


@pytest.mark.parametrize("name", sorted(TAILS))
def test_tails(tmp_path, name):
    graph = Graph(6)
    graph.layer(4)
    graph.add("Relu", graph.current)
    graph.layer(3)
    TAILS[name](graph)
    path = graph.save(tmp_path / "g.onnx")
    if name in ("Softmax with weights", "ArgMax over samples"):
        with pytest.raises(InputError, match="Mul" if "weights" in name else "ArgMax"):
            import_onnx(path)
        return
    check_answers(import_onnx(path), onnx.load(path), graph.rng.normal(size=(SAMPLES, FEATURES)))


def one_output(tail):
    graph = Graph(8)
    graph.layer(4)
    graph.add("Relu", graph.current)
    graph.layer(1)
    tail(graph)
    return graph


def negated_sigmoid(graph):
    graph.add("Sub", graph.constant(1.0), graph.add("Sigmoid", graph.current))


@pytest.mark.parametrize(
    ("tail", "answer"),
    [
        (lambda g: None, lambda out: out > 0),
        (lambda g: g.add("Neg", g.current), lambda out: out > 0),
        (lambda g: g.add("Sigmoid", g.current), lambda out: out > 0.5),
        (negated_sigmoid, lambda out: out > 0.5),
        (lambda g: g.add("Greater", g.add("Sigmoid", g.current), g.constant(0.7)), lambda out: out),
        (lambda g: g.add("Less", g.add("Sigmoid", g.current), g.constant([0.2])), lambda out: out),
        (lambda g: g.add("Less", g.constant(0.3), g.current), lambda out: out),
        (lambda g: g.add("Cast", g.add("Greater", g.current, g.constant(0.1)), to=TensorProto.INT64), lambda out: out),
    ],
)
def test_one_output_is_a_decision_between_two_classes(tmp_path, tail, answer):
    graph = one_output(tail)
    path = graph.save(tmp_path / "g.onnx")
    features = graph.rng.normal(size=(SAMPLES, FEATURES)) * 3
    output = np.asarray(ReferenceEvaluator(str(path)).run(None, {"x": features})[0])
    found = import_onnx(path).predict(features)
    assert (found == answer(output).reshape(-1).astype(int)).all()
    assert len(set(found.tolist())) == 2


@pytest.mark.parametrize(
    ("tail", "words"),
    [
        (lambda g: g.add("Softmax", g.current), "Softmax"),
        (lambda g: g.add("ArgMax", g.current, axis=1), "ArgMax"),
        (lambda g: g.add("Tanh", g.current), "Tanh"),
        (lambda g: g.add("Neg", g.add("Sigmoid", g.current)), "Neg"),
        (lambda g: g.add("Round", g.add("Sigmoid", g.current)), "Round"),
        (lambda g: g.add("Greater", g.add("Sigmoid", g.current), g.constant(1.0)), "Greater"),
    ],
)
def test_one_output_without_a_threshold_is_refused(tmp_path, tail, words):
    with pytest.raises(InputError, match=words):
        import_onnx(one_output(tail).save(tmp_path / "g.onnx"))


def two_layers(seed=9, **options):
    graph = Graph(seed, **options)
    graph.layer(4)
    graph.add("Relu", graph.current)
    graph.layer(3)
    return graph


@pytest.mark.parametrize("name", sorted(FOREIGN))
def test_what_is_not_understood_is_refused_by_name(tmp_path, name):
    graph = Graph(1)
    graph.layer(4)
    FOREIGN[name](graph)
    graph.layer(3)
    with pytest.raises(InputError, match=name.split()[0]):
        import_onnx(graph.save(tmp_path / "g.onnx"))


def test_a_fused_operator_of_another_domain_is_refused_by_name(tmp_path):
    graph = two_layers()
    graph.add("FusedGemm", graph.current, graph.constant(np.eye(3)), domain="com.microsoft")
    with pytest.raises(InputError, match=r"com\.microsoft\.FusedGemm"):
        import_onnx(graph.save(tmp_path / "g.onnx"))


def test_what_no_output_depends_on_does_not_matter(tmp_path):
    graph = two_layers()
    graph.add("Tanh", graph.nodes[0].output[0], follow=False)
    path = graph.save(tmp_path / "g.onnx")
    check_answers(import_onnx(path), onnx.load(path), graph.rng.normal(size=(SAMPLES, FEATURES)))


def test_a_label_is_the_answer_and_scores_beside_it_are_not(tmp_path):
    graph = two_layers()
    scores = graph.current
    label = graph.add("ArgMin", scores, axis=1)
    path = graph.save(tmp_path / "g.onnx", [scores, label])
    features = graph.rng.normal(size=(SAMPLES, FEATURES))
    answers = ReferenceEvaluator(str(path)).run([label], {"x": features})[0]
    assert (import_onnx(path).predict(features) == answers.reshape(-1)).all()


def test_outputs_that_say_different_things_are_refused(tmp_path):
    graph = two_layers()
    scores = graph.current
    graph.add("Softmax", scores)
    agreeing = graph.save(tmp_path / "a.onnx", [scores, graph.current])
    check_answers(import_onnx(agreeing), onnx.load(agreeing), graph.rng.normal(size=(SAMPLES, FEATURES)))
    turned = graph.add("Neg", scores)
    with pytest.raises(InputError, match=f"{scores!r} and {turned!r} give different answers"):
        import_onnx(graph.save(tmp_path / "d.onnx", [scores, turned]))


@pytest.mark.parametrize("opset", [7, 9, 11, 12, 13, 14, 15, 18, 21])
def test_every_operator_set_normalises_alike(tmp_path, opset):
    """BatchNormalization of one output means inference, whatever the set; the mean of the batch plays no part."""
    graph = two_layers()
    scale, shift, mean, variance = (graph.rng.uniform(0.5, 2, 3) for _ in range(4))
    constants = [graph.constant(values) for values in (scale, shift, mean, variance)]
    bare = graph.model(opset=opset)
    graph.add("BatchNormalization", graph.current, *constants)
    graph.add("Softmax", graph.current, axis=1)
    imported = import_onnx(graph.save(tmp_path / "g.onnx", opset=opset))
    features = graph.rng.normal(size=(SAMPLES, FEATURES))
    sums = ReferenceEvaluator(bare).run(None, {"x": features})[0]
    expected_classes = ((sums - mean) / np.sqrt(variance + 1e-5) * scale + shift).argmax(axis=1)
    assert (imported.predict(features) == expected_classes).all()
    found = imported.agreement(features)
    assert (found.same, found.samples) == (SAMPLES, SAMPLES)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (
            lambda g: g.add("BatchNormalization", g.current, *[g.vector() for _ in range(4)], training_mode=1),
            "training",
        ),
        (lambda g: g.add("BatchNormalization", g.current, *[g.vector((2,)) for _ in range(4)]), "BatchNormalization"),
        (lambda g: g.add("Dropout", g.current, g.constant(0.5), g.constant(True, bool)), "training"),
        (lambda g: g.add("Gemm", g.constant(np.eye(3)), g.current), "Gemm"),
        (lambda g: g.add("Gemm", g.current, g.constant(np.eye(3)), transA=1), "Gemm"),
        (lambda g: g.add("Gemm", g.current, g.constant(np.eye(3)), g.vector((2,))), "Gemm"),
        (lambda g: g.add("MatMul", g.current, g.constant(np.eye(2))), "MatMul"),
        (lambda g: g.add("Add", g.current, g.vector((2, 3))), "Add"),
        (lambda g: g.add("Div", g.vector(), g.current), "Div"),
        (lambda g: g.add("Mul", g.current, g.constant([0.0, np.inf, 1.0])), "not finite"),
        (lambda g: g.add("Add", g.current, g.constant([0.0, np.nan, 1.0])), "not finite"),
        (lambda g: g.add("Div", g.current, g.constant(0.0)), "not finite"),
        (lambda g: g.add("Cast", g.current, to=TensorProto.INT64), "Cast"),
        (lambda g: g.add("Flatten", g.current, axis=0), "Flatten"),
        (lambda g: g.add("Transpose", g.current), "Transpose"),
        (lambda g: g.add("Reshape", g.current, g.constant([5, -1], np.int64)), "Reshape"),
        (lambda g: g.add("Reshape", g.current, g.constant([-1], np.int64)), "Reshape"),
        (lambda g: g.add("Gather", g.current, g.constant([0], np.int64)), "Gather"),
        (lambda g: g.add("Concat", g.current, g.current, axis=0), "Concat"),
        (lambda g: g.add("Unsqueeze", g.current, g.constant([0], np.int64)), "Unsqueeze"),
        (lambda g: g.add("Gemm", g.current), "Gemm"),
        (lambda g: g.add("Nonsense", g.current), "Nonsense"),
        (lambda g: g.add("Relu", "nowhere"), "nowhere"),
        (lambda g: g.add("Identity", g.constant([[1.0, 2.0]])), "constant"),
    ],
)
def test_what_cannot_be_right_is_refused_in_a_sentence(tmp_path, make, words):
    graph = two_layers()
    make(graph)
    with pytest.raises(InputError, match=words) as caught:
        import_onnx(graph.save(tmp_path / "g.onnx"))
    assert str(caught.value).startswith("model file") and "\n" not in str(caught.value)


def test_batch_of_fixed_size(tmp_path):
    """As exported with an example of four samples; the original is asked in fours, the last ones filled up."""
    graph = two_layers(batch=4)
    graph.add("Reshape", graph.current, graph.constant([4, 3], np.int64))
    imported = import_onnx(graph.save(tmp_path / "g.onnx"))
    features = graph.rng.normal(size=(SAMPLES + 2, FEATURES))
    found = imported.agreement(features)
    assert (found.same, found.samples) == (SAMPLES + 2, SAMPLES + 2)


def test_integer_features_may_only_be_cast(tmp_path):
    graph = Graph(3)
    graph.add("Cast", graph.current, to=TensorProto.DOUBLE)
    graph.layer(3)
    imported = import_onnx(graph.save(tmp_path / "g.onnx", kind=TensorProto.INT64))
    features = graph.rng.integers(-5, 5, (SAMPLES, FEATURES)).astype(float)
    assert imported.agreement(features).same == SAMPLES
    direct = Graph(3)
    direct.add("Div", direct.current, direct.constant([2, 2, 2], np.int64))
    with pytest.raises(InputError, match=r"Div .*integers"):
        import_onnx(direct.save(tmp_path / "d.onnx", kind=TensorProto.INT64))


def test_weights_beside_the_file(tmp_path):
    graph = two_layers()
    onnx.save(graph.model(), tmp_path / "g.onnx", save_as_external_data=True, location="g.weights", size_threshold=0)
    check_answers(import_onnx(tmp_path / "g.onnx"), graph.model(), graph.rng.normal(size=(SAMPLES, FEATURES)))
    (tmp_path / "g.weights").unlink()
    with pytest.raises(InputError, match=r"g\.onnx"):
        import_onnx(tmp_path / "g.onnx")


def test_initialisers_that_are_inputs_too(tmp_path):
    """As old exporters write them."""
    graph = two_layers()
    model = graph.model()
    for tensor in model.graph.initializer:
        model.graph.input.append(helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims))
    onnx.save(model, tmp_path / "g.onnx")
    check_answers(import_onnx(tmp_path / "g.onnx"), graph.model(), graph.rng.normal(size=(SAMPLES, FEATURES)))


def test_an_operator_set_of_long_ago_is_refused(tmp_path):
    with pytest.raises(InputError, match="operator set 6"):
        import_onnx(two_layers().save(tmp_path / "g.onnx", opset=6))


@settings(max_examples=60, deadline=None)
@given(
    places=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=4),
    cut=st.none() | st.floats(0, 1),
)
def test_a_damaged_file_is_a_model_or_one_sentence(tmp_path_factory, places, cut):
    content = bytearray(two_layers().model().SerializeToString())
    for share, value in places:
        content[int(share * (len(content) - 1))] = value
    path = tmp_path_factory.mktemp("damaged") / "g.onnx"
    path.write_bytes(bytes(content if cut is None else content[: int(cut * len(content))]))
    try:
        imported = import_onnx(path)
    except InputError as error:
        assert str(error).startswith("model file") and "\n" not in str(error)
        return
    assert all(
        np.isfinite(array).all() for array in itertools.chain(imported.float_model.weights, imported.float_model.biases)
    )
