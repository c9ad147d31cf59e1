"""A run on a technology that states no delays and no energies: told as unknown, never as zero."""

from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

from bespoke.report import compare_runs, comparison_markdown, read_run, summary_table, write_report


@pytest.fixture
def untold(run_folder):
    folder = run_folder()
    metrics = json.loads((folder / "metrics.json").read_text())
    for design in ("chosen", "baseline"):
        metrics[design] |= {"delay_ms": None, "meets_clock": None, "delay_is_indicative": False}
        metrics[design] |= {"dynamic_power_mw": None, "estimated_energy_per_decision_uj": None}
        metrics[design] |= {"total_power_mw": metrics[design]["static_power_mw"]}
    (folder / "metrics.json").write_text(json.dumps(metrics))
    return folder


def test_the_terminal_says_so(untold):
    sink = io.StringIO()
    Console(file=sink, width=110).print(summary_table(read_run(untold)))
    text = sink.getvalue()
    (delay,) = [line for line in text.splitlines() if line.startswith("delay, clock")]
    assert delay.split()[-2:] == ["unknown", "unknown"]
    assert "states no delays: the clock period is not checked" in text
    assert "power is static power alone" in text


def test_the_page_says_so(untold):
    text = write_report(untold).read_text(encoding="utf-8")
    assert text.count("unknown</td>") >= 2
    assert "states no delays: the clock period is not checked" in text
    assert "power is static power alone" in text


def test_comparisons_show_a_dash(untold, run_folder):
    frame = compare_runs([untold])
    assert frame["delay_ms"].isna().all()
    heading, _, first, *_ = comparison_markdown(frame).splitlines()
    column = heading.split(" | ").index("Delay, ms")
    assert first.split(" | ")[column] == "–"
