"""Corners against measuring the design with each technology directly."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bespoke.errors import InputError
from bespoke.netlist import dynamic_power, read_netlist, static_power, timing
from bespoke.robustness.corners import corners, family, with_cells_of
from bespoke.sensing import FrontEnd, FrontEndKind, ThermometerWires
from bespoke.technology import load_technology, read_toml, smallest_carrier, to_toml

FAMILY = ("egfet-0.6v", "egfet-0.8v", "egfet-1.0v")
WIRES = ThermometerWires.of(2, 3, [(0, 2), (0, 5), (1, 4), (1, 6)])
BITS = np.random.default_rng(2).random((60, 4)) < 0.5
TOP = """
module top(inp, out);
  input [3:0] inp; output [1:0] out;
  wire a, b;
  XOR2X1 g0(.A1(inp[0]), .A2(inp[2]), .Y(a));
  NOR2X1 g1(.A1(inp[1]), .A2(a), .Y(b));
  INVX1 g2(.A(a), .Y(out[0]));
  INVX1 g3(.A(inp[0]), .Y(out[1]));
endmodule
"""


@pytest.mark.parametrize("own", FAMILY)
def test_corners_are_what_each_technology_measures(own):
    technology = load_technology(own)
    netlist = read_netlist(TOP, technology)
    found = corners(netlist, WIRES, BITS, FrontEndKind.THERMOMETER, technology)
    assert [corner.technology for corner in found] == list(FAMILY)
    assert [corner.supply_v for corner in found] == [0.6, 0.8, 1.0]
    for corner in found:
        member = load_technology(corner.technology)
        direct = read_netlist(TOP, member)
        static = static_power(direct, BITS).total_mw
        dynamic = dynamic_power(direct, BITS, clock_ms=member.clock_ms, supply_v=member.supply_v).total_mw
        delay = timing(direct, member.clock_ms)
        assert (corner.static_power_mw, corner.total_power_mw) == (static, static + dynamic)
        assert (corner.delay_ms, corner.meets_clock) == (delay.delay_ms, True)
        assert corner.clock_ms == member.clock_ms
        if member.front_end_figures:
            front = FrontEnd(FrontEndKind.THERMOMETER, member.front_end_figures[0])
            system = static + dynamic + front.cost(WIRES, np.array([True, True, True, False])).power_mw
            assert corner.estimated_system_power_mw == pytest.approx(system)
            assert corner.power_source == smallest_carrier(member, system).source.name
        else:
            assert corner.estimated_system_power_mw is None
            assert corner.power_source == smallest_carrier(member, static + dynamic).source.name
        assert corner.source_carries_system is bool(member.front_end_figures)


def test_a_clock_that_only_some_supplies_meet():
    technology = load_technology("egfet-1.0v")
    netlist = read_netlist(TOP, technology)
    delays = [corner.delay_ms for corner in corners(netlist, WIRES, BITS, FrontEndKind.DIGITAL, technology)]
    limit = sorted(delays)[1]
    found = corners(netlist, WIRES, BITS, FrontEndKind.DIGITAL, technology, clock_ms=limit)
    assert [corner.meets_clock for corner in found] == [delay <= limit for delay in delays]
    assert {corner.clock_ms for corner in found} == {limit}
    with pytest.raises(InputError, match="clock period must be above zero"):
        corners(netlist, WIRES, BITS, FrontEndKind.DIGITAL, technology, clock_ms=-1.0)


def test_a_digital_front_end_costs_nothing_and_needless_inverters_are_no_part_of_the_system():
    technology = load_technology("egfet-0.6v")
    netlist = read_netlist(TOP, technology)
    plain = corners(netlist, WIRES, BITS, FrontEndKind.DIGITAL, technology)
    less = corners(netlist, WIRES, BITS, FrontEndKind.DIGITAL, technology, needless=np.array([3]))
    for corner, other, name in zip(plain, less, FAMILY, strict=True):
        gate = static_power(read_netlist(TOP, load_technology(name)), BITS).per_gate_nw[3] * 1e-6
        assert corner.estimated_system_power_mw == corner.total_power_mw == other.total_power_mw
        assert other.estimated_system_power_mw == pytest.approx(corner.total_power_mw - gate)


def test_figures_that_the_user_named_hold_for_the_own_supply_alone():
    technology = load_technology("egfet-0.8v")
    figures = load_technology("egfet-1.0v").front_end_figures[1]
    front = FrontEnd(FrontEndKind.THERMOMETER, figures)
    found = corners(read_netlist(TOP, technology), WIRES, BITS, front, technology)
    assert found[0].estimated_system_power_mw is None
    assert found[1].estimated_system_power_mw == pytest.approx(found[1].total_power_mw + 3 * 0.0461)
    assert found[2].estimated_system_power_mw not in (None, pytest.approx(found[2].total_power_mw + 3 * 0.0461))


def test_a_technology_of_ones_own_stands_alone(tmp_path):
    known = load_technology("egfet-0.6v")
    path = tmp_path / "mine.toml"
    path.write_text(to_toml(replace(known, name="mine-0.6v")), encoding="utf-8")
    mine = read_toml(path)
    assert family(mine) == (mine,)
    found = corners(read_netlist(TOP, mine), WIRES, BITS, FrontEndKind.THERMOMETER, mine)
    assert [corner.technology for corner in found] == ["mine-0.6v"]
    changed = replace(known, cells=tuple(replace(cell, area_um2=1.0) for cell in known.cells))
    assert family(changed) == (changed,)
    assert [member.name for member in family(known)] == list(FAMILY)


def test_a_supply_without_one_of_the_cells_is_left_out():
    netlist = read_netlist(TOP, load_technology("egfet-0.6v"))
    other = load_technology("egfet-0.8v")
    assert with_cells_of(netlist, other).cells == tuple(other.cell(cell.name) for cell in netlist.cells)
    lacking = replace(other, cells=tuple(cell for cell in other.cells if cell.name != "XOR2X1"))
    assert with_cells_of(netlist, lacking) is None
    odd = replace(
        other, cells=tuple(replace(cell, truth=0b1001) if cell.name == "XOR2X1" else cell for cell in other.cells)
    )
    assert with_cells_of(netlist, odd) is None
