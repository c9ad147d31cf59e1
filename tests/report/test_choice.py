"""What is told of a choice: near copies as one design, why a dominated one, by which request."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest
from rich.console import Console

from bespoke.design import EXACT_BASELINE
from bespoke.report import read_run, summary_table, wording
from bespoke.report.chart import chart_data
from bespoke.report.page import render_report


@pytest.fixture
def alike(run_folder):
    """A run two of whose designs are near copies of the first."""
    folder = run_folder("network")
    rows = list(csv.DictReader((folder / "front.csv").read_text().splitlines()))
    sink = io.StringIO()
    writer = csv.DictWriter(sink, [*rows[0], "copy_of"])
    writer.writeheader()
    writer.writerows({**row, "copy_of": "0" if row["index"] in ("1", "2") else ""} for row in rows)
    (folder / "front.csv").write_text(sink.getvalue())
    return read_run(folder)


def test_near_copies_are_one_row_and_one_point(alike, sample_runs):
    assert len(alike.front) == len(alike.distinct_front) + 2
    assert alike.copies(alike.front[0]) == 2 and alike.copies(alike.front[3]) == 0
    points, before = (chart_data(record)["points"] for record in (alike, read_run(sample_runs["network"])))
    assert len(points) == len(before) - 2
    assert points[0]["label"] == "Design 0 (and 2 near-copies)"
    page = render_report(alike)
    assert "0 (and 2 near-copies)" in page and 'Design 1"' not in page


def test_a_front_of_an_earlier_version_has_no_copies(sample_runs):
    record = read_run(sample_runs["network"])
    assert record.distinct_front == record.front


@pytest.mark.parametrize(("count", "said"), [(0, ""), (1, " (and 1 near-copy)"), (2, " (and 2 near-copies)")])
def test_the_words_for_near_copies(count, said):
    assert wording.near_copies(count) == said


def told(record, **selection) -> str:
    metrics = record.metrics
    dominated = selection.pop("dominated", None)
    return wording.chosen_by(
        replace(metrics, dominated=dominated, selection=replace(metrics.selection, rule="cheapest", **selection))
    )


def test_the_sentence_on_the_choice(alike):
    assert told(alike) == "Chosen: cheapest; 9 of 24 designs of the front fit."
    assert told(alike, design=5, copies=(6, 7)).startswith("Chosen: design 5 (and 2 near-copies), cheapest; 9 of 24")
    assert told(alike, design=5, by_number=True, mapped_for="smallest") == "Chosen: design 5, cheapest."
    assert "mapped for another request (smallest design)" in told(alike, design=5, mapped_for="smallest design")
    assert "the exact baseline itself" in told(alike, design=12, origin=EXACT_BASELINE)
    assert "the exact baseline itself" not in told(alike, design=12, origin=EXACT_BASELINE, by_number=True)
    assert told(alike, dominated="design 3 dominates it: it is a tree").endswith("Design 3 dominates it: it is a tree.")


def test_terminal_and_page_tell_the_same(alike):
    metrics = replace(alike.metrics, dominated="design 3 dominates the chosen one")
    record = replace(alike, metrics=metrics)
    sink = Console(file=io.StringIO(), width=400)
    sink.print(summary_table(record))
    sentence = wording.chosen_by(metrics)
    assert sentence in " ".join(sink.file.getvalue().split()) and sentence in render_report(record)
