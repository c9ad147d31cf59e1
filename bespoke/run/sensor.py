"""Vectors that start at the sensor: measured values, and the front end's model that makes the port's words of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bespoke.data import Part
from bespoke.eda.front_ends import Comparators, FlashConverters, FrontEndModel
from bespoke.errors import VerificationError
from bespoke.model import IntegerClassifier, used_bits
from bespoke.sensing import BinaryWires, Quantiser, Wires

#: Levels that are probed at most, evenly spaced over all; a vector each at, below and above.
MOST_PROBED_LEVELS = 1000
#: Flash converters have more comparators than this only where words are wide; those are simulated as words.
MOST_THRESHOLDS = 1 << 18
#: Samples tried for each probe, in search of one on which crossing the threshold changes the class.
_TRIES = 16
_MOST_TRIED_VALUES = 4_000_000


@dataclass(frozen=True, eq=False)
class Stimuli:
    """What goes into a simulation.

    Parameters
    ----------
    vectors : what the front end reads, (vectors, features): the test part's first, then the threshold probes.
    grid : the same as integers of the grid, which the integer model reads.
    classes : true class index of each of the test part's.
    probes : number of threshold probes.
    """

    vectors: np.ndarray
    grid: np.ndarray
    classes: np.ndarray
    probes: int = 0

    @property
    def tests(self) -> int:
        return len(self.classes)

    def thinned(self, count: int | None) -> Stimuli:
        """No more than ``count`` of them, evenly spaced."""
        if count is None or len(self.vectors) <= count:
            return self
        chosen = np.linspace(0, len(self.vectors) - 1, count).round().astype(np.int64)
        classes = self.classes[chosen[chosen < self.tests]]
        probes = int((chosen < self.tests + self.probes).sum()) - len(classes)
        return Stimuli(self.vectors[chosen], self.grid[chosen], classes, probes)


def front_end_model(wires: Wires, quantiser: Quantiser) -> FrontEndModel | None:
    """The converters that drive these wires; None where there are more thresholds than a simulation can hold."""
    if not isinstance(wires, BinaryWires):
        return Comparators(wires.feature_of(), quantiser.thresholds(*wires.levels.T))
    levels = (1 << wires.bits) - 1
    if wires.features * levels > MOST_THRESHOLDS:
        return None
    pairs = np.repeat(np.arange(wires.features), levels), np.tile(np.arange(1, levels + 1), wires.features)
    return FlashConverters(quantiser.thresholds(*pairs).reshape(wires.features, levels), wires.bits)


def measured_stimuli(
    classifier: IntegerClassifier,
    wires: Wires,
    quantiser: Quantiser,
    test: Part,
    stress: np.ndarray,
    rng: np.random.Generator,
) -> Stimuli:
    """Measured values: the test part's, then probes of every threshold, values beyond the range, and ``stress``.

    Parameters
    ----------
    test : without measured values of its own, values inside its samples' cells are taken.
    stress : integers (samples, features) of the grid; each becomes a value somewhere inside its cell.

    Raises
    ------
    VerificationError
        if the part's measured values are not those of its integers.
    """
    tests = test.measured if test.measured is not None else quantiser.inside(test.features)
    if not np.array_equal(quantiser.transform(tests), test.features):
        raise VerificationError("the test part's measured values do not quantise to its integers")
    inside = quantiser.inside(stress, rng.random(stress.shape))
    around = tests if len(tests) else inside
    levels = probed_levels(classifier, wires)
    probes = threshold_probes(classifier, quantiser, levels, around, rng)
    beyond = _beyond(quantiser, np.unique(levels[:, 0]), around, rng)
    values = np.concatenate([tests, probes, beyond, inside])
    return Stimuli(values, quantiser.transform(values), np.asarray(test.classes), len(probes))


def probed_levels(classifier: IntegerClassifier, wires: Wires) -> np.ndarray:
    """Features and levels, int64 (levels, 2): every wire's comparator, or all of a feature whose bits are read."""
    if isinstance(wires, BinaryWires):
        read = np.flatnonzero(used_bits(classifier).any(axis=1))
        each = np.arange(1, 1 << wires.bits)
        levels = np.stack([np.repeat(read, len(each)), np.tile(each, len(read))], axis=1)
    else:
        levels = wires.levels.astype(np.int64)
    if len(levels) > MOST_PROBED_LEVELS:
        levels = levels[np.linspace(0, len(levels) - 1, MOST_PROBED_LEVELS).round().astype(np.int64)]
    return levels


def threshold_probes(
    classifier: IntegerClassifier,
    quantiser: Quantiser,
    levels: np.ndarray,
    around: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """Three vectors per feature and level: at the threshold, the float below, the float above.

    The other features are those of a sample of ``around``, measured values (samples, features), wherever possible of
    one on which reaching the level changes the class: only there would a comparator that is off show.
    """
    features, at = levels[:, 0], quantiser.thresholds(*levels.T)
    rows = np.arange(len(levels))
    base = around[_telling(classifier, levels, quantiser.transform(around), rng)]
    probes = np.repeat(base[:, None, :], 3, axis=1)
    for place, values in enumerate((at, np.nextafter(at, -np.inf), np.nextafter(at, np.inf))):
        probes[rows, place, features] = values
    return probes.reshape(-1, around.shape[1])


def _telling(
    classifier: IntegerClassifier, levels: np.ndarray, around: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Per level a row of ``around``, integers of the grid, whose class changes where the feature reaches the level."""
    if not len(levels):
        return np.zeros(0, dtype=np.int64)
    tries = int(np.clip(_MOST_TRIED_VALUES // (len(levels) * around.shape[1]), 1, _TRIES))
    candidates = rng.integers(0, len(around), (len(levels), tries))
    grid = around[candidates]
    rows = np.arange(len(levels))
    answers = []
    for step in (0, 1):
        grid[rows, :, levels[:, 0]] = (levels[:, 1] - step)[:, None]
        answers.append(classifier.predict(grid.reshape(-1, around.shape[1])).reshape(len(levels), tries))
    return candidates[rows, (answers[0] != answers[1]).argmax(axis=1)]


def _beyond(quantiser: Quantiser, read: np.ndarray, around: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Values outside the range: all features at once, as far as floats go, then each feature that is read alone."""
    low, high = np.array(quantiser.low), np.array(quantiser.high)
    far = np.array([np.full(len(low), -np.inf), np.full(len(low), np.inf)])
    alone = around[rng.integers(0, len(around), 2 * len(read))]
    with np.errstate(over="ignore"):
        alone[np.arange(len(read)), read] = (low - (high - low))[read]
        alone[len(read) + np.arange(len(read)), read] = (high + (high - low))[read]
    return np.concatenate([far, alone])
