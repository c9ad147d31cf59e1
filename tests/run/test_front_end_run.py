"""A whole run of an imported model behind the default front end, on tiny data with a tiny budget."""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import MinMaxScaler

from bespoke.data import load_dataset, prepare
from bespoke.importers import import_model
from bespoke.model import LogicCircuit, input_wires
from bespoke.run import front
from bespoke.run.budgets import BUDGETS
from bespoke.run.config import Effort, RunConfig
from bespoke.run.job import run
from bespoke.run.modelfile import ModelFile
from bespoke.run.rivals import RIVAL_TREE
from bespoke.sensing import FrontEndKind, ThermometerWires, read_front_end

pytestmark = pytest.mark.eda


@pytest.fixture(scope="module")
def mlp(tmp_path_factory):
    """Somebody's MLP of iris as a JSON file, trained on the run's own training part."""
    dataset = load_dataset("iris")
    rows = prepare(dataset).train.rows
    scaler = MinMaxScaler().fit(dataset.features[rows])
    model = MLPClassifier((2,), max_iter=2000, random_state=0, solver="lbfgs")
    model.fit(scaler.transform(dataset.features[rows]), dataset.classes[rows])
    path = tmp_path_factory.mktemp("mlp") / "mlp.json"
    document = {
        "coefs": [matrix.tolist() for matrix in model.coefs_],
        "intercepts": [vector.tolist() for vector in model.intercepts_],
        "low": scaler.data_min_.tolist(),
        "high": scaler.data_max_.tolist(),
        "class_labels": list(dataset.class_labels),
    }
    path.write_text(json.dumps(document))
    return path


