"""The classifier's parameters, checked and as the procedure takes them; scikit-learn's rule is to look at ``fit``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np

from bespoke.costs import Objective
from bespoke.importers import ImportedModel, import_model
from bespoke.pipeline.budgets import BUDGETS, Budget
from bespoke.pipeline.config import Effort, Start, usual_folds
from bespoke.pipeline.preparation import front_end_named
from bespoke.pipeline.procedure import Procedure
from bespoke.scores import Metric, Scorer, own_weights
from bespoke.search import Printing
from bespoke.sensing import FrontEnd, FrontEndKind, check_bits
from bespoke.technology import Technology, load_technology


def procedure_of(
    parameters: dict[str, Any], labels: np.ndarray, classes: np.ndarray, weights: np.ndarray | None, seed: int
) -> Procedure:
    """What is done with samples, but for the hidden layers.

    Parameters
    ----------
    parameters : as ``get_params`` gives them.
    labels : the class labels in order.
    classes, weights : class index of every sample and what an error on it weighs (samples,).

    Raises
    ------
    ValueError
        naming the parameter that does not fit; an `InputError` where the command line would give the same.
    """
    effort = one_of(Effort, parameters["effort"], "effort")
    objective = one_of(Objective, parameters["objective"], "objective")
    max_loss = parameters["max_loss"]
    if max_loss is not None and not 0 <= max_loss <= 1:
        raise ValueError(f"max_loss must lie between 0 and 1, not {max_loss!r}")
    check_bits(parameters["bits"])
    technology = load_technology(parameters["technology"])
    kind = _kind(parameters["front_end"], parameters["front_end_figures"])
    figures = figures_name(parameters["front_end_figures"])
    class_weight = _by_index(parameters["class_weight"], labels)
    front_end = front_end_named(technology, kind, figures, must_price=objective.counts_front_end)
    return Procedure(
        hidden=(),
        starts=_starts(parameters["starts"]),
        freeze=(),
        gate_level=True,
        objective=objective.cost,
        technology=technology,
        front_end=front_end,
        budget=_budget(BUDGETS[effort], parameters),
        seed=seed,
        scorer=_scorer(parameters, class_weight, classes, weights),
        class_weight=class_weight,
        printing=_printing(objective, parameters, technology, front_end),
    )


def _printing(
    objective: Objective, parameters: dict[str, Any], technology: Technology, front_end: FrontEnd
) -> Printing | None:
    """How prints differ where their accuracy is asked for."""
    share, sigma = (number(parameters[name], name) for name in ("device_yield", "threshold_sigma"))
    if not 0.5 <= share <= 1:
        raise ValueError(f"device_yield must lie between 0.5 and 1, not {share!r}")
    if not 0 <= sigma <= 64:
        raise ValueError(f"threshold_sigma must lie between 0 and 64 steps, not {sigma!r}")
    if objective is not Objective.PRINTED_ACCURACY:
        return None
    return Printing.of(technology, front_end, device_yield=share, threshold_sigma=sigma)


def number(value: Any, name: str) -> float:
    """A parameter that is a number."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise ValueError(f"{name} must be a number, not {value!r}")
    return float(value)


def one_of(kind: type[StrEnum], value: Any, name: str) -> StrEnum:
    """A parameter that takes one of several words."""
    if not isinstance(value, str) or value not in list(kind):
        raise ValueError(f"{name} must be one of {', '.join(kind)}, not {value!r}")
    return kind(value)


def hidden_of(value: Any, imported: ImportedModel | None) -> tuple[int, ...] | None:
    """Neurons of every hidden layer; None where the data decide."""
    if isinstance(value, str):
        if value != "auto":
            raise ValueError(f"hidden must be 'auto', a number of neurons, or several, not {value!r}")
        return None if imported is None else imported.hidden
    if imported is not None:
        raise ValueError("model brings its own hidden layers; leave hidden at 'auto'")
    return (int(value),) if np.isscalar(value) else tuple(int(size) for size in value)


def folds_of(value: int | None, effort: str) -> int:
    """Folds that forecast; 0 where samples are held back instead."""
    if value is None:
        return usual_folds(Effort(effort))
    if value < 0 or value == 1:
        raise ValueError(f"folds must be 0 or at least 2, not {value!r}")
    return int(value)


def model_of(value: Any) -> ImportedModel | None:
    """The trained MLP to start from; None where one is to be trained."""
    if value is None or isinstance(value, ImportedModel):
        return value
    if isinstance(value, str | Path):
        return import_model(value)
    raise ValueError(
        "model must be an .onnx, .json or .npz file or what bespoke.importers.import_model returned, not "
        f"{type(value).__name__}: scikit-learn's clone would hand on a fitted estimator unfitted"
    )


def figures_name(value: Any) -> str | None:
    """The front end's figures by name or file."""
    return None if value is None else str(value)


def _starts(value: Sequence[str] | None) -> tuple[Start, ...]:
    starts = tuple(Start) if value is None else tuple(one_of(Start, one, "starts") for one in value)
    if not starts:
        raise ValueError(f"starts needs at least one of {', '.join(Start)}")
    return starts


def _budget(budget: Budget, parameters: dict[str, Any]) -> Budget:
    for name in ("candidates", "moves"):
        given = parameters[name]
        if given is not None and given < 1:
            raise ValueError(f"{name} must be at least 1, not {given!r}")
        budget = budget if given is None else replace(budget, **{name: int(given)})
    return budget


def _kind(front_end: Any, figures: Any) -> FrontEndKind:
    kind = one_of(FrontEndKind, front_end, "front_end")
    if kind is FrontEndKind.DIGITAL and figures is not None:
        raise ValueError("front_end='digital' costs nothing; leave front_end_figures out")
    return kind


def _by_index(class_weight: Any, labels: np.ndarray) -> dict[int, float] | str | None:
    """Weights by class index."""
    if not isinstance(class_weight, dict):
        return class_weight
    places = {label: index for index, label in enumerate(labels.tolist())}
    unknown = [label for label in class_weight if label not in places]
    if unknown:
        raise ValueError(f"class_weight names {unknown[0]!r}, which is no class of the data")
    return {places[label]: float(weight) for label, weight in class_weight.items()}


def _scorer(
    parameters: dict[str, Any],
    class_weight: dict[int, float] | str | None,
    classes: np.ndarray,
    weights: np.ndarray | None,
) -> Scorer:
    """The metric; where classes or samples weigh differently, a class counts what its samples weigh in the mean."""
    metric = one_of(Metric, parameters["metric"], "metric")
    counts = np.bincount(classes)
    matrix = None
    if parameters["cost_matrix"] is not None:
        given = np.asarray(parameters["cost_matrix"], dtype=np.float64)
        if given.shape != (len(counts),) * 2:
            raise ValueError(f"cost_matrix must be {(len(counts),) * 2}, a row a class, not {given.shape}")
        matrix = tuple(tuple(row) for row in given.tolist())
    by_class = own_weights(class_weight, counts.astype(np.float64))
    if weights is not None:
        by_class = by_class * np.bincount(classes, weights) / counts
    if not by_class.any():
        raise ValueError("no class weighs anything, so no error would count")
    alike = np.ptp(by_class) <= 1e-12 * by_class.max()
    return Scorer(metric, matrix, None if alike else tuple(by_class.tolist()))
