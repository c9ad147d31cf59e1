"""A classifier as a bare logic circuit: an and-inverter graph (AIG).

What circuit-level approximation makes of a network is no longer a set of neurons; this type is then the reference that
RTL and netlist must equal.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bespoke.errors import InputError
from bespoke.model.network import checked_inputs


@dataclass(frozen=True, eq=False)
class LogicCircuit:
    """And-inverter graph over the bits of the input features.

    Node 0 is the constant false, node ``1 + j * input_bits + b`` bit b of feature j, and every further node the AND of
    two literals. A literal is ``2 * node``, plus 1 where inverted.

    Parameters
    ----------
    features, input_bits : the inputs, as in a network.
    classes : number of class indices that the output may name; ``predict`` clips nothing, so outputs must stay below.
    fanins : int32 (ands, 2), literals of nodes that come earlier.
    outputs : int32 (output_bits,), literals of the class index, lowest bit first.
    """

    features: int
    input_bits: int
    classes: int
    fanins: np.ndarray
    outputs: np.ndarray

    def __post_init__(self):
        fanins = np.ascontiguousarray(self.fanins, dtype=np.int32).reshape(-1, 2)
        outputs = np.ascontiguousarray(self.outputs, dtype=np.int32)
        first = 1 + self.features * self.input_bits
        limits = 2 * (first + np.arange(len(fanins)))
        if len(fanins) and (fanins.min() < 0 or (fanins >= limits[:, None]).any()):
            raise InputError("an AND of the logic circuit reads a node that does not come before it")
        if outputs.ndim != 1 or len(outputs) != self.output_bits:
            raise InputError(f"the logic circuit needs {self.output_bits} outputs for {self.classes} classes")
        if outputs.min() < 0 or outputs.max() >= 2 * (first + len(fanins)):
            raise InputError("an output of the logic circuit names a node that does not exist")
        fanins.setflags(write=False)
        outputs.setflags(write=False)
        object.__setattr__(self, "fanins", fanins)
        object.__setattr__(self, "outputs", outputs)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, LogicCircuit):
            return NotImplemented
        return (
            (self.features, self.input_bits, self.classes) == (other.features, other.input_bits, other.classes)
            and np.array_equal(self.fanins, other.fanins)
            and np.array_equal(self.outputs, other.outputs)
        )

    def __hash__(self) -> int:
        return hash((self.features, self.input_bits, self.classes, self.fanins.tobytes(), self.outputs.tobytes()))

    @property
    def output_bits(self) -> int:
        """Width of the class index."""
        return max(1, (self.classes - 1).bit_length())

    @property
    def first_and(self) -> int:
        """Number of the first AND node."""
        return 1 + self.features * self.input_bits

    def predict(self, inputs: np.ndarray) -> np.ndarray:
        """Class index per sample, int64 (samples,), for integer ``inputs`` of shape (samples, features)."""
        array = checked_inputs(inputs, features=self.features, bits=self.input_bits)
        values = np.zeros((self.first_and + len(self.fanins), array.shape[0]), dtype=bool)
        for feature in range(self.features):
            for bit in range(self.input_bits):
                values[1 + feature * self.input_bits + bit] = array[:, feature] >> bit & 1
        for index, (first, second) in enumerate(self.fanins):
            values[self.first_and + index] = (values[first >> 1] ^ (first & 1)) & (values[second >> 1] ^ (second & 1))
        result = np.zeros(array.shape[0], dtype=np.int64)
        for bit, literal in enumerate(self.outputs):
            result |= (values[literal >> 1] ^ (literal & 1)).astype(np.int64) << bit
        return result

    def used_input_bits(self) -> np.ndarray:
        """Boolean (features, input_bits): which input bits the outputs depend on through the graph."""
        needed = np.zeros(self.first_and + len(self.fanins), dtype=bool)
        needed[self.outputs >> 1] = True
        for index in range(len(self.fanins) - 1, -1, -1):
            if needed[self.first_and + index]:
                needed[self.fanins[index] >> 1] = True
        return needed[1 : self.first_and].reshape(self.features, self.input_bits)
