"""Terminal summary, comparison of runs, figures for papers, and the commands."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace

import matplotlib.image
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from sample_runs import HOSTILE_FEATURE, with_confusion
from typer.testing import CliRunner

from bespoke.cli import app
from bespoke.errors import InputError
from bespoke.importers import Agreement
from bespoke.report import (
    compare_runs,
    comparison_html,
    comparison_latex,
    comparison_markdown,
    comparison_output,
    comparison_table,
    named_columns,
    read_run,
    summary_table,
    wording,
    write_figures,
)
from bespoke.report.comparison import COLUMNS, readable
from bespoke.report.terminal import MAX_LISTED
from bespoke.report.wording import figures
from bespoke.run.metrics import RunMetrics, restored, to_json


def shown(renderable, width=110):
    sink = io.StringIO()
    Console(file=sink, width=width).print(renderable)
    return sink.getvalue()


def test_summary_shows_both_designs_and_their_ratio(sample_runs):
    record = read_run(sample_runs["network"])
    metrics = record.metrics
    text = shown(summary_table(record), width=80)
    assert max(map(len, text.splitlines())) <= 80
    for words in (
        wording.accuracy(metrics.chosen.accuracy.test),
        wording.accuracy(metrics.baseline.accuracy.train),
        wording.forecast(metrics.chosen),
        wording.forecast(metrics.baseline),
        "124/54 development/test samples",
        "training and searching 44 s, mapping the front 1",
        "0.620",
        "21.4",
        f"{21.4 / 0.62:.1f}×",
        wording.figures(metrics.chosen.estimated_system_power_mw) + " mW",
        wording.ratio(metrics.ratios.system_power),
        str(metrics.chosen.comparators),
        "Molex",
        "none",
        "(Molex)",
        "Flash converters: ",
        "Rival tree",
        "(2.00× ours)",
        "214",
        "clock 200 ms",
        "proven equal",
    ):
        assert words in text, words


def test_summary_says_what_forecasts_rest_on(sample_runs):
    folds, validated = (read_run(sample_runs[kind]) for kind in ("network", "validated"))
    text = " ".join(shown(summary_table(folds)).split())
    assert "Forecasts are cross-fitted: 5 times the whole procedure ran without a fold" in text
    assert "validation" not in text
    text = " ".join(shown(summary_table(validated)).split())
    assert "Forecasts are from the validation part, which neither training nor search has seen." in text
    assert "93/31/54 training/validation/test samples" in text


def test_summary_shows_the_score_where_the_metric_is_not_the_accuracy(sample_runs):
    plain, balanced = (read_run(sample_runs[kind]) for kind in ("network", "validated"))
    assert "balanced" not in shown(summary_table(plain))
    rows = [line.split() for line in shown(summary_table(balanced)).splitlines()]
    (row,) = [row for row in rows if row[:3] == ["balanced", "accuracy,", "forecast"]]
    chosen, baseline = balanced.metrics.chosen, balanced.metrics.baseline
    assert row[3:] == f"{wording.forecast_score(chosen)} {wording.forecast_score(baseline)}".split()
    assert chosen.forecast_score != chosen.forecast_accuracy


def test_summary_says_how_an_imported_model_agrees(sample_runs):
    record = read_run(sample_runs["network"])
    for same, words in ((124, "124 of 124 training samples (onnxruntime)."), (120, "120 of 124 training samples")):
        metrics = replace(record.metrics, imported_agreement=Agreement(same, 124, "m.onnx", "onnxruntime"))
        text = " ".join(shown(summary_table(replace(record, metrics=metrics))).split())
        assert f"The imported model answers as m.onnx does on {words}" in text
        assert ("Warning: The imported" in text) == (same < 124)
        assert restored(RunMetrics, json.loads(json.dumps(to_json(metrics)))).imported_agreement.same == same
    assert "imported model" not in shown(summary_table(record))


def test_the_rivals_forecast_stands_in_the_summary(sample_runs):
    record = read_run(sample_runs["network"])
    text = " ".join(shown(summary_table(record)).split())
    assert f"accuracy {record.metrics.rival.forecast_accuracy:.3f} by forecast" in text


def test_a_forecast_that_is_not_known_is_a_dash(sample_runs):
    design = replace(read_run(sample_runs["network"]).metrics.chosen, forecast_accuracy=None, forecast_score=None)
    assert wording.forecast(design) == wording.forecast_score(design) == "–"


def test_summary_reads_no_markup_from_names(sample_runs):
    record = read_run(sample_runs["network"])
    metrics = record.metrics
    hostile = replace(
        metrics,
        data=replace(metrics.data, name="[red]wine[/red] [link=x]"),
        chosen=replace(metrics.chosen, power_source="[bold]x[/]"),
    )
    text = shown(summary_table(replace(record, metrics=hostile)))
    assert "[red]wine[/red] [link=x]" in text and "[bold]x[/]" in text


@pytest.mark.parametrize(
    ("confusion", "words"),
    [
        (((3, 0, 0), (5, 0, 1), (0, 0, 0)), "never answers class grignolino: 6 of the 9 test samples."),
        (((0, 3, 0), (0, 5, 0), (0, 1, 0)), "never answers classes barolo, barbera: 4 of the 9 test samples."),
        (((2, 0, 0), (0, 2, 0), (0, 0, 0)), None),
    ],
)
def test_summary_warns_of_classes_that_are_never_answered(sample_runs, confusion, words):
    record = with_confusion(read_run(sample_runs["network"]), confusion)
    text = " ".join(shown(summary_table(record), width=80).split())
    assert words in text if words else "never answers" not in text


def test_a_warning_names_few_classes(sample_runs):
    design = read_run(sample_runs["network"]).metrics.chosen
    design = replace(design, confusion=tuple((1,) + (0,) * 6 for _ in range(7)))
    warning = wording.never_answered(design, range(7))
    assert warning == "The chosen design never answers classes 1, 2, 3 and 3 more: 6 of the 7 test samples."


def test_summary_lists_comparators_in_the_sensors_unit(sample_runs):
    record = read_run(sample_runs["compared"])
    text = " ".join(shown(summary_table(record), width=80).split())
    name, threshold = record.metrics.data.features[6], record.quantiser.threshold_text(6, 8)
    assert f"{name} ≥ {threshold}" in text and "more" not in text
    many = " ".join(shown(summary_table(read_run(sample_runs["comparators"])), width=80).split())
    wires = read_run(sample_runs["comparators"]).metrics.chosen.comparators
    assert f"… and {wires - MAX_LISTED} more, front_end.csv lists them" in many


def test_summary_tells_the_average_power_where_it_was_asked_for(sample_runs):
    record = read_run(sample_runs["compared"])
    assert "decisions/h" not in shown(summary_table(record))
    designs = {
        name: replace(getattr(record.metrics, name), decisions_per_hour=60.0, estimated_average_power_mw=0.00123)
        for name in ("chosen", "baseline")
    }
    text = shown(summary_table(replace(record, metrics=replace(record.metrics, **designs))), width=80)
    assert "at 60 decisions/h" in text and "0.00123 mW" in text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0345678, "0.0346"),
        (2.0, "2.00"),
        (17.62, "17.6"),
        (99.96, "100"),
        (0.9996, "1.00"),
        (0.09996, "0.100"),
        (1234.5, "1234"),
        (0.0, "0"),
        (None, "–"),
        (1.2e-6, "0.00000120"),
    ],
)
def test_figures_have_three_digits(value, text):
    assert wording.figures(value) == text


@pytest.mark.parametrize(("hours", "text"), [(3.0, "3.0 h"), (100.0, "4.2 days"), (30_000.0, "3.4 years")])
def test_life_times(hours, text):
    assert wording.hours(hours) == text


def test_comparison_of_runs(sample_runs):
    frame = compare_runs([sample_runs["network"], sample_runs["redwine"]])
    assert frame["design"].tolist() == ["network", "network, exact baseline", "redwine", "redwine, exact baseline"]
    assert frame.loc[0, "area_cm2"] == 0.62 and frame.loc[2, "area_cm2"] == 0.02
    assert frame.loc[0, "area_ratio"] == pytest.approx(21.4 / 0.62)
    assert pd.isna(frame.loc[1, "area_ratio"])
    assert (frame["test_accuracy_low"] < frame["test_accuracy"]).all()
    assert len(compare_runs([sample_runs["logic"]], baselines=False)) == 1
    chosen, baseline = (getattr(read_run(sample_runs["network"]).metrics, name) for name in ("chosen", "baseline"))
    assert frame.loc[:1, "comparators"].tolist() == [chosen.comparators, baseline.comparators]
    assert frame.loc[0, "estimated_system_power_mw"] == chosen.estimated_system_power_mw
    assert frame.loc[0, "power_source"] == chosen.power_source and baseline.power_source is None
    assert "| none |" in comparison_markdown(frame)


def test_a_comparison_has_forecasts_and_marks_indicative_delays(sample_runs):
    frame = compare_runs([sample_runs["network"], sample_runs["redwine"]])
    chosen = read_run(sample_runs["network"]).metrics.chosen
    interval = (chosen.forecast_accuracy, chosen.forecast_low, chosen.forecast_high)
    assert tuple(frame.loc[0, ["forecast_accuracy", "forecast_low", "forecast_high"]]) == interval
    forecast = "{:.3f} [{:.3f}, {:.3f}]".format(*interval)
    marks = [chosen.delay_is_indicative, False, True, False]
    frame["delay_is_indicative"] = marks
    delays = ["~" * mark + figures(value) for mark, value in zip(marks, frame["delay_ms"], strict=True)]
    told = readable(frame, ["delay_ms", "forecast_accuracy", "delay_is_indicative"])
    assert [row[0] for row in told.rows] == delays and told.rows[0][1] == forecast
    assert [row[2] for row in told.rows] == ["yes" if mark else "no" for mark in marks]
    few = ["design", "delay_ms", "forecast_accuracy"]
    for write in (comparison_markdown, comparison_html, comparison_latex, terminal_text):
        text = write(frame, few)
        assert forecast in text.replace("{[}", "[").replace("{]}", "]") and "indicative" in text, write
        assert delays[2] in text.replace(r"\textasciitilde{}", "~")
        assert "indicative" not in write(frame.assign(delay_is_indicative=False), few)


def terminal_text(frame, names):
    return shown(comparison_table(frame, names, width=80), width=80)


def test_comparison_as_markdown_and_html(sample_runs):
    frame = compare_runs([sample_runs["network"]])
    frame.loc[0, "design"] = f"a|b {HOSTILE_FEATURE}"
    *lines, empty, note = comparison_markdown(frame).splitlines()
    assert empty == "" and note.startswith("Delays marked ~")
    assert len(lines) == 4 and len({line.replace("\\|", "").count("|") for line in lines}) == 1
    page = comparison_html(frame)
    assert HOSTILE_FEATURE not in page and "&lt;script&gt;" in page


def ten_runs(sample_runs):
    """As ten seeds give them, with names of some length; the figures repeat."""
    frame = compare_runs([sample_runs["network"], sample_runs["redwine"]])
    return pd.concat(
        [
            frame.assign(design=f"breast_cancer-seed-{seed}" + frame["design"].str.extract(r"(,.*)").fillna("")[0])
            for seed in range(5)
        ]
    )


def test_ten_runs_fit_a_terminal(sample_runs):
    text = shown(comparison_table(ten_runs(sample_runs), width=80), width=80)
    lines = [line.rstrip() for line in text.splitlines()]
    assert max(map(len, lines)) <= 80
    head = next(index for index, line in enumerate(lines) if line.startswith("Design"))
    assert len(lines) == head + 1 + 20  # a line each, none folded
    assert lines[head + 1].startswith("breast_cancer-seed-0  ") and lines[head + 2].startswith("  exact baseline  ")
    assert "[0." in lines[head + 1] and lines[head + 1].endswith("×")
    assert " ".join(lines[:head]).split() == ["System", "System", "Ratio,", "Test", "power", "area", "system"]


def test_few_designs_stand_beside_one_another(sample_runs):
    frame = compare_runs([sample_runs["network"]])
    text = shown(comparison_table(frame, width=80), width=80)
    assert "network, exact baseline" in text.splitlines()[0] and "Delay, ms" in text


def test_named_columns_are_shown_below_one_another_where_they_do_not_fit(sample_runs):
    frame = ten_runs(sample_runs)
    names = named_columns(column.name for column in COLUMNS)
    text = shown(comparison_table(frame, names, width=80), width=80)
    assert max(len(line.rstrip()) for line in text.splitlines()) <= 80
    words = text.split()
    for column in COLUMNS:
        assert column.title.split()[0] in words
    assert sum(line.startswith("breast_cancer-seed-4 ") for line in text.splitlines()) >= 4


def test_a_name_without_end_goes_on_in_a_further_line(sample_runs):
    frame = ten_runs(sample_runs)
    frame["design"] = "x" * 90 + frame["design"]
    text = shown(comparison_table(frame, width=80), width=80)
    assert max(map(len, text.splitlines())) <= 80 and "x" * 27 in text and "…" not in text


def test_columns_are_chosen_by_name():
    assert named_columns(["cells", " area_cm2", "cells"]) == ("design", "cells", "area_cm2")
    with pytest.raises(InputError, match=r"'areas' is no column .* design, data, .*area_cm2"):
        named_columns(["cells", "areas"])
    assert [column.name for column in COLUMNS] == list(dict.fromkeys(column.name for column in COLUMNS))


@pytest.mark.parametrize("kind", ["terminal", "markdown", "html", "latex", "csv", "json"])
def test_the_command_takes_columns_by_name(sample_runs, kind):
    command = ["compare", str(sample_runs["network"]), "--format", kind, "--columns", "cells,test_accuracy_low"]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    low = compare_runs([sample_runs["network"]]).loc[0, "test_accuracy_low"]
    assert "214" in result.output and f"{low:.3f}"[:4] in result.output and "0.62" not in result.output
    if kind == "csv":
        assert result.output.splitlines()[0] == "design,cells,test_accuracy_low"
    if kind == "json":
        assert list(json.loads(result.output)[0]) == ["design", "cells", "test_accuracy_low"]
    if kind == "html":
        assert re.findall(r'<th scope="col"[^>]*>([^<]*)', result.output) == ["Design", "Cells", "Test accuracy from"]


def unescaped(cell):
    """What LaTeX prints of a cell, by the definitions of its commands."""
    names = {"textbackslash": "\\", "textasciitilde": "~", "textasciicircum": "^", "textless": "<", "textgreater": ">"}
    names |= {"textbar": "|", "textmu": "µ"}
    text = cell.replace("$\\times$", "×").replace("$\\infty$", "∞").replace("$-$", "−").replace("$\\geq$", "≥")
    text = text.replace("\\textsuperscript{2}", "²")
    text = re.sub(r"\\(text\w+)\{\}|\\([&%$#_{}])|\{([\[\]*])\}", lambda m: names[m[1]] if m[1] else m[2] or m[3], text)
    return text.replace("--", "–")


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.text(alphabet="ab \\&%$#_{}~^<>|[]*²µ×", max_size=12))
def test_latex_shows_names_as_they_are(name):
    escaped = comparison_output.latex_text(name)
    assert unescaped(escaped) == " ".join(name.split())
    assert not re.search(r"(?<!\\)[&%#_~^<>|]", escaped)


def test_a_latex_table_has_booktabs_and_units(sample_runs):
    frame = compare_runs([sample_runs["network"], sample_runs["redwine"]])
    frame.loc[0, "design"] = "50%_a&b [x]"
    lines = comparison_latex(frame).splitlines()
    assert lines[1] == r"\begin{tabular}{lrrrr}" and lines[-1] == r"\end{tabular}"
    assert [line for line in lines if line.endswith("rule")] == [r"\toprule", r"\midrule", r"\bottomrule"]
    assert lines[4] == r" &  & (mW) & (cm\textsuperscript{2}) &  \\"
    assert lines[6].startswith(r"50\%\_a\&b {[}x{]} & ") and len(lines) == 12
    assert {len(re.findall(r"(?<!\\)&", line)) for line in lines if line.endswith(r"\\")} == {4}
    wide = comparison_latex(frame, named_columns(["cells", "topology"]))
    assert r"\begin{tabular}{lrl}" in wide and "(mW)" not in wide


def test_figures_for_papers(run_folder):
    folder = run_folder("redwine")
    written = write_figures(folder)
    assert len(written) == 12
    assert {path.stem for path in written} == {"front", "front_classifiers", "confusion", "comparison"}
    for path in written:
        head = path.read_bytes()[:8]
        assert {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}[path.suffix] in head
        if path.suffix == ".png":
            image = matplotlib.image.imread(path)
            assert image.shape[1] > 600 and image[..., :3].std() > 0.05
    vector = {path: path.read_bytes() for path in written if path.suffix == ".svg"}
    assert {path: path.read_bytes() for path in write_figures(folder, ["svg"])} == vector


def test_figures_take_hostile_labels_as_text(run_folder):
    folder = run_folder("hostile")
    svg = next(path for path in write_figures(folder, ["svg"]) if path.stem == "confusion").read_text()
    assert "<img" not in svg and "&lt;" in svg


def test_figures_in_other_formats_are_refused(sample_runs):
    with pytest.raises(InputError, match="'gif'"):
        write_figures(sample_runs["network"], ["gif"])


@pytest.mark.parametrize("formats", ["jpg", "png,jpg", ""])
def test_the_command_refuses_a_format_before_it_writes_anything(run_folder, formats):
    folder = run_folder("redwine")
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    result = CliRunner().invoke(app, ["report", str(folder), "--figures", formats])
    assert isinstance(result.exception, InputError) and repr(formats.rpartition(",")[2]) in str(result.exception)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before and result.output == ""


def test_the_command_report(run_folder):
    folder = run_folder()
    result = CliRunner().invoke(app, ["report", str(folder), "--figures", "png", "--summary"])
    assert result.exit_code == 0, result.output
    assert (folder / "report.html").is_file() and (folder / "figures" / "front.png").is_file()
    assert "exact baseline" in result.output


@pytest.mark.parametrize("kind", ["terminal", "markdown", "html", "latex", "csv", "json"])
def test_the_command_compare(sample_runs, kind):
    folders = [str(sample_runs["network"]), str(sample_runs["logic"])]
    result = CliRunner().invoke(app, ["compare", *folders, "--format", kind, "--no-baselines"])
    assert result.exit_code == 0, result.output
    if kind == "json":
        assert [row["design"] for row in json.loads(result.output)] == ["network", "logic"]
    if kind == "csv":
        assert len(pd.read_csv(io.StringIO(result.output))) == 2
    assert "logic" in result.output


def test_compare_names_what_is_no_run(sample_runs, tmp_path):
    result = CliRunner().invoke(app, ["compare", str(sample_runs["network"]), str(tmp_path / "gone")])
    assert isinstance(result.exception, InputError) and "gone" in str(result.exception)
