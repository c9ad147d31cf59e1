"""What a new user gets wrong, and what he is told: one sentence, the right exit code, nothing half-written."""

from __future__ import annotations

import errno
import json
import os
import shlex
import subprocess
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
from helpers import random_network

from bespoke.cli import main
from bespoke.rtl import emit_verilog
from bespoke.run.modelfile import ModelFile
from bespoke.sensing import Quantiser
from bespoke.technology import load_technology, to_liberty

ROWS = [(index / 7, (index * 5 % 11) / 3, "abc"[index % 3]) for index in range(60)]
GOOD = "width,height,kind\n" + "".join(f"{a:.3f},{b:.3f},{kind}\n" for a, b, kind in ROWS)
HALF_ADDER = "module half(input a, input b, output s, output c);\n  assign s = a ^ b;\n  assign c = a & b;\nendmodule\n"
OR_GATE = "module half(input a, input b, output s);\n  assign s = a | b;\nendmodule\n"


def edited(line: int, text: str) -> str:
    """The good table with another text in a line, counted from 1."""
    lines = GOOD.splitlines()
    lines[line - 1] = text
    return "\n".join(lines) + "\n"


def costs(*rows: str) -> dict[str, str]:
    """A file of what answers cost, for the good table's classes unless rows say otherwise."""
    return {"costs.csv": "\n".join(rows) + "\n"}


@dataclass(frozen=True)
class Mistake:
    """A command line that is wrong, the files that it meets, what must be said."""

    name: str
    command: str
    said: tuple[str, ...]
    files: dict[str, str | bytes] = field(default_factory=dict)
    code: int = 2
    leaves: tuple[str, ...] = ()


def table(name: str, content: str | bytes, *said: str, options: str = "") -> Mistake:
    """A data file that is at fault."""
    return Mistake(name, f"run mine.csv {options} --out out", ("mine.csv", *said), {"mine.csv": content})


def option(name: str, words: str, *said: str, files: dict[str, str | bytes] | None = None) -> Mistake:
    """An option that is at fault; the data are in order."""
    return Mistake(name, f"run good.csv --out out {words}", said, files or {})


