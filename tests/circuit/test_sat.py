"""Clauses of graphs and functions against every state there is."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_circuits import random_circuit

from bespoke.circuit import every_vector
from bespoke.circuit.sat import CONJUNCTION, FALSE, TRUE, Encoder, function_clauses

CONFLICTS = 10_000


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 4).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, (1 << (1 << n)) - 1))))
def test_clauses_hold_exactly_where_the_function_does(case):
    operands, truth = case
    clauses = function_clauses(truth, operands)
    for state in range(1 << operands):
        for output in (0, 1):
            values = [*(state >> place & 1 for place in range(operands)), output]
            holds = all(any(values[place] == (sign > 0) for place, sign in clause) for clause in clauses)
            assert holds == (output == truth >> state & 1)


def test_the_conjunction_is_its_prime_implicates():
    assert {frozenset(clause) for clause in CONJUNCTION} == {frozenset(c) for c in function_clauses(0b1000, 2)}


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10**6), st.integers(0, 5), st.integers(0, 30), st.integers(1, 4))
def test_a_graph_can_show_what_some_input_makes_it_show(seed, inputs, ands, outputs):
    circuit = random_circuit(seed, inputs, ands, outputs)
    patterns = every_vector(inputs)
    shown = {tuple(row) for row in circuit.evaluate(patterns).tolist()}
    with Encoder("minisat22") as encoder:
        literals = encoder.circuit(circuit, [encoder.fresh() for _ in range(inputs)])
        for wanted in itertools.product((False, True), repeat=outputs):
            assumptions = [literal if value else -literal for literal, value in zip(literals, wanted, strict=True)]
            assert encoder.solve(assumptions, conflicts=CONFLICTS) == (wanted in shown)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10**6), st.integers(0, 4), st.integers(0, 20))
def test_two_graphs_on_the_same_inputs_differ_where_they_do(seed, inputs, ands):
    one, other = random_circuit(seed, inputs, ands, 1), random_circuit(seed + 1, inputs, ands, 1)
    patterns = every_vector(inputs)
    with Encoder("glucose4") as encoder:
        names = [encoder.fresh() for _ in range(inputs)]
        (a,), (b,) = encoder.circuit(one, names), encoder.circuit(other, names)
        differ = bool((one.evaluate(patterns) != other.evaluate(patterns)).any())
        assert encoder.solve([encoder.difference(a, b)], conflicts=CONFLICTS) == differ


@pytest.mark.parametrize("literal", [TRUE, FALSE])
def test_constants_are_what_they_say(literal):
    with Encoder("minisat22") as encoder:
        assert encoder.solve([literal], conflicts=CONFLICTS) == (literal == TRUE)
        assert encoder.difference(literal, literal) == FALSE
