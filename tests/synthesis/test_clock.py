"""A netlist that meets the clock is preferred to a smaller one that misses it."""

import pytest

from bespoke.backend.equivalence import prove_equivalent
from bespoke.backend.foreign_netlist import foreign_netlist
from bespoke.backend.synthesis import synthesise
from bespoke.errors import InputError
from bespoke.netlist import read_netlist, timing, write_netlist
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


@pytest.mark.parametrize(
    ("second", "message"),
    [
        ("always @(negedge clk) r <= q;", "module top: register r takes over at the falling edge of the clock"),
        ("always @(posedge other) r <= q;", "module top has more than one clock"),
        (
            "always @(posedge clk or posedge s or posedge t) if (t) r <= 0; else if (s) r <= 1; else r <= q;",
            r"top\.v: register r has an asynchronous set and an asynchronous reset; both together are not supported",
        ),
    ],
)
def test_registers_that_the_flow_cannot_hold_are_named(tmp_path, second, message):
    source = tmp_path / "top.v"
    body = "reg q, r; always @(posedge clk) q <= d;"
    source.write_text(f"module top(input clk, other, s, t, d, output y); {body} {second} assign y = r; endmodule\n")
    with pytest.raises(InputError, match=message):
        synthesise([source], top="top", technology=load_technology(), folder=tmp_path / "run", data_bits=None)


@pytest.mark.parametrize("declared", ["[0:1]", "[2:1]", "[-1:0]", "[3:3]"])
def test_a_netlist_keeps_the_declared_range(tmp_path, declared):
    source = tmp_path / "top.v"
    high, low = declared.strip("[]").split(":")
    source.write_text(
        f"module top(input {declared} a, input b, output {declared} y);\n"
        f"  assign y = a ^ {{b, 1'b1}}; wire n = a[{high}] & a[{low}];\nendmodule\n"
    )
    folder = tmp_path / "run"
    result = synthesise([source], top="top", technology=load_technology(), folder=folder, data_bits=None, effort="fast")
    text = result.netlist_path.read_text()
    assert f"input {declared} a;" in text and f"output {declared} y;" in text
    assert write_netlist(read_netlist(result.netlist_path, load_technology())) == write_netlist(result.netlist)
    found = prove_equivalent(
        source, result.netlist_path, folder=tmp_path / "proof", top="top", technology=load_technology()
    )
    assert found.equivalent and not found.notes
    assert foreign_netlist([result.netlist_path], load_technology()).inputs == result.netlist.inputs
