"""Single faults against a plain loop and against Icarus with forced wires; several at once against enumeration."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_faults import key_of, netlist_of, plain_right, subject_of, wide_cell
from plain_netlists import random_netlist

from bespoke.eda.runner import run_tool
from bespoke.eda.tools import icarus_command
from bespoke.errors import InputError
from bespoke.netlist import FlipFlopInstance
from bespoke.robustness import several_stuck_at, single_stuck_at
from bespoke.technology import load_technology

EGFET = load_technology()
MAJORITY, ODD = wide_cell("MAJ3", 3, 0b11101000), wide_cell("ODD7", 7, int("96696996699696696996966996696996", 16))
MIXED = netlist_of(
    (*EGFET.cells[:3], MAJORITY),
    [(1, (2, 2)), (3, (2, 3, 6)), (2, (7, 4)), (0, (7,)), (1, (8, 1)), (3, (9, 10, 3))],
    input_bits=4,
    outputs=(11, 3, 8, 1),
)


def _random(seed):
    return random_netlist(np.random.default_rng(seed), EGFET, input_bits=5, gates=18, outputs=3)


def _forced(subject, sites) -> str:
    """A testbench that forces each place to 0 and to 1 and prints how many samples are right."""
    netlist = subject.netlist
    lines = ["module testbench;", f"reg [{netlist.input_bits - 1}:0] inp; integer right;"]
    lines += ["wire w0 = 1'b0;", "wire w1 = 1'b1;"]
    lines += [f"wire w{2 + bit} = inp[{bit}];" for bit in range(netlist.input_bits)]
    for gate in range(netlist.gates):
        cell = netlist.cells[netlist.gate_cells[gate]]
        names = [f"p{gate}_{pin}" for pin in range(len(cell.inputs))]
        lines += [f"wire {name} = w{netlist.gate_fanins[gate][pin]};" for pin, name in enumerate(names)]
        expression = "".join(
            names[cell.inputs.index(word)] if word in cell.inputs else word
            for word in re.split(r"(\w+)", cell.function.replace("!", "~"))
        )
        lines.append(f"wire w{netlist.first_gate_net + gate} = {expression};")
    out = "{" + ", ".join(f"w{net}" for net in reversed(netlist.output_nets)) + "}"
    lines.append("task count; begin right = 0;")
    for vector, expected in zip(subject.bits, subject.expected.tolist(), strict=True):
        word = "".join(str(int(bit)) for bit in reversed(vector))
        if 0 <= expected < 1 << netlist.output_bits:
            lines.append(f"inp = {netlist.input_bits}'b{word}; #1 if ({out} === {netlist.output_bits}'d{expected})")
            lines.append("right = right + 1;")
    lines.append('$display("%0d", right); end endtask')
    lines.append("initial begin")
    for site in sites:
        place = f"p{site.gate}_{site.pin}" if site.pin >= 0 else f"w{site.net}"
        lines += [f"force {place} = 1'b{value}; count; release {place};" for value in (0, 1)]
    return "\n".join([*lines, "end", "endmodule"])


@pytest.mark.parametrize("netlist", [MIXED, _random(1), _random(2)], ids=["mixed", "first", "second"])
def test_every_single_fault_agrees_with_icarus_and_forced_wires(netlist, tmp_path):
    subject = subject_of(netlist, seed=3, samples=70)
    faults = single_stuck_at(subject)
    (tmp_path / "bench.v").write_text(_forced(subject, faults.sites))
    run_tool("compile", [*icarus_command(), "-g2005", "-o", "sim", "bench.v"], folder=tmp_path, timeout_s=60)
    run = run_tool("simulate", [*icarus_command("vvp"), "-n", "sim"], folder=tmp_path, timeout_s=60)
    assert list(map(int, run.text().split())) == faults.correct.ravel().tolist()
    pins = int((netlist.gate_fanins >= 0).sum())
    assert faults.faults == 2 * (netlist.gates + pins + int(netlist.read_inputs().sum()))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.integers(0, 25), st.integers(1, 140), st.booleans())
def test_single_faults_agree_with_a_plain_loop(seed, input_bits, gates, samples, wide):
    rng = np.random.default_rng(seed)
    cells = (*EGFET.cells, MAJORITY, ODD) if wide else EGFET.cells
    rows = []
    for gate in range(gates):
        kind = int(rng.integers(len(cells)))
        rows.append((kind, rng.integers(0, 2 + input_bits + gate, len(cells[kind].inputs)).tolist()))
    outputs = rng.integers(0, 2 + input_bits + gates, int(rng.integers(1, 4)))
    subject = subject_of(netlist_of(cells, rows, input_bits=input_bits, outputs=outputs), seed=seed, samples=samples)
    faults = single_stuck_at(subject)
    assert faults.intact.correct == plain_right(subject, {})
    for site, correct in list(zip(faults.sites, faults.correct.tolist(), strict=True))[:: 1 + len(faults.sites) // 12]:
        assert correct == [plain_right(subject, {key_of(site): value}) for value in (0, 1)]


def test_many_samples_are_counted_in_blocks():
    subject = subject_of(MIXED, seed=1, samples=64 * 130 + 5)
    faults = single_stuck_at(subject)
    half = 64 * 64
    parts = [
        single_stuck_at(replace(subject, bits=subject.bits[part], expected=subject.expected[part])).correct
        for part in (slice(0, half), slice(half, 2 * half), slice(2 * half, None))
    ]
    assert np.array_equal(faults.correct, sum(parts))
    assert faults.correct[3].tolist() == [plain_right(subject, {key_of(faults.sites[3]): value}) for value in (0, 1)]


def test_figures_of_faults_follow_from_the_counts():
    subject = subject_of(MIXED, seed=4, samples=90)
    faults = single_stuck_at(subject)
    every = sorted(count / 90 for pair in faults.correct.tolist() for count in pair)
    assert faults.worst_accuracy == every[0]
    assert faults.mean_accuracy == pytest.approx(sum(every) / len(every))
    middle = len(every) // 2
    assert faults.median_accuracy == pytest.approx((every[middle - 1] + every[middle]) / 2)
    assert [one.accuracy for one in faults.critical(5)] == every[:5]
    of_gate = [pair for site, pair in zip(faults.sites, faults.correct.tolist(), strict=True) if site.gate == 2]
    assert faults.of_gates()[2] == min(min(pair) for pair in of_gate) / 90
    assert {group.name: group.faults for group in faults.by_cell()}["MAJ3"] == 2 * 2 * 4
    assert {(group.name, group.faults) for group in faults.by_feature()} == {("a", 4), ("b", 2)}
    means = [group.mean_accuracy for group in faults.by_feature()]
    assert means == sorted(means)  # the most critical first


def test_two_faults_at_once_agree_with_all_pairs():
    subject = subject_of(MIXED, seed=5, samples=40)
    sites = single_stuck_at(subject).sites
    stuck = [(site, value) for site, value in product(sites, (0, 1))]
    accuracies = [
        plain_right(subject, {key_of(a): first, key_of(b): second}) / 40
        for (a, first), (b, second) in combinations(stuck, 2)
        if (a.gate, a.net if a.gate < 0 else 0) != (b.gate, b.net if b.gate < 0 else 0)
    ]
    (found,) = several_stuck_at(subject, counts=(2,), prints=4000, seed=0)
    assert abs(found.mean_accuracy - np.mean(accuracies)) < 4 * np.std(accuracies) / 4000**0.5
    assert found.worst_accuracy >= min(accuracies)
    both = several_stuck_at(subject, counts=(2, 3, 99), prints=300, seed=0)
    assert [one.faults for one in both] == [2, 3]
    assert both == several_stuck_at(subject, counts=(2, 3), prints=300, seed=0)


def test_what_cannot_be_examined_is_refused():
    subject = subject_of(MIXED, seed=4, samples=9)
    flip_flop = FlipFlopInstance(next(iter(EGFET.flip_flops)), "late", 6, 2)
    with pytest.raises(InputError, match="has flip-flops, the first is late"):
        replace(subject, netlist=replace(MIXED, flip_flops=(flip_flop,)))
    shared = replace(MAJORITY, further_output=True)
    with pytest.raises(InputError, match="MAJ3, a cell with several outputs"):
        replace(subject, netlist=replace(MIXED, cells=(*MIXED.cells[:3], shared)))
    with pytest.raises(InputError, match="no samples"):
        replace(subject, bits=subject.bits[:0], expected=subject.expected[:0])
    with pytest.raises(InputError, match="devices_of_gates has the shape"):
        replace(subject, devices_of_gates=np.ones(1))
