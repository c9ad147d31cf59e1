"""A run folder as a run leaves it, made in a second without any tool: for tests of what reads run folders.

The classifier in it is real (a small MLP on scikit-learn's wine, rounded to powers of two), the circuit figures are
made up.
"""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
from sklearn.datasets import load_wine
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

from bespoke.circuit import Circuit
from bespoke.model import (
    IntegerClassifier,
    LogicCircuit,
    Network,
    QRelu,
    input_wires,
    nearest_power_of_two,
    to_json,
    used_bits,
)
from bespoke.report import RunRecord
from bespoke.run import metrics as m
from bespoke.run.rivals import RIVAL_TREE
from bespoke.scores import Confusion
from bespoke.sensing import BinaryWires, FrontEndKind, Quantiser, ThermometerWires, priced_front_end
from bespoke.technology import load_technology

#: A column name and a class label that must never reach a page unescaped.
HOSTILE_FEATURE = "<script>alert('x')</script>"
HOSTILE_LABEL = '"><img src=x onerror=alert(1)>'
#: Designs of the front, without trees and baseline.
DESIGNS = 24

FRONT_COLUMNS = (
    "index",
    "origin",
    "kind",
    "train_accuracy",
    "forecast_accuracy",
    "forecast_low",
    "forecast_high",
    "forecast_score",
    "test_accuracy",
    "estimated_area_cm2",
    "area_cm2",
    "static_power_mw",
    "comparators",
    "estimated_front_end_area_cm2",
    "estimated_front_end_power_mw",
    "estimated_system_area_cm2",
    "estimated_system_power_mw",
    "chosen",
    "model_file",
)


def sample_network(
    seed: int = 0, *, validation: bool = False
) -> tuple[Network, dict[str, tuple[np.ndarray, np.ndarray]], list[str], Quantiser]:
    """A 13-3-3 network of masked powers of two, the quantised parts of its data, the features' names and quantiser.

    ``validation`` cuts a validation part from the samples to develop on.
    """
    table = load_wine()
    values, classes = table.data, table.target
    train, test, train_y, test_y = train_test_split(values, classes, test_size=0.3, random_state=42, stratify=classes)
    measured = {"train": (train, train_y), "test": (test, test_y)}
    if validation:
        train, judging, train_y, judging_y = train_test_split(
            train, train_y, test_size=0.25, random_state=seed, stratify=train_y
        )
        measured = {"train": (train, train_y), "validation": (judging, judging_y), "test": (test, test_y)}
    quantiser = Quantiser.fitted(train, 4)
    parts = {part: (quantiser.transform(part_values), labels) for part, (part_values, labels) in measured.items()}
    mlp = MLPClassifier((3,), max_iter=2000, learning_rate_init=0.02, random_state=seed).fit(
        parts["train"][0] / 16, train_y
    )
    rng = np.random.default_rng(seed)
    weights = [
        np.vectorize(nearest_power_of_two)(4 * coefficients.T / np.abs(coefficients).max())
        for coefficients in mlp.coefs_
    ]
    weights[0] = weights[0] * (rng.random(weights[0].shape) < 0.9)
    scale = 4 / np.abs(mlp.coefs_[0]).max()
    masks = [
        rng.choice([15, 14, 12, 8], weights[0].shape, p=[0.8, 0.2, 0, 0]),
        rng.choice([7, 7, 6], weights[1].shape),
    ]
    network = Network.from_arrays(
        input_bits=4,
        weights=weights,
        biases=[np.round(mlp.intercepts_[0] * 16 * scale).astype(int), np.round(mlp.intercepts_[1] * 8).astype(int)],
        masks=masks,
        activations=[[QRelu(3, 3)] * 3],
    )
    return network, parts, [str(name) for name in table.feature_names], quantiser


def sample_logic(kind: FrontEndKind) -> LogicCircuit:
    """A circuit over the wine inputs: whether features 0, 6 and 12 are in their upper halves, behind three ANDs."""
    if kind is FrontEndKind.THERMOMETER:
        wires, inputs = ThermometerWires.of(13, 4, [(0, 8), (6, 8), (12, 8)]), (0, 1, 2)
    else:
        wires, inputs = BinaryWires(13, 4), (3, 6 * 4 + 3, 12 * 4 + 3)
    first = 1 + wires.count
    bits = [2 * (1 + place) for place in inputs]
    fanins = np.array([[bits[0], bits[1] ^ 1], [bits[1] ^ 1, bits[2]], [bits[0] ^ 1, 2 * (first + 1)]])
    return LogicCircuit(wires, 3, Circuit(wires.count, fanins, np.array([2 * first, 2 * (first + 2)])))


