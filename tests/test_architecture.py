"""Rooms import only in the directions that docs/architecture.md allows."""

import ast
from pathlib import Path

import pytest
from helpers import ROOT

PACKAGE = ROOT / "bespoke"
BASE = {"errors", "files", "ascii_text", "resources", "statistics", "scores"}
EVERYTHING, BELOW = {"everything"}, {"everything below"}


def _allowed() -> dict[str, set[str]]:
    """What each room may import of ours, besides itself, by the document's table."""
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    lines = text[text.index("## Directions") : text.index("## Types between the rooms")].splitlines()
    rows = [line.strip("|").split("|") for line in lines if line.startswith("| `")]
    allowed = {}
    for rooms, cell in rows:
        words = {word.strip(" `") for word in cell.split(",") if word.strip()}
        allowed |= dict.fromkeys(rooms.replace("`", "").replace(" ", "").split(","), words)
    below: set[str] = set()
    for room, words in allowed.items():  # the table climbs, so what stands above a row is below its room
        if words == BELOW:
            allowed[room] = set(below)
        elif words == EVERYTHING:
            allowed[room] = set(allowed)
        elif "base" in words:
            allowed[room] = words - {"base"} | BASE
        below.add(room)
    return allowed


ALLOWED = _allowed()


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
    assert room in ALLOWED, f"{room} is a room that docs/architecture.md does not know"
    imported = _imported_rooms(path) - {room}
    assert imported <= ALLOWED[room], f"{path} must not import {sorted(imported - ALLOWED[room])}"


def test_directions_go_downwards_only():
    seen: set[str] = set()
    for room, imported in ALLOWED.items():
        assert imported == set(ALLOWED) or imported <= seen, f"{room} stands above what it may import"
        seen.add(room)


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
