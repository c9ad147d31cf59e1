"""The float MLP's loss and its descent: what scikit-learn's ``MLPClassifier`` minimises, three to five times as fast.

Ranking starts and sizes takes hundreds of short fits of tiny networks, and there scikit-learn spends most of its time
beside the arithmetic. Here samples lie along the rows, so that sums over a handful of classes are vector additions,
and numbers are float32; the parameters that the descent moves stay float64.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from scipy.optimize import minimize

#: As scikit-learn: the descent ends where no parameter's slope exceeds it.
_TOLERANCE = 1e-5
#: Evaluations that the line searches may take on average per iteration.
_EVALUATIONS_PER_ITERATION = 3
#: What the overhead of an evaluation costs, in values that one computes; and how many products cost as much as a value.
_CALL_WORK, _PRODUCTS_PER_VALUE = 35_000, 16

#: A network's parameters as float64 arrays: per layer the weights (outputs, inputs) and the biases (outputs,).
Layers = list[tuple[np.ndarray, np.ndarray]]


class CrossEntropy:
    """Mean cross-entropy of a ReLU network's softmax, plus ``weight_decay / 2 / samples`` times its squared weights.

    Parameters
    ----------
    inputs : float (samples, features).
    classes : integer (samples,), class indices; a class may be absent.
    hidden : neurons of every hidden layer.
    class_count : number of classes. Two of them have one output, the other is 0: the logistic loss.
    """

    def __init__(self, inputs: np.ndarray, classes: np.ndarray, *, hidden: tuple[int, ...], class_count: int):
        self._inputs = np.ascontiguousarray(inputs.T, dtype=np.float32)
        self._samples = len(classes)
        outputs = 1 if class_count == 2 else class_count
        self._sizes = (inputs.shape[1], *hidden, outputs)
        self._own = np.zeros((outputs, self._samples), dtype=np.float32)
        if outputs == 1:
            self._own[0] = classes
        else:
            self._own[classes, np.arange(self._samples)] = 1.0

    @property
    def work(self) -> int:
        """Values that an evaluation computes, which is about in proportion to its time for tiny networks.

        A call's overhead counts as the values that take as long.
        """
        return _CALL_WORK + self._samples * self.work_per_sample

    @property
    def work_per_sample(self) -> int:
        products = sum(inputs * outputs for inputs, outputs in pairwise(self._sizes))
        return sum(self._sizes) + products // _PRODUCTS_PER_VALUE

    def drawn(self, rng: np.random.Generator) -> np.ndarray:
        """Starting parameters: weights as scikit-learn draws them, and every first bias puts the bend on a sample.

        A neuron that is open, or shut, for all samples is the way in which tiny networks get stuck.
        """
        parts = []
        for index, (inputs, outputs) in enumerate(pairwise(self._sizes)):
            bound = np.sqrt(6.0 / (inputs + outputs))
            weights = rng.uniform(-bound, bound, (outputs, inputs))
            biases = rng.uniform(-bound, bound, outputs)
            if index == 0 and len(self._sizes) > 2:
                bends = self._inputs[:, rng.integers(self._samples, size=outputs)]
                biases = -np.einsum("oi,io->o", weights, bends)
            parts += [weights.ravel(), biases]
        return np.concatenate(parts)

    def descended(self, parameters: np.ndarray, *, weight_decay: float, iterations: int) -> tuple[np.ndarray, float]:
        """Parameters and loss after so many iterations of L-BFGS, fewer where it converges."""
        found = minimize(
            self.value_and_gradient,
            parameters,
            args=(weight_decay,),
            method="L-BFGS-B",
            jac=True,
            options={
                "maxiter": iterations,
                "maxfun": _EVALUATIONS_PER_ITERATION * iterations,
                "gtol": _TOLERANCE,
            },
        )
        return found.x, float(found.fun)

    def layers(self, parameters: np.ndarray) -> Layers:
        """Views of a flat parameter vector, by layer."""
        found, position = [], 0
        for inputs, outputs in pairwise(self._sizes):
            end = position + inputs * outputs
            found.append((parameters[position:end].reshape(outputs, inputs), parameters[end : end + outputs]))
            position = end + outputs
        return found

    def answers(self, parameters: np.ndarray, inputs: np.ndarray) -> np.ndarray:
        """Class index per sample, (samples,), for float inputs (samples, features) of the same scale."""
        values = inputs
        layers = self.layers(parameters)
        for weights, biases in layers[:-1]:
            values = np.maximum(values @ weights.T + biases, 0.0)
        sums = values @ layers[-1][0].T + layers[-1][1]
        return sums.argmax(axis=1) if sums.shape[1] > 1 else (sums[:, 0] > 0).astype(np.int64)

    def value_and_gradient(self, parameters: np.ndarray, weight_decay: float) -> tuple[float, np.ndarray]:
        """Loss at a flat parameter vector, and its slope, float64 of the same shape."""
        layers = self.layers(parameters.astype(np.float32))
        values = [self._inputs]
        for weights, biases in layers[:-1]:
            sums = weights @ values[-1]
            sums += biases[:, None]
            values.append(np.maximum(sums, 0.0, out=sums))
        weights, biases = layers[-1]
        sums = weights @ values[-1]
        sums += biases[:, None]
        loss, error = self._softmax(sums)
        decay = weight_decay / self._samples
        gradient = np.empty_like(parameters)
        slopes = self.layers(gradient)
        for index in range(len(layers) - 1, -1, -1):
            weights = layers[index][0]
            slopes[index][0][:] = error @ values[index].T + np.float32(decay) * weights
            slopes[index][1][:] = error.sum(axis=1)
            loss += 0.5 * decay * float(np.vdot(weights, weights))
            if index:
                error = weights.T @ error
                error *= values[index] > 0
        return loss, gradient

    def _softmax(self, sums: np.ndarray) -> tuple[float, np.ndarray]:
        """Mean cross-entropy of outputs (classes, samples), and its slope there; the outputs' memory is used."""
        top = sums.max(axis=0) if len(sums) > 1 else np.maximum(sums[0], 0.0)
        sums -= top
        own = float((sums * self._own).sum(dtype=np.float64))
        if len(sums) == 1:
            own -= float((top * (1.0 - self._own[0])).sum(dtype=np.float64))
        np.exp(sums, out=sums)
        total = sums.sum(axis=0)
        if len(sums) == 1:
            total += np.exp(-top)
        loss = (float(np.log(total).sum(dtype=np.float64)) - own) / self._samples
        sums /= total
        sums -= self._own
        sums *= np.float32(1.0 / self._samples)
        return loss, sums
