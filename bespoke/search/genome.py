"""A network as one row of integers, so that kernels copy, change and evaluate thousands of them a second.

A row ("genes", int64) holds, in this order: every summand's weight, every summand's mask (layer by layer, neuron by
neuron, input by input), every neuron's bias, every hidden neuron's QReLU shift and width, and the argmax tree (width,
root, number of comparators, then their first operands, second operands and masks). A `Layout` knows where things are;
kernels get it as an integer array.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bespoke.errors import InputError
from bespoke.model import ArgmaxTree, Comparator, Layer, Network, Neuron, QRelu, Summand

# Positions in the layout's integer array.
LAYERS = 0
INPUT_BITS = 1
FEATURES = 2
CLASSES = 3
CONNECTIONS = 4
NEURONS = 5
HIDDEN = 6
MASK = 7
BIAS = 8
SHIFT = 9
WIDTH = 10
TREE_WIDTH = 11
TREE_ROOT = 12
TREE_COUNT = 13
TREE_FIRST = 14
TREE_SECOND = 15
TREE_MASK = 16
GENES = 17
SIZES = 18
#: From SIZES on: inputs and neurons of every layer.


@dataclass(frozen=True)
class Layout:
    """Where the units of a network of one topology lie in its row of genes.

    Parameters
    ----------
    input_bits : width of every feature.
    topology : features, neurons of every layer (the last are the classes).
    """

    input_bits: int
    topology: tuple[int, ...]

    @classmethod
    def of(cls, network: Network) -> Layout:
        return cls(network.input_bits, network.topology)

    @property
    def genes(self) -> int:
        """Length of a row."""
        return int(self.array[GENES])

    @cached_property
    def array(self) -> np.ndarray:
        """The layout as the kernels read it, int64."""
        sizes = self.topology
        layers = len(sizes) - 1
        connections = sum(sizes[index] * sizes[index + 1] for index in range(layers))
        neurons = sum(sizes[1:])
        hidden = neurons - sizes[-1]
        comparators = max(0, sizes[-1] - 1)
        array = np.zeros(SIZES + len(sizes), dtype=np.int64)
        array[LAYERS] = layers
        array[INPUT_BITS] = self.input_bits
        array[FEATURES] = sizes[0]
        array[CLASSES] = sizes[-1]
        array[CONNECTIONS] = connections
        array[NEURONS] = neurons
        array[HIDDEN] = hidden
        array[MASK] = connections
        array[BIAS] = 2 * connections
        array[SHIFT] = array[BIAS] + neurons
        array[WIDTH] = array[SHIFT] + hidden
        array[TREE_WIDTH] = array[WIDTH] + hidden
        array[TREE_ROOT] = array[TREE_WIDTH] + 1
        array[TREE_COUNT] = array[TREE_WIDTH] + 2
        array[TREE_FIRST] = array[TREE_WIDTH] + 3
        array[TREE_SECOND] = array[TREE_FIRST] + comparators
        array[TREE_MASK] = array[TREE_SECOND] + comparators
        array[GENES] = array[TREE_MASK] + comparators
        array[SIZES:] = sizes
        array.setflags(write=False)
        return array

    def encode(self, network: Network) -> np.ndarray:
        """The network's row of genes, int64 (genes,).

        Raises
        ------
        InputError
            if the network has another topology or input width.
        """
        if network.topology != self.topology or network.input_bits != self.input_bits:
            raise InputError(
                f"a network of topology {network.topology} with {network.input_bits}-bit inputs does not fit "
                f"{self.topology} with {self.input_bits} bits"
            )
        at = self.array
        row = np.zeros(self.genes, dtype=np.int64)
        row[: at[CONNECTIONS]] = np.concatenate([weights.ravel() for weights in network.weights])
        row[at[MASK] : at[BIAS]] = np.concatenate([masks.ravel() for masks in network.masks])
        row[at[BIAS] : at[SHIFT]] = np.concatenate(network.biases)
        units = [neuron.activation for layer in network.layers[:-1] for neuron in layer.neurons]
        row[at[SHIFT] : at[WIDTH]] = [unit.shift for unit in units]
        row[at[WIDTH] : at[TREE_WIDTH]] = [unit.width for unit in units]
        tree = network.argmax
        count = len(tree.comparators)
        row[at[TREE_WIDTH]], row[at[TREE_ROOT]], row[at[TREE_COUNT]] = tree.width, tree.root, count
        row[at[TREE_FIRST] : at[TREE_FIRST] + count] = [comparator.first for comparator in tree.comparators]
        row[at[TREE_SECOND] : at[TREE_SECOND] + count] = [comparator.second for comparator in tree.comparators]
        row[at[TREE_MASK] : at[TREE_MASK] + count] = [comparator.mask for comparator in tree.comparators]
        return row

    def decode(self, row: np.ndarray) -> Network:
        """The network of a row of genes."""
        at = self.array
        layers = []
        connection = neuron = 0
        for index in range(len(self.topology) - 1):
            fan_in, hidden = self.topology[index], index < len(self.topology) - 2
            neurons = []
            for _ in range(self.topology[index + 1]):
                summands = tuple(
                    Summand.of_weight(int(row[c]), int(row[at[MASK] + c]))
                    for c in range(connection, connection + fan_in)
                )
                unit = QRelu(int(row[at[SHIFT] + neuron]), int(row[at[WIDTH] + neuron])) if hidden else None
                neurons.append(Neuron(summands, int(row[at[BIAS] + neuron]), unit))
                connection += fan_in
                neuron += 1
            layers.append(Layer(tuple(neurons)))
        comparators = tuple(
            Comparator(int(row[at[TREE_FIRST] + i]), int(row[at[TREE_SECOND] + i]), int(row[at[TREE_MASK] + i]))
            for i in range(int(row[at[TREE_COUNT]]))
        )
        tree = ArgmaxTree(self.topology[-1], int(row[at[TREE_WIDTH]]), comparators, int(row[at[TREE_ROOT]]))
        return Network(self.input_bits, tuple(layers), tree)
