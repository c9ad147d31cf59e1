"""A classifier that is fitted for its prints."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_iris

from bespoke import BespokeClassifier

X, y = load_iris(return_X_y=True)


def fitted(**options) -> BespokeClassifier:
    defaults = {"candidates": 2000, "moves": 4000, "folds": 3, "hidden": (2,), "random_state": 0, "effort": "fast"}
    return BespokeClassifier(objective="printed-accuracy", **(defaults | options)).fit(X, y)


def test_scores_are_those_of_prints_and_accuracies_those_of_designs(tmp_path):
    model = fitted(device_yield=0.95, threshold_sigma=0.3)
    forecasts = [design.forecast for design in model.designs_]
    assert all(one.score < one.accuracy for one in forecasts if one.accuracy > 0.5)
    assert model.baseline_.forecast.score < 0.5 < model.baseline_.forecast.accuracy  # thousands of gates
    assert (model.predict(X) == y).mean() > 0.65
    again = fitted(device_yield=0.95, threshold_sigma=0.3, n_jobs=2)
    assert [one.forecast for one in again.designs_] == forecasts
    model.save(tmp_path / "model.json")
    loaded = BespokeClassifier.load(tmp_path / "model.json")
    assert loaded.get_params()["device_yield"] == 0.95
    assert np.array_equal(loaded.predict(X), model.predict(X))
    model.choose(max_loss=0.5)  # below the baseline as designed, for its prints are no bar
    least = model.baseline_.forecast.accuracy - 0.5
    assert model.designs_[model.chosen_].forecast.score >= least > model.baseline_.forecast.score
    model.choose(max_system_power_mw=0.2)
    assert model.designs_[model.chosen_].costs.system_power_mw <= 0.2


@pytest.mark.parametrize(
    ("name", "value"),
    [("device_yield", 0.2), ("device_yield", "much"), ("device_yield", None), ("threshold_sigma", -0.1)],
)
def test_what_is_no_spread_is_refused_by_name(name, value):
    with pytest.raises(ValueError, match=name):
        fitted(**{name: value})
