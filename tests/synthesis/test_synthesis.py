"""The back end as a whole: what goes in comes out equal, smaller than the plain flow's, the same for the same seed."""

import dataclasses
import itertools
import threading

import numpy as np
import pytest

import bespoke.backend.synthesis as synthesis_module
from bespoke.backend.climbing import Candidate, climb
from bespoke.backend.effort import EFFORTS, Stage, effort_of
from bespoke.backend.equivalence import prove_equivalent
from bespoke.backend.synthesis import synthesise
from bespoke.circuit import Circuit, CircuitBuilder
from bespoke.eda.abc import deep, optimise_and_map, redundancy, tables
from bespoke.errors import InputError, OutOfTimeError, ToolTimeoutError, UndecidedError, VerificationError
from bespoke.execution import Serial, executor_of
from bespoke.model import LogicCircuit
from bespoke.netlist import Netlist, area_cm2, evaluate, static_power, write_netlist
from bespoke.sensing import BinaryWires
from bespoke.technology import load_technology, to_genlib

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
def test_same_seed_same_netlist_on_any_number_of_cores(tmp_path, technology, effort, two_workers):
    texts = []
    for run, executor in (("first", two_workers), ("second", two_workers), ("alone", None)):
        result = synthesise(
            [_source(tmp_path / run, MULTIPLIER)],
            top="top",
            technology=technology,
            folder=tmp_path / run,
            data_bits=None,
            effort=effort,
            seed=3,
            executor=executor,
        )
        texts.append(result.netlist_path.read_text())
    assert texts[0] == texts[1] == texts[2]


def test_no_effort_counts_in_seconds():
    for effort in ("fast", "normal", "high"):
        for ands in (0, 100, 900, 5000):
            for recipe in effort_of(effort, 2).recipes_for(ands):
                assert not any("-T" in step.split() for step in recipe.steps), recipe.name
    assert deep(5000, seed=0) is None
    assert tables(100_000) is None
    assert " -K " in redundancy(5000, seed=0).steps[-3] and " -K " not in redundancy(100, seed=0).steps[-3]


@pytest.mark.parametrize("recipe", [deep(900, seed=1), redundancy(100, seed=1), redundancy(900, seed=1), tables(900)])
def test_the_recipes_with_a_solver_or_a_seed_repeat(tmp_path, technology, recipe):
    builder = CircuitBuilder(8)
    a, b = ([builder.input(index) for index in range(start, start + 4)] for start in (0, 4))
    carry, outputs = 0, []
    for first, second in zip(a, b, strict=True):
        half = builder.function(0b0110, [first, second])
        outputs.append(builder.function(0b0110, [half, carry]))
        carry = builder.disjunction(builder.conjunction(first, second), builder.conjunction(half, carry))
    aig = builder.build([*outputs, carry])
    libraries = {"all_cells": to_genlib(technology)}
    first, second = (optimise_and_map(aig, recipe, libraries, folder=tmp_path / name) for name in ("a", "b"))
    assert first == second


@pytest.mark.parametrize("workers", [1, 2])
def test_no_more_tools_at_once_than_workers(tmp_path, technology, monkeypatch, workers):
    lock, running, peak = threading.Lock(), [0], [0]

    def watched(work):
        def call(*arguments, **options):
            with lock:
                running[0] += 1
                peak[0] = max(peak[0], running[0])
            try:
                return work(*arguments, **options)
            finally:
                with lock:
                    running[0] -= 1

        return call

    for name in ("optimise_and_map", "optimise_netlist"):
        monkeypatch.setattr(synthesis_module, name, watched(getattr(synthesis_module, name)))
    with executor_of(workers=workers) as executor:
        synthesise(
            [_source(tmp_path, PARITY)],
            top="top",
            technology=technology,
            folder=tmp_path,
            data_bits=_all_bits(3),
            effort="normal",
            start_circuits=[_parity_circuit()],
            executor=executor,
        )
    assert peak[0] == workers


def test_larger_netlists_get_more_time_up_to_a_point():
    stage = Stage(1, 8.0)
    assert stage.tries(10) < stage.tries(500)  # small ones are done soon
    assert stage.tries(500) > stage.tries(1000) == stage.tries(2000) == stage.tries(4000) > stage.tries(8000) > 0
    assert stage.tries(100_000) == 0  # and the largest would be set up for nothing


class _Work:
    """A stand-in for ABC and the optimiser, which are not what is looked at: notes what they were asked for."""

    def __init__(self, monkeypatch):
        self.mapped, self.optimised = [], []
        self._honest = synthesis_module.optimise_and_map, synthesis_module.optimise_netlist
        monkeypatch.setattr(synthesis_module, "optimise_and_map", self._map)
        monkeypatch.setattr(synthesis_module, "optimise_netlist", self._optimise)

    def _map(self, aig, recipe, libraries, *, folder):
        self.mapped.append((folder.name, recipe))
        return self._honest[0](aig, recipe, libraries, folder=folder)

    def _optimise(self, netlist, *, budget_moves, seed, **options):
        self.optimised.append((write_netlist(netlist), budget_moves, seed))
        budget = min(budget_moves, 500)
        return self._honest[1](netlist, budget_moves=budget, seed=seed, **options)


