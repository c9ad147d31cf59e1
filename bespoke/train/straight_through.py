"""An integer network in training: quantised forward pass, straight-through backward pass, Adam.

The forward pass computes with the integers that the circuit will hold, as float64 numbers (exact, as every sum stays
below 2**53). The backward pass takes rounding for the identity and QReLU for a ramp that is flat outside its range
(Bengio et al., 'Estimating or Propagating Gradients Through Stochastic Neurons', 2013).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bespoke.model import NARROW_SUM_BITS, Network, QRelu

#: Biases stay within it, half of what a search takes for the sums; the other half is left to the summands.
LARGEST_BIAS = 1 << (NARROW_SUM_BITS - 1)

_FIRST_DECAY, _SECOND_DECAY, _EPSILON = 0.9, 0.999, 1e-12


def powers_of_two(values: np.ndarray, *, exponents: int, terms: int = 1) -> np.ndarray:
    """Each value rounded to the nearest sum of at most ``terms`` signed powers of two, found greedily.

    Parameters
    ----------
    values : float array of any shape.
    exponents : powers are ``2**0 .. 2**(exponents - 1)``; values beyond the largest saturate.
    terms : 1 or more.

    Returns
    -------
    float64 array of integers.
    """
    rest = np.asarray(values, dtype=np.float64)
    total = np.zeros_like(rest)
    for _ in range(terms):
        magnitude = np.abs(rest)
        # between 2**k and 2**(k+1) the border is 1.5 * 2**k; between 0 and 1 it is 0.5
        exponent = np.floor(np.log2(np.maximum(magnitude, 0.5) / 0.75))
        power = np.where(magnitude < 0.5, 0.0, np.exp2(np.clip(exponent, 0, exponents - 1)))
        step = np.copysign(power, rest)
        total, rest = total + step, rest - step
    return total


@dataclass
class TrainedLayer:
    """Shadow parameters of one layer, in units of the integers that they round to.

    Parameters
    ----------
    weights : (neurons, inputs).
    biases : (neurons,).
    shifts : (neurons,), the QReLU's; None in the output layer.
    width : the QReLU's bits.
    silent : bool (neurons,): sums that stay zero.
    input_ceiling : largest value that an input takes.
    fixed : bool (neurons, inputs): weights that are integers already and learn no more.
    """

    weights: np.ndarray
    biases: np.ndarray
    shifts: np.ndarray | None
    width: int
    silent: np.ndarray
    input_ceiling: float
    fixed: np.ndarray


class QuantisedTrainer:
    """Integer network with shadow weights; ``step`` learns from a batch, ``network`` gives what it stands for.

    Parameters
    ----------
    layers : hidden layers, then the output layer.
    log_temperature : natural logarithm of what the integer output sums are divided by before the softmax.
    bits : width of the inputs.
    exponents, terms : as in ``powers_of_two``.

    Attributes
    ----------
    relaxed : bool
        While true, weights that are not fixed go through training unrounded.
    """

    def __init__(self, layers: list[TrainedLayer], *, log_temperature: float, bits: int, exponents: int, terms: int):
        self.layers = layers
        self.log_temperature = np.array([log_temperature])
        self._bits, self._exponents, self._terms = bits, exponents, terms
        # Adam steps by the learning rate whatever the gradient's size, so every parameter needs its own unit:
        # a weight that of the largest power, a bias that of a full input times the largest power.
        largest = float(1 << (exponents - 1))
        self._units = [unit for layer in layers for unit in (largest, largest * layer.input_ceiling)] + [1.0]
        self._first = [np.zeros_like(parameter) for parameter in self._parameters()]
        self._second = [np.zeros_like(parameter) for parameter in self._parameters()]
        self._steps = 0
        self.relaxed = False

    def fix(self, share: float) -> None:
        """Rounds the largest weights of every layer for good, so many that ``share`` of all are fixed.

        The rest then learns to make up for the rounding (Zhou et al., 'Incremental Network Quantization', ICLR 2017);
        the largest first, as a power of two misses them by most.
        """
        for layer in self.layers:
            order = np.argsort(-(np.abs(layer.weights) + np.where(layer.fixed, np.inf, 0.0)), axis=None, kind="stable")
            layer.fixed.flat[order[: round(share * order.size)]] = True
            rounded = powers_of_two(layer.weights, exponents=self._exponents, terms=self._terms)
            layer.weights[layer.fixed] = rounded[layer.fixed]

    def release(self) -> None:
        """Lets every weight learn again, through the straight-through estimator."""
        for layer in self.layers:
            layer.fixed[:] = False

    def integers(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Per layer the integer weights and biases, as float64 arrays."""
        result = []
        for layer in self.layers:
            weights = powers_of_two(layer.weights, exponents=self._exponents, terms=self._terms)
            weights[layer.silent] = 0.0
            result.append((weights, np.where(layer.silent, 0.0, np.rint(layer.biases))))
        return result

    def _effective(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """What a training step computes with: the integers, but for weights not fixed yet where training is relaxed."""
        integers = self.integers()
        if self.relaxed:
            for (weights, _), layer in zip(integers, self.layers, strict=True):
                weights[:] = np.where(layer.fixed | layer.silent[:, None], weights, layer.weights)
        return integers

    def sums(self, inputs: np.ndarray, integers: list[tuple[np.ndarray, np.ndarray]] | None = None) -> list[np.ndarray]:
        """Integer sums of every layer, float64 (samples, neurons) each, for float64 ``inputs`` that hold integers."""
        return self._forward(inputs, self.integers() if integers is None else integers)[1]

    def step(self, inputs: np.ndarray, classes: np.ndarray, rate: float) -> None:
        """One Adam step down the softmax cross-entropy of a batch."""
        integers = self._effective()
        values, sums = self._forward(inputs, integers)
        gradients = self._backward(values, sums, integers, classes)
        self._steps += 1
        first_bias = 1 - _FIRST_DECAY**self._steps
        second_bias = 1 - _SECOND_DECAY**self._steps
        for index, (parameter, gradient) in enumerate(zip(self._parameters(), gradients, strict=True)):
            gradient = gradient * self._units[index]
            first, second = self._first[index], self._second[index]
            first += (1 - _FIRST_DECAY) * (gradient - first)
            second += (1 - _SECOND_DECAY) * (gradient * gradient - second)
            move = first / first_bias / (np.sqrt(second / second_bias) + _EPSILON)
            if index < 2 * len(self.layers) and index % 2 == 0:
                move[self.layers[index // 2].fixed] = 0.0
            parameter -= rate * self._units[index] * move
        limit = 1.5 * (1 << (self._exponents - 1))  # what rounds to the largest power; beyond, a weight would be stuck
        for layer in self.layers:
            np.clip(layer.weights, -limit, limit, out=layer.weights)
            np.clip(layer.biases, -LARGEST_BIAS, LARGEST_BIAS, out=layer.biases)

    def network(self) -> Network:
        """The integer network that the shadow parameters round to."""
        integers = self.integers()
        return Network.from_arrays(
            input_bits=self._bits,
            weights=[weights.astype(np.int64) for weights, _ in integers],
            biases=[biases.astype(np.int64) for _, biases in integers],
            activations=[[QRelu(int(shift), layer.width) for shift in layer.shifts] for layer in self.layers[:-1]],
        )

    def loss(self, output_sums: np.ndarray, classes: np.ndarray) -> float:
        """Mean cross-entropy of the softmax over the scaled sums."""
        shifted, total = self._softmax(output_sums)
        return float((np.log(total) - shifted[np.arange(len(classes)), classes]).mean())

    def _parameters(self) -> list[np.ndarray]:
        return [array for layer in self.layers for array in (layer.weights, layer.biases)] + [self.log_temperature]

    def _forward(
        self, inputs: np.ndarray, integers: list[tuple[np.ndarray, np.ndarray]]
    ) -> tuple[list[np.ndarray], list[np.ndarray]]:
        values, sums = [inputs], []
        for layer, (weights, biases) in zip(self.layers, integers, strict=True):
            sums.append(values[-1] @ weights.T + biases)
            if layer.shifts is not None:
                ramp = np.floor(np.maximum(sums[-1], 0.0) * np.exp2(-layer.shifts))
                values.append(np.minimum(ramp, (1 << layer.width) - 1))
        return values, sums

    def _softmax(self, output_sums: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        logits = output_sums * np.exp(-self.log_temperature[0])
        shifted = logits - logits.max(axis=1, keepdims=True)
        return shifted, np.exp(shifted).sum(axis=1)

    def _backward(
        self,
        values: list[np.ndarray],
        sums: list[np.ndarray],
        integers: list[tuple[np.ndarray, np.ndarray]],
        classes: np.ndarray,
    ) -> list[np.ndarray]:
        shifted, total = self._softmax(sums[-1])
        error = np.exp(shifted) / total[:, None]
        error[np.arange(len(classes)), classes] -= 1.0
        error /= len(classes)
        scale = np.exp(-self.log_temperature[0])
        gradients = [np.array([-(error * sums[-1]).sum() * scale])]
        error *= scale
        for index in range(len(self.layers) - 1, -1, -1):
            layer = self.layers[index]
            if layer.shifts is not None:
                open_ramp = (sums[index] > 0) & (sums[index] < np.exp2(layer.shifts + layer.width))
                error = error * open_ramp * np.exp2(-layer.shifts)
            if layer.silent.any():
                error = np.where(layer.silent, 0.0, error)
            gradients += [error.sum(axis=0), error.T @ values[index]]
            if index:
                error = error @ integers[index][0]
        return gradients[::-1]
