"""Test vectors for the printed circuit: measured values in, wires, and what must come out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bespoke.errors import VerificationError
from bespoke.handover.design import Handed
from bespoke.handover.tables import input_pins, read_features, table_text
from bespoke.netlist import predict
from bespoke.run.sensor import probed_levels
from bespoke.sensing import port_bits

#: Thresholds that get a pair of vectors, evenly spaced over all that are read.
MOST_THRESHOLDS = 200
#: Vectors from the run's samples, evenly spaced over those that differ on the wires.
MOST_SAMPLES = 400
#: Samples tried for each threshold, in search of one on which crossing it changes the class.
_TRIES = 256


@dataclass(frozen=True, eq=False)
class TestVectors:
    """What to apply and what to expect.

    Parameters
    ----------
    grid : integers of the grid, int64 (vectors, features).
    origins : where each vector comes from, in words.
    thresholds : how many of the vectors stand beside a threshold.
    """

    __test__ = False  # pytest takes it for tests otherwise

    grid: np.ndarray
    origins: tuple[str, ...]
    thresholds: int


def choose_vectors(handed: Handed, train: np.ndarray, test: np.ndarray) -> TestVectors:
    """Two vectors a threshold, half a step of the grid below it and above, then samples that differ on the wires.

    Around a threshold the other sensors are those of a sample on which crossing it changes the class, where one is
    found. All depends on the run alone: the same run gives the same vectors.

    Parameters
    ----------
    train, test : the run's quantised samples, int64 (samples, features).
    """
    around = _distinct(handed, np.concatenate([train, test]))
    levels = _spread(probed_levels(handed.classifier, handed.wires), MOST_THRESHOLDS)
    rows, origins = [], []
    tried = _spread(around, _TRIES)
    for feature, level in levels.tolist():
        below, above = tried.copy(), tried.copy()
        below[:, feature], above[:, feature] = level - 1, level
        tells = handed.classifier.predict(below) != handed.classifier.predict(above)
        base = int(tells.argmax())
        rows += [below[base], above[base]]
        name = f"{handed.model.feature_names[feature]} >= {handed.model.quantiser.threshold_text(feature, level)}"
        effect = "the class changes" if tells[base] else "the class stays"
        origins += [f"below {name}", f"above {name}, {effect}"]
    samples = _spread(_distinct(handed, test), MOST_SAMPLES)
    grid = np.concatenate([np.array(rows, dtype=np.int64).reshape(len(rows), samples.shape[1]), samples])
    return TestVectors(grid, (*origins, *["sample of the test part"] * len(samples)), len(rows))


def vectors_text(handed: Handed, vectors: TestVectors) -> str:
    """The CSV: ``number``, ``origin``, sensors in their units, ``inp`` bit by bit, expected code and class.

    Sensors that the circuit does not read are left out.

    Raises
    ------
    VerificationError
        if netlist and model, or measured value and wires, do not agree on a vector.
    """
    grid, features = vectors.grid, list(read_features(handed))
    wires = port_bits(handed.wires, grid)
    expected = handed.classifier.predict(grid)
    measured = _measured(handed, grid)
    printed = np.array([[float(cell) for cell in row] for row in measured]).reshape(grid.shape)
    if not np.array_equal(handed.model.quantiser.transform(printed), grid):
        raise VerificationError("a measured value of the test vectors does not reach its level of the grid")
    if not np.array_equal(predict(handed.netlist, grid, handed.wires), expected):
        raise VerificationError(f"{handed.metrics.netlist_file} answers a test vector otherwise than its model")
    names = [str(handed.model.feature_names[feature]) for feature in features]
    header = ["number", "origin", *names, *input_pins(handed), "expected_code", "expected_class"]
    rows = (
        [
            number,
            origin,
            *(float(measured[number][feature]) for feature in features),
            *wires[number].astype(int).tolist(),
            int(expected[number]),
            handed.labels[expected[number]],
        ]
        for number, origin in enumerate(vectors.origins)
    )
    return table_text(header, rows)


def _measured(handed: Handed, grid: np.ndarray) -> list[list[str]]:
    """Values in the middle of their cells, with no more digits than they need to be there."""
    quantiser = handed.model.quantiser
    exact = quantiser.inside(grid)
    short = np.array([[float(f"{value:.6g}") for value in row] for row in exact.tolist()]).reshape(grid.shape)
    fits = quantiser.transform(short) == grid
    return [[repr(value) for value in row] for row in np.where(fits, short, exact).tolist()]


def _distinct(handed: Handed, grid: np.ndarray) -> np.ndarray:
    """The first of the samples, in their order, that look the same on the wires."""
    _, first = np.unique(port_bits(handed.wires, grid), axis=0, return_index=True)
    return grid[np.sort(first)]


def _spread(rows: np.ndarray, most: int) -> np.ndarray:
    """No more than so many, evenly spaced."""
    if len(rows) <= most:
        return rows
    return rows[np.linspace(0, len(rows) - 1, most).round().astype(np.int64)]
