"""Who drives every net of a user's modules: what Yosys would settle by a silent rule is refused here by name.

Read from the RTLIL text of the elaborated hierarchy, before any pass merges or drops a net: there an ``assign`` is a
``connect``, an always block a ``process`` whose ``update`` lines are what it drives, an instance a ``cell``.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from bespoke.errors import InputError

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|\S+')
_CONSTANT = re.compile(r"(\d+)'(?:s?)([01xzm-]*)\Z")
_SLICE = re.compile(r"\[(\d+)(?::(\d+))?\]\Z")
_PLACE = re.compile(r"\$([\w.]+\.s?v):(\d+)")
#: Outputs of the cells that Yosys makes of operators.
_OPERATOR_OUTPUTS = frozenset({r"\Y", r"\Q", r"\X", r"\CO", r"\RD_DATA"})
_READ_PORT = "$memrd"

#: A net bit ``(wire, index)`` or a constant ``0``, ``1``, ``x``, ``z``, ``-``.
_Bit = tuple[str, int] | str


@dataclass(frozen=True)
class _Wire:
    """A net as declared; ``direction`` is empty for one that is no port."""

    width: int = 1
    offset: int = 0
    upto: bool = False
    direction: str = ""


@dataclass
class _Cell:
    kind: str
    name: str
    pins: list[tuple[str, list[_Bit]]] = field(default_factory=list)


@dataclass
class RtlilModule:
    """A module of the text.

    ``drives`` are pairs of what drives, in words, and which bits; ``reads`` of what reads, in words, and which bits;
    ``joined`` are the pairs of bits, target and source, of the assigns.
    """

    name: str
    is_top: bool = False
    wires: dict[str, _Wire] = field(default_factory=dict)
    cells: list[_Cell] = field(default_factory=list)
    drives: list[tuple[str, list[_Bit]]] = field(default_factory=list)
    reads: list[tuple[str, list[_Bit]]] = field(default_factory=list)
    joined: list[tuple[_Bit, _Bit]] = field(default_factory=list)

    @property
    def base_name(self) -> str:
        """As in the user's text, where parameters made a module of its own of it."""
        name = self.name
        if name.startswith("$paramod"):
            name = "\\" + name.split("\\")[1]
        return name.lstrip("\\")


def read_rtlil(text: str) -> dict[str, RtlilModule]:
    """The modules of Yosys' ``write_rtlil``, by name as it stands there."""
    return {module.name: module for module in _Reader(text).modules()}


def base_names(modules: Iterable[RtlilModule]) -> set[str]:
    """Names of the user's modules that these are."""
    return {module.base_name for module in modules}


def instantiated(modules: Iterable[RtlilModule]) -> set[str]:
    """Names of the user's modules that these instantiate; one that instantiates itself does not count."""
    return {
        RtlilModule(cell.kind).base_name
        for module in modules
        for cell in module.cells
        if RtlilModule(cell.kind).base_name != module.base_name
    }


def check_drivers(modules: dict[str, RtlilModule]) -> None:
    """Refuse nets with two drivers, three-state values, and bidirectional ports.

    Nets that nothing reads, loop variables for one, may have as many drivers as they like.

    Raises
    ------
    InputError
        naming the module, the net and what drives it.
    """
    for module in modules.values():
        for wire, declared in module.wires.items():
            if declared.direction == "inout":
                raise InputError(f"port {_plain(wire)} is bidirectional; printed gates drive one way only")
        drives, reads = _sorted_pins(module, modules)
        read = _read_bits(module, reads)
        _check_values(module, reads, read)
        _check_single(module, drives, read)


