"""The integer network: the reference for everything that the project computes or emits.

A neuron with inputs ``x_j`` computes ``sum = bias + Σ_j Σ_terms sign * ((x_j & mask_j) << shift)``. A hidden neuron
gives ``min(max(0, sum) >> t, 2**a - 1)``; the output layer's sums go to the argmax tree as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from bespoke.errors import InputError
from bespoke.model.digits import largest_masked, signed_digits, signed_width
from bespoke.sensing import checked_inputs

#: Sums must fit 62 bits, so that NumPy's int64 never overflows on them.
MAX_SUM_BITS = 62
#: Sums that a search's int32 kernels take, beside the sign; training leaves biases that keep within them.
NARROW_SUM_BITS = 31


@dataclass(frozen=True, slots=True)
class Term:
    """One signed power of two, ``sign * 2**shift``."""

    sign: int
    shift: int

    def __post_init__(self):
        if self.sign not in (-1, 1):
            raise InputError(f"a term's sign must be -1 or 1, not {self.sign!r}")
        if not 0 <= self.shift < MAX_SUM_BITS:
            raise InputError(f"a term's shift must lie in 0..{MAX_SUM_BITS - 1}, not {self.shift!r}")


@dataclass(frozen=True, slots=True)
class Summand:
    """One input's share of a neuron's sum: the multiply unit (``terms``; none means weight zero) and the bit mask."""

    terms: tuple[Term, ...]
    mask: int

    def __post_init__(self):
        if not 0 <= self.mask < 1 << MAX_SUM_BITS:
            raise InputError(f"a summand's mask must lie in 0..2**{MAX_SUM_BITS} - 1, it is {self.mask}")

    @classmethod
    def of_weight(cls, weight: int, mask: int) -> Summand:
        """The summand that multiplies by ``weight`` with the fewest signed powers of two."""
        return cls(tuple(Term(sign, shift) for sign, shift in signed_digits(int(weight))), int(mask))

    @property
    def weight(self) -> int:
        """The integer that the terms add up to."""
        return sum(term.sign << term.shift if term.sign > 0 else -(1 << term.shift) for term in self.terms)

    @property
    def is_zero(self) -> bool:
        return self.mask == 0 or self.weight == 0


@dataclass(frozen=True, slots=True)
class QRelu:
    """Activation unit of a hidden neuron: ``min(max(0, sum) >> shift, 2**width - 1)``."""

    shift: int
    width: int

    def __post_init__(self):
        if not 0 <= self.shift <= MAX_SUM_BITS or not 1 <= self.width <= MAX_SUM_BITS:
            raise InputError(f"a QReLU needs a shift in 0..{MAX_SUM_BITS} and a width in 1..{MAX_SUM_BITS}, not {self}")

    @property
    def ceiling(self) -> int:
        return (1 << self.width) - 1

    def apply(self, sums: np.ndarray) -> np.ndarray:
        """QReLU of an integer array of any shape."""
        return np.minimum(np.maximum(sums, 0) >> self.shift, self.ceiling)


@dataclass(frozen=True, slots=True)
class Neuron:
    """One neuron: a summand per input (zero ones included), an integer bias, and a QReLU (None in the output layer)."""

    summands: tuple[Summand, ...]
    bias: int
    activation: QRelu | None = None


@dataclass(frozen=True, slots=True)
class Layer:
    """Neurons that read the same inputs."""

    neurons: tuple[Neuron, ...]

    def __post_init__(self):
        if not self.neurons:
            raise InputError("a layer needs at least one neuron")
        if len({len(neuron.summands) for neuron in self.neurons}) != 1:
            raise InputError("all neurons of a layer must have the same number of summands")

    @property
    def fan_in(self) -> int:
        return len(self.neurons[0].summands)


@dataclass(frozen=True, slots=True)
class Comparator:
    """Compares two nodes of the argmax tree on the bits of ``mask``; the first wins unless the second is greater.

    Nodes 0 to classes-1 are the output sums, node ``classes + i`` is the winner of comparator ``i``. The sums are
    compared as two's complement numbers of the tree's width with all bits outside the mask cleared.
    """

    first: int
    second: int
    mask: int


@dataclass(frozen=True, slots=True)
class ArgmaxTree:
    """Which class wins. A class that no comparator reads can never win.

    Parameters
    ----------
    classes : number of output sums.
    width : two's complement width in which sums are compared; every output sum must fit.
    comparators : in an order in which operands come before their readers; every winner but the last is read once.
    root : node whose class is the result: the last comparator's winner, or a class where there is no comparator.
    """

    classes: int
    width: int
    comparators: tuple[Comparator, ...]
    root: int

    def __post_init__(self):
        if self.classes < 1 or not 1 <= self.width <= MAX_SUM_BITS:
            raise InputError(f"an argmax tree needs a class and a width in 1..{MAX_SUM_BITS}")
        seen: set[int] = set()
        for index, comparator in enumerate(self.comparators):
            for node in (comparator.first, comparator.second):
                if not 0 <= node < self.classes + index or node in seen:
                    raise InputError(f"comparator {index} of the argmax tree reads node {node}, which it must not")
                seen.add(node)
            if not 0 <= comparator.mask < 1 << self.width:
                raise InputError(f"comparator {index} of the argmax tree has a mask wider than {self.width} bits")
        if self.comparators:
            last = self.classes + len(self.comparators) - 1
            unread = set(range(self.classes, last)) - seen
            if self.root != last or unread:
                raise InputError("the argmax tree's root must be its last comparator and every other winner be read")
        elif not 0 <= self.root < self.classes:
            raise InputError(f"the argmax tree's root {self.root} is not a class")

    @classmethod
    def full(cls, classes: int, width: int, order: Sequence[int] | None = None) -> ArgmaxTree:
        """Balanced tree over all classes (or those of ``order``) that compares every bit.

        In index order the result is the lowest class among those with the largest sum.
        """
        level = list(range(classes)) if order is None else [int(node) for node in order]
        everything = (1 << width) - 1
        comparators: list[Comparator] = []
        while len(level) > 1:
            above = []
            for position in range(0, len(level) - 1, 2):
                comparators.append(Comparator(level[position], level[position + 1], everything))
                above.append(classes + len(comparators) - 1)
            if len(level) % 2:
                above.append(level[-1])
            level = above
        return cls(classes, width, tuple(comparators), level[0])

    def leaves(self, node: int | None = None) -> tuple[int, ...]:
        """Classes below a node (of the whole tree by default), first operand first."""
        node = self.root if node is None else node
        if node < self.classes:
            return (node,)
        comparator = self.comparators[node - self.classes]
        return self.leaves(comparator.first) + self.leaves(comparator.second)

    def apply(self, sums: np.ndarray) -> np.ndarray:
        """Winning class per sample. ``sums`` is int64 of shape (samples, classes); the result int64 (samples,)."""
        samples = sums.shape[0]
        values = [sums[:, node] for node in range(self.classes)]
        winners = [np.full(samples, node, dtype=np.int64) for node in range(self.classes)]
        for comparator in self.comparators:
            first, second = values[comparator.first], values[comparator.second]
            take = self._masked(first, comparator.mask) >= self._masked(second, comparator.mask)
            values.append(np.where(take, first, second))
            winners.append(np.where(take, winners[comparator.first], winners[comparator.second]))
        return winners[self.root].copy()

    def _masked(self, values: np.ndarray, mask: int) -> np.ndarray:
        """Two's complement value of the masked bits: the sign bit stands for ``-2**(width-1)``."""
        sign = 1 << (self.width - 1)
        if mask & sign:
            return ((values & mask) ^ sign) - sign
        return values & mask