MISTAKES = [
    # files
    Mistake("missing file", "run gone.csv --out out", ("gone.csv", "no such file", "bespoke datasets")),
    Mistake("mistyped data set", "run irsi --out out", ("irsi", "did you mean 'iris'")),
    Mistake("folder for a file", "run folder --out out", ("folder", "this is a folder")),
    table("empty file", "", "empty"),
    table("blank file", "\n\n  \n", "empty"),
    table("header only", "a,b,kind\n", "header", "no rows"),
    table("binary file", b"PK\x03\x04\x00\x00\x01", "binary"),
    table("Latin-1 text", "größe,kind\n1,a\n".encode("latin-1"), "line 1", "UTF-8"),
    table("UTF-16 text", GOOD.encode("utf-16"), "UTF-16", "UTF-8"),
    table("ragged row", edited(7, "1,2,3,a"), "line 7", "4 cells", "3 columns"),
    table("short row", edited(8, "1,a"), "line 8", "2 cells"),
    table("open quote", GOOD + '1,2,"a\n', "line"),
    table("no header", GOOD.split("\n", 1)[1], "line 1", "header"),
    table("one column", "kind\na\nb\n", "single column"),
    # cells
    table("text cell", edited(5, "1,tall,a"), "line 5", "'height'", "tall"),
    table("decimal comma", GOOD.replace(",", ";").replace(".", ","), "line 2", "width"),
    table("NaN cell", edited(9, "nan,1,a"), "line 9", "'width'"),
    table("empty cell", edited(9, ",1,a"), "line 9", "'width'"),
    table("infinite cell", edited(3, "1,inf,a"), "line 3", "'height'"),
    table("empty label", edited(4, "1,2,"), "line 4", "'kind'"),
    # columns
    table("repeated column", edited(1, "width,width,kind"), "columns 1 and 2", "'width'"),
    table("unnamed column", edited(1, ",height,kind"), "column 1", "no name"),
    table("mistyped target", GOOD, "'knid'", "did you mean 'kind'", options="--target knid"),
    table("target beyond the last", GOOD, "column 3", "0 to 2", options="--target 3"),
    table("target with many values", "a,b\n" + "".join(f"{i % 7},{i}\n" for i in range(300)), "'b'", "300"),
    table("constant features", "a,b,kind\n" + "".join(f"1,2,{'xy'[i % 2]}\n" for i in range(20)), "single value"),
    table("range of no feature", GOOD, "--range", "'widht'", "did you mean 'width'", options="--range widht=0:9"),
    table("missing label", edited(4, "1,2,?"), "line 4", "'kind'", "'?'", "--missing drop"),
    table("separator of thousands", edited(4, '"1,234",2.25,a'), "line 4", "'1,234'", "write 1234"),
    table("comment line", "# logger\n" + GOOD, "line 1", "'# logger'", "comment"),
    table("one class", GOOD.replace(",b\n", ",a\n").replace(",c\n", ",a\n"), "'a'", "two classes"),
    table("tiny class", GOOD + "1,2,rare\n", "'rare'", "1 sample"),
    Mistake("target of a known set", "run iris --target species --out out", ("iris", "--target")),
    # a pair of files
    Mistake("train without test", "run --train good.csv --out out", ("--train", "--test")),
    Mistake("a set and a pair", "run iris --train good.csv --test good.csv --out out", ("either", "--train")),
    Mistake("no data at all", "run --out out", ("data set", "bespoke datasets")),
    Mistake("other columns in test", "run --train good.csv --test t.csv --out out", ("t.csv", "'width'"),
            {"t.csv": GOOD.replace("width", "length")}),
    Mistake("columns in another order", "run --train good.csv --test t.csv --target kind --out out",
            ("t.csv", "order"), {"t.csv": GOOD.replace("width,height", "height,width")}),
    Mistake("class that only test has", "run --train good.csv --test t.csv --out out",
            ("t.csv", "line 4", "'z'", "good.csv"), {"t.csv": edited(4, "1,2,z")}),
    # options
    option("mistyped option", "--sed 3", "--sed", "--seed"),
    Mistake("mistyped command", "rnu iris --out out", ("'rnu'", "'run'")),
    Mistake("no folder named", "run iris", ("--out",)),
    option("text for a number", "--bits four", "--bits", "integer"),
    option("no bits", "--bits 0", "--bits", "between 1 and 12", "not 0"),
    option("too many bits", "--bits 40", "--bits", "between 1 and 12"),
    option("too many bits in a file", "--config c.toml", "--bits", "between 1 and 12, not 20",
           files={"c.toml": "bits = 20"}),
    option("range without ends", "--range width", "--range", "name=low:high"),
    option("range upside down", "--range width=5:1", "--range", "width", "below the high end"),
    option("two ranges of a feature", "--range width=0:1 --range width=0:2", "--range", "'width'", "twice"),
    option("unknown scale", "--scale minimax", "--scale", "minimax"),
    option("unknown way with missing values", "--missing mean", "--missing", "mean"),
    option("negative seed", "--seed -1", "--seed"),
    option("no workers", "--workers 0", "--workers", "between 1 and"),
    option("loss in percent", "--max-loss 5", "--max-loss", "between 0 and 1"),
    option("two accuracies", "--max-loss 0.1 --min-accuracy 0.9", "--max-loss", "--min-accuracy"),
    option("negative area", "--max-area-cm2 -1", "--max-area-cm2"),
    option("hidden in words", "--hidden three", "--hidden", "'three'"),
    option("empty hidden layer", "--hidden 3,0", "--hidden", "between 1 and 256"),
    option("hidden layers half auto", "--hidden auto,3", "--hidden", "'auto,3'"),
    option("unknown effort", "--effort hihg", "--effort", "hihg"),
    option("unknown unit", "--freeze weights", "--freeze", "multiply"),
    option("missing MLP", "--model gone.onnx", "gone.onnx"),
    option("pickled MLP", "--model m.pkl", "m.pkl", "pickle", files={"m.pkl": b"\x80"}),
    option("MLP of other features", "--model m.json", "m.json", "1 features", "2", files={"m.json": json.dumps(
        {"weights": [[[1.0]], [[1.0]] * 3], "biases": [[0.0], [0.0, 1.0, 2.0]], "class_labels": ["a", "b", "c"]})}),
    option("MLP of other classes", "--model m.json", "m.json", "'a'", files={"m.json": json.dumps(
        {"weights": [[[1.0, 1.0]], [[1.0], [2.0]]], "biases": [[0.0], [0.0, 1.0]], "class_labels": ["y", "n"]})}),
    option("MLP without layers", "--model m.json", "m.json", "no hidden", "--folds 0", files={"m.json": json.dumps(
        {"weights": [[[1.0, 1.0], [1.0, 2.0]]], "biases": [[0.0, 0.0]]})}),
    option("nested class labels", "--model m.json", "m.json", "class_labels", "['y']", files={"m.json": json.dumps(
        {"weights": [[[1.0, 1.0]], [[1.0], [2.0]]], "biases": [[0.0], [0.0, 1.0]], "class_labels": [["y"], ["n"]]})}),
    option("MLP nested too deeply", "--model m.json", "m.json", "too deeply", files={"m.json": "[" * 100_000}),
    option("MLP with a digit too many", "--model m.json", "m.json", "real numbers", files={"m.json": json.dumps(
        {"weights": [[[10**400, 1.0]], [[1.0], [2.0]]], "biases": [[0.0], [0.0, 1.0]]})}),
    option("MLP that is no zip", "--model m.npz", "m.npz", "cannot be read as NPZ", files={"m.npz": "PK"}),
    option("MLP and layers", "--model m.json --hidden 3", "--model", "--hidden", files={"m.json": "{}"}),
    # what judges
    option("one fold", "--folds 1", "--folds", "at least 2", "0 for a validation part"),
    option("folds below nothing", "--folds -1", "--folds", "between 0 and 50", "-1"),
    option("too many folds", "--folds 51", "--folds", "between 0 and 50"),
    option("folds in words", "--folds five", "--folds", "integer"),
    option("validation beside folds", "--validation good.csv", "--validation", "--folds 0"),
    option("missing validation", "--folds 0 --validation gone.csv", "gone.csv", "no such file"),
    option("other columns in validation", "--folds 0 --validation v.csv", "v.csv", "'width'",
           files={"v.csv": GOOD.replace("width", "length")}),
    option("class that only validation has", "--folds 0 --validation v.csv", "v.csv", "line 4", "'z'",
           files={"v.csv": edited(4, "1,2,z")}),
    option("mistyped metric", "--metric acuracy", "--metric", "acuracy", "balanced-accuracy"),
    option("cost without a matrix", "--metric cost", "--metric cost", "--cost-matrix"),
    option("matrix without the cost", "--cost-matrix costs.csv", "--metric cost", "--cost-matrix",
           files=costs(",a,b,c", "a,0,1,1", "b,1,0,1", "c,1,1,0")),
    option("missing matrix", "--metric cost --cost-matrix gone.csv", "gone.csv"),
    option("matrix that lacks a class", "--metric cost --cost-matrix costs.csv", "costs.csv", "'c'", "missing",
           files=costs(",a,b", "a,0,1", "b,1,0")),
    option("matrix of another class", "--metric cost --cost-matrix costs.csv", "costs.csv", "'z'", "no class",
           files=costs(",a,b,z", "a,0,1,1", "b,1,0,1", "z,1,1,0")),
    option("matrix with a class twice", "--metric cost --cost-matrix costs.csv", "costs.csv", "'b'", "twice",
           files=costs(",a,b,c", "a,0,1,1", "b,1,0,1", "b,1,0,1", "c,1,1,0")),
    option("short row of costs", "--metric cost --cost-matrix costs.csv", "costs.csv", "line 3", "1 costs",
           files=costs(",a,b,c", "a,0,1,1", "b,1", "c,1,1,0")),
    option("cost in words", "--metric cost --cost-matrix costs.csv", "costs.csv", "line 2", "'b'", "'much'",
           files=costs(",a,b,c", "a,0,much,1", "b,1,0,1", "c,1,1,0")),
    option("negative cost", "--metric cost --cost-matrix costs.csv", "costs.csv", "line 4", "'b'", "-1",
           files=costs(",a,b,c", "a,0,1,1", "b,1,0,1", "c,1,-1,0")),
    option("empty cost", "--metric cost --cost-matrix costs.csv", "costs.csv", "line 2", "empty",
           files=costs(",a,b,c", "a,0,,1", "b,1,0,1", "c,1,1,0")),
    option("costs of nothing", "--metric cost --cost-matrix costs.csv", "costs.csv", "no wrong answer costs more",
           files=costs(",a,b,c", "a,0,0,0", "b,0,0,0", "c,0,0,0")),
    # what is searched
    option("unknown start", "--starts network,bush", "--starts", "'bush'", "forest"),
    option("mistyped start", "--starts tre", "--starts", "'tre'", "did you mean tree"),
    option("no start", "--starts ''", "--starts", "network, tree"),
    option("networks alone without networks", "--starts tree --no-circuit-approximation", "--starts",
           "--no-circuit-approximation"),
    option("frozen units of no network", "--starts tree,lut --freeze multiply", "--freeze", "--starts"),
    option("nothing left to search", "--freeze multiply --freeze accumulate --freeze activate", "--freeze"),
    option("no clock", "--clock-ms 0", "--clock-ms"),
    option("unknown Yosys", "--yosys yosis", "--yosys"),
    # front ends
    option("mistyped front end", "--front-end analogue", "--front-end", "analogue", "thermometer"),
    option("unknown objective", "--objective system-pwr", "--objective", "system-pwr", "system-power"),
    option("figures of nobody", "--front-end-figures date-1924", "--front-end-figures", "date-1924", "date-2024"),
    option("figures that are no TOML", "--front-end-figures good.csv", "good.csv"),
    option("figures without an encoder", "--front-end binary --front-end-figures date-2024", "date-2024", "encoder"),
    option("figures of words", "--front-end digital --front-end-figures date-2024", "--front-end digital",
           "leave --front-end-figures out"),
    option("technology without figures", "--technology egfet-0.6v", "egfet-0.6v", "--front-end-figures",
           "--front-end digital"),
    option("Liberty without figures", "--liberty cells.lib", "no figures", "--front-end-figures",
           "--front-end digital"),
    option("system budget without figures", "--technology egfet-0.6v --objective area --max-system-power-mw 1",
           "egfet-0.6v", "--front-end-figures", "--front-end digital"),
    option("unknown power source", "--source sun", "--source", "'sun'", "Molex"),
    option("negative power of the system", "--max-system-power-mw -1", "--max-system-power-mw"),
    option("negative rate", "--decisions-per-hour -1", "--decisions-per-hour"),
    # configuration files
    option("mistyped key", "--config c.toml", "c.toml", "'sed'", "did you mean 'seed'", files={"c.toml": "sed = 3\n"}),
    option("text for a number in TOML", "--config c.toml", "c.toml", "--bits", "whole number",
           files={"c.toml": 'bits = "4"\n'}),
    option("one fold in TOML", "--config c.toml", "--folds", "at least 2", files={"c.toml": "folds = 1\n"}),
    option("starts as text in TOML", "--config c.toml", "c.toml", "--starts", "list",
           files={"c.toml": 'starts = "network"\n'}),
    option("broken TOML", "--config c.toml", "c.toml", "line 1", files={"c.toml": "bits = = 4\n"}),
    option("missing configuration", "--config gone.toml", "gone.toml", "does not exist"),
    option("folder as configuration", "--config folder", "folder"),
    # technologies
    option("mistyped technology", "--technology egfet-1.0", "egfet-1.0", "egfet-1.0v"),
    option("broken technology", "--technology t.toml", "t.toml", files={"t.toml": "name = \n"}),
    option("technology without cells", "--technology t.toml", "t.toml", files={"t.toml": 'name = "t"\n'}),
    option("broken Liberty", "--liberty l.lib", "l.lib", files={"l.lib": "library (x) { cell (A) {"}),
    option("missing Liberty", "--liberty gone.lib", "gone.lib"),
    # folders
    Mistake("file as run folder", "run good.csv --out good.csv", ("good.csv", "is a file")),
    Mistake("foreign folder", "run good.csv --out folder", ("folder", "not of a run")),
    Mistake("foreign folder to overwrite", "run good.csv --out folder --overwrite", ("folder", "not of a run")),
    Mistake("report of no run", "report folder", ("folder",)),
    Mistake("report of a missing run", "report gone", ("gone",)),
    Mistake("comparison of a missing run", "compare gone", ("gone",)),
    Mistake("figure format", "explore good.csv --out out --figures gif", ("gif", "png")),
    # models and vectors
    Mistake("missing model", "rtl gone.json --out top.v", ("gone.json", "does not exist")),
    Mistake("broken model", "rtl m.json --out top.v", ("m.json", "JSON"), {"m.json": "{"}),
    Mistake("another kind of JSON", "rtl m.json --out top.v", ("m.json",), {"m.json": "[1, 2]"}),
    Mistake("model of a later version", "rtl later.json --out out.v", ("later.json", "schema 99")),
    Mistake("testbench without vectors", "rtl model.json --out out.v --testbench tb.v", ("--testbench", "--vectors")),
    Mistake("module name", "rtl model.json --out out.v --module 2nd", ("2nd",)),
    Mistake("keyword as module name", "rtl model.json --out out.v --module wire", ("wire",)),
    Mistake("folder for Verilog", "rtl model.json --out folder", ("folder", "name a file")),
    Mistake("one file for two", "rtl model.json --out out.v --front-end-table ./out.v",
            ("--front-end-table", "different")),
    Mistake("unknown front end", "rtl sonar.json --out out.v", ("sonar.json", "sonar", "thermometer")),
    Mistake("vectors of another model", "simulate model.json top.v --vectors wide.csv",
            ("wide.csv", "4 features", "reads 3"), {"wide.csv": "a,b,c,d,class\n1,2,3,4,0\n"}),
    Mistake("vectors of more bits", "simulate model.json top.v --vectors v.csv", ("v.csv", "4 bits", "200"),
            {"v.csv": "a,b,c,class\n1,2,200,0\n"}),
    Mistake("measured values as vectors", "simulate model.json top.v --vectors v.csv", ("v.csv", "line 2", "integer"),
            {"v.csv": "a,b,c,class\n0.5,2,3,0\n"}),
    Mistake("no vectors", "simulate model.json top.v --vectors v.csv", ("v.csv",), {"v.csv": "a,b,c,class\n"}),
    Mistake("missing vectors", "simulate model.json top.v --vectors gone.csv", ("gone.csv",)),
    Mistake("missing Verilog", "simulate model.json gone.v --vectors vectors.csv", ("gone.v", "does not exist")),
    # foreign Verilog
    Mistake("missing Verilog to map", "synth gone.v --out out", ("gone.v",)),
    Mistake("file as folder to map into", "synth half.v --out good.csv", ("good.csv", "is a file")),
    Mistake("vectors without the ports", "synth half.v --out out --data v.csv", ("v.csv", "b"),
            {"v.csv": "a,z\n0,1\n"}, leaves=("out",)),
    Mistake("table without vectors", "synth half.v --out out --front-end-table t.csv", ("--front-end-table", "--data")),
    Mistake("missing Verilog to compare", "verify half.v gone.v", ("gone.v",)),
    # technologies on the command line
    Mistake("unknown technology to show", "technology show egfet", ("egfet", "nearest")),
    Mistake("Liberty that is none", "technology import good.csv --out t.toml", ("good.csv",)),
]  # fmt: skip

