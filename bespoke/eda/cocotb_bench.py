"""Classifier modules in Icarus under the cocotb bench of ``sim/``: one launch for all vectors."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bespoke.eda.runner import run_tool
from bespoke.eda.tools import icarus_command
from bespoke.errors import InputError, ToolFailedError, VerificationError
from bespoke.files import write_json, write_text
from bespoke.resources import resource_dir

_MISMATCH = "AssertionError: vector "


def simulate(
    sources: Sequence[Path],
    *,
    vectors: np.ndarray,
    input_bits: int,
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
    vectors : integers (samples, features), each below ``2**input_bits``; feature j drives bits
        ``[j*input_bits +: input_bits]`` of the input port. For a bare bus of w bits: one-bit features, w of them.
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
    vectors, expected = _checked(vectors, input_bits, output_bits, expected)
    folder = Path(folder).absolute()
    outputs_file = folder / "outputs.txt"
    for stale in (outputs_file, folder / "results.xml", folder / "waves.vcd"):
        stale.unlink(missing_ok=True)
    write_json(
        folder / "job.json",
        {
            "sources": [str(Path(source).absolute()) for source in sources],
            "top": top,
            "input_port": input_port,
            "output_port": output_port,
            "features": vectors.shape[1],
            "input_bits": input_bits,
            "output_bits": output_bits,
            "vcd": vcd,
        },
    )
    answers = ["-"] * len(vectors) if expected is None else [str(answer) for answer in expected.tolist()]
    words = _hexadecimal(vectors, input_bits)
    write_text(
        folder / "vectors.txt", "".join(f"{word} {answer}\n" for word, answer in zip(words, answers, strict=True))
    )
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


def _checked(
    vectors: np.ndarray, input_bits: int, output_bits: int, expected: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray | None]:
    vectors = np.asarray(vectors)
    if vectors.ndim != 2 or not vectors.size or vectors.dtype.kind not in "iub":
        raise InputError(f"a simulation needs integer vectors (samples, features), not {vectors.dtype} {vectors.shape}")
    vectors = vectors.astype(np.int64)
    if vectors.min() < 0 or vectors.max() >= 1 << input_bits:
        raise InputError(f"the vectors of a simulation must lie in 0..{(1 << input_bits) - 1}")
    if expected is not None:
        expected = np.asarray(expected).astype(np.int64)
        if expected.shape != (len(vectors),):
            raise InputError(f"{len(vectors)} vectors need as many expected outputs, not {expected.shape}")
        if expected.min() < 0 or expected.max() >= 1 << output_bits:
            raise VerificationError(f"an expected output does not fit the output's {output_bits} bits")
    return vectors, expected


def _hexadecimal(vectors: np.ndarray, input_bits: int) -> list[str]:
    """The input bus of every vector in hexadecimal, from the bits of its features, lowest first."""
    bits = (vectors[:, :, None] >> np.arange(input_bits)) & 1
    packed = np.packbits(bits.reshape(len(vectors), -1).astype(np.uint8), axis=1, bitorder="little")
    return [row[::-1].tobytes().hex() for row in packed]


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
                f"module {top} has an unknown output {line} on vector {number}, features {vectors[number].tolist()}"
            )
    seen = np.array([int(line, 2) for line in lines], dtype=np.int64)
    if expected is not None and not np.array_equal(seen, expected):
        first = int(np.flatnonzero(seen != expected)[0])
        raise VerificationError(
            f"module {top} differs from the integer model: vector {first}, features {vectors[first].tolist()}: "
            f"output {seen[first]}, expected {expected[first]}"
        )
    return seen
