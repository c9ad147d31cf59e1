"""A locale without UTF-8: files are read and written in UTF-8 all the same, and no sign stops the output."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import ROOT
from hypothesis import given
from hypothesis import strategies as st

from bespoke.ascii_text import ASCII_ERRORS, to_ascii
from bespoke.rtl.text import safe_comment

#: What Python takes for a terminal of plain ASCII.
PLAIN = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "COLUMNS": "80"}
KINDS = ("früh", "gut", "spät")
TABLE = "temp °C,µA × 2,kind\n" + "".join(
    f"{15 + k % 3 * 4 + k % 5},{k * 7 % 11 + k % 3}.5,{KINDS[k % 3]}\n" for k in range(60)
)


def call(folder: Path, *words: str) -> subprocess.CompletedProcess:
    """The command line in a process of its own, in plain ASCII."""
    env = {**os.environ, **PLAIN, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "bespoke", *words]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, check=False, timeout=300)


def test_a_run_of_commands_in_plain_ascii(tmp_path):
    data = "früchte.csv"
    (tmp_path / data).write_text(TABLE, encoding="utf-8")
    commands = [
        ("data", data, "--range", "temp °C=0:30"),
        ("data", data, "--json"),
        ("datasets",),
        ("train", data, "--out", "out", "--hidden", "2", "--target", "kind", "--range", "temp °C=0:30"),
        ("train", data, "--out", "out", "--hidden", "2", "--target", "kind", "--range", "temp °C=0:30"),
        ("rtl", "out/models/quantised.json", "--out", "top.v", "--front-end-table", "table.csv"),
        ("simulate", "out/models/quantised.json", "top.v", "--vectors", data, "--extra", "20"),
        ("technology", "show", "egfet-1.0v"),
        ("run", "--help"),
    ]
    for words in commands:
        done = call(tmp_path, *words)
        assert done.returncode == 0, (words, done.stderr)
        assert done.stdout.isascii() and b"Traceback" not in done.stderr
    vectors = (tmp_path / "out/vectors/test.csv").read_text(encoding="utf-8")
    assert vectors.splitlines()[0] == "temp °C,µA × 2,class"
    assert '/früchte.csv"\n' in (tmp_path / "out/config.toml").read_text(encoding="utf-8")
    assert '"temp °C=0.0:30.0"' in (tmp_path / "out/config.toml").read_text(encoding="utf-8")
    verilog = (tmp_path / "top.v").read_text(encoding="ascii")
    assert "'temp degC': 0.0 to 30.0" in verilog and "'uA x 2'" in verilog and "class 0: fruh" in verilog
    assert "temp °C" in (tmp_path / "table.csv").read_text(encoding="utf-8")


def test_mistakes_in_plain_ascii(tmp_path):
    (tmp_path / "f.csv").write_text(TABLE.replace("15,", "wärmer,"), encoding="utf-8")
    done = call(tmp_path, "data", "f.csv")
    assert done.returncode == 2
    assert b"line 2, column 'temp degC': 'warmer' is text" in done.stderr


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_becomes_ascii(text):
    plain = to_ascii(text)
    assert plain.isascii() and to_ascii(plain) == plain
    assert text.encode("ascii", ASCII_ERRORS) == plain.encode("ascii")
    assert safe_comment(text).isascii()


@pytest.mark.parametrize(
    ("text", "plain"),
    [("°C", "degC"), ("µA/cm²", "uA/cm2"), ("3 × 4 · 5", "3 x 4 . 5"), ("Ω m⁻¹", "Ohm m-1"), ("ﬁn Å", "fin A"),
     ("größe", "grosse"), ("温度", "??"), ("a\u00a0b", "a b")],
)  # fmt: skip
def test_units_are_spelled(text, plain):
    assert to_ascii(text) == plain


def _calls() -> list[tuple[str, ast.Call]]:
    found = []
    for path in sorted((ROOT / "bespoke").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                found.append((f"{path.relative_to(ROOT)}:{node.lineno}", node))
    return found


def _leaves_encoding_open(node: ast.Call) -> bool:
    """Whether a call reads or writes text in an encoding that the locale decides."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    given_names = {keyword.arg for keyword in node.keywords}
    texts = [one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    if (name == "read_text" and not node.args) or (name == "write_text" and isinstance(node.func, ast.Attribute)):
        return "encoding" not in given_names
    if name == "open" and (not node.args or texts) and not given_names - {"encoding", "newline", "errors", "mode"}:
        return "encoding" not in given_names and not any("b" in text for text in texts)
    return (
        bool(given_names & {"text", "universal_newlines"})
        and name in ("run", "Popen")
        and ("encoding" not in given_names)
    )


def test_every_text_file_has_an_encoding():
    calls = _calls()
    assert sum("encoding" in {keyword.arg for keyword in node.keywords} for _, node in calls) > 20
    assert [place for place, node in calls if _leaves_encoding_open(node)] == []
    for code in ("p.read_text()", "p.write_text(x)", "p.open('w')", "open('f')", "subprocess.run(c, text=True)"):
        assert _leaves_encoding_open(ast.parse(code).body[0].value), code
    for code in ("p.read_text(encoding='utf-8')", "p.open('rb')", "read_text(path)", "folder.open(config, data=1)"):
        assert not _leaves_encoding_open(ast.parse(code).body[0].value), code
