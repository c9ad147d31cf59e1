"""Broken moves are refuted, and what refutes them is learnt."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from plain_netlists import plain_values, random_netlist

from bespoke.errors import VerificationError
from bespoke.netlist import Netlist, Port
from bespoke.netlist.optimise import api, optimise_netlist
from bespoke.netlist.optimise.boundary import cell_list, to_netlist
from bespoke.netlist.optimise.cones import set_target
from bespoke.netlist.optimise.library import build_library
from bespoke.netlist.optimise.local_proof import proven_locally
from bespoke.netlist.optimise.moves import try_plan
from bespoke.netlist.optimise.proof import Verdict
from bespoke.netlist.optimise.run import Run
from bespoke.netlist.optimise.search import PATIENCE, is_turned_down, number_of, turn_down
from bespoke.netlist.optimise.signatures import simulate_all
from bespoke.technology import load_technology

EGFET = load_technology()
LIBRARY = build_library(EGFET.cells, [True] * len(EGFET.cells))
WIDTH = 24


def _and_tree(shared: bool) -> Netlist:
    """A tree of ANDs over 24 inputs, which random patterns hardly ever make high, with some other logic beside it.

    With ``shared`` the output is the tree AND one of its own inputs, so that input 0 may be left out there.
    """
    conjunction, inverter = EGFET.cell("AND2X1"), EGFET.cell("INVX1")
    fanins, level, first = [], list(range(2, 2 + WIDTH)), 2 + WIDTH
    while len(level) > 1:
        pairs = [level[index : index + 2] for index in range(0, len(level) - 1, 2)]
        rest = level[2 * len(pairs) :]
        level = []
        for pair in pairs:
            level.append(first + len(fanins))
            fanins.append(pair)
        level += rest
    if shared:
        fanins.append([level[0], 2])
    root = first + len(fanins) - 1
    kinds = [0] * len(fanins) + [1]
    fanins.append([root, -1])
    return Netlist(
        module="tree",
        inputs=(Port("a", WIDTH),),
        outputs=(Port("y", 1),),
        cells=(conjunction, inverter),
        gate_cells=np.array(kinds, dtype=np.int32),
        gate_fanins=np.array(fanins, dtype=np.int32),
        output_nets=np.array([root + 1], dtype=np.int32),
    )


def _run_without_patterns(netlist: Netlist) -> tuple[Run, object]:
    """A run that knows the all-zero vector only, so that almost every move looks right."""
    _, _, gate_cells = cell_list(netlist, EGFET)
    data = np.zeros((64, netlist.input_bits), dtype=bool)
    run = Run(netlist, gate_cells, LIBRARY, data, power_weight=0.5, rng=np.random.default_rng(0))
    assert not run.exhaustive
    words = int(run.state.now[0]["words"])
    run.state.rows[2 : netlist.first_gate_net] = 0
    simulate_all(run.state, LIBRARY, 0, words)
    return run, LIBRARY


def _inject(run: Run, library, target: int, source: int) -> None:
    """Put the move "read ``source`` instead of ``target``" in hand."""
    set_target(run.state, library, target, -1, 3000)
    run.state.now[0]["plan_size"] = 0
    run.state.now[0]["plan_source"] = source
    assert try_plan(run.state, library)  # the patterns see nothing wrong


def test_a_broken_move_is_refuted_and_learnt():
    netlist = _and_tree(shared=False)
    run, library = _run_without_patterns(netlist)
    root = int(netlist.gate_fanins[-1, 0])
    _inject(run, library, root, 0)  # "the AND of 24 inputs is always low"
    table = run._table
    assert not proven_locally(run.state, library, table)
    run._prover.follow()
    verdict, example = run._prover.check(pays=True)
    assert verdict is Verdict.REFUTED
    values = plain_values(netlist, example.astype(int).tolist())
    assert values[root] == 1  # the counter-example does raise what the move called low
    before = int(run.state.now[0]["words"])
    run._settle()
    assert (run.refuted, run.accepted) == (1, 0)
    assert int(run.state.now[0]["words"]) > before
    # The same move is now turned down by the patterns alone.
    set_target(run.state, library, root, -1, 3000)
    run.state.now[0]["plan_size"], run.state.now[0]["plan_source"] = 0, 0
    assert not try_plan(run.state, library)


def test_a_move_under_observability_dont_cares_is_proven():
    """In ``tree AND a0`` the tree alone does: the second AND may go, though it is not equal gate by gate to a wire."""
    netlist = _and_tree(shared=True)
    run, library = _run_without_patterns(netlist)
    last_and = int(netlist.gate_fanins[-1, 0])
    tree = int(netlist.gate_fanins[-2, 0])
    _inject(run, library, last_and, tree)
    run._prover.follow()
    assert run._prover.check(pays=True)[0] is Verdict.PROVEN
    run._settle()
    assert (run.proven, run.accepted, run.refuted) == (1, 1, 0)
    cells, _, _ = cell_list(netlist, EGFET)
    result = to_netlist(run.state, library, cells, netlist)
    assert result.gates == netlist.gates - 1
    for vector in ([1] * WIDTH, [0] + [1] * (WIDTH - 1), [1] * (WIDTH - 1) + [0]):
        expected = plain_values(netlist, vector)[netlist.output_nets[0]]
        assert plain_values(result, vector)[result.output_nets[0]] == expected


def test_a_move_that_could_not_be_proven_is_left_alone_for_a_while():
    run, _ = _run_without_patterns(_and_tree(shared=True))
    state = run.state
    state.now[0]["move"] = 12345
    assert not is_turned_down(state, np.uint64(12345))
    turn_down(state)
    assert is_turned_down(state, np.uint64(12345))
    assert not is_turned_down(state, np.uint64(12346))
    state.now[0]["tries"] += PATIENCE * state.now[0]["live_count"]
    assert not is_turned_down(state, np.uint64(12345))


def test_the_candidates_of_a_target_have_numbers_of_their_own():
    run, _ = _run_without_patterns(_and_tree(shared=True))
    state = run.state
    candidate = state.candidates[0]
    numbers = set()
    for first, second, function in itertools.product(range(2, 12), range(-1, 10), range(16)):
        candidate["first"], candidate["second"], candidate["function"] = first, second, function
        numbers.add(int(number_of(state, candidate)))
    state.now[0]["target"] += 1
    numbers.add(int(number_of(state, candidate)))
    assert len(numbers) == 10 * 11 * 16 + 1


@pytest.mark.parametrize("seed", range(3))
def test_local_proofs_and_solver_agree_with_enumeration(seed):
    """Every wire-for-wire replacement in small circuits with hardly any pattern: what is proven is true, and what is
    refuted false."""
    rng = np.random.default_rng(seed)
    netlist = random_netlist(rng, EGFET, input_bits=6, gates=25, outputs=3)
    netlist = replace(  # 18 more inputs keep the run from enumerating
        netlist,
        inputs=(Port("inp", 6), Port("more", 18)),
        gate_fanins=np.where(netlist.gate_fanins >= 8, netlist.gate_fanins + 18, netlist.gate_fanins),
        outputs=(Port("out", 3), Port("through", 18)),
        output_nets=np.concatenate(
            [np.where(netlist.output_nets >= 8, netlist.output_nets + 18, netlist.output_nets), np.arange(8, 26)]
        ).astype(np.int32),
    )
    vectors = [[*vector, *[0] * 18] for vector in itertools.product((0, 1), repeat=6)]
    expected = [[plain_values(netlist, vector)[net] for net in netlist.output_nets[:3]] for vector in vectors]
    seen = set()
    for target in range(netlist.first_gate_net, netlist.nets):
        for source in (0, 1, 2, 5, int(rng.integers(2, 8)), max(8 + 18, target - 1)):
            run, library = _run_without_patterns(netlist)
            if run.state.node[target]["cell"] < 0 or source >= target or run.state.node[source]["cell"] == -2:
                continue
            set_target(run.state, library, target, -1, 3000)
            run.state.now[0]["plan_size"], run.state.now[0]["plan_source"] = 0, source
            if not try_plan(run.state, library):
                continue
            fanins = np.where(netlist.gate_fanins == target, source, netlist.gate_fanins)
            outputs = np.where(netlist.output_nets == target, source, netlist.output_nets)
            changed = replace(netlist, gate_fanins=fanins.astype(np.int32), output_nets=outputs.astype(np.int32))
            truth = [
                [plain_values(changed, vector)[net] for net in changed.output_nets[:3]] for vector in vectors
            ] == expected
            locally = proven_locally(run.state, library, run._table)
            assert truth or not locally
            run._settle()
            assert run.undecided == 0
            assert (run.proven == 1) is truth
            assert (run.refuted == 1) is not truth
            seen.add((truth, locally))
            run.close()
    assert (True, True) in seen
    assert (False, False) in seen


def test_a_broken_result_never_leaves(monkeypatch):
    """If the optimiser itself went wrong, its caller hears of it."""
    netlist = random_netlist(np.random.default_rng(1), EGFET, input_bits=6, gates=40, outputs=4)

    def broken(*arguments):
        result = to_netlist(*arguments)
        return replace(result, output_nets=np.roll(result.output_nets, 1))

    monkeypatch.setattr(api, "to_netlist", broken)
    with pytest.raises(VerificationError, match="differs from the one given"):
        optimise_netlist(netlist, technology=EGFET, data_bits=None, budget_moves=300, seed=0)
