"""The classifier's parameters, checked and as the procedure takes them; scikit-learn's rule is to look at ``fit``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from numbers import Real
from pathlib import Path
from typing import Any

import joblib
import numpy as np

from bespoke.costs import Objective
from bespoke.estimator.checks import checked, is_whole, one_of, whole
from bespoke.importers import ImportedModel, import_model
from bespoke.run.budgets import BUDGETS, Budget
from bespoke.run.config import Effort, Start, usual_folds
from bespoke.run.preparation import front_end_named
from bespoke.run.procedure import Procedure
from bespoke.scores import Metric, Scorer, own_weights
from bespoke.search import Printing
from bespoke.sensing import MOST_BITS, FrontEnd, FrontEndKind
from bespoke.technology import Technology, load_technology

#: Neurons of a hidden layer, and folds, at most; as on the command line.
_MOST_NEURONS = 256
_MOST_FOLDS = 50


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
        naming the parameter that does not fit.
    InputError
        in the command line's words, which `in_parameters` turns, for what a file or the technology lacks.
    """
    effort = one_of(Effort, parameters["effort"], "effort")
    objective = one_of(Objective, parameters["objective"], "objective")
    checked("max_loss", parameters["max_loss"], most=1)
    whole("bits", parameters["bits"], least=1, most=MOST_BITS)
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
    share, sigma = (parameters[name] for name in ("device_yield", "threshold_sigma"))
    for name, value, most in (("device_yield", share, 1.0), ("threshold_sigma", sigma, 64.0)):
        if value is None:
            raise ValueError(f"{name} must be a number, not None")
        checked(name, value, most=most)
    if share < 0.5:
        raise ValueError(f"device_yield must lie between 0.5 and 1, not {share!r}")
    if objective is not Objective.PRINTED_ACCURACY:
        return None
    return Printing(technology, front_end, share, sigma)


def workers_of(n_jobs: Any) -> int:
    """Processes for ``n_jobs`` as joblib counts them, from the last where it is negative; 1 where it is None."""
    if n_jobs is None:
        return 1
    if not is_whole(n_jobs) or n_jobs == 0:
        raise ValueError(f"n_jobs must be a whole number of processes, or -1 for all processors, not {n_jobs!r}")
    return joblib.effective_n_jobs(int(n_jobs))


def hidden_of(value: Any, imported: ImportedModel | None) -> tuple[int, ...] | None:
    """Neurons of every hidden layer; None where the data decide."""
    if isinstance(value, str) and value == "auto":
        return None if imported is None else imported.hidden
    if imported is not None:
        raise ValueError("model brings its own hidden layers; leave hidden at 'auto'")
    sizes = (value,) if is_whole(value) else value
    if isinstance(sizes, Sequence | np.ndarray) and not isinstance(sizes, str):
        sizes = tuple(sizes)
        if sizes and all(is_whole(size) and 1 <= size <= _MOST_NEURONS for size in sizes):
            return tuple(map(int, sizes))
    raise ValueError(
        f"hidden must be 'auto', a number of neurons from 1 to {_MOST_NEURONS}, or several such numbers, not {value!r}"
    )


def folds_of(value: Any, effort: str) -> int:
    """Folds that forecast; 0 where samples are held back instead."""
    if value is None:
        return usual_folds(Effort(effort))
    if not is_whole(value) or value == 1 or not 0 <= value <= _MOST_FOLDS:
        raise ValueError(f"folds must be 0 or a whole number from 2 to {_MOST_FOLDS}, not {value!r}")
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


def _starts(value: Any) -> tuple[Start, ...]:
    """What the search starts from, each once; a single word is a list of one."""
    given = [value] if isinstance(value, str) else tuple(Start) if value is None else value
    try:
        starts = tuple(dict.fromkeys(one_of(Start, one, "starts") for one in given))
    except TypeError:  # it cannot be gone through
        starts = ()
    if not starts:
        raise ValueError(f"starts must be one or several of {', '.join(Start)}, not {value!r}")
    return starts


def _budget(budget: Budget, parameters: dict[str, Any]) -> Budget:
    for name in ("candidates", "moves"):
        given = parameters[name]
        if given is not None:
            budget = replace(budget, **{name: whole(name, given, least=1)})
    return budget


def _kind(front_end: Any, figures: Any) -> FrontEndKind:
    kind = one_of(FrontEndKind, front_end, "front_end")
    if kind is FrontEndKind.DIGITAL and figures is not None:
        raise ValueError("front_end='digital' costs nothing; leave front_end_figures out")
    return kind


def _by_index(class_weight: Any, labels: np.ndarray) -> dict[int, float] | str | None:
    """Weights by class index."""
    if class_weight is None or (isinstance(class_weight, str) and class_weight == "balanced"):
        return class_weight
    if not isinstance(class_weight, dict):
        raise ValueError(f"class_weight must be 'balanced' or a dictionary of weights by label, not {class_weight!r}")
    places = {label: index for index, label in enumerate(labels.tolist())}
    weights = {}
    for label, weight in class_weight.items():
        if label not in places:
            raise ValueError(f"class_weight names {label!r}, which is no class of the data")
        if not isinstance(weight, Real) or not 0 <= weight < math.inf:
            raise ValueError(f"class_weight of {label!r} must be a finite number of 0 or more, not {weight!r}")
        weights[places[label]] = float(weight)
    return weights


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
    if (metric is Metric.COST) != (parameters["cost_matrix"] is not None):
        raise ValueError(f"cost_matrix goes with metric='cost', and with no other; the metric is {str(metric)!r}")
    if parameters["cost_matrix"] is not None:
        try:
            given = np.asarray(parameters["cost_matrix"], dtype=np.float64)
        except (TypeError, ValueError):
            raise ValueError("cost_matrix must be a table of numbers, a row and a column a class") from None
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
