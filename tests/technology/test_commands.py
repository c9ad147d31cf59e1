"""The commands `bespoke technology …`."""

from __future__ import annotations

import json

import pytest
from helpers import shared_pdk_dir
from miniature_libraries import banners, quoted_names
from typer.testing import CliRunner

from bespoke.cli.technology import app
from bespoke.errors import InputError
from bespoke.technology import load_technology, read_liberty, read_toml


def run(*arguments: object):
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "200"})
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_list():
    assert "egfet-1.0v" in run("list").stdout
    listed = json.loads(run("list", "--json").stdout)
    assert [entry["name"] for entry in listed][:3] == ["egfet-0.6v", "egfet-0.8v", "egfet-1.0v"]
    assert listed[2]["flip_flops"] == ["DFFNRX1"]


def test_show():
    text = run("show", "egfet-1.0v").stdout
    assert "NAND2X1" in text
    assert "247,860" in text
    assert "Zinergy" in text
    assert "date-2024" in text
    assert "8.235 to 57.77" in text
    shown = json.loads(run("show", "egfet-1.0v", "--json").stdout)
    nand = next(cell for cell in shown["cells"] if cell["name"] == "NAND2X1")
    assert nand["leakage_nw"]["01"] == 490.604
    assert (nand["devices"], nand["devices_counted"]) == (3, True)
    assert shown["flip_flops"][0]["devices"] == 21 and shown["front_end_figures"][0]["comparator_devices"] == 6
    assert "3*" in text and "* devices counted from the function" in text
    prices = {figures["name"]: figures["prices"] for figures in shown["front_end_figures"]}
    assert prices == {"date-2024": ["thermometer"], "esl-2024": ["thermometer", "binary"]}
    assert "date-2024" not in run("show", "egfet-0.6v").stdout
    with pytest.raises(InputError, match="nearest"):
        run("show", "egfet")


def test_import_says_what_it_leaves_out(tmp_path):
    source = shared_pdk_dir() / "PPDK_Standard_Library_0.8V_25C_TYP_X1.lib"
    out = tmp_path / "deep" / "mine.toml"
    result = run("import", source, "--out", out, "--name", "mine", "--clock-ms", "250")
    assert "7 cells, 1 flip-flop," in result.stdout
    assert "note: a Liberty file states no power sources" in result.stderr
    for cell in ("DFFX1", "LATCHX1", "TSBUF"):
        assert f"cell {cell} left out" in result.stderr
    technology = read_toml(out)
    assert (technology.name, technology.clock_ms) == ("mine", 250.0)
    assert technology.cells == read_liberty(source).cells
    with pytest.raises(InputError, match="--clock-ms"):
        run("import", source, "--out", out, "--clock-ms", "0")


def test_import_of_several_files_counts_and_lists(tmp_path):
    (tmp_path / "cells.lib").write_text(quoted_names())
    (tmp_path / "more.lib").write_text(banners().replace("nom_voltage                   : 1.10", "nom_voltage : 1.8"))
    out = tmp_path / "both.toml"
    result = run("import", tmp_path / "cells.lib", tmp_path / "more.lib", "--out", out)
    assert "17 cells, 3 flip-flops, 3 with several outputs, 4 that compute nothing, 7 left out" in result.stdout
    assert "note: technology mini_quoted__tt_025C_1v80+mini_banners: mapping leaves out 22 cells (" in result.stderr
    assert "cell FA_X1 is not used for mapping: several outputs" in result.stderr
    assert "more.lib: cell TBUF_X1 left out: its output is tri-state" in result.stderr
    text = run("show", out).stdout
    assert "not used for mapping" in text and "more than 4 inputs" in text
    assert "Left out" in text and "it is sequential (latch)" in text and "computes nothing" in text
    shown = json.loads(run("show", out, "--json").stdout)
    assert shown["not_mapped"]["FA_X1"] == "several outputs" and shown["left_out"]["DLH_X1"].startswith("it is seq")
    assert shown["multi_output_cells"] == ["ha_1", "conb_1", "FA_X1"] and "FILLCELL_X1" in shown["physical_cells"]


@pytest.mark.parametrize("kind", ["liberty", "genlib", "verilog", "toml"])
def test_export(tmp_path, kind):
    out = tmp_path / f"out.{'toml' if kind == 'toml' else 'lib'}"
    assert str(out) in run("export", "egfet-0.6v", "--format", kind, "--out", out).stdout.replace("\n", "")
    text = out.read_text()
    assert "NAND2X1" in text
    if kind == "toml":
        run("export", "egfet-1.0v", "--format", kind, "--out", out)
        assert load_technology(out).front_end_figures == load_technology("egfet-1.0v").front_end_figures
    if kind == "liberty":
        assert read_liberty(out).cells == load_technology("egfet-0.6v").cells


def test_an_unknown_format_is_refused(tmp_path):
    assert run("export", "egfet-0.6v", "--format", "spice", "--out", tmp_path / "x").exit_code == 2
    assert list(tmp_path.iterdir()) == []
