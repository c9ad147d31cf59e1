"""Column adders against plain addition, evaluated in Python from the data structure, not from the text."""

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from bespoke.rtl.adders import add_columns
from bespoke.rtl.bits import ONE, ZERO, Bit, Signal

_INPUT = Signal("x", 6)


def _value(bit, values):
    if bit.is_constant:
        return int(bit.inverted)
    return values[bit.signal.name] >> bit.index & 1 ^ bit.inverted


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    columns=st.lists(
        st.lists(st.builds(Bit, st.just(_INPUT), st.integers(0, 5), st.booleans()), max_size=5), min_size=1, max_size=5
    ),
    constant=st.integers(-100, 100),
)
def test_sum_of_bits_and_constant(columns, constant):
    adders, total = add_columns(columns, constant, "a")
    assert len(total) == len(columns)
    for word in range(1 << _INPUT.width):
        values = {"x": word}
        for adder in adders:
            count = sum(_value(bit, values) for bit in adder.operands)
            values[adder.output.name] = count if adder.has_carry else count & 1
        expected = constant + sum(_value(bit, values) << i for i, column in enumerate(columns) for bit in column)
        assert sum(_value(bit, values) << i for i, bit in enumerate(total)) == expected % (1 << len(columns))


def test_no_adder_where_wires_will_do():
    a, b = Bit(_INPUT, 0), Bit(_INPUT, 1)
    for column in ([a, ~a, b], [a, a, b], [a, a], [a, ~a], [ZERO, a], [ONE, a]):
        for order in itertools.permutations(column):
            assert add_columns([list(order), []], 0, "a")[0] == []
    assert add_columns([[a], [b]], 2, "a")[0] == []  # a constant in the top column inverts it
    assert len(add_columns([[a, b], []], 1, "a")[0]) == 1


def test_one_adder_less_than_a_column_has_operands():
    """Every full adder takes one bit out of the sum: n bits of weight one need n minus the ones of n, and no half."""
    bits = [Bit(Signal(f"x{i}", 1)) for i in range(7)]
    adders, _ = add_columns([bits, [], []], 0, "a")
    assert [len(adder.operands) for adder in adders] == [3, 3, 3, 3]
