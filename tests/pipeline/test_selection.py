"""The final choice, against enumeration."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bespoke.costs import Objective
from bespoke.errors import NoDesignError
from bespoke.pipeline.selection import Entry, Request, choose
from bespoke.statistics import Accuracy


def entry(index, train, validation, area, power=1.0):
    return Entry(index, Accuracy.of_count(train, 100), Accuracy.of_count(validation, 100), area, power)


ENTRIES = st.lists(
    st.tuples(st.integers(0, 100), st.integers(0, 100), st.floats(0, 10), st.floats(0, 10)), min_size=1, max_size=12
).map(lambda rows: [entry(index, *row) for index, row in enumerate(rows)])


def trusted(e):
    """Both parts have 100 samples, so pooling is the mean of the shares."""
    share = e.validation.value
    return min((e.train.value + share) / 2, share + (share * (1 - share)) ** 0.5 / 10)


@given(ENTRIES, st.integers(0, 100), st.sampled_from(Objective))
def test_the_cheapest_of_those_whose_accuracy_can_be_trusted(entries, percent, objective):
    request = Request.at_least(percent / 100, objective=objective)
    eligible = [e for e in entries if trusted(e) >= percent / 100 - 1e-12]
    if not eligible:
        with pytest.raises(NoDesignError, match="the nearest has accuracy"):
            choose(entries, request)
        return
    choice = choose(entries, request)
    assert choice.eligible == len(eligible)
    assert choice.entry in eligible
    figure = "area_cm2" if objective is Objective.AREA else "static_power_mw"
    assert getattr(choice.entry, figure) == min(getattr(e, figure) for e in eligible)


def test_an_over_fitted_design_is_believed_little_more_than_its_validation():
    fitted, sound = entry(0, 100, 50, 0.1), entry(1, 60, 60, 0.2)
    assert fitted.trusted_accuracy == pytest.approx(0.55)
    assert choose([fitted, sound], Request.at_least(0.58)).entry is sound
    unequal = Entry(0, Accuracy.of_count(240, 300), Accuracy.of_count(90, 100), 1.0, 1.0)
    assert unequal.trusted_accuracy == pytest.approx(330 / 400)


@given(ENTRIES, st.floats(0, 10), st.floats(0, 10))
def test_the_most_accurate_within_a_budget(entries, area, power):
    eligible = [e for e in entries if e.area_cm2 <= area and e.static_power_mw <= power]
    request = Request(max_area_cm2=area, max_power_mw=power)
    if not eligible:
        with pytest.raises(NoDesignError):
            choose(entries, request)
        return
    best = choose(entries, request).entry
    assert best in eligible
    assert trusted(best) == pytest.approx(max(trusted(e) for e in eligible))


def test_a_request_that_nothing_meets_names_the_nearest():
    entries = [entry(0, 90, 80, 0.5, 2.0), entry(1, 95, 85, 3.0, 9.0)]
    with pytest.raises(NoDesignError) as caught:
        choose(entries, Request.at_least(0.9, max_area_cm2=1.0))
    assert "0.8000 on validation" in str(caught.value) and "0.5 cm²" in str(caught.value)


def test_wilson_interval_against_the_roots_of_its_equation():
    # The bounds are the shares p for which |x - p| = z sqrt(p (1 - p) / n): roots of a quadratic.
    for correct, samples in [(0, 10), (7, 10), (193, 205), (50, 50)]:
        share, z2 = correct / samples, 1.959963984540054**2
        low, high = sorted(np.roots([1 + z2 / samples, -(2 * share + z2 / samples), share**2]).real)
        accuracy = Accuracy.of_count(correct, samples)
        assert accuracy.low == pytest.approx(max(0, low), abs=1e-9)
        assert accuracy.high == pytest.approx(min(1, high), abs=1e-9)


@given(ENTRIES, st.integers(0, 100), st.integers(0, 100), st.integers(0, 10))
def test_the_model_itself_is_always_within_any_loss_of_itself(entries, train, validation, loss):
    itself = entry(len(entries), train, validation, 99.0)
    choice = choose([*entries, itself], Request.within(loss / 100, itself.train.value, itself.validation.value))
    assert choice.entry.area_cm2 <= itself.area_cm2
    assert choice.entry.train.value >= itself.train.value - loss / 100 - 1e-9
    assert choice.entry.validation.value >= itself.validation.value - loss / 100 - 1e-9
