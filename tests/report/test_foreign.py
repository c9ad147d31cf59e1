"""Foreign Verilog beside a run: measured as the run's own designs are."""

from __future__ import annotations

import numpy as np
import pytest

from bespoke.errors import InputError
from bespoke.netlist import area_cm2, read_netlist
from bespoke.report import compare_runs, foreign, read_run
from bespoke.rtl import emit_verilog
from bespoke.sensing import feature_bits

NETLIST = """
module top (inp, out);
  input [51:0] inp;
  output [1:0] out;
  wire n;
  NAND2X1 g0 (.A1(inp[3]), .A2(inp[27]), .ZN(n));
  INVX1 g1 (.A(n), .ZN(out[0]));
  INVX1 g2 (.A(inp[51]), .ZN(out[1]));
endmodule
"""


def pins(text, technology):
    """The text with the pin names that the technology gives its cells."""
    nand, inverter = technology.cell("NAND2X1"), technology.cell("INVX1")
    return (
        text.replace(".A1(", f".{nand.inputs[0]}(")
        .replace(".A2(", f".{nand.inputs[1]}(")
        .replace(".ZN(n)", f".{nand.output}(n)")
        .replace(".A(", f".{inverter.inputs[0]}(")
        .replace(".ZN(out", f".{inverter.output}(out")
    )


def test_a_netlist_is_measured_as_it_stands(run_folder, tmp_path):
    folder = run_folder()
    record = read_run(folder)
    path = tmp_path / "other.v"
    path.write_text(pins(NETLIST, record.technology))
    row = compare_runs([folder], baselines=False, foreign=[path]).iloc[1]
    # By hand: one NAND2 and two inverters; class 1 where both bits, plus 2 where bit 51 is low.
    assert row["cells"] == 3 and row["area_cm2"] == pytest.approx((247860 + 2 * 228420) * 1e-8, rel=1e-6)
    part = record.test_part()
    features = part.features
    expected = ((features[:, 0] >> 3) & (features[:, 6] >> 3) & 1) + 2 * (1 - (features[:, 12] >> 3))
    assert row["test_accuracy"] == (expected == part.classes).mean()
    assert row["design"] == "other.v, as it is"
    # Three converters that deliver the highest bit alone: two lines, so two comparators, and no OR each.
    assert row["estimated_system_area_cm2"] == pytest.approx(row["area_cm2"] + 3 * 2 * 0.0008)
    assert row["comparators"] == 6 and row["front_end"] == "binary, esl-2024"
    # The logic alone needs less than the harvester's 0.1 mW; the source named carries its converters, too.
    assert row["total_power_mw"] < 0.1 < row["estimated_system_power_mw"] and row["power_source"] == "Blue Spark"
    assert row["static_power_mw"] > 0 and row["total_power_mw"] > row["static_power_mw"]
    assert area_cm2(read_netlist(path, record.technology)) == row["area_cm2"]


@pytest.mark.eda
def test_other_verilog_is_mapped_first(run_folder, tmp_path):
    folder = run_folder()
    record = read_run(folder)
    path = tmp_path / "rtl.v"
    path.write_text(emit_verilog(record.chosen_model))
    frame = compare_runs([folder], baselines=False, foreign=[path])
    assert frame.loc[1, "test_accuracy"] == record.metrics.chosen.accuracy.test.value
    assert frame.loc[1, "design"] == "rtl.v, mapped here" and frame.loc[1, "cells"] > 20


class Seen(Exception):
    """The back end was reached and what it got has been looked at."""


def test_the_back_end_sees_training_vectors_alone(run_folder, tmp_path, monkeypatch):
    folder = run_folder()
    record = read_run(folder)
    path = tmp_path / "rtl.v"
    path.write_text(emit_verilog(record.chosen_model))

    def synthesise(sources, *, data_bits, clock_ms, **options):
        assert np.array_equal(data_bits, feature_bits(record.train_part().features, record.metrics.data.bits))
        assert clock_ms == record.metrics.chosen.clock_ms
        raise Seen

    monkeypatch.setattr(foreign, "synthesise", synthesise)
    with pytest.raises(Seen):
        compare_runs([folder], foreign=[path])
    (folder / "vectors/train.csv").unlink()
    with pytest.raises(InputError, match=r"train\.csv"):
        compare_runs([folder], foreign=[path])


def test_other_ports_are_named(run_folder, tmp_path):
    folder = run_folder()
    path = tmp_path / "narrow.v"
    technology = read_run(folder).technology
    path.write_text(pins(NETLIST, technology).replace("[51:0] inp", "[59:0] inp"))
    with pytest.raises(InputError, match="60 input and 2 output bits"):
        compare_runs([folder], foreign=[path])


def test_what_is_missing_is_named(run_folder, tmp_path):
    with pytest.raises(InputError, match=r"gone\.v does not exist"):
        compare_runs([run_folder()], foreign=[tmp_path / "gone.v"])
    with pytest.raises(InputError, match="name a run"):
        compare_runs([], foreign=[tmp_path / "gone.v"])
