"""Progress fits the terminal: nothing wraps, times are whole, words end where phrases do."""

from __future__ import annotations

import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from bespoke.cli.progress import TerminalProgress, stage_line

TITLES = {
    "reading the data": ("",),
    "choosing the hidden layer": ("5 hidden neurons: accuracy 0.9321 in cross-validation",),
    "training and searching, 5 folds beside the whole": (
        "0 of 6 done; training the float network, searching circuits, quantisation-aware training",
    ),
    "mapping and verifying the exact baseline": ("", "mapped"),
    "mapping 26 designs of the front": ("", "3 of 26", "26 of 26"),
}
TIMES = r"\d+:\d\d:\d\d (\d+:\d\d:\d\d|-:--:--)$"


@pytest.mark.parametrize("columns", [60, 80, 100, 200])
@pytest.mark.parametrize(("title", "note"), [(title, note) for title, notes in TITLES.items() for note in notes])
def test_lines_of_a_run_are_whole(columns, title, note):
    line = stage_line(columns, title=title, note=note, fraction=0.4, elapsed_s=86_399, remaining_s=None)
    assert len(line) <= columns and "…" not in line
    assert line.endswith("23:59:59 -:--:--")
    words = re.sub(TIMES, "", line)
    shown, _, said = words.partition("━") if "━" in words else (words, "", "")
    assert title.startswith(shown.strip())
    assert shown.strip() == title or title[len(shown.strip())] == ","
    said = said.strip("━╌ ")
    assert note.startswith(said) and (said == note or not said or note[len(said)] in ",;:")


@given(
    st.integers(1, 130),
    st.text("ab ,;:", max_size=80),
    st.text("ab ,;:", max_size=80),
    st.floats(0, 1),
    st.floats(0, 1e6),
    st.none() | st.floats(0, 1e6),
)
def test_no_line_is_too_long_and_times_come_first(columns, title, note, fraction, elapsed, remaining):
    line = stage_line(columns, title=title, note=note, fraction=fraction, elapsed_s=elapsed, remaining_s=remaining)
    assert len(line) <= columns
    if columns >= 24:
        assert re.search(TIMES, line)


@pytest.mark.parametrize("columns", [60, 80])
def test_the_terminal_gets_no_longer_line(columns):
    sink = io.StringIO()
    console = Console(file=sink, width=columns, force_terminal=True, color_system=None)
    with TerminalProgress(console) as progress:
        for title, notes in TITLES.items():
            progress.stage(title)
            for note in notes:
                progress.update(0.5, note)
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", sink.getvalue())
    lines = [line for line in re.split(r"[\r\n]+", text) if line]
    assert len(lines) >= len(TITLES)
    assert all(len(line) <= columns and re.search(TIMES, line.rstrip()) for line in lines)


def test_a_terminal_that_does_not_draw_gets_plain_signs():
    sink = io.TextIOWrapper(io.BytesIO(), encoding="latin-1")
    console = Console(file=sink, width=60, force_terminal=True, color_system=None)
    with TerminalProgress(console) as progress:
        progress.stage("mapping 26 designs of the front")
        progress.update(0.5, "13 of 26")
    sink.flush()
    assert b"====" in sink.buffer.getvalue()


def test_nothing_is_shown_where_nobody_looks():
    sink = io.StringIO()
    with TerminalProgress(Console(file=sink, force_terminal=False)) as progress:
        progress.stage("reading the data")
        progress.update(0.5)
    assert sink.getvalue().strip() == ""
