"""The final choice, against enumeration."""

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bespoke.circuit import Circuit
from bespoke.costs import Costs, Objective
from bespoke.design import Design, Forecast, Request, choose
from bespoke.errors import NoDesignError
from bespoke.model import LogicCircuit
from bespoke.sensing import BinaryWires
from bespoke.statistics import Accuracy

_WIRE = LogicCircuit(BinaryWires(1, 1), 2, Circuit(1, np.zeros((0, 2), int), np.array([2])))


def forecast_of(score: float, error: float = 0.02) -> Forecast:
    """A forecast whose accuracy is another than its score, so that only the score can decide."""
    return Forecast(1 - score, 0.0, 1.0, score, score - 2 * error, score + 2 * error, error)


def mapped(percent, area, power=1.0, front_end=(None, None), *, error=0.02, train=50):
    """A design whose estimates and training samples are of no use: measurements and forecast decide."""
    accuracy = Accuracy.of_count(train, 100)
    design = Design(
        _WIRE, "test", accuracy, accuracy.value, Costs(0.0, 0.0), forecast=forecast_of(percent / 100, error)
    )
    return design.with_measured(Costs(area, power, *front_end))


_FIGURE = st.floats(0, 10)
DESIGNS = st.lists(
    st.builds(
        mapped,
        st.integers(0, 100),
        _FIGURE,
        _FIGURE,
        st.tuples(_FIGURE, _FIGURE),
        error=st.integers(0, 20).map(lambda percent: percent / 100),
        train=st.integers(0, 100),
    ),
    min_size=1,
    max_size=12,
)


def score(design):
    return design.forecast.score


@given(DESIGNS, st.integers(0, 100), st.sampled_from(Objective))
def test_the_cheapest_of_those_whose_forecast_is_good_enough(designs, percent, objective):
    request = Request(min_score=percent / 100, objective=objective)
    eligible = [e for e in designs if score(e) >= percent / 100 - 1e-12]
    if not eligible:
        with pytest.raises(NoDesignError, match="the nearest has a forecast accuracy of"):
            choose(designs, request)
        return
    choice = choose(designs, request)
    assert choice.eligible == len(eligible)
    assert choice.design in eligible
    assert designs[choice.index] is choice.design
    assert choice.request == request
    assert choice.design.measured.along(objective) == min(e.measured.along(objective) for e in eligible)


def test_what_the_search_saw_of_its_samples_decides_nothing():
    fitted, sound = mapped(50, 0.1, train=100), mapped(60, 0.2, train=60)
    assert choose([fitted, sound], Request(min_score=0.58)).design is sound
    assert choose([fitted, sound], Request(max_area_cm2=1.0)).design is sound
    assert choose([fitted, sound], Request(frugal=True)).design is sound


def test_of_equally_cheap_ones_the_best_forecast_and_of_equals_the_first():
    designs = [mapped(80, 1.0), mapped(90, 1.0), mapped(90, 1.0), mapped(70, 1.0)]
    assert choose(designs, Request(min_score=0.6, objective=Objective.AREA)).index == 1


@given(DESIGNS, st.floats(0, 10), st.floats(0, 10))
def test_budgets_alone_pick_the_best_forecast(designs, area, power):
    eligible = [e for e in designs if e.measured.area_cm2 <= area and e.measured.static_power_mw <= power]
    request = Request(max_area_cm2=area, max_power_mw=power)
    if not eligible:
        with pytest.raises(NoDesignError):
            choose(designs, request)
        return
    choice = choose(designs, request)
    assert choice.eligible == len(eligible) and choice.design in eligible
    assert score(choice.design) == max(score(e) for e in eligible)
    equals = [e for e in eligible if score(e) == score(choice.design)]
    assert choice.design.measured.area_cm2 == min(e.measured.area_cm2 for e in equals)


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
    assert score(choice.design) == max(score(e) for e in eligible)


@given(DESIGNS, st.sampled_from(Objective))
def test_frugal_is_the_cheapest_within_one_standard_error_of_the_best(designs, objective):
    request = Request(frugal=True, objective=objective)
    best = max(designs, key=score)
    eligible = [e for e in designs if score(e) >= score(best) - best.forecast.error - 1e-12]
    choice = choose(designs, request)
    assert choice.eligible == len(eligible) and choice.design in eligible
    assert choice.design.measured.along(objective) == min(e.measured.along(objective) for e in eligible)
    assert choice.request == request.settled(designs)
    assert choice.request.min_score == pytest.approx(score(best) - best.forecast.error)


