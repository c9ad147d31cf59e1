"""Whatever a JSON or NPZ file of weights holds: a model, or one sentence of an InputError that names the file."""

from __future__ import annotations

import io
import json
import zipfile

import numpy as np
import pytest
from helpers_documents import damaged, documents
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from bespoke.errors import InputError
from bespoke.importers import import_model

VALID = {
    "weights": [[[1.0, -2.0], [0.5, 1]], [[1.0, 0], [-1.0, 2.0]]],
    "biases": [[0.5, 0.0], [0.0, 0.25]],
    "low": [10, -1],
    "high": [20, 1],
    "class_labels": ["no", "yes"],
    "feature_names": ["a", "b"],
}
THREE_CLASSES = {
    "weights": [[[1, 0], [0, -1]], [[0, 0], [0.5, 0.5], [1, 1]]],
    "biases": [[0, 0], [0, -0.5, -2]],
}


def model_or_sentence(path):
    """The model, or None after an error of one line."""
    try:
        model = import_model(path)
    except InputError as error:
        assert str(error).startswith(f"model file {path}") and "\n" not in str(error)
        assert len(str(error)) < 1000
        return None
    assert len(model.predict(np.zeros((2, model.float_model.topology[0])))) == 2
    assert len(model.class_order(model.class_labels)) == model.float_model.topology[-1]
    return model


@settings(max_examples=200, deadline=None)
@given(document=documents | damaged(VALID) | damaged(THREE_CLASSES))
def test_any_json(tmp_path_factory, document):
    path = tmp_path_factory.getbasetemp() / "any.json"
    path.write_text(json.dumps(document))
    model_or_sentence(path)


@settings(max_examples=60, deadline=None)
@given(content=st.binary(max_size=60) | st.just(b"[" * 100_000) | st.just(b"1" * 5000) | st.just(b'{"weights":'))
@pytest.mark.parametrize("suffix", [".json", ".npz"])
def test_any_bytes(tmp_path_factory, suffix, content):
    path = tmp_path_factory.getbasetemp() / f"bytes{suffix}"
    path.write_bytes(content)
    assert model_or_sentence(path) is None


any_array = arrays.arrays(
    dtype=st.sampled_from(["f8", "f4", "f2", "i8", "u1", "?", "c16", "U3", "S3", "M8[s]", "m8[s]", "i4,f8"]).map(
        np.dtype
    ),
    shape=arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3),
)
names = st.sampled_from(
    "weights_0 weights_1 weights_00 biases_0 biases_1 coefs_0 weights class_labels low high feature_names "  # noqa: SIM905
    "weights_² weights_-1 extra kind".split()
)


@settings(max_examples=200, deadline=None)
@given(replaced=st.dictionaries(names, any_array, min_size=1, max_size=3), begin=st.booleans())
def test_any_npz(tmp_path_factory, replaced, begin):
    valid = {
        "weights_0": np.array(VALID["weights"][0]),
        "weights_1": np.array(VALID["weights"][1]),
        "biases_0": np.array(VALID["biases"][0]),
        "biases_1": np.array(VALID["biases"][1]),
    }
    path = tmp_path_factory.getbasetemp() / "any.npz"
    np.savez(path, **({**valid, **replaced} if begin else replaced))
    model_or_sentence(path)


@settings(max_examples=60, deadline=None)
@given(changes=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=4), packed=st.booleans())
def test_damaged_npz(tmp_path_factory, changes, packed):
    content = io.BytesIO()
    (np.savez_compressed if packed else np.savez)(content, weights_0=np.eye(3), biases_0=np.zeros(3))
    damaged_bytes = bytearray(content.getvalue())
    for share, value in changes:
        damaged_bytes[int(share * (len(damaged_bytes) - 1))] = value
    path = tmp_path_factory.getbasetemp() / "damaged.npz"
    path.write_bytes(bytes(damaged_bytes))
    model_or_sentence(path)


def test_npz_files_that_are_something_else(tmp_path):
    plain = tmp_path / "plain.npz"
    with plain.open("wb") as file:
        np.save(file, np.eye(3))
    text = tmp_path / "text.npz"
    with zipfile.ZipFile(text, "w") as packed:
        packed.writestr("weights_0", "no array")
    objects = tmp_path / "objects.npz"
    np.savez(objects, weights_0=np.array([[object()]], dtype=object), biases_0=np.zeros(1))
    column = tmp_path / "column.npz"
    np.savez(column, weights_0=np.eye(2), biases_0=np.zeros(2), class_labels=np.array([["lo"], ["up"]]))
    for path in (plain, text, objects, column, tmp_path):
        with pytest.raises(InputError):
            import_model(path if path != tmp_path else tmp_path / "none.npz")


@pytest.mark.parametrize(
    "labels", [[["lo"], ["mid"], ["up"]], 3, "abc", [{}, {}, {}], [None, 1, 2], [float("nan"), 1, 2]]
)
def test_labels_that_are_none(tmp_path, labels):
    path = tmp_path / "m.json"
    path.write_text(json.dumps({**THREE_CLASSES, "class_labels": labels}))
    with pytest.raises(InputError, match=r"class.labels"):
        import_model(path)


def test_two_layouts_at_once_are_ambiguous(tmp_path):
    path = tmp_path / "m.json"
    path.write_text(json.dumps({**THREE_CLASSES, "coefs": [], "intercepts": []}))
    with pytest.raises(InputError, match="both coefs and weights"):
        import_model(path)


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_byte_order_mark_is_no_content(tmp_path, mark):
    path = tmp_path / "m.json"
    path.write_text(mark + json.dumps(VALID), encoding="utf-8")
    assert import_model(path).feature_names == ("a", "b")


@pytest.mark.parametrize("labels", [(0, 1, 2), (1, 2, 3), (3, 4, 5), (10, 20, 30), ("lo", "mid", "up"), (2, 3, 1)])
def test_a_model_without_labels_has_the_classes_of_the_data_in_their_order(tmp_path, labels):
    path = tmp_path / "m.json"
    path.write_text(json.dumps(THREE_CLASSES))
    model = import_model(path)
    assert model.class_order(labels).tolist() == [0, 1, 2]
    with pytest.raises(InputError, match="has 3 classes, the data have 2"):
        model.class_order(labels[:2])


def test_labels_that_the_model_names_are_no_indices(tmp_path):
    path = tmp_path / "m.json"
    path.write_text(json.dumps({**THREE_CLASSES, "class_labels": [0, 1, 2]}))
    model = import_model(path)
    assert model.class_order((2, 1, 0)).tolist() == [2, 1, 0]
    with pytest.raises(InputError, match="does not know the data's class 3; left of the model's are 0"):
        model.class_order((1, 2, 3))
    assert model.class_order(("lo", "mid", "up")).tolist() == [0, 1, 2]  # trained on indices, and never knew names