def test_a_higher_effort_does_all_that_a_lower_one_does_and_keeps_it(tmp_path, technology, monkeypatch):
    work, price = [], []
    for effort in EFFORTS:
        with monkeypatch.context() as patch:
            watched = _Work(patch)
            folder = tmp_path / effort
            result = synthesise(
                [_source(folder, MULTIPLIER)],
                top="top",
                technology=technology,
                folder=folder,
                data_bits=_all_bits(8),
                effort=effort,
                clock_ms=1e-6,  # nothing is in time, so all of them look for shorter paths as well
                seed=3,
            )
        work.append(watched)
        final, plain = result.final, result.plain
        price.append(final.area_cm2 / plain.area_cm2 + final.static_power_mw / plain.static_power_mw)
    for lower, higher in itertools.pairwise(work):
        assert {name for name, _ in lower.mapped} < {name for name, _ in higher.mapped}
        assert all(one in higher.mapped for one in lower.mapped)
        assert higher.optimised[: len(lower.optimised)] == lower.optimised
        assert len(higher.optimised) > len(lower.optimised)
    assert price == sorted(price, reverse=True)


@pytest.mark.parametrize("lower, higher", [("fast", "normal"), ("normal", "high")])
def test_the_levels_of_a_lower_effort_come_first(lower, higher):
    few, many = effort_of(lower, 5).levels, effort_of(higher, 5).levels
    for ands in (10, 900, 5000):
        for one, other in zip(few, many, strict=False):
            assert one.recipes_for(ands) == other.recipes_for(ands)
            assert one.stages == other.stages
    assert len(many) == len(few) + 1


def test_what_a_level_adds_changes_nothing_below_it(technology):
    """The highest level's end comes first, then those below it, which a level more leaves as they are."""
    candidate = Candidate
    bare = Netlist("top", (), (), (), np.zeros(300, dtype=np.int32), np.zeros((300, 1), dtype=np.int32), np.zeros(0))

    def made(name, price):
        return candidate(("source", name), dataclasses.replace(bare, module=name), (False, price))

    def improve(stage, given):
        better = dataclasses.replace(given.netlist, module=given.netlist.module + "+")
        return candidate(given.graph, better, (False, given.rank[1] - stage.work))

    levels = [
        ([made("a", 5.0), made("b", 6.0)], (Stage(1, 0.5),)),
        ([made("c", 4.8)], (Stage(2, 0.5),)),
        ([made("d", 3.0)], (Stage(1, 0.0),)),
    ]
    with Serial() as executor:
        ends = [
            [netlist.module for netlist in climb(levels[:count], improve, executor, lambda *_: None)]
            for count in (1, 2, 3)
        ]
    assert ends == [["a+"], ["a++", "a+"], ["d", "a++", "a+"]]


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


def _with_parity_start(folder, technology, **options):
    folder.mkdir()
    source = _source(folder, PARITY)
    common = {"top": "top", "technology": technology, "folder": folder, "data_bits": _all_bits(3), "effort": "fast"}
    return synthesise([source], **common, **options)


def test_what_counted_work_cannot_prove_falls_back_on_the_source(tmp_path, technology, monkeypatch):
    """The start's result cannot be proven; the netlist then is the one that there would be without any start."""
    alone = _with_parity_start(tmp_path / "alone", technology)
    honest, asked = synthesis_module.prove_netlist, []

    def hard(netlist, design, *, folder, inspections, time_limit_s):
        asked.append(inspections)
        if inspections is not None:
            raise UndecidedError("too hard")
        return honest(netlist, design, folder=folder, inspections=inspections, time_limit_s=time_limit_s)

    monkeypatch.setattr(synthesis_module, "prove_netlist", hard)
    found = _with_parity_start(tmp_path / "start", technology, start_circuits=[_parity_circuit()])
    assert asked == [synthesis_module._START_PROOF_INSPECTIONS, None]
    assert found.proof.covers(found.netlist)
    assert found.netlist_path.read_text() == alone.netlist_path.read_text()


@pytest.mark.parametrize("starts", [[], [_parity_circuit()]])
def test_a_slow_machine_is_an_error_and_never_another_netlist(tmp_path, technology, monkeypatch, starts):
    def slow(*arguments, **options):
        raise OutOfTimeError("could not decide within 1 s")

    monkeypatch.setattr(synthesis_module, "prove_netlist", slow)
    with pytest.raises(OutOfTimeError):
        _with_parity_start(tmp_path / "proof", technology, start_circuits=starts)

    honest = synthesis_module.optimise_and_map

    def hanging(aig, recipe, *arguments, **options):
        if recipe.name == "styles":
            raise ToolTimeoutError("optimise did not finish within 3600 s")
        return honest(aig, recipe, *arguments, **options)

    monkeypatch.setattr(synthesis_module, "optimise_and_map", hanging)
    with pytest.raises(ToolTimeoutError):
        _with_parity_start(tmp_path / "abc", technology, start_circuits=starts)


def test_a_broken_move_is_caught(tmp_path, technology, monkeypatch):
    """An optimisation that turns one NAND into a NOR must not get past the final proof."""
    honest = climb

    def broken(*arguments):
        netlist, *_ = honest(*arguments)
        nand = [cell.name for cell in netlist.cells].index("NAND2X1")
        gate_cells = netlist.gate_cells.copy()
        gate_cells[np.argmax(gate_cells == nand)] = len(netlist.cells)
        cells = (*netlist.cells, technology.cell("NOR2X1"))
        return [dataclasses.replace(netlist, cells=cells, gate_cells=gate_cells)]

    monkeypatch.setattr(synthesis_module, "climb", broken)
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


def test_a_proof_covers_every_output_bit_or_nothing(tmp_path, technology):
    result = synthesise(
        [_source(tmp_path, PARITY)], top="top", technology=technology, folder=tmp_path, data_bits=None, effort="fast"
    )
    assert result.proof.equivalent and result.proof.covers(result.netlist)
    assert not dataclasses.replace(result.proof, equivalent=False).covers(result.netlist)
    assert not dataclasses.replace(result.proof, output_bits=2).covers(result.netlist)