@given(DESIGNS, st.floats(0, 10))
def test_frugal_within_a_budget_measures_by_the_best_that_is_affordable(designs, area):
    affordable = [e for e in designs if e.measured.area_cm2 <= area]
    request = Request(frugal=True, max_area_cm2=area, objective=Objective.POWER)
    if not affordable:
        with pytest.raises(NoDesignError, match="within one standard error of the best and an area"):
            choose(designs, request)
        return
    best = max(affordable, key=score)
    eligible = [e for e in affordable if score(e) >= score(best) - best.forecast.error - 1e-12]
    choice = choose(designs, request)
    assert choice.eligible == len(eligible) and choice.design in eligible
    assert choice.design.measured.static_power_mw == min(e.measured.static_power_mw for e in eligible)


def test_frugal_by_hand():
    """The error is that of the best; a design's own doubts do not make it eligible."""
    best, near, far = mapped(90, 5.0, error=0.03), mapped(87, 2.0, error=0.0), mapped(86, 1.0, error=0.5)
    request = Request(frugal=True, objective=Objective.AREA)
    choice = choose([best, near, far], request)
    assert (choice.design, choice.eligible) == (near, 2)
    assert choice.request.describe() == (
        "the one of the smallest area with a forecast accuracy of at least 0.8700 (within one standard error, 0.0300, "
        "of the best forecast, 0.9000)"
    )
    assert request.describe() == (
        "the one of the smallest area with a forecast accuracy within one standard error of the best"
    )
    assert request.asks_accuracy and not choice.request.frugal


def test_only_a_frugal_request_is_settled_by_what_there_is():
    designs = [mapped(90, 1.0), mapped(80, 2.0)]
    for request in (Request(min_score=0.7), Request(max_area_cm2=1.0), Request()):
        assert request.settled(designs) == request
    frugal = Request(frugal=True)
    assert frugal.settled([]) == frugal
    assert frugal.settled(designs).settled(designs[1:]) == frugal.settled(designs)


@given(DESIGNS, st.integers(0, 100), st.integers(0, 10))
def test_the_model_itself_is_always_within_any_loss_of_itself(designs, percent, loss):
    itself = mapped(percent, 99.0)
    choice = choose([*designs, itself], Request.within(loss / 100, itself.forecast))
    assert choice.design.costs.area_cm2 <= itself.costs.area_cm2
    assert score(choice.design) >= score(itself) - loss / 100 - 1e-9


def test_within_a_loss_asks_for_the_baselines_forecast_less_that():
    request = Request.within(0.02, forecast_of(0.9), max_area_cm2=3.0, objective=Objective.AREA)
    assert request == Request(min_score=0.9 - 0.02, max_area_cm2=3.0, objective=Objective.AREA, reason=request.reason)
    assert request.describe() == (
        "the one of the smallest area with a forecast accuracy of at least 0.8800 (at most 0.02 below the exact "
        "baseline's 0.9000 on the same folds) and an area of at most 3 cm²"
    )
    designs = [mapped(87, 1.0), mapped(88, 2.0), mapped(95, 2.5), mapped(99, 4.0)]
    choice = choose(designs, request)
    assert (choice.design, choice.eligible) == (designs[1], 2)


@given(DESIGNS, st.sampled_from(Objective))
def test_preference_puts_first_what_is_asked_for(designs, objective):
    cheap = sorted(designs, key=Request(min_score=0.0, objective=objective).preference)
    assert [d.measured.along(objective) for d in cheap] == sorted(d.measured.along(objective) for d in designs)
    good = sorted(designs, key=Request(max_area_cm2=1.0, objective=objective).preference)
    assert [score(d) for d in good] == sorted(map(score, designs), reverse=True)


@pytest.mark.parametrize(
    ("settings", "axis"),
    [
        ({}, Objective.SYSTEM_POWER),
        ({"min_score": 0.9, "max_area_cm2": 1.0}, Objective.SYSTEM_POWER),
        ({"frugal": True, "max_area_cm2": 1.0}, Objective.SYSTEM_POWER),
        ({"max_area_cm2": 1.0}, Objective.AREA),
        ({"max_power_mw": 1.0}, Objective.POWER),
        ({"max_system_area_cm2": 1.0}, Objective.SYSTEM_AREA),
        ({"max_system_power_mw": 1.0}, Objective.SYSTEM_POWER),
        ({"max_area_cm2": 1.0, "max_system_power_mw": 1.0}, Objective.SYSTEM_POWER),
    ],
)
def test_designs_are_forecast_along_what_decides(settings, axis):
    assert Request(objective=Objective.SYSTEM_POWER, **settings).axis is axis


