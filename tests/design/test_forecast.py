"""The forecast against a second implementation of what it says of itself, and against the truth where that is known."""

from __future__ import annotations

import itertools
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bespoke.costs import Costs, Objective
from bespoke.design import Answers, CrossFit, FoldEvidence, Judged
from bespoke.errors import InputError
from bespoke.scores import Confusion, Metric, Scorer
from bespoke.statistics import wilson_interval

SCORERS = [
    Scorer(),
    Scorer(Metric.BALANCED_ACCURACY),
    Scorer(Metric.F1_MACRO),
    Scorer(Metric.COST, ((0.0, 1.0), (5.0, 0.0))),
]
#: What costs less than everything, than something, and what costs more than everything.
ASKED = (0.0, 0.5, 1.0, 2.0, 2.5, 3.0, 4.0, 5.0, 100.0)


def answers(right: int, samples: int) -> Confusion:
    """One class answered by two, the wrong answers all the other one."""
    return Answers(Confusion(np.array([[right, samples - right], [0, 0]])))


def judged(cost: float, score: float, held_out: Confusion) -> Judged:
    return Judged(Costs(cost, 2 * cost, 10.0 - cost, 3.0), score, held_out)


@st.composite
def folds_of_designs(draw, most: int = 4) -> list[FoldEvidence]:
    """Few costs and scores, so that equal ones are common; every fold has samples of its own."""
    folds = []
    for _ in range(draw(st.integers(1, most))):
        samples = draw(st.tuples(st.integers(1, 12), st.integers(0, 12)))

        def one_design(samples=samples) -> Judged:
            right = [draw(st.integers(0, count)) for count in samples]
            counts = [[right[0], samples[0] - right[0]], [samples[1] - right[1], right[1]]]
            costs = Costs(*(draw(st.integers(1, 5)) for _ in range(4)))
            return Judged(costs, draw(st.integers(0, 4)) / 4, Answers(Confusion(np.array(counts))))

        designs = [one_design() for _ in range(draw(st.integers(1, 6)))]
        folds.append(FoldEvidence(tuple(designs), designs[0].held_out))
    return folds


def ended_at(fold: FoldEvidence, cost: float, axis: Objective) -> Judged:
    """The best design by score within the cost; of equally good ones the cheapest, of those the first."""
    within = [design for design in fold.designs if design.costs.along(axis) <= cost]
    return min(within, key=lambda design: (-design.score, design.costs.along(axis)))


def pooled(confusions: list[Answers]) -> Confusion:
    return Confusion(np.sum([one.intact.counts for one in confusions], axis=0))


def beyond_sampling(parts: list[Answers]) -> float:
    """Variance of the folds' accuracies beyond that of drawing their samples; nothing for a single fold."""
    if len(parts) < 2:
        return 0.0
    counts = [one.intact.counts for one in parts]
    shares = [np.trace(one) / one.sum() for one in counts]
    drawing = [share * (1 - share) / one.sum() for share, one in zip(shares, counts, strict=True)]
    return float(np.var(shares, ddof=1) - np.mean(drawing))


def expected_error(scorer: Scorer, sums: Confusion, spread: float, folds: int) -> float:
    """Of the samples, and of one more run: its own spread, and that of the mean of the folds."""
    share = np.trace(sums.counts) / sums.counts.sum()
    drawing = share * (1 - share) / sums.counts.sum()
    more = max(0.0, spread) * (1 + 1 / folds)
    return scorer.standard_error(sums) * (1.0 if drawing == 0 else math.sqrt(1 + more / drawing))


def never_falling(values: list[float]) -> list[float]:
    """Isotonic regression by its min-max formula (Robertson, Wright and Dykstra 1988)."""
    places = range(len(values))
    return [max(min(np.mean(values[j : k + 1]) for k in places if k >= i) for j in places if j <= i) for i in places]


