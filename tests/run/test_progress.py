"""How far a process among several is, told through a file."""

from __future__ import annotations

import pytest

from bespoke.run import progress
from bespoke.run.progress import Share, ShareFile

STAGES = {"training": 1.0, "searching": 3.0}


def test_stages_add_up_to_the_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(progress, "_NOTE_EVERY_S", 0.0)
    path = tmp_path / "share"
    told = ShareFile(path, STAGES)
    seen = []
    for title in STAGES:
        told.stage(title)
        seen.append(Share.read(path))
        told.update(0.5, "half")
        seen.append(Share.read(path))
    assert [share.fraction for share in seen] == pytest.approx([0, 0.125, 0.25, 0.625])
    assert [share.note for share in seen] == ["training", "training", "searching", "searching"]


def test_a_stage_that_was_done_before_counts_as_done(tmp_path):
    told = ShareFile(tmp_path / "share", STAGES)
    told.stage("searching")
    assert Share.read(tmp_path / "share").fraction == pytest.approx(0.25)


def test_notes_are_few(tmp_path):
    told = ShareFile(tmp_path / "share", STAGES)
    told.stage("training")
    told.update(0.9)  # at once
    assert Share.read(tmp_path / "share").fraction == 0


@pytest.mark.parametrize("text", ["", "half done", "nothing"])
def test_what_cannot_be_read_is_nothing_done(tmp_path, text):
    path = tmp_path / "share"
    assert Share.read(path) == Share(0.0, "")
    path.write_text(text)
    assert Share.read(path) == Share(0.0, "")