def test_the_sentence_names_the_source_and_the_metric():
    words = Request(
        min_score=0.9,
        max_system_power_mw=30,
        source="Molex",
        objective=Objective.SYSTEM_POWER,
        metric="balanced accuracy",
    ).describe()
    assert words == (
        "the one of the lowest power, front end included, with a forecast balanced accuracy of at least 0.9000 and a "
        "power, front end included, of at most 30 mW (Molex)"
    )
    assert "(" not in Request(max_system_power_mw=30).describe()
    assert Request(max_system_power_mw=30).describe().startswith("the one of the best forecast with a power,")


def test_a_front_end_without_a_price_is_within_no_budget_of_the_system():
    known, unknown = mapped(80, 5.0, 5.0, (1.0, 1.0)), mapped(99, 0.1, 0.1)
    assert choose([unknown, known], Request(max_system_power_mw=6.0)).design is known
    assert choose([unknown, known], Request(min_score=0.5, objective=Objective.SYSTEM_POWER)).design is known
    assert choose([unknown, known], Request(min_score=0.9, objective=Objective.SYSTEM_AREA)).design is unknown
    with pytest.raises(NoDesignError, match="the nearest has a forecast accuracy of"):
        choose([unknown], Request(max_system_area_cm2=1.0))


def test_a_request_that_nothing_meets_names_the_nearest():
    designs = [mapped(80, 0.5, 2.0), mapped(95, 3.0, 9.0)]
    with pytest.raises(NoDesignError) as caught:
        choose(designs, Request(min_score=0.9, max_area_cm2=1.0, metric="macro F1"))
    assert str(caught.value) == (
        "no design on the front has a forecast macro F1 of at least 0.9000 and an area of at most 1 cm²; the nearest "
        "has a forecast macro F1 of 0.8000 at 0.5 cm² and 2 mW: ask for a forecast macro F1 of at most 0.8000, or "
        "allow more area"
    )
    with pytest.raises(NoDesignError, match=r"of 0\.8000 at 0\.5 cm² and 2 mW: allow more area and power$"):
        choose(designs, Request(max_area_cm2=0.4, max_power_mw=1.0))
    with pytest.raises(NoDesignError, match="the front is empty"):
        choose([], Request(frugal=True))


@given(DESIGNS, st.integers(0, 100_000), st.none() | _FIGURE)
def test_what_an_error_says_to_ask_for_is_met(designs, thousandths, area):
    request = Request(min_score=thousandths / 100_000, max_area_cm2=area)
    try:
        choose(designs, request)
    except NoDesignError as error:
        advice = str(error).rpartition(": ")[2]
        less = re.search(r"ask for a forecast accuracy of at most (\S+?)(,|$)", advice)
        score = request.min_score if less is None else float(less[1])
        more = "allow more area" in advice and ", or" not in advice
        assert more or (less is not None and score < request.min_score)
        choose(designs, replace(request, min_score=score, max_area_cm2=None if more else area))


def test_a_score_may_be_negative():
    """A cost counts as minus the mean cost, so that higher is better for it as well."""
    dear, cheap = mapped(-10, 0.1), mapped(-1, 0.2)
    assert choose([dear, cheap], Request(min_score=-0.05)).design is cheap
    assert choose([dear, cheap], Request(max_area_cm2=9.0)).design is cheap


def test_wilson_interval_against_the_roots_of_its_equation():
    # The bounds are the shares p for which |x - p| = z sqrt(p (1 - p) / n): roots of a quadratic.
    for correct, samples in [(0, 10), (7, 10), (193, 205), (50, 50)]:
        share, z2 = correct / samples, 1.959963984540054**2
        low, high = sorted(np.roots([1 + z2 / samples, -(2 * share + z2 / samples), share**2]).real)
        accuracy = Accuracy.of_count(correct, samples)
        assert accuracy.low == pytest.approx(max(0, low), abs=1e-9)
        assert accuracy.high == pytest.approx(min(1, high), abs=1e-9)


def test_estimates_do_not_compete_with_measurements():
    known = mapped(90, 1.0)
    guessed = replace(known, measured=None, estimated=Costs(0.5, 0.5))
    assert choose([guessed, guessed], Request(min_score=0.5)).design.costs.area_cm2 == 0.5
    with pytest.raises(ValueError, match="unmeasured"):
        choose([known, guessed], Request(min_score=0.5))


def test_where_nothing_was_cross_fitted_the_training_samples_speak():
    bare = [replace(mapped(50, area, train=train), forecast=None) for area, train in ((0.1, 60), (0.2, 90), (0.3, 95))]
    assert choose(bare, Request(min_score=0.8)).index == 1
    assert choose(bare, Request(max_area_cm2=0.25)).index == 1
