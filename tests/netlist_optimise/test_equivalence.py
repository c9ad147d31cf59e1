"""Whatever goes through the optimiser computes what it did, compared by plain gate-by-gate evaluation."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_netlists import plain_values, random_netlist, same_netlist

from bespoke.errors import InputError
from bespoke.netlist import FlipFlopInstance, Netlist, Port, area_um2, evaluate, static_power
from bespoke.netlist.optimise import optimise_netlist
from bespoke.technology import Cell, FlipFlop, Technology, load_technology

EGFET = load_technology()


def _cell(name: str, inputs: str, truth: int, area: float) -> Cell:
    return Cell(name, tuple(inputs), "Y", "", truth, area, tuple(float(1 + s) for s in range(1 << len(inputs))))


#: NOR only, with wider gates that no template uses: what the netlist brings along must work too.
NOR_ONLY = Technology(
    "nor",
    "NOR gates only",
    1.0,
    200.0,
    (_cell("NOR2", "AB", 0b0001, 2.0), _cell("NOR3", "ABC", 0b0000_0001, 2.5), _cell("AOI22", "ABCD", 0x0777, 4.0)),
)


def _outputs(netlist: Netlist) -> list[list[int]]:
    """Output bits for every input vector, by the plain evaluator."""
    rows = []
    for vector in itertools.product((0, 1), repeat=netlist.input_bits):
        values = plain_values(netlist, list(vector))
        rows.append([values[net] for net in netlist.output_nets])
    return rows


def _every_vector(bits: int) -> np.ndarray:
    return np.array(list(itertools.product((0, 1), repeat=bits)), dtype=bool).reshape(-1, bits)


@given(
    seed=st.integers(0, 2**32),
    input_bits=st.integers(1, 7),
    gates=st.integers(0, 60),
    outputs=st.integers(1, 6),
    weight=st.sampled_from([0.0, 0.5, 1.0]),
)
@settings(max_examples=40, deadline=None)
def test_same_function_and_never_dearer(seed, input_bits, gates, outputs, weight):
    rng = np.random.default_rng(seed)
    netlist = random_netlist(rng, EGFET, input_bits=input_bits, gates=gates, outputs=outputs)
    data = rng.random((50, input_bits)) < rng.random(input_bits)
    result = optimise_netlist(
        netlist, technology=EGFET, data_bits=data, budget_moves=300, seed=seed, power_weight=weight
    )
    assert _outputs(result.netlist) == _outputs(netlist)
    assert (result.netlist.inputs, result.netlist.outputs) == (netlist.inputs, netlist.outputs)
    assert result.area_before_um2 == area_um2(netlist)
    assert result.area_um2 == area_um2(result.netlist)
    before, after = static_power(netlist, data).total_mw * 1e6, static_power(result.netlist, data).total_mw * 1e6
    assert result.static_power_nw == pytest.approx(after)
    if netlist.gates:
        price = (1 - weight) * result.area_um2 / result.area_before_um2 + weight * after / before
        assert price <= 1 + 1e-12


@pytest.mark.parametrize("seed", range(4))
def test_large_random_netlists_by_proofs(seed):
    """Too many inputs to enumerate: moves are proven on cuts and by SAT; checked on many vectors of every density."""
    rng = np.random.default_rng(seed)
    netlist = random_netlist(rng, EGFET, input_bits=24, gates=300, outputs=12)
    result = optimise_netlist(netlist, technology=EGFET, data_bits=None, budget_moves=1500, seed=seed)
    assert not result.exhaustive
    assert result.proven_locally + result.proven == result.accepted > 20
    assert result.area_um2 < 0.8 * result.area_before_um2
    vectors = rng.random((50_000, 24)) < rng.random((50_000, 1))
    assert np.array_equal(evaluate(netlist, vectors), evaluate(result.netlist, vectors))


def test_same_arguments_same_netlist():
    netlist = random_netlist(np.random.default_rng(5), EGFET, input_bits=22, gates=150, outputs=6)
    data = np.random.default_rng(6).random((100, 22)) < 0.5
    first, second = (
        optimise_netlist(netlist, technology=EGFET, data_bits=data, budget_moves=600, seed=3) for _ in range(2)
    )
    assert same_netlist(first.netlist, second.netlist)
    assert (first.accepted, first.proven, first.refuted) == (second.accepted, second.proven, second.refuted)


def test_finds_the_known_best_full_adder():
    """A full adder of two XORs, two ANDs and an OR costs 3.52 mm²; nine NANDs are the best known, 2.23 mm²."""
    cells = tuple(EGFET.cell(name) for name in ("XOR2X1", "AND2X1", "OR2X1"))
    adder = Netlist(
        module="adder",
        inputs=(Port("a", 1), Port("b", 1), Port("c", 1)),
        outputs=(Port("s", 2),),
        cells=cells,
        gate_cells=np.array([0, 1, 0, 1, 2], dtype=np.int32),
        gate_fanins=np.array([[2, 3], [2, 3], [5, 4], [5, 4], [6, 8]], dtype=np.int32),
        output_nets=np.array([7, 9], dtype=np.int32),
    )
    result = optimise_netlist(
        adder, technology=EGFET, data_bits=_every_vector(3), budget_moves=4000, seed=0, power_weight=0.0
    )
    assert _outputs(result.netlist) == _outputs(adder)
    assert result.area_um2 <= 9 * 247860
    assert result.exhaustive


def test_data_weigh_the_power_but_never_the_function():
    """With an input that the data never raise, its logic stays; among equals the choice follows the data."""
    rng = np.random.default_rng(1)
    netlist = random_netlist(rng, EGFET, input_bits=6, gates=40, outputs=4)
    low = np.zeros((64, 6), dtype=bool)
    result = optimise_netlist(netlist, technology=EGFET, data_bits=low, budget_moves=1000, seed=0, power_weight=1.0)
    assert _outputs(result.netlist) == _outputs(netlist)


@pytest.mark.parametrize("seed", range(6))
def test_another_technology_with_wide_cells(seed):
    rng = np.random.default_rng(seed)
    netlist = random_netlist(rng, NOR_ONLY, input_bits=5, gates=40, outputs=4)
    result = optimise_netlist(netlist, technology=NOR_ONLY, data_bits=None, budget_moves=500, seed=seed)
    vectors = _every_vector(5)
    assert np.array_equal(_truths(netlist, vectors), _truths(result.netlist, vectors))
    assert {cell.name for cell in result.netlist.cells} <= {"NOR2", "NOR3", "AOI22"}
    assert result.area_um2 <= result.area_before_um2 or result.static_power_nw < result.static_power_before_nw


def _truths(netlist: Netlist, vectors: np.ndarray) -> np.ndarray:
    """Outputs by the cells' truth tables, one gate and one vector at a time."""
    rows = []
    for vector in vectors:
        values = [0, 1, *vector.astype(int)]
        for kind, fanins in zip(netlist.gate_cells, netlist.gate_fanins, strict=True):
            state = sum(int(values[net]) << pin for pin, net in enumerate(fanins) if net >= 0)
            values.append(netlist.cells[kind].truth >> state & 1)
        rows.append([values[net] for net in netlist.output_nets])
    return np.array(rows)


