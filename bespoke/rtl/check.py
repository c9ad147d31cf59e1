"""Emitted Verilog, parsed back with pyverilog: is it what was meant to be written?"""

from __future__ import annotations

import contextlib
import io
import tempfile
import threading
from functools import cache
from typing import TYPE_CHECKING

from bespoke.errors import VerificationError
from bespoke.rtl.structure import check_structure, net_width

if TYPE_CHECKING:
    from pyverilog.vparser import ast
    from pyverilog.vparser.parser import VerilogParser

_LOCK = threading.Lock()


def check_verilog(
    text: str, *, module: str = "top", input_width: int | None = None, output_width: int | None = None
) -> None:
    """Parses the text, compares its one module with the interface that every classifier has, and checks its structure.

    Every name is declared, once, and every bit driven once; see `check_structure`.

    Parameters
    ----------
    text : Verilog source.
    module : the name that the module must have.
    input_width, output_width : widths that ``inp`` and ``out`` must have; any where None.

    Raises
    ------
    VerificationError
        if the text does not parse, holds other modules, the ports' names, directions or widths differ, or a net is
        not declared or driven as it should be.
    """
    from pyverilog.vparser import ast

    modules = [item for item in parse(text).description.definitions if isinstance(item, ast.ModuleDef)]
    if [item.name for item in modules] != [module]:
        raise VerificationError(
            f"the emitted Verilog holds the modules {[item.name for item in modules]}, expected {module!r} alone"
        )
    ports = [port.first for port in modules[0].portlist.ports if isinstance(port, ast.Ioport)]
    seen = [(type(port).__name__.lower(), port.name) for port in ports]
    if seen != [("input", "inp"), ("output", "out")]:
        raise VerificationError(f"module {module} has the ports {seen}, expected an input 'inp' and an output 'out'")
    for port, expected in zip(ports, (input_width, output_width), strict=True):
        width = net_width(port.width)
        if expected is not None and width != expected:
            raise VerificationError(f"port {port.name} of module {module} has {width} bits, expected {expected}")
    check_structure(modules[0])


def parse(text: str) -> ast.Source:
    """Syntax tree of a text that we wrote; what pyverilog prints goes nowhere, what it writes to a scratch folder."""
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
