"""The estimator itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

import joblib
import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from bespoke.costs import Objective
from bespoke.data import PreparedData
from bespoke.design import Design, Request, choose
from bespoke.documents import read_json
from bespoke.errors import InputError
from bespoke.estimator.designs import front_table
from bespoke.estimator.fitting import find_designs, plain, unsplit_part
from bespoke.files import write_json
from bespoke.model import Network, input_wires
from bespoke.pipeline.budgets import BUDGETS
from bespoke.pipeline.config import Effort, Start, usual_folds
from bespoke.pipeline.metrics import DesignMetrics, PartAccuracies
from bespoke.pipeline.preparation import baseline_front_end, front_end_named, source_named
from bespoke.pipeline.procedure import Procedure
from bespoke.rtl import emit_verilog
from bespoke.scores import Metric, Scorer, own_weights
from bespoke.sensing import FrontEnd, FrontEndKind, Quantiser, figures_of
from bespoke.statistics import Accuracy
from bespoke.technology import Technology, load_technology

_SCHEMA = 4


class BespokeClassifier(ClassifierMixin, BaseEstimator):
    """Classifier whose every prediction is what a printed circuit would answer.

    ``fit`` quantises the features, trains a float MLP and a power-of-two network, searches approximations of every
    neuron and of every gate, and forecasts by cross-fitting what accuracy each cost buys; it needs no EDA tool.
    ``predict`` is the integer model, bit for bit what ``to_verilog`` describes.

    Parameters
    ----------
    bits : width of every input feature, 1 to 12.
    hidden : neurons of the hidden layer, or of each of several; ``"auto"`` for what cross-validation finds.
    max_loss : forecast score that the chosen design may lose against the exact baseline's; None for the cheapest
        design whose forecast lies within one standard error of the best.
    effort : ``"fast"``, ``"normal"`` or ``"high"``: what training and search may spend.
    candidates : networks that the genetic search evaluates; set by ``effort`` when None.
    moves : edits that each island of the gate-level search tries; set by ``effort`` when None.
    folds : folds that forecast the accuracy, 3 at effort fast and 5 otherwise when None; 0 holds back a quarter of
        every class instead.
    starts : what the gate-level search starts from, of ``"network"``, ``"tree"``, ``"forest"``, ``"lut"`` and
        ``"nothing"``; all of them when None.
    metric : what designs are compared by: ``"accuracy"``, ``"balanced-accuracy"``, ``"f1-macro"`` or ``"cost"``.
    cost_matrix : (classes, classes), cost of each answer (column) to each class (row), for ``metric="cost"``.
    class_weight : ``"balanced"``, or what an error on a class weighs, by label; 1 for all when None.
    technology : printed technology that prices the designs: a name or a TOML file.
    front_end : what stands between the sensors and the circuit: ``"thermometer"`` (a comparator per threshold),
        ``"binary"`` (flash converters) or ``"digital"`` (words from elsewhere, which cost nothing).
    front_end_figures : what prices it: a set of the technology's or a TOML file; the technology's first when None.
    objective : what search and choice make small beside accuracy: ``"system-power"``, ``"system-area"``, ``"power"``
        or ``"area"``; the system is circuit and front end together.
    n_jobs : processes of the search, and tools at a time in ``synthesize``; the result does not depend on it.
    random_state : int, RandomState or None; same int, same classifier.

    Attributes
    ----------
    classes_ : the class labels.
    n_features_in_, feature_names_in_ : as in every scikit-learn estimator.
    quantiser_ : turns features into the circuit's integers.
    front_end_ : kind of front end that the designs were searched for; the exact baseline has binary converters unless
        it is digital.
    designs_ : every design found, the exact baseline last.
    chosen_ : index of the active design, moved by ``choose``.
    baseline_ : the exact baseline's design.

    Notes
    -----
    Features that are constant in the training samples are not read by any design. Where a class has a single sample
    there are no folds; where no class has enough to hold any back, the training samples make the forecast.
    """

    def __init__(
        self,
        *,
        bits: int = 4,
        hidden: int | Sequence[int] | str = "auto",
        max_loss: float | None = None,
        effort: str = "fast",
        candidates: int | None = None,
        moves: int | None = None,
        folds: int | None = None,
        starts: Sequence[str] | None = None,
        metric: str = "accuracy",
        cost_matrix: Any = None,
        class_weight: dict | str | None = None,
        technology: str = "egfet-1.0v",
        front_end: str = "thermometer",
        front_end_figures: str | None = None,
        objective: str = "system-power",
        n_jobs: int | None = None,
        random_state: int | np.random.RandomState | None = None,
    ):
        self.bits = bits
        self.hidden = hidden
        self.max_loss = max_loss
        self.effort = effort
        self.candidates = candidates
        self.moves = moves
        self.folds = folds
        self.starts = starts
        self.metric = metric
        self.cost_matrix = cost_matrix
        self.class_weight = class_weight
        self.technology = technology
        self.front_end = front_end
        self.front_end_figures = front_end_figures
        self.objective = objective
        self.n_jobs = n_jobs
        self.random_state = random_state

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Find designs for the samples ``X`` (samples, features) with labels ``y`` (samples,).

        ``sample_weight`` (samples,) says what an error on each sample weighs in training and search. Scores and their
        forecast count a class by what its samples weigh in the mean, and by ``class_weight``.

        Raises
        ------
        ValueError
            for parameters or data that do not fit.
        """
        X, y = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(y)
        weights = None if sample_weight is None else _check_sample_weight(sample_weight, X)
        self.classes_, classes = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError("BespokeClassifier needs at least two classes; the data have 1 class")
        rng = check_random_state(self.random_state)
        seed = int(rng.randint(2**31 - 1))
        try:
            procedure = self._procedure(seed, classes, weights)
            fitted = find_designs(
                X,
                classes,
                weights,
                procedure=procedure,
                hidden=self._hidden(),
                folds=self._folds(),
                feature_names=tuple(self._feature_names()),
                class_labels=tuple(plain(label) for label in self.classes_),
                bits=self.bits,
                workers=joblib.effective_n_jobs(self.n_jobs or 1),
            )
        except InputError as error:
            raise ValueError(str(error)) from error
        self.front_end_ = procedure.front_end.kind
        self.quantiser_, self.designs_, self._vectors = fitted.quantiser, fitted.designs, fitted.vectors
        return self.choose(max_loss=self.max_loss)

    def _procedure(self, seed: int, classes: np.ndarray, weights: np.ndarray | None) -> Procedure:
        """What is done with samples, by the parameters."""
        effort, objective = _one_of(Effort, self.effort, "effort"), _one_of(Objective, self.objective, "objective")
        if self.max_loss is not None and not 0 <= self.max_loss <= 1:
            raise ValueError(f"max_loss must lie between 0 and 1, not {self.max_loss!r}")
        budget = BUDGETS[effort]
        for name in ("candidates", "moves"):
            given = getattr(self, name)
            if given is not None and given < 1:
                raise ValueError(f"{name} must be at least 1, not {given!r}")
            budget = budget if given is None else replace(budget, **{name: int(given)})
        starts = tuple(Start) if self.starts is None else tuple(_one_of(Start, one, "starts") for one in self.starts)
        if not starts:
            raise ValueError(f"starts needs at least one of {', '.join(Start)}")
        technology = load_technology(self.technology)
        must_price = objective.counts_front_end
        return Procedure(
            hidden=(),
            starts=starts,
            freeze=(),
            gate_level=True,
            objective=objective,
            technology=technology,
            front_end=front_end_named(technology, self._kind(), self._figures_name(), must_price=must_price),
            budget=budget,
            seed=seed,
            scorer=self._scorer(classes, weights),
            class_weight=self._class_weight(),
        )

    def _scorer(self, classes: np.ndarray, weights: np.ndarray | None) -> Scorer:
        """The metric; where classes or samples weigh differently, a class counts what its samples weigh in the mean."""
        metric = _one_of(Metric, self.metric, "metric")
        matrix = None
        if self.cost_matrix is not None:
            given = np.asarray(self.cost_matrix, dtype=np.float64)
            if given.shape != (len(self.classes_),) * 2:
                raise ValueError(f"cost_matrix must be {(len(self.classes_),) * 2}, a row a class, not {given.shape}")
            matrix = tuple(tuple(row) for row in given.tolist())
        counts = np.bincount(classes)
        by_class = own_weights(self._class_weight(), counts.astype(np.float64))
        if weights is not None:
            by_class = by_class * np.bincount(classes, weights) / counts
        if not by_class.any():
            raise ValueError("no class weighs anything, so no error would count")
        alike = np.ptp(by_class) <= 1e-12 * by_class.max()
        return Scorer(metric, matrix, None if alike else tuple(by_class.tolist()))

    def _class_weight(self) -> dict[int, float] | str | None:
        """Weights by class index."""
        if not isinstance(self.class_weight, dict):
            return self.class_weight
        places = {label: index for index, label in enumerate(self.classes_.tolist())}
        unknown = [label for label in self.class_weight if label not in places]
        if unknown:
            raise ValueError(f"class_weight names {unknown[0]!r}, which is no class of the data")
        return {places[label]: float(weight) for label, weight in self.class_weight.items()}

    def _hidden(self) -> tuple[int, ...] | None:
        """Neurons of every hidden layer; None where the data decide."""
        if isinstance(self.hidden, str):
            if self.hidden != "auto":
                raise ValueError(f"hidden must be 'auto', a number of neurons, or several, not {self.hidden!r}")
            return None
        return (int(self.hidden),) if np.isscalar(self.hidden) else tuple(int(size) for size in self.hidden)

    def _folds(self) -> int:
        if self.folds is None:
            return usual_folds(Effort(self.effort))
        if self.folds < 0 or self.folds == 1:
            raise ValueError(f"folds must be 0 or at least 2, not {self.folds!r}")
        return int(self.folds)

    def _kind(self) -> FrontEndKind:
        kind = _one_of(FrontEndKind, self.front_end, "front_end")
        if kind is FrontEndKind.DIGITAL and self.front_end_figures is not None:
            raise ValueError("front_end='digital' costs nothing; leave front_end_figures out")
        return kind

    def _figures_name(self) -> str | None:
        return None if self.front_end_figures is None else str(self.front_end_figures)

    @property
    def baseline_(self) -> Design:
        check_is_fitted(self, "designs_")
        return self.designs_[-1]

    @property
    def network_(self) -> Network:
        """The active design as the integer network that is the reference for its circuit."""
        check_is_fitted(self, "chosen_")
        return self.designs_[self.chosen_].model

    @property
    def pareto_front_(self) -> pd.DataFrame:
        """Designs that no other beats in forecast score, estimated area and estimated power, cheapest first.

        Area and power are those of the objective: of circuit and front end together, or of the circuit alone. The
        index is that of ``designs_``; ``forecast_accuracy`` is what the design will achieve on samples unseen, with its
        95 % interval, ``forecast_score`` the same by ``metric``, on which designs are chosen; ``chosen`` marks the
        active design, which is always listed.
        """
        check_is_fitted(self, "chosen_")
        return front_table(self.designs_, self.chosen_, Objective(self.objective))

    def choose(
        self,
        *,
        max_loss: float | None = None,
        min_accuracy: float | None = None,
        max_area_cm2: float | None = None,
        max_power_mw: float | None = None,
        max_system_area_cm2: float | None = None,
        max_system_power_mw: float | None = None,
        source: str | None = None,
    ) -> Self:
        """Make another design active and return the classifier.

        With a forecast asked for, the design cheapest in the objective that reaches it; with a budget alone, that of
        the best forecast within it; with nothing, what the constructor's ``max_loss`` says. Area and power are
        estimates.

        Parameters
        ----------
        max_loss : forecast score that may be lost against the exact baseline's.
        min_accuracy : least forecast score instead.
        max_area_cm2, max_power_mw : budget of the circuit alone.
        max_system_area_cm2, max_system_power_mw : budget of circuit and front end.
        source : power source of the technology that must carry both.

        Raises
        ------
        NoDesignError
            if no design meets the request; the active design stays.
        ValueError
            for an unknown source, or a budget of the system where nobody knows what the front end costs.
        """
        check_is_fitted(self, "designs_")
        if max_loss is not None and min_accuracy is not None:
            raise ValueError("max_loss and min_accuracy both set the accuracy asked for; give one of them")
        budget = {
            "max_area_cm2": max_area_cm2,
            "max_power_mw": max_power_mw,
            **self._system_budget(max_system_area_cm2, max_system_power_mw, source),
        }
        unlimited = all(most is None for most in budget.values())
        if max_loss is None and min_accuracy is None and unlimited:
            max_loss = self.max_loss
        budget["objective"] = _one_of(Objective, self.objective, "objective")
        budget["metric"] = str(self.metric).replace("-", " ")
        if max_loss is not None:
            request = Request.within(max_loss, self.baseline_.forecast, **budget)
        else:
            request = Request(min_score=min_accuracy, frugal=min_accuracy is None and unlimited, **budget)
        self.chosen_ = choose(self.designs_, request).index
        return self

    def _system_budget(self, area_cm2: float | None, power_mw: float | None, source: str | None) -> dict[str, Any]:
        """Limits of circuit and front end as a request takes them; a source limits the power to what it delivers."""
        if area_cm2 is power_mw is source is None:
            return {}
        try:
            if self.designs_[0].estimated.system_power_mw is None:
                figures_of(load_technology(self.technology), self.front_end_, self._figures_name())
            found = None if source is None else source_named(source, load_technology(self.technology))
        except InputError as error:
            raise ValueError(str(error)) from error
        powers = [most for most in (power_mw, found and found.power_mw) if most is not None]
        return {
            "max_system_area_cm2": area_cm2,
            "max_system_power_mw": min(powers, default=None),
            "source": found and found.name,
        }

    def predict(self, X: Any) -> np.ndarray:
        """The active circuit's answer for every sample of ``X`` (samples, features), as class labels."""
        check_is_fitted(self, "chosen_")
        X = validate_data(self, X, reset=False, dtype=np.float64)
        return self.classes_[self.network_.predict(self.quantiser_.transform(X))]

    def to_verilog(self, *, title: str = "BespokeClassifier") -> str:
        """Verilog of the active design: module ``top``, the class index on ``out``, what it reads on the bus ``inp``.

        Behind a thermometer front end a bit of ``inp`` says that a feature has reached a threshold, which a comment
        gives in the feature's unit; behind a binary or digital one ``inp`` carries the features' bits.
        """
        check_is_fitted(self, "chosen_")
        return emit_verilog(
            self.network_,
            wires=input_wires(self.network_, self._active_kind()),
            quantiser=self.quantiser_,
            title=title,
            feature_names=self._feature_names(),
            class_labels=[str(label) for label in self.classes_],
        )

    def _active_kind(self) -> FrontEndKind:
        """What stands before the active design: conventional converters before the exact baseline."""
        is_baseline = self.chosen_ == len(self.designs_) - 1
        if is_baseline and self.front_end_ is not FrontEndKind.DIGITAL:
            return FrontEndKind.BINARY
        return self.front_end_

    def _active_front_end(self, technology: Technology) -> FrontEnd:
        """What stands before the active design, priced by a technology as far as it can be."""
        front_end = front_end_named(technology, self.front_end_, self._figures_name(), must_price=False)
        if self._active_kind() is not self.front_end_:
            return baseline_front_end(technology, front_end)
        return front_end

    def synthesize(
        self,
        folder: str | Path,
        X: Any = None,
        y: Any = None,
        *,
        technology: str | None = None,
        effort: str | None = None,
    ) -> DesignMetrics:
        """Emit, simulate, map, prove and measure the active design with the EDA tools.

        The back end weighs power on the training samples. A loaded classifier has none: random vectors weigh power
        instead, ``power_optimised_on`` of the result says so, and the accuracy on training samples is the one
        that ``fit`` counted. X and y only measure, in either case.

        Parameters
        ----------
        folder : where Verilog, netlist and the tools' logs go.
        X, y : samples that ``fit`` has not seen, for the accuracy and power reported as those of the test part. Without
            them the samples of ``fit`` are taken, and the design's name says so.
        technology, effort : the constructor's by default.

        Raises
        ------
        ToolMissingError, ToolFailedError
            for the tools' troubles.
        VerificationError
            if any description of the circuit differs from the integer network.
        """
        from bespoke.pipeline.design import measure
        from bespoke.pipeline.mapping import Backend
        from bespoke.pipeline.modelfile import ModelFile

        check_is_fitted(self, "chosen_")
        if (X is None) != (y is None):
            raise ValueError("give both X and y, or neither")
        if self._vectors is None and X is None:
            raise ValueError("a loaded classifier holds no samples; give X and y to measure on")
        known = load_technology(technology or self.technology)
        data = self._measured_data(X, y)
        folder = Path(folder)
        model_file = folder / "model.json"
        front_end = self._active_front_end(known)
        ModelFile.of(self.network_, data, front_end.kind).save(model_file)
        return measure(
            self.network_,
            data,
            folder,
            name="chosen design" if X is not None else "chosen design, measured on the samples of fit",
            backend=Backend(
                technology=known,
                effort=effort or self.effort,
                yosys="pyosys",
                clock_ms=known.clock_ms,
                seed=0,
                front_end=front_end,
                objective=Objective(self.objective),
                workers=joblib.effective_n_jobs(self.n_jobs or 1),
            ),
            model_file=model_file,
            root=folder,
            known_accuracy=self._accuracy(data),
        )

    def _accuracy(self, data: PreparedData) -> PartAccuracies:
        """Of the active design: on training samples as ``fit`` counted it, on the test part anew."""
        design = self.designs_[self.chosen_]
        test = Accuracy.of(design.model.predict(data.test.features), data.test.classes)
        return PartAccuracies(design.train, None, test)

    def _measured_data(self, X: Any, y: Any) -> PreparedData:
        """X and y, or else samples of fit, those held back where there are some, as the test part."""
        if X is None:
            test = unsplit_part(*self._vectors.get("validation", self._vectors["train"]))
        else:
            X, y = validate_data(self, X, y, reset=False, dtype=np.float64)
            unknown = np.setdiff1d(y, self.classes_)
            if len(unknown):
                raise ValueError(f"label {unknown[0]!r} did not occur in fit")
            test = unsplit_part(self.quantiser_.transform(X), np.searchsorted(self.classes_, y))
            test = replace(test, measured=X)
        nothing = test.features[:0], test.classes[:0]
        train = nothing if self._vectors is None else self._vectors["train"]
        return PreparedData(
            "BespokeClassifier",
            self.quantiser_.bits,
            tuple(self._feature_names()),
            tuple(plain(label) for label in self.classes_),
            self.quantiser_,
            unsplit_part(*train),
            None,
            test,
        )

    def _feature_names(self) -> list[str]:
        names = getattr(self, "feature_names_in_", None)
        return [f"x{index}" for index in range(self.n_features_in_)] if names is None else [str(name) for name in names]

    def save(self, path: str | Path) -> None:
        """Write the fitted classifier as JSON, without the samples that it was fitted on."""
        check_is_fitted(self, "chosen_")
        parameters = self.get_params()
        if isinstance(parameters["random_state"], np.random.RandomState):
            parameters["random_state"] = None  # a generator's state says nothing about the fitted circuit
        names = getattr(self, "feature_names_in_", None)
        document = {
            "kind": "bespoke classifier",
            "schema": _SCHEMA,
            "parameters": {name: plain(value) for name, value in parameters.items()},
            "classes": [plain(label) for label in self.classes_],
            "classes_type": "object" if self.classes_.dtype == object else self.classes_.dtype.str,
            "n_features_in": self.n_features_in_,
            "feature_names_in": None if names is None else [str(name) for name in names],
            "quantiser": self.quantiser_.to_json(),
            "front_end": str(self.front_end_),
            "chosen": self.chosen_,
            "designs": [design.to_json() for design in self.designs_],
        }
        write_json(Path(path), document)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """The classifier that ``save`` wrote.

        Raises
        ------
        InputError
            naming the file, if it is missing or holds something else.
        """
        path = Path(path)
        document = read_json(path, "classifier file")
        try:
            _check_schema(document["kind"], document["schema"])
            parameters = document["parameters"]
            for name in ("hidden", "starts"):
                if isinstance(parameters[name], list):
                    parameters[name] = tuple(parameters[name])
            if isinstance(parameters["class_weight"], list):
                parameters["class_weight"] = {label: weight for label, weight in parameters["class_weight"]}
            loaded = cls(**parameters)
            loaded.classes_ = np.array(document["classes"], dtype=np.dtype(document["classes_type"]))
            loaded.n_features_in_ = int(document["n_features_in"])
            if document["feature_names_in"] is not None:
                loaded.feature_names_in_ = np.array(document["feature_names_in"], dtype=object)
            loaded.quantiser_ = Quantiser.from_json(document["quantiser"])
            loaded.front_end_ = FrontEndKind(document["front_end"])
            loaded.designs_ = tuple(Design.from_json(entry) for entry in document["designs"])
            loaded.chosen_ = int(document["chosen"])
            loaded._vectors = None
            fits = 0 <= loaded.chosen_ < len(loaded.designs_) and loaded.network_.features == loaded.n_features_in_
        except InputError as error:
            raise InputError(f"classifier file {path}: {error}") from None
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"classifier file {path} is damaged: {type(error).__name__} {error}") from None
        if not fits:
            raise InputError(f"classifier file {path} is damaged: its chosen design does not fit its features")
        return loaded


def _one_of(kind: type[StrEnum], value: Any, name: str) -> StrEnum:
    """A parameter that takes one of several words."""
    if not isinstance(value, str) or value not in list(kind):
        raise ValueError(f"{name} must be one of {', '.join(kind)}, not {value!r}")
    return kind(value)


def _check_schema(kind: Any, schema: Any) -> None:
    if kind != "bespoke classifier" or not isinstance(schema, int) or schema > _SCHEMA:
        raise InputError("it is not of this kind or version")
    if schema < _SCHEMA:
        raise InputError(
            f"an earlier version wrote it (schema {schema}, now {_SCHEMA}), which forecast nothing: fit and save anew"
        )
