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


def test_a_refusal_does_not_disturb_the_next_parse():
    with pytest.raises(VerificationError):
        check_verilog("module top (")
    check_verilog(GOOD)
