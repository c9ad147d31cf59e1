"""Structure of emitted Verilog by pyverilog's syntax tree: each name declared, each bit driven once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from bespoke.errors import VerificationError

if TYPE_CHECKING:
    from pyverilog.vparser import ast

_Bit = tuple[str, int]


def check_structure(module: ast.ModuleDef) -> None:
    """Refuse a module whose names, drivers or wires are not as an emitter means them.

    Every name is declared, once. Every bit of an output or a wire is driven by one assign or always block, no bit of an
    input by any. Bits that an expression names lie inside the net.

    Raises
    ------
    VerificationError
        naming the module and the net.
    """
    _Structure(module).check()


class _Structure:
    def __init__(self, module: ast.ModuleDef):
        from pyverilog.vparser import ast

        self._ast, self._module = ast, module
        self._widths: dict[str, int] = {}
        self._kinds: dict[str, str] = {}
        self._drivers: Counter[_Bit] = Counter()

    def check(self) -> None:
        for port in self._module.portlist.ports:
            if isinstance(port, self._ast.Ioport):
                self._declare(port.first)
        for item in self._module.items:
            if isinstance(item, self._ast.Decl):
                for declared in item.list:
                    if isinstance(declared, self._ast.Variable):
                        self._declare(declared)
        for item in self._module.items:
            self._item(item)
        for name, kind in self._kinds.items():
            self._check_net(name, kind)

    def _fail(self, message: str) -> VerificationError:
        return VerificationError(f"module {self._module.name} of the emitted Verilog: {message}")

    def _declare(self, declared: ast.Variable) -> None:
        if declared.name in self._widths:
            raise self._fail(f"{declared.name} is declared twice")
        self._widths[declared.name] = net_width(declared.width)
        self._kinds[declared.name] = type(declared).__name__.lower()

    def _item(self, item: ast.Node) -> None:
        match item:
            case self._ast.Decl():
                for inner in item.list:
                    self._item(inner)
            case self._ast.Assign():
                self._drivers.update(set(self._targets(item.left.var)))
                self._reads(item.right)
            case self._ast.Always():
                self._drivers.update(set(self._block(item.statement)))
            case self._ast.Variable():
                pass
            case _:
                raise self._fail(f"an emitter writes no {type(item).__name__}")

    def _block(self, node: ast.Node) -> Iterator[_Bit]:
        """Bits that a statement drives; what it reads exists."""
        if isinstance(node, self._ast.Substitution):
            self._reads(node.right)
            yield from self._targets(node.left.var)
            return
        for child in node.children():
            if isinstance(child, self._ast.Block | self._ast.Substitution | self._ast.IfStatement):
                yield from self._block(child)
            else:
                self._reads(child)

    def _targets(self, node: ast.Node) -> Iterator[_Bit]:
        if isinstance(node, self._ast.Concat | self._ast.LConcat):
            for part in node.list:
                yield from self._targets(part)
        else:
            name, bits = self._named_bits(node)
            yield from ((name, bit) for bit in bits)

    def _reads(self, node: ast.Node) -> None:
        """Names and bits in an expression exist."""
        if isinstance(node, self._ast.Identifier | self._ast.Pointer | self._ast.Partselect):
            self._named_bits(node)
            return
        for child in node.children():
            self._reads(child)

    def _named_bits(self, node: ast.Node) -> tuple[str, range]:
        """The net that an identifier, a bit or a part of it belongs to, and which bits."""
        name = node.name if isinstance(node, self._ast.Identifier) else node.var.name
        if name not in self._widths:
            raise self._fail(f"{name} is not declared")
        width = self._widths[name]
        match node:
            case self._ast.Identifier():
                return name, range(width)
            case self._ast.Pointer():
                low = high = _number(node.ptr)
            case _:
                high, low = _number(node.msb), _number(node.lsb)
        if low is None or high is None:
            raise self._fail(f"a bit of {name} is not named by a plain number")
        if not 0 <= low <= high < width:
            raise self._fail(f"{name}[{high}:{low}] lies outside its {width} bits")
        return name, range(low, high + 1)

    def _check_net(self, name: str, kind: str) -> None:
        expected = 0 if kind == "input" else 1
        for bit in range(self._widths[name]):
            drivers = self._drivers[name, bit]
            if drivers != expected:
                count = "two drivers" if drivers == 2 else f"{drivers} drivers" if drivers else "no driver"
                raise self._fail(f"bit {bit} of {kind} {name} has {count}")


def net_width(node: ast.Width | None) -> int:
    """Bits of a declared range; 1 where there is none.

    Raises
    ------
    VerificationError
        if the range is not made of plain numbers.
    """
    if node is None:
        return 1
    ends = _number(node.msb), _number(node.lsb)
    if None in ends:
        raise VerificationError("a range in the emitted Verilog is not made of plain numbers")
    return abs(ends[0] - ends[1]) + 1


def _number(node: ast.Node) -> int | None:
    try:
        return int(node.value)
    except (AttributeError, ValueError):
        return None
