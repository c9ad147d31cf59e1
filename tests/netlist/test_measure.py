"""Area, static and dynamic power: by hand, and against a slow second implementation that reads the Liberty itself."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from helpers import shared_pdk_dir
from plain_netlists import PlainLiberty, plain_values, random_netlist

from bespoke.errors import InputError
from bespoke.netlist import (
    area_cm2,
    area_um2,
    cell_counts,
    dynamic_power,
    net_loads_nf,
    read_netlist,
    static_power,
)
from bespoke.technology import load_technology, read_liberty

EGFET = load_technology()

#: out = !(a·b), then inverted: one NAND and one inverter
AND_OF_TWO = """
module top(inp, out); input [1:0] inp; output [1:0] out; wire n;
NAND2X1 g0 (.A1(inp[0]), .A2(inp[1]), .Y(n)); INVX1 g1 (.A(n), .Y(out[0])); assign out[1] = n;
endmodule
"""


def test_static_power_of_two_gates_by_hand():
    """Vectors 00, 01, 11, 11: the NAND is low on two of four, the inverter's input with it."""
    netlist = read_netlist(AND_OF_TWO, EGFET)
    power = static_power(netlist, np.array([[0, 0], [1, 0], [1, 1], [1, 1]], dtype=bool))
    nand = (248.054 + 391.073 + 2 * 18569.1) / 4
    inverter = (2 * 19283.8 + 2 * 491.103) / 4
    assert power.per_gate_nw == pytest.approx([nand, inverter])
    assert power.total_mw == pytest.approx((nand + inverter) * 1e-6)


def test_dynamic_power_of_two_gates_by_hand():
    """Three changes between four vectors; the NAND and the inverter change twice each."""
    netlist = read_netlist(AND_OF_TWO, EGFET)
    vectors = np.array([[1, 0], [1, 1], [1, 1], [0, 1]], dtype=bool)
    power = dynamic_power(netlist, vectors, clock_ms=200, supply_v=1.0)
    nand_nj = 21.06555 + 0.5 * 12.9125  # drives the inverter's pin
    inverter_nj = 6.813045  # drives an output alone
    assert power.toggles.tolist() == [2, 2]
    assert power.per_gate_nw == pytest.approx([2 * nand_nj / 600 * 1e3, 2 * inverter_nj / 600 * 1e3])
    assert power.total_mw == pytest.approx(2 * (nand_nj + inverter_nj) / 600 * 1e-3)


def test_dynamic_power_counts_inputs_that_toggle_alone_where_the_technology_has_their_energy():
    library = read_liberty(shared_pdk_dir() / "PPDK_Standard_Library_1.0V_25C_TYP_X1.lib", input_energies=True)
    netlist = read_netlist(AND_OF_TWO, library)
    # only the first bit changes, and the NAND stays high
    power = dynamic_power(netlist, np.array([[0, 0], [1, 0]], dtype=bool), clock_ms=200, supply_v=1.0)
    assert power.toggles.tolist() == [0, 0]
    assert power.total_mw == pytest.approx((6.23224 + 12.245) / 2 / 200 * 1e-3)


@pytest.mark.parametrize("vectors", [2, 64, 65, 66, 129])
def test_toggles_are_counted_across_words(vectors):
    netlist = read_netlist(AND_OF_TWO, EGFET)
    bits = np.ones((vectors, 2), dtype=bool)
    bits[1::2] = False
    power = dynamic_power(netlist, bits, clock_ms=200, supply_v=1.0)
    assert power.toggles.tolist() == [vectors - 1] * 2


def test_area_adds_cells_up():
    netlist = read_netlist(AND_OF_TWO, EGFET)
    assert area_um2(netlist) == 247860 + 228420
    assert area_cm2(netlist) == pytest.approx(0.0047628)
    assert cell_counts(netlist) == {"INVX1": 1, "NAND2X1": 1}


def test_power_by_group():
    netlist = read_netlist(AND_OF_TWO, EGFET)
    power = static_power(netlist, np.zeros((1, 2), dtype=bool))
    groups = power.by_group(["neuron 0", "argmax"])
    assert groups == pytest.approx({"neuron 0": 248.054e-6, "argmax": 19283.8e-6})
    assert sum(power.by_group({0: "neuron 0"}).values()) == pytest.approx(power.total_mw)
    with pytest.raises(InputError, match="1 labels for 2 gates"):
        power.by_group(["a"])


