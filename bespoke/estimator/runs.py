"""Classifiers from what the command line left: finished runs, model files, saved classifiers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from bespoke.costs import COSTS, Objective
from bespoke.data import PreparedData
from bespoke.design import EXACT_BASELINE, CrossFit, FoldEvidence
from bespoke.documents import read_json
from bespoke.errors import InputError
from bespoke.estimator.answering import CircuitClassifier, sorted_labels
from bespoke.estimator.classifier import BespokeClassifier
from bespoke.estimator.saving import KIND
from bespoke.estimator.shares import weights_of_classes
from bespoke.model import IntegerClassifier, to_json
from bespoke.run.config import RunConfig, Start, read_config
from bespoke.run.finished import FINISHED, FinishedFront, data_of
from bespoke.run.front import forecast_cells
from bespoke.run.judging import Judge
from bespoke.run.metrics import RunMetrics
from bespoke.run.modelfile import ModelFile
from bespoke.run.preparation import front_end_of, scorer_of, technology_of
from bespoke.run.rivals import RIVAL_TREE, rival_trees
from bespoke.run.runfolder import METRICS, RunFolder
from bespoke.scores import Confusion
from bespoke.sensing import FrontEndKind


class ModelClassifier(CircuitClassifier):
    """A model file that answers: fitted from the start, one design, nothing known of its front.

    Parameters
    ----------
    path : the model file.

    Attributes
    ----------
    classes_, n_features_in_, feature_names_in_, quantiser_ : as of every classifier.
    front_end_ : what stands before the circuit.
    network_ : the integer model.

    Raises
    ------
    InputError
        naming the file, if it is missing or no model.
    """

    def __init__(self, path: str | Path):
        self.path = path
        model = ModelFile.load(Path(path))
        self._model, self.quantiser_, self.front_end_ = model.classifier, model.quantiser, model.front_end
        _set_names(self, model)

    def fit(self, X: Any = None, y: Any = None) -> Self:
        """Nothing is learnt, as by scikit-learn's ``FrozenEstimator``: the circuit is what the file says."""
        return self

    @property
    def network_(self) -> IntegerClassifier:
        return self._model

    def _active_kind(self) -> FrontEndKind:
        return self.front_end_


def load(path: str | Path) -> CircuitClassifier:
    """A fitted classifier that predicts labels from arrays and frames in the data's own units.

    Parameters
    ----------
    path : folder of a finished run, whose whole front comes along (``BespokeClassifier.from_run``); a file that
        ``BespokeClassifier.save`` wrote; or a model file, such as any under a run's ``models/`` and ``front/``, which
        has ``predict`` and ``to_verilog`` alone.

    Raises
    ------
    InputError
        naming the path, where it is none of these.
    """
    path = Path(path)
    if path.is_dir():
        return BespokeClassifier.from_run(path)
    document = read_json(path, "model file")
    if isinstance(document, dict) and document.get("kind") == KIND:
        return BespokeClassifier.load(path)
    return ModelClassifier(path)


def restore_run(kind: type[BespokeClassifier], path: Path) -> BespokeClassifier:
    """See ``BespokeClassifier.from_run``."""
    run = _FinishedRun.read(path)
    config, data = run.config, run.data
    found = kind(
        bits=config.bits,
        hidden=config.hidden or "auto",
        model=config.model,
        max_loss=config.max_loss,
        effort=str(config.effort),
        folds=config.folds,
        starts=None if config.starts == tuple(Start) else tuple(map(str, config.starts)),
        metric=str(config.metric),
        cost_matrix=run.crossfit.scorer.cost_matrix,
        technology=config.technology if config.liberty is None else config.liberty,
        front_end=str(config.front_end),
        front_end_figures=config.front_end_figures,
        objective=str(config.objective),
        device_yield=config.device_yield,
        threshold_sigma=config.threshold_sigma,
        random_state=config.seed,
    )
    found.quantiser_, found.front_end_ = data.quantiser, config.front_end
    _set_names(found, run.model)
    found.designs_, found.held_out_ = run.front.designs, run.held_out()
    found._selectable = tuple(
        index for index, design in enumerate(found.designs_) if config.choose_rival or design.origin != RIVAL_TREE
    )
    found.chosen_ = found._run_choice = run.chosen
    found._share_weights = weights_of_classes(
        run.crossfit.scorer, np.bincount(data.train.classes, minlength=data.classes)
    )
    found._vectors = {name: (part.features.astype(np.uint16), part.classes) for name, part in data.parts.items()}
    return found