def plain_curve(
    folds: list[FoldEvidence], scorer: Scorer, axis: Objective
) -> tuple[list[tuple[float, Confusion, float, float]], list[float]]:
    """Costs at which some fold ends at another design, with the answers there, and smoothed accuracy and score.

    Beside them the spread between folds at every step: a share of the variance of one sample there, the mean of what
    it is at the steps at which no fold's design is a constant.
    """
    first = max(min(design.costs.along(axis) for design in fold.designs) for fold in folds)
    steps: list[tuple[float, list[Judged]]] = []
    for cost in sorted({design.costs.along(axis) for fold in folds for design in fold.designs}):
        if cost < first:
            continue
        picked = [ended_at(fold, cost, axis) for fold in folds]
        if not steps or any(new is not old for new, old in zip(picked, steps[-1][1], strict=True)):
            steps.append((cost, picked))
    sums = [pooled([design.held_out for design in picked]) for _, picked in steps]
    accuracies = never_falling([np.trace(one.counts) / one.counts.sum() for one in sums])
    scores = never_falling([scorer.value(one) for one in sums])
    likeness = [
        beyond_sampling([design.held_out for design in picked]) / (share * (1 - share))
        for (_, picked), one in zip(steps, sums, strict=True)
        if 0 < (share := np.trace(one.counts) / one.counts.sum()) < 1
        and all((design.held_out.intact.counts.sum(axis=0) > 0).sum() > 1 for design in picked)
    ]
    common = max(0.0, float(np.mean(likeness))) if likeness else 0.0
    spreads = [common * share * (1 - share) for share in accuracies]
    return [(cost, *rest) for (cost, _), *rest in zip(steps, sums, accuracies, scores, strict=True)], spreads


@settings(max_examples=150, deadline=None)
@given(folds_of_designs(), st.sampled_from(Objective), st.sampled_from([Scorer(), SCORERS[1], SCORERS[3]]))
def test_the_forecast_against_a_second_implementation(folds, axis, scorer):
    crossfit, (curve, spreads) = CrossFit(folds, scorer), plain_curve(folds, scorer, axis)
    for asked in ASKED if scorer.metric is Metric.ACCURACY else ASKED[2:6:3]:
        reached = [step for step in curve if step[0] <= asked] or curve[:1]
        _, sums, accuracy, score = reached[-1]
        spread = spreads[len(reached) - 1]
        forecast = crossfit.at(asked, axis)
        assert forecast.accuracy == pytest.approx(accuracy)
        assert forecast.score == pytest.approx(score)
        assert forecast.error == pytest.approx(expected_error(scorer, sums, spread, len(folds)))


@settings(max_examples=100, deadline=None)
@given(folds_of_designs(), st.sampled_from(Objective))
def test_more_cost_never_forecasts_less(folds, axis):
    crossfit = CrossFit(folds, Scorer())
    forecasts = [crossfit.at(cost, axis) for cost in ASKED]
    for cheaper, dearer in itertools.pairwise(forecasts):
        assert cheaper.accuracy <= dearer.accuracy + 1e-12 and cheaper.score <= dearer.score + 1e-12


@settings(max_examples=60, deadline=None)
@given(folds_of_designs(), st.sampled_from(SCORERS), st.sampled_from(Objective))
def test_intervals_contain_the_value(folds, scorer, axis):
    crossfit = CrossFit(folds, scorer)
    for forecast in (crossfit.at(2.0, axis), crossfit.at(100.0, axis), crossfit.baseline):
        assert 0 <= forecast.low <= forecast.accuracy + 1e-12 and forecast.accuracy <= forecast.high + 1e-12
        assert forecast.high <= 1
        assert forecast.score_low <= forecast.score + 1e-12 and forecast.score <= forecast.score_high + 1e-12
        assert forecast.error >= 0


