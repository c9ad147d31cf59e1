"""A run on a technology for which nobody has published what converters cost."""

from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

from bespoke.pipeline.run import _ratios
from bespoke.report import (
    compare_runs,
    comparison_markdown,
    read_run,
    summary_table,
    write_figures,
    write_report,
)
from bespoke.report.breakdown import input_shares

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
            metrics[design][name] = None
    metrics["ratios"] |= {"system_area": None, "system_power": None}
    (folder / "metrics.json").write_text(json.dumps(metrics))
    return folder


def test_the_terminal_shows_dashes(unpriced):
    sink = io.StringIO()
    Console(file=sink, width=110).print(summary_table(read_run(unpriced).metrics))
    rows = [line.split() for line in sink.getvalue().splitlines()]
    assert [row[4:] for row in rows if row[:3] == ["with", "front", "end,"]] == [["–", "–", "–"]] * 2


def test_page_and_figures_are_written(unpriced):
    page = write_report(unpriced).read_text(encoding="utf-8")
    assert "comes on top" not in page and "None" not in page
    assert all(path.stat().st_size for path in write_figures(unpriced))
    shares = input_shares(read_run(unpriced), None)
    assert {(share.converter_area_cm2, share.converter_power_mw) for share in shares} == {(None, None)}


def test_comparisons_leave_it_out(unpriced, run_folder, tmp_path):
    path = tmp_path / "other.v"
    path.write_text(NETLIST)
    frame = compare_runs([unpriced], foreign=[path])
    assert frame["system_area_cm2"].isna().all() and frame["system_power_mw"].isna().all()
    assert "front end" not in comparison_markdown(frame)
    both = comparison_markdown(compare_runs([unpriced, run_folder("logic")]))
    assert "With front end, cm²" in both and " – |" in both


def test_ratios_of_unknown_figures_are_unknown(unpriced):
    metrics = read_run(unpriced).metrics
    ratios = _ratios(metrics.baseline, metrics.chosen)
    assert ratios.system_area is None and ratios.system_power is None
    assert ratios.area == metrics.ratios.area
