"""The final choice, against enumeration."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bespoke.circuit import Circuit
from bespoke.costs import Costs, Objective
from bespoke.design import Design, Request, choose
from bespoke.errors import NoDesignError
from bespoke.model import LogicCircuit
from bespoke.sensing import BinaryWires
from bespoke.statistics import Accuracy

_WIRE = LogicCircuit(BinaryWires(1, 1), 2, Circuit(1, np.zeros((0, 2), int), np.array([2])))


def mapped(train, validation, area, power=1.0, front_end=(None, None)):
    """A design whose estimates are of no use, so that only its measurements can decide."""
    accuracies = Accuracy.of_count(train, 100), Accuracy.of_count(validation, 100)
    return Design(_WIRE, "test", *accuracies, Costs(0.0, 0.0)).with_measured(Costs(area, power, *front_end))


_FIGURE = st.floats(0, 10)
DESIGNS = st.lists(
    st.tuples(st.integers(0, 100), st.integers(0, 100), _FIGURE, _FIGURE, st.tuples(_FIGURE, _FIGURE)),
    min_size=1,
    max_size=12,
).map(lambda rows: [mapped(*row) for row in rows])


def trusted(design):
    """Both parts have 100 samples, so pooling is the mean of the shares."""
    share = design.validation.value
    return min((design.train.value + share) / 2, share + (share * (1 - share)) ** 0.5 / 10)


@given(DESIGNS, st.integers(0, 100), st.sampled_from(Objective))
def test_the_cheapest_of_those_whose_accuracy_can_be_trusted(designs, percent, objective):
    request = Request.at_least(percent / 100, objective=objective)
    eligible = [e for e in designs if trusted(e) >= percent / 100 - 1e-12]
    if not eligible:
        with pytest.raises(NoDesignError, match="the nearest has accuracy"):
            choose(designs, request)
        return
    choice = choose(designs, request)
    assert choice.eligible == len(eligible)
    assert choice.design in eligible
    assert designs[choice.index] is choice.design
    assert choice.design.measured.along(objective) == min(e.measured.along(objective) for e in eligible)


def test_an_over_fitted_design_is_believed_little_more_than_its_validation():
    fitted, sound = mapped(100, 50, 0.1), mapped(60, 60, 0.2)
    assert fitted.trusted_accuracy == pytest.approx(0.55)
    assert choose([fitted, sound], Request.at_least(0.58)).design is sound
    unequal = Design(_WIRE, "test", Accuracy.of_count(240, 300), Accuracy.of_count(90, 100), Costs(1.0, 1.0))
    assert unequal.trusted_accuracy == pytest.approx(330 / 400)


@given(DESIGNS, st.floats(0, 10), st.floats(0, 10))
def test_the_most_accurate_within_a_budget(designs, area, power):
    eligible = [e for e in designs if e.measured.area_cm2 <= area and e.measured.static_power_mw <= power]
    request = Request(max_area_cm2=area, max_power_mw=power)
    if not eligible:
        with pytest.raises(NoDesignError):
            choose(designs, request)
        return
    best = choose(designs, request).design
    assert best in eligible
    assert trusted(best) == pytest.approx(max(trusted(e) for e in eligible))


@given(DESIGNS, st.floats(0, 20), st.floats(0, 20))
def test_a_budget_of_classifier_and_front_end(designs, area, power):
    request = Request(max_system_area_cm2=area, max_system_power_mw=power, source="a battery")
    eligible = [
        d
        for d in designs
        if d.measured.area_cm2 + d.measured.front_end_area_cm2 <= area
        and d.measured.static_power_mw + d.measured.front_end_power_mw <= power
    ]
    if not eligible:
        with pytest.raises(NoDesignError, match=r"mW \(a battery\); the nearest"):
            choose(designs, request)
        return
    choice = choose(designs, request)
    assert choice.eligible == len(eligible) and choice.design in eligible
    assert trusted(choice.design) == pytest.approx(max(trusted(e) for e in eligible))


def test_the_sentence_names_the_source():
    words = Request.at_least(0.9, max_system_power_mw=30, source="Molex", objective=Objective.SYSTEM_POWER).describe()
    assert words == (
        "lowest-power, front end included, design with trusted accuracy of at least 0.9000 and power with front end "
        "of at most 30 mW (Molex)"
    )
    assert "(" not in Request(max_system_power_mw=30).describe()


def test_a_front_end_without_a_price_is_within_no_budget_of_the_system():
    known, unknown = mapped(80, 80, 5.0, 5.0, (1.0, 1.0)), mapped(99, 99, 0.1, 0.1)
    assert choose([unknown, known], Request(max_system_power_mw=6.0)).design is known
    assert choose([unknown, known], Request.at_least(0.5, objective=Objective.SYSTEM_POWER)).design is known
    assert choose([unknown, known], Request.at_least(0.9, objective=Objective.SYSTEM_AREA)).design is unknown
    with pytest.raises(NoDesignError, match="the nearest has accuracy"):
        choose([unknown], Request(max_system_area_cm2=1.0))


def test_a_request_that_nothing_meets_names_the_nearest():
    designs = [mapped(90, 80, 0.5, 2.0), mapped(95, 85, 3.0, 9.0)]
    with pytest.raises(NoDesignError) as caught:
        choose(designs, Request.at_least(0.9, max_area_cm2=1.0))
    assert "0.8000 on validation" in str(caught.value) and "0.5 cm²" in str(caught.value)


def test_wilson_interval_against_the_roots_of_its_equation():
    # The bounds are the shares p for which |x - p| = z sqrt(p (1 - p) / n): roots of a quadratic.
    for correct, samples in [(0, 10), (7, 10), (193, 205), (50, 50)]:
        share, z2 = correct / samples, 1.959963984540054**2
        low, high = sorted(np.roots([1 + z2 / samples, -(2 * share + z2 / samples), share**2]).real)
        accuracy = Accuracy.of_count(correct, samples)
        assert accuracy.low == pytest.approx(max(0, low), abs=1e-9)
        assert accuracy.high == pytest.approx(min(1, high), abs=1e-9)


@given(DESIGNS, st.integers(0, 100), st.integers(0, 100), st.integers(0, 10))
def test_the_model_itself_is_always_within_any_loss_of_itself(designs, train, validation, loss):
    itself = mapped(train, validation, 99.0)
    choice = choose([*designs, itself], Request.within(loss / 100, itself.train.value, itself.validation.value))
    assert choice.design.costs.area_cm2 <= itself.costs.area_cm2
    assert choice.design.train.value >= itself.train.value - loss / 100 - 1e-9
    assert choice.design.validation.value >= itself.validation.value - loss / 100 - 1e-9


def test_estimates_do_not_compete_with_measurements():
    known = mapped(90, 90, 1.0)
    guessed = Design(_WIRE, "test", known.train, known.validation, Costs(0.5, 0.5))
    assert choose([guessed, guessed], Request.at_least(0.5)).design.costs.area_cm2 == 0.5
    with pytest.raises(ValueError, match="unmeasured"):
        choose([known, guessed], Request.at_least(0.5))
