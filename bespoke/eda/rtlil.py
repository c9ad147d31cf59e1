"""Reads the and-inverter graph that Yosys wrote as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bespoke.circuit import Circuit, CircuitBuilder, RegisterCut
from bespoke.errors import InputError

_CONSTANTS = {"0": 0, "1": 1}
_FLIP_FLOPS = {"$_DFF_P_": None, "$_DFF_PN0_": "R"}
#: How the names begin that Yosys gives what it makes of a memory.
_MEMORY = "$memory\\"


@dataclass(frozen=True)
class BitPort:
    """A port of a module; the bit at place 0 is the lowest.

    ``offset`` is the smallest index in the declared range, ``upto`` whether that is the highest bit's, as in ``[0:3]``.
    """

    name: str
    width: int
    offset: int = 0
    upto: bool = False

    @property
    def indices(self) -> tuple[int, ...]:
        """Declared index of every bit, from the lowest."""
        indices = range(self.offset, self.offset + self.width)
        return tuple(reversed(indices) if self.upto else indices)

    @property
    def range(self) -> str:
        """As declared: ``[3:0]``; of one bit at index 0, empty."""
        return f"[{self.indices[-1]}:{self.indices[0]}]" if self.width > 1 or self.offset else ""


@dataclass(frozen=True)
class FlipFlopCut:
    """A rising-edge flip-flop at which the design was cut.

    ``name`` is the user's wherever the Verilog has one, and the same in every run. ``has_reset``: active-low,
    asynchronous, to 0. ``aliases`` are the names of the net at its output, and the instance of a library cell that it
    was inside of.
    """

    name: str
    has_reset: bool
    aliases: tuple[str, ...] = ()

    def is_called_like(self, other: FlipFlopCut) -> bool:
        """Whether one has the name of the other among its own."""
        return self.name in (other.name, *other.aliases) or other.name in self.aliases


@dataclass(frozen=True)
class CutDesign:
    """What Yosys' result holds.

    Parameters
    ----------
    module : name of the top module.
    inputs, outputs : ports in order.
    flip_flops : at which the graph is cut.
    aig : its inputs are the port bits, then the flip-flops' outputs; its outputs the port bits, then the
        ``RegisterCut`` of every flip-flop.
    open_aig : the graph with further inputs, for the Verilog's undefined values (x), which count as 0 in ``aig``; None
        where there are none.
    """

    module: str
    inputs: tuple[BitPort, ...]
    outputs: tuple[BitPort, ...]
    flip_flops: tuple[FlipFlopCut, ...]
    aig: Circuit
    open_aig: Circuit | None


def circuit_from_json(path: Path) -> CutDesign:
    """The combinational graph of Yosys' top module, with its ports and flip-flops.

    Raises
    ------
    InputError
        for bidirectional ports, latches, loops, nets that nothing drives, or cells that are neither gates nor
        flip-flops.
    """
    modules = json.loads(path.read_text(encoding="utf-8", errors="replace"))["modules"]
    name, module = next((item for item in modules.items() if _is_top(item[1])), (None, None))
    if name is None:
        raise InputError("the Verilog has no module that could be the top")
    return _Reader(name, module).read()


def _is_top(module: dict[str, Any]) -> bool:
    return int(str(module.get("attributes", {}).get("top", "0")), 2) == 1


def _bit_port(name: str, content: dict[str, Any]) -> BitPort:
    return BitPort(name, len(content["bits"]), int(content.get("offset", 0)), bool(content.get("upto", 0)))


class _Reader:
    def __init__(self, name: str, module: dict[str, Any]):
        self.name, self.module = name, module
        self.drivers: dict[int, tuple[int, int] | int] = {}  # net -> operands of its gate, or operand of its inverter
        self.literals: dict[int | str, int] = {}
        self.undefined: dict[int | str, None] = {"x": None}  # nets whose value the Verilog leaves open
        self.reaches_undefined = False
        self.names = self._all_names()

    def read(self) -> CutDesign:
        ports = self.module["ports"]
        for port, content in ports.items():
            if content["direction"] == "inout":
                raise InputError(f"port {port} is bidirectional; printed gates drive one way only")
        inputs = [(port, content["bits"]) for port, content in ports.items() if content["direction"] == "input"]
        outputs = [(port, content["bits"]) for port, content in ports.items() if content["direction"] == "output"]
        flip_flops = self._sort_cells()
        input_nets = [bit for _, bits in inputs for bit in bits] + [pins["Q"][0] for _, _, pins in flip_flops]
        roots = [bit for _, bits in outputs for bit in bits]
        for _, reset_pin, pins in flip_flops:
            reset = pins[reset_pin][0] if reset_pin else "1"
            roots += RegisterCut(data=pins["D"][0], clock=pins["C"][0], reset=reset)
        aig = self._graph(input_nets, roots)
        open_aig = self._graph([*input_nets, *self.undefined], roots) if self.reaches_undefined else None
        names = self._register_names([pins for _, _, pins in flip_flops])
        return CutDesign(
            module=self.name,
            inputs=tuple(_bit_port(port, ports[port]) for port, _ in inputs),
            outputs=tuple(_bit_port(port, ports[port]) for port, _ in outputs),
            flip_flops=tuple(
                FlipFlopCut(name, reset_pin is not None, self._aliases(pins))
                for name, (_, reset_pin, pins) in zip(names, flip_flops, strict=True)
            ),
            aig=aig,
            open_aig=open_aig,
        )

    def _graph(self, inputs: Sequence[int | str], roots: Sequence[int | str]) -> Circuit:
        builder = CircuitBuilder(len(inputs))
        self.literals = {net: builder.input(index) for index, net in enumerate(inputs)}
        return builder.build([self._literal(builder, root) for root in roots])

    def _sort_cells(self) -> list[tuple[str, str | None, dict[str, list]]]:
        """Note who drives what, and return the flip-flops as (name, reset pin, connections)."""
        flip_flops = []
        for instance, cell in self.module["cells"].items():
            pins, kind = cell["connections"], cell["type"]
            if kind == "$_AND_":
                self.drivers[pins["Y"][0]] = (pins["A"][0], pins["B"][0])
            elif kind == "$_NOT_":
                self.drivers[pins["Y"][0]] = pins["A"][0]
            elif kind in _FLIP_FLOPS:
                flip_flops.append((instance, _FLIP_FLOPS[kind], pins))
            elif kind == "$anyseq":
                self.undefined |= dict.fromkeys(pins["Y"])
            elif "LATCH" in kind or kind == "$_SR_":
                raise InputError(
                    f"signal {self._net_name(pins['Q'][0])} is a latch, and the technology has none; give "
                    "it a value in every branch or a clock"
                )
            elif kind in ("$_TBUF_", "$tribuf"):
                raise InputError(f"signal {self._net_name(pins['Y'][0])} has three states, which printed gates lack")
            elif not kind.startswith("$scopeinfo"):
                raise InputError(f"cell {instance} of type {kind} is neither a gate nor a flip-flop")
        return flip_flops

    def _literal(self, builder: CircuitBuilder, root: int | str) -> int:
        """Literal of a net; walks its cone without recursion, for adders are deep."""
        literals, drivers = self.literals, self.drivers
        stack, open_nets = [root], set()
        while stack:
            net = stack[-1]
            if net in _CONSTANTS:
                literals[net] = _CONSTANTS[net]
            if net in literals:
                stack.pop()
                open_nets.discard(net)
                continue
            driver = drivers.get(net)
            if driver is None and all(name.startswith(_MEMORY) for name in self.names.get(net, ["?"])):
                self.undefined[net] = None  # read from an address beyond a memory's words
            if net in self.undefined:
                self.reaches_undefined = True
                literals[net] = 0
                continue
            if driver is None:
                raise InputError(
                    f"net {self._net_name(net)} is not driven (an initial value alone drives nothing); give it a value"
                )
            operands = driver if isinstance(driver, tuple) else (driver,)
            waiting = [operand for operand in operands if operand not in literals]
            if waiting:
                if net in open_nets:
                    raise InputError(f"signal {self._net_name(net)} depends on itself without a flip-flop between")
                open_nets.add(net)
                stack.extend(waiting)
                continue
            if isinstance(driver, tuple):
                literals[net] = builder.conjunction(literals[driver[0]], literals[driver[1]])
            else:
                literals[net] = literals[driver] ^ 1
        return literals[root]

    def _net_name(self, net: int | str) -> str:
        """The shortest name that the user gave this net."""
        names = self.names.get(net, [])
        return _shortest([name for name in names if not name.startswith("$")] or names) or str(net)

    def _register_names(self, flip_flops: Sequence[dict[str, list]]) -> list[str]:
        """A name each, from the user's own: that of the net at the output, rather than of a port that shows it.

        Yosys numbers what it names itself anew in every run. So a register whose output has no name of the user's, as
        where a set became a reset between two inverters, is called after the inverted net, else by its place.
        """
        inverted = {operand: net for net, operand in self.drivers.items() if not isinstance(operand, tuple)}
        ports = {bit for content in self.module["ports"].values() for bit in content["bits"]}
        taken: set[str] = set()
        result = []
        for index, pins in enumerate(flip_flops):
            output = pins["Q"][0]
            own = [name for name in self.names.get(output, []) if not name.startswith("$")]
            if output in ports:
                own = [name for name in own if name.partition("[")[0] not in self.module["ports"]] or own
            name = _shortest(own)
            if not name and output in inverted:
                name = self._net_name(inverted[output])
                name = "" if name.startswith("$") else f"{name}_inverted"
            if not name or name in taken:
                name = f"register_{index}"
            while name in taken:
                name += "_"
            taken.add(name)
            result.append(name)
        return result

    def _aliases(self, pins: dict[str, list]) -> tuple[str, ...]:
        names = self.names.get(pins["Q"][0], [])
        around = [{name.rpartition(".")[0] for name in self.names.get(pins[pin][0], [])} for pin in ("D", "Q")]
        return (*names, *sorted((around[0] & around[1]) - {""}))

    def _all_names(self) -> dict[int | str, list[str]]:
        found: dict[int | str, list[str]] = {}
        for name, content in self.module["netnames"].items():
            bits = content["bits"]
            offset, upto = int(content.get("offset", 0)), bool(content.get("upto", 0))
            for index, net in enumerate(bits):
                place = offset + (len(bits) - 1 - index if upto else index)
                found.setdefault(net, []).append(f"{name}[{place}]" if len(bits) > 1 or offset else name)
        return found


def _shortest(names: Sequence[str]) -> str:
    return min(names, key=lambda name: (len(name), name), default="")
