"""A mapped netlist as arrays."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from bespoke.technology import Cell, FlipFlop


@dataclass(frozen=True)
class Port:
    """An input or output of a module; the bit at place 0 is the lowest.

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
    def is_vector(self) -> bool:
        """Whether its bits have an index."""
        return self.width > 1 or self.offset != 0

    @property
    def bit_names(self) -> tuple[str, ...]:
        """``a[1]`` of a vector's bits as declared, from the lowest, else the name alone."""
        return tuple(f"{self.name}[{index}]" for index in self.indices) if self.is_vector else (self.name,)


@dataclass(frozen=True)
class FlipFlopInstance:
    """A flip-flop that bounds the combinational part: ``q_net`` is one of its inputs, ``d_net`` is computed by it.

    ``clock_net`` and ``reset_net`` are the nets at its clock and reset pins, -1 where it has no such pin.
    """

    cell: FlipFlop
    instance: str
    d_net: int
    q_net: int
    clock_net: int = -1
    reset_net: int = -1


@dataclass(frozen=True, eq=False)
class Netlist:
    """Gates of library cells in topological order.

    Net 0 is constant low, net 1 constant high, then come the bits of the input ports in order (lowest bit first), then
    the flip-flops' outputs, then one net per gate: gate g drives net ``first_gate_net + g``.

    Parameters
    ----------
    module : module name.
    inputs, outputs : ports in order.
    cells : the cells used; ``gate_cells`` indexes it.
    gate_cells : int32 (gates,).
    gate_fanins : int32 (gates, widest cell's inputs), nets by pin, -1 beyond a cell's inputs.
    output_nets : int32 (output bits,), the net of every output bit, ports in order, lowest bit first.
    gate_names : instance names, or empty.
    flip_flops : empty for a combinational circuit.
    """

    module: str
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    cells: tuple[Cell, ...]
    gate_cells: np.ndarray
    gate_fanins: np.ndarray
    output_nets: np.ndarray
    gate_names: tuple[str, ...] = ()
    flip_flops: tuple[FlipFlopInstance, ...] = ()

    @property
    def input_bits(self) -> int:
        """Input port bits in total, without flip-flops."""
        return sum(port.width for port in self.inputs)

    @property
    def output_bits(self) -> int:
        return sum(port.width for port in self.outputs)

    @property
    def first_gate_net(self) -> int:
        return 2 + self.input_bits + len(self.flip_flops)

    @property
    def gates(self) -> int:
        """Number of combinational gates."""
        return len(self.gate_cells)

    def behind(self, inverter: Cell, inputs: np.ndarray) -> Netlist:
        """The netlist with an inverter before some of its inputs, bool (input bits,), where anything reads them."""
        read = np.zeros(self.nets, dtype=bool)
        read[self.output_nets] = True
        read[self.gate_fanins[self.gate_fanins >= 0]] = True
        for flip_flop in self.flip_flops:
            read[[net for net in (flip_flop.d_net, flip_flop.clock_net, flip_flop.reset_net) if net >= 0]] = True
        places = 2 + np.flatnonzero(np.asarray(inputs) & read[2 : 2 + self.input_bits])
        first, count = self.first_gate_net, len(places)
        moved = np.arange(self.nets + 1)  # the last stands for the -1 beyond a cell's inputs
        moved[first : self.nets] += count
        moved[places] = first + np.arange(count)
        moved[-1] = -1
        cells = self.cells if inverter in self.cells else (*self.cells, inverter)
        width = max(1, self.gate_fanins.shape[1] if self.gates else 1)
        fanins = np.full((count + self.gates, width), -1, dtype=np.int32)
        fanins[:count, 0] = places
        if self.gates:
            fanins[count:] = moved[self.gate_fanins]
        before = np.full(count, cells.index(inverter), dtype=np.int32)
        return replace(
            self,
            cells=cells,
            gate_cells=np.concatenate([before, self.gate_cells]),
            gate_fanins=fanins,
            output_nets=moved[self.output_nets].astype(np.int32),
            gate_names=(),
            flip_flops=tuple(
                replace(one, d_net=moved[one.d_net], clock_net=moved[one.clock_net], reset_net=moved[one.reset_net])
                for one in self.flip_flops
            ),
        )

    @property
    def nets(self) -> int:
        return self.first_gate_net + self.gates

    def read_inputs(self) -> np.ndarray:
        """Boolean (input_bits,): which input bits any gate, flip-flop or output reads."""
        read = np.zeros(self.nets, dtype=bool)
        read[self.output_nets] = True
        read[self.gate_fanins[self.gate_fanins >= 0]] = True
        for flip_flop in self.flip_flops:
            read[[net for net in (flip_flop.d_net, flip_flop.clock_net, flip_flop.reset_net) if net >= 0]] = True
        return read[2 : 2 + self.input_bits]
