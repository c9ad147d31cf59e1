"""Inputs of users that earlier versions answered wrongly, as they came in; each kind has tests of its own elsewhere."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from helpers import case_dir

from bespoke.__main__ import main
from bespoke.data import load_dataset, prepare
from bespoke.importers import import_model
from bespoke.technology import read_toml

#: As much of a library as `netlist-physical-cells` needs.
LIBERTY = """library(t) {{ time_unit : "1ns"; voltage_unit : "1V"; leakage_power_unit : "1nW"; nom_voltage : 1.0;
  cell(INV_X1) {{ area : 1; cell_leakage_power : 1;
    pin(A) {{ direction : input; }} pin(ZN) {{ direction : output; function : "!A"; }} }}
  cell(LOGIC1_X1) {{ area : 1; cell_leakage_power : 1; pin(Z) {{ direction : output; function : "{one}"; }} }}
  cell(FILLCELL_X1) {{ area : 1; }}
}}"""


@pytest.fixture
def call(monkeypatch, capsys, tmp_path):
    """A command in this process and an empty folder: exit code, standard output, standard error."""
    monkeypatch.chdir(tmp_path)

    def called(*words) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["bespoke", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            main()
        told = capsys.readouterr()
        return end.value.code or 0, told.out, told.err

    return called


@pytest.mark.parametrize(
    ("case", "file", "features", "classes"),
    [
        ("csv-delimiter", "hdr_comma_in_name.csv", ["a, mm", "b, mm, raw, x"], 2),
        ("csv-delimiter", "hdr_comma_unq.csv", ["a, mm", "b, mm, raw, x"], 2),
        ("csv-label-blanks", "label_blank.csv", None, 2),
        ("csv-label-blanks", "label_lead.csv", None, 2),
        ("csv-numeric-header", "wavelen.csv", ["410", "435", "460"], 2),
        ("csv-sep-line", "sep_line.csv", None, 2),
    ],
)
def test_tables_that_people_have(call, case, file, features, classes):
    code, told, _ = call("data", case_dir(case) / file, "--json")
    found = json.loads(told)
    assert code == 0 and len(found["classes"]) == classes
    assert all(label == str(label).strip() for label, _ in found["classes"] if isinstance(label, str))
    assert features is None or [one["name"] for one in found["features"]] == features


@pytest.mark.parametrize(
    ("case", "file", "words"),
    [
        ("csv-headerless", "first_column_class.csv", "the first line holds values, not column names"),
        ("csv-headerless", "missing_nohdr.csv", "the first line holds values, not column names"),
        ("csv-headerless", "question_marks.csv", "the first line holds values, not column names"),
        ("csv-missing-label", "markerlabel.csv", "holds '?', a missing value"),
        ("csv-missing-label", "nanlabel.csv", "holds 'nan', a missing value"),
        ("csv-sep-line", "comment.csv", "'# made by logger v1' is a comment"),
        ("csv-thousands", "thousands.csv", "write 3057"),
        ("csv-thousands", "thousands_semi.csv", "write 3057"),
    ],
)
def test_tables_that_are_refused(call, case, file, words):
    target = ("--target", 0) if file == "first_column_class.csv" else ()
    code, _, told = call("data", case_dir(case) / file, *target)
    assert code == 2 and words in told and len(told.strip().splitlines()) == 1


@pytest.mark.eda
@pytest.mark.parametrize(
    ("case", "file", "options"),
    [
        ("flip-flop-named-like-port", "s1.v", ()),
        ("flip-flop-named-like-port", "pos.v", ()),
        ("flip-flop-named-like-port", "alow.v", ()),
        ("memories", "arrconst.v", ()),
        ("memories", "mem.v", ()),
        ("top-parametrised", "m.v", ()),
        ("liberty-5-inputs", "m.v", ("--top", "m", "--liberty", "five.lib")),
        ("liberty-no-timing", "gates.v", ("--liberty", "no_timing.lib")),
    ],
)
def test_verilog_that_is_mapped_and_proven(call, case, file, options):
    folder = case_dir(case)
    given = [folder / word if str(word).endswith(".lib") else word for word in options]
    code, told, error = call("synth", folder / file, *given, "--effort", "fast", "--out", "out")
    assert code == 0 and "proven equal to its source" in told, error
    netlist = Path("out/netlist.v").read_text(encoding="utf-8")
    assert "AOI221" not in netlist
    if case == "flip-flop-named-like-port":
        assert netlist.count("DFFNRX1") == 1


@pytest.mark.eda
def test_a_net_with_two_drivers_is_refused(call):
    code, _, told = call("synth", case_dir("multiple-drivers") / "multi2.v", "--out", "out")
    assert code == 2 and "net t has two drivers" in told
    assert not Path("out/netlist.v").exists()


@pytest.mark.eda
def test_an_exclusive_or_binds_tighter_than_an_and(call):
    folder = case_dir("liberty-xor-precedence")
    code, told, _ = call("verify", folder / "m.v", folder / "netlist.v", "--top", "m", "--liberty", folder / "xor.lib")
    assert code == 1 and "a=1, b=0, c=0" in told


@pytest.mark.eda
def test_cells_that_compute_nothing_are_read(call, tmp_path):
    folder, library = case_dir("netlist-physical-cells"), tmp_path / "t.lib"
    for one, code in (("1", 0), ("0", 1)):
        library.write_text(LIBERTY.format(one=one))
        words = ("verify", folder / "rtl.v", folder / "netlist.v", "--liberty", library)
        assert call(*words)[0] == code


@pytest.mark.parametrize("file", ["q_load.lib", "q_area.lib", "q_volt.lib"])
def test_numbers_in_quotes_are_numbers(call, file):
    code, told, error = call("technology", "import", case_dir("liberty-quoted-load-unit") / file, "--out", "t.toml")
    assert code == 0, error
    assert [len(cell.inputs) for cell in read_toml(Path("t.toml")).cells] == [1, 2] and "2 cells" in told + error


def test_labels_that_are_no_labels_are_one_sentence(call):
    folder = case_dir("json-crash")
    code, _, told = call("train", folder / "names.csv", "--model", folder / "nested_labels.json", "--out", "out")
    assert code == 2 and "class_labels must hold text or numbers" in told and len(told.strip().splitlines()) == 1


@pytest.mark.parametrize("table", ["one_two_three", "three_four_five", "ten", "names", "zero"])
@pytest.mark.parametrize("model", ["mlp.json", "pytorch.onnx"])
def test_a_model_without_labels_has_those_of_the_data(table, model):
    folder = case_dir("labels-by-index")
    data = prepare(load_dataset(str(folder / f"{table}.csv")), keep_idle=True)
    adapted = import_model(str(folder / model)).adapted(data)
    assert (adapted.predict(data.train.features, data.bits) == data.train.classes).mean() > 0.8


def test_onnx_models_answer_as_their_originals():
    folder = case_dir("onnx-ignored-tail")
    two = prepare(load_dataset(str(folder / "zero.csv")), keep_idle=True)
    four = prepare(load_dataset("iris"), keep_idle=True)
    for path in sorted(folder.glob("*.onnx")):
        agreement = import_model(str(path)).agreement_on(two if path.stem == "bn_last_two_features" else four)
        assert agreement is not None and agreement.is_whole, path.name
