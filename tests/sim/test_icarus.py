"""Lint: warnings are failures."""

import numpy as np
import pytest
from helpers import random_network

from bespoke.eda.icarus import lint
from bespoke.errors import ToolFailedError
from bespoke.rtl import emit_verilog

pytestmark = pytest.mark.eda


def test_emitted_modules_are_free_of_lint(tmp_path):
    rng = np.random.default_rng(6)
    shapes = [(16, (5,), 10, 4), (21, (3,), 3, 4), (3, (), 2, 8), (2, (2, 2, 2), 1, 16), (1, (1,), 1, 1)]
    for number, (features, hidden, classes, bits) in enumerate(shapes):
        network = random_network(
            rng, features=features, hidden=hidden, classes=classes, input_bits=bits, max_weight=100
        )
        source = tmp_path / f"m{number}.v"
        source.write_text(emit_verilog(network, module=f"m{number}"))
        run = lint([source], top=f"m{number}", folder=tmp_path / "lint")
        assert run.text() == ""


@pytest.mark.parametrize(
    "body",
    [
        "assign out = missing;",
        "child c (.a(inp));\nendmodule\nmodule child (input wire a, input wire b);",
        "assign out = inp[9];",
    ],
    ids=["implicit wire", "dangling port", "out of range"],
)
def test_a_warning_is_a_failure(tmp_path, body):
    source = tmp_path / "top.v"
    source.write_text(f"module top (input wire [3:0] inp, output wire out);\n{body}\nendmodule\n")
    with pytest.raises(ToolFailedError) as caught:
        lint([source], top="top", folder=tmp_path / "lint")
    assert "warn" in str(caught.value)
    assert str(source) in str(caught.value)
