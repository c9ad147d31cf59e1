"""Designs that a fit found: rated, widened to all features, as JSON and back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bespoke.data import PreparedData
from bespoke.model import Layer, Network, Neuron, Summand, from_json, to_json
from bespoke.search import Found, estimate_area, estimate_static_power
from bespoke.statistics import Accuracy
from bespoke.technology import Technology


@dataclass(frozen=True)
class Design:
    """One design that a fit found. Area and power are the search's estimates, not measurements."""

    network: Network
    origin: str
    train: Accuracy
    validation: Accuracy
    estimated_area_cm2: float
    estimated_static_power_mw: float


def rated(network: Network, origin: str, data: PreparedData, technology: Technology) -> Design:
    return Design(
        network,
        origin,
        Accuracy.of(network.predict(data.train.features), data.train.classes),
        Accuracy.of(network.predict(data.validation.features), data.validation.classes),
        estimate_area(network, technology),
        estimate_static_power(network, technology, data.train.features),
    )


def found(candidate: Found, data: PreparedData) -> Design:
    """A candidate of the search, which has priced it already, rated on the samples held back."""
    return Design(
        candidate.classifier,
        candidate.origin,
        candidate.train,
        Accuracy.of(candidate.classifier.predict(data.validation.features), data.validation.classes),
        candidate.estimated.area_cm2,
        candidate.estimated.static_power_mw,
    )


def widened(design: Design, kept: np.ndarray, features: int) -> Design:
    """The design over all features; it reads those of ``kept`` alone."""
    if len(kept) == features:
        return design
    neurons = []
    for neuron in design.network.layers[0].neurons:
        summands = [Summand((), 0)] * features
        for column, summand in zip(kept, neuron.summands, strict=True):
            summands[column] = summand
        neurons.append(Neuron(tuple(summands), neuron.bias, neuron.activation))
    network = Network(
        design.network.input_bits, (Layer(tuple(neurons)), *design.network.layers[1:]), design.network.argmax
    )
    return replace(design, network=network)


def design_to_json(design: Design) -> dict[str, Any]:
    return {
        "origin": design.origin,
        "train": [round(design.train.value * design.train.samples), design.train.samples],
        "validation": [round(design.validation.value * design.validation.samples), design.validation.samples],
        "estimated_area_cm2": design.estimated_area_cm2,
        "estimated_static_power_mw": design.estimated_static_power_mw,
        "model": to_json(design.network),
    }


def design_from_json(entry: dict[str, Any]) -> Design:
    return Design(
        from_json(entry["model"]),
        str(entry["origin"]),
        Accuracy.of_count(*entry["train"]),
        Accuracy.of_count(*entry["validation"]),
        float(entry["estimated_area_cm2"]),
        float(entry["estimated_static_power_mw"]),
    )
