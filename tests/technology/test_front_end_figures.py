"""Figures of front ends in technology files."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bespoke.errors import InputError
from bespoke.resources import resource_dir
from bespoke.technology import (
    ASSUMED_COMPARATOR_DEVICES,
    FrontEndFigures,
    load_technology,
    read_front_end_figures,
    read_toml,
    to_toml,
)

SET = """
[[front_end_figures]]
name = "mine"
source = "measured"
comparator_shares = [0.25, 0.5, 0.75]
comparator_power_mw = [1, 2, 4]
comparator_area_cm2 = [0.5]
feature_area_cm2 = 0.1
feature_power_mw = 0.2
or_area_cm2 = 0.3
or_power_mw = 0.4
"""
MINE = FrontEndFigures("mine", "measured", (0.25, 0.5, 0.75), (1.0, 2.0, 4.0), (0.5,), 0.1, 0.2, 0.3, 0.4)


def test_the_built_in_sets():
    date, esl = load_technology("egfet-1.0v").front_end_figures
    assert (date.name, date.has_encoder, date.comparator_shares) == (
        "date-2024",
        False,
        tuple(k / 16 for k in range(1, 16)),
    )
    assert (esl.name, esl.has_encoder, esl.comparator_shares) == ("esl-2024", True, ())
    assert "2312.01172" in date.source and "2411.08674" in esl.source
    assert load_technology("egfet-0.6v").front_end_figures == load_technology("egfet-0.8v").front_end_figures == ()


def test_devices_of_a_comparator_are_assumed_unless_told(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(SET)
    assert read_front_end_figures(path).stated_comparator_devices is None
    assert read_front_end_figures(path).comparator_devices == ASSUMED_COMPARATOR_DEVICES == 6
    path.write_text(SET + "comparator_devices = 9\n")
    assert read_front_end_figures(path).comparator_devices == 9
    path.write_text(SET + "comparator_devices = 0\n")
    with pytest.raises(InputError, match=r"\(mine\): comparator_devices must be a whole number from 1 on, not 0"):
        read_front_end_figures(path)


def test_a_table_between_and_beyond_its_entries():
    shares = np.array([0.0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 1.0])
    assert MINE.power_of_comparators_mw(shares).tolist() == [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0]
    assert MINE.area_of_comparators_cm2(shares).tolist() == [0.5] * 8
    falling = replace(MINE, comparator_power_mw=(3.0, 2.0, 0.5))
    assert falling.power_of_comparators_mw(np.array([0.0, 0.8, 1.0])).tolist() == pytest.approx([4.0, 0.2, 0.0])


def test_a_file_of_its_own(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(SET)
    assert read_front_end_figures(path) == MINE
    path.write_text(SET + SET.replace('"mine"', '"other"'))
    with pytest.raises(InputError, match=r"mine\.toml has 2 sets of front end figures; a file of its own holds one"):
        read_front_end_figures(path)
    path.write_text('name = "mine"\n' + SET)
    with pytest.raises(InputError, match=r"mine\.toml has the unknown key 'name'"):
        read_front_end_figures(path)


def test_round_trip(tmp_path):
    bare = FrontEndFigures('a "bare" one', "", (), (1.5,), (0.25,))
    told = replace(MINE, name="told", stated_comparator_devices=8)
    technology = replace(load_technology("egfet-0.6v"), front_end_figures=(MINE, bare, told))
    path = tmp_path / "again.toml"
    path.write_text(to_toml(technology))
    assert read_toml(path) == technology


def test_the_built_in_file_is_what_the_writer_writes():
    def figures(text):
        part = text[text.index("[[front_end_figures]]") : text.index("[cells.")]
        return [line for line in part.splitlines() if line and not line.startswith("#")]

    built_in = (resource_dir("flows") / "technologies" / "egfet-1.0v.toml").read_text(encoding="utf-8")
    assert figures(built_in) == figures(to_toml(load_technology("egfet-1.0v")))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("\nor_power_mw", "\nor_powr_mw", r"figures 1 has the unknown key 'or_powr_mw'; known are comparator_area_cm2"),
        ('source = "measured"\n', "", "figures 1 lacks the key 'source'"),
        ('name = "mine"', 'name = " "', "figures 1: name must not be empty"),
        ('name = "mine"', "name = 3", "figures 1: name must be text, not 3"),
        ("[0.25, 0.5,", "[0.5, 0.25,", r"figures 1 \(mine\): comparator_shares must rise within 0\.\.1"),
        ("0.75]", "1.5]", r"comparator_shares must rise within 0\.\.1"),
        ("[0.25, 0.5,", "[-0.25, 0.5,", "comparator_shares: entry 1 must be zero or more, not -0.25"),
        ("[1, 2, 4]", "[1, 2, -4]", "comparator_power_mw: entry 3 must be zero or more, not -4"),
        ("[1, 2, 4]", "[1, 2, nan]", "comparator_power_mw: entry 3 must be a number"),
        ("[1, 2, 4]", '[1, "2", 4]', "comparator_power_mw: entry 2 must be a number, not '2'"),
        ("[1, 2, 4]", "[1, 2]", "comparator_power_mw must have 3 entries, one a share, or one, not 2"),
        ("[0.25, 0.5, 0.75]", "[]", "comparator_power_mw must have one entry, not 3"),
        ("[0.5]", "[]", "comparator_area_cm2 must have 3 entries, one a share, or one, not 0"),
        ("[0.5]", "0.5", "comparator_area_cm2 must be a list of numbers"),
        ("or_area_cm2 = 0.3\n", "", "must have both or_area_cm2 and or_power_mw, or neither"),
        ("feature_power_mw = 0.2", "feature_power_mw = -1", "feature_power_mw must be zero or more"),
        ("[[front_end_figures]]", "[front_end_figures]", "front_end_figures must be a list of tables"),
        ("[[front_end_figures]]", "[[front_end_figurs]]", "lacks the key 'front_end_figures'"),
    ],
)
def test_strict_reading_names_file_set_and_key(tmp_path, old, new, message):
    assert old in SET
    path = tmp_path / "odd.toml"
    path.write_text(SET.replace(old, new, 1))
    with pytest.raises(InputError, match=message) as caught:
        read_front_end_figures(path)
    assert str(path) in str(caught.value)


def test_a_technology_names_no_set_twice(tmp_path):
    path = tmp_path / "twice.toml"
    path.write_text(to_toml(replace(load_technology(), front_end_figures=(MINE, MINE))))
    with pytest.raises(InputError, match=r"twice\.toml has two sets of front end figures named 'mine'"):
        read_toml(path)
