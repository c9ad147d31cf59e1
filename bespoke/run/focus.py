"""What training and search look at where data are wide or long: the features that tell most, and some of the samples.

A fold's procedure focuses by itself, on its own training part, so that what is held out has no say in it. The models
that come out are over all features, and all samples judge them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from bespoke.data import Part, PreparedData, nothing
from bespoke.model import LogicCircuit, Network, narrowed_network, widened_model
from bespoke.run.budgets import Budget
from bespoke.sensing import Quantiser
from bespoke.train import FloatModel

#: Trees whose splits rank features, and the fewest samples of their leaves.
_TREES, _LEAF = 200, 3
#: Samples that features are ranked on.
_RANKED_ON = 8000
#: A feature that correlates with a better one by more is only taken where others do not fill the number.
_REDUNDANT = 0.95
#: Samples of a class that are kept in any case.
_LEAST_OF_CLASS = 200


@dataclass(frozen=True, eq=False)
class Focus:
    """What of the training part is looked at.

    Parameters
    ----------
    features : of the data.
    columns : the features that are kept, int64, in rising order; None for all.
    rows : places of the samples that are kept, int64, in rising order; None for all.
    """

    features: int
    columns: np.ndarray | None = None
    rows: np.ndarray | None = None

    def narrowed(self, data: PreparedData) -> PreparedData:
        """The data with what is looked at as the training part, and no other part."""
        if self.columns is None and self.rows is None:
            return data
        part = data.train if self.rows is None else data.train.taken(self.rows)
        if self.columns is not None:
            quantiser = data.quantiser
            low, high = (tuple(limit[column] for column in self.columns) for limit in (quantiser.low, quantiser.high))
            names = tuple(data.feature_names[column] for column in self.columns)
            data = replace(data, feature_names=names, quantiser=Quantiser(low, high, quantiser.bits))
            part = _of_columns(part, self.columns)
        data = replace(data, train=part, validation=None)
        return replace(data, test=nothing(data))

    def widened(self, model: Network | LogicCircuit | FloatModel) -> Network | LogicCircuit | FloatModel:
        """A model of the narrowed data over all features."""
        if self.columns is None:
            return model
        if not isinstance(model, FloatModel):
            return widened_model(model, self.columns, self.features)
        first = np.zeros((model.weights[0].shape[0], self.features))
        first[:, self.columns] = model.weights[0]
        return FloatModel((first, *model.weights[1:]), model.biases)

    def narrowed_model(self, model: Network | FloatModel) -> Network | FloatModel:
        """What ``widened`` made wide."""
        if self.columns is None:
            return model
        if isinstance(model, Network):
            return narrowed_network(model, self.columns)
        return FloatModel((model.weights[0][:, self.columns], *model.weights[1:]), model.biases)


def focus_of(data: PreparedData, budget: Budget, seed: int, *, screened: bool = True) -> Focus:
    """What a search of this budget looks at of the training part; all of it where it is neither wide nor long.

    Parameters
    ----------
    screened : whether features may be left out; an imported model reads all.
    """
    part, rows, columns = data.train, None, None
    if part.samples > budget.samples:
        rows = _thinned(part.classes, budget.samples, seed)
        part = part.taken(rows)
    if screened and data.features > budget.features:
        columns = _screened(part, budget.features, seed)
    return Focus(data.features, columns, rows)


def focus_notes(data: PreparedData, budget: Budget, *, screened: bool = True) -> tuple[str, ...]:
    """Sentences on what the search will not look at."""
    notes = []
    if screened and data.features > budget.features:
        notes.append(
            f"{data.name}: training and search use the {budget.features} of {data.features} features that tell most, "
            "ranked on the training part, and so does the exact baseline; each fold ranks them by itself"
        )
    if data.train.samples > budget.samples:
        notes.append(
            f"{data.name}: training and search look at about {budget.samples} of {data.train.samples} samples to "
            "develop on, stratified; all of them judge what is found"
        )
    return tuple(notes)


def _of_columns(part: Part, columns: np.ndarray) -> Part:
    measured, missing = (None if one is None else one[:, columns] for one in (part.measured, part.missing))
    return replace(part, features=part.features[:, columns], measured=measured, missing=missing)


def _thinned(classes: np.ndarray, samples: int, seed: int) -> np.ndarray:
    """Places of about so many samples: the same share of every class, and of a small one all."""
    rng = np.random.default_rng(seed)
    kept = []
    for label in np.unique(classes):
        places = np.flatnonzero(classes == label)
        count = max(min(len(places), _LEAST_OF_CLASS), round(samples * len(places) / len(classes)))
        kept.append(rng.choice(places, count, replace=False))
    return np.sort(np.concatenate(kept))


def _screened(part: Part, count: int, seed: int) -> np.ndarray:
    """The features that an ensemble of random trees splits best by, less those that repeat better ones."""
    from sklearn.ensemble import ExtraTreesClassifier  # heavy: only where data are wide

    if part.samples > _RANKED_ON:
        part = part.taken(_thinned(part.classes, _RANKED_ON, seed))
    trees = ExtraTreesClassifier(_TREES, min_samples_leaf=_LEAF, random_state=seed, n_jobs=1)
    order = np.argsort(-trees.fit(part.features, part.classes).feature_importances_, kind="stable")
    centred = part.features - part.features.mean(axis=0)
    norm = np.linalg.norm(centred, axis=0)
    unit = centred / np.where(norm > 0, norm, 1.0)
    taken: list[int] = []
    passed: list[int] = []
    for column in order.tolist():
        if len(taken) == count:
            break
        alike = bool(taken) and np.abs(unit[:, column] @ unit[:, taken]).max() > _REDUNDANT
        (passed if alike else taken).append(column)
    return np.sort(np.array([*taken, *passed[: count - len(taken)]], dtype=np.int64))
