"""Short sums are left as ``a + b``; whatever the form, a module answers as its network."""

from __future__ import annotations

import re

import numpy as np
import pytest
from exhaustive import all_vectors
from helpers import random_network

from bespoke.eda.icarus import lint, run_testbench
from bespoke.model import Network, QRelu
from bespoke.rtl import check_verilog, emit_testbench, emit_verilog

EVERY, NONE = 1_000_000, 0


def network_of(weights: list[int], bias: int) -> Network:
    """One hidden neuron, and two classes that compare it with a constant."""
    return Network.from_arrays(
        input_bits=3,
        weights=[np.array([weights]), np.array([[1], [0]])],
        biases=[np.array([bias]), np.array([0, 5])],
        activations=[[QRelu(0, 6)]],
    )


@pytest.mark.parametrize(
    ("weights", "bias", "expected"),
    [
        ([1, 0, 0], 3, "x0 + 4'd3"),
        ([1, 1, 0], 0, "x0 + x1"),
        ([2, -1, 0], 7, "{x0, 1'b0} + {~x1}"),  # what the inverted wires bring in cancels the bias
        ([1, 1, 0], 2, "x0 + x1 + 5'd2"),
        ([4, 0, 0], 1, "{x0, 2'b01}"),  # wires that do not meet need no addition
        ([1, 1, 1], 1, None),
        ([3, 1, 1], 0, None),  # 3 is 4 - 1, two vectors
    ],
)
def test_sums_of_three_vectors_are_one_expression_and_longer_ones_adders(weights, bias, expected):
    text = emit_verilog(network_of(weights, bias))
    found = re.search(r"wire \[\d:0\] h1_0_sum = (.*);", text)
    assert (found and found[1]) == expected
    assert ("always @*" in text) == (expected is None)
    check_verilog(text)


@pytest.mark.eda
def test_every_form_answers_as_the_network(tmp_path):
    rng = np.random.default_rng(11)
    vectors = all_vectors(3, 3)
    networks = [random_network(rng, features=3, hidden=(3,), classes=3, input_bits=3) for _ in range(6)]
    networks.append(network_of([3, -5, 7], 2))
    several = 0
    for number, network in enumerate(networks):
        texts = {emit_verilog(network, longest_word_sum=longest) for longest in (NONE, 2, 3, EVERY)}
        several += len(texts) > 1
        for form, text in enumerate(sorted(texts)):
            folder = tmp_path / f"{number}_{form}"
            folder.mkdir()
            (folder / "top.v").write_text(text)
            (folder / "tb.v").write_text(emit_testbench(network, vectors, network.predict(vectors)))
            lint([folder / "top.v"], top="top", folder=folder / "lint")
            run_testbench([folder / "tb.v", folder / "top.v"], folder=folder / "run", expected_vectors=len(vectors))
    assert several >= 4