#: Mistakes that only an outside program notices; the message may end with its log.
TOOL_MISTAKES = [
    Mistake("Verilog that does not parse", "synth bad.v --out out", ("bad.v",),
            {"bad.v": "module m(input a; endmodule\n"}, leaves=("out",)),
    Mistake("unknown top", "synth half.v --top whole --out out", ("whole",), leaves=("out",)),
    Mistake("ports that do not fit", "verify half.v or.v", ("c",), {"or.v": OR_GATE}),
    Mistake("unknown top to compare", "verify half.v half.v --top whole", ("whole",)),
    Mistake("Verilog that does not parse in simulation", "simulate model.json bad.v --vectors vectors.csv", ("bad.v",),
            {"bad.v": "module top(input a; endmodule\n"}, code=1),
    Mistake("unknown top in simulation", "simulate model.json top.v --top whole --vectors vectors.csv", ("whole",),
            code=1),
    Mistake("another circuit in simulation", "simulate model.json other.v --vectors vectors.csv --extra 50",
            ("differs from the integer model", "vector"), code=1),
]  # fmt: skip


@pytest.fixture(scope="module")
def parts() -> dict[str, str]:
    """A model, its Verilog, vectors, and another model's Verilog, as texts."""
    rng = np.random.default_rng(10)
    first, other = (random_network(rng, features=3, hidden=(2,), classes=2) for _ in range(2))
    document = ModelFile(first, Quantiser((0.0,) * 3, (1.0,) * 3, 4), ("x", "y", "z"), ("no", "yes")).to_json()
    vectors = rng.integers(0, 16, (20, 3))
    lines = [",".join(map(str, [*row, label])) for row, label in zip(vectors, first.predict(vectors), strict=True)]
    later = {**document, "model": {**document["model"], "schema": 99}}
    return {
        "model.json": json.dumps(document),
        "later.json": json.dumps(later),
        "sonar.json": json.dumps({**document, "front_end": "sonar"}),
        "top.v": emit_verilog(first),
        "other.v": emit_verilog(other),
        "vectors.csv": "x,y,z,class\n" + "\n".join(lines) + "\n",
        "good.csv": GOOD,
        "half.v": HALF_ADDER,
        "cells.lib": to_liberty(load_technology("egfet-0.6v")),
    }


