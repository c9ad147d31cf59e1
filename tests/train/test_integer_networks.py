"""The fixed-point baseline and power-of-two training, against plain loops and published accuracy."""

from __future__ import annotations

import itertools
from dataclasses import replace
from fractions import Fraction

import helpers
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bespoke.data import Part, PreparedData, load_dataset, prepare
from bespoke.errors import InputError
from bespoke.model import Network, to_json
from bespoke.train import FloatModel, QuantisationOptions, fixed_point_network, train_float, train_quantised
from bespoke.train.calibration import Grid, starting_trainer
from bespoke.train.straight_through import powers_of_two


def accuracy(network: Network, part: Part) -> float:
    return float((network.predict(part.features) == part.classes).mean())


def random_model(rng: np.random.Generator, sizes: list[int], spread: float) -> FloatModel:
    shapes = [(outputs, inputs) for inputs, outputs in itertools.pairwise(sizes)]
    weights = tuple(rng.normal(size=shape) * 10 ** rng.uniform(-spread, spread) for shape in shapes)
    return FloatModel(weights, tuple(rng.normal(size=len(weight)) for weight in weights))


def plain_fixed_point(model: FloatModel, features: list[int], bits: int, weight_bits: int) -> int:
    """The baseline once more, in exact fractions of the real values that its integers stand for."""
    values = [Fraction(feature, 2**bits) for feature in features]
    resolution = bits
    for index, (weights, biases) in enumerate(zip(model.weights, model.biases, strict=True)):
        fraction_bits = -60
        while max(abs(round(Fraction(float(w)) * Fraction(2) ** (fraction_bits + 1))) for w in weights.flat) < 2 ** (
            weight_bits - 1
        ):
            fraction_bits += 1
        resolution += fraction_bits
        step, grain = Fraction(2) ** -fraction_bits, Fraction(2) ** -resolution
        values = [
            sum(round(Fraction(float(w)) / step) * step * v for w, v in zip(row, values, strict=True))
            + round(Fraction(float(b)) / grain) * grain
            for row, b in zip(weights, biases, strict=True)
        ]
        if index < len(model.weights) - 1:
            values = [max(Fraction(0), value) for value in values]
    return values.index(max(values))


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1), st.lists(st.integers(1, 5), min_size=2, max_size=4), st.sampled_from([2, 4, 8]))
def test_fixed_point_baseline_is_exact(seed, sizes, weight_bits):
    rng = np.random.default_rng(seed)
    model = random_model(rng, sizes, 1.5)
    network = fixed_point_network(model, bits=4, weight_bits=weight_bits)
    assert max(int(np.abs(weights).max()) for weights in network.weights) < 2 ** (weight_bits - 1)
    inputs = rng.integers(0, 16, (20, sizes[0]))
    expected = [plain_fixed_point(model, row, 4, weight_bits) for row in inputs.tolist()]
    assert network.predict(inputs).tolist() == expected


def test_fixed_point_baseline_of_zero_weights():
    network = fixed_point_network(FloatModel((np.zeros((2, 3)), np.zeros((2, 2))), (np.zeros(2), np.ones(2))), bits=4)
    assert network.predict(np.zeros((1, 3), dtype=int)).tolist() == [0]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.lists(st.integers(1, 4), min_size=3, max_size=4), st.integers(1, 12))
def test_fixed_point_baseline_of_vanishing_weights(seed, sizes, bits):
    """Weights that decay has left beside biases of ordinary size: constants, whatever the scale of the weights."""
    rng = np.random.default_rng(seed)
    model = random_model(rng, sizes, 0.5)
    decay = 10 ** rng.uniform(-40, -12, len(model.weights))
    decayed = FloatModel(tuple(w * d for w, d in zip(model.weights, decay, strict=True)), model.biases)
    inputs = rng.integers(0, 1 << bits, (10, sizes[0]))
    expected = int(decayed.biases[-1].argmax())
    assert set(fixed_point_network(decayed, bits=bits).predict(inputs).tolist()) == {expected}


