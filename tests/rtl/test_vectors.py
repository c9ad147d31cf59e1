"""Corner and random vectors."""

import numpy as np
import pytest

from bespoke.rtl import stress_vectors
from bespoke.rtl.testbench import bus_words
from bespoke.sensing import BinaryWires, ThermometerWires


@pytest.mark.parametrize(("features", "bits", "count"), [(1, 1, 50), (3, 4, 1000), (21, 4, 1000), (30, 16, 500)])
def test_shape_range_and_seed(features, bits, count):
    vectors = stress_vectors(features, bits, count, np.random.default_rng(0))
    assert vectors.shape == (count, features) and vectors.dtype == np.int64
    assert vectors.min() == 0 and vectors.max() == 2**bits - 1
    assert np.array_equal(vectors, stress_vectors(features, bits, count, np.random.default_rng(0)))
    assert len(np.unique(vectors, axis=0)) > min(count, 2 ** (features * bits)) * 0.5


def test_every_corner_is_there():
    seen = {tuple(row) for row in stress_vectors(3, 2, 200, np.random.default_rng(1)).tolist()}
    assert {(0, 0, 0), (3, 3, 3)} <= seen
    words = bus_words(np.array(sorted(seen)), BinaryWires(3, 2))
    assert {1 << bit for bit in range(6)} <= set(words), "walking ones"
    assert {63 ^ 1 << bit for bit in range(6)} <= set(words), "walking zeros"
    assert {(3, 0, 0), (0, 3, 0), (0, 0, 3), (0, 3, 3), (3, 0, 3), (3, 3, 0)} <= seen


@pytest.mark.parametrize("count", [0, 1, 2, 3, 10])
def test_few_vectors(count):
    vectors = stress_vectors(5, 4, count, np.random.default_rng(1))
    assert vectors.shape == (count, 5)
    assert count < 2 or vectors[1].tolist() == [15] * 5


def test_bus_order():
    assert bus_words(np.array([[1, 2, 3]]), BinaryWires(3, 4)) == [0x321]
    assert bus_words(np.array([[2**16 - 1] * 5]), BinaryWires(5, 16)) == [2**80 - 1]


def test_a_thermometers_word_has_a_bit_per_wire():
    wires = ThermometerWires.of(2, 3, [(0, 2), (0, 5), (1, 1)])
    assert bus_words(np.array([[1, 0], [2, 1], [7, 7]]), wires) == [0b000, 0b101, 0b111]
    assert bus_words(np.array([[1], [7]]), ThermometerWires.of(1, 3, [])) == [0, 0]
