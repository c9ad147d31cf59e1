"""One design on its way from integer model to verified, measured netlist."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from bespoke.backend.mapping import Backend, map_design, used_wires
from bespoke.backend.synthesis import SynthesisResult
from bespoke.data import Part, PreparedData, nothing
from bespoke.eda.icarus import lint
from bespoke.errors import VerificationError
from bespoke.execution import Executor
from bespoke.files import write_text
from bespoke.model import IntegerClassifier, LogicCircuit, Network, input_wires
from bespoke.netlist import Netlist, StaticPower, cell_counts, dynamic_power, predict, static_power, timing
from bespoke.netlist.attribution import attribute_gates
from bespoke.rtl import check_verilog, emit_testbench, emit_verilog, stress_vectors
from bespoke.run.metrics import (
    DesignMetrics,
    FrontEndSummary,
    GateShare,
    PartAccuracies,
    SourceVerdict,
    Verification,
)
from bespoke.run.modelfile import ModelFile
from bespoke.run.simulation import simulate_design
from bespoke.scores import Confusion
from bespoke.search import circuit_of
from bespoke.sensing import (
    FrontEndKind,
    ThermometerWires,
    Wires,
    all_wires,
    port_bits,
    port_width,
    write_front_end,
)
from bespoke.statistics import Accuracy
from bespoke.technology import Verdict, carriers, to_verilog_models
from bespoke.train import FloatModel

Progress = Callable[[float, str], None]

MS_PER_HOUR = 3_600_000.0
#: Vectors of a testbench, at most.
TESTBENCH_VECTORS = 10_000
#: Random and corner vectors beside the data, at least.
STRESS_VECTORS = 1000


def accuracies(classifier: IntegerClassifier, data: PreparedData) -> PartAccuracies:
    """Accuracy of a classifier on each part of the data."""
    return _by_part(lambda part: classifier.predict(part.features), data)


def float_accuracies(model: FloatModel, data: PreparedData) -> PartAccuracies:
    """Accuracy of the float model on each part, on the quantised features that the circuits see."""
    return _by_part(lambda part: model.predict(part.features, data.bits), data)


def _by_part(predict_part: Callable[[Part], np.ndarray], data: PreparedData) -> PartAccuracies:
    found = {name: Accuracy.of(predict_part(part), part.classes) for name, part in data.parts.items()}
    return PartAccuracies(found["train"], found.get("validation"), found["test"])


def emit(classifier: IntegerClassifier, data: PreparedData, folder: Path, *, title: str, wires: Wires) -> Path:
    """Writes ``rtl/top.v`` and its testbench over the test part, checked and free of lint; returns the former.

    What of the data it looks at is in `for_emission`.
    """
    text = emit_verilog(
        classifier,
        wires=wires,
        quantiser=data.quantiser,
        title=title,
        feature_names=data.feature_names,
        class_labels=[str(c) for c in data.class_labels],
    )
    check_verilog(text, input_width=port_width(wires), output_width=classifier.output_bits)
    source = folder / "rtl" / "top.v"
    write_text(source, text)
    vectors = data.test.features[:TESTBENCH_VECTORS]
    bench = emit_testbench(classifier, vectors, classifier.predict(vectors), wires=wires)
    write_text(folder / "rtl" / "top_tb.v", bench)
    lint([source], top="top", folder=folder / "logs" / "lint")
    return source


def for_emission(data: PreparedData) -> PreparedData:
    """What of the data a design's files tell: names, labels, ranges, and the vectors of the testbench."""
    test = data.test.taken(np.arange(min(data.test.samples, TESTBENCH_VECTORS)))
    return replace(data, train=nothing(data), validation=None, test=replace(test, measured=None, missing=None))


