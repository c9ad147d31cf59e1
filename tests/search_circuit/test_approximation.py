"""Circuit-level approximation as its callers see it."""

from __future__ import annotations

import numpy as np
import pytest
from helpers import random_network
from hypothesis import given, settings
from hypothesis import strategies as st

from bespoke.circuit import Circuit
from bespoke.errors import InputError
from bespoke.model import LogicCircuit
from bespoke.search import circuit_of, estimate_area
from bespoke.search.circuit import ApproximationData, ApproximationOptions, approximate, evolve_small
from bespoke.search.circuit.validity import names_missing_class, with_existing_classes
from bespoke.search.pricing import prices
from bespoke.sensing import BinaryWires
from bespoke.technology.registry import load_technology

TECHNOLOGY = load_technology()
QUICK = ApproximationOptions(moves=40_000, islands=2, rounds=2, noisy_copies=1)


def sample(rng: np.random.Generator, count: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """Three classes by two thresholds on a sum of two of four features."""
    features = rng.integers(0, 16, (count, 4))
    total = features[:, 0] + features[:, 1]
    return features, (total > 10).astype(np.int64) + (total > 20)


@pytest.fixture(scope="module")
def start() -> LogicCircuit:
    network = random_network(np.random.default_rng(5), features=4, hidden=(3,), classes=3)
    return circuit_of(network)


@pytest.fixture(scope="module")
def front(start):
    features, classes = sample(np.random.default_rng(1))
    return approximate(start, ApproximationData(features, classes), QUICK, technology=TECHNOLOGY, seed=3)


def test_no_member_of_the_front_is_beaten_in_both_accuracies(front):
    areas = [member.estimated.area_cm2 for member in front]
    assert len(front) >= 3
    assert areas == sorted(areas)
    for place, member in enumerate(front):
        assert not any(
            cheaper.pooled_accuracy >= member.pooled_accuracy and cheaper.overall_accuracy >= member.overall_accuracy
            for cheaper in front[:place]
        )
    assert front[-1].train.value > 0.8


def test_members_say_what_they_are(front):
    features, classes = sample(np.random.default_rng(1))
    for member in front:
        everything = (member.classifier.predict(features) == classes).mean()
        held = round(0.1 * len(classes))
        expected = (member.train.value * (len(classes) - held) + member.held_back.value * held) / len(classes)
        assert everything == pytest.approx(expected)
        assert member.estimated.area_cm2 == pytest.approx(estimate_area(member.classifier, TECHNOLOGY))


def test_members_name_existing_classes_on_every_input(front):
    grid = np.array(np.meshgrid(*[range(16)] * 4)).reshape(4, -1).T
    for member in front:
        assert member.classifier.predict(grid).max() < 3


def test_same_seed_same_front_wherever_it_is_done(start, front, two_workers):
    features, classes = sample(np.random.default_rng(1))
    data = ApproximationData(features, classes)
    assert approximate(start, data, QUICK, technology=TECHNOLOGY, seed=3, executor=two_workers) == front
    assert approximate(start, data, QUICK, technology=TECHNOLOGY, seed=4) != front


def test_a_function_of_the_data_is_kept_and_shrunk():
    rng = np.random.default_rng(2)
    start = circuit_of(random_network(rng, features=3, hidden=(2,), classes=2, input_bits=3, max_weight=2))
    grid = np.array(np.meshgrid(*[range(8)] * 3)).reshape(3, -1).T
    classes = start.predict(grid)
    options = ApproximationOptions(moves=20_000, islands=1, rounds=1, noisy_copies=0, held_back=0, lowest_accuracy=1)
    smallest = approximate(start, ApproximationData(grid, classes), options, technology=TECHNOLOGY)[0]
    assert (smallest.classifier.predict(grid) == classes).all()
    assert smallest.estimated.area_cm2 <= estimate_area(start, TECHNOLOGY)


def test_large_starts_are_shrunk(monkeypatch):
    from bespoke.search.circuit import island

    monkeypatch.setattr(island, "LARGEST_ANDS", 60)
    monkeypatch.setattr(island, "SHRUNK_ABOVE", 60)
    monkeypatch.setattr(island, "SHRUNK_TO", 15)
    start = circuit_of(random_network(np.random.default_rng(8), features=4, hidden=(4,), classes=3))
    assert len(start.fanins) > 60
    features, _ = sample(np.random.default_rng(1))
    classes = start.predict(features)
    front = approximate(start, ApproximationData(features, classes), QUICK, technology=TECHNOLOGY, seed=1)
    smaller = [member for member in front if member.classifier != start]
    assert max(member.train.value for member in smaller) > np.bincount(classes).max() / len(classes)
    assert all(len(member.classifier.fanins) < len(start.fanins) for member in smaller)


def test_the_archive_holds_large_starts_beside_what_they_are_shrunk_to(monkeypatch):
    from bespoke.search.circuit import island

    above = 30
    monkeypatch.setattr(island, "SHRUNK_ABOVE", above)
    monkeypatch.setattr(island, "SHRUNK_TO", 10)
    monkeypatch.setattr(island, "LEAST_ROOM", 20)
    start = circuit_of(random_network(np.random.default_rng(8), features=4, hidden=(4,), classes=3))
    assert len(start.fanins) > 2 * above
    features, _ = sample(np.random.default_rng(1))
    data = ApproximationData(features, start.predict(features))
    front = approximate(start, data, QUICK, technology=TECHNOLOGY, seed=1)
    sizes = [len(member.classifier.fanins) for member in front if member.classifier != start]
    assert min(sizes) < above < max(sizes)
    assert approximate(start, data, QUICK, technology=TECHNOLOGY, seed=1) == front


def test_held_back_samples_guard_against_over_fitting():
    rng = np.random.default_rng(7)
    features, classes = rng.integers(0, 16, (40, 6)), rng.integers(0, 2, 40)  # nothing to learn
    options = ApproximationOptions(moves=60_000, islands=1, rounds=1, noisy_copies=0, held_back=0)
    data = ApproximationData(features, classes)
    unguarded = evolve_small(data, options, wires=BinaryWires(6, 4), classes=2, technology=TECHNOLOGY)
    fresh = rng.integers(0, 16, (2000, 6)), rng.integers(0, 2, 2000)
    guarded = evolve_small(
        ApproximationData(features, classes, *fresh), options, wires=BinaryWires(6, 4), classes=2, technology=TECHNOLOGY
    )
    assert unguarded[-1].train.value > 0.75
    assert all(0.45 < member.held_back.value < 0.55 for member in guarded)
    # what only fits the samples' chance does not pass for accuracy
    assert guarded[-1].pooled_accuracy < unguarded[-1].pooled_accuracy - 0.05


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([3, 5, 6, 7, 9, 10, 13]), st.integers(0, 15))
def test_missing_classes_are_found_and_mended(seed, classes, ands):
    rng = np.random.default_rng(seed)
    bits = (classes - 1).bit_length()
    first = 1 + 3 * 2
    fanins = np.array([rng.integers(0, 2 * (first + index), 2) for index in range(ands)]).reshape(-1, 2)
    circuit = LogicCircuit(BinaryWires(3, 2), classes, Circuit(6, fanins, rng.integers(0, 2 * (first + ands), bits)))
    grid = np.array(np.meshgrid(*[range(4)] * 3)).reshape(3, -1).T
    before = circuit.predict(grid)
    assert names_missing_class(circuit) == bool((before >= classes).any())
    mended = with_existing_classes(circuit, prices(TECHNOLOGY))
    after = mended.predict(grid)
    assert after.max() < classes
    assert (after == before)[before < classes].all()