class _Reader:
    """Line by line; statements nest in cells, processes and switches only."""

    def __init__(self, text: str):
        self._lines = text.splitlines()

    def modules(self) -> Iterator[RtlilModule]:
        lines = iter(self._lines)
        is_top = False
        for line in lines:
            words = line.split()
            if words[:1] == ["module"]:
                module = self._module(words[1], lines)
                module.is_top, is_top = is_top, False
                yield module
            elif words[:2] == ["attribute", r"\top"]:
                is_top = True

    def _module(self, name: str, lines: Iterator[str]) -> RtlilModule:
        module = RtlilModule(name)
        for line in lines:
            words = _TOKEN.findall(line)
            match words[:1]:
                case ["wire"]:
                    module.wires[words[-1]] = _wire(words[1:-1])
                case ["cell"]:
                    module.cells.append(self._cell(module, words, lines))
                case ["process"]:
                    self._process(module, words[1], lines)
                case ["connect"]:
                    target, value = _signals(module, words[1:])
                    module.drives.append((f"an assign{_place(words)}", target))
                    module.joined += zip(target, value, strict=False)
                case ["end"]:
                    break
        return module

    def _cell(self, module: RtlilModule, words: list[str], lines: Iterator[str]) -> _Cell:
        cell = _Cell(words[1], words[2])
        for line in lines:
            inner = _TOKEN.findall(line)
            if inner[:1] == ["end"]:
                break
            if inner[:1] == ["connect"]:
                cell.pins.append((inner[1], _signals(module, inner[2:])[0]))
        return cell

    def _process(self, module: RtlilModule, name: str, lines: Iterator[str]) -> None:
        block = f"an always block{_place([name])}"
        depth, initial = 1, False
        driven: dict[_Bit, None] = {}  # once, however many edges it is sensitive to
        for line in lines:
            words = _TOKEN.findall(line) or [""]
            match words[0]:
                case "switch":
                    depth += 1
                    module.reads.append((block, _signals(module, words[1:])[0]))
                case "case":
                    signals = _signals(module, [word.rstrip(",") for word in words[1:] if word != ","])
                    module.reads += [(block, bits) for bits in signals]
                case "end":
                    depth -= 1
                    if not depth:
                        break
                case "assign":
                    target, value = _signals(module, words[1:])
                    module.reads.append((_names(module, target) or block, value))
                case "sync":
                    initial = words[1] == "init"
                    module.reads += [(block, bits) for bits in _signals(module, words[2:])]
                case "update":
                    target, value = _signals(module, words[1:])
                    driven |= {} if initial else dict.fromkeys(target)
                    module.reads.append((_names(module, target), value))
                case "memwr":
                    module.reads += [(block, bits) for bits in _signals(module, words[2:-1])]
        module.drives.append((block, list(driven)))


def _wire(words: list[str]) -> _Wire:
    numbers = {key: int(value) for key, value in itertools.pairwise(words) if value.lstrip("-").isdigit()}
    direction = next((word for word in words if word in ("input", "output", "inout")), "")
    return _Wire(numbers.get("width", 1), numbers.get("offset", 0), "upto" in words, direction)


def _signals(module: RtlilModule, words: list[str]) -> list[list[_Bit]]:
    """Bits, lowest first, of the signals that stand one behind the other."""
    found: list[list[_Bit]] = []
    open_at: list[int] = []
    for word in words:
        if word == "{":
            open_at.append(len(found))
        elif word == "}":
            start = open_at.pop()
            found[start:] = [[bit for part in reversed(found[start:]) for bit in part]]
        elif (part := _SLICE.match(word)) is not None:
            high, low = int(part[1]), int(part[2] or part[1])
            found[-1] = found[-1][low : high + 1]
        elif word[0] in "\\$":
            width = module.wires[word].width if word in module.wires else 1
            found.append([(word, index) for index in range(width)])
        elif (constant := _CONSTANT.match(word)) is not None:
            digits = constant[2]
            width = int(constant[1])
            if digits and len(digits) < width:
                digits = (digits[0] if digits[0] in "xz" else "0") * (width - len(digits)) + digits
            found.append(list(reversed(digits)))
        else:  # an integer, or a text
            found.append(["0"])
    return found