def measure(
    classifier: IntegerClassifier,
    data: PreparedData,
    folder: Path,
    *,
    name: str,
    backend: Backend,
    model_file: Path,
    root: Path,
    known_accuracy: PartAccuracies | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> DesignMetrics:
    """Emit, simulate, synthesise, prove, simulate again at gate level, measure.

    Without training samples the back end weighs power on random vectors and no power of the training part is reported:
    the test part only measures.

    Parameters
    ----------
    folder : where the design's files go.
    model_file : where the design's model has been saved.
    root : run folder, which file names in the metrics are relative to.
    known_accuracy : reported instead of counting, where the data's parts do not hold the samples.
    executor : see `bespoke.backend.mapping.map_design`.

    Raises
    ------
    VerificationError
        if RTL, netlist or simulation differ from the integer model anywhere.
    """
    classifier, wires, source, result = _mapped(classifier, data, folder, name, backend, model_file, executor, progress)
    rtl_seen = simulate_design(
        [source],
        classifier,
        data.test,
        folder=folder / "logs/rtl_simulation",
        seed=backend.seed,
        front_end=backend.front_end.kind,
        quantiser=data.quantiser,
        extra=STRESS_VECTORS,
    )
    train_bits, test_bits = (port_bits(wires, part.features) for part in (data.train, data.test))
    trained_on = data.train.samples > 0
    netlist = result.netlist
    netlist_path = folder / "netlist.v"
    write_text(netlist_path, result.netlist_path.read_text(encoding="utf-8"))
    compared = check_netlist(netlist, classifier, data, wires, seed=backend.seed)
    models = folder / "cells.v"
    write_text(models, to_verilog_models(backend.technology))
    write_front_end(folder / "front_end.csv", wires, data.feature_names, data.quantiser)
    gates_seen = simulate_design(
        [netlist_path, models],
        classifier,
        data.test,
        folder=folder / "logs/gate_level_simulation",
        seed=backend.seed,
        front_end=backend.front_end.kind,
        quantiser=data.quantiser,
        extra=STRESS_VECTORS,
        max_vectors=gate_level_vectors(netlist.gates),
    )
    netlist_accuracy = Accuracy.of(predict(netlist, data.test.features, wires), data.test.classes)
    static = static_power(netlist, test_bits)
    static_mw = static.total_mw
    dynamic = dynamic_power(netlist, test_bits, clock_ms=backend.clock_ms, supply_v=backend.technology.supply_v)
    delay = timing(netlist, clock_ms=backend.clock_ms)
    delay_ms = None if delay is None else delay.delay_ms
    used = used_wires(netlist, wires)
    costs = backend.costs(netlist, wires, test_bits)
    system_mw = costs.system_power_mw
    verdicts = () if system_mw is None else carriers(backend.technology, system_mw)
    answers = confusion(classifier, data.test, data.classes)
    return DesignMetrics(
        name=name,
        kind="network" if isinstance(classifier, Network) else "logic",
        topology=classifier.topology if isinstance(classifier, Network) else (),
        accuracy=known_accuracy or accuracies(classifier, data),
        area_cm2=costs.area_cm2,
        static_power_mw=static_mw,
        static_power_train_mw=static_power(netlist, train_bits).total_mw if trained_on else None,
        dynamic_power_mw=None if dynamic is None else dynamic.total_mw,
        total_power_mw=static_mw if dynamic is None else static_mw + dynamic.total_mw,
        cells=netlist.gates,
        cell_counts=cell_counts(netlist),
        delay_ms=delay_ms,
        delay_is_indicative=delay is not None and delay.indicative,
        clock_ms=backend.clock_ms,
        meets_clock=None if delay is None else delay.meets_clock,
        plain_flow_area_cm2=result.plain.area_cm2,
        plain_flow_static_power_train_mw=result.plain.static_power_mw if trained_on else None,
        power_sources=tuple(_verdict(verdict) for verdict in verdicts),
        power_source=next((verdict.source.name for verdict in verdicts if verdict.carries), None),
        used_inputs=tuple(data.feature_names[feature] for feature in np.unique(wires.feature_of()[used])),
        front_end=FrontEndSummary.of(backend.front_end, costs.comparators),
        comparators=costs.comparators,
        estimated_front_end_area_cm2=costs.front_end_area_cm2,
        estimated_front_end_power_mw=costs.front_end_power_mw,
        estimated_system_area_cm2=costs.system_area_cm2,
        estimated_system_power_mw=system_mw,
        estimated_energy_per_decision_uj=None if system_mw is None or delay_ms is None else system_mw * delay_ms,
        estimated_average_power_mw=average_power_mw(system_mw, delay_ms, backend.decisions_per_hour),
        decisions_per_hour=backend.decisions_per_hour,
        verification=Verification(
            rtl_vectors=rtl_seen.vectors,
            gate_level_vectors=gates_seen.vectors,
            netlist_vectors=compared,
            netlist_equivalent=result.proof.covers(netlist),
            simulated_test_accuracy=rtl_seen.test_accuracy,
            netlist_test_accuracy=netlist_accuracy.value,
            threshold_probes=rtl_seen.threshold_probes,
            netlist_sha256=hashlib.sha256(netlist_path.read_bytes()).hexdigest(),
        ),
        model_file=str(model_file.relative_to(root)),
        rtl_file=str(source.relative_to(root)),
        netlist_file=str(netlist_path.relative_to(root)),
        confusion=tuple(map(tuple, answers.to_json())),
        shares=gate_shares(netlist, classifier, static, data, wires),
        dynamic_power_train_mw=backend.costs(netlist, wires, train_bits).dynamic_power_mw
        if trained_on and dynamic is not None
        else None,
        power_optimised_on="training vectors" if trained_on else "random vectors",
        class_recall=tuple(None if np.isnan(recall) else float(recall) for recall in answers.recalls),
        never_answered=tuple(str(data.class_labels[index]) for index in answers.never_answered),
    )


def _mapped(
    classifier: IntegerClassifier,
    data: PreparedData,
    folder: Path,
    name: str,
    backend: Backend,
    model_file: Path,
    executor: Executor | None,
    progress: Progress | None,
) -> tuple[IntegerClassifier, Wires, Path, SynthesisResult]:
    """The design in Verilog and in cells.

    Where mapping finds that the design does not depend on one of its comparators, it is written anew without it, as a
    logic circuit, and so is its model file: every wire of the bus is read, and whoever prints prints no comparator in
    vain.
    """
    while True:
        wires = input_wires(classifier, backend.front_end.kind)
        source = emit(classifier, data, folder, title=f"{data.name}: {name}", wires=wires)
        result = map_design(
            source,
            classifier,
            wires,
            port_bits(wires, data.train.features) if data.train.samples else None,
            folder=folder / "logs/synthesis",
            backend=backend,
            executor=executor,
            progress=progress,
        )
        idle = ~used_wires(result.netlist, wires)
        if not (isinstance(wires, ThermometerWires) and idle.any()):
            return classifier, wires, source, result
        classifier = _without(classifier, wires, idle)
        ModelFile.of(classifier, data, front_end=backend.front_end.kind).save(model_file)


def _without(classifier: IntegerClassifier, wires: ThermometerWires, idle: np.ndarray) -> LogicCircuit:
    """The classifier as a logic circuit without the wires that it does not depend on, bool (wires,)."""
    if isinstance(classifier, LogicCircuit):
        return classifier.without(idle)
    circuit = circuit_of(classifier, wires=all_wires(FrontEndKind.THERMOMETER, wires.features, wires.bits))
    circuit = circuit.narrowed()
    needed = wires.only(~idle)
    return circuit.without(circuit.wires.places_in(needed) < 0)


def average_power_mw(system_mw: float | None, delay_ms: float | None, decisions_per_hour: float | None) -> float | None:
    """Power of a system that is on until its output has settled and off in between, the switch not counted."""
    if system_mw is None or delay_ms is None or decisions_per_hour is None:
        return None
    return system_mw * min(1.0, delay_ms * decisions_per_hour / MS_PER_HOUR)


def gate_level_vectors(gates: int) -> int:
    """Vectors that Icarus simulates at gate level: all of them below some thousand gates, few for large baselines.

    Event-driven simulation of a ripple of adders takes time about quadratic in the gates, a fifth of a second a vector
    at 7000 gates. What it leaves out is still compared on every vector by ``check_netlist``.
    """
    return max(4, 2_500_000_000 // max(1, gates) ** 2)


def _verdict(verdict: Verdict) -> SourceVerdict:
    source = verdict.source
    margin = source.power_mw / verdict.load_mw if verdict.load_mw else None
    return SourceVerdict(source.name, source.kind, source.power_mw, verdict.carries, margin, verdict.life_h)


def check_netlist(
    netlist: Netlist, classifier: IntegerClassifier, data: PreparedData, wires: Wires, *, seed: int
) -> int:
    """Compares the netlist with the integer model on every vector of the data and on stress vectors.

    Returns the number of vectors.

    Raises
    ------
    VerificationError
        naming the first vector on which they differ.
    """
    stress = stress_vectors(data.features, data.bits, STRESS_VECTORS, np.random.default_rng(seed))
    vectors = np.concatenate([*(part.features for part in data.parts.values()), stress])
    expected, seen = classifier.predict(vectors), predict(netlist, vectors, wires)
    wrong = np.flatnonzero(expected != seen)
    if len(wrong):
        first = wrong[0]
        raise VerificationError(
            f"the netlist {netlist.module} differs from the integer model on {len(wrong)} of {len(vectors)} vectors, "
            f"first on inputs {vectors[first].tolist()}: {seen[first]} instead of {expected[first]}"
        )
    return len(vectors)


def gate_shares(
    netlist: Netlist, classifier: IntegerClassifier, static: StaticPower, data: PreparedData, wires: Wires
) -> tuple[GateShare, ...]:
    """Area and static power by neuron, largest area first; nothing for a logic circuit, which has no neurons."""
    if not isinstance(classifier, Network):
        return ()
    owners = attribute_gates(netlist, classifier, data.test.features, wires)
    area: dict[str, float] = {}
    for owner, cell in zip(owners, netlist.gate_cells, strict=True):
        area[owner] = area.get(owner, 0.0) + netlist.cells[cell].area_um2 * 1e-8
    power = static.by_group(owners)
    return tuple(
        GateShare(owner, area[owner], power[owner]) for owner in sorted(area, key=lambda owner: (-area[owner], owner))
    )


def confusion(classifier: IntegerClassifier, part: Part, classes: int) -> Confusion:
    """Samples of a part by true class and the classifier's answer."""
    return Confusion.of(classifier.predict(part.features), part.classes, classes)
