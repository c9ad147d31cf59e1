"""Netlists that `write_netlist` wrote, read back; Verilog of any other form goes through Yosys."""

from __future__ import annotations

import re
from pathlib import Path

from bespoke.errors import InputError
from bespoke.netlist.assembly import PlacedCell, assemble
from bespoke.netlist.types import Netlist, Port
from bespoke.technology import Technology

_TOKEN = re.compile(r"(?:\s|//[^\n]*)*(\\\S+|[A-Za-z_][\w$]*|1'b[01]|-?\d+|[()\[\]:;,.=]|\Z)", re.ASCII)
_CONSTANTS = {"1'b0": False, "1'b1": True}
#: Vectors wider than this are a slip of the pen, and would fill the memory.
_MAX_WIDTH = 1 << 20


def read_netlist(text_or_path: str | Path, technology: Technology) -> Netlist:
    """Read the one module of a netlist in the form in which `write_netlist` writes it.

    That is: declarations of ports and wires, ``assign`` of one bit to another, and instances of cells with named pins.
    Instances may stand in any order.

    Parameters
    ----------
    text_or_path : Verilog text, or the path of a file that holds it.
    technology : whose cells and flip-flops the instances are.

    Raises
    ------
    InputError
        naming the unknown cell, the loop, the undriven or doubly driven net, or the line that is not understood.
    """
    text, where = _source(text_or_path)
    return _Reader(text, where).netlist(technology)


def _source(text_or_path: str | Path) -> tuple[str, str]:
    if isinstance(text_or_path, str) and ("\n" in text_or_path or ";" in text_or_path):
        return text_or_path, "the netlist"
    path = Path(text_or_path)
    try:
        return path.read_text(encoding="utf-8", errors="replace"), str(path)
    except OSError as error:
        raise InputError(f"cannot read the netlist {path}: {error.strerror}") from error


class _Reader:
    def __init__(self, text: str, where: str):
        self._text, self._where, self._position = text, where, 0
        self._token = ""
        self._ports: dict[str, str] = {}
        self._declared: dict[str, Port] = {}
        self._cells: list[PlacedCell] = []
        self._joined: dict[str, str | bool] = {}
        self._next()

    # ---- tokens ----

    def _next(self) -> str:
        """The token that was looked at; the following one is looked at."""
        token = self._token
        self._start = self._position
        found = _TOKEN.match(self._text, self._position)
        if found is None:
            odd = re.compile(r"(?:\s|//[^\n]*)*").match(self._text, self._position).end()
            self._start = odd
            raise self._fail(f"{self._text[odd]!r} is no part of a netlist")
        self._start, self._position, self._token = found.start(1), found.end(), found[1]
        return token

    def _fail(self, message: str) -> InputError:
        line = self._text.count("\n", 0, self._start) + 1
        return InputError(f"{self._where}, line {line}: {message}")

    def _expected(self, what: str) -> InputError:
        return self._fail(f"expected {what}, found {self._token!r}" if self._token else f"{what} is missing at the end")

    def _take(self, sign: str) -> None:
        if self._token != sign:
            raise self._expected(repr(sign))
        self._next()

    def _name(self) -> str:
        first = self._token[:1]
        if first == "\\":
            return self._next()[1:]
        if not (first.isalpha() or first == "_"):
            raise self._expected("a name")
        return self._next()

    def _number(self) -> int:
        if not self._token.removeprefix("-").isdigit():
            raise self._expected("a number")
        if len(self._token) > 8 or abs(int(self._token)) >= _MAX_WIDTH:
            raise self._expected(f"a number below {_MAX_WIDTH}")
        return int(self._next())

    # ---- the module ----

    def netlist(self, technology: Technology) -> Netlist:
        self._take("module")
        module = self._name()
        self._take("(")
        order = [] if self._token == ")" else self._names()
        self._take(")")
        self._take(";")
        while self._token != "endmodule":
            self._statement()
        self._next()
        if self._token:
            raise self._expected("the end of the netlist")
        undeclared = next((name for name in order if name not in self._ports), None)
        if undeclared is not None or len(order) != len(self._ports):
            raise InputError(f"{self._where}: the ports in the head of module {module} are not those declared")
        ports = {
            kind: [
                (self._declared[name], [self._bit(name, index) for index in self._declared[name].indices])
                for name in order
                if self._ports[name] == kind
            ]
            for kind in ("input", "output")
        }
        return assemble(
            module=module,
            inputs=ports["input"],
            outputs=ports["output"],
            cells=self._cells,
            joined=self._joined,
            technology=technology,
            where=f"{self._where}: module {module}",
        )

    def _names(self) -> list[str]:
        names = [self._name()]
        while self._token == ",":
            self._next()
            names.append(self._name())
        return names

    def _statement(self) -> None:
        match self._token:
            case "input" | "output" | "wire":
                self._declaration(self._next())
            case "assign":
                self._next()
                target = self._reference()
                self._take("=")
                if target in self._joined:
                    raise self._fail(f"net {target} has two drivers")
                if isinstance(target, bool):
                    raise self._fail("an assign drives a constant")
                self._joined[target] = self._reference()
                self._take(";")
            case _:
                self._instance()

    def _declaration(self, kind: str) -> None:
        high = low = 0
        if self._token == "[":
            self._next()
            high = self._number()
            self._take(":")
            low = self._number()
            self._take("]")
        width = abs(high - low) + 1
        for name in self._names():
            if name in self._declared:
                raise self._fail(f"{name} is declared twice")
            self._declared[name] = Port(name, width, min(high, low), upto=high < low)
            if kind != "wire":
                self._ports[name] = kind
        self._take(";")

    def _instance(self) -> None:
        cell, name = self._name(), self._name()
        self._take("(")
        pins: dict[str, str | bool | None] = {}
        while self._token != ")":
            self._take(".")
            pin = self._name()
            if pin in pins:
                raise self._fail(f"pin {pin} of {cell} {name} is connected twice")
            self._take("(")
            pins[pin] = None if self._token == ")" else self._reference()
            self._take(")")
            if self._token != ")":
                self._take(",")
        self._take(")")
        self._take(";")
        self._cells.append(PlacedCell(cell, name, pins))

    def _reference(self) -> str | bool:
        """One bit: a constant, a scalar, or a bit of a vector."""
        if self._token in _CONSTANTS:
            return _CONSTANTS[self._next()]
        name = self._name()
        if name not in self._declared:
            raise self._fail(f"net {name} is not declared")
        port, index = self._declared[name], 0
        if self._token == "[":
            self._next()
            index = self._number()
            self._take("]")
        elif port.is_vector:
            raise self._fail(f"{name} is a vector of {port.width}, where one bit is meant")
        if index not in port.indices:
            raise self._fail(f"{name}[{index}] lies outside {name}")
        return self._bit(name, index)

    def _bit(self, name: str, index: int) -> str:
        """The net's name as in the text, so that ``a[0]`` of a vector and the escaped name are two nets."""
        if self._declared[name].is_vector:
            return f"{name}[{index}]"
        return f"\\{name} " if "[" in name else name
