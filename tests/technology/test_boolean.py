"""Boolean expressions in every notation."""

from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bespoke.errors import InputError
from bespoke.technology.boolean import (
    canonical,
    format_expression,
    parse_expression,
    truth_table,
    without_constants,
    without_xor,
)


def of(text: str, *pins: str) -> int:
    return truth_table(parse_expression(text), pins)


@pytest.mark.parametrize(
    ("text", "truth"),
    [
        ("!(A & B)", 0b0111),
        ("(A B)'", 0b0111),
        ("~(A*B)", 0b0111),
        ("(!A) + (!B)", 0b0111),
        ("A'+B'", 0b0111),
        ("A ^ B", 0b0110),
        ("(A * !B) | (!A B)", 0b0110),
        ("A ^ B & B", 0b0100),  # XOR before AND, other than in C
        ("A B ^ A", 0b0010),
        ("B & B ^ A", 0b0100),
        ("A + B ^ A * B", 0b1110),  # AND before OR
        ("!A ^ B'", 0b0110),
        ("A' ^ B B", 0b1000),
        ("A !B", 0b0010),
        ("(A)(B)", 0b1000),
        ("1", 0b1111),
        ("A & 0", 0),
        ("A''", 0b1010),
    ],
)
def test_notations(text, truth):
    assert of(text, "A", "B") == truth


@pytest.mark.parametrize("text", ["", "A &", "(A", "A)", "A $ B", "& A", "A ! "])
def test_what_is_no_expression(text):
    with pytest.raises(InputError, match="Boolean expression"):
        parse_expression(text)


def test_endless_brackets_are_a_fault_of_the_text():
    with pytest.raises(InputError, match="too deeply"):
        parse_expression("(" * 50_000 + "A")


def test_an_unknown_pin_is_named():
    with pytest.raises(InputError, match="pin 'C'"):
        of("A & C", "A", "B")


def expressions() -> st.SearchStrategy:
    leaves = st.sampled_from([("pin", "A"), ("pin", "B"), ("pin", "C"), ("const", 0), ("const", 1)])
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            inner.map(lambda x: ("!", x)),
            st.tuples(st.sampled_from("&|^"), inner, inner),
            st.tuples(st.sampled_from("&|^"), inner, inner, inner),
        ),
        max_leaves=12,
    )


def plain(node, values) -> bool:
    kind = node[0]
    if kind == "pin":
        return values[node[1]]
    if kind == "const":
        return bool(node[1])
    operands = [plain(operand, values) for operand in node[1:]]
    if kind == "!":
        return not operands[0]
    return {"&": all(operands), "|": any(operands), "^": sum(operands) % 2 == 1}[kind]


@given(expressions())
def test_text_and_truth_tables_agree_with_a_plain_evaluation(expression):
    table = 0
    for state, (c, b, a) in enumerate(itertools.product([False, True], repeat=3)):
        table |= plain(expression, {"A": a, "B": b, "C": c}) << state
    for text in (
        format_expression(expression),
        format_expression(expression, signs="~*+^"),
        format_expression(without_xor(expression), signs="!*+^"),
        format_expression(without_constants(expression)),
    ):
        assert of(text, "A", "B", "C") == table
    left = without_constants(expression)
    assert left[0] == "const" or not re.search("[01]", format_expression(left))
    assert "^" not in format_expression(without_xor(expression))
    assert canonical(format_expression(expression)) == format_expression(expression)
