"""Files are written whole or not at all, whatever cuts the writing short."""

from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path

import pytest

from bespoke.files import is_unfinished, scratch_folder, write_bytes, write_text


def test_a_file_is_replaced_whole(tmp_path):
    path = tmp_path / "deep/er/file.txt"
    write_text(path, "old")
    write_text(path, "new")
    assert path.read_text() == "new"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("step", ["os.fsync", "pathlib.Path.replace", "pathlib.Path.open"])
def test_an_interrupt_at_any_step_leaves_the_old_content_and_nothing_else(tmp_path, monkeypatch, step):
    path = tmp_path / "file.txt"
    write_text(path, "old")

    def interrupted(*_words, **_options):
        raise KeyboardInterrupt

    monkeypatch.setattr(step, interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_bytes(path, b"new")
    monkeypatch.undo()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_interrupt_just_after_the_file_was_made_leaves_nothing(tmp_path, monkeypatch):
    opened = Path.open

    def interrupted(path, *words, **options):
        opened(path, *words, **options).close()
        raise KeyboardInterrupt

    monkeypatch.setattr("pathlib.Path.open", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_bytes(tmp_path / "file.txt", b"new")
    monkeypatch.undo()
    assert not list(tmp_path.iterdir())


CUT_SHORT = """
import os, sys
from pathlib import Path
from bespoke import files, stopping
os.fsync = lambda handle: stopping.leave(3)
files.write_text(Path(sys.argv[1]) / "file.txt", "new")
"""


def test_a_process_that_is_cut_short_takes_its_unfinished_files_along(tmp_path):
    done = subprocess.run([sys.executable, "-c", CUT_SHORT, str(tmp_path)], check=False)
    assert done.returncode == 3
    assert not list(tmp_path.iterdir())


def test_what_a_killed_process_left_is_found(tmp_path):
    program = CUT_SHORT.replace("stopping.leave(3)", "os.kill(os.getpid(), 9)")
    assert subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False).returncode == -9
    (tmp_path / "kept.tmp").touch()
    (left,) = filter(is_unfinished, tmp_path.iterdir())
    assert left.name.startswith(".file.txt.")
    assert (tmp_path / "kept.tmp").exists()


def test_a_full_disk_names_the_file_that_was_to_be_written(tmp_path, monkeypatch):
    def full(_handle):
        raise OSError(errno.ENOSPC, "No space left on device")  # as from writing: without a name

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError) as caught:
        write_text(tmp_path / "file.txt", "new")
    assert caught.value.filename == str(tmp_path / "file.txt")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError, KeyError])
def test_a_scratch_folder_stays_only_for_those_who_want_to_look_into_it(tmp_path, error):
    with pytest.raises(error), scratch_folder("work-", inside=tmp_path, keep=(KeyError,)) as folder:
        (folder / "log").touch()
        raise error
    assert folder.exists() == (error is KeyError)


def test_an_interrupt_just_after_a_scratch_folder_was_made_leaves_nothing(tmp_path, monkeypatch):
    made = Path.mkdir

    def interrupted(path, *words, **options):
        made(path, *words, **options)
        raise KeyboardInterrupt

    monkeypatch.setattr("pathlib.Path.mkdir", interrupted)
    with pytest.raises(KeyboardInterrupt), scratch_folder("work-", inside=tmp_path):
        pass
    assert not list(tmp_path.iterdir())
