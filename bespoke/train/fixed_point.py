"""The exact bespoke baseline: a float model in fixed point, nothing approximated after that."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from bespoke.errors import InputError
from bespoke.model import MAX_SUM_BITS, Network, QRelu, signed_width
from bespoke.train.float_model import FloatModel


def fixed_point_network(model: FloatModel, *, bits: int, weight_bits: int = 8) -> Network:
    """Network of ``model`` with signed fixed-point weights, full sums and an exact ReLU.

    Each layer's weights are ``round(w * 2**f)`` with the largest f for which all fit ``weight_bits`` bits; biases are
    rounded at the scale of the sum that they join. Hidden activations keep every bit, so nothing is clipped. Where
    weights vanish beside a bias, so that sums would leave 62 bits for the bias alone, f is smaller.
    (Mubarik et al., 'Printed Machine Learning Classifiers', MICRO 2020: 8-bit weights, 4-bit inputs.)

    Parameters
    ----------
    bits : width of the inputs.
    weight_bits : width of a weight, sign included.

    Raises
    ------
    InputError
        for an unusable width, or sums of more than 62 bits.
    """
    if not 2 <= weight_bits <= 16:
        raise InputError(f"weights need 2 to 16 bits, not {weight_bits}")
    layers = _rounded_layers(model, bits, weight_bits, [MAX_SUM_BITS] * len(model.weights))
    layers = layers or _rounded_layers(model, bits, weight_bits, _bias_bits(model, weight_bits))
    if layers is None:
        raise InputError(f"the sums of a layer need more than {MAX_SUM_BITS} bits; use fewer layers or bits")
    return Network.from_arrays(
        input_bits=bits,
        weights=[layer.weights for layer in layers],
        biases=[np.array(layer.biases, dtype=object) for layer in layers],
        activations=[[QRelu(0, max(1, high.bit_length())) for high in layer.highs] for layer in layers[:-1]],
    )


@dataclass(frozen=True, eq=False)
class _Rounded:
    """A layer in integers: ``weights`` (neurons, inputs), ``biases``, and the largest value after every ReLU."""

    weights: np.ndarray
    biases: list[int]
    highs: list[int]


def _rounded_layers(model: FloatModel, bits: int, weight_bits: int, bias_bits: list[int]) -> list[_Rounded] | None:
    """The layers with as many fraction bits as fit weights and biases (by layer); None if a sum exceeds 62 bits."""
    scale_bits = bits  # a layer's input integers are real values times 2**scale_bits
    layers: list[_Rounded] = []
    highs = [(1 << bits) - 1] * model.topology[0]
    for weight, bias, room in zip(model.weights, model.biases, bias_bits, strict=True):
        fraction_bits = _fraction_bits(float(np.abs(weight).max()), (1 << (weight_bits - 1)) - 1)
        if bias.any():
            fraction_bits = min(fraction_bits, room - math.frexp(float(np.abs(bias).max()))[1] - scale_bits)
        scale_bits += fraction_bits
        weights = np.rint(np.ldexp(weight, fraction_bits)).astype(np.int64)
        biases = [round(math.ldexp(value, scale_bits)) for value in bias.tolist()]
        ranges = [_sum_range(row, highs, constant) for row, constant in zip(weights.tolist(), biases, strict=True)]
        if max(signed_width(low, high) for low, high in ranges) > MAX_SUM_BITS:
            return None
        highs = [max(0, high) for _, high in ranges]
        layers.append(_Rounded(weights, biases, highs))
    return layers


def _bias_bits(model: FloatModel, weight_bits: int) -> list[int]:
    """By layer, how many bits biases may have so that later layers, with weights of all their bits, still fit."""
    room = [MAX_SUM_BITS - 2]
    for weight in reversed(model.weights[1:]):
        room.append(room[-1] - weight_bits - weight.shape[1].bit_length())
    return room[::-1]


def _sum_range(weights: list[int], highs: list[int], bias: int) -> tuple[int, int]:
    """The least and the largest sum of a neuron whose inputs reach ``highs``."""
    shares = [weight * high for weight, high in zip(weights, highs, strict=True)]
    return bias + sum(min(0, share) for share in shares), bias + sum(max(0, share) for share in shares)


def _fraction_bits(magnitude: float, largest: int) -> int:
    """The largest f with ``round(magnitude * 2**f) <= largest``; 0 for weights that are all zero."""
    if magnitude == 0:
        return 0
    fraction_bits = math.floor(math.log2(largest / magnitude)) + 1
    while round(math.ldexp(magnitude, fraction_bits)) > largest:
        fraction_bits -= 1
    return fraction_bits