@settings(max_examples=60, deadline=None)
@given(folds_of_designs(), st.sampled_from(SCORERS), st.sampled_from(Objective))
def test_intervals_stay_within_what_the_metric_can_be(folds, scorer, axis):
    least, most = (-5.0, 0.0) if scorer.metric is Metric.COST else (0.0, 1.0)
    crossfit = CrossFit(folds, scorer)
    for forecast in (crossfit.at(2.0, axis), crossfit.at(100.0, axis), crossfit.baseline):
        assert least - 1e-12 <= forecast.score_low and forecast.score_high <= most + 1e-12


def even_and_uneven(scorer: Scorer) -> tuple[CrossFit, CrossFit]:
    """Folds that agree on a design's accuracy, and such that do not; the same answers in all."""
    cases = []
    for rights in ((80, 80, 80, 80), (60, 100, 62, 98)):
        counts = [np.array([[right, 100 - right], [100 - right, right]]) for right in rights]
        folds = [FoldEvidence((judged(1.0, 0.9, Answers(Confusion(one))),), Answers(Confusion(one))) for one in counts]
        cases.append(CrossFit(folds, scorer))
    return cases[0], cases[1]


@pytest.mark.parametrize("scorer", SCORERS, ids=lambda scorer: str(scorer.metric))
def test_intervals_widen_with_the_spread_between_folds(scorer):
    even, uneven = even_and_uneven(scorer)
    for of in (lambda fit: fit.at(1.0, Objective.AREA), lambda fit: fit.baseline):
        narrow, wide = of(even), of(uneven)
        assert (narrow.accuracy, narrow.score) == pytest.approx((wide.accuracy, wide.score))
        assert wide.low < narrow.low - 0.02 and wide.high > narrow.high + 0.02
        assert wide.score_low < narrow.score_low and wide.score_high > narrow.score_high
        if scorer.metric is Metric.ACCURACY:
            assert (wide.score_low, wide.score_high) == (wide.low, wide.high)


def test_without_spread_the_interval_is_wilsons_of_all_held_out_samples():
    even, _ = even_and_uneven(Scorer())
    forecast = even.at(1.0, Objective.AREA)
    assert (forecast.low, forecast.high) == pytest.approx(wilson_interval(640, 800))
    assert forecast.error == pytest.approx(math.sqrt(0.8 * 0.2 / 800))


def test_the_spread_between_folds_by_hand():
    """Wilson's interval for as many samples as have the variance of sampling and of the folds beyond that."""
    _, uneven = even_and_uneven(Scorer())
    shares = np.array([0.60, 1.00, 0.62, 0.98])
    beyond = shares.var(ddof=1) - np.mean(shares * (1 - shares) / 200)
    samples = 0.8 * 0.2 / (0.8 * 0.2 / 800 + beyond * 5 / 4)  # of one more run, and of the mean of four
    expected = wilson_interval(0.8 * samples, samples)
    for forecast in (uneven.baseline, uneven.at(1.0, Objective.AREA)):
        assert (forecast.low, forecast.high) == pytest.approx(expected)


def test_folds_that_differ_at_one_cost_are_believed_to_differ_at_all():
    """From so few folds at one cost it says next to nothing: two steps of the same forecast are as uncertain."""
    agreeing = [judged(1.0, 0.5, answers(70, 100)), judged(2.0, 0.9, answers(80, 100))]
    parted = [judged(1.0, 0.5, answers(70, 100)), judged(2.0, 0.9, answers(40, 100))]
    lucky = [judged(1.0, 0.5, answers(70, 100)), judged(2.0, 0.9, answers(99, 100))]
    folds = [FoldEvidence(tuple(designs), answers(1, 2)) for designs in (agreeing, parted, lucky)]
    cheap = CrossFit(folds, Scorer()).at(1.0, Objective.AREA)
    alone = [FoldEvidence(fold.designs[:1], fold.baseline) for fold in folds]
    assert cheap.accuracy == CrossFit(alone, Scorer()).at(1.0, Objective.AREA).accuracy == 0.7
    assert cheap.low < CrossFit(alone, Scorer()).at(1.0, Objective.AREA).low - 0.02


