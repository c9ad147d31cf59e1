"""A mapped design as it is printed: the elements that may be broken, the samples that prints are judged on."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from bespoke import __version__
from bespoke.backend.mapping import complements
from bespoke.data import Part
from bespoke.netlist import Netlist
from bespoke.robustness.measured import DriftingPrints, Measured
from bespoke.robustness.subject import Subject
from bespoke.run.modelfile import ModelFile
from bespoke.run.robustness_record import DeviceCount
from bespoke.sensing import FrontEnd, ThermometerWires, Wires, port_bits
from bespoke.technology import Technology, devices_of

CLASSES, INTACT_ANSWERS = "classes", "intact answers"


@dataclass(frozen=True, eq=False)
class Printable:
    """A mapped design with all that decides what its prints answer.

    Parameters
    ----------
    design, samples_of, expected : as in `Robustness`.
    wires : what the input bits carry; None where nothing is known of them, and then there is no drift.
    """

    design: str
    samples_of: str
    expected: str
    subject: Subject
    measured: Measured | None
    wires: Wires | None
    front_end: FrontEnd
    technology: Technology
    clock_ms: float | None
    needless: np.ndarray

    @classmethod
    def of_model(
        cls,
        netlist: Netlist,
        model: ModelFile,
        part: Part,
        *,
        front_end: FrontEnd,
        technology: Technology,
        design: str,
        samples_of: str,
        clock_ms: float | None = None,
    ) -> Printable:
        """The netlist of a model, on samples whose classes are known.

        Without measured values the samples are taken to lie in the middle of their cells of the grid.
        """
        wires = model.wires
        measured = None
        if wires.count:
            if part.measured is None:
                measured = Measured.of_codes(part.features, wires, front_end.kind, quantiser=model.quantiser)
            else:
                measured = Measured.of_values(part.measured, model.quantiser, wires, front_end.kind)
        names, owners = wire_names(model), np.full(netlist.input_bits, -1, dtype=np.int64)
        owners[: wires.count] = wires.feature_of()
        return cls.of_netlist(
            netlist,
            port_bits(wires, part.features),
            part.classes,
            names=(*names, *["idle"] * (netlist.input_bits - len(names))),
            features=tuple(map(str, model.feature_names)),
            feature_of=owners,
            wires=wires,
            measured=measured,
            front_end=front_end,
            technology=technology,
            design=design,
            samples_of=samples_of,
            clock_ms=clock_ms,
        )

    @classmethod
    def of_netlist(
        cls,
        netlist: Netlist,
        bits: np.ndarray,
        expected: np.ndarray,
        *,
        names: tuple[str, ...],
        front_end: FrontEnd,
        technology: Technology,
        design: str,
        samples_of: str,
        features: tuple[str, ...] | None = None,
        feature_of: np.ndarray | None = None,
        wires: Wires | None = None,
        measured: Measured | None = None,
        clock_ms: float | None = None,
        answers: str = CLASSES,
    ) -> Printable:
        """A netlist on vectors, bool (samples, input bits), with the right answers, int64 (samples,)."""
        swapped = isinstance(wires, ThermometerWires)
        needless = complements(netlist) if swapped else np.zeros(0, dtype=np.int64)
        each = np.array([devices_of(cell).count for cell in netlist.cells] or [0], dtype=np.int64)
        of_gates = each[netlist.gate_cells] if netlist.gates else np.zeros(0, dtype=np.int64)
        of_gates[needless] = 0
        of_inputs = np.zeros(netlist.input_bits)
        if wires is not None:
            used = netlist.read_inputs()[: wires.count]
            of_inputs[: wires.count] = front_end.devices_of_wires(wires, used)
        subject = Subject(
            netlist=netlist,
            bits=np.asarray(bits, dtype=bool),
            expected=np.asarray(expected, dtype=np.int64),
            devices_of_gates=of_gates,
            devices_of_inputs=of_inputs,
            input_names=names,
            features=features,
            feature_of=feature_of,
        )
        return cls(design, samples_of, answers, subject, measured, wires, front_end, technology, clock_ms, needless)

    @property
    def devices(self) -> DeviceCount:
        netlist = self.subject.netlist
        present = {netlist.cells[cell] for cell in np.unique(netlist.gate_cells).tolist()} if netlist.gates else set()
        return DeviceCount(
            logic=int(self.subject.devices_of_gates.sum()),
            front_end=None if self.wires is None else float(self.subject.devices_of_inputs.sum()),
            counted=any(devices_of(cell).counted for cell in present),
            source=self.technology.devices_source,
        )

    def drifting(self, sigma: float) -> DriftingPrints | None:
        """Prints whose comparators drift so much; None where they do not, or are not known."""
        if not sigma or self.measured is None:
            return None
        used = self.subject.netlist.read_inputs()[: self.measured.wires.count]
        return DriftingPrints(self.measured, used, sigma)


def wire_names(model: ModelFile) -> tuple[str, ...]:
    """A name for people of every wire of a model: its comparator's threshold, or the bit of its feature's word."""
    wires, names = model.wires, model.feature_names
    if isinstance(wires, ThermometerWires):
        return tuple(
            f"{names[feature]} >= {model.quantiser.threshold_text(feature, level)}"
            for feature, level in wires.levels.tolist()
        )
    return tuple(f"{names[feature]}[{bit % wires.bits}]" for bit, feature in enumerate(wires.feature_of().tolist()))


def digest_of(printable: Printable, *settings: Any) -> str:
    """Of all that the figures of a design depend on, and of the settings given."""
    subject, netlist, measured = printable.subject, printable.subject.netlist, printable.measured
    digest = hashlib.sha256()
    arrays = [
        netlist.gate_cells,
        netlist.gate_fanins,
        netlist.output_nets,
        subject.bits,
        subject.expected,
        subject.devices_of_gates,
        subject.devices_of_inputs,
    ]
    if measured is not None:
        arrays.append(measured.positions)
    for array in arrays:
        digest.update(repr((array.shape, array.dtype.str)).encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    wires = None if printable.wires is None else printable.wires.to_json()
    named = (subject.input_names, netlist.gate_names, netlist.inputs, netlist.outputs, wires)
    steps = None if measured is None else (measured.step_in_unit, measured.assumed)
    told = (__version__, printable.technology, printable.front_end, printable.clock_ms, netlist.cells, named, steps)
    digest.update(json.dumps([repr(part) for part in (*told, *settings)]).encode())
    return digest.hexdigest()
