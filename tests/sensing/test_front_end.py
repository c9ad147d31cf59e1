"""What converters cost by the wires that are read."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bespoke.errors import InputError
from bespoke.sensing import BinaryWires, FrontEnd, FrontEndKind, ThermometerWires, all_wires, figures_of, priced_kinds
from bespoke.technology import FrontEndFigures, load_technology, to_toml

THERMOMETER, BINARY, DIGITAL = FrontEndKind.THERMOMETER, FrontEndKind.BINARY, FrontEndKind.DIGITAL
EGFET = load_technology("egfet-1.0v")
DATE, ESL = EGFET.front_end_figures
#: Everything that figures can say: tables of both, what a feature pays, an encoder.
RICH = FrontEndFigures("rich", "", (0.25, 0.5, 1.0), (1.0, 3.0, 4.0), (0.1, 0.15, 0.3), 0.7, 0.9, 0.05, 0.02)


def bits(*rows: str) -> np.ndarray:
    """Wires of rows of bits, highest first, as people write numbers."""
    return np.array([[sign == "1" for sign in reversed(row)] for row in rows]).ravel()


def test_the_thermometer_is_the_published_one():
    front_end, wires = FrontEnd(THERMOMETER, DATE), ThermometerWires.full(1, 4)
    every = front_end.cost(wires, np.ones(15, dtype=bool))
    assert every.power_mw * 1e3 == pytest.approx(458, abs=0.5)
    assert every.area_cm2 * 100 == pytest.approx(0.624)
    assert (every.comparators, every.ors) == (15, 0)
    for level, power_uw in ((1, 8.235), (8, 29.06), (15, 57.77)):
        one = front_end.cost(wires, wires.levels[:, 1] == level)
        assert one.power_mw == power_uw / 1e3
        assert one.area_cm2 * 100 == pytest.approx(0.176)


def test_thermometers_of_other_grids_are_interpolated():
    def power_uw(width, level):
        wires = ThermometerWires.of(3, width, [(1, level)])
        return FrontEnd(THERMOMETER, DATE).cost(wires, np.ones(1, dtype=bool)).power_mw * 1e3

    assert power_uw(3, 4) == power_uw(1, 1) == 29.06
    assert power_uw(5, 3) == pytest.approx((8.235 + 10.41) / 2)
    assert power_uw(5, 1) == pytest.approx(8.235 - (10.41 - 8.235) / 2)  # below the table
    assert power_uw(5, 31) == pytest.approx(57.77 + (57.77 - 53.41) / 2)  # above it


def test_a_thermometer_with_flat_figures():
    wires = ThermometerWires.of(4, 4, [(0, 3), (0, 9), (2, 1)])
    cost = FrontEnd(THERMOMETER, ESL).cost(wires, np.array([True, True, False]))
    assert (cost.area_cm2, cost.power_mw, cost.comparators, cost.ors) == (2 * 0.0008, 2 * 0.0461, 2, 0)


def test_a_full_binary_converter_of_four_bits_is_the_published_one():
    cost = FrontEnd(BINARY, ESL).cost(BinaryWires(1, 4), bits("1111"))
    assert (cost.comparators, cost.ors) == (16, 28)
    assert cost.area_cm2 == 16 * 0.0008 + 28 * 0.00564 == pytest.approx(0.171, abs=5e-4)
    assert cost.power_mw == 16 * 0.0461 + 28 * 0.02 == pytest.approx(1.30, abs=5e-3)


@pytest.mark.parametrize(
    ("read", "comparators", "ors"),
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
def test_binary_converters_by_hand(read, comparators, ors):
    cost = FrontEnd(BINARY, ESL).cost(BinaryWires(1, len(read)), bits(read))
    assert (cost.comparators, cost.ors) == (comparators, ors)
    assert cost.area_cm2 == comparators * 0.0008 + ors * 0.00564
    assert cost.power_mw == comparators * 0.0461 + ors * 0.02


def test_binary_converters_with_a_table_by_hand():
    """The highest bit: codes at 0, which is below the table, and at half of the range."""
    cost = FrontEnd(BINARY, RICH).cost(BinaryWires(2, 3), bits("000", "100"))
    assert cost.power_mw == pytest.approx(0 + 3.0 + 0.9)  # 1 - 8 / 4 would be below zero
    assert cost.area_cm2 == pytest.approx(0.05 + 0.15 + 0.7)


def test_features_add_up_and_unread_ones_cost_nothing():
    front_end, wires = FrontEnd(BINARY, ESL), BinaryWires(3, 4)
    used = bits("1111", "0000", "1100")
    features = front_end.by_feature(wires, used)
    assert [feature.comparators for feature in features] == [16, 0, 4]
    assert [feature.ors for feature in features] == [28, 0, 2]
    assert front_end.cost(wires, used).comparators == 20
    for kind, figures in ((THERMOMETER, DATE), (BINARY, RICH)):
        every = all_wires(kind, 3, 4)
        nothing = FrontEnd(kind, figures).cost(every, np.zeros(every.count, dtype=bool))
        assert (nothing.area_cm2, nothing.power_mw, nothing.comparators, nothing.ors) == (0, 0, 0, 0)


def test_digital_words_cost_nothing():
    wires = BinaryWires(3, 4)
    cost = FrontEnd(DIGITAL, None).cost(wires, np.ones(12, dtype=bool))
    assert (cost.area_cm2, cost.power_mw, cost.comparators, cost.ors) == (0, 0, 0, 0)


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from([(THERMOMETER, DATE), (THERMOMETER, ESL), (THERMOMETER, RICH), (BINARY, ESL), (BINARY, RICH)])
    | st.just((DIGITAL, None)),
    st.integers(1, 4),
    st.integers(1, 5),
    st.integers(0, 2**32 - 1),
)
def test_tables_and_features_add_up_to_the_cost(priced, features, width, seed):
    (kind, figures), rng = priced, np.random.default_rng(seed)
    front_end, wires = FrontEnd(kind, figures), all_wires(kind, features, width)
    if isinstance(wires, ThermometerWires):
        wires = wires.only(rng.random(wires.count) < 0.7)
    used = rng.random(wires.count) < rng.random()
    cost, tables, owner = front_end.cost(wires, used), front_end.tables(wires), wires.feature_of()
    area = power = 0.0
    for wire in np.flatnonzero(used):
        area += tables.wire_area_cm2[wire]
        power += tables.wire_power_mw[wire]
    for feature in range(features):
        own = used[owner == feature]
        if own.any():
            area += tables.feature_area_cm2
            power += tables.feature_power_mw
            if kind is BINARY:
                mask = sum(1 << bit for bit, read in enumerate(own) if read)
                area += tables.mask_area_cm2[mask]
                power += tables.mask_power_mw[mask]
    assert (area, power) == (pytest.approx(cost.area_cm2), pytest.approx(cost.power_mw))
    by_feature = front_end.by_feature(wires, used)
    assert len(by_feature) == features
    for name in ("area_cm2", "power_mw", "comparators", "ors"):
        assert sum(getattr(feature, name) for feature in by_feature) == pytest.approx(getattr(cost, name))
    assert len(tables.wire_area_cm2) == len(tables.wire_power_mw) == wires.count
    assert len(tables.mask_area_cm2) == len(tables.mask_power_mw) == (1 << width if kind is BINARY else 0)
    assert tables.wire_area_cm2.dtype == tables.mask_power_mw.dtype == np.float64


def test_what_does_not_fit_is_refused():
    front_end = FrontEnd(BINARY, ESL)
    with pytest.raises(InputError, match="Boolean"):
        front_end.cost(BinaryWires(2, 4), np.ones(8, dtype=int))
    with pytest.raises(InputError, match="shape"):
        front_end.cost(BinaryWires(2, 4), np.ones((2, 4), dtype=bool))
    with pytest.raises(InputError, match="binary front end does not deliver ThermometerWires"):
        front_end.cost(ThermometerWires.full(1, 2), np.ones(3, dtype=bool))
    with pytest.raises(InputError, match="thermometer front end does not deliver BinaryWires"):
        FrontEnd(THERMOMETER, DATE).tables(BinaryWires(1, 2))
    with pytest.raises(InputError, match="thermometer front end cannot be priced without figures"):
        FrontEnd(THERMOMETER, None).cost(ThermometerWires.full(1, 2), np.ones(3, dtype=bool))
    with pytest.raises(InputError, match="figures date-2024 cannot price a binary"):
        FrontEnd(BINARY, DATE)
    with pytest.raises(InputError, match="figures date-2024 cannot price a digital"):
        FrontEnd(DIGITAL, DATE)


def test_the_figures_of_a_technology():
    assert priced_kinds(DATE) == (THERMOMETER,)
    assert priced_kinds(ESL) == (THERMOMETER, BINARY)
    assert figures_of(EGFET, THERMOMETER) is DATE
    assert figures_of(EGFET, BINARY, None) is ESL
    assert figures_of(EGFET, THERMOMETER, "esl-2024") is ESL
    assert figures_of(load_technology("egfet-0.6v"), DIGITAL) is None
    assert figures_of(EGFET, DIGITAL, "esl-2024") is None


def test_figures_from_a_file(tmp_path):
    text = to_toml(replace(EGFET, front_end_figures=(RICH,)))
    start = text.index("[[front_end_figures]]")
    path = tmp_path / "mine.toml"
    path.write_text(text[start : text.index("[cells.")])
    for technology in (EGFET, load_technology("egfet-0.6v")):
        assert figures_of(technology, BINARY, str(path)) == RICH
    path.write_text(path.read_text().replace("or_area_cm2 = 0.05\nor_power_mw = 0.02\n", ""))
    with pytest.raises(InputError, match=r"figures rich of .*mine\.toml have no encoder .* a binary front end needs;"):
        figures_of(EGFET, BINARY, str(path))
    with pytest.raises(InputError, match=r"gone\.toml does not exist"):
        figures_of(EGFET, BINARY, str(tmp_path / "gone.toml"))


def test_missing_figures_are_named_with_what_there_is():
    other, date_only = load_technology("egfet-0.6v"), replace(EGFET, name="mine", front_end_figures=(DATE,))
    with pytest.raises(
        InputError,
        match=r"^technology egfet-0\.6v has no figures of a thermometer front end: name a file with "
        "--front-end-figures, or choose --front-end digital$",
    ):
        figures_of(other, THERMOMETER)
    with pytest.raises(InputError, match=r"mine has no figures of a binary front end, only date-2024 \(thermometer\):"):
        figures_of(date_only, BINARY)
    with pytest.raises(InputError, match=r"'esl' .*egfet-1\.0v has date-2024 \(thermometer\), esl-2024 \("):
        figures_of(EGFET, BINARY, "esl")
    with pytest.raises(InputError, match=r"'esl' .*egfet-0\.6v has none; or give the path of a \.toml file"):
        figures_of(other, BINARY, "esl")
    with pytest.raises(InputError, match=r"date-2024 of technology egfet-1\.0v have no encoder .*has esl-2024"):
        figures_of(EGFET, BINARY, "date-2024")


def test_devices_of_thermometer_wires_are_their_comparators():
    wires = ThermometerWires.of(4, 4, [(0, 3), (0, 9), (2, 1)])
    used = np.array([True, False, True])
    assert FrontEnd(THERMOMETER, DATE).devices_of_wires(wires, used).tolist() == [6.0, 0.0, 6.0]
    assert FrontEnd(THERMOMETER, None).devices_of_wires(wires, used).tolist() == [6.0, 0.0, 6.0]
    told = replace(DATE, stated_comparator_devices=8)
    assert FrontEnd(THERMOMETER, told).devices_of_wires(wires, used).tolist() == [8.0, 0.0, 8.0]


def test_devices_of_a_flash_converter_are_shared_by_its_bits():
    wires, used = BinaryWires(3, 4), bits("1111", "0000", "1100")
    devices = FrontEnd(BINARY, ESL).devices_of_wires(wires, used)
    full = (16 * 6 + 28 * 5) / 4
    half = (4 * 6 + 2 * 5) / 2  # bits 2 and 3: four codes to tell apart, an OR a bit
    assert devices.tolist() == [full] * 4 + [0.0] * 4 + [0.0, 0.0, half, half]
    cost = FrontEnd(BINARY, ESL).cost(wires, used)
    assert devices.sum() == cost.comparators * 6 + cost.ors * 5


def test_a_digital_front_end_has_no_devices_here():
    assert not FrontEnd(DIGITAL, None).devices_of_wires(BinaryWires(2, 4), np.ones(8, dtype=bool)).any()
    with pytest.raises(InputError, match=r"used wires must be Boolean of the shape \(8,\)"):
        FrontEnd(BINARY, ESL).devices_of_wires(BinaryWires(2, 4), np.ones(7, dtype=bool))
