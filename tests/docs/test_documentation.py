"""What the documents say of commands, options and files is so; what they show runs."""

from __future__ import annotations

import dataclasses
import importlib.util
import re
import shlex
import sys
from pathlib import Path

import pytest
import typer
from helpers import ROOT

from bespoke.cli import app, main
from bespoke.run.config import RunConfig

PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
COMMANDS = typer.main.get_command(app).commands
BLOCK = re.compile(r"^( *)```(\w*)\n(.*?)^\1```", re.MULTILINE | re.DOTALL)


def loaded(path: Path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def command_lines() -> list[tuple[str, str]]:
    """Every line of a code block, or text in back-quotes, that starts bespoke."""
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        lines = [line.strip() for _, _, block in BLOCK.findall(text) for line in block.splitlines()]
        lines += re.findall(r"`(bespoke [^`]+)`", BLOCK.sub("", text))
        found += [(page.name, line) for line in lines if re.match(r"(\S*/)?bespoke ", line)]
    return found


def options_of(command) -> set[str]:
    return {spelled for parameter in command.params for spelled in (*parameter.opts, *parameter.secondary_opts)} | {
        "--help"
    }


def test_the_option_table_is_that_of_the_settings():
    table = "\n".join(loaded(ROOT / "docs/option_table.py").option_table())
    assert table in (ROOT / "docs/reference.md").read_text(encoding="utf-8"), (
        "docs/reference.md is out of date; `python docs/option_table.py` prints the table"
    )


def test_every_setting_is_an_option_of_run():
    spelled = options_of(COMMANDS["run"])
    for item in dataclasses.fields(RunConfig):
        assert item.name == "data" or "--" + item.name.replace("_", "-") in spelled


def test_every_command_is_in_the_reference_and_has_an_example():
    reference = (ROOT / "docs/reference.md").read_text(encoding="utf-8")
    for name, command in COMMANDS.items():
        assert f"`bespoke {name}" in reference
        assert command.help
        for leaf in getattr(command, "commands", {name: command}).values():
            assert leaf.epilog and "bespoke " + name in leaf.epilog, f"{name} shows no example"


@pytest.mark.parametrize(("page", "line"), command_lines(), ids=lambda value: value[:60])
def test_commands_in_documents_exist(page, line):
    words = shlex.split(line, comments=True)[1:]
    if words[0].startswith("-"):
        return
    command = COMMANDS[words.pop(0).rstrip(",")]
    if hasattr(command, "commands"):
        command = command.commands[words.pop(0).rstrip(",")]
    known = options_of(command)
    for word in words:
        if word.startswith("--"):
            assert word.split("=")[0] in known, f"{page}: {line}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    text = BLOCK.sub("", page.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'(?:src|href)="([^"]+)"', text):
        if not re.match(r"https?:", target):
            assert (page.parent / target.split("#")[0]).exists(), f"{page.name}: {target}"


def test_the_example_script(tmp_path, capsys, monkeypatch):
    example = loaded(ROOT / "examples/fruit.py")
    example.main(tmp_path)
    said = capsys.readouterr().out
    accuracy = float(re.search(r"never seen: ([\d.]+)", said).group(1))
    assert accuracy > 0.85
    assert "module top" in (tmp_path / "fruit.v").read_text()
    header, *rows = (tmp_path / "fruit.csv").read_text().splitlines()
    assert header == "ethylene_ppm,ethanol_ppm,acetaldehyde_ppm,humidity_percent,state" and len(rows) == 360


def test_the_notebook(capsys, monkeypatch):
    """Its cells, one after the other, as a kernel would run them."""
    import json

    import matplotlib

    matplotlib.use("Agg")
    notebook = json.loads((ROOT / "examples/first_steps.ipynb").read_text(encoding="utf-8"))
    assert notebook["nbformat"] == 4
    names: dict[str, object] = {}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            assert not cell["outputs"], "the notebook is kept without outputs"
            exec(compile("".join(cell["source"]), cell["id"], "exec"), names)
    assert names["classifier"].score(names["X_test"], names["y_test"]) > 0.8
    assert "module top" in capsys.readouterr().out


def test_the_way_to_import_a_model(tmp_path, capsys, monkeypatch):
    """The page's Python writes a file that the page's option takes."""
    text = (ROOT / "docs/how-to/import-a-model.md").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    for _, language, block in BLOCK.findall(text):
        if language == "python":
            exec(compile(block, "import-a-model.md", "exec"), names)
    assert "does on 105 of 105 samples (scikit-learn)" in capsys.readouterr().out
    monkeypatch.setattr(sys, "argv", ["bespoke", "train", "iris", "--model", "mlp.json", "--out", "out", "--json"])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 0
    assert '"quantised"' in capsys.readouterr().out
