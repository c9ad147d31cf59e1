"""Designs over the features that vary, as designs over all features."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bespoke.design import Design
from bespoke.model import Layer, Network, Neuron, Summand


def widened(design: Design, kept: np.ndarray, features: int) -> Design:
    """The design over all features; it reads those of ``kept`` alone."""
    if len(kept) == features:
        return design
    neurons = []
    for neuron in design.model.layers[0].neurons:
        summands = [Summand((), 0)] * features
        for column, summand in zip(kept, neuron.summands, strict=True):
            summands[column] = summand
        neurons.append(Neuron(tuple(summands), neuron.bias, neuron.activation))
    network = Network(design.model.input_bits, (Layer(tuple(neurons)), *design.model.layers[1:]), design.model.argmax)
    return replace(design, model=network)
