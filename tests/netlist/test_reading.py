"""Netlists out and in again: round trips, and every error by name."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_netlists import random_netlist, same_netlist

from bespoke.errors import InputError
from bespoke.netlist import Netlist, Port, read_netlist, write_netlist
from bespoke.technology import load_technology

EGFET = load_technology()


def test_gates_come_in_topological_order_and_otherwise_as_in_the_text():
    text = """
    module top(a, y); input a; output y; wire m, n, o;
    INVX1 last (.A(n), .Y(y)); INVX1 second (.A(m), .Y(n)); INVX1 first (.A(a), .Y(m)); INVX1 idle (.A(a), .Y(o));
    endmodule
    """
    assert read_netlist(text, EGFET).gate_names == ("first", "second", "last", "idle")


def module(body: str) -> str:
    return f"module top(a, b, y);\n input a, b;\n output y;\n wire m, n;\n{body}\nendmodule\n"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("FAX1 g (.A(a), .Y(y));", "no cell 'FAX1'"),
        ("INVX1 g (.B(a), .Y(y));", "INVX1 of g has no pin B"),
        ("INVX1 g (.Y(y));", "input A of INVX1 g is open"),
        ("INVX1 g (.A(m), .Y(y));", "net m, which pin A of INVX1 g reads, is not driven"),
        ("assign m = a;", "net y, which output y reads, is not driven"),
        ("INVX1 g (.A(a), .Y(y)); assign y = b;", "net y has two drivers"),
        ("INVX1 g (.A(a), .Y(y)); INVX1 h (.A(b), .Y(y));", "net y has two drivers"),
        ("assign y = b; assign y = a;", "net y has two drivers"),
        ("assign a = b; assign y = a;", "net a has two drivers"),
        ("INVX1 g (.A(m), .Y(n)); INVX1 h (.A(n), .Y(m)); assign y = m;", "combinational loop through net [mn]"),
        ("assign m = n; assign n = m; assign y = m;", "combinational loop through net [mn]"),
        ("assign y = 1'bx;", "line 5"),
        ("assign y = a & b;", "line 5: '&' is no part of a netlist"),
        ("assign y = a[1];", r"a\[1\] lies outside"),
        ("INVX1 #(.W(1)) g (.A(a), .Y(y));", "line 5: '#' is no part of a netlist"),
        ("INVX1 g (.A(a), .A(b), .Y(y));", "connected twice"),
        ("wire m;\nassign y = a;", "line 5: m is declared twice"),
        ("inout c;", "line 5"),
        ("DFFNRX1 f (.CP(a), .D(b), .RST_N(1'b1), .Q_bar(y));", "inverted output of DFFNRX1 f"),
        ("wire [9999999:0] w;", "line 5: expected a number below"),
        ("wire [3:1] w; assign y = w[0];", r"w\[0\] lies outside"),
        ("wire [3:] w; assign y = a;", "expected a number, found ']'"),
        ("wire [1:0] w; assign y = w;", "w is a vector of 2, where one bit is meant"),
        ("assign y = q;", "net q is not declared"),
        ("output q; assign y = a;", "the ports in the head of module top are not those declared"),
        ("assign y = a; endmodule module b ();", "expected the end of the netlist, found 'module'"),
        ("assign y = a", "expected ';', found 'endmodule'"),
        ("INVX1 g (.A(a), .Y(1'b1)); assign y = a;", "drives a constant"),
    ],
)
def test_errors_name_what_is_wrong(body, message):
    with pytest.raises(InputError, match=message):
        read_netlist(module(body), EGFET)


def test_a_truncated_file_and_a_missing_one(tmp_path):
    with pytest.raises(InputError, match="at the end"):
        read_netlist(module("assign y = a;")[:-11], EGFET)
    with pytest.raises(InputError, match=r"cannot read the netlist .*none\.v"):
        read_netlist(tmp_path / "none.v", EGFET)
    with pytest.raises(InputError, match="'module' is missing at the end"):
        read_netlist("// nothing\n", EGFET)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 8), st.integers(0, 40), st.integers(1, 6))
def test_a_netlist_reads_back_as_it_was(seed, input_bits, gates, outputs):
    netlist = random_netlist(np.random.default_rng(seed), EGFET, input_bits=input_bits, gates=gates, outputs=outputs)
    text = write_netlist(netlist, header="one line\nendmodule of another")
    assert same_netlist(read_netlist(text, EGFET), netlist)
    assert write_netlist(read_netlist(text, EGFET), header="one line\nendmodule of another") == text


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damaged_text_gives_a_netlist_or_one_clear_error(data):
    netlist = random_netlist(np.random.default_rng(1), EGFET, input_bits=3, gates=6, outputs=3)
    tokens = re.findall(r"\w+|\s+|.", write_netlist(netlist))
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(tokens) - 1))
        odd = st.sampled_from(["99999999999999999999", "1'b", "'h", "[", "{", "-1", "8'hzz", "9999999'b0", ";", ""])
        tokens[place] = data.draw(st.one_of(odd, st.sampled_from(tokens)))
    try:
        netlist = read_netlist("".join(tokens) + "\n", EGFET)
    except InputError as error:
        assert str(error)
    else:
        assert same_netlist(read_netlist(write_netlist(netlist), EGFET), netlist)


def test_awkward_names_survive():
    netlist = Netlist(
        module="module",
        inputs=(Port("n4", 1), Port("a b", 2)),
        outputs=(Port("x[2]", 1), Port("1st", 3)),
        cells=(EGFET.cell("INVX1"),),
        gate_cells=np.zeros(2, dtype=np.int32),
        gate_fanins=np.array([[2], [5]], dtype=np.int32),
        output_nets=np.array([5, 6, 0, 1], dtype=np.int32),
        gate_names=("n4", "g/1"),
    )
    again = read_netlist(write_netlist(netlist), EGFET)
    assert again.module == "module"
    assert [port.name for port in again.inputs + again.outputs] == ["n4", "a_b", "x[2]", "1st"]
    assert again.gate_names[1] == "g/1"
    assert again.output_nets.tolist() == [5, 6, 0, 1]


def test_flip_flops_read_back():
    text = """
    module top(clk, rst, d, q); input clk, rst, d; output q; wire n, s;
    wire unread; INVX1 g (.A(s), .Y(n)); NAND2X1 h (.A1(n), .A2(d), .Y(q));
    DFFNRX1 ff (.CP(clk), .D(q), .RST_N(rst), .Q(s), .Q_bar(unread)); endmodule
    """
    netlist = read_netlist(text, EGFET)
    (flip_flop,) = netlist.flip_flops
    assert (flip_flop.clock_net, flip_flop.reset_net, flip_flop.q_net, flip_flop.d_net) == (2, 3, 5, 7)
    assert netlist.first_gate_net == 6
    assert same_netlist(read_netlist(write_netlist(netlist), EGFET), netlist)
