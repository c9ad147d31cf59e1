"""Classifier modules in Icarus under the cocotb bench of ``sim/``: one launch for all vectors."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bespoke.eda.front_ends import FrontEndModel
from bespoke.eda.runner import run_tool
from bespoke.eda.sources import plain_sources
from bespoke.eda.tools import icarus_command
from bespoke.errors import InputError, ToolFailedError, VerificationError
from bespoke.files import write_json, write_text
from bespoke.resources import resource_dir

_MISMATCH = "AssertionError: vector "


def simulate(
    sources: Sequence[Path],
    *,
    vectors: np.ndarray,
    front_end: FrontEndModel,
    output_bits: int,
    folder: Path,
    expected: np.ndarray | None = None,
    top: str = "top",
    input_port: str = "inp",
    output_port: str = "out",
    vcd: bool = False,
    timeout_s: float = 900,
) -> np.ndarray:
    """Outputs of a combinational module as Icarus computes them.

    Parameters
    ----------
    sources : Verilog files, cell models included.
    vectors : what the front end reads, (samples, features): integers for words, measured values for comparators.
    front_end : the model that makes the input port's words of them. For a bare bus of w bits: ``Words(1)`` and w
        one-bit features.
    output_bits : width of the output port.
    folder : where job, log, ``outputs.txt`` and, with ``vcd``, ``waves.vcd`` go.
    expected : what the output must be per vector; the bench stops at the first that differs.
    top, input_port, output_port : names in the sources.

    Returns
    -------
    int64 (samples,), the value of the output port per vector.

    Raises
    ------
    VerificationError
        if an output differs from what is expected (inputs decoded in the message) or has an unknown bit.
    ToolFailedError
        if the sources do not compile, the simulation dies, or results are missing.
    ToolMissingError
        if Icarus is not installed.
    """
    icarus_command()
    vectors = front_end.checked(vectors)
    expected = _checked(expected, len(vectors), output_bits)
    folder = Path(folder).absolute()
    outputs_file = folder / "outputs.txt"
    for stale in (outputs_file, folder / "results.xml", folder / "waves.vcd"):
        stale.unlink(missing_ok=True)
    given = [Path(source).absolute() for source in sources]
    write_json(
        folder / "job.json",
        {
            "sources": [str(source) for source in plain_sources(given, folder)],
            "includes": sorted({str(source.parent) for source in given}),
            "top": top,
            "input_port": input_port,
            "output_port": output_port,
            "front_end": front_end.to_json(vectors.shape[1]),
            "output_bits": output_bits,
            "vcd": vcd,
        },
    )
    answers = ["-"] * len(vectors) if expected is None else expected.tolist()
    lines = (
        f"{' '.join(map(repr, row))} {answer}\n" for row, answer in zip(vectors.tolist(), answers, strict=True)
    )  # repr: a value comes back as it was
    write_text(folder / "vectors.txt", "".join(lines))
    try:
        run_tool(
            "simulation",
            (sys.executable, "-P", resource_dir("sim") / "launch.py", folder / "job.json"),
            folder=folder,
            timeout_s=timeout_s,
            env={"COCOTB_ANSI_OUTPUT": "0", "PYTHONPATH": str(resource_dir("sim")), "PYTHONDONTWRITEBYTECODE": "1"},
        )
    except ToolFailedError as error:
        found = _mismatch(error)
        if found:
            raise VerificationError(
                f"module {top} differs from the integer model: {found}; log: {error.log}"
            ) from error
        raise
    return _outputs(outputs_file, vectors, output_bits, expected, top)


def _checked(expected: np.ndarray | None, vectors: int, output_bits: int) -> np.ndarray | None:
    if expected is None:
        return None
    expected = np.asarray(expected).astype(np.int64)
    if expected.shape != (vectors,):
        raise InputError(f"{vectors} vectors need as many expected outputs, not {expected.shape}")
    if expected.min() < 0 or expected.max() >= 1 << output_bits:
        raise VerificationError(f"an expected output does not fit the output's {output_bits} bits")
    return expected


def _mismatch(error: ToolFailedError) -> str:
    """The bench's own sentence about the first wrong vector, if that is why the run failed."""
    if error.log is None:
        return ""
    for line in error.log.read_text(encoding="utf-8", errors="replace").splitlines():
        if _MISMATCH in line:
            return line[line.index(_MISMATCH) + len("AssertionError: ") :].strip()
    return ""


def _outputs(path: Path, vectors: np.ndarray, output_bits: int, expected: np.ndarray | None, top: str) -> np.ndarray:
    """What the bench wrote down, compared once more."""
    lines = path.read_text(encoding="ascii").split() if path.is_file() else []
    if len(lines) != len(vectors) or any(len(line) != output_bits for line in lines):
        raise ToolFailedError(f"the simulation of {top} gave {len(lines)} results for {len(vectors)} vectors", log=path)
    for number, line in enumerate(lines):
        if line.strip("01"):
            raise VerificationError(
                f"module {top} has an unknown output {line} on vector {number}, inputs {vectors[number].tolist()}"
            )
    seen = np.array([int(line, 2) for line in lines], dtype=np.int64)
    if expected is not None and not np.array_equal(seen, expected):
        first = int(np.flatnonzero(seen != expected)[0])
        raise VerificationError(
            f"module {top} differs from the integer model: vector {first}, inputs {vectors[first].tolist()}: "
            f"output {seen[first]}, expected {expected[first]}"
        )
    return seen