def test_a_time_limit_ends_the_search_after_the_round(start):
    features, classes = sample(np.random.default_rng(1), 100)
    seen = []
    options = ApproximationOptions(moves=400, islands=1, rounds=4, time_limit_s=0.0)
    approximate(
        start,
        ApproximationData(features, classes),
        options,
        technology=TECHNOLOGY,
        progress=lambda share, text: seen.append(share),
    )
    assert seen == [0.25]


def test_progress_ends_at_one(start):
    features, classes = sample(np.random.default_rng(1), 100)
    seen = []
    options = ApproximationOptions(moves=200, islands=2, rounds=1)
    approximate(
        start,
        ApproximationData(features, classes),
        options,
        technology=TECHNOLOGY,
        progress=lambda share, text: seen.append((share, text)),
    )
    assert [share for share, _ in seen] == [0.5, 1.0]
    assert all("round 1 of 1" in text for _, text in seen)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"features": np.zeros((5, 3), int)}, "3 features"),
        ({"classes": np.full(5, 3)}, "classes must lie in 0..2"),
        ({"features": np.full((5, 4), 16)}, "0..15"),
        ({"classes": np.zeros(4, int)}, "as many classes"),
    ],
)
def test_unfit_data_are_refused(start, change, message):
    parts = {"features": np.zeros((5, 4), int), "classes": np.zeros(5, int)} | change
    with pytest.raises(InputError, match=message):
        approximate(start, ApproximationData(**parts), QUICK, technology=TECHNOLOGY)


@pytest.mark.parametrize(
    "options", [{"moves": 0}, {"noise": -0.1}, {"held_back": 1.0}, {"noisy_copies": -1}, {"largest_cost": 0.0}]
)
def test_unfit_options_are_refused(options):
    with pytest.raises(InputError):
        ApproximationOptions(**options)
