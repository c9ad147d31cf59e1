"""What a classifier reads: which values anything downstream depends on, which input bits, hence which wires."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from bespoke.errors import InputError
from bespoke.model.logic import LogicCircuit
from bespoke.model.network import ArgmaxTree, Interval, Network, Neuron, QRelu
from bespoke.model.serial import IntegerClassifier
from bespoke.sensing import BinaryWires, FrontEndKind, ThermometerWires, Wires


def input_wires(classifier: IntegerClassifier, kind: FrontEndKind) -> Wires:
    """The wires that a classifier's module has on its input bus, behind a front end of this kind.

    A logic circuit has its own wires. A network behind binary words has all bits of all features; behind comparators,
    for each feature that it reads, every multiple of ``2**b`` with b its lowest bit read: what forms all bits read.

    Raises
    ------
    InputError
        for a logic circuit over wires of another kind.
    """
    thermometer = kind is FrontEndKind.THERMOMETER
    if isinstance(classifier, LogicCircuit):
        if isinstance(classifier.wires, ThermometerWires) != thermometer:
            own = "thermometer" if not thermometer else "binary"
            raise InputError(f"the logic circuit reads {own} wires, which a {kind} front end does not deliver")
        return classifier.wires
    if not thermometer:
        return BinaryWires(classifier.features, classifier.input_bits)
    levels = [
        (feature, level)
        for feature, used in enumerate(used_bits(classifier))
        if used.any()
        for level in range(1 << int(used.argmax()), 1 << classifier.input_bits, 1 << int(used.argmax()))
    ]
    return ThermometerWires.of(classifier.features, classifier.input_bits, levels)


def used_bits(classifier: IntegerClassifier) -> np.ndarray:
    """Boolean (features, input_bits): which bits of its input features a classifier reads; bit 0 is the lowest.

    For a network a bit counts where a summand that is not zero keeps it in a neuron that the output depends on.

    Raises
    ------
    InputError
        for a logic circuit over thermometer wires, which reads no bits.
    """
    if isinstance(classifier, LogicCircuit):
        return classifier.used_input_bits()
    masks = np.zeros(classifier.features, dtype=np.int64)
    for neuron in _varying(classifier, 0, read_values(classifier)[1]):
        masks |= [0 if summand.is_zero else summand.mask for summand in neuron.summands]
    return (masks[:, None] >> np.arange(classifier.input_bits) & 1).astype(bool)


def read_features(classifier: IntegerClassifier) -> list[int]:
    """Features that a classifier's answer can depend on, in order."""
    if isinstance(classifier, LogicCircuit):
        return np.unique(classifier.wires.feature_of()[classifier.used_wires()]).tolist()
    return np.flatnonzero(used_bits(classifier).any(axis=1)).tolist()


def read_values(network: Network) -> list[set[int]]:
    """Per level (features, then every layer) which values anything downstream reads."""
    compared = compared_bits(network.argmax)
    read = [{leaf for leaf in network.argmax.leaves() if compared[leaf]}]
    for index in range(len(network.layers) - 1, -1, -1):
        read.insert(
            0,
            {
                source
                for neuron in _varying(network, index, read[0])
                for source, summand in enumerate(neuron.summands)
                if not summand.is_zero and summand.mask & ((1 << _reach(network, index, source)) - 1)
            },
        )
    return read


def compared_bits(tree: ArgmaxTree) -> dict[int, int]:
    """Per node of an argmax tree the bits of its value that any comparator above it reads."""
    compared = {tree.root: 0}
    for index in range(len(tree.comparators) - 1, -1, -1):
        comparator = tree.comparators[index]
        reads = compared[tree.classes + index] | comparator.mask
        compared[comparator.first] = compared[comparator.second] = reads
    return compared


def largest_value(unit: QRelu, interval: Interval) -> int:
    """The largest value that a QReLU gives on sums of that range."""
    return min(max(0, interval.high) >> unit.shift, unit.ceiling)


def _varying(network: Network, layer: int, read: set[int]) -> Iterator[Neuron]:
    """Those of the neurons in ``read`` whose value can change at all."""
    for position in sorted(read):
        neuron, interval = network.layers[layer].neurons[position], network.sum_intervals[layer][position]
        if interval.low != interval.high and (neuron.activation is None or largest_value(neuron.activation, interval)):
            yield neuron


def _reach(network: Network, layer: int, source: int) -> int:
    """Bits that an input of a layer can ever set."""
    if layer == 0:
        return network.input_bits
    unit = network.layers[layer - 1].neurons[source].activation
    return largest_value(unit, network.sum_intervals[layer - 1][source]).bit_length()
