"""The syntax of Liberty files: what real ones do, and the same trees as a second reader makes."""

from __future__ import annotations

import pytest
from helpers import shared_pdk_dir
from hypothesis import given, settings
from hypothesis import strategies as st
from liberty.parser import parse_liberty
from miniature_libraries import MINIATURES

from bespoke.errors import InputError
from bespoke.technology import load_technology, to_liberty
from bespoke.technology.liberty_syntax import Group, parse_library


def plain(group: Group) -> tuple:
    return group.kind, group.args, group.attributes, [plain(inner) for inner in group.groups]


@pytest.mark.parametrize(
    ("text", "attributes"),
    [
        ('time_unit : "1ns";; nom : 1;;;', {"time_unit": ["1ns"], "nom": ["1"]}),
        ('time_unit : "1ns"\n  nom : 1.0\n', {"time_unit": ["1ns"], "nom": ["1.0"]}),
        ("nom : 1 /* volts; as told */; x : y // z: 1;\n", {"nom": ["1"], "x": ["y"]}),
        ('comment : "a // b /* c */ { ; }"; /* " */ d : 1;', {"comment": ["a // b /* c */ { ; }"], "d": ["1"]}),
        ('load ("1", "pf"); load (1 , pf) ;', {"load": [("1", "pf"), ("1", "pf")]}),
        ('values ( \\\n "1, 2", \\\r\n "3, 4" \\\n );', {"values": [("1, 2", "3, 4")]}),
        ('values ("1", /* two: "2" ) */ "3");', {"values": [("1", "3")]}),
        ("nom : \\\n 1.5e-3 ;", {"nom": ["1.5e-3"]}),
        ("date : Mon Jan 1, 2020; revision : 1.0.1;", {"date": ["Mon Jan 1, 2020"], "revision": ["1.0.1"]}),
        ("max : 1.0 * VDD + 0.5; function : A & B';", {"max": ["1.0 * VDD + 0.5"], "function": ["A & B'"]}),
        ("nom : 1; nom : 2;", {"nom": ["1", "2"]}),
        ('empty : ""; none (); "quoted" : x', {"empty": [""], "none": [()], "quoted": ["x"]}),
        ('table : "L H : - : L ,\\\n H - : - : N";', {"table": ["L H : - : L , H - : - : N"]}),
        ("define(a, cell, string); voltage_map(VDD, 1.8)", {"define": [("a", "cell", "string")],
                                                           "voltage_map": [("VDD", "1.8")]}),
    ],
)  # fmt: skip
def test_statements(text, attributes):
    assert parse_library(f"\ufeff/* head */ library (x) {{ {text} }}\n;").attributes == attributes


def test_groups_know_their_place():
    library = parse_library('library (x) {\n cell ("A") { pin (A, B) { c : 1 } }\n /*\n*/ cell (B)\n {} };')
    first, second = library.children("cell")
    assert (first.name, first.line, second.name, second.line) == ("A", 2, "B", 4)
    assert first.children("pin")[0].args == ("A", "B")
    assert first.children("pin")[0].number("c") == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "none"),
        ("library (x) { } library (y) { }", "'library', 'library'"),
        ("cell (x) { }", "'cell'"),
        ("library (x) {\n cell (a) {\n", "ends within the group 'cell' of line 2"),
        ("library (x) { } }", "line 1 closes a group"),
        ("library (x) {\n\n = 3; }", "line 3 is no statement of Liberty: '= 3; }'"),
        ('library (x) {\n a : "never closed; }', "line 2|ends within"),
        ("library (x) {\n cell (a) { include_file (other.lib); } }", "includes the file 'other.lib'"),
        ("module top; endmodule", "line 1 is no statement"),
    ],
)
def test_what_is_no_library(text, message):
    with pytest.raises(InputError, match=message):
        parse_library(text)


def test_numbers_are_numbers_quoted_or_not():
    library = parse_library(
        'library (x) { a : "1.5"; b : -.5E+1; c : 1 nS; v ("1, 2 ", " 3,4,"); w (1, 2); z ("1", "2"); }'
    )
    assert (library.number("a"), library.number("b"), library.number("gone")) == (1.5, -5.0, None)
    assert library.rows("v") == [[1, 2], [3, 4]]
    assert library.rows("w") == library.rows("z") == [[1, 2]]
    with pytest.raises(InputError, match=r"c \(line 1\) is '1 nS', not a number"):
        library.number("c")


@settings(derandomize=True, max_examples=300, deadline=None)
@given(st.text(alphabet='library(){}:;,"\\/*\n ab1', max_size=60))
def test_any_text_is_read_or_refused(text):
    for whole in (text, f"library (x) {{ {text} }}"):
        try:
            assert parse_library(whole).kind == "library"
        except InputError as error:
            assert str(error)


def second_reading(group) -> tuple:
    """A group of the second reader in the form of `plain`, every value as text, numbers as numbers."""

    def told(value):
        return _number(str(getattr(value, "value", value)) if not hasattr(value, "unit") else str(value))

    attributes: dict = {}
    for one in group.attributes:
        value = tuple(map(told, one.value)) if isinstance(one.value, list) else told(one.value)
        attributes.setdefault(one.name, []).append(value)
    for one in group.defines:
        attributes.setdefault("define", []).append((one.attribute_name, one.group_name, str(one.attribute_type)))
    return group.group_name, tuple(map(told, group.args)), attributes, [second_reading(one) for one in group.groups]


def _number(text: str):
    try:
        return float(text)
    except ValueError:
        return " ".join(text.replace("\\", " ").split())


def first_reading(group: Group) -> tuple:
    attributes = {
        name: [tuple(map(_number, value)) if isinstance(value, tuple) else _number(value) for value in values]
        for name, values in group.attributes.items()
    }
    return group.kind, tuple(map(_number, group.args)), attributes, [first_reading(one) for one in group.groups]


def assert_alike(text: str) -> None:
    ours, theirs = first_reading(parse_library(text)), second_reading(parse_liberty(text))
    assert ours == theirs


@pytest.mark.parametrize("name", ["quoted_names"])
def test_miniatures_against_a_second_reader(name):
    assert_alike(MINIATURES[name]())


def test_exports_against_a_second_reader():
    assert_alike(to_liberty(load_technology()))


@pytest.mark.parametrize("supply", ["0.6", "0.8", "1.0"])
def test_printed_libraries_against_a_second_reader(supply):
    assert_alike((shared_pdk_dir() / f"PPDK_Standard_Library_{supply}V_25C_TYP_X1.lib").read_text())


@pytest.mark.parametrize("name", ["banners", "picowatts"])
def test_the_second_reader_refuses_what_real_files_do(name):
    """Why it is not what libraries are read with: unquoted text with blanks, doubled semicolons."""
    with pytest.raises(Exception):  # noqa: B017
        parse_liberty(MINIATURES[name]())
    assert parse_library(MINIATURES[name]()).children("cell")
