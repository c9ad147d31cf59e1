"""A plain-Verilog testbench that checks a module against the integer model's answers."""

from __future__ import annotations

import numpy as np

from bespoke.errors import InputError
from bespoke.model import IntegerClassifier
from bespoke.rtl.text import checked_identifier, environment
from bespoke.sensing import checked_inputs


def emit_testbench(
    classifier: IntegerClassifier,
    vectors: np.ndarray,
    expected: np.ndarray,
    *,
    module: str = "top",
    name: str = "testbench",
) -> str:
    """Verilog-2005 that applies every vector, compares, prints ``PASS`` or ``FAIL`` with counts, and finishes.

    It needs nothing but the module: ``iverilog -g2005 -o tb top_tb.v top.v && vvp tb``. An output with an unknown bit
    counts as wrong.

    Parameters
    ----------
    classifier : whose inputs and output the module has.
    vectors : integers (samples, features).
    expected : class index per vector (samples,).
    module, name : of the module under test and of the testbench.

    Raises
    ------
    InputError
        if vectors or expected classes do not fit the classifier.
    """
    checked_identifier(module)
    checked_identifier(name)
    vectors = checked_inputs(vectors, features=classifier.features, bits=classifier.input_bits)
    expected = np.asarray(expected)
    if expected.shape != (len(vectors),) or expected.dtype.kind not in "iu":
        raise InputError(f"{len(vectors)} vectors need as many expected class indices, not an array {expected.shape}")
    if len(expected) and (expected.min() < 0 or expected.max() >= 1 << classifier.output_bits):
        raise InputError(f"expected class indices must fit {classifier.output_bits} bits")
    width = classifier.features * classifier.input_bits
    return (
        environment()
        .get_template("testbench.v.j2")
        .render(
            name=name,
            module=module,
            input_width=width,
            output_width=classifier.output_bits,
            features=classifier.features,
            input_bits=classifier.input_bits,
            checks=[
                (f"{width}'h{word:x}", f"{classifier.output_bits}'d{answer}")
                for word, answer in zip(bus_words(vectors, classifier.input_bits), expected.tolist(), strict=True)
            ],
        )
    )


def bus_words(vectors: np.ndarray, bits: int) -> list[int]:
    """Value of the input bus per vector: feature j in bits ``[j*bits +: bits]``."""
    return [sum(value << index * bits for index, value in enumerate(row)) for row in vectors.tolist()]
