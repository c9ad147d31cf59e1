"""What a search is told: data, budget, freedom."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bespoke.costs import Objective
from bespoke.errors import InputError


@dataclass(frozen=True, eq=False)
class SearchData:
    """Samples that the search may look at.

    Parameters
    ----------
    features : integers (samples, features), each of ``input_bits`` bits: the training part.
    classes : integers (samples,), class indices.
    input_bits : width of every feature.
    class_count : number of classes; the largest index must stay below.
    validation_features, validation_classes : held-back samples of the same form. The search never looks at them; every
        candidate of the front is rated on them once it is over.

    Raises
    ------
    InputError
        where shapes or ranges do not fit.
    """

    features: np.ndarray
    classes: np.ndarray
    input_bits: int
    class_count: int
    validation_features: np.ndarray | None = None
    validation_classes: np.ndarray | None = None

    def __post_init__(self):
        self._check("training", self.features, self.classes)
        if (self.validation_features is None) != (self.validation_classes is None):
            raise InputError("validation features and classes must be given together")
        if self.validation_features is not None:
            self._check("validation", self.validation_features, self.validation_classes)
            if np.shape(self.validation_features)[1] != np.shape(self.features)[1]:
                raise InputError("training and validation samples have different numbers of features")

    def _check(self, part: str, features: np.ndarray, classes: np.ndarray) -> None:
        features, classes = np.asarray(features), np.asarray(classes)
        if features.ndim != 2 or classes.shape != features.shape[:1] or not len(classes):
            raise InputError(f"{part} samples need features (samples, features) and as many classes, at least one")
        if features.dtype.kind not in "iu" or classes.dtype.kind not in "iu":
            raise InputError(f"{part} features and classes must be integers")
        if features.min() < 0 or features.max() >= 1 << self.input_bits:
            raise InputError(f"{part} features must lie in 0..{(1 << self.input_bits) - 1}")
        if classes.min() < 0 or classes.max() >= self.class_count:
            raise InputError(f"{part} classes must lie in 0..{self.class_count - 1}")


@dataclass(frozen=True)
class SearchOptions:
    """Budget and freedom of a search.

    Parameters
    ----------
    candidates : evaluated in all, shared equally among islands and epochs.
    islands : populations that evolve apart; a front depends on it, but not on how many workers run them.
    epochs : times that the islands exchange their elites; a checkpoint is written after each.
    generations : NSGA-II generations per epoch.
    population : individuals that NSGA-II keeps on each island; 0 leaves the elites alone.
    population_share : probability that a parent comes from that population instead of the elites.
    bins, depth : elites per island: log-spaced cost bins, networks in each.
    walk : candidates made in a row from one parent, each from the last accepted.
    accuracy_floor : candidates below it are never priced; None for the share of the largest class, or 0.12
        below the best start where that is higher.
    multiply, accumulate, activate : which kinds of unit may change. Where one may not, there are no random starts.
    hidden : neurons of the hidden layers; None for the starts' own (the largest of them, layer by layer).
    random_starts : random networks per island that join the given starts.
    max_terms : signed powers of two in a weight.
    max_shift : largest exponent in a weight.
    jitter : noisy copies of the training samples, each feature one step up or down with probability 1/4, that count
        beside the true ones.
    objective : what the cost bins and NSGA-II's second objective are.
    full_adders : price by the full adders of a column compression instead, as published; to be compared with.
    seed : same seed, same front.
    time_limit_s : ends the search after the epoch in which it passes; the front then depends on the machine's speed.
    """

    candidates: int = 4_000_000
    islands: int = 2
    epochs: int = 12
    generations: int = 4
    population: int = 64
    population_share: float = 0.1
    bins: int = 96
    depth: int = 8
    walk: int = 64
    accuracy_floor: float | None = None
    multiply: bool = True
    accumulate: bool = True
    activate: bool = True
    hidden: tuple[int, ...] | None = None
    random_starts: int = 500
    max_terms: int = 1
    max_shift: int = 6
    jitter: int = 0
    objective: Objective = Objective.AREA
    full_adders: bool = False
    seed: int = 0
    time_limit_s: float | None = None

    def __post_init__(self):
        for name in ("candidates", "islands", "epochs", "generations", "bins", "depth", "walk", "max_terms"):
            if getattr(self, name) < 1:
                raise InputError(f"search option {name} must be at least 1, not {getattr(self, name)}")
        for name in ("population", "random_starts", "jitter", "max_shift"):
            if getattr(self, name) < 0:
                raise InputError(f"search option {name} must not be negative, it is {getattr(self, name)}")
        if self.bins < 2:
            raise InputError("search option bins must be at least 2")
        if not 0 <= self.population_share <= 1:
            raise InputError(f"search option population_share must lie in 0..1, not {self.population_share}")
        if self.accuracy_floor is not None and not 0 <= self.accuracy_floor <= 1:
            raise InputError(f"search option accuracy_floor must lie in 0..1, not {self.accuracy_floor}")
        if not (self.multiply or self.accumulate or self.activate):
            raise InputError("at least one kind of unit must be free to change")

    @property
    def all_units(self) -> bool:
        return self.multiply and self.accumulate and self.activate
