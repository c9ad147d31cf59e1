"""The record of a design: to JSON and back, before and after measuring."""

import json
from dataclasses import replace

import numpy as np
import pytest

from bespoke.circuit import Circuit
from bespoke.costs import Costs
from bespoke.design import Design
from bespoke.errors import InputError
from bespoke.model import LogicCircuit
from bespoke.sensing import BinaryWires
from bespoke.statistics import Accuracy

DESIGN = Design(
    LogicCircuit(BinaryWires(2, 1), 2, Circuit(2, np.array([[2, 4]]), np.array([7]))),
    "by hand",
    Accuracy.of_count(193, 205),
    Accuracy.of_count(2, 3),
    Costs(0.1 + 0.2, 1 / 3),
)
MAPPED = DESIGN.with_measured(Costs(0.1, 0.2, 0.3, 0.4), model_file="front/000/model.json")


@pytest.mark.parametrize("design", [DESIGN, MAPPED, replace(DESIGN, model_file="a.json")])
def test_json_and_back(design):
    assert Design.from_json(json.loads(json.dumps(design.to_json()))) == design


def test_measuring_keeps_the_estimate():
    assert (DESIGN.costs, MAPPED.costs) == (DESIGN.estimated, MAPPED.measured)
    assert MAPPED.estimated == DESIGN.estimated
    assert MAPPED.with_measured(Costs(1.0, 1.0)).model_file == MAPPED.model_file


def test_kind():
    assert DESIGN.kind == "logic"


@pytest.mark.parametrize(
    "change", [{"estimated": 1.0}, {"train": [1]}, {"validation": [0, 0]}, {"measured": {"area": 1}}, {"model": {}}]
)
def test_other_documents_are_told(change):
    with pytest.raises(InputError):
        Design.from_json({**DESIGN.to_json(), **change})
    with pytest.raises(InputError, match="origin"):
        Design.from_json({name: value for name, value in DESIGN.to_json().items() if name != "origin"})
