"""A netlist that meets the clock is preferred to a smaller one that misses it."""

import pytest

from bespoke.netlist import timing
from bespoke.pipeline.synthesis import synthesise
from bespoke.technology import load_technology

pytestmark = pytest.mark.eda

# AND and OR in turns, which mapping leaves a chain unless it is asked for short paths.
_CHAIN = "module top(input [40:0] inp, output out);\n  wire [40:0] c;\n  assign c[0] = inp[0];\n" + "".join(
    f"  assign c[{i}] = c[{i - 1}] {'&|'[i % 2]} inp[{i}];\n" for i in range(1, 41)
) + "  assign out = c[40];\nendmodule\n"  # fmt: skip


def test_a_slow_chain_is_shortened(tmp_path):
    source = tmp_path / "top.v"
    source.write_text(_CHAIN)
    technology = load_technology()
    delays = {}
    for clock_ms in (None, 40.0):
        result = synthesise(
            [source], top="top", technology=technology, folder=tmp_path / str(clock_ms), data_bits=None,
            effort="fast", clock_ms=clock_ms,
        )  # fmt: skip
        delays[clock_ms] = timing(result.netlist, 40.0).delay_ms
        assert result.proof
    assert delays[40.0] <= 40.0 < delays[None]
