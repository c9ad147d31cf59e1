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
from bespoke.estimator.shares import weights_of_classes
from bespoke.execution import executor_of
from bespoke.importers import ImportedModel
from bespoke.run.crossfitting import CrossFitted, cross_fit
from bespoke.run.focus import focus_of
from bespoke.run.judging import baseline_front_end
from bespoke.run.procedure import Procedure
from bespoke.run.progress import Silent
from bespoke.run.rivals import exact_design
from bespoke.run.runfolder import RunFolder
from bespoke.scores import Confusion
from bespoke.sensing import Quantiser
from bespoke.train import FloatModel, choose_topology

#: Share of every class's samples that is held back to judge on where there are no folds.
HELD_BACK = 0.25


@dataclass(frozen=True)
class Fitted:
    """What a fit leaves.

    Parameters
    ----------
    quantiser : from features to the circuits' integers.
    designs : those of the front, cheapest first, and the exact baseline, each with its forecast.
    held_out : for every design, the held-out samples' answers that its forecast rests on; none where nothing is held
        out.
    class_weights : what a sample of each class counts in training, float (classes,).
    vectors : quantised samples and classes by part: ``train``, and ``validation`` where samples were held back.
    """

    quantiser: Quantiser
    designs: tuple[Design, ...]
    held_out: tuple[Confusion, ...]
    class_weights: np.ndarray
    vectors: dict[str, tuple[np.ndarray, np.ndarray]]


def find_designs(
    X: np.ndarray,
    classes: np.ndarray,
    weights: np.ndarray | None,
    *,
    procedure: Procedure,
    hidden: Sequence[int] | None,
    imported: ImportedModel | None = None,
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
    imported : takes the place of the float model of the whole.
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
        seen = focus_of(data, procedure.budget, procedure.seed).narrowed(data)
        hidden = choose_topology(seen, seed=procedure.seed, budget=procedure.budget.training.topology).hidden
    procedure = replace(procedure, hidden=tuple(hidden))
    start = None if imported is None else _adapted(imported, whole, kept, quantiser, feature_names, class_labels)
    with tempfile.TemporaryDirectory(prefix="bespoke-fit-") as folder, executor_of(workers=workers) as executor:
        fitted = cross_fit(
            RunFolder(Path(folder)),
            procedure,
            data,
            folds=folds,
            executor=executor,
            progress=Silent(),
            imported=start,
        )
    designs, held_out = _forecast(fitted, data, procedure)
    if judging is not None and np.array_equal(learnt, judging):  # what was learnt from judges nothing
        held_out = [Confusion(np.zeros_like(answers.counts)) for answers in held_out]
    features = quantiser.transform(X).astype(np.uint16)
    parts = {"train": learnt} if judging is None else {"train": learnt, "validation": judging}
    return Fitted(
        quantiser,
        tuple(widened(design, kept, X.shape[1]) for design in designs),
        tuple(held_out),
        weights_of_classes(procedure.scorer, np.bincount(classes[learnt], minlength=len(class_labels))),
        {name: (features[part], classes[part]) for name, part in parts.items()},
    )


def _forecast(fitted: CrossFitted, data: PreparedData, procedure: Procedure) -> tuple[list[Design], list[Confusion]]:
    """The front and the exact baseline with their forecasts, and the answers that these rest on."""
    crossfit, objective = fitted.crossfit, procedure.objective
    designs = with_forecasts(fitted.developed.designs, crossfit, objective)
    held_out = [crossfit.answers_at(design.estimated.along(objective), objective) for design in designs]
    conventional = baseline_front_end(procedure.technology, procedure.front_end)
    exact = exact_design(fitted.developed.models.baseline, procedure.judge(data), conventional, crossfit)
    return [*designs, exact], [*held_out, crossfit.baseline_answers]


def _adapted(
    imported: ImportedModel,
    whole: Part,
    kept: np.ndarray,
    quantiser: Quantiser,
    feature_names: tuple[str, ...],
    class_labels: tuple[Any, ...],
) -> FloatModel:
    """The imported model over the features that vary; what it adds for the others is constant and joins its biases."""
    everything = np.arange(len(feature_names))
    rows = np.arange(whole.samples)
    model = imported.adapted(_prepared(whole, rows, None, everything, quantiser, feature_names, class_labels))
    constant = np.setdiff1d(everything, kept)
    levels = quantiser.transform(whole.measured[:1])[0, constant] / (1 << quantiser.bits)
    first = model.weights[0]
    return FloatModel(
        (first[:, kept], *model.weights[1:]), (model.biases[0] + first[:, constant] @ levels, *model.biases[1:])
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
