"""Several classifier modules in one Icarus launch, over every input vector there is."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bespoke.eda.runner import run_tool
from bespoke.eda.tools import icarus_command
from bespoke.model import IntegerClassifier
from bespoke.rtl import bus_words, emit_verilog
from bespoke.rtl.verilog import default_wires
from bespoke.sensing import BinaryWires, Wires, port_width


def all_vectors(features: int, bits: int) -> np.ndarray:
    """Every input vector, int64 (2**(features*bits), features), in the order of the input bus."""
    words = np.arange(1 << features * bits)
    return words[:, None] >> bits * np.arange(features) & (1 << bits) - 1


def simulated_exhaustively(
    classifiers: list[IntegerClassifier], folder: Path, wires: list[Wires] | None = None
) -> list[list[str]]:
    """Per classifier the output bits, as text, that Icarus shows for every vector of ``all_vectors``.

    ``wires`` are those of each classifier's module, binary for a network by default.

    Fails where the compiler warns about anything.
    """
    declarations, runs = [], []
    wires = [default_wires(classifier) for classifier in classifiers] if wires is None else wires
    sources = [
        emit_verilog(classifier, wires=own, module=f"m{index}")
        for index, (classifier, own) in enumerate(zip(classifiers, wires, strict=True))
    ]
    for index, (classifier, own) in enumerate(zip(classifiers, wires, strict=True)):
        width = port_width(own)
        declarations.append(
            f"reg [{width - 1}:0] i{index}; wire [{classifier.output_bits - 1}:0] o{index};\n"
            f"m{index} u{index} (.inp(i{index}), .out(o{index}));\n"
        )
        if not isinstance(own, BinaryWires):
            words = bus_words(all_vectors(classifier.features, classifier.input_bits), own)
            runs += [f'i{index} = {width}\'h{word:x}; #1 $display("{index} %b", o{index});\n' for word in words]
            continue
        runs.append(
            f'for (i = 0; i < {1 << width}; i = i + 1) begin i{index} = i; #1 $display("{index} %b", o{index}); end\n'
        )
    bench = "".join(
        ["module bench;\ninteger i;\n", *declarations, "initial begin\n", *runs, "$finish(0);\nend\nendmodule\n"]
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "all.v").write_text("\n".join([*sources, bench]))
    command = (*icarus_command(), "-Wall", "-g2005", "-s", "bench", "-o", "all.vvp", "all.v")
    assert run_tool("compile", command, folder=folder, timeout_s=60).text() == ""
    log = run_tool("run", (*icarus_command("vvp"), "-n", "all.vvp"), folder=folder, timeout_s=60).text()
    seen: list[list[str]] = [[] for _ in classifiers]
    for line in log.splitlines():
        index, bits = line.split()
        seen[int(index)].append(bits)
    return seen


def assert_equals_model(classifiers: list[IntegerClassifier], folder: Path, wires: list[Wires] | None = None) -> None:
    """Every classifier's module gives the model's class on every input vector."""
    for classifier, seen in zip(classifiers, simulated_exhaustively(classifiers, folder, wires), strict=True):
        expected = classifier.predict(all_vectors(classifier.features, classifier.input_bits))
        assert seen == [f"{answer:0{classifier.output_bits}b}" for answer in expected], classifier
