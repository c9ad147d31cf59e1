"""Random networks and netlists through the whole back end: not one result may differ from its source.

Runs a sample; ``BESPOKE_CORPUS=200 pytest tests/synthesis/test_corpus.py`` runs the whole corpus (some minutes).
"""

import dataclasses
import os

import numpy as np
import pytest
from helpers import random_network
from plain_netlists import plain_values, random_netlist

from bespoke.backend.equivalence import prove_equivalent
from bespoke.backend.synthesis import synthesise
from bespoke.model import input_wires
from bespoke.netlist import evaluate, predict, write_netlist
from bespoke.rtl import emit_verilog
from bespoke.sensing import FrontEndKind
from bespoke.technology import load_technology, to_verilog_models

pytestmark = pytest.mark.eda

SIZE = int(os.environ.get("BESPOKE_CORPUS", "16"))
#: Every so many designs the result is also read by Yosys with the cells' Verilog models and proven once more.
CROSS_CHECK_EVERY = 8


@pytest.mark.parametrize("number", range(SIZE))
def test_design_survives_the_back_end(number, tmp_path):
    rng = np.random.default_rng(1000 + number)
    technology = load_technology("egfet-1.0v")
    make = _network if number % 2 else _netlist
    sources, width, expected = make(rng, technology, tmp_path)
    bits = rng.random((400, width)) < rng.choice([0.2, 0.5, 0.8])
    result = synthesise(
        sources, top="top", technology=technology, folder=tmp_path, data_bits=bits, effort="fast", seed=number
    )
    assert np.array_equal(evaluate(result.netlist, bits), expected(bits))
    assert result.final.area_cm2 <= result.plain.area_cm2 * (1 + 1e-9)
    assert result.final.static_power_mw <= result.plain.static_power_mw * (1 + 1e-9)
    if number % CROSS_CHECK_EVERY == 0:
        found = prove_equivalent(
            sources, [result.netlist_path], folder=tmp_path / "again", top="top", technology=technology
        )
        assert found.equivalent, found.counter_example


def _network(rng, technology, folder):
    """RTL of a random network; the integer model says what it must compute."""
    features = int(rng.integers(2, 6))
    hidden = tuple(int(rng.integers(1, 4)) for _ in range(rng.integers(1, 3)))
    network = random_network(
        rng, features=features, hidden=hidden, classes=int(rng.integers(2, 5)), input_bits=int(rng.integers(2, 5))
    )
    path = folder / "network.v"
    path.write_text(emit_verilog(network), encoding="utf-8")

    def expected(bits):
        weights = 1 << np.arange(network.input_bits)
        values = bits.reshape(len(bits), features, network.input_bits).astype(np.int64) @ weights
        return (network.predict(values)[:, None] >> np.arange(network.output_bits) & 1).astype(bool)

    return [path], features * network.input_bits, expected


def _netlist(rng, technology, folder):
    """A random netlist with the cells' models; a plain-Python evaluation says what it must compute."""
    netlist = random_netlist(
        rng,
        technology,
        input_bits=int(rng.integers(1, 12)),
        gates=int(rng.integers(0, 120)),
        outputs=int(rng.integers(1, 6)),
    )
    (folder / "random.v").write_text(write_netlist(dataclasses.replace(netlist, module="top")), encoding="utf-8")
    (folder / "models.v").write_text(to_verilog_models(technology), encoding="utf-8")

    def expected(bits):
        rows = [plain_values(netlist, vector) for vector in bits.astype(int).tolist()]
        return np.array([[row[net] for net in netlist.output_nets] for row in rows], dtype=bool)

    return [folder / "random.v", folder / "models.v"], netlist.input_bits, expected


@pytest.mark.parametrize("kind", ["binary", "thermometer"])
def test_predictions_of_a_mapped_network_are_the_models(tmp_path, kind):
    rng = np.random.default_rng(7)
    technology = load_technology("egfet-1.0v")
    network = random_network(rng, features=3, hidden=(2,), classes=3, input_bits=3)
    wires = input_wires(network, FrontEndKind(kind))
    path = tmp_path / "network.v"
    path.write_text(emit_verilog(network, wires=wires), encoding="utf-8")
    result = synthesise([path], top="top", technology=technology, folder=tmp_path, data_bits=None, effort="fast")
    words = np.arange(512)
    vectors = words[:, None] >> 3 * np.arange(3) & 7
    assert np.array_equal(predict(result.netlist, vectors, wires), network.predict(vectors))
