"""The record of a design: to JSON and back, before and after measuring; what it is rated on."""

import json
from dataclasses import replace

import numpy as np
import pytest

from bespoke.circuit import Circuit
from bespoke.costs import Costs
from bespoke.data import Part
from bespoke.design import Design, Forecast, answers_of
from bespoke.errors import InputError
from bespoke.model import LogicCircuit
from bespoke.scores import Metric, Scorer
from bespoke.sensing import BinaryWires
from bespoke.statistics import Accuracy

DESIGN = Design(
    LogicCircuit(BinaryWires(2, 1), 2, Circuit(2, np.array([[2, 4]]), np.array([7]))),
    "by hand",
    Accuracy.of_count(193, 205),
    2 / 3,
    Costs(0.1 + 0.2, 1 / 3),
)
MAPPED = DESIGN.with_measured(Costs(0.1, 0.2, 0.3, 0.4), model_file="front/000/model.json")
FORECAST = replace(DESIGN, forecast=Forecast(0.9, 0.85, 0.94, -0.1 / 3, -0.2, -0.01, 1 / 7))


@pytest.mark.parametrize(
    "design",
    [DESIGN, MAPPED, FORECAST, replace(DESIGN, model_file="a.json"), replace(MAPPED, forecast=FORECAST.forecast)],
)
def test_json_and_back(design):
    assert Design.from_json(json.loads(json.dumps(design.to_json()))) == design


def test_measuring_keeps_the_estimate_and_the_forecast():
    assert (DESIGN.costs, MAPPED.costs) == (DESIGN.estimated, MAPPED.measured)
    assert MAPPED.estimated == DESIGN.estimated
    assert MAPPED.with_measured(Costs(1.0, 1.0)).model_file == MAPPED.model_file
    assert FORECAST.with_measured(Costs(1.0, 1.0)).forecast == FORECAST.forecast


def test_kind():
    assert DESIGN.kind == "logic"


@pytest.mark.parametrize(
    "change",
    [
        {"estimated": 1.0},
        {"train": [1]},
        {"train": [0, 0]},
        {"score": "good"},
        {"score": None},
        {"measured": {"area": 1}},
        {"forecast": {"accuracy": 0.9}},
        {"forecast": 0.9},
        {"model": {}},
    ],
)
def test_other_documents_are_told(change):
    with pytest.raises(InputError):
        Design.from_json({**DESIGN.to_json(), **change})
    for missing in ("origin", "train", "score", "estimated", "model"):
        with pytest.raises(InputError, match=missing):
            Design.from_json({name: value for name, value in DESIGN.to_json().items() if name != missing})


#: Nine samples of class 0 and one of class 1; the circuit answers 1 unless both inputs are 1.
PART = Part(np.array([[1, 1]] * 8 + [[0, 1], [1, 0]]), np.array([0] * 9 + [1]), np.arange(10))


def test_a_design_is_rated_on_a_part():
    costs = Costs(1.0, 2.0)
    plain = Design.rated(DESIGN.model, answers_of(DESIGN.model, PART), origin="here", estimated=costs)
    assert (plain.model, plain.origin, plain.estimated) == (DESIGN.model, "here", costs)
    assert (plain.measured, plain.forecast, plain.model_file) == (None, None, None)
    assert plain.train == Accuracy.of_count(9, 10) and plain.score == 0.9
    for scorer, score in (
        (Scorer(Metric.BALANCED_ACCURACY), (8 / 9 + 1) / 2),
        (Scorer(Metric.COST, ((0, 3), (7, 0))), -0.3),
    ):
        rated = Design.rated(
            DESIGN.model, answers_of(DESIGN.model, PART), origin="here", estimated=costs, scorer=scorer
        )
        assert rated.train == plain.train and rated.score == pytest.approx(score)


def test_answers_count_the_samples_of_classes_that_the_model_does_not_know():
    assert answers_of(DESIGN.model, PART).to_json() == [[8, 1], [0, 1]]
    more = replace(PART, classes=np.array([0] * 9 + [2]))
    assert answers_of(DESIGN.model, more).intact.to_json() == [[8, 1, 0], [0, 0, 0], [0, 1, 0]]
