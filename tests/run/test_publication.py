"""A change of several files is the old content or the new, wherever the process is killed."""

from __future__ import annotations

from pathlib import Path

import pytest

from bespoke.run import publication
from bespoke.run.publication import link_the_rest, settle, shadow_of

OLD = {"a.txt": "old a", "sub/b.txt": "old b", "sub/kept.txt": "kept", "report.html": "old report", "data/v.csv": "1"}
NEW = {"a.txt": "new a", "sub/b.txt": "new b", "made/c.txt": "new c"}


class Killed(BaseException):
    """Nothing after this runs, not even clearing up."""


@pytest.fixture
def folder(tmp_path):
    for name, text in OLD.items():
        write(tmp_path / name, text)
    return tmp_path


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def change(folder: Path) -> None:
    with shadow_of(folder, replaces=["report.html"]) as shadow:
        for name, text in NEW.items():
            write(shadow / name, text)


def contents(folder: Path) -> dict[str, str]:
    """The files that a user sees."""
    paths = [path for path in folder.rglob("*") if path.is_file() and not str(path.relative_to(folder)).startswith(".")]
    return {str(path.relative_to(folder)): path.read_text() for path in paths}


AFTER = {name: text for name, text in {**OLD, **NEW}.items() if name != "report.html"}


def test_everything_changes_and_nothing_is_left_over(folder):
    change(folder)
    assert contents(folder) == AFTER
    assert not list(folder.glob(".*"))


@pytest.mark.parametrize("moves", range(4))
def test_killed_while_the_files_move_the_next_reader_finishes(folder, monkeypatch, moves):
    seen, move = [], Path.replace

    def killing(self, target):
        if ".ready" not in str(target) and ".choice-" in str(self):
            if len(seen) == moves:
                raise Killed
            seen.append(self)
        return move(self, target)

    monkeypatch.setattr(Path, "replace", killing)
    monkeypatch.setattr(publication.shutil, "rmtree", lambda *_, **__: None)
    if moves < len(NEW):
        with pytest.raises(Killed):
            change(folder)
        monkeypatch.undo()
        assert contents(folder) != AFTER
    else:  # killed before the clearing up
        change(folder)
        monkeypatch.undo()
    settle(folder)
    settle(folder)
    assert contents(folder) == AFTER
    change(folder)  # clears away what is left
    assert not list(folder.glob(".*"))


def test_a_failure_before_the_list_is_written_changes_nothing(folder, monkeypatch):
    def failing(*_, **__):
        raise OSError("the disk is full")

    monkeypatch.setattr(publication, "write_json", failing)
    with pytest.raises(OSError, match="full"):
        change(folder)
    settle(folder)
    assert contents(folder) == OLD and not list(folder.glob(".*"))


def test_a_process_killed_before_the_list_is_written_leaves_what_the_next_one_clears(folder):
    write(folder / ".choice-dead/a.txt", "half")
    settle(folder)
    assert contents(folder) == OLD
    change(folder)
    assert contents(folder) == AFTER and not list(folder.glob(".*"))


def test_the_shadow_reads_as_the_folder_will(folder):
    write(folder / ".hidden", "lock")
    with shadow_of(folder, replaces=["report.html"]) as shadow:
        for name, text in NEW.items():
            write(shadow / name, text)
        link_the_rest(folder, shadow, leaving=["report.html"])
        # by lists of names, for rglob follows no links
        assert {name: (shadow / name).read_text() for name in AFTER} == AFTER
        assert not (shadow / "report.html").exists() and not (shadow / ".hidden").exists()
        write(shadow / "report.html", "new report")
    assert contents(folder) == {**AFTER, "report.html": "new report"}
    assert not any(path.is_symlink() for path in folder.rglob("*"))
