"""Looking at data on the command line, settings that decide what becomes of them, and measured tables in simulation."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from bespoke.cli import main
from bespoke.data import DataCard, FeatureRange, Missing, Scale, card_of, load_dataset, prepare
from bespoke.errors import InputError
from bespoke.run.config import RunConfig, read_config, to_toml
from bespoke.run.modelfile import ModelFile
from bespoke.run.vectors import read_model_vectors

ROWS = [(index / 7, (index * 5 % 11) / 3, "abc"[index % 3]) for index in range(60)]
GOOD = "width,height,same,kind\n" + "".join(f"{a:.3f},{b:.3f},7,{kind}\n" for a, b, kind in ROWS)
WIDE = "".join(f"a sensor with the long name {column}," for column in range(30))


@pytest.fixture
def bespoke(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("BESPOKE_DATA", raising=False)

    def call(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["bespoke", *words])
        with pytest.raises(SystemExit) as end:
            main()
        seen = capsys.readouterr()
        return end.value.code or 0, seen.out, seen.err

    return call


# --- data


def test_the_card_on_the_terminal(bespoke, tmp_path):
    (tmp_path / "t.csv").write_text(GOOD)
    code, out, _ = bespoke("data", "t.csv", "--bits", "3", "--range", "height=0:2")
    assert code == 0
    flat = " ".join(out.split())
    assert "42 samples to develop on, 18 to test on; 2 features, 3 bits each, scale minmax" in flat
    assert "a (14), b (14), c (14)" in flat and "column 'same' is left out" in flat
    assert "warning: width rises from row to row" in flat and "warning: height:" in flat
    lines = out.splitlines()
    (height,) = [line.split() for line in lines if line.startswith("height ")]
    assert height[1:3] == ["0", "2"]
    assert out.index("warning:") < out.index("\nfeature ")


def test_thirty_features_fit_eighty_columns(bespoke, tmp_path):
    rng = np.random.default_rng(0)
    values = rng.standard_cauchy((60, 30)) * 10.0 ** rng.integers(-9, 9, 30)
    lines = [",".join(f"{one:.9g}" for one in row) + f",{'ab'[k % 2]}" for k, row in enumerate(values)]
    (tmp_path / "t.csv").write_text(f"{WIDE}kind\n" + "\n".join(lines) + "\n")
    code, out, _ = bespoke("data", "t.csv")
    assert code == 0 and max(map(len, out.splitlines())) <= 80
    rows = [line for line in out.splitlines() if line.startswith("a s")]
    assert len(rows) == 30
    assert [row.split("…")[1].split()[2] for row in rows] == [str(column) for column in range(30)]


def test_the_card_for_machines_is_that_of_a_run(bespoke, tmp_path):
    (tmp_path / "t.csv").write_text(GOOD)
    words = ("t.csv", "--scale", "quantile", "--range", "width=-1:9")
    code, out, _ = bespoke("data", *words, "--json")
    assert code == 0
    assert bespoke("train", *words, "--out", "out", "--hidden", "2")[0] == 0
    assert json.loads(out) == json.loads((tmp_path / "out/data.json").read_text(encoding="utf-8"))
    assert DataCard.from_json(json.loads(out)).features[0].low == -1.0


def test_a_table_and_its_test_file(bespoke, tmp_path):
    (tmp_path / "t.csv").write_text(GOOD)
    (tmp_path / "u.csv").write_text("\n".join(GOOD.splitlines()[:11]) + "\n")
    code, out, _ = bespoke("data", "t.csv", "--test", "u.csv")
    assert code == 0 and "60 samples to develop on, 10 to test on" in " ".join(out.split())


def test_a_known_set(bespoke):
    code, out, _ = bespoke("data", "iris", "--json")
    assert code == 0 and DataCard.from_json(json.loads(out)) == card_of(prepare(load_dataset("iris")))


# --- datasets


def test_which_sets_are_local(bespoke, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "sets").mkdir()
    (tmp_path / "sets" / "redwine.csv").write_text("a,b\n1,2\n")
    code, out, _ = bespoke("datasets", "--data-dir", "sets", "--json")
    found = {one["name"]: (one["local"], one["path"]) for one in json.loads(out)}
    assert code == 0 and found["iris"] == (True, None) and found["whitewine"] == (False, None)
    assert found["redwine"] == (True, str(Path("sets/redwine.csv")))
    _, out, _ = bespoke("datasets", "--data-dir", "sets")
    where = {line.split()[0]: line.rstrip() for line in out.splitlines() if line[:1].strip()}
    assert where["iris"].endswith("bundled") and where["redwine"].endswith("local file")
    assert where["whitewine"].endswith("needs a file") and "local files: sets" in out
    assert bespoke("datasets", "--data-dir", "gone")[0] == 2


# --- settings


@pytest.mark.parametrize(
    "text",
    ['range = ["b=1:2", "a = -1:5e-1"]', 'range = { b = [1, 2], a = "-1:0.5" }', "[range]\nb = [1, 2]\na = [-1, 0.5]"],
)
def test_ranges_in_a_file(tmp_path, text):
    path = tmp_path / "c.toml"
    path.write_text(f'data = "iris"\nscale = "robust"\nmissing = "median"\n{text}\n')
    config = RunConfig(**read_config(path))
    assert config.range == (FeatureRange("a", -1.0, 0.5), FeatureRange("b", 1.0, 2.0))
    assert (config.scale, config.missing) == (Scale.ROBUST, Missing.MEDIAN)
    path.write_text(to_toml(config))
    assert RunConfig(**read_config(path)) == config


@pytest.mark.parametrize(
    "text", ["range = 3", "range = [3]", 'range = ["a"]', "range = { a = [1] }", "range = {a = [2,1]}"]
)
def test_ranges_in_a_file_that_are_none(tmp_path, text):
    path = tmp_path / "c.toml"
    path.write_text(text + "\n")
    with pytest.raises(InputError, match=r"range"):
        read_config(path)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--scale", "robust"), "another scale"),
        (("--range", "width=0:9"), "another range"),
        (("--missing", "drop"), "another missing"),
    ],
)
def test_a_folder_keeps_to_its_settings(bespoke, tmp_path, more, said):
    (tmp_path / "t.csv").write_text(GOOD)
    words = ("train", "t.csv", "--out", "out", "--hidden", "2")
    assert bespoke(*words)[0] == 0
    code, _, err = bespoke(*words, *more)
    assert code == 2 and said in err
    assert bespoke(*words)[0] == 0


@pytest.mark.parametrize("way", ["drop", "median"])
def test_what_is_done_with_missing_values_is_said(bespoke, tmp_path, caplog, way):
    lines = GOOD.splitlines()
    for line in (5, 9, 30):
        lines[line] = "," + lines[line].partition(",")[2]
    (tmp_path / "t.csv").write_text("\n".join(lines) + "\n")
    assert bespoke("train", "t.csv", "--out", "out", "--hidden", "2")[0] == 2
    assert bespoke("train", "t.csv", "--out", "out", "--hidden", "2", "--missing", way)[0] == 0
    assert {"drop": "3 of 60 samples are left out", "median": "3 missing values in 1 column are filled"}[
        way
    ] in caplog.text
    vectors = [(tmp_path / f"out/vectors/{part}.csv").read_text().splitlines()[1:] for part in ("train", "test")]
    assert sum(map(len, vectors)) == {"drop": 57, "median": 60}[way]


def test_a_model_may_read_a_constant_column(bespoke, tmp_path):
    """A column that the training part leaves constant stays where an imported network reads it."""
    (tmp_path / "t.csv").write_text(GOOD)
    weights = [[[1.0, 0.0, 2.0]], [[1.0], [-1.0], [0.5]]]
    model = {"weights": weights, "biases": [[-14.0], [0.0, 3.0, 0.0]], "class_labels": ["a", "b", "c"]}
    (tmp_path / "m.json").write_text(json.dumps(model))
    assert bespoke("train", "t.csv", "--model", "m.json", "--out", "out")[0] == 0
    loaded = ModelFile.load(tmp_path / "out/models/baseline.json")
    assert loaded.feature_names == ("width", "height", "same")
    assert set(read_model_vectors(tmp_path / "t.csv", loaded).part.features[:, 2]) == {0}


# --- measured tables as vectors


@pytest.fixture
def trained(bespoke, tmp_path):
    (tmp_path / "t.csv").write_text(GOOD)
    assert bespoke("train", "t.csv", "--out", "out", "--hidden", "2")[0] == 0
    return ModelFile.load(tmp_path / "out/models/quantised.json")


def test_a_measured_table_is_quantised_as_the_model_says(trained, tmp_path):
    found = read_model_vectors(tmp_path / "t.csv", trained)
    assert found.measured and not found.left_out
    values = np.array([[float(f"{a:.3f}"), float(f"{b:.3f}")] for a, b, _ in ROWS])
    assert np.array_equal(found.part.measured, values)
    assert np.array_equal(found.part.features, trained.quantiser.transform(values))
    assert found.part.classes.tolist() == ["abc".index(kind) for _, _, kind in ROWS]


def test_columns_may_stand_in_any_order_and_rows_lack_values(trained, tmp_path):
    path = tmp_path / "u.csv"
    path.write_text("kind;note;height;width\na;x;1.5;2.25\nb;y;?;3\nc;z;0.5;1\n")
    found = read_model_vectors(path, trained, target="kind")
    assert found.left_out == 1 and found.part.measured.tolist() == [[2.25, 1.5], [1.0, 0.5]]
    assert found.part.classes.tolist() == [0, 2]
    with pytest.raises(InputError, match=r"u.csv, line 2, column 'note': 'x' is none of the model's classes, 'a', 'b'"):
        read_model_vectors(path.with_name("u.csv"), _without_class(path, trained))


def _without_class(path: Path, model: ModelFile) -> ModelFile:
    """Moves the class column to the front of the last, so that the note is taken for it."""
    path.write_text("kind;height;width;note\na;1.5;2.25;x\n")
    return model


def test_vectors_stay_vectors(trained, tmp_path):
    found = read_model_vectors(tmp_path / "out/vectors/test.csv", trained)
    assert not found.measured and found.part.measured is None and found.part.samples == 18


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("width,height,class\n1,99,0\n", "'kind'|none of the model's classes"),
        (
            "a,b,class\n1.5,2,0\n",
            "line 2: a cell is not an integer; measured values .* names .* 'width', 'height'",
        ),
        ("a,b,class\n1,2,7\n", "3 classes, the vectors hold class 7"),
        ("width,height\n1.5,2\n", "no class column"),
        ("width,height,kind\n1.5,red,a\n", "line 2, column 'height': 'red' is text"),
        ("width,height,kind\n1.5,,a\n", "missing in every row"),
    ],
)
def test_tables_that_are_neither(trained, tmp_path, text, said):
    path = tmp_path / "u.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=said):
        read_model_vectors(path, trained)


def test_simulation_of_a_measured_table(trained, bespoke):
    assert bespoke("rtl", "out/models/quantised.json", "--out", "top.v")[0] == 0
    code, out, _ = bespoke("simulate", "out/models/quantised.json", "top.v", "--vectors", "t.csv", "--extra", "20")
    assert code == 0 and "accuracy on the 60 measured samples of t.csv" in out
    words = ("simulate", "out/models/quantised.json", "top.v", "--vectors", "t.csv", "--target", "kind", "--json")
    seen = json.loads(bespoke(*words)[1])
    assert seen["file_is_measured"] and seen["file_vectors"] == 60
    expected = read_model_vectors(Path("t.csv"), trained).part
    assert seen["accuracy"] == np.mean(trained.classifier.predict(expected.features) == expected.classes)