@dataclass(frozen=True, slots=True)
class Interval:
    """All integers from ``low`` to ``high``."""

    low: int
    high: int

    @property
    def signed_width(self) -> int:
        return signed_width(self.low, self.high)


@dataclass(frozen=True)
class Network:
    """An integer classifier: unsigned input features of ``input_bits`` bits in, class index out.

    Parameters
    ----------
    input_bits : width of every input feature.
    layers : hidden layers, then the output layer.
    argmax : the tree over the output layer's sums.

    Raises
    ------
    InputError
        where widths, fan-ins or activations do not fit together.
    """

    input_bits: int
    layers: tuple[Layer, ...]
    argmax: ArgmaxTree

    def __post_init__(self):
        if not 1 <= self.input_bits <= 16:
            raise InputError(f"input bits must lie in 1..16, not {self.input_bits}")
        if not self.layers:
            raise InputError("a network needs at least its output layer")
        for index, layer in enumerate(self.layers):
            last = index == len(self.layers) - 1
            if index and layer.fan_in != len(self.layers[index - 1].neurons):
                raise InputError(
                    f"layer {index} reads {layer.fan_in} inputs, but the layer before it has "
                    f"{len(self.layers[index - 1].neurons)} neurons"
                )
            for position, neuron in enumerate(layer.neurons):
                if (neuron.activation is None) != last:
                    raise InputError(f"neuron {position} of layer {index} must {'not ' if last else ''}have a QReLU")
        if len(self.layers[-1].neurons) != self.argmax.classes:
            raise InputError(
                f"the argmax tree compares {self.argmax.classes} classes, the output layer has "
                f"{len(self.layers[-1].neurons)} neurons"
            )
        for position, interval in enumerate(self.sum_intervals[-1]):
            if interval.signed_width > self.argmax.width:
                raise InputError(
                    f"output sum {position} needs {interval.signed_width} bits, the argmax tree has {self.argmax.width}"
                )

    @classmethod
    def from_arrays(
        cls,
        *,
        input_bits: int,
        weights: Sequence[np.ndarray],
        biases: Sequence[np.ndarray],
        activations: Sequence[Sequence[QRelu]],
        masks: Sequence[np.ndarray] | None = None,
        argmax: ArgmaxTree | None = None,
    ) -> Network:
        """Network of integer arrays, each weight split into the fewest signed powers of two.

        Parameters
        ----------
        weights : per layer an integer array of shape (neurons, inputs).
        biases : per layer an integer array of shape (neurons,).
        activations : per hidden layer one QReLU a neuron.
        masks : per layer an array of the weights' shape; by default every bit is kept.
        argmax : by default a balanced tree that compares every bit.
        """
        layers: list[Layer] = []
        widths: list[int] | None = None
        for index, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
            weight = np.asarray(weight)
            widths = [input_bits] * weight.shape[1] if widths is None else widths
            hidden = index < len(weights) - 1
            neurons = []
            for row in range(weight.shape[0]):
                summands = tuple(
                    Summand.of_weight(
                        int(weight[row, column]),
                        (1 << widths[column]) - 1 if masks is None else int(masks[index][row, column]),
                    )
                    for column in range(weight.shape[1])
                )
                neurons.append(Neuron(summands, int(bias[row]), activations[index][row] if hidden else None))
            layers.append(Layer(tuple(neurons)))
            if hidden:
                widths = [unit.width for unit in activations[index]]
        if argmax is None:
            probe = ArgmaxTree.full(len(layers[-1].neurons), MAX_SUM_BITS)
            intervals = cls(input_bits, tuple(layers), probe).sum_intervals[-1]
            argmax = ArgmaxTree.full(len(intervals), max(interval.signed_width for interval in intervals))
        return cls(input_bits, tuple(layers), argmax)

    @property
    def features(self) -> int:
        """Number of input features."""
        return self.layers[0].fan_in

    @property
    def classes(self) -> int:
        return self.argmax.classes

    @property
    def output_bits(self) -> int:
        """Width of the class index."""
        return max(1, (self.classes - 1).bit_length())

    @property
    def topology(self) -> tuple[int, ...]:
        """Inputs, neurons of every layer."""
        return (self.features, *(len(layer.neurons) for layer in self.layers))

    def layer_input_widths(self, layer: int) -> tuple[int, ...]:
        """Bits of each signal that a layer reads."""
        if layer == 0:
            return (self.input_bits,) * self.features
        return tuple(neuron.activation.width for neuron in self.layers[layer - 1].neurons)

    @cached_property
    def weights(self) -> tuple[np.ndarray, ...]:
        """Per layer the integer weights, int64 (neurons, inputs)."""
        return tuple(
            np.array([[s.weight for s in n.summands] for n in layer.neurons], dtype=np.int64) for layer in self.layers
        )

    @cached_property
    def masks(self) -> tuple[np.ndarray, ...]:
        """Per layer the bit masks, int64 (neurons, inputs)."""
        return tuple(
            np.array([[s.mask for s in n.summands] for n in layer.neurons], dtype=np.int64) for layer in self.layers
        )

    @cached_property
    def biases(self) -> tuple[np.ndarray, ...]:
        """Per layer the biases, int64 (neurons,)."""
        return tuple(np.array([n.bias for n in layer.neurons], dtype=np.int64) for layer in self.layers)

    @cached_property
    def sum_intervals(self) -> tuple[tuple[Interval, ...], ...]:
        """Per layer and neuron the range that its sum can take; sound, and exact in the first layer.

        Raises
        ------
        InputError
            if a sum needs more than 62 bits.
        """
        highs = [(1 << self.input_bits) - 1] * self.features
        intervals = []
        for index, layer in enumerate(self.layers):
            row = []
            for position, neuron in enumerate(layer.neurons):
                low = high = neuron.bias
                for summand, ceiling in zip(neuron.summands, highs, strict=True):
                    reach = summand.weight * largest_masked(ceiling, summand.mask)
                    low, high = low + min(0, reach), high + max(0, reach)
                if signed_width(low, high) > MAX_SUM_BITS:
                    raise InputError(
                        f"the sum of neuron {position} of layer {index} needs more than {MAX_SUM_BITS} bits"
                    )
                row.append(Interval(low, high))
            intervals.append(tuple(row))
            if index < len(self.layers) - 1:
                highs = [
                    min(max(0, interval.high) >> neuron.activation.shift, neuron.activation.ceiling)
                    for interval, neuron in zip(row, layer.neurons, strict=True)
                ]
        return tuple(intervals)

    def layer_sums(self, inputs: np.ndarray) -> tuple[np.ndarray, ...]:
        """Sums of every layer, int64 (samples, neurons) each, for integer ``inputs`` of shape (samples, features)."""
        values = self._checked(inputs)
        result = []
        for index, layer in enumerate(self.layers):
            weights, masks = self.weights[index], self.masks[index]
            sums = np.empty((values.shape[0], len(layer.neurons)), dtype=np.int64)
            for position, neuron in enumerate(layer.neurons):
                sums[:, position] = ((values & masks[position]) * weights[position]).sum(axis=1) + neuron.bias
            result.append(sums)
            if index < len(self.layers) - 1:
                values = np.stack(
                    [neuron.activation.apply(sums[:, position]) for position, neuron in enumerate(layer.neurons)],
                    axis=1,
                )
        return tuple(result)

    def predict(self, inputs: np.ndarray) -> np.ndarray:
        """Class index per sample, int64 (samples,), for integer ``inputs`` of shape (samples, features)."""
        return self.argmax.apply(self.layer_sums(inputs)[-1])

    def with_argmax(self, argmax: ArgmaxTree) -> Network:
        return replace(self, argmax=argmax)

    def _checked(self, inputs: np.ndarray) -> np.ndarray:
        return checked_inputs(inputs, features=self.features, bits=self.input_bits)
