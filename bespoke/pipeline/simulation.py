"""A design, as RTL or as mapped netlist, simulated against the integer model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bespoke.data import Part
from bespoke.eda.cocotb_bench import simulate
from bespoke.model import IntegerClassifier
from bespoke.rtl import stress_vectors


@dataclass(frozen=True)
class SimulationReport:
    """What a simulation without any mismatch saw.

    Parameters
    ----------
    vectors : simulated and equal to the integer model.
    test_vectors : those of them that are the test part's samples.
    test_accuracy : share of the test part's samples on which the simulated output is the true class.
    """

    vectors: int
    test_vectors: int
    test_accuracy: float


def simulate_design(
    sources: Sequence[Path],
    classifier: IntegerClassifier,
    test: Part,
    *,
    folder: Path,
    seed: int,
    extra: int = 1000,
    top: str = "top",
    vcd: bool = False,
    max_vectors: int | None = None,
) -> SimulationReport:
    """Simulates every sample of the test part, then corner and random vectors, in one launch.

    Parameters
    ----------
    sources : the design's RTL, or its netlist and the cell models.
    classifier : what its output must equal on every vector.
    test : quantised features (samples, features) and class indices (samples,).
    folder : where job, log and results go.
    seed : of the random vectors.
    extra : corner and random vectors beside the test part.
    max_vectors : of the test part and the others together, simulate no more than these, evenly spaced. An event-driven
        simulator takes a time per vector that grows with gates times depth, seconds for ten thousand gates in chains of
        adders; the report says how many vectors it saw.

    Raises
    ------
    VerificationError
        naming the first vector, features decoded, on which the output differs or is unknown.
    """
    stress = stress_vectors(classifier.features, classifier.input_bits, extra, np.random.default_rng(seed))
    vectors = np.concatenate([test.features, stress])
    classes = np.asarray(test.classes)
    if max_vectors is not None and len(vectors) > max_vectors:
        chosen = np.linspace(0, len(vectors) - 1, max_vectors).round().astype(np.int64)
        classes = classes[chosen[chosen < len(classes)]]
        vectors = vectors[chosen]
    seen = simulate(
        sources,
        vectors=vectors,
        input_bits=classifier.input_bits,
        output_bits=classifier.output_bits,
        expected=classifier.predict(vectors),
        folder=folder,
        top=top,
        vcd=vcd,
    )
    tested = len(classes)
    return SimulationReport(len(vectors), tested, float(np.mean(seen[:tested] == classes)))
