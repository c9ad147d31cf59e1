"""A design, as RTL or as mapped netlist, simulated against the integer model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bespoke.data import Part
from bespoke.eda.cocotb_bench import simulate
from bespoke.eda.front_ends import FrontEndModel, Words
from bespoke.eda.modules import module_with_ports
from bespoke.model import IntegerClassifier, input_wires
from bespoke.rtl import stress_vectors
from bespoke.run.sensor import Stimuli, front_end_model, measured_stimuli
from bespoke.sensing import FrontEndKind, Quantiser


@dataclass(frozen=True)
class SimulationReport:
    """What a simulation without any mismatch saw.

    Parameters
    ----------
    vectors : simulated and equal to the integer model.
    test_vectors : those of them that are the test part's samples.
    test_accuracy : share of the test part's samples on which the simulated output is the true class.
    measured_vectors : those that went in as measured values, through a model of the front end; 0 where integers did.
    threshold_probes : those of the measured ones that stood at a threshold of the front end, or a float beside it.
    """

    vectors: int
    test_vectors: int
    test_accuracy: float
    measured_vectors: int = 0
    threshold_probes: int = 0


def simulate_design(
    sources: Sequence[Path],
    classifier: IntegerClassifier,
    test: Part,
    *,
    folder: Path,
    seed: int,
    front_end: FrontEndKind = FrontEndKind.BINARY,
    quantiser: Quantiser | None = None,
    extra: int = 1000,
    top: str | None = "top",
    vcd: bool = False,
    max_vectors: int | None = None,
) -> SimulationReport:
    """Simulates every sample of the test part, probes of the thresholds, corner and random vectors, in one launch.

    With comparators between sensor and design, measured values go in, and what comes out is compared with what the
    integer model makes of the quantised ones: quantiser, thresholds, wires and logic are proven together.

    Parameters
    ----------
    sources : the design's RTL, or its netlist and the cell models.
    classifier : what its output must equal on every vector.
    test : quantised features (samples, features), class indices (samples,), and measured values where there are any.
    folder : where job, log and results go.
    seed : of the random vectors.
    front_end : what drives the design's input bus.
    quantiser : of the measured values; without it integers go in, through comparators at the integers' levels.
    top : module; None takes the one with the ports ``inp`` and ``out`` that no other instantiates.
    extra : corner and random vectors beside the test part.
    max_vectors : of all vectors together, simulate no more than these, evenly spaced. An event-driven simulator takes
        a time per vector that grows with gates times depth, seconds for ten thousand gates in chains of adders; the
        report says how many vectors it saw.

    Raises
    ------
    InputError
        if there is no such module, or there are several.
    VerificationError
        naming the first vector, as it went in, on which the output differs or is unknown.
    """
    if top is None:
        top = module_with_ports(sources, input_port="inp", output_port="out", folder=folder)
    rng = np.random.default_rng(seed)
    stress = stress_vectors(classifier.features, classifier.input_bits, extra, rng)
    model, stimuli = _stimuli(classifier, test, stress, front_end, quantiser, rng)
    stimuli = stimuli.thinned(max_vectors)
    seen = simulate(
        sources,
        vectors=stimuli.vectors,
        front_end=model,
        output_bits=classifier.output_bits,
        expected=classifier.predict(stimuli.grid),
        folder=folder,
        top=top,
        vcd=vcd,
    )
    measured = quantiser is not None and not isinstance(model, Words)
    return SimulationReport(
        vectors=len(seen),
        test_vectors=stimuli.tests,
        test_accuracy=float(np.mean(seen[: stimuli.tests] == stimuli.classes)),
        measured_vectors=len(seen) if measured else 0,
        threshold_probes=stimuli.probes if measured else 0,
    )


def _stimuli(
    classifier: IntegerClassifier,
    test: Part,
    stress: np.ndarray,
    front_end: FrontEndKind,
    quantiser: Quantiser | None,
    rng: np.random.Generator,
) -> tuple[FrontEndModel, Stimuli]:
    """The front end's model and what goes into it."""
    wires = input_wires(classifier, front_end)
    features, bits = classifier.features, classifier.input_bits
    model = None
    if front_end is FrontEndKind.THERMOMETER and quantiser is None:
        quantiser = Quantiser((0.0,) * features, (float(1 << bits),) * features, bits)  # the identity on integers
        test = Part(test.features, test.classes, test.rows)
    if front_end is not FrontEndKind.DIGITAL and quantiser is not None:
        model = front_end_model(wires, quantiser)
    if model is not None:
        return model, measured_stimuli(classifier, wires, quantiser, test, stress, rng)
    vectors = np.concatenate([test.features, stress])
    return Words(bits), Stimuli(vectors, vectors, np.asarray(test.classes))
