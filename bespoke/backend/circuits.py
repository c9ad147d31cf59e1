"""Conversions between the rooms' views of a circuit: and-inverter graph, mapped BLIF, netlist, logic circuit."""

from __future__ import annotations

import numpy as np

from bespoke.circuit import Circuit, CircuitBuilder, RegisterCut
from bespoke.eda.blif import MappedBlif
from bespoke.eda.yosys import Elaborated
from bespoke.errors import InputError, ToolFailedError
from bespoke.model import LogicCircuit
from bespoke.netlist import FlipFlopInstance, Netlist, Port
from bespoke.sensing import ThermometerWires
from bespoke.technology import FlipFlop, Technology

_CONSTANT_NETS = {"ZERO": 0, "ONE": 1}


def netlist_of_mapped(mapped: MappedBlif, design: Elaborated, technology: Technology) -> Netlist:
    """The mapped combinational part as a netlist, flip-flops of the technology put back at the cuts.

    A ``BUF`` that no cell of the technology stands for becomes a wire.

    Raises
    ------
    InputError
        if the technology has no flip-flop that fits.
    ToolFailedError
        if a net has no driver or depends on itself.
    """
    nets = {name: 2 + index for index, name in enumerate(mapped.inputs)}
    known = {cell.name: cell for cell in technology.mapping_cells}
    drivers, aliases = {}, {}
    for gate in mapped.gates:
        if gate.cell in known:
            drivers[gate.pins[known[gate.cell].output]] = gate
        elif gate.cell in _CONSTANT_NETS:
            nets[gate.pins["O"]] = _CONSTANT_NETS[gate.cell]
        elif gate.cell == "BUF":
            aliases[gate.pins["O"]] = gate.pins["A"]
        else:
            raise ToolFailedError(f"the mapped circuit has an unknown cell {gate.cell}")
    used = [cell for cell in technology.mapping_cells if any(gate.cell == cell.name for gate in drivers.values())]
    number = {cell.name: index for index, cell in enumerate(used)}
    width = max((len(cell.inputs) for cell in used), default=1)
    cells: list[int] = []
    fanins: list[list[int]] = []
    first = 2 + len(mapped.inputs)

    def resolve(root: str) -> int:
        """Net of a name; the gates of its cone are placed on the way, operands first."""
        stack = [root]
        while stack:
            name = stack[-1]
            if name in nets:
                stack.pop()
                continue
            if name in aliases:
                operands = [aliases[name]]
            elif name in drivers:
                cell = known[drivers[name].cell]
                operands = [drivers[name].pins[pin] for pin in cell.inputs]
            else:
                raise ToolFailedError(f"net {name} of the mapped circuit has no driver")
            waiting = [operand for operand in operands if operand not in nets]
            if waiting:
                if len(stack) > len(drivers) + len(aliases) + 2:
                    raise ToolFailedError(f"net {name} of the mapped circuit depends on itself")
                stack.append(waiting[0])
                continue
            if name in aliases:
                nets[name] = nets[operands[0]]
            else:
                nets[name] = first + len(cells)
                cells.append(number[drivers[name].cell])
                fanins.append([nets[operand] for operand in operands] + [-1] * (width - len(operands)))
            stack.pop()
        return nets[root]

    outputs = [resolve(name) for name in mapped.outputs]
    flip_flops = []
    for index, (flop, cut) in enumerate(zip(design.flip_flops, design.register_cuts, strict=True)):
        cell = _fitting_flip_flop(technology, has_reset=flop.has_reset)
        flip_flops.append(
            FlipFlopInstance(
                cell,
                flop.name,
                d_net=outputs[cut.data],
                q_net=2 + design.input_bits + index,
                clock_net=outputs[cut.clock],
                reset_net=outputs[cut.reset] if cell.reset else -1,
            )
        )
    return Netlist(
        module=design.module,
        inputs=tuple(Port(port.name, port.width, port.offset, port.upto) for port in design.inputs),
        outputs=tuple(Port(port.name, port.width, port.offset, port.upto) for port in design.outputs),
        cells=tuple(used),
        gate_cells=np.array(cells, dtype=np.int32),
        gate_fanins=np.array(fanins, dtype=np.int32).reshape(-1, width),
        output_nets=np.array(outputs[: design.output_bits], dtype=np.int32),
        flip_flops=tuple(flip_flops),
    )


def _fitting_flip_flop(technology: Technology, *, has_reset: bool) -> FlipFlop:
    """The smallest flip-flop; one with a reset serves without, its reset held high."""
    usable = [cell for cell in technology.flip_flops if not cell.dont_use]
    fitting = [cell for cell in usable if cell.reset or not has_reset]
    if not fitting:
        kind = "flip-flop with a reset" if has_reset and usable else "flip-flop"
        raise InputError(f"the design has registers, but technology {technology.name} has no {kind}")
    return min(fitting, key=lambda cell: cell.area_um2)


def aig_of_netlist(netlist: Netlist) -> Circuit:
    """The netlist's combinational part as a graph, with the inputs and outputs of ``Elaborated.aig``."""
    order = netlist.flip_flops
    builder = CircuitBuilder(netlist.input_bits + len(order))
    literals = [0, 1, *(builder.input(index) for index in range(netlist.input_bits)), *[0] * len(order)]
    for index, flip_flop in enumerate(order):
        literals[flip_flop.q_net] = builder.input(netlist.input_bits + index)
    truths = [cell.truth for cell in netlist.cells]
    widths = [len(cell.inputs) for cell in netlist.cells]
    for cell, fanins in zip(netlist.gate_cells.tolist(), netlist.gate_fanins.tolist(), strict=True):
        literals.append(builder.function(truths[cell], [literals[net] for net in fanins[: widths[cell]]]))
    outputs = [literals[net] for net in netlist.output_nets.tolist()]
    for flip_flop in order:
        outputs += RegisterCut(
            data=literals[flip_flop.d_net],
            clock=literals[flip_flop.clock_net],
            reset=literals[flip_flop.reset_net] if flip_flop.reset_net >= 0 else 1,
        )
    return builder.build(outputs)


def behind_comparators(circuit: LogicCircuit, wires: ThermometerWires) -> LogicCircuit:
    """A circuit over binary wires as one over comparators, every bit that it reads formed as the RTL forms it.

    Raises
    ------
    InputError
        where a wire that forms such a bit is missing.
    """
    builder = CircuitBuilder(wires.count)
    literals = [0] * circuit.circuit.nodes
    for feature, bit in np.argwhere(circuit.used_input_bits()).tolist():
        literals[1 + feature * circuit.input_bits + bit] = wires.bit(builder, feature, bit)

    def renamed(literal: int) -> int:
        return literals[literal >> 1] ^ (literal & 1)

    for node, (first, second) in enumerate(circuit.fanins.tolist(), start=circuit.first_and):
        literals[node] = builder.conjunction(renamed(first), renamed(second))
    outputs = [renamed(literal) for literal in circuit.outputs.tolist()]
    return LogicCircuit(wires, circuit.classes, builder.build(outputs))
