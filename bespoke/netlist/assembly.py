"""Placed cells and the nets between them to a netlist: who drives what, gates in order."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bespoke.errors import InputError
from bespoke.netlist.types import FlipFlopInstance, Netlist, Port
from bespoke.technology import Cell, FlipFlop, Technology

#: A net, by whatever its reader calls it; ``False`` and ``True`` are the constants.
Net = Hashable


@dataclass(frozen=True)
class PlacedCell:
    """An instance of a library cell; pins that are open are None or absent."""

    cell: str
    name: str
    pins: Mapping[str, Net | None]


def assemble(
    *,
    module: str,
    inputs: Sequence[tuple[Port, Sequence[Net]]],
    outputs: Sequence[tuple[Port, Sequence[Net]]],
    cells: Sequence[PlacedCell],
    joined: Mapping[Net, Net],
    technology: Technology,
    where: str,
    name_of: Callable[[Net], str] = str,
) -> Netlist:
    """The netlist of a flat module.

    Cells that compute nothing are no part of it; one with several outputs becomes a gate per output.

    Parameters
    ----------
    inputs, outputs : ports in order with their nets, lowest bit first.
    joined : nets that an ``assign`` drives, and what it drives them with.
    where : begins every message.
    name_of : what a message calls a net.

    Raises
    ------
    InputError
        naming the unknown cell or pin, the loop, the undriven or doubly driven net, or the open input.
    """
    return _Assembler(joined, cells, inputs, technology, where, name_of).netlist(module, inputs, outputs)


@dataclass(frozen=True)
class _Gate:
    cell: Cell
    placed: PlacedCell


class _Assembler:
    def __init__(self, joined, cells, inputs, technology, where, name_of):
        self._technology, self._where, self._name_of = technology, where, name_of
        self._drivers: dict[Net, tuple] = {False: ("net", 0), True: ("net", 1)}
        self._gates: list[_Gate] = []
        self._flip_flops: list[tuple[FlipFlop, PlacedCell]] = []
        number = 2
        for _, nets in inputs:
            for net in nets:
                self._drive(net, ("net", number))
                number += 1
        for target, source in joined.items():
            self._drive(target, ("joined", source))
        for placed in cells:
            self._sort(placed)
        self._first_flip_flop = number
        self._first_gate = number + len(self._flip_flops)
        for index, (flip_flop, placed) in enumerate(self._flip_flops):
            self._drive(placed.pins.get(flip_flop.output), ("net", number + index))
            if flip_flop.inverted_output:
                self._drive(placed.pins.get(flip_flop.inverted_output), ("inverse", placed))
        for index, gate in enumerate(self._gates):
            self._drive(gate.placed.pins.get(gate.cell.output), ("gate", index))

    def _fail(self, message: str) -> InputError:
        return InputError(f"{self._where}: {message}")

    def _drive(self, net: Net | None, driver: tuple) -> None:
        if net is None:
            return
        if net is False or net is True:
            raise self._fail("an output drives a constant")
        if net in self._drivers:
            raise self._fail(f"net {self._name_of(net)} has two drivers")
        self._drivers[net] = driver

    def _sort(self, placed: PlacedCell) -> None:
        parts, flip_flop = self._technology.parts(placed.cell), self._technology.flip_flop(placed.cell)
        if parts:
            pins = {*parts[0].inputs, *(part.output for part in parts)}
            self._gates += [_Gate(part, placed) for part in parts]
        elif flip_flop is not None:
            named = (flip_flop.clock, flip_flop.data, flip_flop.reset, flip_flop.output, flip_flop.inverted_output)
            pins = {pin for pin in named if pin}
            self._flip_flops.append((flip_flop, placed))
        elif (physical := self._technology.physical_cell(placed.cell)) is not None:
            pins = set(physical.pins)
        else:
            self._technology.cell(placed.cell)  # says which cells there are, or why this one is left out
            raise AssertionError
        unknown = next((pin for pin in placed.pins if pin not in pins), None)
        if unknown is not None:
            raise self._fail(f"cell {placed.cell} of {placed.name} has no pin {unknown}")

    def _source(self, net: Net, reader: str) -> tuple:
        """What drives a net in the end: ``("net", number)`` or ``("gate", gate)``."""
        seen = set()
        while True:
            driver = self._drivers.get(net)
            if driver is None:
                raise self._fail(f"net {self._name_of(net)}, which {reader} reads, is not driven")
            if driver[0] == "inverse":
                raise self._fail(
                    f"{reader} reads the inverted output of {driver[1].cell} {driver[1].name}; put an inverter on its "
                    "other output instead"
                )
            if driver[0] != "joined":
                return driver
            if net in seen:
                raise self._fail(f"combinational loop through net {self._name_of(net)}")
            seen.add(net)
            net = driver[1]

    def _pin_source(self, placed: PlacedCell, pin: str) -> tuple:
        net = placed.pins.get(pin)
        if net is None:
            raise self._fail(f"input {pin} of {placed.cell} {placed.name} is open")
        return self._source(net, f"pin {pin} of {placed.cell} {placed.name}")

    def netlist(self, module, inputs, outputs) -> Netlist:
        sources = [[self._pin_source(gate.placed, pin) for pin in gate.cell.inputs] for gate in self._gates]
        order = self._topological(sources)
        place = {gate: self._first_gate + position for position, gate in enumerate(order)}

        def number(driver: tuple) -> int:
            return driver[1] if driver[0] == "net" else place[driver[1]]

        known = [
            *self._technology.cells,
            *(part for cell in self._technology.multi_output_cells for part in cell.parts),
        ]
        used = {(gate.cell.name, gate.cell.output) for gate in self._gates}
        cells = tuple(cell for cell in known if (cell.name, cell.output) in used)
        index = {(cell.name, cell.output): position for position, cell in enumerate(cells)}
        kinds = [index[self._gates[gate].cell.name, self._gates[gate].cell.output] for gate in order]
        fanins = np.full((len(order), max((len(cell.inputs) for cell in cells), default=0)), -1, dtype=np.int32)
        for position, gate in enumerate(order):
            fanins[position, : len(sources[gate])] = [number(driver) for driver in sources[gate]]
        return Netlist(
            module=module,
            inputs=tuple(port for port, _ in inputs),
            outputs=tuple(port for port, _ in outputs),
            cells=cells,
            gate_cells=np.array(kinds, dtype=np.int32),
            gate_fanins=fanins,
            output_nets=np.array(
                [number(self._source(net, f"output {self._name_of(net)}")) for _, nets in outputs for net in nets],
                dtype=np.int32,
            ),
            gate_names=tuple(self._gates[gate].placed.name for gate in order),
            flip_flops=tuple(
                FlipFlopInstance(
                    cell,
                    placed.name,
                    number(self._pin_source(placed, cell.data)),
                    self._first_flip_flop + position,
                    number(self._pin_source(placed, cell.clock)),
                    number(self._pin_source(placed, cell.reset)) if cell.reset else -1,
                )
                for position, (cell, placed) in enumerate(self._flip_flops)
            ),
        )

    def _topological(self, sources: list[list[tuple]]) -> list[int]:
        """Gates in an order in which drivers come first; otherwise as they were placed."""
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
            raise self._fail(f"combinational loop through net {self._loop_net(sources, waiting)}")
        return order

    def _loop_net(self, sources: list[list[tuple]], waiting: list[int]) -> str:
        """Name of a net on a loop: from a gate that never got ready, back along drivers until one repeats."""
        gate = next(gate for gate, count in enumerate(waiting) if count)
        seen = set()
        while gate not in seen:
            seen.add(gate)
            gate = next(driver for kind, driver in sources[gate] if kind == "gate" and waiting[driver])
        looped = self._gates[gate]
        return self._name_of(looped.placed.pins[looped.cell.output])