def _design(
    name: str,
    classifier: IntegerClassifier,
    parts: dict[str, tuple[np.ndarray, np.ndarray]],
    features: list[str],
    labels: tuple[str, ...],
    *,
    kind: FrontEndKind,
    area: float,
    power: float,
    cells: int,
) -> m.DesignMetrics:
    predicted = {part: classifier.predict(inputs) for part, (inputs, _) in parts.items()}
    confusion = Confusion.of(predicted["test"], parts["test"][1], 3)
    network = isinstance(classifier, Network)
    used = features if network else [features[0], features[6], features[12]]
    accuracies = _part_accuracies({part: m.Accuracy.of(predicted[part], parts[part][1]) for part in parts})
    judging = accuracies.validation or accuracies.train
    forecast = m.Accuracy.of_count(judging.correct - 1, judging.samples)
    total = power * 1.04
    front_end = priced_front_end(load_technology("egfet-1.0v"), kind)
    wires = input_wires(classifier, kind)
    if isinstance(classifier, LogicCircuit):
        read = classifier.used_wires()
    else:
        read = used_bits(classifier).ravel() if isinstance(wires, BinaryWires) else np.ones(wires.count, dtype=bool)
    cost = front_end.cost(wires, read)
    system = total + cost.power_mw
    sources = tuple(
        m.SourceVerdict(source, sort, delivered, delivered >= system, delivered / system, life)
        for source, sort, delivered, life in (
            ("Molex", "battery", 30.0, 90.0 / system),
            ("Zinergy", "battery", 15.0, None),
            ("Blue Spark", "battery", 3.0, 45.0 / system),
            ("printed harvester", "harvester", 0.1, None),
        )
    )
    carrying = [source.name for source in sources if source.carries]
    return m.DesignMetrics(
        name=name,
        kind="network" if network else "logic",
        topology=classifier.topology if network else (),
        accuracy=accuracies,
        area_cm2=area,
        static_power_mw=power,
        static_power_train_mw=power * 1.01,
        dynamic_power_mw=power * 0.04,
        total_power_mw=total,
        cells=cells,
        cell_counts={"NAND2X1": cells * 6 // 10, "INVX1": cells * 2 // 10, "NOR2X1": cells - cells * 8 // 10},
        delay_ms=32.5 if cells < 500 else 121.0,
        delay_is_indicative=True,
        clock_ms=200.0,
        meets_clock=True,
        plain_flow_area_cm2=area * 1.3,
        plain_flow_static_power_train_mw=power * 1.4,
        power_sources=sources,
        power_source=carrying[-1] if carrying else None,
        used_inputs=tuple(used),
        front_end=m.FrontEndSummary.of(front_end, cost.comparators),
        comparators=cost.comparators,
        estimated_front_end_area_cm2=cost.area_cm2,
        estimated_front_end_power_mw=cost.power_mw,
        estimated_system_area_cm2=area + cost.area_cm2,
        estimated_system_power_mw=system,
        estimated_energy_per_decision_uj=system * (32.5 if cells < 500 else 121.0),
        estimated_average_power_mw=None,
        decisions_per_hour=None,
        verification=m.Verification(1178, 1178, 1178, True, accuracies.test.value, accuracies.test.value),
        model_file="models/approximate.json" if name == "chosen" else "models/baseline.json",
        rtl_file="rtl/top.v" if name == "chosen" else "baseline/top.v",
        netlist_file="netlist.v" if name == "chosen" else "baseline/netlist.v",
        confusion=tuple(map(tuple, confusion.to_json())),
        shares=tuple(
            m.GateShare(f"layer {layer} neuron {neuron}", area / 8 * (neuron + 1), power / 8 * (neuron + 1))
            for layer in range(2)
            for neuron in range(3)
        )
        if network
        else (),
        forecast_accuracy=forecast.value,
        forecast_low=forecast.low,
        forecast_high=forecast.high,
        forecast_score=forecast.value - 0.01,
        forecast_score_low=forecast.low - 0.01,
        forecast_score_high=forecast.high - 0.01,
        class_recall=tuple(confusion.recalls.tolist()),
        never_answered=tuple(labels[index] for index in confusion.never_answered),
    )


def _part_accuracies(found: dict[str, m.Accuracy]) -> m.PartAccuracies:
    return m.PartAccuracies(found["train"], found.get("validation"), found["test"])


def write_sample_run(
    folder: Path,
    *,
    seed: int = 0,
    logic: bool = False,
    hostile: bool = False,
    kind: FrontEndKind = FrontEndKind.BINARY,
    data_name: str = "wine",
    area: float = 0.62,
    folds: int = 5,
    metric: str = "accuracy",
) -> Path:
    """Write a run folder; ``logic`` makes the chosen design a logic circuit, ``hostile`` gives dangerous names.

    ``kind`` of front end stands before the chosen design; without ``folds`` there is a validation part.
    """
    network, parts, features, quantiser = sample_network(seed, validation=not folds)
    labels: tuple = ("barolo", "grignolino", "barbera")
    if hostile:
        features[0], labels = HOSTILE_FEATURE, (HOSTILE_LABEL, "a & b", "c")
    chosen_model: IntegerClassifier = sample_logic(kind) if logic else network
    baseline_model = Network.from_arrays(
        input_bits=4,
        weights=[weight * 5 + weight % 3 for weight in network.weights],
        biases=[bias * 5 for bias in network.biases],
        activations=[[QRelu(5, 4)] * 3],
    )
    chosen = _design("chosen", chosen_model, parts, features, labels, kind=kind, area=area, power=area * 3.1, cells=214)
    before = FrontEndKind.DIGITAL if kind is FrontEndKind.DIGITAL else FrontEndKind.BINARY
    baseline = _design(
        "baseline", baseline_model, parts, features, labels, kind=before, area=21.4, power=68.0, cells=5310
    )
    float_accuracy = _part_accuracies({part: m.Accuracy.of_count(len(y), len(y)) for part, (_, y) in parts.items()})
    ratios = m.Ratios(
        baseline.area_cm2 / chosen.area_cm2,
        baseline.static_power_mw / chosen.static_power_mw,
        baseline.total_power_mw / chosen.total_power_mw,
        baseline.estimated_system_area_cm2 / chosen.estimated_system_area_cm2,
        baseline.estimated_system_power_mw / chosen.estimated_system_power_mw,
    )
    metrics = m.RunMetrics(
        bespoke_version="0.1.0",
        technology="egfet-1.0v",
        supply_v=1.0,
        seed=seed,
        command=f"bespoke run {data_name} --out runs/{data_name} --seed {seed}",
        data=m.DataSummary(
            data_name,
            "scikit-learn",
            tuple(features),
            labels,
            4,
            *(len(parts[part][1]) if part in parts else None for part in ("train", "validation", "test")),
        ),
        float_accuracy=float_accuracy,
        quantised_accuracy=float_accuracy,
        selection=m.SelectionSummary("smallest within 0.01 of the exact baseline", 24, 9, metric, folds),
        search=m.SearchSummary(1_234_567, 31.5, 12.5, 24, 0.873),
        baseline=baseline,
        chosen=chosen,
        ratios=ratios,
        rival=_rival(chosen),
        seconds={"training and searching": 44.0, "mapping the front": 71.5},
    )
    models = {"approximate": chosen_model, "baseline": baseline_model, "quantised": network}
    _write_files(folder, metrics, models, parts, quantiser)
    _write_front(folder, metrics, seed)
    return folder


def _rival(chosen: m.DesignMetrics) -> m.RivalMetrics:
    """A tree that is twice as dear as the chosen design and as accurate; the first of the trees in the front."""
    return m.RivalMetrics(
        index=DESIGNS,
        fits=True,
        forecast_accuracy=chosen.forecast_accuracy,
        forecast_low=chosen.forecast_low,
        forecast_high=chosen.forecast_high,
        accuracy=chosen.accuracy,
        area_cm2=2 * chosen.area_cm2,
        static_power_mw=2 * chosen.static_power_train_mw,
        comparators=2 * chosen.comparators,
        estimated_front_end_area_cm2=2 * chosen.estimated_front_end_area_cm2,
        estimated_front_end_power_mw=2 * chosen.estimated_front_end_power_mw,
        estimated_system_area_cm2=2 * chosen.estimated_system_area_cm2,
        estimated_system_power_mw=2 * (chosen.static_power_train_mw + chosen.estimated_front_end_power_mw),
    )


def _write_files(
    folder: Path,
    metrics: m.RunMetrics,
    models: dict[str, IntegerClassifier],
    parts: dict[str, tuple[np.ndarray, np.ndarray]],
    quantiser: Quantiser,
) -> None:
    for name in ("models", "vectors", "rtl", "baseline"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "metrics.json").write_text(json.dumps(m.to_json(metrics)), encoding="utf-8")
    (folder / "config.toml").write_text(f'data = "wine"\nbits = 4\nseed = {metrics.seed}\neffort = "fast"\n')
    (folder / "versions.json").write_text(json.dumps({"bespoke": "0.1.0", "python": "3.11.2", "yosys": "0.70"}))
    (folder / "rtl" / "top.v").write_text("module top(input [51:0] inp, output [1:0] out);\nendmodule\n")
    for name, model in models.items():
        document = {
            "model": to_json(model),
            "quantiser": quantiser.to_json(),
            "feature_names": list(metrics.data.features),
            "class_labels": list(metrics.data.class_labels),
        }
        (folder / "models" / f"{name}.json").write_text(json.dumps(document), encoding="utf-8")
    for part, (inputs, classes) in parts.items():
        with (folder / "vectors" / f"{part}.csv").open("w", newline="", encoding="utf-8") as sink:
            writer = csv.writer(sink)
            writer.writerow([*metrics.data.features, "class"])
            writer.writerows(np.column_stack([inputs, classes]).tolist())


def _write_front(folder: Path, metrics: m.RunMetrics, seed: int) -> None:
    rng = np.random.default_rng(seed + 1)
    areas = np.geomspace(0.02, 4.0, DESIGNS)
    accuracies = 0.98 - 0.55 * np.exp(-np.sqrt(areas * 14)) - 0.004 * rng.random(DESIGNS)
    chosen = int(np.argmin(np.abs(areas - metrics.chosen.area_cm2)))
    with (folder / "front.csv").open("w", newline="", encoding="utf-8") as sink:
        writer = csv.writer(sink)
        writer.writerow(FRONT_COLUMNS)
        for index, (area, share) in enumerate(zip(areas, accuracies, strict=True)):
            measured = metrics.chosen.area_cm2 if index == chosen else area
            writer.writerow(
                [
                    index,
                    "search" if index % 3 else "circuit",
                    "network" if index % 3 else "logic",
                    round(share + 0.01, 4),
                    *_forecast_cells(share),
                    round(share - 0.01, 4),
                    round(measured * 1.1, 5),
                    round(measured, 5),
                    round(measured * 3.1, 5),
                    *_system_cells(metrics.chosen, measured * 3.1, measured),
                    int(index == chosen),
                    f"models/front/{index:03}.json",
                ]
            )
        for index, times in enumerate((2, 3, 5), start=DESIGNS):
            share = round(metrics.chosen.accuracy.test.value * (1 - 0.02 * (times - 2)), 4)
            shares = [share, *_forecast_cells(share), share]
            area, power = times * metrics.chosen.area_cm2, times * metrics.chosen.static_power_train_mw
            cells = _system_cells(metrics.chosen, power, area, times)
            row = [
                index,
                RIVAL_TREE,
                "logic",
                *shares,
                area,
                area,
                power,
                *cells,
                0,
                f"front/rival{index:02}/model.json",
            ]
            writer.writerow(row)
        exact = metrics.baseline
        shares = [exact.accuracy.train.value, *_forecast_cells(exact.forecast_accuracy), exact.accuracy.test.value]
        costs = [exact.area_cm2, exact.area_cm2, exact.static_power_train_mw]
        cells = _system_cells(exact, exact.static_power_train_mw, exact.area_cm2)
        writer.writerow([DESIGNS + 3, "exact baseline", "network", *shares, *costs, *cells, 0, "models/baseline.json"])


def _forecast_cells(share: float) -> list[float]:
    """Accuracy with its interval, and another score."""
    return [round(value, 4) for value in (share, share - 0.03, min(1.0, share + 0.02), share - 0.05)]


def _system_cells(design: m.DesignMetrics, power: float, area: float, times: int = 1) -> list[object]:
    """Columns of front end and system, for a classifier of that power and area behind the design's front end."""
    before = [times * design.estimated_front_end_area_cm2, times * design.estimated_front_end_power_mw]
    return [times * design.comparators, *before, area + before[0], power + before[1]]


def with_unknown_source(metrics: m.RunMetrics) -> m.RunMetrics:
    """The metrics of a design that no power source carries."""
    return replace(metrics, chosen=replace(metrics.chosen, power_source=None))


def with_confusion(record: RunRecord, confusion: tuple[tuple[int, ...], ...]) -> RunRecord:
    """The run with other answers of the chosen design."""
    metrics = record.metrics
    return replace(record, metrics=replace(metrics, chosen=replace(metrics.chosen, confusion=confusion)))
