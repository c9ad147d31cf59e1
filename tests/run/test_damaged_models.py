"""Whatever a model file holds: a model that answers, or one sentence of an InputError that names the file."""

from __future__ import annotations

import json

import numpy as np
import pytest
from helpers_documents import damaged, documents
from hypothesis import given, settings
from hypothesis import strategies as st

from bespoke.circuit import CircuitBuilder
from bespoke.errors import InputError
from bespoke.model import ArgmaxTree, Comparator, Layer, LogicCircuit, Network, Neuron, QRelu, Summand, Term
from bespoke.report.reading import read_model
from bespoke.run.config import read_config
from bespoke.run.metrics import PartAccuracies
from bespoke.run.modelfile import ModelFile
from bespoke.run.runfolder import RunFolder
from bespoke.sensing import FrontEndKind, Quantiser, ThermometerWires
from bespoke.technology import strict

NETWORK = Network(
    3,
    (
        Layer((Neuron((Summand((Term(1, 0), Term(-1, 2)), 5), Summand((Term(1, 1),), 7)), -2, QRelu(1, 3)),)),
        Layer((Neuron((Summand((Term(1, 0),), 7),), 1, None), Neuron((Summand((Term(-1, 1),), 6),), 4, None))),
    ),
    ArgmaxTree(2, 6, (Comparator(0, 1, 63),), 2),
)


def circuit() -> LogicCircuit:
    wires = ThermometerWires.of(2, 3, [(0, 2), (0, 5), (1, 4)])
    builder = CircuitBuilder(wires.count)
    both = builder.conjunction(wires.reached(builder, 0, 2), wires.reached(builder, 1, 4))
    return LogicCircuit(wires, 2, builder.build([both]))


def document(classifier, kind) -> dict:
    quantiser = Quantiser((0.0, -1.0), (1.0, 2.5), 3)
    return json.loads(json.dumps(ModelFile(classifier, quantiser, ("a", "b"), ("no", "yes"), kind).to_json()))


VALID = (document(NETWORK, FrontEndKind.BINARY), document(circuit(), FrontEndKind.THERMOMETER))


def check(path):
    """A model that answers for the lowest and the highest input, or one sentence."""
    try:
        model = ModelFile.load(path)
    except InputError as error:
        assert str(error).startswith(f"model file {path}") and "\n" not in str(error)
        return
    classifier = model.classifier
    ends = np.array([[0] * classifier.features, [(1 << classifier.input_bits) - 1] * classifier.features])
    answers = classifier.predict(ends)
    assert ((answers >= 0) & (answers < 1 << classifier.output_bits)).all()
    assert len(model.feature_names) == classifier.features
    assert {type(name) for name in model.feature_names} <= {str}
    assert len(set(model.class_labels)) == len(model.class_labels)  # hashable, and all different
    model.quantiser.transform(np.zeros((1, classifier.features)))


def test_the_documents_that_get_damaged_are_models(tmp_path):
    for kind, valid in enumerate(VALID):
        path = tmp_path / f"{kind}.json"
        path.write_text(json.dumps(valid))
        assert ModelFile.load(path).class_labels == ("no", "yes")
        path.write_text("\ufeff" + json.dumps(valid), encoding="utf-8")
        assert ModelFile.load(path).class_labels == ("no", "yes")


@settings(max_examples=300, deadline=None)
@given(content=documents | damaged(VALID[0]) | damaged(VALID[1]))
def test_any_json(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "model.json"
    path.write_text(json.dumps(content))
    check(path)


@settings(max_examples=40, deadline=None)
@given(content=st.binary(max_size=60) | st.sampled_from([b"[" * 100_000, b"1" * 5000, b'{"model":']))
def test_any_bytes(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "bytes.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"bytes\.json"):
        ModelFile.load(path)


@settings(max_examples=100, deadline=None)
@given(content=documents | damaged({"train": [3, 4], "validation": None, "test": {"correct": 3, "samples": 4}}))
def test_any_stage_of_a_run(tmp_path_factory, content):
    """What a run keeps between calls, damaged: the stage's type, or one sentence that says which file to remove."""
    folder = RunFolder(tmp_path_factory.getbasetemp())
    (folder / "stage.json").write_text(json.dumps(content))
    try:
        assert isinstance(folder.read(PartAccuracies, "stage.json"), PartAccuracies)
    except InputError as error:
        assert "stage.json is damaged or of another version" in str(error)


@pytest.mark.parametrize("content", [b"[" * 100_000, b"\xff\xfe{", b"{", b""])
def test_what_is_no_json_is_told_by_name(tmp_path, content):
    (tmp_path / "stage.json").write_bytes(content)
    with pytest.raises(InputError, match=r"stage\.json"):
        RunFolder(tmp_path).read(PartAccuracies, "stage.json")
    with pytest.raises(InputError, match=r"stage\.json"):
        read_model(tmp_path / "stage.json")


def test_a_byte_order_mark_in_toml_is_no_content(tmp_path):
    path = tmp_path / "c.toml"
    path.write_text('\ufeffdata = "iris"\n', encoding="utf-8")
    assert read_config(path) == {"data": "iris"}
    assert strict.load(path) == {"data": "iris"}
