"""From samples to designs, by the same procedure and forecast as a run's."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from bespoke.data import Part, PreparedData, nothing, quantiser_of
from bespoke.design import Design, with_forecasts
from bespoke.estimator.designs import widened
from bespoke.pipeline.crossfitting import cross_fit
from bespoke.pipeline.preparation import baseline_front_end
from bespoke.pipeline.procedure import Procedure
from bespoke.pipeline.progress import Silent
from bespoke.pipeline.rivals import exact_design
from bespoke.pipeline.runfolder import RunFolder
from bespoke.sensing import Quantiser
from bespoke.train import choose_topology

#: Share of every class's samples that is held back to judge on where there are no folds.
HELD_BACK = 0.25


@dataclass(frozen=True)
class Fitted:
    """What a fit leaves.

    Parameters
    ----------
    quantiser : from features to the circuits' integers.
    designs : those of the front, cheapest first, and the exact baseline, each with its forecast.
    vectors : quantised samples and classes by part: ``train``, and ``validation`` where samples were held back.
    """

    quantiser: Quantiser
    designs: tuple[Design, ...]
    vectors: dict[str, tuple[np.ndarray, np.ndarray]]


def find_designs(
    X: np.ndarray,
    classes: np.ndarray,
    weights: np.ndarray | None,
    *,
    procedure: Procedure,
    hidden: Sequence[int] | None,
    folds: int,
    feature_names: tuple[str, ...],
    class_labels: tuple[Any, ...],
    bits: int,
    workers: int,
) -> Fitted:
    """Train, search and cross-fit.

    Parameters
    ----------
    X : float (samples, features).
    classes : class indices (samples,).
    weights : float (samples,), what an error on each sample weighs; None for all alike.
    procedure : what is done with samples; its hidden layers are replaced.
    hidden : neurons of every hidden layer; None for what cross-validation finds.
    folds : 0 to hold samples back instead, which is also done where a class is too small for folds.
    """
    kept = np.flatnonzero(np.ptp(X, axis=0) > 0)
    kept = kept if len(kept) else np.arange(1)
    rows = np.arange(len(classes))
    whole = Part(np.zeros(X.shape, dtype=np.int64), classes, rows, X, weights)
    if folds and int(np.bincount(classes).min()) < 2:
        folds = 0
    learnt, judging = (rows, None) if folds else split(classes, HELD_BACK, procedure.seed)
    quantiser = quantiser_of(X[learnt], bits)
    data = _prepared(whole, learnt, judging, kept, quantiser, feature_names, class_labels)
    if hidden is None:
        hidden = choose_topology(data, seed=procedure.seed, budget=procedure.budget.training.topology).hidden
    procedure = replace(procedure, hidden=tuple(hidden))
    with tempfile.TemporaryDirectory(prefix="bespoke-fit-") as folder:
        fitted = cross_fit(RunFolder(Path(folder)), procedure, data, folds=folds, workers=workers, progress=Silent())
    technology, front_end = procedure.technology, procedure.front_end
    designs = with_forecasts(fitted.developed.designs, fitted.crossfit, procedure.objective)
    conventional = baseline_front_end(technology, front_end)
    designs.append(exact_design(fitted.developed.models.baseline, data, technology, conventional, fitted.crossfit))
    features = quantiser.transform(X).astype(np.uint16)
    parts = {"train": learnt} if judging is None else {"train": learnt, "validation": judging}
    return Fitted(
        quantiser,
        tuple(widened(design, kept, X.shape[1]) for design in designs),
        {name: (features[part], classes[part]) for name, part in parts.items()},
    )


def split(classes: np.ndarray, fraction: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows to train on and rows to judge on; of every class that share, rounded down, is held back.

    Where that is nothing, all rows do both.
    """
    rng = np.random.default_rng(seed)
    held = np.zeros(len(classes), dtype=bool)
    for label in np.unique(classes):
        rows = rng.permutation(np.flatnonzero(classes == label))
        held[rows[: int(len(rows) * fraction)]] = True
    if not held.any():
        everything = np.arange(len(classes))
        return everything, everything
    return np.flatnonzero(~held), np.flatnonzero(held)


def unsplit_part(features: np.ndarray, classes: np.ndarray) -> Part:
    return Part(features.astype(np.int64), classes, np.arange(len(classes)))


def _prepared(
    whole: Part,
    learnt: np.ndarray,
    judging: np.ndarray | None,
    kept: np.ndarray,
    quantiser: Quantiser,
    feature_names: tuple[str, ...],
    class_labels: tuple[Any, ...],
) -> PreparedData:
    """The features that vary, as the rooms below expect their data; the test part is empty."""
    low, high = (tuple(limit[column] for column in kept) for limit in (quantiser.low, quantiser.high))
    narrow = Quantiser(low, high, quantiser.bits)

    def part(rows: np.ndarray) -> Part:
        taken = whole.taken(rows)
        measured = taken.measured[:, kept]
        return Part(narrow.transform(measured), taken.classes, taken.rows, measured, taken.weights)

    train = part(learnt)
    data = PreparedData(
        "BespokeClassifier",
        quantiser.bits,
        tuple(feature_names[column] for column in kept),
        class_labels,
        narrow,
        train,
        None if judging is None else part(judging),
        train,
    )
    return replace(data, test=nothing(data))


def plain(value: Any) -> Any:
    """NumPy scalars and tuples as JSON has them."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, tuple | list | np.ndarray):
        return [plain(entry) for entry in value]
    if isinstance(value, dict):
        return [[plain(key), plain(entry)] for key, entry in value.items()]
    return str(value) if isinstance(value, Path) else value
