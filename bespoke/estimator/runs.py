"""Classifiers from what the command line left: finished runs, model files, saved classifiers."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np

from bespoke.costs import COSTS, Costs, Objective
from bespoke.data import PreparedData, read_vectors
from bespoke.design import EXACT_BASELINE, CrossFit, Design, FoldEvidence
from bespoke.documents import read_json
from bespoke.errors import InputError
from bespoke.estimator.answering import CircuitClassifier, sorted_labels
from bespoke.estimator.classifier import BespokeClassifier
from bespoke.estimator.saving import KIND
from bespoke.estimator.shares import weights_of_classes
from bespoke.model import IntegerClassifier, to_json
from bespoke.pipeline.choosing import costs_of
from bespoke.pipeline.config import RunConfig, Start, read_config
from bespoke.pipeline.front import forecast_cells
from bespoke.pipeline.judging import Judge
from bespoke.pipeline.metrics import DesignMetrics
from bespoke.pipeline.modelfile import ModelFile
from bespoke.pipeline.preparation import baseline_front_end, front_end_of, printing_of, scorer_of, technology_of
from bespoke.pipeline.rivals import RIVAL_TREE, exact_design, rival_trees
from bespoke.pipeline.runfolder import RunFolder
from bespoke.scores import Confusion
from bespoke.sensing import FrontEnd, FrontEndKind
from bespoke.technology import Technology


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
    front = run.front()
    found.designs_ = tuple(design for design, _ in front)
    found.held_out_ = tuple(answers for _, answers in front)
    found._selectable = tuple(
        index for index, design in enumerate(found.designs_) if config.choose_rival or design.origin != RIVAL_TREE
    )
    found.chosen_ = found._run_choice = next(index for index, row in enumerate(run.rows) if row.chosen)
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
class _Row:
    """A line of ``front.csv``, as far as it is needed."""

    origin: str
    model_file: str
    chosen: bool
    forecast: tuple[str, ...]


@dataclass(frozen=True)
class _FinishedRun:
    """What a run folder holds of a finished run, without the files that its data came from."""

    folder: RunFolder
    config: RunConfig
    model: ModelFile
    data: PreparedData
    technology: Technology
    front_end: FrontEnd
    crossfit: CrossFit
    rows: tuple[_Row, ...]

    @classmethod
    def read(cls, path: Path) -> _FinishedRun:
        """The run.

        Raises
        ------
        InputError
            where the folder holds no finished run, or one that is damaged or of another version.
        """
        folder = RunFolder(path)
        if not (folder.has("config.toml") and folder.has("front.csv") and folder.has("metrics.json")):
            raise InputError(f"folder {path} holds no finished run; `bespoke run DATA --out {path}` makes one")
        config = RunConfig(**read_config(path / "config.toml"))
        model = ModelFile.load(path / "models/baseline.json")
        data = _data(folder, config, model)
        technology = technology_of(config)
        try:
            places = [path, *sorted(path.glob("folds/*"), key=lambda place: int(place.name))]
            evidence = [
                FoldEvidence.from_json(read_json(place / "evidence.json", "file"))
                for place in places
                if (place / "evidence.json").is_file()
            ]
            rows = _rows(path / "front.csv")
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"run {path} is damaged: {type(error).__name__} {error}") from None
        if not evidence or sum(row.chosen for row in rows) != 1:
            raise InputError(f"run {path} is damaged: it has no forecast or no chosen design; run it again")
        crossfit = CrossFit(evidence, scorer_of(config, data))
        return cls(folder, config, model, data, technology, front_end_of(config, technology), crossfit, rows)

    def front(self) -> list[tuple[Design, Confusion]]:
        """Every design of ``front.csv``, forecast and measured, and the answers that its forecast rests on.

        Raises
        ------
        InputError
            naming the file that does not fit the others.
        """
        searched = {_key(design.model): design for design in self._searched()}
        axis = self._axis(searched)
        trees = rival_trees(self._judge, self.front_end, self.crossfit)
        rivals: dict[str, int] = {}
        for index, tree in enumerate(trees):  # larger ones may be the same tree, of which the run kept the first
            rivals.setdefault(_key(tree.model), index)
        front = []
        for row in self.rows:
            model = self._model(row)
            try:
                if row.origin == EXACT_BASELINE:
                    design, answers = self._baseline(model), self.crossfit.baseline_answers
                elif row.origin == RIVAL_TREE:
                    place = rivals[_key(model)]
                    design, answers = trees[place], self.crossfit.tree_answers(place)
                else:
                    design, answers = self._forecast(searched[_key(model)], axis)
            except KeyError:
                raise InputError(
                    f"{self.folder / row.model_file} is no design that the run's search found; run it again"
                ) from None
            front.append((design.with_measured(self._measured(row), model_file=row.model_file), answers))
        return front

    def _searched(self) -> list[Design]:
        """All that the searches kept, with estimated costs."""
        places = [name for name in ("search/networks.json", "search/circuits.json") if self.folder.has(name)]
        return [Design.from_json(entry) for name in places for entry in self.folder.read_json(name)["designs"]]

    def _axis(self, searched: dict[str, Design]) -> Objective:
        """The cost along which the run forecast its designs; whoever chose since may have asked for another."""
        rows = [row for row in self.rows if row.origin not in (EXACT_BASELINE, RIVAL_TREE)]
        designs = [searched.get(_key(self._model(row))) for row in rows]
        for axis in (self.config.objective.cost, *COSTS):
            known = [
                (row, self._forecast(one, axis)) for row, one in zip(rows, designs, strict=True) if one is not None
            ]
            if all(tuple(forecast_cells(design.forecast)) == row.forecast for row, (design, _) in known):
                return axis
        raise InputError(f"the forecasts in {self.folder / 'front.csv'} are not those of the run's folds; run it again")

    def _model(self, row: _Row) -> IntegerClassifier:
        return ModelFile.load(self.folder / row.model_file).classifier

    def _forecast(self, design: Design, axis: Objective) -> tuple[Design, Confusion]:
        cost = design.estimated.along(axis)
        return replace(design, forecast=self.crossfit.at(cost, axis)), self.crossfit.answers_at(cost, axis)

    def _baseline(self, model: IntegerClassifier) -> Design:
        conventional = baseline_front_end(self.technology, self.front_end)
        return exact_design(model, self._judge, conventional, self.crossfit)

    @property
    def _judge(self) -> Judge:
        printing = printing_of(self.config, self.technology, self.front_end)
        return Judge(self.data, self.crossfit.scorer, self.technology, printing, self.config.seed)

    def _measured(self, row: _Row) -> Costs:
        if row.origin == EXACT_BASELINE:
            exact = self.folder.read(DesignMetrics, "baseline/design.json")
            return costs_of(exact)
        place = Path(row.model_file).parent / "mapped.json"
        return self.folder.read(Costs, str(place))


def _data(folder: RunFolder, config: RunConfig, model: ModelFile) -> PreparedData:
    """The run's data on the grid, from its vectors."""
    names = {name: f"vectors/{name}.csv" for name in ("train", "validation", "test")}
    parts = {name: read_vectors(folder / file) for name, file in names.items() if folder.has(file)}
    return PreparedData(
        str(config.data or config.train),
        config.bits,
        model.feature_names,
        model.class_labels,
        model.quantiser,
        parts["train"],
        parts.get("validation"),
        parts["test"],
    )


def _rows(path: Path) -> tuple[_Row, ...]:
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(
            _Row(
                row["origin"],
                row["model_file"],
                row["chosen"] == "1",
                tuple(row[f"forecast_{name}"] for name in ("accuracy", "low", "high", "score")),
            )
            for row in csv.DictReader(file, strict=True)
        )


def _key(model: Any) -> str:
    """The same text for the same model."""
    return json.dumps(to_json(model), sort_keys=True)
