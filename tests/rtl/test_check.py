"""Parsing emitted text back."""

import numpy as np
import pytest
from helpers import random_network

from bespoke.errors import VerificationError
from bespoke.rtl import check_verilog, emit_verilog

GOOD = "module top (\n  input wire [3:0] inp,\n  output wire [1:0] out\n);\n  assign out = inp[1:0];\nendmodule\n"


def test_good_text_passes(capfd, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    check_verilog(GOOD)
    check_verilog(GOOD, input_width=4, output_width=2)
    network = random_network(np.random.default_rng(0), features=5, hidden=(3, 2), classes=4)
    check_verilog(emit_verilog(network, module="mine"), module="mine", input_width=20, output_width=2)
    assert capfd.readouterr() == ("", "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("module top", "module other"), "holds the modules ['other'], expected 'top' alone"),
        (("endmodule", "endmodule\nmodule spy;\nendmodule"), "holds the modules ['top', 'spy']"),
        (("inp,", "input_bus,"), "has the ports"),
        (("output wire", "input wire"), "has the ports"),
        (("[3:0] inp", "[4:0] inp"), "port inp of module top has 5 bits, expected 4"),
        (("[1:0] out", "out"), "port out of module top has 1 bits, expected 2"),
        (("[3:0] inp", "[N:0] inp"), "not made of plain numbers"),
        ((";\nendmodule", "\nendmodule"), "pyverilog cannot parse"),
        (("endmodule", ""), "pyverilog cannot parse"),
        (("assign", "assign \x00"), "pyverilog cannot parse"),
    ],
)
def test_bad_text_is_refused(change, message):
    assert change[0] in GOOD
    with pytest.raises(VerificationError) as caught:
        check_verilog(GOOD.replace(*change), input_width=4, output_width=2)
    assert message in str(caught.value)


WIRES = """module top (
  input wire [3:0] inp,
  output wire [1:0] out
);
  wire a = inp[0] & inp[1];
  wire signed [2:0] s = {a, inp[3:2]};
  reg [1:0] c;
  always @* begin
    c = a + inp[2];
  end
  assign out[0] = s[2] ^ c[1];
  assign out[1] = c[0] & ~(s[1:0] == 2'd1);
endmodule
"""


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("wire a = inp", "wire [1:0] s = inp"), "s is declared twice"),
        (("wire a = inp[0]", "wire inp = inp[0]"), "inp is declared twice"),
        (("s[2] ^", "t[2] ^"), "t is not declared"),
        (("= a +", "= b +"), "b is not declared"),
        (("assign out[0]", "assign b"), "b is not declared"),
        (("s[2] ^", "s[3] ^"), "s[3:3] lies outside its 3 bits"),
        (("inp[3:2]", "inp[4:2]"), "inp[4:2] lies outside its 4 bits"),
        (("s[2] ^", "s[a] ^"), "a bit of s is not named by a plain number"),
        (("assign out[0]", "assign out"), "bit 1 of output out has two drivers"),
        (("  assign out[0] = s[2] ^ c[1];\n", ""), "bit 0 of output out has no driver"),
        (("assign out[0]", "assign c[0] = a; assign out[0]"), "bit 0 of reg c has two drivers"),
        (("c = a", "c[0] = a"), "bit 1 of reg c has no driver"),
        (("assign out[0]", "assign inp[0]"), "bit 0 of input inp has 1 drivers"),
        (("wire a = inp[0] & inp[1];", "wire a;"), "bit 0 of wire a has no driver"),
        (("wire a =", "initial c = 0; wire a ="), "writes no Initial"),
        (("reg [1:0] c", "reg [N:0] c"), "a range in the emitted Verilog is not made of plain numbers"),
    ],
)
def test_nets_that_are_not_as_meant_are_refused(change, message):
    check_verilog(WIRES)
    assert change[0] in WIRES
    with pytest.raises(VerificationError) as caught:
        check_verilog(WIRES.replace(change[0], change[1], 1))
    assert message in str(caught.value)


def test_a_refusal_does_not_disturb_the_next_parse():
    with pytest.raises(VerificationError):
        check_verilog("module top (")
    check_verilog(GOOD)