@pytest.mark.parametrize("weight_bits", [1, 17])
def test_fixed_point_width_out_of_range(weight_bits):
    with pytest.raises(InputError, match="2 to 16 bits"):
        fixed_point_network(random_model(np.random.default_rng(0), [2, 2], 0), bits=4, weight_bits=weight_bits)


@given(st.floats(-300, 300), st.integers(1, 9))
def test_single_powers_are_the_nearest(value, exponents):
    grid = [0.0] + [sign * 2.0**k for k in range(exponents) for sign in (-1, 1)]
    assert abs(powers_of_two(np.array([value]), exponents=exponents)[0] - value) == min(abs(g - value) for g in grid)


@given(st.floats(-300, 300))
def test_two_powers_are_no_farther_and_still_two(value):
    result = powers_of_two(np.array([value]), exponents=7, terms=2)[0]
    assert abs(result - value) <= abs(powers_of_two(np.array([value]), exponents=7)[0] - value)
    grid = [0] + [sign * 2**k for k in range(7) for sign in (-1, 1)]
    assert result in {a + b for a in grid for b in grid}


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.lists(st.integers(1, 6), min_size=2, max_size=4),
    st.integers(1, 8),
    st.integers(1, 2),
    st.integers(1, 8),
)
def test_training_computes_what_the_network_computes(seed, sizes, exponents, terms, width):
    """Before, while and after training, every sum of the trainer's forward pass is the network's."""
    rng = np.random.default_rng(seed)
    inputs = rng.integers(0, 16, (40, sizes[0]))
    classes = rng.integers(0, sizes[-1], 40)
    trainer = starting_trainer(random_model(rng, sizes, 3.0), inputs.astype(float), Grid(4, exponents, terms, width))
    for share in (0.0, 0.5, 1.0):
        trainer.relaxed = share < 1
        trainer.fix(share)
        for _ in range(3):
            trainer.step(inputs.astype(float), classes, 0.02)
        network = trainer.network()
        for ours, theirs in zip(trainer.sums(inputs.astype(float)), network.layer_sums(inputs), strict=True):
            assert np.array_equal(ours, theirs)
        assert np.array_equal(trainer.sums(inputs.astype(float))[-1].argmax(axis=1), network.predict(inputs))


def test_gradients_are_those_of_the_ramp():
    """Where nothing is rounded, the straight-through gradient is the true one: compared with finite differences."""
    rng = np.random.default_rng(5)
    inputs = rng.integers(0, 16, (30, 3)).astype(float)
    classes = rng.integers(0, 3, 30)
    trainer = starting_trainer(random_model(rng, [3, 4, 3], 0.3), inputs, Grid(4, 12, 4, 16))
    trainer.relaxed = True
    trainer.log_temperature += 2.0
    integers = trainer._effective()
    values, sums = trainer._forward(inputs, integers)
    gradients = trainer._backward(values, sums, integers, classes)
    assert not trainer.layers[0].shifts.any()
    for layer, position in ((0, 0), (1, 1)):
        index = (1, 2)
        step = 1e-3 * abs(integers[layer][0][index]) + 1e-3
        losses = []
        for direction in (-1, 1):
            moved = [(weights.copy(), biases.copy()) for weights, biases in integers]
            moved[layer][0][index] += direction * step
            smooth = inputs
            for depth, (weights, biases) in enumerate(moved):
                smooth = smooth @ weights.T + biases
                if depth == 0:
                    smooth = np.maximum(smooth, 0)
            losses.append(trainer.loss(smooth, classes))
        slope = (losses[1] - losses[0]) / (2 * step)
        assert gradients[position][index] == pytest.approx(slope, rel=0.02, abs=1e-7)


@pytest.fixture(scope="module")
def iris() -> tuple[PreparedData, FloatModel]:
    data = prepare(load_dataset("iris"), validation_fraction=0.25)
    return data, train_float(data, hidden=(4, 3))


def test_more_than_one_hidden_layer(iris):
    data, model = iris
    network = train_quantised(model, data)
    assert network.topology == (4, 4, 3, 3)
    assert accuracy(network, data.train) > 0.93
    assert all(len(s.terms) <= 1 for layer in network.layers for neuron in layer.neurons for s in neuron.summands)


