"""The search as a whole, on small synthetic data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from helpers import random_network

from bespoke.costs import Objective
from bespoke.errors import InputError
from bespoke.model import Network
from bespoke.search import SearchData, SearchOptions, explore, hypervolume, island
from bespoke.search.problem import make_problem
from bespoke.statistics import wilson_interval
from bespoke.technology import load_technology

TECHNOLOGY = load_technology()


def stripes(samples: int = 300, seed: int = 0, columns: int = 3) -> SearchData:
    """Three classes by a feature's level, the other features idle, a tenth of the labels wrong."""
    rng = np.random.default_rng(seed)
    features = rng.integers(0, 16, (samples, columns))
    classes = (features[:, 0] // 6).astype(int)
    wrong = rng.random(samples) < 0.1
    classes[wrong] = rng.integers(0, 3, wrong.sum())
    half = 2 * samples // 3
    return SearchData(features[:half], classes[:half], 4, 3, features[half:], classes[half:])


OPTIONS = SearchOptions(
    candidates=16_000, islands=2, epochs=4, generations=2, hidden=(2,), population=16, random_starts=50, seed=3
)


def search(data, starts=(), options=OPTIONS, **more):
    return explore(data, starts, options, technology=TECHNOLOGY, **more)


@pytest.fixture(scope="module")
def front():
    return search(stripes())


def test_finds_the_stripes(front):
    data = stripes()
    share = np.bincount(data.classes).max() / len(data.classes)
    assert front.pareto[0].estimated.area_cm2 <= 0.01
    assert front.pareto[-1].train.value > share + 0.3


def test_candidates_are_what_they_say(front):
    data = stripes()
    areas = [candidate.estimated.area_cm2 for candidate in front.candidates]
    assert areas == sorted(areas)
    for candidate in front.candidates:
        network = candidate.classifier
        assert isinstance(network, Network)
        assert candidate.train.correct == (network.predict(data.features) == data.classes).sum()
        held = network.predict(data.validation_features) == data.validation_classes
        assert candidate.held_back.value == pytest.approx(held.mean())
        assert candidate.held_back.low < candidate.held_back.value < candidate.held_back.high
    for cheaper, dearer in zip(front.pareto, front.pareto[1:], strict=False):
        assert cheaper.estimated.area_cm2 < dearer.estimated.area_cm2
        assert cheaper.train.value < dearer.train.value


def test_same_seed_same_front_wherever_it_is_done(front, two_workers):
    again = search(stripes(), executor=two_workers)
    assert again.candidates == front.candidates
    assert replace(again.statistics, seconds=0, search_seconds=0) == replace(
        front.statistics, seconds=0, search_seconds=0
    )
    other = search(stripes(), options=replace(OPTIONS, seed=4))
    assert other.candidates != front.candidates


def test_a_killed_run_resumes_to_the_same_front(front, tmp_path):
    class Killed(Exception):
        pass

    def kill(done, note):
        if done >= 0.5:
            raise Killed

    checkpoint = tmp_path / "search.npz"
    with pytest.raises(Killed):
        search(stripes(), progress=kill, checkpoint=checkpoint)
    seen = []
    resumed = search(stripes(), progress=lambda done, note: seen.append(done), checkpoint=checkpoint)
    assert seen == [0.75, 1.0]
    assert resumed.candidates == front.candidates
    finished = search(stripes(), checkpoint=checkpoint)
    assert finished.candidates == front.candidates
    with pytest.raises(InputError, match="other data, starts or options"):
        search(stripes(seed=1), checkpoint=checkpoint)
    checkpoint.write_bytes(checkpoint.read_bytes()[:1000])
    with pytest.raises(InputError, match="damaged"):
        search(stripes(), checkpoint=checkpoint)


def test_validation_samples_do_not_steer(front):
    data = stripes()
    blind = search(SearchData(data.features, data.classes, 4, 3))
    assert [c.classifier for c in blind.candidates] == [c.classifier for c in front.candidates]
    assert blind.candidates[0].held_back is None


@pytest.fixture(scope="module")
def many():
    """So many samples that candidates are tried on a part of them first; 2200 train, 1100 are held back."""
    return stripes(3300, seed=4, columns=6)  # equal samples count as one with a weight, so hardly any must be equal


@pytest.fixture(scope="module")
def probed(many):
    assert len(make_problem(many, [], OPTIONS, TECHNOLOGY).classes) > island._PROBE_FROM
    return search(many)


def test_many_samples_are_all_counted(many, probed):
    """What a part of the samples gave hope for is rated on all of them."""
    assert len(probed.pareto) > 2
    for candidate in probed.candidates:
        answers = candidate.classifier.predict(many.features)
        assert candidate.train.samples == len(many.classes)
        assert candidate.train.correct == (answers == many.classes).sum()
    assert probed.pareto[-1].train.value > 0.85


def test_many_samples_give_the_same_front_wherever_it_is_done(many, probed, two_workers):
    assert search(many, executor=two_workers).candidates == probed.candidates


def test_trying_on_a_part_loses_little(many, probed, monkeypatch):
    monkeypatch.setattr(island, "_PROBE_FROM", 10**9)
    whole = search(many)
    assert whole.candidates != probed.candidates  # else the part was never looked at
    assert probed.statistics.evaluated == pytest.approx(whole.statistics.evaluated, rel=0.02)
    assert probed.hypervolume > 0.9 * whole.hypervolume
    assert probed.pareto[-1].train.value > whole.pareto[-1].train.value - 0.02


@pytest.mark.parametrize("cost", [{"objective": objective} for objective in Objective] + [{"full_adders": True}])
def test_every_cost_leads_to_a_front(cost):
    found = search(stripes(), options=replace(OPTIONS, candidates=4000, **cost))
    assert len(found.pareto) > 1


def test_floor_holds():
    found = search(stripes(), options=replace(OPTIONS, accuracy_floor=0.6))
    assert all(candidate.train.value >= 0.6 for candidate in found.candidates)


def test_a_start_comes_through_and_frozen_units_stay():
    rng = np.random.default_rng(5)
    data = stripes()
    start = random_network(rng, features=3, hidden=(3,), classes=3)
    data = replace(data, classes=start.predict(data.features))  # the start is right everywhere
    found = search(data, [start], replace(OPTIONS, hidden=None, multiply=False, activate=False, candidates=4000))
    assert found.pareto[-1].train.value == 1.0
    for candidate in found.candidates:
        weights = [np.where(mine == 0, 0, theirs) for mine, theirs in
                   zip(candidate.classifier.weights, start.weights, strict=True)]  # fmt: skip
        assert all(np.array_equal(a, b) for a, b in zip(candidate.classifier.weights, weights, strict=True))


def test_starts_of_unequal_width_are_padded():
    rng = np.random.default_rng(6)
    starts = [random_network(rng, features=3, hidden=(size,), classes=3) for size in (1, 4)]
    found = search(stripes(), starts, replace(OPTIONS, hidden=None, candidates=2000))
    assert {candidate.classifier.topology for candidate in found.candidates} == {(3, 4, 3)}


def test_jitter_keeps_true_samples_in_the_rating():
    data = stripes()
    found = search(data, options=replace(OPTIONS, jitter=2, candidates=4000))
    assert all(candidate.train.samples == len(data.classes) for candidate in found.candidates)


def test_bad_input_is_named():
    data = stripes()
    rng = np.random.default_rng(0)
    with pytest.raises(InputError, match="option hidden"):
        search(data, options=replace(OPTIONS, hidden=None))
    with pytest.raises(InputError, match="without a start"):
        search(data, options=replace(OPTIONS, multiply=False))
    with pytest.raises(InputError, match="start 0 reads 4 features"):
        search(data, [random_network(rng, features=4, hidden=(2,), classes=3)])
    with pytest.raises(InputError, match="number of hidden layers"):
        search(data, [random_network(rng, features=3, hidden=(2, 2), classes=3)])
    with pytest.raises(InputError, match="the search takes"):
        search(data, [random_network(rng, features=3, hidden=(2,), classes=3, max_weight=1 << 40)])
    with pytest.raises(InputError, match="islands must be at least 1"):
        SearchOptions(islands=0)
    with pytest.raises(InputError, match=r"must lie in 0\.\.15"):
        SearchData(np.array([[16]]), np.array([0]), 4, 2)


def test_wilson_interval_of_a_textbook_case():
    # 95 % score interval of 15 successes in 20 trials (Brown, Cai and DasGupta's formula worked by hand)
    z, n, p = 1.959964, 20, 0.75
    centre, half = p + z * z / (2 * n), z * ((p * (1 - p) + z * z / (4 * n)) / n) ** 0.5
    expected = ((centre - half) / (1 + z * z / n), (centre + half) / (1 + z * z / n))
    assert wilson_interval(15, 20) == pytest.approx(expected)
    assert wilson_interval(15, 20) == pytest.approx((0.5313, 0.8881), abs=1e-4)


def test_hypervolume_by_sampling():
    rng = np.random.default_rng(2)
    points = [(0.01, 0.6), (0.5, 0.8), (0.4, 0.7), (20.0, 0.95)]
    area = 10 ** rng.uniform(-3, 2, 200_000)
    accuracy = rng.uniform(0.5, 1, 200_000)
    beaten = np.zeros(len(area), dtype=bool)
    for point_area, point_accuracy in points:
        beaten |= (area >= point_area) & (accuracy <= point_accuracy)
    assert hypervolume(points, reference_accuracy=0.5) == pytest.approx(beaten.mean(), abs=0.005)
