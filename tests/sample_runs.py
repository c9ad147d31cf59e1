"""A run folder as the pipeline leaves it, made in a second without any tool: for tests of what reads run folders.

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
from bespoke.model import IntegerClassifier, LogicCircuit, Network, QRelu, nearest_power_of_two, to_json
from bespoke.pipeline import metrics as m
from bespoke.sensing import BinaryWires

#: A column name and a class label that must never reach a page unescaped.
HOSTILE_FEATURE = "<script>alert('x')</script>"
HOSTILE_LABEL = '"><img src=x onerror=alert(1)>'


FRONT_COLUMNS = (
    "index",
    "origin",
    "kind",
    "train_accuracy",
    "validation_accuracy",
    "trusted_accuracy",
    "test_accuracy",
    "estimated_area_cm2",
    "area_cm2",
    "static_power_mw",
    "chosen",
    "model_file",
)


def sample_network(seed: int = 0) -> tuple[Network, dict[str, tuple[np.ndarray, np.ndarray]], list[str]]:
    """A 13-3-3 network of masked powers of two, the quantised parts of its data, and the feature names."""
    table = load_wine()
    values, classes = table.data, table.target
    rest, test, rest_y, test_y = train_test_split(values, classes, test_size=0.3, random_state=42, stratify=classes)
    train, validation, train_y, validation_y = train_test_split(
        rest, rest_y, test_size=0.25, random_state=seed, stratify=rest_y
    )
    low, high = train.min(axis=0), train.max(axis=0)

    def quantised(part: np.ndarray) -> np.ndarray:
        return np.clip(np.floor((part - low) / (high - low) * 16), 0, 15).astype(np.int64)

    parts = {
        "train": (quantised(train), train_y),
        "validation": (quantised(validation), validation_y),
        "test": (quantised(test), test_y),
    }
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
    return network, parts, [str(name) for name in table.feature_names]


def sample_logic() -> LogicCircuit:
    """A circuit over the wine inputs: bit 3 of features 0, 6 and 12 behind three ANDs."""
    first = 1 + 13 * 4
    bits = [2 * (1 + feature * 4 + 3) for feature in (0, 6, 12)]
    fanins = np.array([[bits[0], bits[1] ^ 1], [bits[1] ^ 1, bits[2]], [bits[0] ^ 1, 2 * (first + 1)]])
    return LogicCircuit(BinaryWires(13, 4), 3, Circuit(52, fanins, np.array([2 * first, 2 * (first + 2)])))


def _design(
    name: str,
    classifier: IntegerClassifier,
    parts: dict[str, tuple[np.ndarray, np.ndarray]],
    features: list[str],
    *,
    area: float,
    power: float,
    cells: int,
) -> m.DesignMetrics:
    predicted = {part: classifier.predict(inputs) for part, (inputs, _) in parts.items()}
    confusion = np.zeros((3, 3), dtype=int)
    np.add.at(confusion, (parts["test"][1], predicted["test"]), 1)
    network = isinstance(classifier, Network)
    used = features if network else [features[0], features[6], features[12]]
    accuracies = m.PartAccuracies(**{part: m.Accuracy.of(predicted[part], parts[part][1]) for part in parts})
    total = power * 1.04
    sources = tuple(
        m.SourceVerdict(source, kind, delivered, delivered >= total, delivered / total, life)
        for source, kind, delivered, life in (
            ("Molex", "battery", 30.0, 90.0 / total),
            ("Zinergy", "battery", 15.0, None),
            ("Blue Spark", "battery", 3.0, 45.0 / total),
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
        front_end_area_cm2=0.02 * len(used),
        front_end_power_mw=0.2 * len(used),
        system_area_cm2=area + 0.02 * len(used),
        system_power_mw=total + 0.2 * len(used),
        verification=m.Verification(1178, 1178, 1178, True, accuracies.test.value, accuracies.test.value),
        model_file="models/approximate.json" if name == "chosen" else "models/baseline.json",
        rtl_file="rtl/top.v" if name == "chosen" else "baseline/top.v",
        netlist_file="netlist.v" if name == "chosen" else "baseline/netlist.v",
        confusion=tuple(tuple(int(count) for count in row) for row in confusion),
        shares=tuple(
            m.GateShare(f"layer {layer} neuron {neuron}", area / 8 * (neuron + 1), power / 8 * (neuron + 1))
            for layer in range(2)
            for neuron in range(3)
        )
        if network
        else (),
    )


def write_sample_run(
    folder: Path,
    *,
    seed: int = 0,
    logic: bool = False,
    hostile: bool = False,
    data_name: str = "wine",
    area: float = 0.62,
) -> Path:
    """Write a run folder; ``logic`` makes the chosen design a logic circuit, ``hostile`` gives dangerous names."""
    network, parts, features = sample_network(seed)
    labels: tuple = ("barolo", "grignolino", "barbera")
    if hostile:
        features[0], labels = HOSTILE_FEATURE, (HOSTILE_LABEL, "a & b", "c")
    chosen_model: IntegerClassifier = sample_logic() if logic else network
    baseline_model = Network.from_arrays(
        input_bits=4,
        weights=[weight * 5 + weight % 3 for weight in network.weights],
        biases=[bias * 5 for bias in network.biases],
        activations=[[QRelu(5, 4)] * 3],
    )
    chosen = _design("chosen", chosen_model, parts, features, area=area, power=area * 3.1, cells=214)
    baseline = _design("baseline", baseline_model, parts, features, area=21.4, power=68.0, cells=5310)
    float_accuracy = m.PartAccuracies(**{part: m.Accuracy.of_count(len(y), len(y)) for part, (_, y) in parts.items()})
    ratios = m.Ratios(
        baseline.area_cm2 / chosen.area_cm2,
        baseline.static_power_mw / chosen.static_power_mw,
        baseline.total_power_mw / chosen.total_power_mw,
        baseline.system_area_cm2 / chosen.system_area_cm2,
        baseline.system_power_mw / chosen.system_power_mw,
    )
    metrics = m.RunMetrics(
        bespoke_version="0.1.0",
        technology="egfet-1.0v",
        supply_v=1.0,
        seed=seed,
        command=f"bespoke run {data_name} --out runs/{data_name} --seed {seed}",
        data=m.DataSummary(
            data_name, "scikit-learn", tuple(features), labels, 4, *(len(parts[part][1]) for part in parts)
        ),
        float_accuracy=float_accuracy,
        quantised_accuracy=float_accuracy,
        selection=m.SelectionSummary("smallest within 0.01 of the exact baseline", 24, 9),
        search=m.SearchSummary(1_234_567, 31.5, 12.5, 24, 0.873),
        baseline=baseline,
        chosen=chosen,
        ratios=ratios,
    )
    _write_files(
        folder, metrics, {"approximate": chosen_model, "baseline": baseline_model, "quantised": network}, parts
    )
    _write_front(folder, metrics, seed)
    return folder


def _write_files(
    folder: Path,
    metrics: m.RunMetrics,
    models: dict[str, IntegerClassifier],
    parts: dict[str, tuple[np.ndarray, np.ndarray]],
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
            "quantiser": {"bits": 4},
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
    areas = np.geomspace(0.02, 4.0, 24)
    accuracies = 0.98 - 0.55 * np.exp(-np.sqrt(areas * 14)) - 0.004 * rng.random(24)
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
                    round(share, 4),
                    round(share, 4),
                    round(share - 0.01, 4),
                    round(measured * 1.1, 5),
                    round(measured, 5),
                    round(measured * 3.1, 5),
                    int(index == chosen),
                    f"models/front/{index:03}.json",
                ]
            )


def with_unknown_source(metrics: m.RunMetrics) -> m.RunMetrics:
    """The metrics of a design that no power source carries."""
    return replace(metrics, chosen=replace(metrics.chosen, power_source=None))