def _set_names(classifier: CircuitClassifier, model: ModelFile) -> None:
    """Labels and features as scikit-learn has them."""
    classifier.classes_, classifier._class_places = sorted_labels(model.class_labels)
    classifier.n_features_in_ = len(model.feature_names)
    classifier.feature_names_in_ = np.array(model.feature_names, dtype=object)


@dataclass(frozen=True)
class _FinishedRun:
    """What a run folder holds of a finished run, without the files that its data came from."""

    folder: RunFolder
    config: RunConfig
    model: ModelFile
    data: PreparedData
    crossfit: CrossFit
    front: FinishedFront
    chosen: int

    @classmethod
    def read(cls, path: Path) -> _FinishedRun:
        """The run.

        Raises
        ------
        InputError
            where the folder holds no finished run, or one that is damaged or of another version.
        """
        folder = RunFolder(path)
        if not all(folder.has(name) for name in ("config.toml", FINISHED, METRICS)):
            raise InputError(f"folder {path} holds no finished run; `bespoke run DATA --out {path}` makes one")
        config = RunConfig(**read_config(path / "config.toml"))
        front = FinishedFront.load(folder)
        data = data_of(folder, front.findings.data)
        chosen = folder.read(RunMetrics, METRICS).selection.design
        try:
            places = [path, *sorted(path.glob("folds/*"), key=lambda place: int(place.name))]
            evidence = [
                FoldEvidence.from_json(read_json(place / "evidence.json", "file"))
                for place in places
                if (place / "evidence.json").is_file()
            ]
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"run {path} is damaged: {type(error).__name__} {error}") from None
        if not evidence or chosen is None or not 0 <= chosen < len(front.designs):
            raise InputError(f"run {path} is damaged: it has no forecast or no chosen design; run it again")
        model = ModelFile.load(path / "models/baseline.json")
        return cls(folder, config, model, data, CrossFit(evidence, scorer_of(config, data)), front, chosen)

    def held_out(self) -> tuple[Confusion, ...]:
        """The answers that each design's forecast rests on.

        Raises
        ------
        InputError
            where the forecasts are not those of the run's folds, or a rival tree is not one of its data.
        """
        axis, trees = self._axis(), self._tree_places()
        found = []
        for design in self.front.designs:
            if design.origin == EXACT_BASELINE:
                found.append(self.crossfit.baseline_answers)
            elif design.origin == RIVAL_TREE:
                place = trees.get(_key(design.model))
                if place is None:
                    raise InputError(f"{self.folder / design.model_file} is no tree of the run's data; run it again")
                found.append(self.crossfit.tree_answers(place))
            else:
                found.append(self.crossfit.answers_at(design.estimated.along(axis), axis))
        return tuple(found)

    def _axis(self) -> Objective:
        """The cost along which the run forecast its designs; whoever chose since may have asked for another."""
        own = [design for design in self.front.designs if design.origin not in (EXACT_BASELINE, RIVAL_TREE)]
        for axis in (self.config.objective.cost, *COSTS):
            forecasts = [self.crossfit.at(design.estimated.along(axis), axis) for design in own]
            pairs = zip(own, forecasts, strict=True)
            if all(forecast_cells(design.forecast) == forecast_cells(forecast) for design, forecast in pairs):
                return axis
        raise InputError(f"the forecasts in {self.folder / FINISHED} are not those of the run's folds; run it again")

    def _tree_places(self) -> dict[str, int]:
        """By a rival tree's model: its place among those that the folds judged, of equal ones the first."""
        technology = technology_of(self.config)
        front_end = front_end_of(self.config, technology)
        judge = Judge(self.data, self.crossfit.scorer, technology)  # the trees alone are asked for, not their scores
        places: dict[str, int] = {}
        for index, tree in enumerate(rival_trees(judge, front_end, self.crossfit)):
            places.setdefault(_key(tree.model), index)
        return places


def _key(model: Any) -> str:
    """The same text for the same model."""
    return json.dumps(to_json(model), sort_keys=True)
