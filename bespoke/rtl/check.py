"""Emitted Verilog, parsed back with pyverilog: is it what was meant to be written?"""

from __future__ import annotations

import contextlib
import io
import tempfile
import threading
from functools import cache
from typing import TYPE_CHECKING

from bespoke.errors import VerificationError

if TYPE_CHECKING:
    from pyverilog.vparser.parser import VerilogParser

_LOCK = threading.Lock()


def check_verilog(
    text: str, *, module: str = "top", input_width: int | None = None, output_width: int | None = None
) -> None:
    """Parses the text and compares its one module with the interface that every classifier has.

    Parameters
    ----------
    text : Verilog source.
    module : the name that the module must have.
    input_width, output_width : widths that ``inp`` and ``out`` must have; any where None.

    Raises
    ------
    VerificationError
        if the text does not parse, holds other modules, or the ports' names, directions or widths differ.
    """
    from pyverilog.vparser import ast

    modules = [item for item in _parse(text).description.definitions if isinstance(item, ast.ModuleDef)]
    if [item.name for item in modules] != [module]:
        raise VerificationError(
            f"the emitted Verilog holds the modules {[item.name for item in modules]}, expected {module!r} alone"
        )
    ports = [port.first for port in modules[0].portlist.ports if isinstance(port, ast.Ioport)]
    seen = [(type(port).__name__.lower(), port.name) for port in ports]
    if seen != [("input", "inp"), ("output", "out")]:
        raise VerificationError(f"module {module} has the ports {seen}, expected an input 'inp' and an output 'out'")
    for port, expected in zip(ports, (input_width, output_width), strict=True):
        width = _width(port.width)
        if expected is not None and width != expected:
            raise VerificationError(f"port {port.name} of module {module} has {width} bits, expected {expected}")


def _width(node) -> int:
    if node is None:
        return 1
    try:
        return abs(int(node.msb.value) - int(node.lsb.value)) + 1
    except (AttributeError, ValueError):
        raise VerificationError("a port's range in the emitted Verilog is not made of plain numbers") from None


def _parse(text: str):
    """Syntax tree of the text. What pyverilog prints goes nowhere, and what its parser writes to a scratch folder."""
    from pyverilog.vparser.parser import ParseError

    with _LOCK, contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            parser = _parser()
            parser.lexer.reset_lineno()
            return parser.parse(text)
        except ParseError as error:
            problem = " ".join(str(error).split())
    raise VerificationError(f"pyverilog cannot parse the emitted Verilog: {problem}")


@cache
def _parser() -> VerilogParser:
    """One parser for the whole process: building it takes longer than any parse."""
    from pyverilog.vparser.parser import VerilogParser

    with tempfile.TemporaryDirectory(prefix="bespoke-ply-") as folder:
        return VerilogParser(outputdir=folder, debug=False)
