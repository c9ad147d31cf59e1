"""Structural Verilog-2005 as text: modules, nets, assigns and instances, before any cell is known.

What this reads is what Yosys and ABC write of a mapped design: declarations, ``assign`` of nets, bits, slices,
concatenations and constants, and instances with named or positional connections.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from bespoke.errors import InputError

_TOKEN = re.compile(
    r"""
    (?:\s++|//[^\n]*|/\*.*?\*/|\(\*.*?\*\)|`[^\n]*)*+                      # blanks, comments, attributes
    (?:
    (\\\S+|[A-Za-z_][A-Za-z0-9_$]*                                              # a name
    |(?:\d[\d_]*)?\s*'\s*[sS]?[bBoOdDhH]\s*[0-9a-fA-FxXzZ?_]+|\d[\d_]*       # a number
    |[()\[\]{}:;,.=\#]
    |\Z)
    |(.)                                                                     # whatever else is an error
    )
    """,
    re.VERBOSE | re.DOTALL,
)
_DIGIT_BITS = {"b": 1, "o": 3, "h": 4}
_NUMBER_STARTS = tuple("0123456789'")
_DIRECTIONS = ("input", "output", "inout")
_NET_KINDS = ("wire", "tri", "reg", "logic", "supply0", "supply1")

#: Vectors wider than this are a slip of the pen, and would fill the memory.
_MAX_WIDTH = 1 << 20

#: Bits of an expression, lowest first: a net bit ``(name, index)``, 0, 1, or None for x and z.
Bit = tuple[str, int] | int | None


@dataclass(frozen=True)
class Range:
    """Indices of a vector; a scalar is ``Range(0, 0)``."""

    left: int
    right: int

    @property
    def width(self) -> int:
        return abs(self.left - self.right) + 1

    def indices(self) -> list[int]:
        """All indices, that of the lowest bit first."""
        step = 1 if self.left >= self.right else -1
        return list(range(self.right, self.left + step, step))


@dataclass(frozen=True)
class Instance:
    """One cell; ``position`` is where in the text.

    ``connections`` maps pins to expressions; positional ones have the pin's number instead of its name.
    """

    cell: str
    name: str
    position: int
    connections: dict[str | int, Expression | None]


@dataclass
class Module:
    """A module as it stands in the text."""

    name: str
    port_order: list[str] = field(default_factory=list)
    directions: dict[str, str] = field(default_factory=dict)
    ranges: dict[str, Range] = field(default_factory=dict)
    constants: dict[str, int] = field(default_factory=dict)
    assigns: list[tuple[Expression, Expression, int]] = field(default_factory=list)
    instances: list[Instance] = field(default_factory=list)

    def bits(self, expression: Expression) -> list[Bit]:
        """Bits of an expression, lowest first.

        Raises
        ------
        InputError
            for an index outside its vector.
        """
        kind, *rest = expression
        if kind == "number":
            return list(rest[0])
        if kind == "concat":
            return [bit for part in reversed(rest[0]) for bit in self.bits(part)]
        if kind == "repeat":
            return self.bits(rest[1]) * rest[0]
        name, left, right = rest
        declared = self.ranges.get(name, SCALAR)
        if left is None:
            chosen = [0] if declared is SCALAR else declared.indices()
        else:
            low, high = sorted((declared.left, declared.right))
            if not low <= left <= high or (right is not None and not low <= right <= high):
                raise InputError(f"module {self.name}: {name}[{left}] lies outside of its vector")
            chosen = [left] if right is None else Range(left, right).indices()
        return [(name, index) for index in chosen]


#: What a net without a range has.
SCALAR = Range(0, 0)

Expression = tuple


def parse_modules(text: str, where: str) -> dict[str, Module]:
    """All modules of a Verilog text by name.

    Raises
    ------
    InputError
        naming ``where`` and the line of what is not structural Verilog.
    """
    modules = _Parser(text, where).modules()
    if not modules:
        raise InputError(f"{where} holds no Verilog module")
    return modules


class _Parser:
    def __init__(self, text: str, where: str):
        self._text, self._where = text, where
        self._tokens: list[str] = []
        self._positions: list[int] = []
        self._at = 0
        for match in _TOKEN.finditer(text):
            if match.group(2):
                raise self._error(match.start(2), f"{match.group(2)!r} is no part of a mapped netlist")
            self._tokens.append(match.group(1))  # the last one is empty
            self._positions.append(match.start(1))

    def _line(self, position: int) -> int:
        return self._text.count("\n", 0, position) + 1

    def _error(self, position: int, message: str) -> InputError:
        return InputError(f"{self._where}, line {self._line(position)}: {message}")

    def _fail(self, expected: str) -> InputError:
        found = repr(self._tokens[self._at]) if self._tokens[self._at] else "the end of the text"
        return self._error(self._positions[self._at], f"expected {expected}, found {found}")

    def _peek(self) -> str:
        return self._tokens[self._at]

    def _accept(self, sign: str) -> bool:
        if self._tokens[self._at] == sign:
            self._at += 1
            return True
        return False

    def _expect(self, sign: str) -> None:
        if self._tokens[self._at] != sign:
            raise self._fail(repr(sign))
        self._at += 1

    def _name(self) -> str:
        text = self._tokens[self._at]
        first = text[:1]
        if not (first.isalpha() or first == "_" or first == "\\"):
            raise self._fail("a name")
        self._at += 1
        return text[1:] if first == "\\" else text

    def _is_number(self) -> bool:
        return self._tokens[self._at][:1] in _NUMBER_STARTS

    def _integer(self) -> int:
        text = self._tokens[self._at]
        if not self._is_number() or "'" in text:
            raise self._fail("an integer")
        self._at += 1
        return int(text.replace("_", ""))

    def modules(self) -> dict[str, Module]:
        found: dict[str, Module] = {}
        while self._peek():
            if not self._accept("module"):
                raise self._fail("'module'")
            module = self._module()
            if module.name in found:
                raise InputError(f"{self._where}: module {module.name} is defined twice")
            found[module.name] = module
        return found

    def _module(self) -> Module:
        module = Module(self._name())
        if self._peek() == "#":
            raise self._fail("'(' or ';' (a mapped netlist has no parameters)")
        if self._accept("("):
            self._header(module)
        self._expect(";")
        while not self._accept("endmodule"):
            self._item(module)
        return module

    def _header(self, module: Module) -> None:
        direction, declared = "", SCALAR
        while not self._accept(")"):
            if self._peek() in _DIRECTIONS:
                direction = self._direction()
                declared = self._declared_range()
            name = self._name()
            module.port_order.append(name)
            if direction:
                module.directions[name] = direction
                module.ranges[name] = declared
            if not self._accept(","):
                self._expect(")")
                break

    def _direction(self) -> str:
        direction = self._name()
        if direction == "inout":
            self._at -= 1
            raise self._fail("'input' or 'output'")
        return direction

    def _declared_range(self) -> Range:
        while self._peek() in _NET_KINDS or self._peek() in ("signed", "unsigned"):
            self._at += 1
        if not self._accept("["):
            return SCALAR
        left = self._integer()
        self._expect(":")
        right = self._integer()
        self._expect("]")
        if abs(left - right) >= _MAX_WIDTH:
            raise self._fail(f"a vector of at most {_MAX_WIDTH} bits before this")
        return Range(left, right)

    def _item(self, module: Module) -> None:
        token = self._peek()
        if token in _DIRECTIONS or token in _NET_KINDS:
            self._declaration(module, token)
        elif token == "assign":
            self._at += 1
            while True:
                position = self._positions[self._at]
                target = self._expression()
                self._expect("=")
                module.assigns.append((target, self._expression(), position))
                if not self._accept(","):
                    break
            self._expect(";")
        elif token == ";":
            self._at += 1
        else:
            self._instances(module)

    def _declaration(self, module: Module, token: str) -> None:
        if token in _DIRECTIONS:
            direction = self._direction()
        else:
            direction = ""
            self._at += 1
        declared = self._declared_range()
        while True:
            position = self._positions[self._at]
            name = self._name()
            if direction:
                if name not in module.port_order:
                    raise self._error(position, f"{name} is declared {direction} but is no port of {module.name}")
                if name in module.directions:
                    raise self._error(position, f"port {name} is declared twice")
                module.directions[name] = direction
                module.ranges[name] = declared
            elif name in module.directions:
                if module.ranges[name] != declared:
                    raise self._error(position, f"port {name} is declared again with another range")
            elif name in module.ranges:
                raise self._error(position, f"net {name} is declared twice")
            else:
                module.ranges[name] = declared
            if token in ("supply0", "supply1"):
                module.constants[name] = int(token[-1])
            if self._accept("="):
                module.assigns.append((("net", name, None, None), self._expression(), position))
            if not self._accept(","):
                break
        self._expect(";")

    def _instances(self, module: Module) -> None:
        cell = self._name()
        if self._peek() == "#":
            raise self._fail(f"an instance of {cell} without parameters")
        while True:
            position = self._positions[self._at]
            name = "" if self._peek() == "(" else self._name()
            self._expect("(")
            connections: dict[str | int, Expression | None] = {}
            while not self._accept(")"):
                if self._accept("."):
                    pin: str | int = self._name()
                    self._expect("(")
                    value = None if self._peek() == ")" else self._expression()
                    self._expect(")")
                    if pin in connections:
                        raise self._error(position, f"pin {pin} of {cell} {name} is connected twice")
                else:
                    pin = len(connections)
                    value = None if self._peek() in (",", ")") else self._expression()
                connections[pin] = value
                if not self._accept(","):
                    self._expect(")")
                    break
            module.instances.append(Instance(cell, name, position, connections))
            if not self._accept(","):
                break
        self._expect(";")

    def _expression(self) -> Expression:
        if self._is_number():
            text, position = self._tokens[self._at], self._positions[self._at]
            self._at += 1
            return ("number", self._constant(text, position))
        if self._accept("{"):
            if self._is_number() and self._tokens[self._at + 1] == "{":
                if (count := self._integer()) > _MAX_WIDTH:
                    raise self._fail(f"at most {_MAX_WIDTH} repetitions before this")
                inner = self._expression()
                self._expect("}")
                return ("repeat", count, inner)
            parts = [self._expression()]
            while self._accept(","):
                parts.append(self._expression())
            self._expect("}")
            return ("concat", parts)
        name = self._name()
        if not self._accept("["):
            return ("net", name, None, None)
        left = self._integer()
        right = self._integer() if self._accept(":") else None
        self._expect("]")
        return ("net", name, left, right)

    def _constant(self, text: str, position: int) -> tuple[Bit, ...]:
        """Bits of a number, lowest first; a number without a size has 32."""
        if "'" not in text:
            value = int(text.replace("_", ""))
            return tuple(value >> bit & 1 for bit in range(32))
        size, rest = (part.strip() for part in text.split("'", 1))
        base, digits = rest.lstrip("sS")[0].lower(), rest.lstrip("sS")[1:].strip().replace("_", "").lower()
        width = int(size.replace("_", "")) if size else 32
        if width > _MAX_WIDTH:
            raise self._error(position, f"the number {text} has more than {_MAX_WIDTH} bits")
        bits: list[Bit] = []
        try:
            if base == "d":
                value = int(digits)
                bits = [value >> bit & 1 for bit in range(width)]
            else:
                for digit in reversed(digits):
                    unknown = digit in "xz?"
                    value = 0 if unknown else int(digit, 1 << _DIGIT_BITS[base])
                    bits += [None if unknown else value >> bit & 1 for bit in range(_DIGIT_BITS[base])]
        except ValueError:
            raise self._error(position, f"{text} is not a number") from None
        filler: Bit = None if bits and bits[-1] is None else 0
        return tuple((bits + [filler] * width)[:width])
