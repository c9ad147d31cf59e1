"""Verilog from elsewhere, measured as a run's own designs are, so that both can stand in one table."""

from __future__ import annotations

import tempfile
from pathlib import Path

from bespoke.backend.foreign_netlist import foreign_netlist
from bespoke.backend.synthesis import synthesise
from bespoke.errors import InputError
from bespoke.netlist import Netlist, area_cm2, dynamic_power, predict, static_power, timing
from bespoke.report import wording
from bespoke.report.reading import RunRecord
from bespoke.run.metrics import Accuracy, FrontEndSummary
from bespoke.sensing import BinaryWires, FrontEndKind, priced_front_end
from bespoke.technology import smallest_carrier


def foreign_row(path: Path, record: RunRecord, *, top: str | None = None, effort: str = "fast") -> dict[str, object]:
    """A row for ``compare_runs``: any classifier with the run's interface, on the run's technology and test vectors.

    A netlist of the technology's cells is measured as it stands; other Verilog is mapped first as the run's designs
    were, on the training vectors and for the same clock: the test vectors only measure. The design reads the run's
    quantised features: one that was made for another scaling of its inputs would do better with its own.

    Raises
    ------
    InputError
        naming the file, where it cannot be read or its ports are not those of the run's circuits.
    """
    if not path.is_file():
        raise InputError(f"Verilog file {path} does not exist")
    test = record.test_part()
    technology, bits = record.technology, record.metrics.data.bits
    wires = BinaryWires(test.features.shape[1], bits)
    vectors = wires.encode(test.features)
    netlist, how = _read_or_mapped(path, record, top=top, effort=effort)
    _check_ports(path, netlist, record)
    # it reads the words that the exact baseline reads, so what stands before that one stands before it, too
    front_end = priced_front_end(technology, FrontEndKind(record.metrics.baseline.front_end.kind))
    analogue = front_end.cost(wires, netlist.read_inputs()) if front_end.is_priced else None
    static_mw = static_power(netlist, vectors).total_mw
    clock_ms = record.metrics.chosen.clock_ms
    dynamic = dynamic_power(netlist, vectors, clock_ms=clock_ms, supply_v=technology.supply_v)
    total_mw = static_mw if dynamic is None else static_mw + dynamic.total_mw
    delay = timing(netlist, clock_ms=clock_ms)
    seen = Accuracy.of(predict(netlist, test.features, wires), test.classes)
    area = area_cm2(netlist)
    system_mw = None if analogue is None else total_mw + analogue.power_mw
    carrier = None if system_mw is None else smallest_carrier(technology, system_mw)
    return {
        "design": f"{path.name}, {how}",
        "data": record.metrics.data.name,
        "technology": technology.name,
        "topology": "–",
        "test_accuracy": seen.value,
        "test_accuracy_low": seen.low,
        "test_accuracy_high": seen.high,
        "front_end": wording.front_end(FrontEndSummary.of(front_end, None)),
        "estimated_system_power_mw": system_mw,
        "estimated_system_area_cm2": None if analogue is None else area + analogue.area_cm2,
        "comparators": None if analogue is None else analogue.comparators,
        "power_source": None if carrier is None else carrier.source.name,
        "area_cm2": area,
        "static_power_mw": static_mw,
        "total_power_mw": total_mw,
        "cells": netlist.gates,
        "delay_ms": None if delay is None else delay.delay_ms,
        "delay_is_indicative": delay is not None and delay.indicative,
    }


def _read_or_mapped(path: Path, record: RunRecord, *, top: str | None, effort: str) -> tuple[Netlist, str]:
    netlist = foreign_netlist([path], record.technology, top=top)
    if netlist is not None and netlist.gates:
        return netlist, "as it is"
    train = record.train_part().features
    train_vectors = BinaryWires(train.shape[1], record.metrics.data.bits).encode(train)
    with tempfile.TemporaryDirectory(prefix="bespoke-compare-") as folder:
        result = synthesise(
            [path],
            top=top,
            technology=record.technology,
            folder=Path(folder),
            data_bits=train_vectors,
            effort=effort,
            clock_ms=record.metrics.chosen.clock_ms,
            seed=record.metrics.seed,
        )
    return result.netlist, "mapped here"


def _check_ports(path: Path, netlist: Netlist, record: RunRecord) -> None:
    data = record.metrics.data
    inputs = len(data.features) * data.bits
    outputs = max(1, (len(data.class_labels) - 1).bit_length())
    if netlist.flip_flops:
        raise InputError(f"{path}: module {netlist.module} has flip-flops; only combinational circuits are compared")
    if (netlist.input_bits, netlist.output_bits) != (inputs, outputs):
        raise InputError(
            f"{path}: module {netlist.module} has {netlist.input_bits} input and {netlist.output_bits} output bits, "
            f"the features' words and the class index of {record.folder} have {inputs} and {outputs}"
        )
