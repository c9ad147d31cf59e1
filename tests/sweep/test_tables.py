"""Tables of a sweep against counts made by hand and by enumeration."""

import csv
import json
import math
import statistics

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from bespoke.cli import app
from bespoke.report.sweep_summary import plus_minus, rows, summary_latex, summary_text
from bespoke.sweep import read_sweep, run_sweep
from bespoke.sweep.tables import on_front, read_summary, summary
from tests.sample_runs import write_sample_run

FILE = '[run]\nworkers = 1\n[sweep]\ndata = ["iris", "wine"]\nseed = [0, 1, 2]\nhidden = ["auto", [2]]\n'
#: Of Student's distribution with two degrees of freedom, from a printed table.
T_975_OF_2 = 4.302653


@pytest.fixture
def swept(tmp_path, monkeypatch):
    """The folder of a sweep whose runs are stood in for by sample runs."""

    def fake(config, out, **_):
        write_sample_run(out, seed=config.seed, data_name=config.data, area=0.5 + 0.1 * config.seed**2)

    monkeypatch.setattr("bespoke.run.job.run", fake)
    (tmp_path / "sweep.toml").write_text(FILE)
    run_sweep(read_sweep(tmp_path / "sweep.toml"), tmp_path / "out")
    return tmp_path / "out"


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.none() | st.integers(0, 4)), max_size=12))
def test_the_front_is_what_no_design_beats(designs):
    def beats(one, other):
        return one[1] is not None and one[0] >= other[0] and one[1] <= other[1] and one != other

    expected = [int(own[1] is not None and not any(beats(one, own) for one in designs)) for own in designs]
    accuracy = pd.Series([one[0] / 4 for one in designs], dtype=float)
    cost = pd.Series([pd.NA if one[1] is None else one[1] for one in designs], dtype="Float64")
    assert on_front(accuracy, cost).tolist() == expected


def test_fronts_hold_every_design_of_every_point_and_a_front_per_data_set(swept):
    with (swept / "sweep.csv").open(newline="") as source:
        points = list(csv.DictReader(source))
    table = pd.read_csv(swept / "fronts.csv")
    counts = [len(pd.read_csv(swept / point["folder"] / "front.csv")) for point in points]
    assert len(table) == sum(counts)
    own = pd.read_csv(swept / points[3]["folder"] / "front.csv")
    there = table[table["folder"] == points[3]["folder"]].reset_index(drop=True)
    pd.testing.assert_frame_equal(there[own.columns], own, check_dtype=False)
    for _, designs in table.groupby("data"):
        for _, design in designs.iterrows():
            better = (designs["forecast_accuracy"] >= design["forecast_accuracy"]) & (
                designs["estimated_system_power_mw"] <= design["estimated_system_power_mw"]
            )
            same = (designs["forecast_accuracy"] == design["forecast_accuracy"]) & (
                designs["estimated_system_power_mw"] == design["estimated_system_power_mw"]
            )
            assert design["pareto"] == int(not (better & ~same).any())


def test_parquet_holds_what_csv_does(swept):
    for name in ("sweep", "fronts"):
        parquet = pd.read_parquet(swept / f"{name}.parquet")
        again = pd.read_csv(swept / f"{name}.csv")
        assert list(parquet.columns) == list(again.columns)
        for column in again:
            mine, theirs = parquet[column], again[column]
            if pd.api.types.is_numeric_dtype(theirs):
                np.testing.assert_array_equal(mine.to_numpy(float, na_value=np.nan), theirs.to_numpy(float))
            else:
                assert mine.tolist() == theirs.tolist()


def test_the_summary_is_over_seeds_alone(swept):
    table = read_summary(swept)
    assert table[["data", "hidden", "n"]].values.tolist() == [
        ["iris", "auto", 3], ["iris", "2", 3], ["wine", "auto", 3], ["wine", "2", 3],
    ]  # fmt: skip
    areas = [0.5, 0.6, 0.9]
    first = table.iloc[0]
    assert first["area_cm2_mean"] == pytest.approx(statistics.mean(areas))
    assert first["area_cm2_sd"] == pytest.approx(statistics.stdev(areas))
    half = T_975_OF_2 * statistics.stdev(areas) / math.sqrt(3)
    assert first["area_cm2_half_width"] == pytest.approx(half, rel=1e-6)


def test_points_that_failed_and_figures_that_lack_do_not_count():
    figures = {"forecast_accuracy": [0.5, 0.7, 0.1], "area_cm2": [1.0, 2.0, 9.0]}
    table = pd.DataFrame(
        {"seed": [0, 1, 2], "status": ["done", "done", "no design"], "test_accuracy": [0.9, math.nan, math.nan]}
        | figures
        | {"estimated_system_power_mw": [math.nan] * 3}
    )
    (row,) = summary(table, ["seed"]).to_dict("records")
    assert (row["n"], row["test_accuracy_mean"], row["area_cm2_mean"]) == (2, 0.9, 1.5)
    assert math.isnan(row["test_accuracy_sd"])
    assert math.isnan(row["test_accuracy_half_width"])
    assert math.isnan(row["estimated_system_power_mw_mean"])


@pytest.mark.parametrize(
    ("mean", "deviation", "percent", "expected"),
    [
        (0.956, 0.0123, True, "95.6 ± 1.2"),
        (0.956, math.nan, True, "95.6"),
        (math.nan, math.nan, False, "–"),
        (1.23456, 0.045678, False, "1.235 ± 0.046"),
        (0.0123, 0.0, False, "0.0123 ± 0.0000"),
        (123.4, 56.7, False, "123 ± 57"),
    ],
)
def test_mean_and_spread_in_one_cell(mean, deviation, percent, expected):
    assert plus_minus(mean, deviation, percent=percent) == expected


def test_the_summary_is_printed_in_every_format(swept):
    call = ["sweep", str(swept.parent / "sweep.toml"), "--out", str(swept), "--format"]
    printed = {kind: CliRunner().invoke(app, [*call, kind]).stdout for kind in ("text", "csv", "latex", "json")}
    assert printed["csv"] == (swept / "summary.csv").read_text()
    table = read_summary(swept)
    assert printed["text"] == summary_text(table)
    assert printed["latex"] == summary_latex(table)
    assert [row["area_cm2_mean"] for row in json.loads(printed["json"])] == pytest.approx(table["area_cm2_mean"])
    for row in rows(table):
        assert all(cell in printed["text"] for cell in row)
        assert " & ".join(row).replace("±", "$\\pm$") in printed["latex"]
    assert printed["latex"].count("\\\\") == 5
