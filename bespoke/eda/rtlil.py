"""Reads the and-inverter graph that Yosys wrote as JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bespoke.circuit import Circuit, CircuitBuilder
from bespoke.errors import InputError

_CONSTANTS = {"0": 0, "1": 1, "x": 0, "z": 0}
_FLIP_FLOPS = {"$_DFF_P_": None, "$_DFF_PN0_": "R"}


@dataclass(frozen=True)
class BitPort:
    """A port of a module; bit 0 is the lowest."""

    name: str
    width: int


@dataclass(frozen=True)
class FlipFlopCut:
    """A rising-edge flip-flop at which the design was cut.

    ``has_reset``: active-low, asynchronous, to 0. ``aliases`` are the names of the net at its output, and the instance
    of a library cell that it was inside of.
    """

    name: str
    has_reset: bool
    aliases: tuple[str, ...] = ()

    def is_called_like(self, other: FlipFlopCut) -> bool:
        """Whether one has the name of the other among its own."""
        return self.name in other.aliases or other.name in self.aliases


def circuit_from_json(
    path: Path,
) -> tuple[str, tuple[BitPort, ...], tuple[BitPort, ...], tuple[FlipFlopCut, ...], Circuit]:
    """Module name, input ports, output ports, flip-flops and combinational graph of Yosys' top module.

    Inputs of the graph are the port bits, then the flip-flops' outputs; its outputs the port bits, then data, clock and
    reset of every flip-flop (constant true where it has no reset).

    Raises
    ------
    InputError
        for bidirectional ports, latches, loops, or cells that are neither gates nor flip-flops.
    """
    modules = json.loads(path.read_text(encoding="utf-8"))["modules"]
    name, module = next((item for item in modules.items() if _is_top(item[1])), (None, None))
    if name is None:
        raise InputError("the Verilog has no module that could be the top")
    return (name, *_Reader(module).read())


def _is_top(module: dict[str, Any]) -> bool:
    return int(str(module.get("attributes", {}).get("top", "0")), 2) == 1


class _Reader:
    def __init__(self, module: dict[str, Any]):
        self.module = module
        self.drivers: dict[int, tuple[int, int] | int] = {}  # net -> operands of its gate, or operand of its inverter
        self.literals: dict[int, int] = {}

    def read(self) -> tuple[tuple[BitPort, ...], tuple[BitPort, ...], tuple[FlipFlopCut, ...], Circuit]:
        ports = self.module["ports"]
        for port, content in ports.items():
            if content["direction"] == "inout":
                raise InputError(f"port {port} is bidirectional; printed gates drive one way only")
        inputs = [(port, content["bits"]) for port, content in ports.items() if content["direction"] == "input"]
        outputs = [(port, content["bits"]) for port, content in ports.items() if content["direction"] == "output"]
        flip_flops = self._sort_cells()
        input_nets = [bit for _, bits in inputs for bit in bits] + [pins["Q"][0] for _, _, pins in flip_flops]
        builder = CircuitBuilder(len(input_nets))
        for index, net in enumerate(input_nets):
            self.literals[net] = builder.input(index)
        roots = [bit for _, bits in outputs for bit in bits]
        for _, reset_pin, pins in flip_flops:
            roots += [pins["D"][0], pins["C"][0], pins[reset_pin][0] if reset_pin else "1"]
        aig = builder.build([self._literal(builder, root) for root in roots])
        return (
            tuple(BitPort(port, len(bits)) for port, bits in inputs),
            tuple(BitPort(port, len(bits)) for port, bits in outputs),
            tuple(
                FlipFlopCut(instance, reset_pin is not None, self._aliases(pins))
                for instance, reset_pin, pins in flip_flops
            ),
            aig,
        )

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
                name = self._net_name(pins["Q"][0])
                flip_flops.append((name, _FLIP_FLOPS[kind], pins))
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
            if isinstance(net, str):
                literals[net] = _CONSTANTS[net]
            if net in literals:
                stack.pop()
                open_nets.discard(net)
                continue
            driver = drivers.get(net)
            if driver is None:  # setundef leaves none; a port bit that nobody drives counts as 0
                literals[net] = 0
                continue
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
        names = self._names(net)
        named = [name for name in names if not name.startswith("$")]
        return min(named or names or [str(net)], key=lambda name: (len(name), name))

    def _aliases(self, pins: dict[str, list]) -> tuple[str, ...]:
        names = self._names(pins["Q"][0])
        around = [{name.rpartition(".")[0] for name in self._names(pins[pin][0])} for pin in ("D", "Q")]
        return (*names, *sorted((around[0] & around[1]) - {""}))

    def _names(self, net: int | str) -> list[str]:
        return [
            f"{name}[{content['bits'].index(net)}]" if len(content["bits"]) > 1 else name
            for name, content in self.module["netnames"].items()
            if net in content["bits"]
        ]
