"""What several tests share: where optional data lies, random networks."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from bespoke.model import ArgmaxTree, Comparator, Network, QRelu

ROOT = Path(__file__).resolve().parent.parent


def shared_dataset_dir() -> Path:
    """Folder with the literature's five CSV files; skips the test where there is none."""
    return _optional(os.environ.get("BESPOKE_DATA"), ROOT.parent / "shared" / "datasets", "redwine.csv", "BESPOKE_DATA")


def shared_pdk_dir() -> Path:
    """Folder with the EGFET Liberty files; skips the test where there is none."""
    name = "PPDK_Standard_Library_1.0V_25C_TYP_X1.lib"
    return _optional(os.environ.get("BESPOKE_PDK"), ROOT.parent / "shared" / "pdk", name, "BESPOKE_PDK")


def case_dir(name: str) -> Path:
    """Folder with inputs that failed once; skips the test where there is none."""
    cases = os.environ.get("BESPOKE_CASES")
    return _optional(cases and f"{cases}/{name}", ROOT.parent / "shared" / "cases" / name, "README", "BESPOKE_CASES")


def _optional(named: str | None, default: Path, probe: str, variable: str) -> Path:
    folder = Path(named) if named else default
    if not (folder / probe).is_file():
        pytest.skip(f"{probe} not found; name its folder in {variable}")
    return folder


def random_network(
    rng: np.random.Generator,
    *,
    features: int,
    hidden: tuple[int, ...],
    classes: int,
    input_bits: int = 4,
    max_weight: int = 8,
) -> Network:
    """A network that uses every kind of unit: multi-term weights, bit masks, QReLUs of all sizes, a partial argmax."""
    sizes = (features, *hidden, classes)
    weights, biases, masks, activations = [], [], [], []
    widths = [input_bits] * features
    for index in range(len(sizes) - 1):
        shape = (sizes[index + 1], sizes[index])
        weights.append(rng.integers(-max_weight, max_weight + 1, shape) * (rng.random(shape) < 0.8))
        biases.append(rng.integers(-4 * max_weight, 4 * max_weight + 1, shape[0]))
        masks.append(np.stack([rng.integers(0, 1 << width, shape[0]) for width in widths], axis=1))
        if index < len(hidden):
            activations.append([QRelu(int(rng.integers(0, 4)), int(rng.integers(1, 6))) for _ in range(shape[0])])
            widths = [unit.width for unit in activations[-1]]
    network = Network.from_arrays(
        input_bits=input_bits, weights=weights, biases=biases, masks=masks, activations=activations
    )
    return network.with_argmax(random_argmax(rng, classes, network.argmax.width))


def random_argmax(rng: np.random.Generator, classes: int, width: int) -> ArgmaxTree:
    """An argmax tree over a random subset of classes, in random order, on random bits."""
    kept = rng.permutation(classes)[: int(rng.integers(1, classes + 1))]
    nodes = [int(node) for node in kept]
    comparators = []
    while len(nodes) > 1:
        first, second = (nodes.pop(int(rng.integers(len(nodes)))) for _ in range(2))
        comparators.append(Comparator(first, second, int(rng.integers(0, 1 << min(width, 62)))))
        nodes.append(classes + len(comparators) - 1)
    return ArgmaxTree(classes, width, tuple(comparators), nodes[0])
