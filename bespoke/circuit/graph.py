"""The and-inverter graph as a value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bespoke.circuit.packing import pack_bits, unpack_bits
from bespoke.errors import InputError


@dataclass(frozen=True, eq=False)
class Circuit:
    """A combinational and-inverter graph.

    Node 0 is the constant false, nodes ``1..inputs`` are the inputs, every further node is the AND of two literals of
    earlier nodes. A literal is ``2 * node``, plus 1 where inverted.

    Parameters
    ----------
    inputs : number of inputs.
    fanins : int32 (ands, 2), literals of nodes that come earlier.
    outputs : int32 (outputs,), literals.

    Raises
    ------
    InputError
        where a literal names a node that does not exist or does not come earlier.
    """

    inputs: int
    fanins: np.ndarray
    outputs: np.ndarray

    def __post_init__(self):
        fanins = np.ascontiguousarray(self.fanins, dtype=np.int32).reshape(-1, 2)
        outputs = np.ascontiguousarray(self.outputs, dtype=np.int32)
        limits = 2 * (self.first_and + np.arange(len(fanins)))
        if len(fanins) and (fanins.min() < 0 or (fanins >= limits[:, None]).any()):
            raise InputError("an AND of the logic circuit reads a node that does not come before it")
        if len(outputs) and (outputs.min() < 0 or outputs.max() >= 2 * (self.first_and + len(fanins))):
            raise InputError("an output of the logic circuit names a node that does not exist")
        fanins.setflags(write=False)
        outputs.setflags(write=False)
        object.__setattr__(self, "fanins", fanins)
        object.__setattr__(self, "outputs", outputs)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Circuit):
            return NotImplemented
        return (
            self.inputs == other.inputs
            and np.array_equal(self.fanins, other.fanins)
            and np.array_equal(self.outputs, other.outputs)
        )

    def __hash__(self) -> int:
        return hash((self.inputs, self.fanins.tobytes(), self.outputs.tobytes()))

    @property
    def ands(self) -> int:
        return len(self.fanins)

    @property
    def first_and(self) -> int:
        """Number of the first AND node."""
        return 1 + self.inputs

    @property
    def nodes(self) -> int:
        """Constant, inputs and ANDs."""
        return self.first_and + len(self.fanins)

    def live(self) -> np.ndarray:
        """Boolean (nodes,): which nodes the outputs depend on through the graph."""
        live = np.zeros(self.nodes, dtype=bool)
        live[self.outputs >> 1] = True
        for index in range(self.ands - 1, -1, -1):
            if live[self.first_and + index]:
                live[self.fanins[index] >> 1] = True
        return live

    def with_inputs(self, inputs: int, places: np.ndarray) -> Circuit:
        """The same graph over ``inputs`` inputs: what was input i is read from input ``places[i]``.

        Inputs that nothing reads may have any place, such as -1.
        """
        return self._renamed(inputs, np.asarray(places), self.outputs)

    def reordered(self, inputs: list[int], outputs: list[int]) -> Circuit:
        """The same graph with input ``inputs[i]`` as input i and output ``outputs[i]`` as output i."""
        places = np.empty(self.inputs, dtype=np.int64)
        places[np.asarray(inputs, dtype=np.intp)] = np.arange(self.inputs)
        return self._renamed(self.inputs, places, self.outputs[np.asarray(outputs, dtype=np.intp)])

    def _renamed(self, inputs: int, places: np.ndarray, outputs: np.ndarray) -> Circuit:
        node = np.concatenate([[0], 1 + places, 1 + inputs + np.arange(self.ands)]).astype(np.int32)

        def renamed(literals: np.ndarray) -> np.ndarray:
            return 2 * node[literals >> 1] + (literals & 1)

        return Circuit(inputs, renamed(self.fanins), renamed(outputs))

    def evaluate(self, bits: np.ndarray) -> np.ndarray:
        """Outputs, bool (samples, outputs), for ``bits``, bool (samples, inputs)."""
        from bespoke.circuit.simulation import simulate  # heavy: Numba

        bits = np.asarray(bits, dtype=bool)
        values = simulate(self, pack_bits(bits))
        flips = np.where(self.outputs & 1, np.uint64(0xFFFFFFFFFFFFFFFF), np.uint64(0))
        return unpack_bits(values[self.outputs >> 1] ^ flips[:, None], bits.shape[0])
