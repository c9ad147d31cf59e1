"""The float MLP: the best of many starts, finished by scikit-learn; the integer networks are made from it."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from bespoke.data import Part, PreparedData
from bespoke.errors import InputError
from bespoke.train.descent import CrossEntropy, Layers

#: Told how much is done (0 to 1) and what it is about.
Progress = Callable[[float, str], None]

_WEIGHT_DECAYS = (1e-4, 1e-2, 0.1, 1.0)
#: Of the training part, where no validation part ranks the starts.
_HELD_SHARE = 0.2
#: The last fit, on the whole training part, has one in so many of the longest fit's iterations.
_LAST_SHARE = 2

_Merit = tuple[bool, float, float, float]


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


@dataclass(frozen=True)
class FloatBudget:
    """What ``train_float`` may spend, counted in work: the same on every machine.

    Parameters
    ----------
    starts : networks that begin; successive halving leaves about a tenth of them for the longest fit.
    iterations : of the longest fit; starts are ranked after a tenth and a third of it for the first times.
    work : values that all fits together may compute (some 500 million a second on one core). Where the data ask for
        more, fewer start, but never fewer than four.
    """

    starts: int = 40
    iterations: int = 400
    work: float = 2.5e9

    def __post_init__(self):
        if self.starts < 1 or self.iterations < 1 or not self.work > 0:
            raise InputError("training the float model needs at least one start, one iteration and some work")


def train_float(
    data: PreparedData,
    *,
    hidden: tuple[int, ...] = (3,),
    seed: int = 0,
    budget: FloatBudget | None = None,
    progress: Progress | None = None,
) -> FloatModel:
    """The best of a small search over the starts and the weight decay of scikit-learn's ``MLPClassifier``.

    Starts and weight decays are ranked on the validation part, or where there is none on a fifth of the training part,
    held out of every class that has at least five samples; accuracy there chooses among those that use all the neurons
    they were given (among the others, if there are no such). Among equals the stronger weight decay wins, because small
    weights of one order survive rounding best, then the lower loss. The winner goes on as an ``MLPClassifier`` that
    learns from the whole training part. A network for two classes has outputs ``(0, logit)``: one sum and its sign are
    all that its hardware needs.

    Parameters
    ----------
    hidden : neurons of every hidden layer.
    seed : same seed, same model.
    budget : what training may spend; see ``TRAINING_EFFORTS``.
    progress : called after every fit.

    Raises
    ------
    InputError
        for hidden layers without neurons, or a training part that lacks a class.
    """
    hidden, budget = checked_hidden(hidden), budget or FloatBudget()
    check_all_classes(data)
    rng = np.random.default_rng(seed)
    learning, judging = _learning_and_judging(data, rng)
    with threadpool_limits(1):  # tiny matrices: threads cost time, and the order of additions must not depend on them
        winner = _best_start(data, learning, judging, hidden, budget, rng, progress)
        last = _trained_on(winner, data, hidden, max(1, budget.iterations // _LAST_SHARE))
    judged = [(_merit(model, data, judging, winner.weight_decay), model) for model in (last, winner.model)]
    if data.validation is not None:
        judged.sort(key=lambda entry: entry[0], reverse=True)  # stable: among equals the one that learned longer
    elif not judged[0][0][0] and judged[1][0][0]:
        # what was held out has now been learned from and judges no more, but a neuron that died on the way still tells
        judged.reverse()
    if progress is not None:
        progress(1.0, f"{_judge_name(data)} accuracy {judged[0][0][1]:.4f} in the end")
    return judged[0][1]


def check_all_classes(data: PreparedData) -> None:
    """InputError naming a class of which the training part has no sample."""
    counts = np.bincount(data.train.classes, minlength=data.classes)
    if (counts == 0).any():
        raise InputError(
            f"{data.name}: the training part has no sample of class {data.class_labels[counts.argmin()]!r}"
        )


def checked_hidden(hidden: tuple[int, ...]) -> tuple[int, ...]:
    """The sizes of the hidden layers, if they make sense."""
    sizes = tuple(hidden)
    if not sizes or any(
        isinstance(n, bool) or not isinstance(n, int | np.integer) or not 1 <= n <= 1024 for n in sizes
    ):
        raise InputError(f"--hidden must give every hidden layer 1 to 1024 neurons, not {sizes!r}")
    return tuple(int(n) for n in sizes)


@dataclass(frozen=True)
class _Round:
    """How many starts learn on, and for how many iterations more."""

    kept: int
    iterations: int


def _rounds(budget: FloatBudget, evaluation: int) -> tuple[_Round, ...]:
    """Successive halving: tiny networks often get stuck, so many start and the hopeless ones are dropped early.

    Parameters
    ----------
    evaluation : work of one evaluation of the loss, of which an iteration takes little more than one.
    """
    wanted = [
        (budget.starts * share, least, max(1, round(budget.iterations * length)))
        for share, least, length in ((1.0, 4, 0.075), (0.3, 3, 0.25), (0.1, 2, 1.0))
    ]
    share = min(1.0, budget.work / (evaluation * sum(kept * iterations for kept, _, iterations in wanted)))
    return tuple(
        _Round(max(min(least, budget.starts), round(share * kept)), iterations) for kept, least, iterations in wanted
    )


@dataclass(frozen=True, eq=False)
class _Start:
    """A network on its way: its parameters as the descent has them, and as a model."""

    weight_decay: float
    parameters: np.ndarray
    model: FloatModel | None = None


def _learning_and_judging(data: PreparedData, rng: np.random.Generator) -> tuple[Part, Part]:
    """What starts learn from, and what ranks them; the training part for both where no class can spare a sample."""
    if data.validation is not None:
        return data.train, data.validation
    held = held_out(data.train.classes, _HELD_SHARE, rng)
    if not held.any():
        return data.train, data.train
    return subset(data.train, ~held), subset(data.train, held)


def held_out(classes: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    """Bool (samples,): of every class that share of the samples, rounded down."""
    held = np.zeros(len(classes), dtype=bool)
    for label in np.unique(classes):
        rows = rng.permutation(np.flatnonzero(classes == label))
        held[rows[: int(len(rows) * share)]] = True
    return held


def subset(part: Part, chosen: np.ndarray) -> Part:
    """The samples of a part that a bool array (samples,) marks."""
    return Part(part.features[chosen], part.classes[chosen], part.rows[chosen])


def _best_start(
    data: PreparedData,
    learning: Part,
    judging: Part,
    hidden: tuple[int, ...],
    budget: FloatBudget,
    rng: np.random.Generator,
    progress: Progress | None,
) -> _Start:
    loss = CrossEntropy(scaled(learning.features, data.bits), learning.classes, hidden=hidden, class_count=data.classes)
    rounds = _rounds(budget, loss.work)
    pool = [_Start(_WEIGHT_DECAYS[index % len(_WEIGHT_DECAYS)], loss.drawn(rng)) for index in range(rounds[0].kept)]
    done, steps = 0.0, sum(a_round.kept * a_round.iterations for a_round in rounds)
    for a_round in rounds:
        ranked: list[tuple[_Merit, _Start]] = []
        for start in pool[: a_round.kept]:
            parameters, _ = loss.descended(
                start.parameters, weight_decay=start.weight_decay, iterations=a_round.iterations
            )
            model = _model_of(loss.layers(parameters))
            start = _Start(start.weight_decay, parameters, model)
            ranked.append((_merit(model, data, judging, start.weight_decay), start))
            done += a_round.iterations
            if progress is not None:
                best = max(merit[1] for merit, _ in ranked)
                progress(
                    0.9 * done / steps, f"{a_round.kept} starts left, best {_judge_name(data)} accuracy {best:.4f}"
                )
        ranked.sort(key=lambda entry: entry[0], reverse=True)
        pool = [start for _, start in ranked]
    return pool[0]


def _trained_on(start: _Start, data: PreparedData, hidden: tuple[int, ...], iterations: int) -> FloatModel:
    """What scikit-learn makes of a start with the whole training part."""
    classifier = MLPClassifier(
        hidden,
        solver="lbfgs",  # on sets of this size ahead of Adam in accuracy for the same time
        alpha=start.weight_decay,
        tol=1e-5,
        max_iter=1,
        max_fun=100_000,
        warm_start=True,
        random_state=0,  # draws only what the start's parameters replace
    )
    features = scaled(data.train.features, data.bits)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # cut short on purpose
        classifier.fit(features, data.train.classes)  # one iteration, for the shapes
        outputs = len(classifier.intercepts_[-1])
        weights, biases = list(start.model.weights), list(start.model.biases)
        weights[-1], biases[-1] = weights[-1][-outputs:], biases[-1][-outputs:]
        classifier.coefs_ = [weight.T.copy() for weight in weights]
        classifier.intercepts_ = [bias.copy() for bias in biases]
        classifier.max_iter = iterations
        classifier.fit(features, data.train.classes)
    return _model_of([(weight.T, bias) for weight, bias in zip(classifier.coefs_, classifier.intercepts_, strict=True)])


def _model_of(layers: Layers) -> FloatModel:
    weights = [np.array(weight) for weight, _ in layers]
    biases = [np.array(bias) for _, bias in layers]
    if len(biases[-1]) == 1:  # the single output of a two-class model says how much 1 beats 0
        weights[-1] = np.vstack([np.zeros_like(weights[-1]), weights[-1]])
        biases[-1] = np.concatenate([[0.0], biases[-1]])
    return FloatModel(tuple(weights), tuple(biases))


def _uses_all_neurons(model: FloatModel, data: PreparedData) -> bool:
    """Whether every hidden neuron answers to some training sample; a dead one makes another topology than asked for."""
    *hidden_sums, _ = model.layer_sums(scaled(data.train.features, data.bits))
    return all(bool((sums > 0).any(axis=0).all()) for sums in hidden_sums)


def _judge_name(data: PreparedData) -> str:
    return "held-out" if data.validation is None else "validation"


def _merit(model: FloatModel, data: PreparedData, judging: Part, weight_decay: float) -> _Merit:
    """Whether all neurons are used, accuracy, weight decay, mean cross-entropy with its sign turned: most is best."""
    outputs = model.decision(scaled(judging.features, data.bits))
    shifted = outputs - outputs.max(axis=1, keepdims=True)
    log_total = np.log(np.exp(shifted).sum(axis=1))
    own = shifted[np.arange(len(outputs)), judging.classes]
    accuracy = float((outputs.argmax(axis=1) == judging.classes).mean())
    return _uses_all_neurons(model, data), accuracy, weight_decay, float((own - log_total).mean())
