"""Small things that people touch: the representation, a design by its index, the picture, the range of bits."""

from __future__ import annotations

import subprocess
import sys

import matplotlib as mpl
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.neural_network import MLPClassifier

import bespoke
from bespoke import BespokeClassifier
from bespoke.data import load_dataset, prepare
from bespoke.errors import InputError
from bespoke.importers import import_model
from bespoke.run.config import RunConfig
from bespoke.sensing import Quantiser

mpl.use("Agg")
IRIS = load_iris()
IRIS_ARRAYS = (IRIS.data, IRIS.target)


@pytest.fixture(scope="module")
def fitted():
    return BespokeClassifier(candidates=2000, moves=4000, folds=0, hidden=(2,), random_state=0).fit(*IRIS_ARRAYS)


def test_the_representation_is_one_line_of_what_was_set():
    assert repr(BespokeClassifier()) == "BespokeClassifier()"
    matrix = (np.ones((6, 6)) - np.eye(6)).tolist()
    many = BespokeClassifier(
        metric="cost", cost_matrix=matrix, starts=("tree", "forest", "lut"), effort="high", max_loss=0.01, folds=10,
        front_end="binary", front_end_figures="esl-2024", objective="system-area", n_jobs=2, random_state=1,
    )  # fmt: skip
    assert "\n" not in repr(many)
    assert all(word in repr(many) for word in ("effort='high'", "starts=('tree', 'forest', 'lut')", "random_state=1"))
    assert "bits" not in repr(many)


def test_a_design_is_chosen_by_the_index_of_the_front(fitted):
    for index in fitted.pareto_front_.index:
        assert fitted.choose(index) is fitted and fitted.chosen_ == index
        assert fitted.pareto_front_.loc[index, "chosen"]
    fitted.choose(len(fitted.designs_) - 1)
    assert fitted.network_ is fitted.baseline_.model
    fitted.choose(0)
    for index in (len(fitted.designs_), -1, 1.0, "1", True):
        with pytest.raises(ValueError, match=rf"no design {index!r}; designs go from 0 to {len(fitted.designs_) - 1}"):
            fitted.choose(index)
    with pytest.raises(ValueError, match="leave the other requests out"):
        fitted.choose(1, max_loss=0.1)
    assert fitted.chosen_ == 0
    assert fitted.choose().chosen_ != 0


def test_the_front_is_drawn_with_what_is_active(fitted):
    axes = fitted.plot_front()
    assert axes is fitted.plot_front(axes)
    fresh = mpl.figure.Figure().add_subplot()
    fitted.choose(0)
    assert fitted.plot_front(ax=fresh) is fresh
    drawn = {bars.get_label(): np.array(bars[0].get_xydata()) for bars in fresh.containers}
    front = fitted.pareto_front_
    others = front[~front["chosen"] & (front["origin"] != "exact baseline")]
    assert drawn["front"] == pytest.approx(others[["estimated_system_power_mw", "forecast_score"]].to_numpy())
    active = fitted.designs_[0]
    assert drawn["active design"].tolist() == [[active.estimated.system_power_mw, active.forecast.score]]
    baseline = fitted.baseline_
    assert drawn["exact baseline"].tolist() == [[baseline.estimated.system_power_mw, baseline.forecast.score]]
    assert active.estimated.system_power_mw == 0 and fresh.get_xlim()[0] < 0  # what costs nothing is on the picture
    assert fresh.get_xlabel() == "power of circuit and front end, mW (estimated)"
    assert fresh.get_ylabel() == "forecast accuracy"
    fitted.choose()


@pytest.mark.parametrize("bits", [0, 13, 20])
def test_bits_out_of_range_are_told_by_the_name_that_whoever_set_them_knows(bits):
    dataset = load_dataset("iris")
    for refused, words in (
        (lambda: RunConfig(data="iris", bits=bits), "option --bits must be between 1 and 12"),
        (lambda: prepare(dataset, bits=bits), "bits must be between 1 and 12"),
        (lambda: Quantiser((0.0,), (1.0,), bits), "bits must be between 1 and 12"),
        (lambda: BespokeClassifier(bits=bits).fit(*IRIS_ARRAYS), "bits must be a whole number from 1 to 12"),
    ):
        with pytest.raises((InputError, ValueError)) as caught:
            refused()
        assert str(caught.value) == f"{words}, not {bits}"