def test_one_fold_forecasts_what_its_samples_say():
    """As where a validation part takes the folds' place."""
    fold = FoldEvidence((judged(1.0, 0.9, answers(9, 10)), judged(2.0, 0.95, answers(10, 10))), answers(7, 10))
    forecast = CrossFit([fold], Scorer()).at(1.0, Objective.AREA)
    assert (forecast.accuracy, forecast.low, forecast.high) == pytest.approx((0.9, *wilson_interval(9, 10)))


def test_a_design_that_costs_more_and_seems_no_better_is_never_ended_at():
    designs = (judged(1.0, 0.9, answers(5, 10)), judged(2.0, 0.9, answers(10, 10)), judged(3.0, 0.8, answers(10, 10)))
    crossfit = CrossFit([FoldEvidence(designs, answers(1, 2))], Scorer())
    assert crossfit.at(3.0, Objective.AREA).accuracy == 0.5


def test_what_the_samples_held_out_say_decides_nothing():
    """A design that only the held-out samples praise is not the one that the procedure ends at."""
    designs = (judged(1.0, 0.95, answers(6, 10)), judged(1.0, 0.90, answers(10, 10)))
    for order in (designs, designs[::-1]):
        crossfit = CrossFit([FoldEvidence(order, answers(1, 2))], Scorer())
        assert crossfit.at(1.0, Objective.AREA).accuracy == 0.6


def test_below_what_every_fold_can_afford_the_forecast_is_that_of_the_first_cost_that_all_can():
    dear = FoldEvidence((judged(4.0, 0.9, answers(8, 10)),), answers(1, 2))
    cheap = FoldEvidence((judged(1.0, 0.5, answers(2, 10)), judged(3.0, 0.6, answers(6, 10))), answers(1, 2))
    crossfit = CrossFit([dear, cheap], Scorer())
    for cost in (0.5, 1.0, 3.5, 4.0, 9.0):
        assert crossfit.at(cost, Objective.AREA).accuracy == pytest.approx(0.7)


def test_axes_are_curves_of_their_own():
    one, other = Judged(Costs(1.0, 9.0), 0.8, answers(8, 10)), Judged(Costs(2.0, 3.0), 0.9, answers(9, 10))
    crossfit = CrossFit([FoldEvidence((one, other), answers(1, 2))], Scorer())
    assert [crossfit.at(1.0, Objective.AREA).accuracy, crossfit.at(2.0, Objective.AREA).accuracy] == [0.8, 0.9]
    assert [crossfit.at(3.0, Objective.POWER).accuracy, crossfit.at(9.0, Objective.POWER).accuracy] == [0.9, 0.9]


def test_a_cost_that_lost_its_last_digits_in_a_file_is_still_that_cost():
    cost = 0.1 + 0.2
    designs = (judged(0.1, 0.5, answers(5, 10)), judged(cost, 0.9, answers(9, 10)))
    assert CrossFit([FoldEvidence(designs, answers(1, 2))], Scorer()).at(0.3, Objective.AREA).accuracy == 0.9


def test_a_front_end_without_a_price_leaves_one_forecast():
    designs = tuple(Judged(Costs(cost, cost), cost, answers(int(10 * cost), 10)) for cost in (0.2, 0.5, 0.9))
    crossfit = CrossFit([FoldEvidence(designs, answers(1, 2))] * 2, Scorer())
    assert crossfit.at(math.inf, Objective.SYSTEM_POWER).accuracy == pytest.approx(0.9)


