"""A classifier as a bare logic circuit: an and-inverter graph over the front end's wires.

What circuit-level approximation makes of a network is no longer a set of neurons; this type is then the reference that
RTL and netlist must equal.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bespoke.circuit import Circuit, CircuitBuilder
from bespoke.errors import InputError
from bespoke.sensing import BinaryWires, ThermometerWires, Wires


@dataclass(frozen=True)
class LogicCircuit:
    """And-inverter graph from a front end's wires to the class index.

    Parameters
    ----------
    wires : what the graph's inputs carry, in order.
    classes : number of class indices that the output may name; ``predict`` clips nothing, so outputs must stay below.
    circuit : outputs are the class index, lowest bit first.

    Raises
    ------
    InputError
        where the graph has other inputs than the wires, or the wrong number of outputs.
    """

    wires: Wires
    classes: int
    circuit: Circuit

    def __post_init__(self):
        if self.circuit.inputs != self.wires.count:
            raise InputError(f"the logic circuit reads {self.circuit.inputs} wires, there are {self.wires.count}")
        if self.circuit.outputs.ndim != 1 or len(self.circuit.outputs) != self.output_bits:
            raise InputError(f"the logic circuit needs {self.output_bits} outputs for {self.classes} classes")

    @property
    def features(self) -> int:
        return self.wires.features

    @property
    def input_bits(self) -> int:
        """Bits of the grid that every feature is an integer of."""
        return self.wires.bits

    @property
    def fanins(self) -> np.ndarray:
        return self.circuit.fanins

    @property
    def outputs(self) -> np.ndarray:
        return self.circuit.outputs

    @property
    def output_bits(self) -> int:
        """Width of the class index."""
        return max(1, (self.classes - 1).bit_length())

    @property
    def first_and(self) -> int:
        """Number of the first AND node."""
        return self.circuit.first_and

    def predict(self, inputs: np.ndarray) -> np.ndarray:
        """Class index per sample, int64 (samples,), for integer ``inputs`` of shape (samples, features)."""
        outputs = self.circuit.evaluate(self.wires.encode(inputs))
        return outputs.astype(np.int64) @ (1 << np.arange(self.output_bits, dtype=np.int64))

    def used_wires(self) -> np.ndarray:
        """Boolean (wires,): which wires the outputs depend on through the graph."""
        return self.circuit.live()[1 : self.first_and]

    def used_input_bits(self) -> np.ndarray:
        """Boolean (features, input_bits): which bits of a binary front end the outputs depend on through the graph."""
        if not isinstance(self.wires, BinaryWires):
            raise InputError("a circuit over thermometer wires reads no bits")
        return self.used_wires().reshape(self.features, self.input_bits)

    def narrowed(self) -> LogicCircuit:
        """The circuit over those thermometer wires alone that it reads; over binary wires as it is."""
        if isinstance(self.wires, BinaryWires):
            return self
        used = self.used_wires()
        if used.all():
            return self
        places = np.cumsum(used) - 1
        kept = self.wires.only(used)
        return LogicCircuit(kept, self.classes, self.circuit.with_inputs(kept.count, np.where(used, places, -1)))

    def without(self, wires: np.ndarray) -> LogicCircuit:
        """The circuit in which some wires, bool (wires,), are constantly 0."""
        builder = CircuitBuilder(self.circuit.inputs)
        literals = [0, *(0 if gone else builder.input(index) for index, gone in enumerate(wires))]

        def renamed(literal: int) -> int:
            return literals[literal >> 1] ^ (literal & 1)

        for first, second in self.fanins.tolist():
            literals.append(builder.conjunction(renamed(first), renamed(second)))
        graph = builder.build([renamed(literal) for literal in self.outputs.tolist()])
        return LogicCircuit(self.wires, self.classes, graph).narrowed()

    def over(self, wires: Wires) -> LogicCircuit:
        """The circuit over other wires of the same kind and grid.

        Raises
        ------
        InputError
            where a wire that the circuit reads is not among them, or the kind is another.
        """
        if wires == self.wires:
            return self
        if not (isinstance(wires, ThermometerWires) and isinstance(self.wires, ThermometerWires)):
            raise InputError("a circuit over binary wires cannot be read as one over thermometer wires, nor back")
        places = self.wires.places_in(wires)
        if (places[self.used_wires()] < 0).any():
            raise InputError("a wire that the circuit reads is not among the others")
        return LogicCircuit(wires, self.classes, self.circuit.with_inputs(wires.count, places))
