"""Icarus Verilog: lint, and plain-Verilog testbenches."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from bespoke.eda.runner import ToolRun, run_tool
from bespoke.eda.tools import icarus_command
from bespoke.errors import ToolFailedError, VerificationError

_VERDICT = re.compile(r"^(PASS|FAIL): (\d+)", re.MULTILINE)


def lint(sources: Sequence[Path], *, top: str, folder: Path, timeout_s: float = 120) -> ToolRun:
    """Elaborates the sources as Verilog-2005 with every warning on.

    Parameters
    ----------
    sources : Verilog files.
    top : root module.
    folder : where the log goes.

    Raises
    ------
    ToolFailedError
        if Icarus has anything to say, warnings included; the message shows it.
    ToolMissingError
        if Icarus is not installed.
    """
    options = ("-Wall", "-g2005", "-t", "null", "-s", top)
    run = run_tool("lint", (*icarus_command(), *options, *_absolute(sources)), folder=folder, timeout_s=timeout_s)
    said = run.text().strip()
    if said:
        raise ToolFailedError(
            f"Icarus warns about {sources[0].name}", command=run.command, log=run.log, tail=said[:2000]
        )
    return run


def run_testbench(
    sources: Sequence[Path], *, top: str = "testbench", folder: Path, expected_vectors: int, timeout_s: float = 600
) -> None:
    """Compiles and runs a self-checking testbench.

    Parameters
    ----------
    sources : the testbench and all that it needs.
    top : the testbench's module.
    folder : where the compiled design and the logs go.
    expected_vectors : number of vectors that the testbench must report as passed.

    Raises
    ------
    VerificationError
        if it prints FAIL; the message shows the first wrong vectors.
    ToolFailedError
        if it does not compile, does not end, prints no verdict, or passed another number of vectors.
    """
    compile_command = (*icarus_command(), "-g2005", "-s", top, "-o", "testbench.vvp", *_absolute(sources))
    run_tool("compile_testbench", compile_command, folder=folder, timeout_s=timeout_s)
    # -n: a $stop ends the run instead of waiting for somebody to type
    run = run_tool("testbench", (*icarus_command("vvp"), "-n", "testbench.vvp"), folder=folder, timeout_s=timeout_s)
    text = run.text()
    verdicts = _VERDICT.findall(text)
    if len(verdicts) == 1 and verdicts[0][0] == "FAIL":
        raise VerificationError(
            f"the testbench {top} found wrong outputs:\n{text.strip()[:2000]}\nwhole log: {run.log}"
        )
    if verdicts != [("PASS", str(expected_vectors))]:
        raise ToolFailedError(
            f"the testbench {top} did not pass its {expected_vectors} vectors",
            command=run.command,
            log=run.log,
            tail=text[-2000:],
        )


def _absolute(sources: Sequence[Path]) -> tuple[Path, ...]:
    """The programs run in a folder of their own, so a relative path would not be found."""
    return tuple(Path(source).absolute() for source in sources)
