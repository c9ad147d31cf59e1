"""The back end as a whole: what goes in comes out equal, smaller than the plain flow's, the same for the same seed."""

import dataclasses

import numpy as np
import pytest

import bespoke.pipeline.synthesis as synthesis_module
from bespoke.circuit import Circuit
from bespoke.errors import InputError, VerificationError
from bespoke.model import LogicCircuit
from bespoke.netlist import area_cm2, evaluate, static_power
from bespoke.pipeline.effort import Stage, effort_of
from bespoke.pipeline.equivalence import prove_equivalent
from bespoke.pipeline.synthesis import synthesise
from bespoke.sensing import BinaryWires
from bespoke.technology import load_technology

pytestmark = pytest.mark.eda

MULTIPLIER = "module top(input [3:0] a, b, output [7:0] p, output z); assign p = a * b; assign z = 1; endmodule"


@pytest.fixture(scope="module")
def technology():
    return load_technology("egfet-1.0v")


def _source(folder, text, name="design.v"):
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def _all_bits(width):
    return (np.arange(1 << width)[:, None] >> np.arange(width) & 1).astype(bool)


@pytest.mark.parametrize("effort", ["fast", "normal"])
def test_a_multiplier_multiplies_and_beats_the_plain_flow(tmp_path, technology, effort):
    source = _source(tmp_path, MULTIPLIER)
    bits = _all_bits(8)
    result = synthesise([source], top="top", technology=technology, folder=tmp_path, data_bits=bits, effort=effort)
    seen = evaluate(result.netlist, bits).astype(int) @ (1 << np.arange(9))
    values = np.arange(256)
    assert np.array_equal(seen, (values & 15) * (values >> 4) + 256)
    assert result.final.area_cm2 <= result.plain.area_cm2
    assert result.final.static_power_mw <= result.plain.static_power_mw
    assert result.final.area_cm2 < result.plain.area_cm2 or result.final.static_power_mw < result.plain.static_power_mw
    assert result.final.area_cm2 == area_cm2(result.netlist)
    assert result.final.static_power_mw == static_power(result.netlist, bits).total_mw
    assert result.final.cells == sum(result.final.cell_counts.values()) == result.netlist.gates
    assert result.proof.output_bits == 9
    # an independent reader, Yosys with the cells' Verilog models, agrees
    found = prove_equivalent(source, result.netlist_path, folder=tmp_path / "again", technology=technology)
    assert found.equivalent
    assert found.module_b == "top"


@pytest.mark.parametrize("effort", ["fast", "normal"])
def test_same_seed_same_netlist_on_any_number_of_cores(tmp_path, technology, effort, monkeypatch):
    texts = []
    for run, workers in (("first", 2), ("second", 2), ("alone", 1)):
        plan = dataclasses.replace(effort_of(effort, 3), workers=workers)
        monkeypatch.setattr(synthesis_module, "effort_of", lambda name, seed, plan=plan: plan)
        source = _source(tmp_path / run, MULTIPLIER)
        result = synthesise(
            [source], top="top", technology=technology, folder=tmp_path / run, data_bits=None, effort=effort, seed=3
        )
        texts.append(result.netlist_path.read_text())
    assert texts[0] == texts[1] == texts[2]


def test_larger_netlists_get_more_time_up_to_a_point():
    stage = Stage(1, 8.0)
    assert stage.tries(10) < stage.tries(500)  # small ones are done soon
    assert stage.tries(500) > stage.tries(1000) == stage.tries(2000) == stage.tries(4000) > stage.tries(8000)


def test_wires_and_constants_need_no_gate(tmp_path, technology):
    source = _source(tmp_path, "module top(input [2:0] a, output [2:0] y); assign y = {a[0], 1'b1, 1'b0}; endmodule")
    result = synthesise([source], top="top", technology=technology, folder=tmp_path, data_bits=_all_bits(3))
    assert (result.final.cells, result.final.area_cm2, result.final.static_power_mw) == (0, 0, 0)
    assert evaluate(result.netlist, _all_bits(3)).tolist() == [[False, True, bool(v & 1)] for v in range(8)]


def _parity_circuit(wrong=False):
    """Three-input parity over the bus inp, as an and-inverter graph."""
    fanins, literal = [], 2
    for node in (2, 3):
        a, b = literal, 2 * node
        first = 2 * (4 + len(fanins))
        fanins += [(a, b ^ 1), (a ^ 1, b), (first ^ 1, (first + 2) ^ 1)]
        literal = (first + 4) ^ 1
    return LogicCircuit(BinaryWires(1, 3), 2, Circuit(3, np.array(fanins), np.array([literal ^ int(wrong)])))


