"""Look-up networks: as circuits on every value of the grid, what they learn, and that they repeat."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from exhaustive import all_vectors

from bespoke.errors import InputError
from bespoke.sensing import BinaryWires, FrontEndKind
from bespoke.train.lookup_circuits import cheapest, lookup_circuit
from bespoke.train.lookup_networks import (
    LookupLayer,
    LookupNetwork,
    LookupOptions,
    lookup_networks,
    train_lookup_network,
)


def random_network(seed: int, *, features: int, bits: int, classes: int, tables: int, layers: int) -> LookupNetwork:
    """Tables and connections by chance, several pins on one threshold or on levels of one feature among them."""
    rng = np.random.default_rng(seed)
    levels = np.array([(feature, level) for feature in range(features) for level in range(1, 1 << bits)])
    found, signals = [], len(levels)
    for _ in range(layers):
        found.append(LookupLayer(rng.integers(0, signals, (tables, 4)), rng.integers(0, 1 << 16, tables)))
        signals = len(levels) + tables
    return LookupNetwork(features, bits, classes, levels, tuple(found), np.arange(tables, dtype=np.int32) % classes)


def plain_prediction(network: LookupNetwork, values: np.ndarray) -> int:
    """The class of one sample, table by table."""
    thresholds = [int(values[feature] >= level) for feature, level in network.levels.tolist()]
    answers: list[int] = []
    for layer in network.layers:
        signals = thresholds + answers
        states = [sum(signals[pin] << place for place, pin in enumerate(pins)) for pins in layer.pins.tolist()]
        answers = [truth >> state & 1 for truth, state in zip(layer.truths.tolist(), states, strict=True)]
    sums = [sum(answers[group :: network.classes]) for group in range(network.classes)]
    return sums.index(max(sums))


SHAPES = [(2, 3, 2, 7, 1), (3, 2, 3, 9, 1), (1, 4, 5, 12, 1), (2, 3, 3, 8, 2), (4, 1, 2, 6, 2)]


@pytest.mark.parametrize("kind", FrontEndKind)
@pytest.mark.parametrize(("features", "bits", "classes", "tables", "layers"), SHAPES)
def test_a_network_is_bit_exact_with_its_circuit(kind, features, bits, classes, tables, layers):
    every = all_vectors(features, bits)
    for seed in range(3):
        network = random_network(seed, features=features, bits=bits, classes=classes, tables=tables, layers=layers)
        circuit = lookup_circuit(network, kind)
        assert np.array_equal(circuit.predict(every), network.predict(every))
        assert np.array_equal(network.predict(every), [plain_prediction(network, values) for values in every])
        assert kind is FrontEndKind.THERMOMETER or circuit.wires == BinaryWires(features, bits)


def test_tables_cost_what_their_functions_need():
    def ands(truth: int, possible: int = 0xFFFF) -> int:
        moved, order = cheapest(truth, possible)
        network = LookupNetwork(
            4, 1, 2, np.array([(pin, 1) for pin in range(4)]), (LookupLayer([order], [moved]),), np.array([1])
        )
        return len(lookup_circuit(network).fanins)

    assert [ands(0xAAAA), ands(0x8000), ands(0xFFFE), ands(0x6666)] == [0, 3, 3, 3]
    assert ands(0x8001) > ands(0x8001, 0xFFFE)


def xor_samples(samples: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    values = np.random.default_rng(seed).integers(0, 8, (samples, 4))
    return values, ((values[:, 1] >= 4) ^ (values[:, 3] >= 3)).astype(np.int64)


@pytest.mark.parametrize("layers", [1, 2])
def test_an_exclusive_or_is_learned(layers):
    options = LookupOptions(tables=12, layers=layers, noise=0.0)
    network = train_lookup_network(*xor_samples(600, 0), classes_count=2, bits=3, options=options)
    values, classes = xor_samples(400, 1)
    assert (network.predict(values) == classes).mean() > 0.97
    assert len(network.layers) == layers and network.tables == 12 * layers


def test_same_seed_same_network():
    options = LookupOptions(tables=20, layers=2, epochs=3)
    samples = xor_samples(300, 0)
    circuits = [
        lookup_circuit(train_lookup_network(*samples, classes_count=2, bits=3, options=options, seed=seed))
        for seed in (1, 1, 2)
    ]
    assert circuits[0] == circuits[1] and circuits[0] != circuits[2]


def test_the_budget_ends_the_training():
    samples = xor_samples(300, 0)

    def trained(**changed) -> LookupNetwork:
        options = replace(LookupOptions(tables=10, epochs=4), **changed)
        return train_lookup_network(*samples, classes_count=2, bits=3, options=options)

    wires = 4 * 7
    short = trained(budget=2 * 300 * 10 * 4 * wires)
    assert lookup_circuit(short) == lookup_circuit(trained(epochs=2))
    assert lookup_circuit(short) != lookup_circuit(trained())


def test_networks_of_several_sizes_leave_out_those_without_a_table_for_each_class():
    values = np.random.default_rng(0).integers(0, 8, (100, 3))
    networks = lookup_networks(
        values,
        values[:, 0] // 2,
        classes_count=4,
        bits=3,
        sizes=((2, 1), (4, 1), (9, 2)),
        options=LookupOptions(tables=1, epochs=2),
    )
    assert [network.tables for network in networks] == [4, 18]


def test_samples_that_all_agree_give_a_network_all_the_same():
    values, classes = np.full((20, 2), 3), np.full(20, 1)
    network = train_lookup_network(values, classes, classes_count=3, bits=3, options=LookupOptions(tables=6))
    circuit = lookup_circuit(network, FrontEndKind.THERMOMETER)
    assert np.array_equal(circuit.predict(values), classes) and np.array_equal(network.predict(values), classes)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"tables": 0}, r"tables must be an integer in 1\.\.65536, not 0"),
        ({"layers": 3}, r"layers must be an integer in 1\.\.2, not 3"),
        ({"epochs": 1.5}, "epochs must be an integer"),
        ({"noise": -1.0}, "noise must lie in 0..4 standard deviations"),
        ({"rate": 0.0}, "learning rate must lie in 0..1"),
        ({"sharpness": 0.0}, "sharpness must lie in 0..100"),
    ],
)
def test_bad_options_are_named(changed, message):
    with pytest.raises(InputError, match=message):
        LookupOptions(**{"tables": 10, **changed})


def test_bad_samples_are_named():
    values, classes = xor_samples(20, 0)
    options = LookupOptions(tables=3)
    with pytest.raises(InputError, match="do not fit together"):
        train_lookup_network(values, classes[:-1], classes_count=2, bits=3, options=options)
    with pytest.raises(InputError, match=r"classes must be integers in 0\.\.0"):
        train_lookup_network(values, classes, classes_count=1, bits=3, options=options)
    with pytest.raises(InputError, match=r"inputs must lie in 0\.\.3"):
        train_lookup_network(values, classes, classes_count=2, bits=2, options=options)
    with pytest.raises(InputError, match="a table for each of the 4 classes, not 3 in all"):
        train_lookup_network(values, classes, classes_count=4, bits=3, options=options)
