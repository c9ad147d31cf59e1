"""An integer network in training: quantised forward pass, straight-through backward pass, Adam.

The forward pass computes with the integers that the circuit will hold, as float64 numbers (exact, as every sum stays
below 2**53). The backward pass takes rounding for the identity and QReLU for a ramp that is flat outside its range
(Bengio et al., 'Estimating or Propagating Gradients Through Stochastic Neurons', 2013).
"""

from __future__ import annotations

import math
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
        exponent = np.floor(np.log2(np.maximum(magnitude, 0.75) / 0.75))
        power = np.exp2(np.minimum(exponent, exponents - 1)) * (magnitude >= 0.5)
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
        self._bits, self._exponents, self._terms = bits, exponents, terms
        self._gather(log_temperature)
        self._first, self._second = np.zeros_like(self._parameters), np.zeros_like(self._parameters)
        self._steps = 0
        self.relaxed = False

    def _gather(self, log_temperature: float) -> None:
        """Moves all shadow parameters into one array, weights first, then biases; the layers keep views of it.

        With so few of them, a call of NumPy costs more than its arithmetic: one call has to serve all layers.
        """
        parts = [layer.weights for layer in self.layers] + [layer.biases for layer in self.layers]
        self._shapes = [part.shape for part in parts] + [(1,)]
        self._weight_count = sum(layer.weights.size for layer in self.layers)
        self._parameters = np.concatenate([*(part.ravel() for part in parts), [log_temperature]])
        *views, self.log_temperature = self._views(self._parameters)
        fixed = np.zeros(self._parameters.shape, dtype=bool)
        self._fixed = fixed[: self._weight_count]
        silent = np.zeros(self._parameters.shape, dtype=bool)
        # Adam steps by the learning rate whatever the gradient's size, so every parameter needs its own unit:
        # a weight that of the largest power, a bias that of a full input times the largest power.
        largest = float(1 << (self._exponents - 1))
        self._units = np.ones_like(self._parameters)
        # beyond what rounds to the largest power, a weight would be stuck
        self._limits = np.full_like(self._parameters, np.inf)
        depth = len(self.layers)
        masks, silences, units, limits = (self._views(whole) for whole in (fixed, silent, self._units, self._limits))
        for index, layer in enumerate(self.layers):
            masks[index][:] = layer.fixed
            silences[index][:], silences[depth + index][:] = layer.silent[:, None], layer.silent
            units[index][:], units[depth + index][:] = largest, largest * layer.input_ceiling
            limits[index][:], limits[depth + index][:] = 1.5 * largest, LARGEST_BIAS
            layer.weights, layer.biases, layer.fixed = views[index], views[depth + index], masks[index]
        self._silent = silent if silent.any() else None
        self._ramps = [
            None if layer.shifts is None else (np.exp2(-layer.shifts), np.exp2(layer.shifts + layer.width))
            for layer in self.layers
        ]

    def _views(self, whole: np.ndarray) -> list[np.ndarray]:
        """Of an array over all parameters: weights by layer, biases by layer, the temperature."""
        views, position = [], 0
        for shape in self._shapes:
            end = position + math.prod(shape)
            views.append(whole[position:end].reshape(shape))
            position = end
        return views

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
        return self._by_layer(self._rounded())

    def _rounded(self) -> np.ndarray:
        """All parameters as the integers that they stand for."""
        weights = self._parameters[: self._weight_count]
        rounded = np.rint(self._parameters)
        rounded[: self._weight_count] = powers_of_two(weights, exponents=self._exponents, terms=self._terms)
        if self._silent is not None:
            rounded[self._silent] = 0.0
        return rounded

    def _by_layer(self, whole: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
        views, depth = self._views(whole), len(self.layers)
        return list(zip(views[:depth], views[depth : 2 * depth], strict=True))

    def _effective(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """What a training step computes with: the integers, but for weights not fixed yet where training is relaxed."""
        whole = self._rounded()
        if self.relaxed:
            free = ~self._fixed
            if self._silent is not None:
                free &= ~self._silent[: self._weight_count]
            np.copyto(whole[: self._weight_count], self._parameters[: self._weight_count], where=free)
        return self._by_layer(whole)

    def sums(self, inputs: np.ndarray, integers: list[tuple[np.ndarray, np.ndarray]] | None = None) -> list[np.ndarray]:
        """Integer sums of every layer, float64 (samples, neurons) each, for float64 ``inputs`` that hold integers."""
        return self._forward(inputs, self.integers() if integers is None else integers)[1]

    def step(self, inputs: np.ndarray, classes: np.ndarray, rate: float) -> None:
        """One Adam step down the softmax cross-entropy of a batch."""
        integers = self._effective()
        values, sums = self._forward(inputs, integers)
        gradients = self._backward(values, sums, integers, classes)
        gradient = np.concatenate([part.ravel() for part in gradients]) * self._units
        self._steps += 1
        self._first += (1 - _FIRST_DECAY) * (gradient - self._first)
        self._second += (1 - _SECOND_DECAY) * (gradient * gradient - self._second)
        spread = np.sqrt(self._second / (1 - _SECOND_DECAY**self._steps))
        move = self._first / (spread + _EPSILON)
        move *= self._units
        move *= rate / (1 - _FIRST_DECAY**self._steps)
        move[: self._weight_count][self._fixed] = 0.0
        self._parameters -= move
        np.minimum(self._parameters, self._limits, out=self._parameters)
        np.maximum(self._parameters, -self._limits, out=self._parameters)

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

    def _forward(
        self, inputs: np.ndarray, integers: list[tuple[np.ndarray, np.ndarray]]
    ) -> tuple[list[np.ndarray], list[np.ndarray]]:
        values, sums = [inputs], []
        for layer, ramp, (weights, biases) in zip(self.layers, self._ramps, integers, strict=True):
            sums.append(values[-1] @ weights.T)
            sums[-1] += biases
            if ramp is not None:
                shifted = np.maximum(sums[-1], 0.0)
                shifted *= ramp[0]
                np.floor(shifted, out=shifted)
                values.append(np.minimum(shifted, (1 << layer.width) - 1, out=shifted))
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
        """Slopes of the loss by the weights of every layer, by the biases of every layer, by the temperature."""
        shifted, total = self._softmax(sums[-1])
        error = np.exp(shifted, out=shifted)
        error /= total[:, None]
        error[np.arange(len(classes)), classes] -= 1.0
        error /= len(classes)
        scale = np.exp(-self.log_temperature[0])
        slope_of_temperature = np.array([-np.vdot(error, sums[-1]) * scale])
        error *= scale
        of_weights, of_biases = [], []
        for index in range(len(self.layers) - 1, -1, -1):
            layer, ramp = self.layers[index], self._ramps[index]
            if ramp is not None:
                open_ramp = (sums[index] > 0) & (sums[index] < ramp[1])
                error = error * open_ramp
                error *= ramp[0]
            if self._silent is not None:
                error = np.where(layer.silent, 0.0, error)
            of_weights.append(error.T @ values[index])
            of_biases.append(error.sum(axis=0))
            if index:
                error = error @ integers[index][0]
        return [*of_weights[::-1], *of_biases[::-1], slope_of_temperature]
