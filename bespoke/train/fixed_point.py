"""The exact bespoke baseline: a float model in fixed point, nothing approximated after that."""

from __future__ import annotations

import math

import numpy as np

from bespoke.errors import InputError
from bespoke.model import Network, QRelu, signed_width
from bespoke.train.float_model import FloatModel


def fixed_point_network(model: FloatModel, *, bits: int, weight_bits: int = 8) -> Network:
    """Network of ``model`` with signed fixed-point weights, full sums and an exact ReLU.

    Each layer's weights are ``round(w * 2**f)`` with the largest f for which all fit ``weight_bits`` bits; biases are
    rounded at the scale of the sum that they join. Hidden activations keep every bit, so nothing is clipped.
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
    largest = (1 << (weight_bits - 1)) - 1
    scale_bits = bits  # a layer's input integers are real values times 2**scale_bits
    weights, biases, activations = [], [], []
    highs = [(1 << bits) - 1] * model.topology[0]
    for index, (weight, bias) in enumerate(zip(model.weights, model.biases, strict=True)):
        fraction_bits = _fraction_bits(float(np.abs(weight).max()), largest)
        scale_bits += fraction_bits
        weights.append(np.rint(np.ldexp(weight, fraction_bits)).astype(np.int64))
        biases.append([round(math.ldexp(value, scale_bits)) for value in bias.tolist()])
        if index < len(model.weights) - 1:
            row = []
            for integers, constant in zip(weights[-1].tolist(), biases[-1], strict=True):
                low = high = constant
                for factor, ceiling in zip(integers, highs, strict=True):
                    low, high = low + min(0, factor * ceiling), high + max(0, factor * ceiling)
                if signed_width(low, high) > 62:
                    raise InputError(f"the sums of layer {index} need more than 62 bits; use fewer layers or bits")
                row.append(max(0, high))
            highs = row
            activations.append([QRelu(0, max(1, high.bit_length())) for high in highs])
    return Network.from_arrays(
        input_bits=bits,
        weights=weights,
        biases=[np.array(row, dtype=object) for row in biases],
        activations=activations,
    )


def _fraction_bits(magnitude: float, largest: int) -> int:
    """The largest f with ``round(magnitude * 2**f) <= largest``; 0 for weights that are all zero."""
    if magnitude == 0:
        return 0
    fraction_bits = math.floor(math.log2(largest / magnitude)) + 1
    while round(math.ldexp(magnitude, fraction_bits)) > largest:
        fraction_bits -= 1
    return fraction_bits
