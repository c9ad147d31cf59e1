"""Gates by neuron, on a network small enough to say by hand."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from bespoke.backend.foreign_netlist import foreign_netlist
from bespoke.eda.runner import run_tool
from bespoke.eda.tools import yosys_command
from bespoke.errors import InputError
from bespoke.model import Network, QRelu
from bespoke.netlist import predict, read_netlist, static_power
from bespoke.netlist.attribution import MERGED, SHARED, attribute_gates, neuron_label
from bespoke.rtl import emit_verilog
from bespoke.sensing import BinaryWires, feature_bits
from bespoke.technology import load_technology, to_genlib

EGFET = load_technology()

#: Hidden neurons: a AND b, a OR b; class 1 wins where the second exceeds the first.
NETWORK = Network.from_arrays(
    input_bits=1,
    weights=[np.array([[1, 1], [1, 1]]), np.array([[1, 0], [0, 1]])],
    biases=[np.array([-1, 0]), np.array([0, 0])],
    activations=[[QRelu(0, 1), QRelu(0, 1)]],
)
WIRES = BinaryWires(2, 1)
ALL = np.array(list(itertools.product([0, 1], repeat=2)))


def test_by_hand():
    text = """module top(inp, out); input [1:0] inp; output out; wire h0, h1, n, na, m;
    NAND2X1 g0 (.A1(inp[0]), .A2(inp[1]), .Y(na)); INVX1 g1 (.A(na), .Y(h0));
    NOR2X1 g2 (.A1(inp[0]), .A2(inp[1]), .Y(n)); INVX1 g3 (.A(n), .Y(h1));
    AND2X1 g4 (.A1(h1), .A2(na), .Y(out)); endmodule
    """
    netlist = read_netlist(text, EGFET)
    assert np.array_equal(predict(netlist, ALL, WIRES), NETWORK.predict(ALL))
    labels = attribute_gates(netlist, NETWORK, ALL, WIRES)
    # either polarity of a neuron's output is its own signal
    assert labels == (neuron_label(0, 0), neuron_label(0, 0), neuron_label(0, 1), neuron_label(0, 1), MERGED)


def test_a_gate_that_two_neurons_use_is_shared():
    text = """module top(inp, out); input [1:0] inp; output out; wire h0, h1, na, x, y, p;
    INVX1 s (.A(inp[0]), .Y(x)); INVX1 t (.A(inp[1]), .Y(y));
    NOR2X1 g0 (.A1(x), .A2(y), .Y(h0)); NAND2X1 g1 (.A1(x), .A2(y), .Y(h1)); INVX1 g2 (.A(h0), .Y(na));
    AND2X1 g3 (.A1(h1), .A2(na), .Y(out)); endmodule
    """
    labels = attribute_gates(read_netlist(text, EGFET), NETWORK, ALL, WIRES)
    assert sorted(labels) == sorted(
        [SHARED, SHARED, neuron_label(0, 0), neuron_label(0, 1), neuron_label(0, 0), MERGED]
    )


@pytest.mark.eda
def test_power_by_neuron_of_a_synthesised_network(tmp_path):
    """Nothing is lost, and the hidden neurons of a directly mapped network are found."""
    rng = np.random.default_rng(4)
    network = Network.from_arrays(
        input_bits=4,
        weights=[rng.choice([-4, -2, -1, 1, 2, 4], (3, 5)), rng.choice([-4, -2, -1, 1, 2, 4], (3, 3))],
        biases=[rng.integers(-10, 10, 3), rng.integers(-9, 9, 3)],
        activations=[[QRelu(1, 5)] * 3],
    )
    (tmp_path / "top.v").write_text(str(emit_verilog(network)))
    (tmp_path / "cells.genlib").write_text(to_genlib(EGFET))
    (tmp_path / "map.ys").write_text(
        "read_verilog top.v\nsynth -top top -flatten\nabc -genlib cells.genlib\nopt_clean\nwrite_verilog out.v\n"
    )
    run_tool("yosys", [*yosys_command(), "map.ys"], folder=tmp_path, timeout_s=100)
    netlist = foreign_netlist([tmp_path / "out.v"], EGFET)
    samples = np.random.default_rng(1).integers(0, 16, (200, 5))
    assert np.array_equal(predict(netlist, samples, BinaryWires(5, 4)), network.predict(samples))
    labels = attribute_gates(netlist, network, samples, BinaryWires(5, 4))
    power = static_power(netlist, feature_bits(samples, 4))
    groups = power.by_group(labels)
    assert sum(groups.values()) == pytest.approx(power.total_mw)
    neurons = {neuron_label(layer, neuron) for layer in range(2) for neuron in range(3)}
    assert {neuron_label(0, neuron) for neuron in range(3)} <= set(groups) <= {SHARED, MERGED} | neurons


def test_another_network_is_refused():
    netlist = read_netlist("module top(inp, out); input [2:0] inp; output out; assign out = inp[0]; endmodule", EGFET)
    with pytest.raises(InputError, match="3 input bits, the network's front end 2"):
        attribute_gates(netlist, NETWORK, ALL, WIRES)