@pytest.fixture(scope="module")
def finished(mlp, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run") / "out"
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(BUDGETS, Effort.FAST, replace(BUDGETS[Effort.FAST], candidates=20_000, moves=20_000))
        patch.setitem(front.MAPPED_DESIGNS, Effort.FAST, 3)
        config = RunConfig(data="iris", model=str(mlp), effort=Effort.FAST, max_loss=0.05, workers=1)
        return folder, run(config, folder)


def rows_of(folder):
    return list(csv.DictReader((folder / "front.csv").open()))


def test_the_imported_model_is_searched_behind_comparators(finished):
    folder, metrics = finished
    chosen, baseline = metrics.chosen, metrics.baseline
    assert baseline.topology == (4, 2, 3)
    assert (chosen.front_end.kind, chosen.front_end.figures) == ("thermometer", "date-2024")
    assert (baseline.front_end.kind, baseline.front_end.figures) == ("binary", "esl-2024")
    assert chosen.verification.threshold_probes > 0 and chosen.verification.netlist_equivalent
    assert chosen.estimated_system_power_mw < baseline.estimated_system_power_mw
    assert metrics.ratios.system_power == pytest.approx(
        baseline.estimated_system_power_mw / chosen.estimated_system_power_mw
    )
    saved = ModelFile.load(folder / "models/approximate.json")
    assert saved.front_end is FrontEndKind.THERMOMETER
    wires = read_front_end(folder / "front_end.csv", metrics.data.features, 4)
    assert isinstance(wires, ThermometerWires) and wires == input_wires(saved.classifier, saved.front_end)
    assert ModelFile.load(folder / "models/baseline.json").front_end is FrontEndKind.BINARY


def test_every_row_of_the_front_says_what_the_system_takes(finished):
    folder, metrics = finished
    rows = rows_of(folder)
    assert rows[-1]["origin"] == "exact baseline"
    for row in rows:
        whole = float(row["static_power_mw"]) + float(row["estimated_front_end_power_mw"])
        assert float(row["estimated_system_power_mw"]) <= whole * 1.05  # switching is little beside static power
    (chosen,) = [row for row in rows if row["chosen"] == "1"]
    assert chosen["origin"] != RIVAL_TREE
    fitting = [row for row in rows if row["origin"] != RIVAL_TREE and _within(row, metrics, 0.05)]
    assert chosen in fitting
    assert float(chosen["estimated_system_power_mw"]) == min(float(r["estimated_system_power_mw"]) for r in fitting)


def _within(row, metrics, loss) -> bool:
    return float(row["forecast_score"]) >= metrics.baseline.forecast_score - loss - 1e-5


def test_forecasts_stand_in_the_front_and_in_the_metrics(finished):
    folder, metrics = finished
    rows = rows_of(folder)
    for row in rows:
        shares = [float(row[f"forecast_{name}"]) for name in ("low", "accuracy", "high")]
        assert shares == sorted(shares) and float(row["forecast_score"]) == shares[1]
    (chosen,) = [row for row in rows if row["chosen"] == "1"]
    for row, design in (
        (chosen, metrics.chosen),
        (rows[-1], metrics.baseline),
        (rows[metrics.rival.index], metrics.rival),
    ):
        for name in ("forecast_accuracy", "forecast_low", "forecast_high"):
            assert float(row[name]) == pytest.approx(getattr(design, name), abs=1e-6)
    assert metrics.chosen.forecast_score == metrics.chosen.forecast_accuracy
    assert metrics.chosen.accuracy.validation is None and metrics.data.validation_samples is None
    assert (metrics.selection.metric, metrics.selection.folds) == ("accuracy", 3)
    assert f"at most 0.05 below the exact baseline's {metrics.baseline.forecast_score:.4f}" in metrics.selection.rule
    assert (metrics.data.train_samples, metrics.data.test_samples) == (105, 45)
    assert set(metrics.seconds) >= {"training and searching", "mapping the front"} and metrics.topology is None


def test_the_imported_model_is_kept_from_the_folds(finished, mlp):
    """It may have seen any sample, so that each fold trains a network of its topology."""
    folder, _ = finished
    whole = json.loads((folder / "models/float.json").read_text())
    assert whole == import_model(mlp).adapted(prepare(load_dataset("iris"))).to_json()
    seen = [json.loads((folder / f"folds/{fold}/models/float.json").read_text()) for fold in range(3)]
    assert all([len(layer) for layer in one["weights"]] == [2, 3] for one in (whole, *seen))
    assert all(one["weights"] != whole["weights"] for one in seen)


def test_rival_trees_stand_in_the_front_and_in_the_metrics(finished):
    folder, metrics = finished
    rows = rows_of(folder)
    rivals = [row for row in rows if row["origin"] == RIVAL_TREE]
    assert 1 <= len(rivals) <= front.MAPPED_RIVALS
    rival, row = metrics.rival, rows[metrics.rival.index]
    assert row in rivals
    model = ModelFile.load(folder / row["model_file"]).classifier
    assert isinstance(model, LogicCircuit) and isinstance(model.wires, ThermometerWires)
    data = prepare(load_dataset("iris"))
    share = np.mean(model.predict(data.test.features) == data.test.classes)
    assert rival.accuracy.test.value == pytest.approx(share) == pytest.approx(float(row["test_accuracy"]), abs=1e-6)
    assert rival.comparators == int(row["comparators"])
    assert rival.estimated_system_power_mw == pytest.approx(float(row["estimated_system_power_mw"]), rel=1e-6)
    assert metrics.selection.front_designs == len(rows) - len(rivals)
    assert json.loads((folder / "metrics.json").read_text())["rival"]["index"] == rival.index


def test_a_finished_run_repeated_leaves_the_chosen_model_as_it_was_written(finished, mlp, tmp_path):
    """Measuring may have written it anew without idle comparators: it must go on fitting its Verilog."""
    folder, metrics = finished
    copy = tmp_path / "out"
    shutil.copytree(folder, copy)
    (row,) = [row for row in rows_of(copy) if row["chosen"] == "1"]
    written = json.dumps(json.loads((copy / "models/approximate.json").read_text()))  # the same, written another way
    assert written != (copy / "models/approximate.json").read_text()
    ((copy / row["model_file"]).parent / "chosen/model.json").write_text(written)
    config = RunConfig(data="iris", model=str(mlp), effort=Effort.FAST, max_loss=0.05, workers=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(front.MAPPED_DESIGNS, Effort.FAST, 3)
        assert run(config, copy).chosen == metrics.chosen
    assert (copy / "models/approximate.json").read_text() == written
