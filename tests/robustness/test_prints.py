"""Printed yield against enumeration of all fault sets, and draws against what is counted."""

from __future__ import annotations

import numpy as np
import pytest
from plain_faults import netlist_of, plain_answer, plain_prints, subject_of, wide_cell

from bespoke.circuit import pack_bits
from bespoke.errors import InputError
from bespoke.robustness import printed_yield
from bespoke.robustness import prints as prints_module
from bespoke.technology import load_technology

EGFET = load_technology()
SMALL = netlist_of(
    (*EGFET.cells[:2], wide_cell("MAJ3", 3, 0b11101000)),
    [(1, (2, 3)), (2, (3, 4, 5)), (0, (6,)), (1, (6, 7))],
    input_bits=3,
    outputs=(8, 7),
)
SUBJECT = subject_of(SMALL, seed=1, samples=21, gate_devices=[3, 7, 0, 3], input_devices=[6.0, 0.0, 2.5])
YIELDS = (0.7, 0.9, 0.99, 1.0)


def test_prints_agree_with_enumeration_over_all_fault_sets():
    floor = 0.7
    for point in printed_yield(SUBJECT, device_yields=YIELDS, floor=floor, seed=0):
        every = plain_prints(SUBJECT, point.device_yield)
        assert sum(chance for chance, _ in every) == pytest.approx(1)
        assert point.exact
        assert point.expected_accuracy == pytest.approx(sum(chance * right for chance, right in every) / 21, abs=1e-12)
        good = sum(chance for chance, right in every if right / 21 >= floor)
        assert point.good_prints == pytest.approx(good, abs=1e-12)
        assert point.expected_low == point.expected_high == point.expected_accuracy
        assert point.good_low == point.good_high == point.good_prints
        assert point.perfect_prints == pytest.approx(point.device_yield ** (3 + 7 + 3 + 6 + 2.5))


@pytest.mark.parametrize("budget", [1, 40, 300])
def test_what_is_drawn_agrees_with_what_is_counted(monkeypatch, budget):
    exact = printed_yield(SUBJECT, device_yields=YIELDS, seed=0)
    monkeypatch.setattr(prints_module, "_EXACT_SETS", budget)
    held = []
    for seed in range(20):
        drawn = printed_yield(SUBJECT, device_yields=YIELDS, seed=seed, prints=300)
        for one, other in zip(exact[:3], drawn[:3], strict=True):
            assert not other.exact and other.perfect_prints == one.perfect_prints and other.floor == one.floor
            held.append(
                (
                    other.expected_low <= one.expected_accuracy <= other.expected_high,
                    other.good_low - 1e-12 <= one.good_prints <= other.good_high + 1e-12,
                )
            )
    assert (np.mean(held, axis=0) > 0.85).all()  # of 60 intervals of 95 % each
    assert drawn[3].exact and drawn[3].good_prints == 1.0
    assert drawn[2].expected_high - drawn[2].expected_low < drawn[1].expected_high - drawn[1].expected_low


def test_the_same_seed_gives_the_same_figures_at_any_time(monkeypatch):
    monkeypatch.setattr(prints_module, "_EXACT_SETS", 40)
    several = printed_yield(SUBJECT, device_yields=YIELDS, floor=0.5, seed=7, prints=500)
    alone = printed_yield(SUBJECT, device_yields=(0.9,), floor=0.5, seed=7, prints=500)
    assert several[1] == alone[0]
    monkeypatch.setattr("bespoke.robustness.draws._TOGETHER", 33)
    assert printed_yield(SUBJECT, device_yields=YIELDS, floor=0.5, seed=7, prints=500) == several
    other = printed_yield(SUBJECT, device_yields=(0.9,), floor=0.5, seed=8, prints=500)
    assert other[0].expected_accuracy != alone[0].expected_accuracy


class _Fixed:
    """Front ends that all deliver the same."""

    def __init__(self, bits):
        self._packed = pack_bits(bits)

    def draw(self, rng, count):
        return np.repeat(self._packed[None], count, axis=0)


def test_prints_behind_drifting_front_ends():
    exact = printed_yield(SUBJECT, device_yields=(0.9,), seed=0)[0]
    still = printed_yield(SUBJECT, device_yields=(0.9,), seed=0, prints=3000, drift=_Fixed(SUBJECT.bits))[0]
    assert not still.exact
    slack = (still.expected_high - still.expected_low) / 2  # with it, four standard errors
    assert still.expected_low - slack <= exact.expected_accuracy <= still.expected_high + slack
    slack = (still.good_high - still.good_low) / 2
    assert still.good_low - slack <= exact.good_prints <= still.good_high + slack
    assert still.good_low <= still.good_prints <= still.good_high
    off = _Fixed(np.zeros_like(SUBJECT.bits))
    (silent,) = printed_yield(SUBJECT, device_yields=(1.0,), seed=0, prints=3, drift=off)
    right = (SUBJECT.expected == plain_answer(SMALL, (0, 0, 0), {})).mean()
    assert silent.expected_accuracy == silent.expected_low == pytest.approx(right)


def test_a_circuit_without_gates():
    wires = subject_of(netlist_of((), [], input_bits=2, outputs=(3, 0)), seed=2, samples=65, input_devices=[9, 1])
    (point,) = printed_yield(wires, device_yields=(0.8,), seed=0)
    every = plain_prints(wires, 0.8)
    assert point.exact and point.perfect_prints == pytest.approx(0.8)
    assert point.expected_accuracy == pytest.approx(sum(chance * right for chance, right in every) / 65)


@pytest.mark.parametrize("wrong", [{"device_yields": (0.0,)}, {"device_yields": (1.5,)}, {"prints": 1}])
def test_yields_and_prints_out_of_range_are_refused(wrong):
    with pytest.raises(InputError, match="yield"):
        printed_yield(SUBJECT, seed=0, **wrong)