@pytest.mark.parametrize("supply", ["0.6", "0.8", "1.0"])
def test_power_and_area_agree_with_a_slow_reading_of_the_liberty(supply):
    """Random netlists over all cells, random vectors; the second implementation shares no line with the first."""
    path = shared_pdk_dir() / f"PPDK_Standard_Library_{supply}V_25C_TYP_X1.lib"
    liberty = PlainLiberty(path)
    rng = np.random.default_rng(int(float(supply) * 10))
    for technology in (load_technology(f"egfet-{supply}v"), read_liberty(path)):
        netlist = random_netlist(rng, technology, input_bits=6, gates=60, outputs=5)
        bits = rng.random((150, 6)) < 0.4
        rows = [plain_values(netlist, row.astype(int).tolist()) for row in bits]
        static_nw, dynamic_nj, area = 0.0, 0.0, 0.0
        for gate in range(netlist.gates):
            cell = netlist.cells[netlist.gate_cells[gate]]
            nets = [int(net) for net in netlist.gate_fanins[gate] if net >= 0]
            area += liberty.area[cell.name]
            static_nw += sum(liberty.leakage_nw(cell.name, cell.inputs, [row[n] for n in nets]) for row in rows)
            own = netlist.first_gate_net + gate
            load = 0.0
            for reader in range(netlist.gates):
                pins = netlist.cells[netlist.gate_cells[reader]]
                for pin, net in zip(pins.inputs, netlist.gate_fanins[reader], strict=False):
                    load += liberty.capacitance[pins.name, pin] if net == own else 0.0
            toggles = sum(one[own] != two[own] for one, two in pairwise(rows))
            dynamic_nj += toggles * (liberty.switching_nj(cell.name) + load * float(supply) ** 2 / 2)
        assert area_um2(netlist) == area
        assert static_power(netlist, bits).total_mw == pytest.approx(static_nw / 150 * 1e-6, rel=1e-9)
        measured = dynamic_power(netlist, bits, clock_ms=200, supply_v=float(supply))
        assert measured.total_mw == pytest.approx(dynamic_nj / 149 / 200 * 1e-3, rel=1e-9)


def test_loads_are_those_of_the_pins_that_read_a_net():
    netlist = read_netlist(AND_OF_TWO, EGFET)
    assert net_loads_nf(netlist) == pytest.approx([0, 0, 0.0931805, 0.0942883, 12.9125, 0])


def test_power_refuses_what_it_cannot_measure():
    netlist = read_netlist(AND_OF_TWO, EGFET)
    with pytest.raises(InputError, match="at least one vector"):
        static_power(netlist, np.zeros((0, 2), dtype=bool))
    with pytest.raises(InputError, match="at least two vectors"):
        dynamic_power(netlist, np.zeros((1, 2), dtype=bool), clock_ms=200, supply_v=1)
    with pytest.raises(InputError, match="clock period"):
        dynamic_power(netlist, np.zeros((2, 2), dtype=bool), clock_ms=0, supply_v=1)
    with pytest.raises(InputError, match="2 input bits, the vectors have 3"):
        static_power(netlist, np.zeros((2, 3), dtype=bool))


def test_dynamic_power_is_absent_where_a_cell_states_no_energy():
    text = "module top(a, b, y); input a, b; output y; AND2X1 g (.A1(a), .A2(b), .Y(y)); endmodule"
    bits = np.array([[0, 0], [1, 1]], dtype=bool)
    for missing in ({"switching_energy_nj": None}, {"input_cap_nf": ()}):
        bare = replace(EGFET, cells=(replace(EGFET.cell("AND2X1"), **missing),))
        assert dynamic_power(read_netlist(text, bare), bits, clock_ms=200, supply_v=1) is None
    assert dynamic_power(read_netlist(text, EGFET), bits, clock_ms=200, supply_v=1).total_mw > 0


def test_flip_flops_count_with_area_and_mean_power():
    text = """
    module top(clk, rst, d, q); input clk, rst, d; output q;
    DFFNRX1 ff (.CP(clk), .D(d), .RST_N(rst), .Q(q), .Q_bar()); endmodule
    """
    netlist = read_netlist(text, EGFET)
    assert area_um2(netlist) == 2776032
    assert cell_counts(netlist) == {"DFFNRX1": 1}
    assert static_power(netlist, np.zeros((3, 3), dtype=bool)).total_mw == pytest.approx(121630e-6)
