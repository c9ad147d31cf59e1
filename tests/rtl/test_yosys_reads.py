"""Yosys reads emitted modules without a warning, and its own check finds nothing."""

import numpy as np
import pytest
from helpers import random_network

from bespoke.eda.runner import run_tool
from bespoke.eda.tools import yosys_command
from bespoke.rtl import emit_verilog

pytestmark = pytest.mark.eda


def test_no_warning_no_problem_no_latch(tmp_path):
    rng = np.random.default_rng(8)
    shapes = [(16, (5,), 10, 4), (4, (3, 2), 5, 3), (3, (), 2, 8), (1, (1,), 1, 1), (2, (4,), 7, 2)]
    script = []
    for number, (features, hidden, classes, bits) in enumerate(shapes):
        network = random_network(rng, features=features, hidden=hidden, classes=classes, input_bits=bits)
        (tmp_path / f"m{number}.v").write_text(emit_verilog(network, module=f"m{number}"))
        script += [
            f"read_verilog m{number}.v",
            f"hierarchy -check -top m{number}",
            "proc",
            "check -assert",
            "select -assert-none t:$dlatch t:$dff t:$adff t:$mul t:$div",
            "flatten",
            "opt",
            "check -assert",
            "design -reset",
        ]
    (tmp_path / "read.ys").write_text("\n".join(script) + "\n")
    log = run_tool("yosys", (*yosys_command(), "read.ys"), folder=tmp_path, timeout_s=120).text()
    assert log.count("Found and reported 0 problems.") == 2 * len(shapes)
    assert "warning" not in log.lower()
