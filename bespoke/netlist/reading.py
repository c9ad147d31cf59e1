"""Mapped Verilog to a netlist."""

from __future__ import annotations

import heapq
import re
from pathlib import Path

import numpy as np

from bespoke.errors import InputError
from bespoke.netlist.types import FlipFlopInstance, Netlist, Port
from bespoke.netlist.verilog_source import SCALAR, Instance, Module, parse_modules
from bespoke.technology import Cell, FlipFlop, Technology

#: Cells that a genlib of ours adds to a technology: a constant or a wire, no gate. They vanish on reading.
PSEUDO_CELLS = {"ZERO": 0, "ONE": 1, "BUF": None}

_INDEXED = re.compile(r"(.+)\[(\d+)\]")


def read_netlist(text_or_path: str | Path, technology: Technology, *, module: str | None = None) -> Netlist:
    """Read a mapped module in structural Verilog, as Yosys or ABC writes it.

    Scalar ports ``\\x[0]``, ``\\x[1]``, … that are bits of one vector, as ABC writes them, become the port ``x``.

    Parameters
    ----------
    text_or_path : Verilog text, or the path of a file that holds it.
    technology : whose cells and flip-flops the instances are.
    module : name of the module; needed only where the text has several that nobody instantiates.

    Raises
    ------
    InputError
        naming the unknown cell, the loop, the undriven or doubly driven net, or the line that is not understood.
    """
    text, where = _source(text_or_path)
    modules = parse_modules(text, where)
    chosen = _choose(modules, module, where)
    return _Builder(chosen, modules, technology, where).netlist()


def _source(text_or_path: str | Path) -> tuple[str, str]:
    if isinstance(text_or_path, str) and ("\n" in text_or_path or ";" in text_or_path):
        return text_or_path, "the netlist"
    path = Path(text_or_path)
    try:
        return path.read_text(encoding="utf-8", errors="replace"), str(path)
    except OSError as error:
        raise InputError(f"cannot read the netlist {path}: {error.strerror}") from error


def _choose(modules: dict[str, Module], name: str | None, where: str) -> Module:
    if name is not None:
        if name not in modules:
            raise InputError(f"{where} has no module {name!r}; it has {', '.join(modules)}")
        return modules[name]
    used = {instance.cell for module in modules.values() for instance in module.instances}
    tops = [module for module in modules.values() if module.name not in used]
    if len(tops) != 1:
        raise InputError(f"{where} has several modules ({', '.join(modules)}); say which one is meant")
    return tops[0]


