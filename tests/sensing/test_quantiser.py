"""Comparators switch exactly where the grid's level is reached, whatever the range."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bespoke.errors import InputError
from bespoke.sensing import Quantiser, ThermometerWires

FINITE = st.floats(allow_nan=False, allow_infinity=False)
TINY = st.floats(-1e-300, 1e-300)
HUGE = st.floats(-8e307, 8e307)
NARROW = st.tuples(FINITE, st.integers(1, 40)).map(lambda pair: (pair[0], _stepped(*pair)))
RANGES = st.one_of(st.tuples(FINITE, FINITE), st.tuples(TINY, TINY), st.tuples(HUGE, HUGE), NARROW)


def _stepped(value, steps):
    for _ in range(steps if value < 1e308 else 0):
        value = np.nextafter(value, np.inf)
    return float(value)


@st.composite
def quantisers(draw, bits=st.integers(1, 6)):
    low, high = sorted(draw(RANGES))
    assume(low < high and np.isfinite(high - low))
    return Quantiser((low,), (high,), draw(bits))


@settings(max_examples=300, deadline=None, derandomize=True)
@given(quantisers(), st.data())
def test_a_comparator_switches_where_the_level_is_reached(quantiser, data):
    level = data.draw(st.integers(1, (1 << quantiser.bits) - 1))
    threshold = quantiser.threshold(0, level)
    near = [threshold, np.nextafter(threshold, -np.inf), np.nextafter(threshold, np.inf)]
    free = data.draw(st.lists(st.floats(allow_nan=False), max_size=5))
    ends = [*quantiser.low, *quantiser.high, -np.inf, np.inf]
    values = np.array([*near, *free, *ends])
    with np.errstate(over="ignore"):
        assert np.array_equal(values >= threshold, quantiser.transform(values[:, None])[:, 0] >= level)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(quantisers(), st.lists(st.floats(allow_nan=False), min_size=1, max_size=20))
def test_encoding_is_what_comparators_deliver(quantiser, values):
    wires = ThermometerWires.full(1, quantiser.bits)
    thresholds = quantiser.thresholds(*wires.levels.T)
    assert (np.diff(thresholds) >= 0).all()
    measured = np.array(values)[:, None]
    assert np.array_equal(wires.encode(quantiser.transform(measured)), measured >= thresholds)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(quantisers(), st.floats(0, 1, exclude_max=True))
def test_values_inside_their_cells(quantiser, share):
    grid = np.arange(1 << quantiser.bits)[:, None]
    found = quantiser.transform(quantiser.inside(grid, share))
    thresholds = quantiser.thresholds(np.zeros(len(grid) - 1, int), grid[1:, 0])
    empty = np.flatnonzero(np.diff(np.concatenate([quantiser.low, thresholds, [np.inf]])) == 0)
    reachable = np.setdiff1d(np.arange(len(grid)), empty)
    assert np.array_equal(found[reachable], grid[reachable])
    assert (found >= grid).all()


def test_levels_beyond_the_grid_are_refused():
    quantiser = Quantiser((0.0,), (1.0,), 2)
    assert [quantiser.threshold(0, level) for level in (1, 2, 3)] == [0.25, 0.5, 0.75]
    for level in (0, 4, -1):
        with pytest.raises(InputError, match=r"levels lie in 1\.\.3"):
            quantiser.threshold(0, level)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(quantisers())
def test_texts_of_levels_tell_them_apart_with_the_same_decimals(quantiser):
    levels = range(1, 1 << quantiser.bits)
    thresholds = [quantiser.threshold(0, level) for level in levels]
    texts = [quantiser.threshold_text(0, level) for level in levels]
    assert len({len(text.partition("e")[0].partition(".")[2]) for text in texts}) == 1
    assert len({"e" in text for text in texts}) == 1
    for text, following, threshold, above in zip(texts, texts[1:], thresholds, thresholds[1:], strict=False):
        if threshold < above:  # else no float lies between them
            assert text != following and float(text) < above and float(following) > threshold


def test_texts_of_levels_by_hand():
    def texts(low, high):
        return [Quantiser((low,), (high,), 2).threshold_text(0, level) for level in (1, 2, 3)]

    assert texts(0.0, 16.0) == ["4", "8", "12"]
    assert texts(4.3, 7.9) == ["5.2", "6.1", "7.0"]
    assert texts(0.0, 1.0) == ["0.25", "0.50", "0.75"]
    assert texts(-1.0, 1.0) == ["-0.5", "0.0", "0.5"]
    assert texts(0.0, 1000.0) == ["250", "500", "750"]
    assert texts(0.0, 4e-7) == ["1e-07", "2e-07", "3e-07"]
    assert texts(0.0, 1e20) == ["2.5e+19", "5.0e+19", "7.5e+19"]
