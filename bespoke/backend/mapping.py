"""A design's Verilog in cells, mapped for the run's objective, and what that costs with its front end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from bespoke.backend.circuits import behind_comparators
from bespoke.backend.synthesis import SynthesisResult, synthesise
from bespoke.costs import Costs, Objective
from bespoke.execution import Executor
from bespoke.model import IntegerClassifier, LogicCircuit, used_bits
from bespoke.netlist import Netlist, area_cm2, dynamic_power, static_power
from bespoke.netlist.optimise import DEFAULT_POWER_WEIGHT
from bespoke.search import circuit_of, complemented_wires
from bespoke.sensing import FrontEnd, FrontEndKind, ThermometerWires, Wires, port_width
from bespoke.technology import Technology

Progress = Callable[[float, str], None]

#: Networks whose circuit is larger are mapped from their RTL alone.
START_CIRCUIT_ANDS = 400
#: Share of static power in the back end's price where power is the objective.
POWER_WEIGHT = 0.7
#: Vectors that a netlist is compared by where there are no training samples.
_RANDOM_VECTORS = 1000


@dataclass(frozen=True)
class Backend:
    """What maps and measures designs: the technology, the tools, how hard they try; what stands before the design."""

    technology: Technology
    effort: str
    yosys: str
    clock_ms: float
    seed: int
    front_end: FrontEnd
    decisions_per_hour: float | None = None
    objective: Objective = Objective.AREA

    @property
    def power_weight(self) -> float:
        """Share of static power in what the back end makes small; the rest is area."""
        return POWER_WEIGHT if self.objective.is_power else DEFAULT_POWER_WEIGHT

    def costs(self, netlist: Netlist, wires: Wires, bits: np.ndarray) -> Costs:
        """Costs of a mapped design before this front end; see `netlist_costs`."""
        supply_v = self.technology.supply_v
        return netlist_costs(netlist, wires, bits, self.front_end, clock_ms=self.clock_ms, supply_v=supply_v)

    def complemented(self, circuits: Sequence[LogicCircuit]) -> np.ndarray | None:
        """Inputs to be read in the complement, where comparators deliver it for nothing and the system counts."""
        if not (circuits and self.objective.counts_front_end and self.front_end.kind is FrontEndKind.THERMOMETER):
            return None
        return complemented_wires(circuits[0], self.technology)


def map_design(
    source: Path,
    classifier: IntegerClassifier,
    wires: Wires,
    bits: np.ndarray | None,
    *,
    folder: Path,
    backend: Backend,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> SynthesisResult:
    """Map a design's Verilog on cells, for the objective of the run.

    Where comparators may deliver complements for nothing, it is mapped for those that the circuit asks for and for none
    of them, and the cheaper netlist is taken.

    Parameters
    ----------
    bits : bool (vectors, wires), on which static power is measured: the training part's; None for random ones.
    executor : whose threads run ABC and the optimiser; None runs them one by one.
    """
    circuits = start_circuits(classifier, wires)
    complemented = backend.complemented(circuits)
    variants = [("", None)]
    if complemented is not None and complemented.any():
        variants.append(("complemented", complemented))

    def mapped(name: str, inputs: np.ndarray | None) -> SynthesisResult:
        return synthesise(
            [source],
            top="top",
            technology=backend.technology,
            folder=folder / name,
            data_bits=bits,
            effort=backend.effort,
            start_circuits=circuits,
            power_weight=backend.power_weight,
            complemented=inputs,
            executor=executor,
            backend=backend.yosys,
            clock_ms=backend.clock_ms,
            seed=backend.seed,
            progress=progress,
        )

    def cost(result: SynthesisResult) -> tuple[float, float]:
        return backend.costs(result.netlist, wires, vectors).ranked(backend.objective)

    vectors = bits
    if bits is None:
        vectors = np.random.default_rng(backend.seed).random((_RANDOM_VECTORS, port_width(wires))) < 0.5

    results = [mapped(name, inputs) for name, inputs in variants]
    return results[0] if len(results) == 1 else min(results, key=cost)


def start_circuits(classifier: IntegerClassifier, wires: Wires) -> Sequence[LogicCircuit]:
    """Structures over the RTL's wires, beside its own, that synthesis may start from; each result is proven against it.

    A large network's adders stand in another order there, which takes the proof too long. Where there is no wire there
    is nothing to map either.
    """
    if not wires.count:
        return []
    if isinstance(classifier, LogicCircuit):
        return [classifier.over(wires)]
    circuit = circuit_of(classifier)
    if isinstance(wires, ThermometerWires):
        if (circuit.used_input_bits() & ~used_bits(classifier)).any():  # reads bits whose wires there are not
            return []
        circuit = behind_comparators(circuit, wires)
    return [circuit] if len(circuit.fanins) <= START_CIRCUIT_ANDS else []


def used_wires(netlist: Netlist, wires: Wires) -> np.ndarray:
    """Boolean (wires,): which wires any gate or output of the netlist reads."""
    return netlist.read_inputs()[: wires.count]


def netlist_costs(
    netlist: Netlist,
    wires: Wires,
    bits: np.ndarray,
    front_end: FrontEnd,
    *,
    clock_ms: float | None = None,
    supply_v: float = 1.0,
) -> Costs:
    """Costs of a mapped design and of the front end for the wires that it reads.

    An inverter that alone reads a comparator is none: the comparator's inputs are swapped instead. The classifier has
    it, the system does not.

    Parameters
    ----------
    bits : bool (vectors, wires), on which power is measured.
    clock_ms, supply_v : for the power of switching; it is left out without a clock, and where the technology knows no
        energies.
    """
    static = static_power(netlist, bits)
    switching = 0.0
    if clock_ms is not None and len(bits):
        dynamic = dynamic_power(netlist, bits, clock_ms=clock_ms, supply_v=supply_v)
        switching = 0.0 if dynamic is None else dynamic.total_mw
    alone = Costs(area_cm2(netlist), static.total_mw, dynamic_power_mw=switching)
    if not front_end.is_priced:
        return alone
    converters = front_end.cost(wires, used_wires(netlist, wires))
    needless = complements(netlist) if isinstance(wires, ThermometerWires) else np.zeros(0, dtype=np.int64)
    return replace(
        alone,
        front_end_area_cm2=converters.area_cm2,
        front_end_power_mw=converters.power_mw,
        comparators=converters.comparators,
        saved_area_cm2=sum(netlist.cells[netlist.gate_cells[gate]].area_um2 for gate in needless.tolist()) * 1e-8,
        saved_power_mw=float(static.per_gate_nw[needless].sum()) * 1e-6,
    )


def complements(netlist: Netlist) -> np.ndarray:
    """Gates that invert an input which nothing but inverters reads, int64."""
    inverter = np.array([len(cell.inputs) == 1 and cell.truth == 0b01 for cell in netlist.cells] or [False])
    inverts = inverter[netlist.gate_cells] if netlist.gates else np.zeros(0, dtype=bool)
    read_plainly = np.zeros(netlist.nets, dtype=bool)
    read_plainly[netlist.output_nets] = True
    others = netlist.gate_fanins[~inverts]
    read_plainly[others[others >= 0]] = True
    operands = netlist.gate_fanins[:, 0] if netlist.gates else np.zeros(0, dtype=np.int64)
    is_input = (operands >= 2) & (operands < 2 + netlist.input_bits)
    return np.flatnonzero(inverts & is_input & ~read_plainly[operands])
