"""What a report, a summary and a comparison say of prints; nothing of runs that know nothing of them."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from bespoke.errors import InputError
from bespoke.netlist import read_netlist
from bespoke.netlist.schematic import GateMark, schematic_svg
from bespoke.report import compare_runs, comparison_markdown, read_run, summary_table
from bespoke.report.page import render_report
from bespoke.report.robustness import (
    SEVERITIES,
    hundred,
    in_a_hundred,
    read_robustness,
    severity,
    share,
    yield_chart,
)
from bespoke.run.metrics import RobustnessSummary
from bespoke.run.printed import summary_of
from bespoke.technology import load_technology


@pytest.fixture
def printed(sample_runs) -> Path:
    """A run with everything that is said of prints, hostile names and all; not to be written into."""
    return sample_runs["printed"]


class Section(HTMLParser):
    """Text of the section on prints, and ids in the page."""

    def __init__(self, page: str):
        super().__init__()
        self.text, self.ids, self._depth = "", [], 0
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        named = dict(attributes).get("id")
        self.ids.append(named)
        if tag == "section":
            self._depth = 1 if named == "prints" else self._depth and self._depth + 1

    def handle_endtag(self, tag):
        if tag == "section" and self._depth:
            self._depth -= 1

    def handle_data(self, data):
        if self._depth:
            self.text += data


def test_the_page_says_it_in_words_first(printed):
    page = render_report(read_run(printed))
    record = read_robustness(printed)
    section = Section(page)
    for point in record.yields:
        assert in_a_hundred(point, record.floor) in section.text
    assert section.text.index("Of a hundred prints at") < section.text.index("stuck-at")
    for fault in record.single_stuck_at.critical[:10]:
        assert fault.site in section.text
    for one in SEVERITIES:
        assert one.name in section.text
    for corner in record.corners:
        assert corner.technology in section.text
    assert "comparator offset" in section.text and "<script>alert" not in page
    assert "Schematic by the worst fault" in page and 'href="#prints"' in page


def test_every_gate_of_the_schematic_has_the_colour_of_its_worst_fault(printed):
    page = render_report(read_run(printed))
    drawing = page[page.index('data-name="fault-schematic"') :].split("</figure>")[0]
    record = read_robustness(printed)
    for gate, worst in record.single_stuck_at.worst_of_gates.items():
        how = severity(record.intact_accuracy.value - worst)
        (shown,) = re.findall(rf'<g class="gate"><title>\w+ {gate}: [^<]*</title>.*?</g>', drawing, re.DOTALL)
        assert f"fill:{how.colour}" in shown and f"leaves {worst:.3f}" in shown
        assert not how.sign or f">{how.sign}</text>" in shown


def test_a_run_of_an_earlier_version_says_nothing(printed, tmp_path):
    old = shutil.copytree(printed, tmp_path / "old")
    (old / "robustness.json").unlink()
    metrics = json.loads((old / "metrics.json").read_text())
    del metrics["robustness"]
    (old / "metrics.json").write_text(json.dumps(metrics))
    record = read_run(old)
    assert record.metrics.robustness is None
    page = render_report(record)
    assert "prints" not in Section(page).ids and 'href="#prints"' not in page
    frame = compare_runs([old])
    assert frame["share_of_good_prints"].isna().all() and "Good prints" not in comparison_markdown(frame)


def test_a_damaged_record_is_told(printed, tmp_path):
    broken = shutil.copytree(printed, tmp_path / "broken")
    for text, told in (('{"schema": 7}', "schema 7"), ('{"schema": 1}', "damaged")):
        (broken / "robustness.json").write_text(text)
        with pytest.raises(InputError, match=told):
            render_report(read_run(broken))


def test_summary_and_comparison(printed):
    from io import StringIO

    from rich.console import Console

    record = read_robustness(printed)
    point = record.at(0.99)
    console = Console(file=StringIO(), width=300)
    console.print(summary_table(read_run(printed)))
    assert in_a_hundred(point, record.floor) in console.file.getvalue()
    frame = compare_runs([printed])
    assert frame["expected_printed_accuracy"][0] == point.expected_accuracy
    assert frame["share_of_good_prints"][0] == point.good_prints
    assert share(point.good_prints) in comparison_markdown(frame)


def test_the_summary_of_metrics_is_the_records(printed):
    metrics = read_run(printed).metrics
    assert isinstance(metrics.robustness, RobustnessSummary)
    assert metrics.robustness == summary_of(read_robustness(printed), 0.99)


def test_curves_stand_where_their_figures_do(printed):
    record = read_robustness(printed)
    chart = yield_chart(record)
    (zero, _), *_, (one, _) = chart.up
    for curve, name in zip(chart.curves, ("expected_accuracy", "good_prints", "perfect_prints"), strict=True):
        heights = [(zero - y) / (zero - one) for _, y in curve.points]
        assert heights == pytest.approx([getattr(point, name) for point in record.yields])
        across = [x for x, _ in curve.points]
        assert np.all(np.diff(across) > 0)
    assert yield_chart(replace(record, yields=record.yields[:1])) is None


def test_counts_of_a_hundred_never_say_all_or_none_of_nearly():
    assert [hundred(value) for value in (0, 0.001, 0.714, 0.9999, 1)] == [
        "0", "fewer than one", "71", "more than 99", "100",
    ]  # fmt: skip
    assert [share(value) for value in (0, 1e-6, 0.0012, 0.5, 0.99999, 1)] == [
        "0 %", "< 0.01 %", "0.12 %", "50.0 %", "> 99.99 %", "100 %",
    ]  # fmt: skip


def test_a_schematic_without_marks_is_as_ever(printed):
    netlist = read_netlist(printed / "netlist.v", load_technology())
    assert schematic_svg(netlist) == schematic_svg(netlist, marks={})
    marked = schematic_svg(netlist, marks={3: GateMark("#123456", "<", "said & done")})
    assert marked.count("fill:#123456") == 2  # a NAND and its bubble
    assert ">&lt;</text>" in marked and "said &amp; done" in marked