PARITY = "module top(input [2:0] inp, output out); assign out = ^inp; endmodule"


def test_a_start_circuit_may_win(tmp_path, technology):
    result = synthesise(
        [_source(tmp_path, PARITY)],
        top="top",
        technology=technology,
        folder=tmp_path,
        data_bits=_all_bits(3),
        effort="fast",
        start_circuits=[_parity_circuit()],
    )
    assert {offer.start for offer in result.offers} >= {"source", "circuit0"}


def test_a_wrong_start_circuit_is_caught(tmp_path, technology):
    with pytest.raises(VerificationError, match=r"start circuit 0 .* differs from its source on inp="):
        synthesise(
            [_source(tmp_path, PARITY)],
            top="top",
            technology=technology,
            folder=tmp_path,
            data_bits=_all_bits(3),
            effort="fast",
            start_circuits=[_parity_circuit(wrong=True)],
        )
    assert not (tmp_path / "netlist.v").exists()


def test_a_broken_move_is_caught(tmp_path, technology, monkeypatch):
    """An optimisation that turns one NAND into a NOR must not get past the final proof."""
    honest = synthesis_module._optimise

    def broken(*arguments):
        netlist = honest(*arguments)
        nand = [cell.name for cell in netlist.cells].index("NAND2X1")
        gate_cells = netlist.gate_cells.copy()
        gate_cells[np.argmax(gate_cells == nand)] = len(netlist.cells)
        return dataclasses.replace(netlist, cells=(*netlist.cells, technology.cell("NOR2X1")), gate_cells=gate_cells)

    monkeypatch.setattr(synthesis_module, "_optimise", broken)
    with pytest.raises(VerificationError, match=r"differs from its source on a=\d+, b=\d+: source p=\d+"):
        synthesise(
            [_source(tmp_path, MULTIPLIER)],
            top="top",
            technology=technology,
            folder=tmp_path,
            data_bits=_all_bits(8),
            effort="fast",
        )


COUNTER = """
module counter(input clk, input rst, input en, input [1:0] d, output reg [1:0] q, output odd);
  always @(posedge clk or posedge rst) if (rst) q <= 0; else if (en) q <= q + d;
  assign odd = ^q;
endmodule
"""


def test_flip_flops_are_kept(tmp_path, technology):
    source = _source(tmp_path, COUNTER)
    result = synthesise([source], top=None, technology=technology, folder=tmp_path, data_bits=None, effort="fast")
    assert result.final.cell_counts["DFFNRX1"] == 2
    assert [flop.instance for flop in result.netlist.flip_flops] == ["q[0]", "q[1]"]
    rng = np.random.default_rng(5)
    rows = rng.random((200, 5)) < [0.5, 0.05, 0.7, 0.5, 0.5]  # clk, rst, en, d
    rows[0, 1] = True
    seen, state = evaluate(result.netlist, rows), 0
    for row, out in zip(rows.tolist(), seen.tolist(), strict=True):
        _, rst, en, d0, d1 = row
        state = 0 if rst else state
        assert out == [bool(state & 1), bool(state & 2), bool((state ^ state >> 1) & 1)]
        state = 0 if rst else (state + en * (d0 + 2 * d1)) % 4
    assert prove_equivalent(source, result.netlist_path, folder=tmp_path / "proof", technology=technology).equivalent


def test_what_the_technology_cannot_hold_is_said(tmp_path, technology):
    bare = dataclasses.replace(technology, flip_flops=())
    with pytest.raises(InputError, match=r"the design has registers, but technology egfet-1\.0v has no flip-flop"):
        synthesise([_source(tmp_path, COUNTER)], top=None, technology=bare, folder=tmp_path, data_bits=None)
    falling = "module top(input c, a, output reg z); always @(negedge c) z <= a; endmodule"
    with pytest.raises(InputError, match="rising edge of an input port"):
        synthesise([_source(tmp_path, falling)], top="top", technology=technology, folder=tmp_path, data_bits=None)


def test_data_of_another_width_is_refused(tmp_path, technology):
    with pytest.raises(InputError, match=r"module top has 8 input bits, the data have the shape \(4, 7\)"):
        synthesise(
            [_source(tmp_path, MULTIPLIER)],
            top="top",
            technology=technology,
            folder=tmp_path,
            data_bits=np.zeros((4, 7), dtype=bool),
        )
    with pytest.raises(InputError, match="--effort must be fast, normal or high"):
        synthesise(
            [_source(tmp_path, MULTIPLIER)],
            top="top",
            technology=technology,
            folder=tmp_path,
            data_bits=None,
            effort="x",
        )
