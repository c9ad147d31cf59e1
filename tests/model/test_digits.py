"""Signed powers of two, widths and masked ceilings, by enumeration."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bespoke.model import nearest_power_of_two, signed_digits, signed_width
from bespoke.model.digits import largest_masked


@given(st.integers(-(2**40), 2**40))
def test_signed_digits_add_up_and_are_never_neighbours(value):
    digits = signed_digits(value)
    assert sum(sign * 2**shift for sign, shift in digits) == value
    shifts = [shift for _, shift in digits]
    assert all(later - earlier >= 2 for earlier, later in itertools.pairwise(shifts))


def test_signed_digits_are_the_fewest():
    reach = {0: 0}
    powers = [sign * 2**shift for sign in (-1, 1) for shift in range(9)]
    for count in range(1, 5):
        for value in [value for value, used in reach.items() if used == count - 1]:
            for power in powers:
                reach.setdefault(value + power, count)
    for value in range(-128, 129):
        assert len(signed_digits(value)) == reach[value]


@pytest.mark.parametrize("low, high", [(-9, 0), (0, 0), (-1, 0), (-8, 7), (0, 8), (-128, 127), (-129, 3), (5, 5)])
def test_signed_width_is_the_narrowest(low, high):
    width = signed_width(low, high)
    assert -(2 ** (width - 1)) <= low and high < 2 ** (width - 1)
    assert width == 1 or low < -(2 ** (width - 2)) or high >= 2 ** (width - 2)


@given(st.integers(0, 200), st.integers(0, 255))
def test_largest_masked_by_enumeration(high, mask):
    assert largest_masked(high, mask) == max(x & mask for x in range(high + 1))


@given(st.floats(-200, 200))
def test_nearest_power_of_two_by_enumeration(value):
    candidates = [0] + [sign * 2**shift for sign in (-1, 1) for shift in range(10)]
    assert abs(nearest_power_of_two(value) - value) == min(abs(candidate - value) for candidate in candidates)
