"""Longest path by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bespoke.netlist import read_netlist, timing
from bespoke.netlist.timing import lookup
from bespoke.technology import Technology, TimingArc, load_technology

EGFET = load_technology()

ARC = TimingArc(
    slews_ms=(1.0, 3.0),
    loads_nf=(10.0, 20.0),
    delays_ms=((2.0, 4.0), (3.0, 5.0)),
    output_slews_ms=((1.0, 2.0), (1.5, 2.5)),
)

CHAIN = """
module top(a, b, y); input a, b; output y; wire m, n;
INVX1 g0 (.A(a), .Y(m)); NAND2X1 g1 (.A1(m), .A2(b), .Y(n)); INVX1 g2 (.A(n), .Y(y)); endmodule
"""


def small_technology() -> Technology:
    """EGFET's inverter and NAND with the round figures above; an inverter pin loads 10 nF, a NAND pin 15 nF."""
    inverter = replace(EGFET.cell("INVX1"), input_cap_nf=(10.0,), arcs=(ARC,))
    slower = replace(ARC, delays_ms=((3.0, 5.0), (4.0, 6.0)))
    nand = replace(EGFET.cell("NAND2X1"), input_cap_nf=(15.0, 15.0), arcs=(ARC, slower))
    return replace(EGFET, cells=(inverter, nand))


def test_tables_are_interpolated_within_and_extrapolated_along_the_load():
    assert lookup(ARC, 2.0, 15.0) == pytest.approx((3.5, 1.75, False))
    assert lookup(ARC, 1.0, 10.0) == pytest.approx((2.0, 1.0, False))
    assert lookup(ARC, 1.0, 5.0) == pytest.approx((1.0, 0.5, True))
    assert lookup(ARC, 1.0, 30.0) == pytest.approx((6.0, 3.0, True))
    assert lookup(ARC, 99.0, 20.0) == pytest.approx((5.0, 2.5, True))  # held at the steepest known slew
    assert lookup(ARC, 1.0, -40.0) == (0.0, 0.0, True)


def test_longest_path_by_hand():
    """g0 drives a NAND pin (15 nF): 3 ms, slew 1.5. g1 drives an inverter (10 nF): 2.25 ms from A1 at slew 1.5; from b,
    through the slower pin, 3 ms at time 0. g2 drives no pin: extrapolated to 0 nF, 0 ms plus a quarter for its slew."""
    result = timing(read_netlist(CHAIN, small_technology()), 200)
    assert [step.instance for step in result.path] == ["g0", "g1", "g2"]
    assert [step.pin for step in result.path] == ["A", "A1", "A"]
    # g1's slew: A1 at 1.5 ms gives 1.125, A2 at 1 ms gives 1.0; g2 then has delay (2.0625 - 2.0625 + ...) by its table
    slew = 1.125
    share = (slew - 1.0) / 2.0
    last = (2.0 + share) - (2.0 + 0.0)  # 10 nF less at 0.2 ms/nF
    assert [step.arrival_ms for step in result.path] == pytest.approx([3.0, 5.25, 5.25 + last])
    assert result.delay_ms == pytest.approx(5.25 + last)
    assert result.indicative
    assert result.meets_clock
    assert not timing(read_netlist(CHAIN, small_technology()), 5.0).meets_clock


def test_characterised_loads_and_slews_are_not_indicative():
    text = """
    module top(a, q); input a; output q; wire m, n;
    INVX1 g0 (.A(a), .Y(m)); INVX1 g1 (.A(a), .Y(n));
    DFFNRX1 f (.CP(a), .D(m), .RST_N(1'b1), .Q(q)); DFFNRX1 h (.CP(a), .D(n), .RST_N(1'b1)); endmodule
    """
    technology = small_technology()
    technology = replace(technology, flip_flops=(replace(technology.flip_flops[0], data_cap_nf=12.0),))
    result = timing(read_netlist(text, technology), 200)
    assert not result.indicative
    # the flip-flop's own time from clock to output is longer than the inverter's 2.4 ms
    assert result.delay_ms == pytest.approx(technology.flip_flops[0].clock_to_output_ms)


def test_egfet_gates_take_about_a_millisecond():
    text = "module top(a, y); input a; output y; wire [20:0] n; assign n[0] = a; assign y = n[20];\n" + "".join(
        f"NAND2X1 g{i} (.A1(n[{i}]), .A2(1'b1), .Y(n[{i + 1}]));\n" for i in range(20)
    )
    result = timing(read_netlist(text + "endmodule", EGFET), 200)
    assert len(result.path) == 20
    assert 0.5 * 20 < result.delay_ms < 2 * 20
    assert result.indicative


def test_wires_have_no_delay_and_unknown_delays_are_none():
    wire = timing(read_netlist("module top(a, y); input a; output y; assign y = a; endmodule", EGFET), 200)
    assert (wire.delay_ms, wire.path, wire.indicative) == (0.0, (), False)
    bare = replace(EGFET, cells=(replace(EGFET.cell("INVX1"), arcs=()), EGFET.cell("NAND2X1")))
    assert timing(read_netlist(CHAIN, bare), 200) is None
    unloaded = replace(EGFET, cells=(replace(EGFET.cell("INVX1"), input_cap_nf=()), EGFET.cell("NAND2X1")))
    assert timing(read_netlist(CHAIN, unloaded), 200) is None
    assert np.isfinite(timing(read_netlist(CHAIN, EGFET), 200).delay_ms)