def test_cells_that_the_technology_lacks_are_kept_or_replaced_by_its_own():
    """New gates come from the technology alone; a foreign cell may stay."""
    netlist = random_netlist(np.random.default_rng(8), EGFET, input_bits=5, gates=30, outputs=3)
    nands = replace(EGFET, cells=(EGFET.cell("NAND2X1"), EGFET.cell("INVX1")))
    result = optimise_netlist(netlist, technology=nands, data_bits=None, budget_moves=800, seed=0)
    assert _outputs(result.netlist) == _outputs(netlist)


def test_constants_wires_and_twin_outputs():
    nand, inverter = EGFET.cell("NAND2X1"), EGFET.cell("INVX1")
    netlist = Netlist(
        module="edge",
        inputs=(Port("a", 2), Port("unused", 3)),
        outputs=(Port("y", 7),),
        cells=(nand, inverter),
        # always high; two inverters in a row; twice the same NAND
        gate_cells=np.array([0, 1, 1, 0, 0], dtype=np.int32),
        gate_fanins=np.array([[2, 0], [2, -1], [8, -1], [2, 3], [3, 2]], dtype=np.int32),
        output_nets=np.array([0, 1, 3, 7, 9, 10, 11], dtype=np.int32),
    )
    result = optimise_netlist(netlist, technology=EGFET, data_bits=None, budget_moves=300, seed=0)
    assert _outputs(result.netlist) == _outputs(netlist)
    assert result.netlist.gates == 1
    assert result.netlist.output_nets.tolist()[:5] == [0, 1, 3, 1, 2]