class _Builder:
    """Connects instances to nets: what drives every net bit, then the gates in topological order."""

    def __init__(self, module: Module, modules: dict[str, Module], technology: Technology, where: str):
        self._module, self._modules = module, modules
        self._technology = technology
        self._where = f"{where}: module {module.name}"
        self._cells = {cell.name: cell for cell in technology.cells}
        # what drives a net bit: ("net", number), ("gate", gate), ("alias", bit) or ("inverse", flip-flop instance)
        self._drivers: dict[tuple[str, int], tuple] = {}
        self._gates: list[tuple[Cell, Instance, list]] = []
        self._flip_flops: list[tuple[FlipFlop, Instance]] = []

    def netlist(self) -> Netlist:
        inputs, input_names = self._ports("input")
        outputs, output_names = self._ports("output")
        net = 2
        for bit in input_names:
            self._drive(bit, ("net", net))
            net += 1
        for name, value in self._module.constants.items():
            for index in self._module.ranges[name].indices():
                self._drive((name, index), ("alias", value))
        for target, value, _ in self._module.assigns:
            self._assign(target, value)
        for instance in self._module.instances:
            self._instance(instance)
        self._first_flip_flop = net
        self._first_gate = net + len(self._flip_flops)
        for index, (cell, instance) in enumerate(self._flip_flops):
            self._drive_pin(instance, cell.output, ("net", net + index))
            if cell.inverted_output:
                self._drive_pin(instance, cell.inverted_output, ("inverse", instance))
        for index, (cell, instance, _) in enumerate(self._gates):
            self._drive_pin(instance, cell.output, ("gate", index))
        return self._assembled(inputs, outputs, output_names)

    # ---- ports ----

    def _ports(self, direction: str) -> tuple[tuple[Port, ...], list[tuple[str, int]]]:
        """Ports of a direction, and their net bits in order, lowest first."""
        for name in self._module.port_order:
            if name not in self._module.directions:
                raise InputError(f"{self._where}: port {name} has no direction")
        names = [name for name in self._module.port_order if self._module.directions[name] == direction]
        families: dict[str, dict[int, str]] = {}
        for name in names:
            match = _INDEXED.fullmatch(name)
            if match and self._module.ranges[name].width == 1:
                families.setdefault(match.group(1), {})[int(match.group(2))] = name
        whole = {
            base: members
            for base, members in families.items()
            if base not in self._module.directions and sorted(members) == list(range(len(members)))
        }
        ports, bits, done = [], [], set()
        for name in names:
            match = _INDEXED.fullmatch(name)
            base = match.group(1) if match else ""
            if base in whole and name in whole[base].values():
                if base not in done:
                    done.add(base)
                    ports.append(Port(base, len(whole[base])))
                    for index in range(len(whole[base])):
                        member = whole[base][index]
                        bits.append((member, self._module.ranges[member].right))
                continue
            declared = self._module.ranges[name]
            ports.append(Port(name, declared.width))
            bits += [(name, index) for index in declared.indices()]
        return tuple(ports), bits

    # ---- what drives what ----

    def _net_name(self, bit: tuple[str, int]) -> str:
        name, index = bit
        return f"{name}[{index}]" if self._module.ranges.get(name, None) not in (None, SCALAR) else name

    def _drive(self, bit: tuple[str, int], driver: tuple) -> None:
        if bit in self._drivers:
            raise InputError(f"{self._where}: net {self._net_name(bit)} is driven twice")
        self._drivers[bit] = driver

    def _assign(self, target, value) -> None:
        left, right = self._module.bits(target), self._module.bits(value)
        right = (right + [0] * len(left))[: len(left)]  # Verilog's rule: cut off or filled up with zeros
        for bit, source in zip(left, right, strict=True):
            if not isinstance(bit, tuple):
                raise InputError(f"{self._where}: an assign has a constant on its left side")
            self._drive(bit, ("alias", source))

    def _pin_bit(self, instance: Instance, pin: str):
        """The bit at a pin, or the string ``"open"``."""
        expression = instance.connections.get(pin)
        if expression is None:
            return "open"
        bits = self._module.bits(expression)
        if len(bits) != 1 and not (expression[0] == "number" and len(bits) == 32):
            raise InputError(
                f"{self._where}: pin {pin} of {instance.cell} {instance.name} takes one bit, not {len(bits)}"
            )
        return bits[0]

    def _drive_pin(self, instance: Instance, pin: str, driver: tuple) -> None:
        bit = self._pin_bit(instance, pin)
        if bit == "open":
            return
        if not isinstance(bit, tuple):
            raise InputError(f"{self._where}: output {pin} of {instance.cell} {instance.name} drives a constant")
        self._drive(bit, driver)

    def _instance(self, instance: Instance) -> None:
        cell = self._cells.get(instance.cell)
        flip_flop = self._technology.flip_flop(instance.cell)
        if cell is not None:
            pins = (*cell.inputs, cell.output)
        elif flip_flop is not None:
            pins = tuple(
                pin
                for pin in (
                    flip_flop.clock,
                    flip_flop.data,
                    flip_flop.reset,
                    flip_flop.output,
                    flip_flop.inverted_output,
                )
                if pin
            )
        elif instance.cell in PSEUDO_CELLS:
            self._pseudo(instance)
            return
        elif instance.cell in self._modules:
            raise InputError(f"{self._where}: {instance.name} is a module {instance.cell}; flatten the netlist first")
        else:
            self._technology.cell(instance.cell)  # says which cells there are
            raise AssertionError
        connections = {
            (pins[pin] if pin < len(pins) else str(pin)) if isinstance(pin, int) else pin: value
            for pin, value in instance.connections.items()
        }
        for pin in connections:
            if pin not in pins:
                raise InputError(f"{self._where}: cell {instance.cell} of {instance.name} has no pin {pin}")
        instance = Instance(instance.cell, instance.name, instance.position, connections)
        if cell is None:
            self._flip_flops.append((flip_flop, instance))
        else:
            self._gates.append((cell, instance, [self._pin_bit(instance, pin) for pin in cell.inputs]))

    def _pseudo(self, instance: Instance) -> None:
        """A constant or a wire of the genlib: its last connection is its output, its first its input."""
        constant = PSEUDO_CELLS[instance.cell]
        pins = list(instance.connections)
        if len(pins) != (2 if constant is None else 1):
            raise InputError(f"{self._where}: {instance.cell} {instance.name} has {len(pins)} connections")
        output = pins[-1]
        if constant is None:
            output = next((pin for pin in pins if pin in ("O", "Y")), pins[-1])
        (source,) = [self._pin_bit(instance, pin) for pin in pins if pin != output] or [constant]
        if source == "open":
            raise InputError(f"{self._where}: the input of {instance.cell} {instance.name} is open")
        self._drive_pin(instance, output, ("alias", source))

    # ---- gates in order ----

    def _resolved(self, bit, reader: str) -> tuple:
        """What drives a bit in the end: ``("net", number)`` or ``("gate", gate)``."""
        seen = set()
        while True:
            if bit is None:
                raise InputError(f"{self._where}: {reader} reads an unknown value (x or z)")
            if isinstance(bit, int):
                return ("net", bit)
            driver = self._drivers.get(bit)
            if driver is None:
                raise InputError(f"{self._where}: net {self._net_name(bit)}, which {reader} reads, is not driven")
            if driver[0] == "inverse":
                raise InputError(
                    f"{self._where}: {reader} reads the inverted output of {driver[1].cell} {driver[1].name}; "
                    "put an inverter on its other output instead"
                )
            if driver[0] != "alias":
                return driver
            if bit in seen:
                raise InputError(f"{self._where}: combinational loop through net {self._net_name(bit)}")
            seen.add(bit)
            bit = driver[1]

    def _assembled(self, inputs, outputs, output_names) -> Netlist:
        sources: list[list[tuple]] = []
        for cell, instance, bits in self._gates:
            row = []
            for pin, bit in zip(cell.inputs, bits, strict=True):
                if bit == "open":
                    raise InputError(f"{self._where}: input {pin} of {cell.name} {instance.name} is open")
                row.append(self._resolved(bit, f"pin {pin} of {cell.name} {instance.name}"))
            sources.append(row)
        order = self._topological(sources)
        place = {gate: self._first_gate + position for position, gate in enumerate(order)}

        def number(driver: tuple) -> int:
            return driver[1] if driver[0] == "net" else place[driver[1]]

        used = {cell.name for cell, _, _ in self._gates}
        cells = tuple(cell for cell in self._technology.cells if cell.name in used)
        index = {cell.name: position for position, cell in enumerate(cells)}
        fanins = np.full((len(order), max((len(cell.inputs) for cell in cells), default=0)), -1, dtype=np.int32)
        for position, gate in enumerate(order):
            fanins[position, : len(sources[gate])] = [number(driver) for driver in sources[gate]]
        flip_flops = tuple(
            FlipFlopInstance(
                cell,
                instance.name,
                number(self._input_of(instance, cell.data)),
                self._first_flip_flop + position,
                number(self._input_of(instance, cell.clock)),
                number(self._input_of(instance, cell.reset)) if cell.reset else -1,
            )
            for position, (cell, instance) in enumerate(self._flip_flops)
        )
        output_nets = [number(self._resolved(bit, f"output {self._net_name(bit)}")) for bit in output_names]
        return Netlist(
            module=self._module.name,
            inputs=inputs,
            outputs=outputs,
            cells=cells,
            gate_cells=np.array([index[self._gates[gate][0].name] for gate in order], dtype=np.int32),
            gate_fanins=fanins,
            output_nets=np.array(output_nets, dtype=np.int32),
            gate_names=tuple(self._gates[gate][1].name for gate in order),
            flip_flops=flip_flops,
        )

    def _input_of(self, instance: Instance, pin: str) -> tuple:
        bit = self._pin_bit(instance, pin)
        if bit == "open":
            raise InputError(f"{self._where}: input {pin} of {instance.cell} {instance.name} is open")
        return self._resolved(bit, f"pin {pin} of {instance.cell} {instance.name}")

    def _topological(self, sources: list[list[tuple]]) -> list[int]:
        """Gates in an order in which drivers come first; otherwise as in the text."""
        readers: list[list[int]] = [[] for _ in sources]
        waiting = [0] * len(sources)
        for gate, row in enumerate(sources):
            for kind, driver in row:
                if kind == "gate":
                    readers[driver].append(gate)
                    waiting[gate] += 1
        ready = [gate for gate, count in enumerate(waiting) if count == 0]
        heapq.heapify(ready)
        order = []
        while ready:
            gate = heapq.heappop(ready)
            order.append(gate)
            for reader in readers[gate]:
                waiting[reader] -= 1
                if waiting[reader] == 0:
                    heapq.heappush(ready, reader)
        if len(order) < len(sources):
            raise InputError(f"{self._where}: combinational loop through net {self._loop_net(sources, waiting)}")
        return order

    def _loop_net(self, sources: list[list[tuple]], waiting: list[int]) -> str:
        """Name of a net on a loop: from a gate that never got ready, back along drivers until one repeats."""
        gate = next(gate for gate, count in enumerate(waiting) if count)
        seen = set()
        while gate not in seen:
            seen.add(gate)
            gate = next(driver for kind, driver in sources[gate] if kind == "gate" and waiting[driver])
        cell, instance, _ = self._gates[gate]
        return self._net_name(self._pin_bit(instance, cell.output))
