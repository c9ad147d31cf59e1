"""The active design through the EDA tools, measured on samples."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.utils.validation import validate_data

from bespoke.backend.mapping import Backend
from bespoke.costs import Objective
from bespoke.data import PreparedData
from bespoke.errors import InputError
from bespoke.estimator.fitting import unsplit_part
from bespoke.estimator.parameters import figures_name, workers_of
from bespoke.execution import executor_of
from bespoke.run.choosing import forecast_fields
from bespoke.run.design import measure
from bespoke.run.judging import baseline_front_end
from bespoke.run.metrics import DesignMetrics, PartAccuracies
from bespoke.run.modelfile import ModelFile
from bespoke.run.preparation import front_end_named
from bespoke.sensing import FrontEnd
from bespoke.statistics import Accuracy
from bespoke.technology import Technology, load_technology


def measured(
    classifier: Any, folder: Path, X: Any, y: Any, *, technology: str | None, effort: str | None
) -> DesignMetrics:
    """See ``BespokeClassifier.synthesize``."""
    known = load_technology(technology or classifier.technology)
    data = measured_data(classifier, X, y)
    design = classifier.designs_[classifier.chosen_]
    front_end = _active_front_end(classifier, known)
    _make(folder)
    model_file = folder / "model.json"
    ModelFile.of(design.model, data, front_end.kind).save(model_file)
    unseen = X is not None or "test" in classifier._vectors
    test = Accuracy.of(design.model.predict(data.test.features), data.test.classes)
    with executor_of(workers=workers_of(classifier.n_jobs)) as executor:
        found = measure(
            design.model,
            data,
            folder,
            name="chosen design" if unseen else "chosen design, measured on the samples of fit",
            backend=Backend(
                technology=known,
                effort=effort or classifier.effort,
                yosys="pyosys",
                clock_ms=known.clock_ms,
                seed=0,
                front_end=front_end,
                objective=Objective(classifier.objective).cost,
            ),
            model_file=model_file,
            root=folder,
            known_accuracy=PartAccuracies(design.train, None, test),
            executor=executor,
        )
    return found if design.forecast is None else replace(found, **forecast_fields(design.forecast))


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise InputError(f"{folder} is a file, or lies behind one; name a folder for what is synthesised") from None
    except OSError as error:
        raise InputError(f"folder {folder} cannot be made: {error.strerror}; name another one") from None


def measured_data(classifier: Any, X: Any, y: Any) -> PreparedData:
    """X and y as the test part, or else a run's test part, the samples of fit held back, or all samples of fit.

    Raises
    ------
    ValueError
        for one of X and y alone, a label that fit did not see, or where there are no samples at all.
    """
    if (X is None) != (y is None):
        raise ValueError("give both X and y, or neither")
    vectors = classifier._vectors
    if X is None and not vectors:
        raise ValueError("a loaded classifier holds no samples; give X and y to measure on")
    if X is None:
        test = unsplit_part(*next(vectors[name] for name in ("test", "validation", "train") if name in vectors))
    else:
        X, y = validate_data(classifier, X, y, reset=False, dtype=np.float64)
        unknown = np.setdiff1d(y, classifier.classes_)
        if len(unknown):
            raise ValueError(f"label {unknown[0]!r} did not occur in fit")
        indices = np.argsort(classifier._class_places)[np.searchsorted(classifier.classes_, y)]
        test = replace(unsplit_part(classifier.quantiser_.transform(X), indices), measured=X)
    nothing = test.features[:0], test.classes[:0]
    return PreparedData(
        "BespokeClassifier",
        classifier.quantiser_.bits,
        tuple(classifier._feature_names()),
        tuple(classifier._labels()),
        classifier.quantiser_,
        unsplit_part(*vectors.get("train", nothing)),
        None,
        test,
    )


def _active_front_end(classifier: Any, technology: Technology) -> FrontEnd:
    """What stands before the active design, priced by a technology as far as it can be."""
    figures = figures_name(classifier.front_end_figures)
    front_end = front_end_named(technology, classifier.front_end_, figures, must_price=False)
    if classifier._active_kind() is not classifier.front_end_:
        return baseline_front_end(technology, front_end)
    return front_end