def _sorted_pins(module: RtlilModule, modules: dict[str, RtlilModule]) -> tuple[list, list]:
    """All that drives and all that reads in a module, its instances' pins and its own ports included."""
    drives, reads = list(module.drives), list(module.reads)
    for wire, declared in module.wires.items():
        bits = [(wire, index) for index in range(declared.width)]
        if declared.direction == "input":
            drives.append(("the module's input", bits))
        elif declared.direction == "output":
            reads.append((f"output {_plain(wire)}", bits))
    for cell in module.cells:
        inner = modules.get(cell.kind)
        for pin, bits in cell.pins:
            if inner is not None:
                is_output = pin in inner.wires and inner.wires[pin].direction == "output"
                where = f"pin {_plain(pin)} of {inner.base_name} {_plain(cell.name)}"
                if not is_output and "x" in bits:
                    raise InputError(f"module {module.base_name}: {where} reads an unknown value (x)")
                if is_output and any(isinstance(bit, str) for bit in bits):
                    raise InputError(f"module {module.base_name}: output {where} drives a constant")
            else:
                is_output = pin in _OPERATOR_OUTPUTS or (pin == r"\DATA" and cell.kind.startswith(_READ_PORT))
                where = f"an operator{_place([cell.name])}"
            (drives if is_output else reads).append((where, bits))
    return drives, reads


def _check_values(module: RtlilModule, reads: list[tuple[str, list[_Bit]]], read: set[_Bit]) -> None:
    for target, source in module.joined:
        if target in read and source == "x":
            raise InputError(f"module {module.base_name}: net {_bit_name(module, target)} has an unknown value (x)")
    assigned = ((f"net {_bit_name(module, target)}", [source]) for target, source in module.joined if target in read)
    for where, bits in itertools.chain(reads, assigned):
        if "z" in bits:
            raise InputError(
                f"module {module.base_name}: {where or 'a signal'} has three states (a value z), which printed gates "
                "lack"
            )


def _read_bits(module: RtlilModule, reads: list[tuple[str, list[_Bit]]]) -> set[_Bit]:
    """Bits that anything reads but an assign of a net that nothing reads."""
    sources: dict[_Bit, list[_Bit]] = {}
    for target, source in module.joined:
        sources.setdefault(target, []).append(source)
    read = {bit for _, bits in reads for bit in bits}
    waiting = list(read)
    while waiting:
        for source in sources.get(waiting.pop(), ()):
            if source not in read:
                read.add(source)
                waiting.append(source)
    return read


def _check_single(module: RtlilModule, drives: list, read: set[_Bit]) -> None:
    drivers: dict[tuple[str, int], list[str]] = {}
    for what, bits in drives:
        for bit in dict.fromkeys(bits):
            if isinstance(bit, tuple):
                drivers.setdefault(bit, []).append(what)
    for bit, found in drivers.items():
        if len(found) > 1 and bit in read:
            number = "two" if len(found) == 2 else str(len(found))
            raise InputError(
                f"module {module.base_name}: net {_bit_name(module, bit)} has {number} drivers ({', '.join(found)})"
            )


def _bit_name(module: RtlilModule, bit: _Bit) -> str:
    wire, index = bit
    declared = module.wires[wire]
    if declared.width == 1 and not declared.offset:
        return _plain(wire)
    return f"{_plain(wire)}[{declared.offset + (declared.width - 1 - index if declared.upto else index)}]"


def _names(module: RtlilModule, bits: list[_Bit]) -> str:
    """The user's name for what these bits belong to; empty where there is none."""
    wires = dict.fromkeys(bit[0] for bit in bits if isinstance(bit, tuple))
    named = [_plain(wire) for wire in wires if wire.startswith("\\")]
    return f"signal {', '.join(named)}" if named else ""


def _place(words: Iterable[str]) -> str:
    """`` in FILE line N`` where a name that Yosys gave tells it."""
    found = next(filter(None, map(_PLACE.search, words)), None)
    return f" in {found[1]} line {found[2]}" if found else ""


def _plain(name: str) -> str:
    return name.removeprefix("\\")
