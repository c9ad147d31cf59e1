"""A run folder takes up its own run and refuses everything else."""

import subprocess
import sys
from dataclasses import replace

import pytest

from bespoke.errors import InputError
from bespoke.files import write_json, write_text
from bespoke.run.config import RunConfig, read_config
from bespoke.run.runfolder import RunFolder
from bespoke.run.stages import Stage


def test_the_same_settings_continue_and_other_ones_are_refused(tmp_path):
    folder = RunFolder(tmp_path / "run")
    folder.open(RunConfig(data="iris"), data_digest="d")
    folder.write_json("stage.json", {"done": True})
    folder.open(RunConfig(data="iris", workers=7), data_digest="d")
    assert folder.read_json("stage.json") == {"done": True}
    with pytest.raises(InputError, match="another seed \\(0 instead of 3\\)"):
        folder.open(RunConfig(data="iris", seed=3), data_digest="d")
    with pytest.raises(InputError, match="other data"):
        folder.open(RunConfig(data="iris"), data_digest="e")
    folder.open(RunConfig(data="iris", seed=3), data_digest="d", overwrite=True)
    assert not folder.has("stage.json")


def test_settings_given_in_full_continue_the_run_that_found_them(tmp_path):
    folder, asked = RunFolder(tmp_path / "run"), RunConfig(data="iris")
    in_full = replace(asked, hidden=(3,), folds=5, clock_ms=200.0, front_end_figures="date-2024")
    folder.open(asked, data_digest="d")
    folder.fill_in(asked, in_full)
    assert RunConfig(**read_config(folder / "config.toml")) == in_full
    assert "# found by the run, not asked for: hidden, folds, front_end_figures, clock_ms\n" in (
        (folder / "config.toml").read_text()
    )
    folder.open(in_full, data_digest="d")
    folder.fill_in(in_full, in_full)
    folder.open(asked, data_digest="d")  # as it was begun
    folder.fill_in(asked, in_full)
    others = {
        "hidden": replace(in_full, hidden=(4,)),
        "seed": replace(in_full, seed=1),
        "folds": replace(asked, folds=4),
    }
    for key, other in others.items():
        with pytest.raises(InputError, match=f"holds a run with another {key}"):
            folder.open(other, data_digest="d")
    with pytest.raises(InputError, match="other data"):
        folder.open(in_full, data_digest="e")


@pytest.mark.parametrize("option", ["liberty", "technology", "front_end_figures"])
def test_a_file_that_changed_since_is_refused_by_name(tmp_path, option):
    path, other = tmp_path / "cells.lib", tmp_path / "others.lib"
    path.write_text("library (a) {}")
    other.write_text("library (b) {}")
    value = (str(other), str(path)) if option == "liberty" else str(path)
    config, folder = RunConfig(data="iris", **{option: value}), RunFolder(tmp_path / "run")
    folder.open(config, data_digest="d")
    folder.write_json("stage.json", {"done": True})
    folder.open(config, data_digest="d")
    assert folder.take_up() == config
    path.write_text("library (c) {}")
    with pytest.raises(
        InputError, match=r"holds a run with another \S+cells\.lib, which has changed since; name another"
    ):
        folder.open(config, data_digest="d")
    with pytest.raises(InputError, match=r"cells\.lib has changed since the run in .*run; put it back"):
        folder.take_up()
    with pytest.raises(InputError, match="another seed"):  # the settings come first, whatever lies in the files
        folder.open(replace(config, seed=4), data_digest="d")
    assert folder.has("stage.json")
    path.write_text("library (a) {}")
    folder.open(config, data_digest="d")
    path.write_text("library (c) {}")
    folder.open(config, data_digest="d", overwrite=True)
    assert not folder.has("stage.json") and folder.take_up() == config