def test_names_of_the_package_are_imported_when_asked_for():
    lines = [
        "import sys, bespoke",
        "assert not {'sklearn', 'numba', 'pandas'} & set(sys.modules), 'import bespoke is slow'",
        "assert {'load', 'BespokeClassifier'} <= set(dir(bespoke))",
        "from bespoke import BespokeClassifier, load",
        "import bespoke.estimator as room",
        "assert BespokeClassifier is room.BespokeClassifier and load is room.load",
    ]
    subprocess.run([sys.executable, "-c", "\n".join(lines)], check=True, timeout=120)
    with pytest.raises(AttributeError, match="no attribute 'lode'"):
        _ = bespoke.lode


@pytest.fixture(scope="module")
def mlp():
    return MLPClassifier((4,), max_iter=3000, random_state=0).fit(*IRIS_ARRAYS)


def test_an_imported_model_becomes_an_estimator_that_starts_from_it(mlp, tmp_path):
    imported = import_model(mlp)
    model = imported.to_estimator(candidates=500, moves=2000, folds=2, random_state=0)
    assert isinstance(model, BespokeClassifier) and not hasattr(model, "designs_")
    assert model.get_params()["random_state"] == 0 and "\n" not in repr(model) and "4-4-3" in repr(model)
    fitted = clone(model).fit(*IRIS_ARRAYS)
    exact = fitted.baseline_.model
    assert exact.topology == (4, 4, 3)
    answers = exact.predict(fitted.quantiser_.transform(IRIS.data))
    assert np.mean(answers == mlp.predict(IRIS.data)) > 0.95
    fitted.save(tmp_path / "classifier.json")
    again = BespokeClassifier.load(tmp_path / "classifier.json")
    assert again.fit(*IRIS_ARRAYS).designs_ == fitted.designs_


def test_an_imported_model_keeps_what_a_constant_feature_adds(mlp):
    """The search does not read such a feature; the model's part of it stays."""
    features = np.insert(IRIS.data, 2, 7.5, axis=1)
    model = MLPClassifier((4,), max_iter=3000, random_state=0).fit(features, IRIS.target)
    fitted = import_model(model).to_estimator(candidates=500, moves=2000, folds=0, random_state=0)
    fitted.fit(features, IRIS.target)
    answers = fitted.baseline_.model.predict(fitted.quantiser_.transform(features))
    assert np.mean(answers == model.predict(features)) > 0.95


def test_a_model_that_cannot_be_started_from_is_named(mlp, tmp_path):
    with pytest.raises(ValueError, match=r"not MLPClassifier: .*clone"):
        BespokeClassifier(model=mlp).fit(*IRIS_ARRAYS)
    with pytest.raises(ValueError, match="leave hidden at 'auto'"):
        import_model(mlp).to_estimator(hidden=3).fit(*IRIS_ARRAYS)
    with pytest.raises(ValueError, match=r"nowhere\.json"):
        BespokeClassifier(model=tmp_path / "nowhere.json").fit(*IRIS_ARRAYS)
    with pytest.raises(ValueError, match="features"):
        import_model(mlp).to_estimator().fit(IRIS.data[:, :3], IRIS.target)


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ({"max_loss": 2}, "max_loss must be a number from 0 to 1"),
        ({"min_accuracy": 90}, "min_accuracy must be a number from 0 to 1"),
        ({"max_system_power_mw": -1}, "max_system_power_mw must be a number of at least 0"),
        ({"max_system_power_mw": float("nan")}, "max_system_power_mw must be"),
        ({"max_area_cm2": "x"}, "max_area_cm2 must be a number"),
    ],
)
def test_numbers_out_of_range_are_no_request(fitted, request_, said):
    with pytest.raises(ValueError, match=said):
        fitted.choose(**request_)
