"""How far several jobs are that go through the same stages side by side."""

from __future__ import annotations

import pytest

from bespoke.run.progress import SideBySide

STAGES = {"training": 1.0, "searching": 3.0}


class Told:
    def __init__(self):
        self.updates = []

    def update(self, fraction, note=""):
        self.updates.append((fraction, note))


def test_stages_add_up_to_the_whole():
    told = Told()
    job = SideBySide(told, 1, STAGES).job(0)
    for title in STAGES:
        job.stage(title)
        job.update(0.5, "half")
    assert [fraction for fraction, _ in told.updates] == pytest.approx([0, 0.125, 0.25, 0.625])
    assert [note.split("; ")[1] for _, note in told.updates] == ["training", "training", "searching", "searching"]


def test_jobs_add_up_to_all_of_them_and_one_that_has_ended_is_counted():
    told = Told()
    sides = SideBySide(told, 2, STAGES)
    sides.job(0).stage("searching")  # the stage before was done by an earlier call
    assert told.updates[-1] == (pytest.approx(0.125), "0 of 2 done; searching")
    sides.job(1).stage("training")
    assert told.updates[-1][1] == "0 of 2 done; searching, training"
    sides.done(0)
    assert told.updates[-1] == (pytest.approx(0.5), "1 of 2 done; training")
    sides.done(1)
    assert told.updates[-1] == (pytest.approx(1.0), "2 of 2 done")


def test_a_job_is_not_done_before_it_says_so():
    told = Told()
    job = SideBySide(told, 1, STAGES).job(0)
    job.stage("searching")
    job.update(1.0)
    assert told.updates[-1][0] < 1.0