@pytest.mark.parametrize("scorer", SCORERS, ids=lambda scorer: str(scorer.metric))
def test_the_baseline_and_the_trees_are_pooled_over_the_folds(scorer):
    rng = np.random.default_rng(0)

    def drawn() -> Confusion:
        return Answers(Confusion(rng.integers(1, 30, (2, 2))))

    folds = [FoldEvidence((judged(1.0, 0.9, drawn()),), drawn(), tuple(drawn() for _ in range(3))) for _ in range(4)]
    crossfit = CrossFit(folds, scorer)
    pools = {-1: pooled([fold.baseline for fold in folds])}
    pools |= {index: pooled([fold.trees[index] for fold in folds]) for index in range(3)}
    for index, sums in pools.items():
        forecast = crossfit.baseline if index < 0 else crossfit.tree(index)
        assert forecast.accuracy == pytest.approx(np.trace(sums.counts) / sums.counts.sum())
        assert forecast.score == pytest.approx(scorer.value(sums))
        parts = [fold.baseline if index < 0 else fold.trees[index] for fold in folds]
        assert forecast.error == pytest.approx(expected_error(scorer, sums, beyond_sampling(parts), len(folds)))


def test_the_last_tree_of_a_fold_stands_for_all_larger_ones():
    one = FoldEvidence((judged(1.0, 0.9, answers(9, 10)),), answers(1, 2), (answers(2, 10), answers(4, 10)))
    other = FoldEvidence((judged(1.0, 0.9, answers(9, 10)),), answers(1, 2), tuple(answers(n, 10) for n in (4, 6, 10)))
    crossfit = CrossFit([one, other], Scorer())
    assert [crossfit.tree(index).accuracy for index in range(4)] == pytest.approx([0.3, 0.5, 0.7, 0.7])


def test_another_metric_is_forecast_beside_the_accuracy():
    """A small class that the dearer designs find costs accuracy and pays in balanced accuracy."""
    blind = Answers(Confusion(np.array([[90, 0], [10, 0]])))
    seeing = Answers(Confusion(np.array([[80, 10], [2, 8]])))
    fold = FoldEvidence((judged(1.0, 0.5, blind), judged(2.0, 0.85, seeing)), blind)
    scorer = Scorer(Metric.BALANCED_ACCURACY)
    crossfit = CrossFit([fold, fold], scorer)
    cheap, dear = crossfit.at(1.0, Objective.AREA), crossfit.at(2.0, Objective.AREA)
    assert (cheap.score, dear.score) == pytest.approx((0.5, (80 / 90 + 0.8) / 2))
    assert cheap.accuracy == dear.accuracy == pytest.approx(0.89)  # smoothed, for it fell
    assert dear.score_low < dear.score < dear.score_high and dear.error > 0


@settings(max_examples=50, deadline=None)
@given(folds_of_designs())
def test_evidence_survives_its_json(folds):
    for fold in folds:
        fold = FoldEvidence(fold.designs, fold.baseline, tuple(one.held_out for one in fold.designs))
        assert FoldEvidence.from_json(json.loads(json.dumps(fold.to_json()))) == fold


def test_prints_are_what_is_scored_and_designs_what_is_accurate():
    """The design that prints best is ended at, by its prints' score; the accuracy beside is that of the design."""

    def both(intact: int, printed: int) -> Answers:
        return Answers(answers(intact, 50).intact, answers(printed, 50).intact)

    cheap, dear = judged(1.0, 0.8, both(41, 40)), judged(2.0, 0.75, both(49, 36))
    fold = FoldEvidence((cheap, dear), both(48, 5), (both(40, 30), both(45, 25)))
    crossfit = CrossFit([FoldEvidence.from_json(fold.to_json())] * 3, Scorer())
    for cost in (1.0, 5.0):
        found = crossfit.at(cost, Objective.AREA)
        assert (found.accuracy, found.score) == (pytest.approx(41 / 50), pytest.approx(40 / 50))
        assert found.score_low < found.score < found.score_high and found.low < found.accuracy < found.high
    assert (crossfit.baseline.accuracy, crossfit.baseline.score) == (pytest.approx(48 / 50), pytest.approx(5 / 50))
    assert crossfit.tree(1).score == pytest.approx(25 / 50)
    assert crossfit.answers_at(1.0, Objective.AREA) == answers(3 * 41, 150).intact


