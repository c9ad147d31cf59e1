"""From a float model to a first integer network: exponents, shifts and widths read off the training data.

Multiplying a hidden neuron's weights by a power of two and its activation's shift by the same costs no gate, so each
hidden neuron gets a scale of its own, and its activation a shift that makes the data fill the width. What the shift
takes away, the next layer's weights give back.

Weights that vanish beside their bias are not scaled up to the largest power, as the bias would leave every integer
type: a neuron that decay has left with weights of 1e-9 is a constant, and all layers above such neurons are as well.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from bespoke.train.float_model import FloatModel
from bespoke.train.straight_through import LARGEST_BIAS, QuantisedTrainer, TrainedLayer, powers_of_two

#: Share of the positive sums that an activation must hold without saturating.
_QUANTILE = 0.995
#: Widths of hidden activations that calibration chooses from.
ACTIVATION_BITS = (4, 5, 6, 7, 8)


@dataclass(frozen=True)
class Grid:
    """Which integers the network may use.

    Parameters
    ----------
    bits : width of the inputs.
    exponents : weights are sums of ``2**0 .. 2**(exponents - 1)``.
    terms : at most so many powers in a weight.
    activation_bits : width of every hidden activation.
    """

    bits: int
    exponents: int
    terms: int
    activation_bits: int


def starting_trainer(model: FloatModel, inputs: np.ndarray, grid: Grid, *, headroom: float = 1.0) -> QuantisedTrainer:
    """Trainer whose integer network stands for ``model`` as nearly as the grid allows.

    Parameters
    ----------
    inputs : float64 (samples, features), the quantised training data.
    headroom : the largest weight of a neuron becomes the largest power of two times this (0.75 to 1.5).
    """
    largest = headroom * (1 << (grid.exponents - 1))
    values = inputs
    # value * 2**-scale is what the float model would have here
    scales = np.full(inputs.shape[1], float(grid.bits))
    ceiling = float((1 << grid.bits) - 1)
    layers: list[TrainedLayer] = []
    for index, (weight, bias) in enumerate(zip(model.weights, model.biases, strict=True)):
        output = index == len(model.weights) - 1
        weight = weight * np.exp2(scales.max() - scales)  # as if all inputs had the largest scale
        magnitude = np.abs(weight).max(axis=1)
        silent = (magnitude == 0) & (bias == 0) if output else np.zeros(len(bias), dtype=bool)
        if output:
            magnitude[:] = magnitude.max()
        magnitude = np.where(magnitude > 0, magnitude, 1.0)
        if not output:
            magnitude = np.maximum(magnitude, np.abs(bias) * 2.0 ** scales.max() * (largest / LARGEST_BIAS))
        gain = largest / magnitude
        layer = TrainedLayer(
            weight * gain[:, None],
            bias * gain * 2.0 ** scales.max(),
            shifts=None,
            width=0,
            silent=silent,
            input_ceiling=ceiling,
            fixed=np.zeros(weight.shape, dtype=bool),
        )
        layers.append(layer)
        scales = scales.max() + np.log2(gain)
        integers = powers_of_two(layer.weights, exponents=grid.exponents, terms=grid.terms)
        if output:
            layer.biases = _within_reach(layer.biases, integers * ceiling, silent)
            break
        sums = values @ integers.T + np.rint(layer.biases)
        layer.width = grid.activation_bits
        layer.shifts = np.array([_shift(column, grid.activation_bits) for column in sums.T], dtype=np.float64)
        ceiling = float((1 << layer.width) - 1)
        values = np.minimum(np.floor(np.maximum(sums, 0.0) * np.exp2(-layer.shifts)), ceiling)
        scales = scales - layer.shifts
    return QuantisedTrainer(
        layers,
        log_temperature=float(scales[0]) * math.log(2),
        bits=grid.bits,
        exponents=grid.exponents,
        terms=grid.terms,
    )


def enough_activation_bits(model: FloatModel, inputs: np.ndarray, classes: np.ndarray, grid: Grid) -> int:
    """The fewest activation bits with which the training data fare as well as with the most, but for half a point.

    Weights are taken with several terms here, so that the activations alone are judged.
    """
    accuracies = []
    for width in ACTIVATION_BITS:
        trainer = starting_trainer(model, inputs, replace(grid, terms=4, activation_bits=width))
        accuracies.append(float((trainer.sums(inputs)[-1].argmax(axis=1) == classes).mean()))
    goal = max(accuracies) - 0.005
    return next(width for width, accuracy in zip(ACTIVATION_BITS, accuracies, strict=True) if accuracy >= goal)


def _within_reach(biases: np.ndarray, shares: np.ndarray, silent: np.ndarray) -> np.ndarray:
    """Output biases (classes,) that give the same answers, none larger than the summands can make up for.

    Only differences between classes count, and of a class that never wins only that it never does. Biases within
    ``LARGEST_BIAS`` stay as they are.

    Parameters
    ----------
    shares : (classes, inputs), what each input adds to the sums at most (or least, where negative).
    silent : bool (classes,), whose sums are zero and stay so.
    """
    if np.abs(biases).max() <= LARGEST_BIAS:
        return biases
    lowest, highest = np.minimum(shares, 0.0).sum(axis=1), np.maximum(shares, 0.0).sum(axis=1)
    margins = biases - biases.max()  # first, so that a float does not lose the summands beside the biases
    surely = (margins + lowest).max()  # some class reaches this on every sample
    margins = np.maximum(margins, np.floor(surely - highest) - 1.0)
    return margins - margins[silent].max() if silent.any() else margins


def _shift(sums: np.ndarray, width: int) -> int:
    """The smallest shift with which nearly all positive sums fit ``width`` bits."""
    positive = sums[sums > 0]
    reach = int(np.quantile(positive, _QUANTILE)) if len(positive) else 0
    return max(0, reach.bit_length() - width)
