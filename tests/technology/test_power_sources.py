"""Power sources by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bespoke.errors import InputError
from bespoke.technology import PowerSource, carriers, load_technology, smallest_carrier


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
