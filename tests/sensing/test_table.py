"""``front_end.csv``: there and back, whatever the names; what is damaged is refused with its place."""

import csv

import numpy as np
import pytest

from bespoke.errors import InputError
from bespoke.sensing import BinaryWires, Quantiser, ThermometerWires, read_front_end, write_front_end

NAMES = ('"quoted", with comma', "two\nlines", "carriage\rreturn", "=1+2", "größer als Ω", " ")
QUANTISER = Quantiser((0.1, -1e300, 0.0, 1e9, -3.0, 0.0), (0.7, 1e300, 1e-300, 1e9 + 1, -1.0, 5e-324), 3)


def wires_of(kind):
    if kind == "binary":
        return BinaryWires(6, 3)
    if kind == "none":
        return ThermometerWires.of(6, 3, [])
    return (
        ThermometerWires.full(6, 3) if kind == "full" else ThermometerWires.of(6, 3, [(0, 3), (2, 1), (2, 6), (5, 7)])
    )


@pytest.mark.parametrize("kind", ["binary", "full", "some", "none"])
def test_there_and_back(tmp_path, kind):
    path, wires = tmp_path / "front_end.csv", wires_of(kind)
    write_front_end(path, wires, NAMES, QUANTISER)
    assert read_front_end(path, NAMES, 3) == wires
    if kind != "none":
        assert read_front_end(path, NAMES) == wires
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["bit"]) for row in rows] == list(range(wires.count))
    assert [row["feature"] for row in rows] == [NAMES[feature] for feature in wires.feature_of()]
    if kind == "binary":
        assert {(row["level"], row["threshold"], row["share_of_range"]) for row in rows} == {("", "", "")}
    else:
        thresholds = [QUANTISER.threshold(int(feature), int(level)) for feature, level in wires.levels]
        assert [float(row["threshold"]) for row in rows] == thresholds
        assert np.array_equal([float(row["share_of_range"]) for row in rows], wires.levels[:, 1] / 8)


GOOD = 'bit,feature,level,threshold,share_of_range\n0,"a",1,0.5,0.125\n1,"a",3,1.5,0.375\n2,"b",2,-1.0,0.25\n'


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("bit,feature", "wire,feature", "row 1: the columns are not"),
        ('1,"a",3', '2,"a",3', "row 3, column bit: expected 1, found '2'"),
        ('"b"', '"c"', "row 4, column feature: the data have no feature 'c'"),
        ('"a",3', '"a",', "row 3, column level: expected a whole number"),
        ('"a",3', '"a",-3', "row 3, column level"),
        ('"a",3', '"a",1.5', "row 3, column level"),
        ("1.5,", "warm,", "row 3, column threshold: expected a number, found 'warm'"),
        ("1.5,", "nan,", "row 3, column threshold"),
        ("0.375", "0.4", "row 3, column share_of_range"),
        ("0.375", "0", "row 3, column share_of_range"),
        ("0.375", "0.1875", "row 3, column share_of_range: it is a share of 16 levels, not of 8"),
        ("0.375", "0.375,1", "row 3: 6 cells instead of 5"),
        ('"a",3,1.5,0.375', '"a",1,1.5,0.125', "row 3, column level: the levels of a feature must rise"),
        ("1.5,", "0.1,", "row 3, column threshold: the thresholds of a feature must not fall"),
        ('0,"a",1,0.5,0.125', '0,"b",1,0.5,0.125', "row 3, column feature: the features are not in the data's order"),
        ('"a",3,1.5,0.375', '"a",,,', "row 3, column level: binary words and comparators in one table"),
        ('"b"', '"b', "cannot be read"),
    ],
)
def test_damage_is_named(tmp_path, old, new, message):
    path = tmp_path / "front_end.csv"
    path.write_text(GOOD)
    assert read_front_end(path, ("a", "b")).count == 3
    assert old in GOOD
    path.write_text(GOOD.replace(old, new, 1))
    with pytest.raises(InputError) as caught:
        read_front_end(path, ("a", "b"))
    assert message in str(caught.value) and str(path) in str(caught.value)


def test_binary_tables_of_other_ports_are_refused(tmp_path):
    path = tmp_path / "front_end.csv"
    write_front_end(path, BinaryWires(2, 2), ("a", "b"), Quantiser((0.0, 0.0), (1.0, 1.0), 2))
    with pytest.raises(InputError, match="row 4, column feature: expected 3 rows a feature"):
        read_front_end(path, ("a", "b"), 3)
    with pytest.raises(InputError, match=r"row 3, column feature|4 rows instead of"):
        read_front_end(path, ("a", "b", "c"))
    with pytest.raises(InputError, match="cannot be read"):
        read_front_end(tmp_path / "missing.csv", ("a",))


def test_what_does_not_fit_is_not_written(tmp_path):
    for names, bits in ((("a",), 2), (("a", "b"), 3)):
        with pytest.raises(InputError, match="do not fit wires of 2 features"):
            write_front_end(tmp_path / "t.csv", BinaryWires(2, 2), names, Quantiser((0.0, 0.0), (1.0, 1.0), bits))
    assert not list(tmp_path.iterdir())
