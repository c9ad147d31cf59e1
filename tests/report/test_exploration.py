"""What an exploration shows: the costs of the whole system, as the search estimates them."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest
from sample_runs import sample_network

from bespoke.cli.design import _exploration_json, _show_exploration
from bespoke.costs import COSTS, Costs, Objective
from bespoke.design import EXACT_BASELINE, Design, Forecast
from bespoke.report import write_exploration_figures
from bespoke.report.exploration import draw_exploration
from bespoke.run.exploration import Exploration, _table
from bespoke.run.metrics import SearchSummary
from bespoke.statistics import Accuracy


@pytest.fixture
def found():
    model = sample_network()[0]

    def design(times, origin="search"):
        costs = Costs(0.1 * times, 0.3 * times, 0.002 * times, 0.05 * times, 3 * times)
        share = 0.87 + 0.001 * times
        forecast = Forecast(share, share - 0.03, share + 0.02, share - 0.1, share - 0.2, share - 0.05, 0.01)
        train = Accuracy.of_count(90, 100)
        return Design(model, origin, train, train.value, costs, forecast=forecast, model_file=f"explored/{times}.json")

    summary = SearchSummary(1000, 1.0, 0.0, 2, 0.5)
    return Exploration(
        None,
        Objective.SYSTEM_POWER,
        (design(1), design(2)),
        design(50, EXACT_BASELINE),
        summary,
        Path("explored.csv"),
        (None, None),
    )


def test_json_and_table_hold_the_system(found):
    entry = _exploration_json(found)["designs"][1]
    assert entry["comparators"] == 6 and entry["estimated_system_power_mw"] == pytest.approx(0.7)
    row = list(csv.DictReader(_table(found.designs, found.copies).splitlines()))[1]
    for name in ("estimated_front_end_area_cm2", "estimated_system_area_cm2", "estimated_system_power_mw"):
        assert float(row[name]) == pytest.approx(entry[name])
    for name, value in (("accuracy", 0.872), ("low", 0.842), ("high", 0.892), ("score", 0.772)):
        assert float(row[f"forecast_{name}"]) == pytest.approx(entry[f"forecast_{name}"]) == pytest.approx(value)


def test_the_terminal_shows_the_system(found, capsys):
    _show_exploration(found, ())
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["1", "90.0", "%", "87.2", "%", "0.700", "0.204", "6", "0.600", "0.200", "network"] in lines


def test_near_copies_are_one_line_of_the_terminal_and_all_lines_of_the_table(found, capsys):
    alike = replace(found, copies=(None, 0))
    _show_exploration(alike, ())
    shown = capsys.readouterr().out
    assert "0 (and 1 near-copy)" in shown and "\n    1 " not in shown
    assert [row["copy_of"] for row in csv.DictReader(_table(alike.designs, alike.copies).splitlines())] == ["", "0"]
    assert [entry["copy_of"] for entry in _exploration_json(alike)["designs"]] == [None, 0]


@pytest.mark.parametrize("objective", COSTS)
def test_the_figure_is_drawn_against_what_was_made_small(found, objective, tmp_path):
    figure = draw_exploration(replace(found, objective=objective))
    label = figure.axes[0].get_xlabel()
    assert ("system" in label) == objective.counts_front_end and ("mW" in label) == objective.is_power
    xs = [x for line in figure.axes[0].lines for x in line.get_xdata()]
    assert max(xs) == pytest.approx(found.baseline.estimated.along(objective))
    assert "Forecast" in figure.axes[0].get_ylabel()
    ys = {round(float(y), 6) for line in figure.axes[0].lines for y in line.get_ydata()}
    assert ys == {87.1, 87.2, 92.0}
    assert write_exploration_figures(replace(found, objective=objective), tmp_path, ["svg"])[0].stat().st_size


def test_a_baseline_without_a_price_is_left_out(found):
    bare = replace(found.baseline, estimated=Costs(5.0, 15.0))
    lines = draw_exploration(replace(found, baseline=bare)).axes[0].lines
    assert "exact baseline" not in [line.get_label() for line in lines]
