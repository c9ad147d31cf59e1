"""Which module of some Verilog sources is meant."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bespoke.eda.drivers import RtlilModule, instantiated, read_rtlil
from bespoke.eda.tools import Backend
from bespoke.eda.yosys import read_with_yosys
from bespoke.errors import InputError, ToolFailedError


def module_with_ports(
    sources: Sequence[Path],
    *,
    input_port: str,
    output_port: str,
    folder: Path,
    preferred: str = "top",
    backend: Backend | str = Backend.PYOSYS,
) -> str:
    """The module that has these ports and that no other instantiates; ``preferred`` where there are several.

    It is ``preferred`` too where Yosys cannot read the sources: simulators take more, such as primitives of tables.

    Raises
    ------
    InputError
        if there are several such modules, or none.
    """
    try:
        read = read_with_yosys(
            "modules.ys.j2", sources, top=None, folder=folder / "modules", backend=backend, result="result.il"
        )
    except (InputError, ToolFailedError):
        return preferred
    modules = read_rtlil(read.result.read_text(encoding="utf-8", errors="replace"))
    inner = instantiated(modules.values())
    tops = [module for module in modules.values() if module.base_name not in inner]
    fitting = [module.base_name for module in tops if _has(module, input_port, "input") and _has(module, output_port)]
    if preferred in fitting:
        return preferred
    if len(fitting) == 1:
        return fitting[0]
    listed = ", ".join(map(str, sources))
    if fitting:
        raise InputError(f"{listed}: there are several modules ({', '.join(sorted(fitting))}); say which with --top")
    names = ", ".join(sorted(module.base_name for module in modules.values())) or "no module"
    raise InputError(f"{listed}: no module has an input {input_port} and an output {output_port}; found: {names}")


def _has(module: RtlilModule, port: str, direction: str = "output") -> bool:
    wire = module.wires.get(f"\\{port}")
    return wire is not None and wire.direction == direction
