"""The size of the hidden layer: small where that is enough, larger where it is needed, never outside its bounds."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from itertools import pairwise

import numpy as np
import pytest

from bespoke.data import Part, PreparedData, load_dataset, prepare
from bespoke.errors import InputError
from bespoke.sensing import Quantiser
from bespoke.train import TopologyBudget, choose_topology
from bespoke.train.topology import candidate_sizes, stratified_folds

QUICK = TopologyBudget(starts=4, iterations=60)


def data_of(features: np.ndarray, classes: np.ndarray, labels: int | None = None) -> PreparedData:
    """All samples for training, on a grid of 16 levels."""
    count = features.shape[1]
    labels = int(classes.max()) + 1 if labels is None else labels
    nothing = Part(features[:0], classes[:0], np.arange(0))
    return PreparedData(
        "toy",
        4,
        tuple(f"x{index}" for index in range(count)),
        tuple(range(labels)),
        Quantiser((0.0,) * count, (1.0,) * count, 4),
        Part(features, classes, np.arange(len(classes))),
        None,
        nothing,
    )


def separable(samples: int = 200) -> PreparedData:
    """Two classes on either side of a line."""
    features = np.random.default_rng(0).integers(0, 16, (samples, 3))
    return data_of(features, (features @ [2, 1, -1] > 15).astype(np.int64))


def sectors(samples: int = 1500, count: int = 8) -> PreparedData:
    """Classes around a centre, each a slice of the circle."""
    features = np.random.default_rng(1).integers(0, 16, (samples, 2))
    angles = np.arctan2(features[:, 1] - 7.4, features[:, 0] - 7.6)
    return data_of(features, np.floor((angles / (2 * np.pi) + 0.5) * count).astype(np.int64) % count)


def test_a_line_needs_one_neuron():
    choice = choose_topology(separable(), budget=QUICK)
    assert choice.hidden == (1,)
    assert choice.tried[0].accuracy > 0.95


def test_sectors_need_more():
    choice = choose_topology(sectors(), budget=QUICK)
    assert choice.hidden[0] >= 3
    by_size = {one.neurons: one for one in choice.tried}
    assert by_size[choice.hidden[0]].accuracy > by_size[2].accuracy + 0.05


def test_the_rule_is_the_smallest_within_an_error_of_the_best():
    """Once more from the figures alone, which are all that a report has."""
    choice = choose_topology(sectors(), budget=QUICK)
    best = max(choice.tried, key=lambda one: one.accuracy)
    assert choice.best == best.neurons and best.behind_best == 0
    for one in choice.tried:
        assert one.behind_best == pytest.approx(best.accuracy - one.accuracy)
        if one.neurons < choice.hidden[0]:
            assert one.behind_best > max(0.005, 0.005 * np.log2(best.neurons / one.neurons), one.behind_best_error)
    chosen = next(one for one in choice.tried if one.neurons == choice.hidden[0])
    assert chosen.behind_best <= chosen.forgiven
    assert chosen.forgiven == pytest.approx(
        max(0.005, 0.005 * np.log2(best.neurons / chosen.neurons), chosen.behind_best_error)
    )


def test_same_seed_same_choice_and_only_the_training_part_counts():
    data = prepare(load_dataset("iris"), validation_fraction=0.25)
    other = Part(data.test.features ^ 5, np.zeros_like(data.test.classes), data.test.rows)
    first = choose_topology(data, seed=3, budget=QUICK)
    assert first == choose_topology(replace(data, test=other, validation=None), seed=3, budget=QUICK)
    assert json.loads(json.dumps(asdict(first)))["hidden"] == list(first.hidden)


def test_given_sizes_are_tried_in_rising_order():
    choice = choose_topology(separable(), budget=QUICK, sizes=(5, 3, 3))
    assert [one.neurons for one in choice.tried] == [3, 5]
    assert choice.hidden == (3,)


@pytest.mark.parametrize("sizes", [(), (0,), (2.5,)])
def test_impossible_sizes(sizes):
    with pytest.raises(InputError, match="--hidden"):
        choose_topology(separable(), sizes=sizes)


@pytest.mark.parametrize("samples", [3, 100, 1000, 7500, 10**6])
@pytest.mark.parametrize(("features", "classes"), [(1, 2), (4, 3), (16, 10), (700, 26)])
def test_candidates_rise_within_bounds(samples, features, classes):
    sizes = candidate_sizes(features=features, classes=classes, samples=samples)
    assert all(small < large <= max(small + 1, 1.5 * small) for small, large in pairwise(sizes))
    assert sizes[0] == (1 if classes == 2 else 2) and sizes[-1] <= 40 and len(sizes) >= 2


def test_candidates_go_with_the_samples():
    assert candidate_sizes(features=4, classes=3, samples=100)[-1] <= 3
    assert candidate_sizes(features=16, classes=10, samples=7500)[-1] >= 20


def test_a_small_budget_looks_at_fewer_samples():
    data = sectors()
    few = choose_topology(data, budget=replace(QUICK, work=2e7), sizes=(2, 3))
    assert 20 < few.samples < choose_topology(data, budget=QUICK, sizes=(2, 3)).samples == 1500


@pytest.mark.parametrize("counts", [(7, 8, 9), (1, 30, 31), (300, 3, 2)])
def test_folds_are_even_in_all_and_by_class(counts):
    classes = np.repeat(np.arange(3), counts)
    folds = stratified_folds(classes, 3, np.random.default_rng(0))
    for chosen in (np.ones(len(classes), dtype=bool), *(classes == label for label in range(3))):
        sizes = np.bincount(folds[chosen], minlength=3)
        assert sizes.max() - sizes.min() <= 1


def test_classes_smaller_than_the_folds_are_no_error():
    features = np.random.default_rng(2).integers(0, 16, (40, 2))
    classes = np.array([0] * 20 + [1] * 19 + [2])
    assert choose_topology(data_of(features, classes), budget=QUICK).hidden[0] >= 2
    everyone_alone = data_of(features[:5], np.arange(5))
    choice = choose_topology(everyone_alone, budget=QUICK)
    assert choice.hidden == (2,) and all(one.accuracy == 0 for one in choice.tried)


def test_what_cannot_be_judged_is_named():
    features = np.random.default_rng(2).integers(0, 16, (40, 2))
    with pytest.raises(InputError, match="no sample of class 2"):
        choose_topology(data_of(features, np.repeat([0, 1], 20), labels=3))
    with pytest.raises(InputError, match="2 training samples are too few for 3 folds"):
        choose_topology(data_of(features[:2], np.array([0, 1])))


@pytest.mark.parametrize("options", [{"starts": 0}, {"iterations": 0}, {"work": 0}, {"work": float("nan")}])
def test_impossible_budgets(options):
    with pytest.raises(InputError):
        TopologyBudget(**options)


def test_progress_rises_to_one():
    seen = []
    choose_topology(separable(), budget=QUICK, progress=lambda fraction, note: seen.append(fraction))
    assert seen == sorted(seen) and seen[-1] == 1