@pytest.fixture
def place(parts, tmp_path, monkeypatch):
    """A working folder with files in order, and ``folder``, which somebody else owns."""
    for name, content in parts.items():
        (tmp_path / name).write_text(content)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "letter.txt").write_text("dear\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def bespoke(monkeypatch, capsys):
    """The command line in this process: exit code, standard output, standard error."""

    def call(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["bespoke", *words])
        with pytest.raises(SystemExit) as end:
            main()
        seen = capsys.readouterr()
        return end.value.code or 0, seen.out, seen.err

    return call


def contents(place: Path) -> dict[str, bytes | None]:
    return {str(path.relative_to(place)): path.read_bytes() if path.is_file() else None for path in place.rglob("*")}


def check(mistake: Mistake, place: Path, bespoke, *, one_line: bool) -> None:
    for name, content in mistake.files.items():
        (place / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    before = contents(place)
    code, _, said = bespoke(*shlex.split(mistake.command))
    assert code == mistake.code, said
    assert said.startswith("bespoke: ") and "Traceback" not in said and "Value error" not in said
    if one_line:
        assert len(said.splitlines()) == 1, said
    for word in mistake.said:
        assert word in said, said
    after = {name: content for name, content in contents(place).items() if name.split("/")[0] not in mistake.leaves}
    assert after == before
    assert not [name for name in contents(place) if name.endswith(".tmp")]


def test_there_are_enough_mistakes():
    names = [mistake.name for mistake in MISTAKES + TOOL_MISTAKES]
    assert len(set(names)) == len(names) >= 40


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_mistake(mistake, place, bespoke):
    check(mistake, place, bespoke, one_line=True)


@pytest.mark.eda
@pytest.mark.parametrize("mistake", TOOL_MISTAKES, ids=lambda mistake: mistake.name)
def test_mistake_that_a_tool_finds(mistake, place, bespoke):
    check(mistake, place, bespoke, one_line=False)


@pytest.mark.eda
def test_circuits_that_differ_show_where(place, bespoke):
    (place / "or.v").write_text(HALF_ADDER.replace("a ^ b", "a | b"))
    code, out, err = bespoke("verify", "half.v", "or.v")
    assert code == 1 and not err
    assert "different" in out and "a=1" in out.replace(" ", "") and "b=1" in out.replace(" ", "")


@pytest.mark.parametrize("command", ["run good.csv --out out", "simulate model.json top.v --vectors vectors.csv"])
def test_without_icarus_the_message_says_how_to_get_it(command, place, bespoke, monkeypatch):
    monkeypatch.setenv("PATH", str(place / "folder"))
    before = contents(place)
    code, _, err = bespoke(*command.split())
    assert code == 2 and len(err.splitlines()) == 1
    assert "iverilog is not installed" in err and "apt-get install iverilog" in err
    assert contents(place) == before


def test_the_doctor_finds_a_missing_tool(place, bespoke, monkeypatch):
    monkeypatch.setenv("PATH", str(place / "folder"))
    monkeypatch.setattr("bespoke.eda.tools._pyosys_status", lambda: _found("pyosys"))
    code, out, _ = bespoke("doctor", "--json")
    report = json.loads(out)
    assert code == 1 and not report["healthy"]
    missing = {tool["name"] for tool in report["tools"] if tool["needed"] and not tool["ok"]}
    assert missing == {"iverilog", "vvp"}


def _found(name: str):
    from bespoke.eda.tools import ToolStatus

    return ToolStatus(name, "1", "/there", True, "")


def test_a_missing_yosys(place, bespoke, monkeypatch):
    monkeypatch.setenv("PATH", str(place / "folder"))
    code, _, err = bespoke("synth", "half.v", "--out", "out", "--yosys", "system")
    assert code == 2 and "yosys is not installed" in err and len(err.splitlines()) == 1


def test_a_tool_that_fails_shows_its_log_and_command(place, bespoke, monkeypatch):
    tools = place / "tools"
    tools.mkdir()
    for name in ("iverilog", "vvp"):
        program = tools / name
        program.write_text("#!/bin/sh\necho license server is down\nexit 3\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}/usr/bin{os.pathsep}/bin")
    code, _, err = bespoke("simulate", "model.json", "top.v", "--vectors", "vectors.csv")
    assert code == 1 and "Traceback" not in err
    assert "license server is down" in err and "code: 3" in err and "whole log" in err


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (errno.ENOSPC, ("disk is full", "make room")),
        (errno.EDQUOT, ("disk is full",)),
        (errno.EACCES, ("no permission", "--out")),
        (errno.EROFS, ("no permission",)),
        (errno.EIO, ("Input/output error",)),
    ],
    ids=errno.errorcode.get,
)
def test_trouble_with_the_disk_leaves_nothing(error, said, place, bespoke, monkeypatch):
    def refuse(*_, **__):
        raise OSError(error, os.strerror(error), "out.v")

    monkeypatch.setattr("bespoke.files.os.fsync", refuse)
    before = contents(place)
    code, _, err = bespoke("rtl", "model.json", "--out", "out.v")
    assert code == 2 and len(err.splitlines()) == 1 and "Traceback" not in err
    for word in said:
        assert word in err
    assert contents(place) == before


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_a_full_disk_under_the_output():
    with Path("/dev/full").open("w") as full:
        found = subprocess.run(
            [sys.executable, "-m", "bespoke", "datasets"], stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert found.returncode != 0
    assert "disk is full" in found.stderr and "Traceback" not in found.stderr


def test_no_permission_for_the_run_folder(place, bespoke, monkeypatch):
    mkdir = Path.mkdir

    def refuse(path, *arguments, **options):
        if path.name == "out":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return mkdir(path, *arguments, **options)

    monkeypatch.setattr(Path, "mkdir", refuse)
    code, _, err = bespoke("train", "good.csv", "--out", "out")
    assert code == 2 and "no permission" in err and "out" in err and len(err.splitlines()) == 1


def test_no_permission_for_the_data(place, bespoke, monkeypatch):
    def refuse(path):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    code, _, err = bespoke("train", "good.csv", "--out", "out")
    assert code == 2 and "good.csv" in err and "Permission denied" in err and len(err.splitlines()) == 1


def test_too_little_memory(place, bespoke, monkeypatch):
    def refuse(*_, **__):
        raise MemoryError

    monkeypatch.setattr("bespoke.run.procedure.train_float", refuse)
    code, _, err = bespoke("train", "good.csv", "--out", "out", "--hidden", "2")
    assert code == 1 and "memory" in err and len(err.splitlines()) == 1


def test_an_interrupted_command_goes_on(place, bespoke, monkeypatch):
    from bespoke.run import procedure

    def interrupt(*_, **__):
        raise KeyboardInterrupt

    real = procedure.train_quantised
    monkeypatch.setattr(procedure, "train_quantised", interrupt)
    words = ("train", "good.csv", "--out", "out", "--hidden", "2")
    code, _, err = bespoke(*words)
    assert code == 130 and "Traceback" not in err  # the sentence is test_stopping's, which sends signals
    trained = (place / "out/models/float.json").stat().st_mtime_ns
    assert not (place / "out/models/quantised.json").exists()
    monkeypatch.setattr(procedure, "train_quantised", real)
    code, out, _ = bespoke(*words, "--json")
    assert code == 0
    assert (place / "out/models/float.json").stat().st_mtime_ns == trained
    assert set(json.loads(out)) == {"float", "baseline", "quantised"}
    code, _, err = bespoke(*words, "--seed", "1")
    assert code == 2 and "another seed" in err and "--overwrite" in err


@pytest.mark.eda
def test_a_request_that_no_design_meets_names_the_nearest(place, bespoke, monkeypatch):
    from bespoke.run import front
    from bespoke.run.budgets import BUDGETS
    from bespoke.run.config import Effort

    monkeypatch.setitem(BUDGETS, Effort.FAST, replace(BUDGETS[Effort.FAST], candidates=5000))
    monkeypatch.setitem(front.MAPPED_DESIGNS, Effort.FAST, 2)
    options = "--effort fast --hidden 2 --folds 2 --workers 1 --no-circuit-approximation --min-accuracy 1"
    code, _, err = bespoke("run", "good.csv", "--out", "out", *options.split(), "--max-area-cm2", "0.0001")
    assert code == 2 and len(err.splitlines()) == 1 and "Traceback" not in err
    for word in (
        "no design", "forecast accuracy of at least 1.0000", "0.0001 cm²", "the nearest has a forecast accuracy of",
        "allow more area",
    ):  # fmt: skip
        assert word in err
    assert not (place / "out/metrics.json").exists()
    code, _, err = bespoke("report", "out")
    assert code == 2 and "out" in err and len(err.splitlines()) == 1