EVIDENCE = FoldEvidence((Judged(Costs(0.1, 0.2), 0.9, answers(9, 10)),), answers(1, 2), (answers(1, 3),))


@pytest.mark.parametrize(
    "change",
    [
        {"designs": 1},
        {"designs": [{"costs": {"area_cm2": 1.0, "static_power_mw": 1.0}, "score": 0.9}]},
        {"designs": [{"costs": {"area": 1.0}, "score": 0.9, "held_out": [[1]]}]},
        {"designs": [{"costs": {"area_cm2": 1.0, "static_power_mw": 1.0}, "score": "good", "held_out": [[1]]}]},
        {"baseline": [[1, 2]]},
        {"baseline": [[-1]]},
        {"trees": None},
    ],
)
def test_other_documents_are_told(change):
    with pytest.raises(InputError, match="no evidence of this version"):
        FoldEvidence.from_json({**EVIDENCE.to_json(), **change})
    for name in EVIDENCE.to_json():
        with pytest.raises(InputError, match=name):
            FoldEvidence.from_json({key: value for key, value in EVIDENCE.to_json().items() if key != name})


def one_run(rng: np.random.Generator) -> tuple[FoldEvidence, dict[float, float]]:
    """A run of a procedure, judged on 120 samples, and the true accuracy of its designs by their cost.

    Accuracy rises with cost; the designs lie around that by chance, and seem better to the search than they are, most
    of all the dear ones.
    """
    costs = np.arange(1.0, 13.0)
    truth = np.clip(0.9 - 0.35 * np.exp(-costs / 3) + rng.normal(0, 0.02, len(costs)), 0, 1)
    score = truth + 0.004 * costs + rng.normal(0, 0.02, len(costs))
    held_out = [answers(right, 120) for right in rng.binomial(120, truth)]
    designs = [judged(*row) for row in zip(costs, score, held_out, strict=True)]
    return FoldEvidence(tuple(designs), answers(1, 2)), dict(zip(costs.tolist(), truth.tolist(), strict=True))


@pytest.fixture(scope="module")
def repeated() -> np.ndarray:
    """The cross-fit of five runs, many times and at several costs, in columns.

    Cost, the mean truth of the designs that the folds end at, that of one more run, what the searches saw, forecast
    and interval.
    """
    rng = np.random.default_rng(7)
    rows = []
    for _ in range(400):
        *runs, whole = [one_run(rng) for _ in range(6)]
        crossfit = CrossFit([fold for fold, _ in runs], Scorer())
        for cost in (1.0, 3.0, 6.0, 9.0, 12.0):
            ends = [(ended_at(fold, cost, Objective.AREA), truth) for fold, truth in (*runs, whole)]
            truths = [truth[design.costs.area_cm2] for design, truth in ends]
            forecast = crossfit.at(cost, Objective.AREA)
            seen = np.mean([design.score for design, _ in ends[:-1]])
            rows.append((cost, np.mean(truths[:-1]), truths[-1], seen, forecast.accuracy, forecast.low, forecast.high))
    return np.array(rows)


def test_the_forecast_is_neither_too_high_nor_too_low_in_the_mean(repeated):
    cost, truth, whole, seen, forecast, _, _ = repeated.T
    for known in (truth, whole):
        assert abs((known - forecast).mean()) < 0.002
        for asked in np.unique(cost):
            assert abs((known - forecast)[cost == asked].mean()) < 0.006
    assert (seen - truth).mean() > 0.02  # what the search saw flatters


def test_intervals_hold_what_one_more_run_ends_at_about_as_often_as_they_say(repeated):
    _, _, whole, _, _, low, high = repeated.T
    assert 0.9 < ((low <= whole) & (whole <= high)).mean() < 0.99