def test_no_gates_at_all():
    netlist = random_netlist(np.random.default_rng(0), EGFET, input_bits=3, gates=0, outputs=2)
    result = optimise_netlist(netlist, technology=EGFET, data_bits=None, budget_moves=100, seed=0)
    assert same_netlist(replace(result.netlist, cells=netlist.cells), netlist)
    assert result.area_um2 == 0


def test_flip_flops_bound_the_logic():
    flop = FlipFlop("DFF", "CLK", "D", "Q", None, 1000.0, 10.0)
    base = random_netlist(np.random.default_rng(3), EGFET, input_bits=6, gates=40, outputs=4)
    # The last input bit becomes the flip-flop's output; the flip-flop reads a gate, the clock is input bit 0.
    sequential = replace(
        base,
        inputs=(Port("inp", 5),),
        flip_flops=(FlipFlopInstance(flop, "state", d_net=base.nets - 1, q_net=7, clock_net=2),),
    )
    data = np.random.default_rng(4).random((40, 5)) < 0.5
    result = optimise_netlist(sequential, technology=EGFET, data_bits=data, budget_moves=800, seed=0)
    (after,) = result.netlist.flip_flops
    assert (after.cell, after.instance, after.q_net, after.clock_net) == (flop, "state", 7, 2)
    assert (result.netlist.inputs, result.netlist.outputs) == (sequential.inputs, sequential.outputs)
    opened = [
        replace(
            netlist,
            inputs=(Port("inp", 6),),
            flip_flops=(),
            outputs=(*netlist.outputs, Port("d", 1)),
            output_nets=np.append(netlist.output_nets, netlist.flip_flops[0].d_net).astype(np.int32),
        )
        for netlist in (sequential, result.netlist)
    ]
    assert _outputs(opened[0]) == _outputs(opened[1])
    assert result.area_um2 < result.area_before_um2


def test_time_limit_and_progress():
    netlist = random_netlist(np.random.default_rng(2), EGFET, input_bits=24, gates=300, outputs=10)
    shares = []
    result = optimise_netlist(
        netlist,
        technology=EGFET,
        data_bits=None,
        budget_moves=10**9,
        seed=0,
        time_limit_s=0.5,
        progress=shares.append,
    )
    assert 0 < result.tries < 10**9
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"power_weight": 1.5}, "power_weight"),
        ({"budget_moves": -1}, "budget_moves"),
        ({"time_limit_s": 0.0}, "time_limit_s"),
        ({"data_bits": np.zeros((3, 9), dtype=bool)}, "4 input bits"),
    ],
)
def test_bad_arguments_are_named(options, words):
    netlist = random_netlist(np.random.default_rng(0), EGFET, input_bits=4, gates=5, outputs=1)
    arguments = {"technology": EGFET, "data_bits": None, "budget_moves": 10, "seed": 0, **options}
    with pytest.raises(InputError, match=words):
        optimise_netlist(netlist, **arguments)


def test_too_wide_a_cell_is_named():
    wide = Cell("WIDE5", tuple("ABCDE"), "Y", "", 1, 1.0, (1.0,) * 32)
    netlist = Netlist(
        "m", (Port("a", 5),), (Port("y", 1),), (wide,), np.zeros(1, dtype=np.int32),
        np.arange(2, 7, dtype=np.int32).reshape(1, 5), np.array([7], dtype=np.int32),
    )  # fmt: skip
    with pytest.raises(InputError, match="WIDE5"):
        optimise_netlist(netlist, technology=EGFET, data_bits=None, budget_moves=10, seed=0)
