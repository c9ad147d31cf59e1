"""What is examined: a finished netlist with its samples and the devices that it is printed of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bespoke.errors import InputError
from bespoke.netlist import Netlist, codes
from bespoke.statistics import Accuracy


@dataclass(frozen=True, eq=False)
class Subject:
    """A combinational classifier, the samples that it is judged by, and how many devices can break where.

    Parameters
    ----------
    netlist : without flip-flops, every cell with one output.
    bits : bool (samples, netlist.input_bits), what the front end delivers where nothing is broken.
    expected : int64 (samples,), the right class of every sample.
    devices_of_gates : int64 (gates,), printed devices of every gate; a gate of none never breaks.
    devices_of_inputs : numbers (input bits,), those in front of every input bit; only bits that are read matter.
    input_names : a name per input bit, for people.
    features : names of the features, where they are known.
    feature_of : int64 (input bits,), the feature of every input bit, where they are known; -1 for none.

    Raises
    ------
    InputError
        if the netlist has flip-flops or cells with several outputs, there are no samples, or a shape does not fit.
    """

    netlist: Netlist
    bits: np.ndarray
    expected: np.ndarray
    devices_of_gates: np.ndarray
    devices_of_inputs: np.ndarray
    input_names: tuple[str, ...]
    features: tuple[str, ...] | None = None
    feature_of: np.ndarray | None = None

    def __post_init__(self) -> None:
        netlist = self.netlist
        if netlist.flip_flops:
            raise InputError(
                f"module {netlist.module} has flip-flops, the first is {netlist.flip_flops[0].instance}; faults are "
                "counted in combinational netlists only"
            )
        used = np.unique(netlist.gate_cells).tolist()
        shared = next((netlist.cells[cell] for cell in used if netlist.cells[cell].further_output), None)
        if shared is not None:
            raise InputError(
                f"module {netlist.module} uses {shared.name}, a cell with several outputs; faults are counted in "
                "netlists of cells with one output only"
            )
        if len(self.expected) == 0:
            raise InputError(f"module {netlist.module}: there are no samples to count faults on")
        shapes = {
            "bits": (self.bits, (len(self.expected), netlist.input_bits)),
            "devices_of_gates": (self.devices_of_gates, (netlist.gates,)),
            "devices_of_inputs": (self.devices_of_inputs, (netlist.input_bits,)),
            "input_names": (self.input_names, (netlist.input_bits,)),
        }
        if self.feature_of is not None:
            shapes["feature_of"] = (self.feature_of, (netlist.input_bits,))
        for name, (array, shape) in shapes.items():
            if np.shape(array) != shape:
                raise InputError(f"module {netlist.module}: {name} has the shape {np.shape(array)}, not {shape}")
        for name in ("devices_of_gates", "devices_of_inputs"):
            devices = np.asarray(getattr(self, name), dtype=float)
            if not (np.isfinite(devices) & (devices >= 0)).all():
                raise InputError(f"module {netlist.module}: {name} must be numbers from 0 on")

    @cached_property
    def intact(self) -> Accuracy:
        """Without any fault."""
        return Accuracy.of(codes(self.netlist, self.bits), self.expected)

    @property
    def samples(self) -> int:
        return len(self.expected)

    @property
    def read_wires(self) -> np.ndarray:
        """Input bits that anything reads, int64, rising."""
        return np.flatnonzero(self.netlist.read_inputs())
