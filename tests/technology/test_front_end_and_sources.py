"""Converters and power sources by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bespoke.errors import InputError
from bespoke.technology import PowerSource, carriers, front_end, load_technology, smallest_carrier


def used(*rows: str) -> np.ndarray:
    """Rows of bits, highest first, as people write numbers."""
    return np.array([[sign == "1" for sign in reversed(row)] for row in rows])


def test_a_full_converter_of_four_bits_is_the_published_one():
    full = front_end(used("1111"))
    assert (full.comparators.tolist(), full.ors.tolist()) == ([16], [28])
    assert full.area_cm2 == pytest.approx(0.171, abs=5e-4)
    assert full.power_mw == pytest.approx(1.30, abs=5e-3)


@pytest.mark.parametrize(
    ("bits", "comparators", "ors"),
    [
        ("0000", 0, 0),
        ("1000", 2, 0),  # two halves of the range, a bit that is one line
        ("1100", 4, 2),  # four quarters, each bit the OR of two lines
        ("0100", 4, 1),
        ("1110", 8, 9),  # eight lines, each bit the OR of four
        ("0001", 16, 7),
        ("1001", 16, 14),
        ("1", 2, 0),
        ("11", 4, 2),
    ],
)
def test_converters_by_hand(bits, comparators, ors):
    found = front_end(used(bits))
    assert (found.comparators.tolist(), found.ors.tolist()) == ([comparators], [ors])
    assert found.area_cm2 == pytest.approx(comparators * 0.0008 + ors * 0.00564)
    assert found.power_mw == pytest.approx(comparators * 0.0461 + ors * 0.02)


def test_ignored_inputs_cost_nothing_and_features_add_up():
    found = front_end(used("1111", "0000", "1100"))
    assert found.comparators.tolist() == [16, 0, 4]
    assert found.ors.tolist() == [28, 0, 2]
    assert front_end(used("0000", "0000")).area_cm2 == 0
    with pytest.raises(InputError, match="Boolean"):
        front_end(np.ones((2, 4), dtype=int))
    with pytest.raises(InputError, match="shape"):
        front_end(np.ones(4, dtype=bool))


def test_which_source_carries_a_design():
    technology = load_technology()
    verdicts = carriers(technology, 10.0)
    assert [verdict.source.name for verdict in verdicts] == [
        "printed energy harvester",
        "Blue Spark",
        "Zinergy",
        "Molex",
    ]
    assert [verdict.carries for verdict in verdicts] == [False, False, True, True]
    assert verdicts[2].margin_mw == 5
    assert verdicts[1].margin_mw == -7
    assert verdicts[3].load_ratio == pytest.approx(1 / 3)
    assert smallest_carrier(technology, 10.0).source.name == "Zinergy"
    assert smallest_carrier(technology, 0.1).source.kind == "harvester"
    assert smallest_carrier(technology, 15.0).source.name == "Zinergy"
    assert smallest_carrier(technology, 30.1) is None
    assert smallest_carrier(replace(technology, power_sources=()), 1.0) is None


def test_life_time_where_a_capacity_is_known():
    battery = PowerSource("thin film", "battery", 5.0, capacity_mwh=30.0)
    technology = replace(load_technology(), power_sources=(battery,))
    (verdict,) = carriers(technology, 2.0)
    assert verdict.life_h == 15.0
    assert carriers(technology, 6.0)[0].life_h is None
    assert all(verdict.life_h is None for verdict in carriers(load_technology(), 0.05))


@pytest.mark.parametrize("power", [-1.0, float("nan"), float("inf")])
def test_a_power_that_is_none(power):
    with pytest.raises(InputError, match="zero or more mW"):
        carriers(load_technology(), power)
