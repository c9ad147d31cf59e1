"""From samples to designs: splitting, quantising, training and searching for the estimator."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from bespoke.costs import Objective
from bespoke.data import Part, PreparedData
from bespoke.design import EXACT_BASELINE, Design
from bespoke.estimator.designs import widened
from bespoke.importers.sklearn_models import float_model_of
from bespoke.pipeline.preparation import baseline_front_end
from bespoke.search import SearchData, SearchOptions, estimates, explore
from bespoke.sensing import FrontEnd, Quantiser
from bespoke.technology import Technology
from bespoke.train import FloatModel, QuantisationOptions, fixed_point_network, train_float, train_quantised


@dataclass(frozen=True)
class Budget:
    """What an effort may spend: candidates of the search, float and quantised training."""

    candidates: int
    islands: int
    float_starts: int | None  # None for the whole search over the trainer's settings
    quantised: QuantisationOptions


BUDGETS = {
    "fast": Budget(100_000, 1, 2, QuantisationOptions(epochs=30, starts=1)),
    "normal": Budget(2_000_000, 2, None, QuantisationOptions()),
    "high": Budget(12_000_000, 2, None, QuantisationOptions(starts=6)),
}


@dataclass(frozen=True)
class Fitted:
    """What a fit leaves: the quantiser, the designs (the exact baseline last), and the quantised samples by part."""

    quantiser: Quantiser
    designs: tuple[Design, ...]
    vectors: dict[str, tuple[np.ndarray, np.ndarray]]


def find_designs(
    X: np.ndarray,
    classes: np.ndarray,
    *,
    feature_names: tuple[str, ...],
    class_labels: tuple[Any, ...],
    bits: int,
    hidden: tuple[int, ...],
    validation_fraction: float,
    budget: Budget,
    technology: Technology,
    front_end: FrontEnd,
    objective: Objective,
    seed: int,
    workers: int,
) -> Fitted:
    """Train and search on a part of the samples, rate every design on the rest.

    Parameters
    ----------
    X : float (samples, features).
    classes : class indices (samples,).
    front_end : of every design but the exact baseline, which keeps conventional converters.
    """
    rows = train, validation = split(classes, validation_fraction, seed)
    kept = np.flatnonzero(np.ptp(X[train], axis=0) > 0)
    kept = kept if len(kept) else np.arange(1)
    quantiser = fitted_quantiser(X[train], bits)
    features = quantiser.transform(X)
    data = _prepared(features, classes, rows, kept, quantiser, feature_names, class_labels)
    float_model = _float_model(data, hidden, budget, seed)
    baseline = fixed_point_network(float_model, bits=data.bits)
    quantised = train_quantised(float_model, data, seed=seed, options=budget.quantised)
    front = explore(
        SearchData(data.train.features, data.train.classes, data.bits, data.classes),
        [quantised],
        SearchOptions(
            candidates=budget.candidates,
            islands=budget.islands,
            epochs=min(12, max(1, budget.candidates // 10_000)),
            hidden=hidden,
            objective=objective,
            seed=seed,
        ),
        technology=technology,
        front_end=front_end,
        workers=workers,
    )
    designs = [
        *(Design.rated(one.classifier, data, origin=one.origin, estimated=one.estimated) for one in front.candidates),
        *(
            Design.rated(
                network, data, origin=origin, estimated=estimates(network, technology, data.train.features, behind)
            )
            for network, origin, behind in (
                (quantised, "quantised", front_end),
                (baseline, EXACT_BASELINE, baseline_front_end(technology, front_end)),
            )
        ),
    ]
    return Fitted(
        quantiser,
        tuple(widened(design, kept, X.shape[1]) for design in designs),
        {
            name: (features[part].astype(np.uint16), classes[part])
            for name, part in (("train", train), ("validation", validation))
        },
    )


def split(classes: np.ndarray, fraction: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows to train on and rows to choose on; of every class that share, rounded down, is held back."""
    rng = np.random.default_rng(seed)
    held = np.zeros(len(classes), dtype=bool)
    for label in np.unique(classes):
        rows = rng.permutation(np.flatnonzero(classes == label))
        held[rows[: int(len(rows) * fraction)]] = True
    if not held.any():
        everything = np.arange(len(classes))
        return everything, everything
    return np.flatnonzero(~held), np.flatnonzero(held)


def fitted_quantiser(features: np.ndarray, bits: int) -> Quantiser:
    """Range of the training samples; a constant feature, which no design reads, gets a range that is only formal."""
    low, high = features.min(axis=0), features.max(axis=0)
    with np.errstate(over="ignore"):
        if not np.isfinite(high - low).all():
            raise ValueError("the range of a feature is too large for a number; scale the features")
    high = np.where(high > low, high, low + np.maximum(1.0, np.abs(low)))
    return Quantiser(tuple(low.tolist()), tuple(high.tolist()), bits)


def unsplit_part(features: np.ndarray, classes: np.ndarray) -> Part:
    return Part(features.astype(np.int64), classes, np.arange(len(classes)))


def _prepared(
    features: np.ndarray,
    classes: np.ndarray,
    rows: tuple[np.ndarray, np.ndarray],
    kept: np.ndarray,
    whole: Quantiser,
    feature_names: tuple[str, ...],
    class_labels: tuple[Any, ...],
) -> PreparedData:
    """The features that vary, as the rooms below expect their data; the test part is empty."""
    low, high = (tuple(limit[column] for column in kept) for limit in (whole.low, whole.high))
    train, validation = (Part(features[part][:, kept], classes[part], part) for part in rows)
    nothing = Part(np.zeros((0, len(kept)), dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
    return PreparedData(
        "BespokeClassifier",
        whole.bits,
        tuple(feature_names[column] for column in kept),
        class_labels,
        Quantiser(low, high, whole.bits),
        train,
        validation,
        nothing,
    )


def _float_model(data: PreparedData, hidden: tuple[int, ...], budget: Budget, seed: int) -> FloatModel:
    if budget.float_starts is None:
        return train_float(data, hidden=hidden, seed=seed)
    if not hidden or min(hidden) < 1:
        raise ValueError(f"hidden must give every hidden layer at least one neuron, not {hidden}")
    best: tuple[float, FloatModel] | None = None
    for start in range(budget.float_starts):
        classifier = MLPClassifier(hidden, solver="lbfgs", alpha=0.01, max_iter=300, random_state=seed + start)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # a fit cut short competes like any other
            classifier.fit(data.train.features / (1 << data.bits), data.train.classes)
        model = float_model_of(classifier)
        right = float((model.predict(data.validation.features, data.bits) == data.validation.classes).mean())
        if best is None or right > best[0]:
            best = right, model
    return best[1]


def plain(value: Any) -> Any:
    """NumPy scalars and tuples as JSON has them."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, tuple | list | np.ndarray):
        return [plain(entry) for entry in value]
    return str(value) if isinstance(value, Path) else value
