"""A run on a technology for which nobody has published what converters cost."""

from __future__ import annotations

import csv
import io
import json

import pytest
from rich.console import Console

from bespoke.report import (
    compare_runs,
    comparison_markdown,
    read_run,
    summary_table,
    write_figures,
    write_report,
)
from bespoke.report.breakdown import input_shares
from bespoke.report.front_end import chosen_front_end
from bespoke.run.choosing import _ratios

NETLIST = """
module top (inp, out);
  input [51:0] inp;
  output [1:0] out;
  NAND2X1 g0 (.A1(inp[3]), .A2(inp[27]), .Y(out[0]));
  INVX1 g1 (.A(inp[51]), .Y(out[1]));
endmodule
"""


@pytest.fixture
def unpriced(run_folder):
    folder = run_folder()
    metrics = json.loads((folder / "metrics.json").read_text())
    metrics["technology"], metrics["supply_v"] = "egfet-0.6v", 0.6
    for design in ("chosen", "baseline"):
        for name in ("front_end_area_cm2", "front_end_power_mw", "system_area_cm2", "system_power_mw"):
            metrics[design][f"estimated_{name}"] = None
        metrics[design] |= {"comparators": None, "estimated_energy_per_decision_uj": None}
        metrics[design] |= {"power_sources": [], "power_source": None}
        metrics[design]["front_end"] = {"kind": "binary", "comparators": None, "figures": None, "source": None}
    metrics["ratios"] |= {"system_area": None, "system_power": None}
    metrics["rival"] = None
    (folder / "metrics.json").write_text(json.dumps(metrics))
    rows = list(csv.DictReader((folder / "front.csv").read_text().splitlines()))
    with (folder / "front.csv").open("w", newline="") as sink:
        writer = csv.DictWriter(sink, rows[0])
        writer.writeheader()
        for row in rows:
            unknown = [name for name in row if name == "comparators" or "front_end" in name or "system" in name]
            writer.writerow(row | dict.fromkeys(unknown, ""))
    return folder


def test_the_terminal_shows_dashes(unpriced):
    sink = io.StringIO()
    Console(file=sink, width=110).print(summary_table(read_run(unpriced)))
    text = sink.getvalue()
    rows = [line.split() for line in text.splitlines()]
    assert [row[3:] for row in rows if row[:1] == ["system"]] == [["–", "–", "–"]] * 2
    assert ["power", "source", "–", "–"] in rows and ["comparators", "–", "–", "–"] in rows
    assert "No figures of a binary front end are known for egfet-0.6v" in text


def test_page_and_figures_are_written(unpriced):
    page = write_report(unpriced).read_text(encoding="utf-8")
    assert "None" not in page and "Carried by" not in page and "Blue Spark" not in page
    assert 'value="system-power"' not in page and 'value="power" checked' in page
    assert all(path.stat().st_size for path in write_figures(unpriced))
    record = read_run(unpriced)
    shares = input_shares(record, chosen_front_end(record, None))
    assert {(share.converter_area_cm2, share.converter_power_mw) for share in shares} == {(None, None)}


def test_comparisons_leave_it_out(unpriced, run_folder, tmp_path):
    path = tmp_path / "other.v"
    path.write_text(NETLIST)
    frame = compare_runs([unpriced], foreign=[path])
    names = ["estimated_system_area_cm2", "estimated_system_power_mw", "comparators", "power_source"]
    assert frame[names].isna().all(axis=None)
    assert "System" not in comparison_markdown(frame) and "source" not in comparison_markdown(frame)
    both = comparison_markdown(compare_runs([unpriced, run_folder("logic")]))
    assert "System power, mW" in both and " – |" in both


def test_ratios_of_unknown_figures_are_unknown(unpriced):
    metrics = read_run(unpriced).metrics
    ratios = _ratios(metrics.baseline, metrics.chosen)
    assert ratios.system_area is None and ratios.system_power is None
    assert ratios.area == metrics.ratios.area