def test_options_are_kept(iris):
    data, model = iris
    options = QuantisationOptions(weight_bits=5, activation_bits=3, max_terms=2, epochs=20, starts=1)
    network = train_quantised(model, data, options=options)
    summands = [s for layer in network.layers for neuron in layer.neurons for s in neuron.summands]
    assert max(len(summand.terms) for summand in summands) <= 2
    assert max(abs(summand.weight) for summand in summands) <= 16
    assert {neuron.activation.width for layer in network.layers[:-1] for neuron in layer.neurons} == {3}


def test_same_seed_same_network_and_the_test_part_has_no_say(iris):
    data, model = iris
    options = QuantisationOptions(epochs=20, starts=2)
    scrambled = Part(data.test.features ^ 9, np.zeros_like(data.test.classes), data.test.rows)
    first = train_quantised(model, data, seed=5, options=options)
    assert to_json(first) == to_json(train_quantised(model, replace(data, test=scrambled), seed=5, options=options))


def test_without_a_validation_part_the_training_part_judges(iris):
    data, model = iris
    options = QuantisationOptions(epochs=20, starts=2)
    alone = replace(data, validation=None)
    notes = []
    network = train_quantised(model, alone, options=options, progress=lambda fraction, note: notes.append(note))
    assert f"training accuracy {accuracy(network, data.train):.4f}" in max(notes, key=lambda note: note[-6:])
    judged_by_itself = replace(data, validation=data.train)
    assert to_json(network) == to_json(train_quantised(model, judged_by_itself, options=options))


def test_two_classes_keep_their_silent_output():
    data = prepare(load_dataset("breast_cancer"), validation_fraction=0.25)
    model = train_float(data)
    network = train_quantised(model, data, options=QuantisationOptions(starts=2))
    silent = network.layers[-1].neurons[0]
    assert silent.bias == 0 and all(summand.is_zero for summand in silent.summands)
    assert accuracy(network, data.validation) > 0.95


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_a_bad_scale_does_not_collapse_training(scale, iris):
    """Neurons scaled up or down against the next layer compute the same; training must start as well from them."""
    data, _ = iris
    model = train_float(data, hidden=(4,))
    factors = np.array([scale, 1.0, 1.0 / scale, 1.0])
    skewed = FloatModel(
        (model.weights[0] * factors[:, None], model.weights[1] / factors),
        (model.biases[0] * factors, model.biases[1]),
    )
    assert np.array_equal(skewed.predict(data.train.features, 4), model.predict(data.train.features, 4))
    assert accuracy(train_quantised(skewed, data), data.train) > 0.93


@pytest.mark.parametrize(
    "options",
    [{"weight_bits": 1}, {"activation_bits": 0}, {"max_terms": 3}, {"epochs": 0}, {"starts": 0}],
)
def test_impossible_options(options):
    with pytest.raises(InputError):
        QuantisationOptions(**options)


def test_a_model_of_other_data_is_refused(iris):
    with pytest.raises(InputError, match="the float model has 4 inputs and 3 classes, the data have 13 and 3"):
        train_quantised(iris[1], prepare(load_dataset("wine")))


PUBLISHED = {  # accuracy of the exact 8-bit bespoke MLP, hidden neurons (Mubarik et al. 2020, as in later papers)
    "cardiotocography": (0.88, 3),
    "pendigits": (0.94, 5),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_published_accuracy_and_quantisation_loss(name):
    published, hidden = PUBLISHED[name]
    data = prepare(load_dataset(name, data_dir=helpers.shared_dataset_dir()), validation_fraction=0.25)
    model = train_float(data, hidden=(hidden,))
    baseline = fixed_point_network(model, bits=4)
    error = np.sqrt(published * (1 - published) / data.test.samples)
    assert accuracy(baseline, data.test) > published - 2 * error
    float_accuracy = (model.predict(data.validation.features, 4) == data.validation.classes).mean()
    network = train_quantised(model, data, options=QuantisationOptions(starts=2))
    assert accuracy(network, data.validation) > float_accuracy - 0.03
