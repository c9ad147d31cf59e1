"""The float MLP: scikit-learn trains it, the integer networks are made from it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from bespoke.data import Part, PreparedData
from bespoke.errors import InputError

#: Told how much is done (0 to 1) and what it is about.
Progress = Callable[[float, str], None]


@dataclass(frozen=True, eq=False)
class FloatModel:
    """A multilayer perceptron with ReLU between its layers; the largest output names the class, the first among equals.

    Parameters
    ----------
    weights : per layer float64 (outputs, inputs). The first layer reads features scaled to 0..1.
    biases : per layer float64 (outputs,).
    """

    weights: tuple[np.ndarray, ...]
    biases: tuple[np.ndarray, ...]

    def __post_init__(self):
        weights = tuple(np.ascontiguousarray(weight, dtype=np.float64) for weight in self.weights)
        biases = tuple(np.ascontiguousarray(bias, dtype=np.float64) for bias in self.biases)
        if not weights or len(weights) != len(biases):
            raise InputError(f"a float model needs as many biases as weights, not {len(biases)} and {len(weights)}")
        for index, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
            if weight.ndim != 2 or bias.shape != weight.shape[:1] or 0 in weight.shape:
                raise InputError(f"layer {index} of the float model has weights {weight.shape}, biases {bias.shape}")
            if index and weight.shape[1] != weights[index - 1].shape[0]:
                raise InputError(f"layer {index} of the float model does not fit the layer before it")
            if not (np.isfinite(weight).all() and np.isfinite(bias).all()):
                raise InputError(f"layer {index} of the float model has weights that are not finite")
        for array in (*weights, *biases):
            array.setflags(write=False)
        object.__setattr__(self, "weights", weights)
        object.__setattr__(self, "biases", biases)

    @property
    def topology(self) -> tuple[int, ...]:
        """Inputs, neurons of every layer."""
        return (self.weights[0].shape[1], *(weight.shape[0] for weight in self.weights))

    def decision(self, features01: np.ndarray) -> np.ndarray:
        """Outputs (samples, classes) for features (samples, features) scaled to 0..1."""
        return self.layer_sums(features01)[-1]

    def layer_sums(self, features01: np.ndarray) -> tuple[np.ndarray, ...]:
        """Sums of every layer before its ReLU, (samples, neurons) each."""
        values = np.asarray(features01, dtype=np.float64)
        sums = []
        for weight, bias in zip(self.weights, self.biases, strict=True):
            sums.append(values @ weight.T + bias)
            values = np.maximum(sums[-1], 0.0)
        return tuple(sums)

    def predict(self, features: np.ndarray, bits: int) -> np.ndarray:
        """Class index per sample, int64 (samples,), for quantised integer ``features`` of ``bits`` bits."""
        return self.decision(scaled(features, bits)).argmax(axis=1)

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": "float",
            "schema": 1,
            "weights": [weight.tolist() for weight in self.weights],
            "biases": [bias.tolist() for bias in self.biases],
        }

    @classmethod
    def from_json(cls, document: Any) -> FloatModel:
        """The model that ``to_json`` wrote; InputError if the document is not one."""
        try:
            if document["kind"] != "float" or document["schema"] != 1:
                raise InputError("the document is not a float model of schema 1")
            return cls(
                tuple(np.array(weight, dtype=np.float64) for weight in document["weights"]),
                tuple(np.array(bias, dtype=np.float64) for bias in document["biases"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"the float model is damaged ({type(error).__name__}: {error})") from error


def scaled(features: np.ndarray, bits: int) -> np.ndarray:
    """What a quantised feature stands for, ``q / 2**bits``: a power of two, so that integer networks scale exactly."""
    return np.asarray(features, dtype=np.float64) / (1 << bits)


def train_float(
    data: PreparedData, *, hidden: tuple[int, ...] = (3,), seed: int = 0, progress: Progress | None = None
) -> FloatModel:
    """The best of a small search over the settings and starts of scikit-learn's ``MLPClassifier``.

    Every candidate learns from the training part; validation accuracy chooses. Among equals the stronger weight decay
    wins, because small weights of one order survive rounding best, then the lower validation loss. A network for two
    classes has outputs ``(0, logit)``: one sum and its sign are all that its hardware needs.

    Parameters
    ----------
    hidden : neurons of every hidden layer.
    seed : same seed, same model.
    progress : called after every candidate.

    Raises
    ------
    InputError
        for hidden layers without neurons, or a training part that lacks a class.
    """
    hidden = checked_hidden(hidden)
    counts = np.bincount(data.train.classes, minlength=data.classes)
    if (counts == 0).any():
        raise InputError(
            f"{data.name}: the training part has no sample of class {data.class_labels[counts.argmin()]!r}"
        )
    best: tuple[float, float, float] | None = None
    chosen: FloatModel | None = None
    with threadpool_limits(1):  # tiny matrices: threads cost time, and the order of additions must not depend on them
        candidates = list(_candidates(data, hidden, np.random.default_rng(seed)))
        for index, (what, classifier) in enumerate(candidates):
            model = _fitted(classifier, data.train, data.bits)
            accuracy, loss = _validation_score(model, data)
            merit = (accuracy, classifier.alpha, -loss)
            if best is None or merit > best:
                best, chosen = merit, model
            if progress is not None:
                progress((index + 1) / len(candidates), f"{what}: validation accuracy {accuracy:.4f}")
    return chosen


def checked_hidden(hidden: tuple[int, ...]) -> tuple[int, ...]:
    """The sizes of the hidden layers, if they make sense."""
    sizes = tuple(hidden)
    if not sizes or any(
        isinstance(n, bool) or not isinstance(n, int | np.integer) or not 1 <= n <= 1024 for n in sizes
    ):
        raise InputError(f"--hidden must give every hidden layer 1 to 1024 neurons, not {sizes!r}")
    return tuple(int(n) for n in sizes)


def _candidates(
    data: PreparedData, hidden: tuple[int, ...], rng: np.random.Generator
) -> Iterator[tuple[str, MLPClassifier]]:
    """Settings to try; fewer starts where a single one already takes long."""
    cells = data.train.samples * sum(hidden)
    starts = 8 if cells < 4_000 else 4 if cells < 8_000 else 3
    for _ in range(starts):
        for alpha in (1e-4, 1e-2, 1.0):
            yield (
                f"L-BFGS, alpha {alpha:g}",
                MLPClassifier(
                    hidden,
                    solver="lbfgs",
                    alpha=alpha,
                    max_iter=600,
                    max_fun=6000,
                    random_state=int(rng.integers(1 << 31)),
                ),
            )
    for rate in (0.003, 0.01):
        for alpha in (1e-4, 1e-2):
            yield (
                f"Adam, rate {rate:g}, alpha {alpha:g}",
                MLPClassifier(
                    hidden,
                    solver="adam",
                    alpha=alpha,
                    learning_rate_init=rate,
                    batch_size=min(128, data.train.samples),
                    max_iter=120,
                    n_iter_no_change=20,
                    random_state=int(rng.integers(1 << 31)),
                ),
            )


def _fitted(classifier: MLPClassifier, train: Part, bits: int) -> FloatModel:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a candidate cut short competes like any other
        classifier.fit(scaled(train.features, bits), train.classes)
    weights = [weight.T for weight in classifier.coefs_]
    biases = list(classifier.intercepts_)
    if classifier.out_activation_ == "logistic":  # the single output of a two-class model says how much 1 beats 0
        weights[-1] = np.vstack([np.zeros_like(weights[-1]), weights[-1]])
        biases[-1] = np.concatenate([[0.0], biases[-1]])
    return FloatModel(tuple(weights), tuple(biases))


def _validation_score(model: FloatModel, data: PreparedData) -> tuple[float, float]:
    """Accuracy and mean cross-entropy on the validation part."""
    outputs = model.decision(scaled(data.validation.features, data.bits))
    shifted = outputs - outputs.max(axis=1, keepdims=True)
    log_total = np.log(np.exp(shifted).sum(axis=1))
    own = shifted[np.arange(len(outputs)), data.validation.classes]
    return float((outputs.argmax(axis=1) == data.validation.classes).mean()), float((log_total - own).mean())
