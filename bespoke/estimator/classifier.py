"""The estimator itself."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from bespoke.costs import Objective
from bespoke.design import Design, Forecast, choose
from bespoke.errors import InputError
from bespoke.estimator.answering import CircuitClassifier
from bespoke.estimator.checks import checked, in_parameters, one_of
from bespoke.estimator.choosing import place_of, request_of, system_limits
from bespoke.estimator.designs import front_table
from bespoke.estimator.fitting import find_designs
from bespoke.estimator.parameters import (
    figures_name,
    folds_of,
    hidden_of,
    model_of,
    procedure_of,
    workers_of,
)
from bespoke.estimator.plotting import draw_front
from bespoke.estimator.saving import plain, read_classifier, write_classifier
from bespoke.estimator.shares import class_shares, decisions
from bespoke.model import IntegerClassifier
from bespoke.run.config import DEVICE_YIELD
from bespoke.run.metrics import DesignMetrics
from bespoke.sensing import FrontEndKind
from bespoke.technology import load_technology

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class BespokeClassifier(CircuitClassifier):
    """Classifier whose every prediction is what a printed circuit would answer.

    ``fit`` quantises the features, trains a float MLP and a power-of-two network, searches approximations of every
    neuron and of every gate, and forecasts by cross-fitting what accuracy each cost buys; it needs no EDA tool.
    ``predict`` is the integer model, bit for bit what ``to_verilog`` describes.

    Parameters
    ----------
    bits : width of every input feature, 1 to 12.
    hidden : neurons of the hidden layer, or of each of several; ``"auto"`` for what cross-validation finds.
    model : trained MLP to start from instead of training one: an .onnx, .json or .npz file, or what
        `bespoke.importers.import_model` returned; it brings its hidden layers. It may have seen any sample, so the
        folds that forecast train networks of their own.
    max_loss : forecast score that the chosen design may lose against the exact baseline's; None for the cheapest
        design whose forecast lies within one standard error of the best.
    effort : ``"fast"``, ``"normal"`` or ``"high"``: what training and search may spend.
    candidates : networks that the genetic search evaluates; set by ``effort`` when None.
    moves : edits that each island of the gate-level search tries; set by ``effort`` when None.
    folds : folds that forecast the accuracy, 3 at effort fast and 5 otherwise when None; 0 holds back a quarter of
        every class instead.
    starts : what the gate-level search starts from, of ``"network"``, ``"tree"``, ``"forest"``, ``"lut"`` and
        ``"nothing"``: one word or several; all of them when None.
    metric : what designs are compared by: ``"accuracy"``, ``"balanced-accuracy"``, ``"f1-macro"`` or ``"cost"``.
    cost_matrix : (classes, classes), cost of each answer (column) to each class (row), for ``metric="cost"``.
    class_weight : ``"balanced"``, or what an error on a class weighs, by label; 1 for all when None.
    technology : printed technology that prices the designs: a name or a TOML file.
    front_end : what stands between the sensors and the circuit: ``"thermometer"`` (a comparator per threshold),
        ``"binary"`` (flash converters) or ``"digital"`` (words from elsewhere, which cost nothing).
    front_end_figures : what prices it: a set of the technology's or a TOML file; the technology's first when None.
    objective : what search and choice make small beside accuracy: ``"system-power"``, ``"system-area"``, ``"power"``
        or ``"area"``; the system is circuit and front end together. ``"printed-accuracy"`` makes the system's power
        small while scores are those of prints, of which devices are broken and thresholds drift.
    device_yield : probability that a printed device works, for ``objective="printed-accuracy"``.
    threshold_sigma : drift of a comparator's reference, standard deviation in steps of the grid, for the same.
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
    held_out_ : for every design, the answers on held-out samples that its forecast rests on, by true and answered
        class: those of the folds' designs of its cost, pooled.
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
        model: Any = None,
        max_loss: float | None = None,
        effort: str = "fast",
        candidates: int | None = None,
        moves: int | None = None,
        folds: int | None = None,
        starts: str | Sequence[str] | None = None,
        metric: str = "accuracy",
        cost_matrix: Any = None,
        class_weight: dict | str | None = None,
        technology: str = "egfet-1.0v",
        front_end: str = "thermometer",
        front_end_figures: str | None = None,
        objective: str = "system-power",
        device_yield: float = DEVICE_YIELD,
        threshold_sigma: float = 0.0,
        n_jobs: int | None = None,
        random_state: int | np.random.RandomState | None = None,
    ):
        self.bits = bits
        self.hidden = hidden
        self.model = model
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
        self.device_yield = device_yield
        self.threshold_sigma = threshold_sigma
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
        self._class_places = np.arange(len(self.classes_))
        if len(self.classes_) < 2:
            raise ValueError("BespokeClassifier needs at least two classes; the data have 1 class")
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        try:
            procedure = procedure_of(self.get_params(), self.classes_, classes, weights, seed)
            imported = model_of(self.model)
            fitted = find_designs(
                X,
                classes,
                weights,
                procedure=procedure,
                hidden=hidden_of(self.hidden, imported),
                imported=imported,
                folds=folds_of(self.folds, self.effort),
                feature_names=tuple(self._feature_names()),
                class_labels=tuple(plain(label) for label in self.classes_),
                bits=self.bits,
                workers=workers_of(self.n_jobs),
            )
        except InputError as error:
            raise in_parameters(error) from error
        self.front_end_ = procedure.front_end.kind
        self.quantiser_, self.designs_, self._vectors = fitted.quantiser, fitted.designs, fitted.vectors
        self.held_out_, self._share_weights = fitted.held_out, fitted.class_weights
        self._selectable = tuple(range(len(self.designs_)))
        self._run_choice = None  # that of a run which the classifier came from before
        return self.choose(max_loss=self.max_loss)

    @classmethod
    def from_run(cls, run: str | Path) -> Self:
        """The classifier that a finished run found, with its whole front.

        ``designs_`` are those of the run's ``front.csv``, in its order, with measured costs; the run's chosen design is
        active, and ``choose`` takes another. Rival trees are chosen by their index alone, unless the run lets them be
        chosen. ``synthesize`` measures on the run's test part. What the run read its samples from is not needed.

        Parameters
        ----------
        run : folder of a finished ``bespoke run``.

        Raises
        ------
        InputError
            where that is no folder of a finished run.
        """
        from bespoke.estimator.runs import restore_run

        return restore_run(cls, Path(run))

    @property
    def baseline_(self) -> Design:
        check_is_fitted(self, "designs_")
        return self.designs_[-1]

    @property
    def network_(self) -> IntegerClassifier:
        """The active design as the integer model that is the reference for its circuit."""
        check_is_fitted(self, "chosen_")
        return self.designs_[self.chosen_].model

    @property
    def pareto_front_(self) -> pd.DataFrame:
        """Designs that no other beats in forecast score, area and power, cheapest first.

        Area and power are those of the objective: of circuit and front end together, or of the circuit alone. The
        index is that of ``designs_``, which ``choose`` takes; ``forecast_accuracy`` is what the design will achieve on
        samples unseen, with its 95 % interval, ``forecast_score`` the same by ``metric``, on which designs are chosen;
        ``chosen`` marks the active design, which is always listed. Estimated figures have it in their names.
        """
        check_is_fitted(self, "chosen_")
        return front_table(self.designs_, self._selectable, self.chosen_, Objective(self.objective).cost)

    def plot_front(self, ax: Axes | None = None) -> Axes:
        """Draw ``pareto_front_`` beside the exact baseline: forecast score, with its 95 % interval, against cost.

        Parameters
        ----------
        ax : Matplotlib's axes to draw on; those of a new figure when None.

        Returns
        -------
        the axes, for titles, limits and saving (``ax.figure.savefig``).
        """
        listed = self.pareto_front_.index.tolist()
        return draw_front(ax, self.designs_, listed, self.chosen_, Objective(self.objective).cost, self.metric)

    def choose(
        self,
        index: int | None = None,
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

        With an index, that design. With a forecast asked for, the design cheapest in the objective that reaches it;
        with a budget alone, that of the best forecast within it; with nothing, what the constructor's ``max_loss``
        says, or what the run chose that ``from_run`` read. Area and power are the estimates of a fit, and measured
        after ``from_run``.

        Parameters
        ----------
        index : a design by the index of ``pareto_front_``, which is its place in ``designs_``.
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
            for an index of no design, numbers out of range, an unknown source, or a budget of the system where nobody
            knows what the front end costs.
        """
        check_is_fitted(self, "designs_")
        asked = (max_loss, min_accuracy, max_area_cm2, max_power_mw, max_system_area_cm2, max_system_power_mw, source)
        if index is not None:
            if any(value is not None for value in asked):
                raise ValueError("an index names the design; leave the other requests out")
            self.chosen_ = place_of(index, len(self.designs_))
            return self
        if all(value is None for value in asked) and getattr(self, "_run_choice", None) is not None:
            self.chosen_ = self._run_choice
            return self
        max_loss, min_accuracy = checked("max_loss", max_loss, most=1), checked("min_accuracy", min_accuracy, most=1)
        max_area_cm2, max_power_mw = checked("max_area_cm2", max_area_cm2), checked("max_power_mw", max_power_mw)
        max_system_area_cm2 = checked("max_system_area_cm2", max_system_area_cm2)
        max_system_power_mw = checked("max_system_power_mw", max_system_power_mw)
        system = system_limits(
            max_system_area_cm2,
            max_system_power_mw,
            source,
            costs=self.designs_[0].estimated,
            technology=load_technology(self.technology),
            kind=self.front_end_,
            figures=figures_name(self.front_end_figures),
        )
        request = request_of(
            max_loss=max_loss,
            min_accuracy=min_accuracy,
            limits={"max_area_cm2": max_area_cm2, "max_power_mw": max_power_mw, **system},
            default_loss=self.max_loss,
            baseline=self._bar,
            objective=one_of(Objective, self.objective, "objective").cost,
            metric=str(self.metric).replace("-", " "),
        )
        found = choose([self.designs_[place] for place in self._selectable], request)
        self.chosen_ = self._selectable[found.index]
        return self

    @property
    def _bar(self) -> Forecast:
        """What a loss is counted from: the exact baseline's forecast, as designed where scores are those of prints."""
        forecast = self.baseline_.forecast
        printed = Objective(self.objective) is Objective.PRINTED_ACCURACY
        return forecast.as_designed if printed and self.metric == "accuracy" else forecast

    def predict_proba(self, X: Any) -> np.ndarray:
        """What the active circuit's answer is worth: shares of the true classes, float (samples, classes).

        The circuit says a class and no more, so all samples of one answer have the same shares: those of the true
        classes among the samples that the folds held out (without folds, those held back) and that got this answer,
        pooled at the design's cost as for the forecast; no sample that a design was found with takes part. The
        columns are in the order of ``classes_``.

        Samples count as in training, where ``class_weight``, ``sample_weight`` and the metric may make those of one
        class weigh more, as in scikit-learn's classifiers; otherwise the shares are calibrated frequencies. They are
        smoothed by as many more samples as there are classes, spread like the classes. The answered class has the
        greatest share, so that this agrees with ``predict``: where few held-out samples got an answer and speak for
        another class, the two become level.
        """
        answers = self._answers(X)
        shares = class_shares(self.held_out_[self.chosen_], self._share_weights)[answers]
        ordered = np.empty_like(shares)
        ordered[:, self._class_places] = shares
        return ordered

    def decision_function(self, X: Any) -> np.ndarray:
        """Logarithms of ``predict_proba``, float (samples, classes); with two classes the log-odds of the second."""
        return decisions(self.predict_proba(X))

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
            them a run's test part is taken, or else the samples of ``fit``, and then the design's name says so.
        technology, effort : the constructor's by default.

        Raises
        ------
        InputError
            where the folder is a file, or cannot be made.
        ToolMissingError, ToolFailedError
            for the tools' troubles.
        VerificationError
            if any description of the circuit differs from the integer network.
        """
        from bespoke.estimator.measuring import measured

        check_is_fitted(self, "chosen_")
        return measured(self, Path(folder), X, y, technology=technology, effort=effort)

    def save(self, path: str | Path) -> None:
        """Write the fitted classifier as JSON, without the samples that it was fitted on.

        Raises
        ------
        InputError
            naming the file, where it is a folder or cannot be written.
        """
        check_is_fitted(self, "chosen_")
        write_classifier(Path(path), self)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """The classifier that ``save`` wrote.

        Raises
        ------
        InputError
            naming the file, if it is missing or holds something else.
        """
        return read_classifier(Path(path), cls)

    def __repr__(self, N_CHAR_MAX: int = 700) -> str:
        """The parameters that differ from their defaults, on one line."""
        return " ".join(super().__repr__(N_CHAR_MAX).split())

    def _active_kind(self) -> FrontEndKind:
        """What stands before the active design: conventional converters before the exact baseline."""
        is_baseline = self.chosen_ == len(self.designs_) - 1
        if is_baseline and self.front_end_ is not FrontEndKind.DIGITAL:
            return FrontEndKind.BINARY
        return self.front_end_