def test_foreign_folders_and_files_are_left_alone(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    for overwrite in (False, True):
        with pytest.raises(InputError, match="not of a run"):
            RunFolder(tmp_path).open(RunConfig(data="iris"), data_digest="d", overwrite=overwrite)
    with pytest.raises(InputError, match="is a file"):
        RunFolder(tmp_path / "notes.txt").open(RunConfig(data="iris"), data_digest="d")
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "value.json"
    write_json(path, [1])
    with pytest.raises(ValueError):
        write_json(path, [float("nan")])
    with pytest.raises(UnicodeEncodeError):
        write_text(path, "\ud800")
    assert path.read_text() == "[\n 1\n]\n"
    assert [entry.name for entry in tmp_path.iterdir()] == ["value.json"]


def test_a_folder_in_use_is_refused(tmp_path):
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, pathlib\n"
            "from bespoke.run.config import RunConfig\n"
            "from bespoke.run.runfolder import RunFolder\n"
            "folder = RunFolder(pathlib.Path(sys.argv[1]))\n"
            "folder.open(RunConfig(data='iris'), data_digest='d')\n"
            "print('held', flush=True)\n"
            "sys.stdin.read()\n",
            str(tmp_path / "run"),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(InputError, match="in use by another run"):
            RunFolder(tmp_path / "run").open(RunConfig(data="iris"), data_digest="d")
        with pytest.raises(InputError, match="in use by another run"):
            RunFolder(tmp_path / "run").open(RunConfig(data="iris", seed=2), data_digest="d", overwrite=True)
        holder.stdin.close()
    RunFolder(tmp_path / "run").open(RunConfig(data="iris"), data_digest="d")


KILLED = """
import os, pathlib, shutil, signal, sys
from bespoke.run import folder_opening, runfolder
from bespoke.run.config import RunConfig
from bespoke.run.runfolder import RunFolder

def killed(*words, **options):
    os.kill(os.getpid(), signal.SIGKILL)

place, name, after, overwrite = sys.argv[1:]
owner, function = {
    "lock": (RunFolder, "_lock"),
    "clear": (runfolder, "clear"),
    "tidy": (runfolder, "tidy"),
    "stamp": (runfolder, "write_json"),
    "settings": (runfolder, "write_text"),
    "rename": (pathlib.Path, "replace"),
    "remove": (shutil, "rmtree"),
}[name]
real = getattr(owner, function)
def then_killed(*words, **options):
    real(*words, **options)
    killed()
setattr(owner, function, then_killed if after == "after" else killed)
RunFolder(pathlib.Path(place)).open(RunConfig(data="iris", seed=3), data_digest="d", overwrite=overwrite == "yes")
"""


@pytest.mark.parametrize("after", ["before", "after"])
@pytest.mark.parametrize("step", ["lock", "tidy", "stamp", "settings", "rename"])
def test_a_folder_whose_opening_was_killed_is_opened_by_the_same_call(tmp_path, step, after):
    place, config = tmp_path / "run", RunConfig(data="iris", seed=3)
    done = subprocess.run([sys.executable, "-c", KILLED, str(place), step, after, "no"], check=False)
    assert done.returncode == -9
    RunFolder(place).open(config, data_digest="d")
    assert RunFolder(place).take_up() == config
    assert sorted(path.name for path in place.iterdir()) == [".bespoke-run.json", ".bespoke-run.lock", "config.toml"]


@pytest.mark.parametrize("after", ["before", "after"])
@pytest.mark.parametrize("step", ["lock", "clear", "tidy", "stamp", "settings", "rename", "remove"])
def test_a_replacement_that_was_killed_is_finished_or_never_was(tmp_path, step, after):
    """Whoever comes next finds the old run whole or none of it, never half."""
    place, old, new = tmp_path / "run", RunConfig(data="iris"), RunConfig(data="iris", seed=3)
    folder = RunFolder(place)
    folder.open(old, data_digest="d")
    results = ["front/000/mapped.json", "models/float.json", "stage.json"]
    for name in results:
        folder.write_json(name, {"done": True})
    folder.close()
    done = subprocess.run([sys.executable, "-c", KILLED, str(place), step, after, "yes"], check=False)
    assert done.returncode == -9
    left = [name for name in results if folder.has(name)]
    try:
        folder.open(old, data_digest="d")  # by whoever wants the old one
        assert [name for name in results if folder.has(name)] in ([], results)
    except InputError as error:
        assert "another seed" in str(error) and step in ("stamp", "settings", "rename", "tidy", "clear", "remove")
        assert left == []
    folder.close()
    folder.open(new, data_digest="d", overwrite=True)
    assert not any(map(folder.has, results)) and folder.take_up() == new


def test_leavings_of_killed_processes_go_wherever_they_lie_and_nothing_else_does(tmp_path):
    folder = RunFolder(tmp_path / "run")
    folder.open(RunConfig(data="iris"), data_digest="d")
    ours = [".metrics.json.0123abcd.tmp", "folds/0/search/.progress.00000000.tmp", ".choice-1/a.txt"]
    kept = ["notes.tmp", ".mine.tmp", "folds/0/.x.tmp", "other/.bespoke-run.lock", "other/.a.01234567.tmp"]
    for name in (*ours, *kept):
        write_text(tmp_path / "run" / name, "")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/.a.01234567.tmp").touch()
    (tmp_path / "run/link").symlink_to(tmp_path / "elsewhere")
    folder.take_up()
    assert not any(folder.has(name) for name in ours) and not (folder / ".choice-1").exists()
    assert all(folder.has(name) for name in kept)
    assert (tmp_path / "elsewhere/.a.01234567.tmp").exists()


@pytest.mark.parametrize("text", ["", '{"done": tr'])
def test_a_damaged_result_is_told_with_what_to_do(tmp_path, text):
    folder = RunFolder(tmp_path / "run")
    folder.open(RunConfig(data="iris"), data_digest="d")
    write_text(folder / "stage.json", text)
    with pytest.raises(InputError, match=r"stage\.json cannot be read as JSON: .*; remove it and repeat the run, or"):
        folder.read_json("stage.json")
    write_text(folder / ".bespoke-run.json", text)
    with pytest.raises(InputError, match=r"\.bespoke-run\.json is damaged; name another folder with --out or pass"):
        folder.open(RunConfig(data="iris"), data_digest="d")
    folder.open(RunConfig(data="iris"), data_digest="d", overwrite=True)
    assert not folder.has("stage.json")


def test_a_run_that_had_just_begun_is_none_to_choose_from(tmp_path):
    folder = RunFolder(tmp_path / "run")
    folder.open(RunConfig(data="iris"), data_digest="d")
    (folder / "config.toml").unlink()
    with pytest.raises(InputError, match="has no finished front yet: repeat its `bespoke run`"):
        folder.take_up()
    write_json(folder / ".bespoke-run.json", {"replaced": True})
    with pytest.raises(InputError, match="was being given to another run, which was killed; repeat that"):
        folder.take_up()


SQUARE = Stage("squaring", "deep/square.json", ("number.json",))


def squared(folder: RunFolder, asked: list[int]) -> int:
    """The stage's result, and a note of every time that it is made."""

    def make() -> int:
        asked.append(1)
        return folder.read_json("number.json") ** 2

    return folder.made(SQUARE, make)


def test_a_stage_is_done_once_and_again_where_what_it_needs_has_changed(tmp_path):
    folder, asked = RunFolder(tmp_path), []
    folder.write_json("number.json", 3)
    assert not folder.is_done(SQUARE)
    assert [squared(folder, asked) for _ in range(3)] == [9, 9, 9] and len(asked) == 1
    assert RunFolder(tmp_path).is_done(SQUARE)
    folder.write_json("number.json", 4)
    assert not folder.is_done(SQUARE)
    assert [squared(RunFolder(tmp_path), asked) for _ in range(2)] == [16, 16] and len(asked) == 2


def test_a_stage_that_was_cut_short_at_any_write_is_made_again(tmp_path, monkeypatch):
    folder, asked = RunFolder(tmp_path), []
    folder.write_json("number.json", 3)
    write = RunFolder.write_json
    for name in ("stages.json", SQUARE.makes):

        def killed(self, written, document, name=name):
            if written == name:
                raise KeyboardInterrupt
            write(self, written, document)

        monkeypatch.setattr(RunFolder, "write_json", killed)
        with pytest.raises(KeyboardInterrupt):
            squared(folder, asked)
        monkeypatch.undo()
        assert not folder.is_done(SQUARE)
    assert squared(folder, asked) == 9 and len(asked) == 3


def test_an_account_of_stages_that_a_power_cut_has_damaged_costs_work_alone(tmp_path):
    folder, asked = RunFolder(tmp_path), []
    folder.write_json("number.json", 3)
    squared(folder, asked)
    (tmp_path / "stages.json").write_text('{"deep/squ')
    assert squared(folder, asked) == 9 and len(asked) == 2
    assert squared(folder, asked) == 9 and len(asked) == 2
