"""Reads an EDIF netlist of library cells, which Yosys writes but does not read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bespoke.errors import InputError
from bespoke.technology.templates import template_environment

_TOKEN = re.compile(r'\s*(?:(?P<bracket>[()])|"(?P<text>[^"]*)"|(?P<word>[^\s()"]+))')
#: Cells that stand for constants.
_CONSTANTS = {"GND": "1'b0", "VCC": "1'b1"}


@dataclass(frozen=True)
class EdifPort:
    """A port of the design; ``width`` is None for one without an array."""

    name: str
    direction: str
    width: int | None


@dataclass(frozen=True)
class EdifPin:
    """What a net joins: a pin of an instance, or, where ``instance`` is empty, bit ``bit`` of a port."""

    instance: str
    name: str
    bit: int


@dataclass(frozen=True)
class EdifNetlist:
    """One flat cell: its ports, the library cell of each instance, and what each net joins."""

    name: str
    ports: tuple[EdifPort, ...]
    instances: dict[str, str]
    nets: tuple[tuple[EdifPin, ...], ...]

    def to_verilog(self) -> str:
        """The same as structural Verilog, with names of its own for instances and nets."""
        pins: dict[str, list[tuple[str, str]]] = {name: [] for name in self.instances}
        assigns = []
        directions = {port.name: port for port in self.ports}
        for number, net in enumerate(self.nets):
            for pin in net:
                if pin.instance and self.instances[pin.instance] in _CONSTANTS:
                    assigns.append((f"n{number}", _CONSTANTS[self.instances[pin.instance]]))
                elif pin.instance:
                    pins[pin.instance].append((pin.name, f"n{number}"))
                else:
                    port = directions[pin.name]
                    bit = pin.name if port.width is None else f"{pin.name}[{pin.bit}]"
                    assigns.append((f"n{number}", bit) if port.direction == "INPUT" else (bit, f"n{number}"))
        cells = [(name, cell) for name, cell in self.instances.items() if cell not in _CONSTANTS]
        return (
            template_environment("rtl_templates", "")
            .get_template("netlist.v.j2")
            .render(
                header=["// read back from EDIF"],
                module=self.name,
                ports=[port.name for port in self.ports],
                declarations=[_declaration(port) for port in self.ports],
                wires=[f"n{number}" for number in range(len(self.nets))],
                instances=[
                    f"{_verilog(cell)} g{number} ("
                    + ", ".join(f".{_verilog(pin)}({net})" for pin, net in pins[name])
                    + ")"
                    for number, (name, cell) in enumerate(cells)
                ],
                assigns=assigns,
            )
        )


def read_edif(path: Path) -> EdifNetlist:
    """The design that an EDIF 2 0 0 file names, which must be one flat cell.

    Raises
    ------
    InputError
        naming the file, if it is no such netlist.
    """
    try:
        document = _parsed(path.read_text(encoding="utf-8"))
        design = _child(document, "design")
        reference = _child(design, "cellRef")
        library = next(
            entry
            for entry in _children(document, "library")
            if _identifier(entry[1]) == _identifier(_child(reference, "libraryRef")[1])
        )
        cell = next(entry for entry in _children(library, "cell") if _identifier(entry[1]) == _identifier(reference[1]))
        originals = {
            _identifier(entry[1]): _original(entry[1])
            for place in (*_children(document, "library"), *_children(document, "external"))
            for entry in _children(place, "cell")
        }
        return _netlist(cell, originals)
    except (IndexError, KeyError, TypeError, ValueError, StopIteration, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not an EDIF netlist of library cells ({type(error).__name__}: {error})") from None


def _netlist(cell: list, cells: dict[str, str]) -> EdifNetlist:
    view = _child(cell, "view")
    ports = tuple(map(_port, _children(_child(view, "interface"), "port")))
    identifiers = [_identifier(_array_name(entry[1])) for entry in _children(_child(view, "interface"), "port")]
    names = {identifier: port.name for identifier, port in zip(identifiers, ports, strict=True)}
    widths = {port.name: port.width for port in ports}
    contents = _child(view, "contents")
    instances = {}
    for entry in _children(contents, "instance"):
        instances[_identifier(entry[1])] = cells[_identifier(_child(_child(entry, "viewRef"), "cellRef")[1])]
    nets = []
    for entry in _children(contents, "net"):
        nets.append(tuple(_pin(pin, names, widths) for pin in _children(_child(entry, "joined"), "portRef")))
    return EdifNetlist(_original(cell[1]), ports, instances, tuple(nets))


def _array_name(name: str | list) -> str | list:
    """The name of ``(array name width)``, or of a port without an array."""
    return name[1] if isinstance(name, list) and name[0] == "array" else name


def _port(entry: list) -> EdifPort:
    direction = _child(entry, "direction")[1]
    if _array_name(entry[1]) is not entry[1]:
        _, name, width = entry[1]
        return EdifPort(re.sub(r"\[\d+:\d+\]$", "", _original(name)), direction, int(width))
    return EdifPort(_original(entry[1]), direction, None)


def _pin(entry: list, names: dict[str, str], widths: dict[str, int | None]) -> EdifPin:
    """A member of an array is counted from the left, which is the highest bit."""
    member = entry[1] if isinstance(entry[1], list) and entry[1][0] == "member" else None
    identifier = _identifier(member[1] if member else entry[1])
    owner = _children(entry, "instanceRef")
    if owner:
        return EdifPin(_identifier(owner[0][1]), _original(entry[1]), 0)
    name = names[identifier]
    return EdifPin("", name, widths[name] - 1 - int(member[2]) if member else 0)


def _declaration(port: EdifPort) -> str:
    vector = "" if port.width is None else f"[{port.width - 1}:0] "
    return f"{port.direction.lower()} {vector}{port.name}"


def _verilog(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z_]\w*", name) else f"\\{name} "


def _parsed(text: str) -> list:
    """The one expression of a file, brackets as lists."""
    stack: list[list] = [[]]
    for token in _tokens(text):
        if token == "(":
            stack.append([])
        elif token == ")":
            done = stack.pop()
            stack[-1].append(done)
        else:
            stack[-1].append(token)
    (document,), *rest = stack
    if rest:
        raise ValueError("a bracket is left open")
    return document


def _tokens(text: str) -> Iterator[str]:
    place, end = 0, len(text.rstrip())
    while place < end:
        found = _TOKEN.match(text, place)
        if found is None:
            raise ValueError(f"unreadable at sign {place}")
        place = found.end()
        yield next(part for part in found.groups() if part is not None)


def _children(expression: list, keyword: str) -> list[list]:
    return [entry for entry in expression if isinstance(entry, list) and entry and entry[0] == keyword]


def _child(expression: list, keyword: str) -> list:
    return _children(expression, keyword)[0]


def _identifier(name: str | list) -> str:
    """What references call it: ``a`` of ``(rename a "b")``."""
    return name[1] if isinstance(name, list) else name


def _original(name: str | list) -> str:
    """What it was called: ``b`` of ``(rename a "b")``."""
    return name[2] if isinstance(name, list) else name
