"""Rooms import only in the directions that docs/architecture.md allows."""

import ast
from pathlib import Path

import pytest
from helpers import ROOT

PACKAGE = ROOT / "bespoke"
BASE = {"errors", "files", "resources", "statistics"}
#: What each room may import of ours, besides itself.
ALLOWED = {
    "errors": set(),
    "resources": set(),
    "files": set(),
    "kernel_cache": set(),
    "kernel_words": set(),
    "statistics": set(),
    "circuit": BASE,
    "sensing": BASE | {"circuit", "technology"},
    "model": BASE | {"circuit", "sensing"},
    "technology": BASE,
    "data": BASE | {"sensing"},
    "train": BASE | {"model", "data"},
    "search": BASE | {"circuit", "sensing", "model", "data", "technology", "kernel_words"},
    "rtl": BASE | {"sensing", "model"},
    "netlist": BASE | {"circuit", "sensing", "model", "technology", "kernel_words"},
    "eda": BASE | {"circuit", "technology"},
}
OPEN = {"pipeline", "report", "cli", "estimator", "importers", "warm_up", "__init__", "__main__"}
#: These sit on top: nothing below them may import them.
TOP = {"cli", "estimator", "report", "warm_up"}


def _room(path: Path) -> str:
    relative = path.relative_to(PACKAGE)
    return relative.parts[0] if len(relative.parts) > 1 else relative.stem


def _imported_rooms(path: Path) -> set[str]:
    rooms = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names = [f"bespoke.{alias.name}" for alias in node.names] if node.module == "bespoke" else [node.module]
        elif isinstance(node, ast.ImportFrom) and node.level:
            pytest.fail(f"{path}: relative import")
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        rooms |= {name.split(".")[1] for name in names if name.startswith("bespoke.")}
    return rooms - {"__version__"}


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_follow_the_directions(path):
    room = _room(path)
    assert room in ALLOWED or room in OPEN, f"{room} is a room that docs/architecture.md does not know"
    imported = _imported_rooms(path) - {room}
    if room in ALLOWED:
        assert imported <= ALLOWED[room], f"{path} must not import {sorted(imported - ALLOWED[room])}"
    elif room == "pipeline":
        assert not imported & TOP, f"{path} must not import {sorted(imported & TOP)}"


def test_only_the_runner_starts_programs():
    starters = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if "subprocess" in path.read_text(encoding="utf-8")
        and path.name != "runner.py"
        and any(
            isinstance(node, ast.Import | ast.ImportFrom)
            and "subprocess" in [getattr(node, "module", None), *(alias.name for alias in node.names)]
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        )
    }
    assert not starters, f"outside programs are started outside bespoke/eda/runner.py: {sorted(starters)}"
