"""How well the search's cost ranks designs by their truly mapped area.

Two sets of designs of one topology: random ones, which no cost has selected, and evolved ones from all over the
archive of a search. Each is emitted as Verilog and mapped by the project's flow from that Verilog alone; Spearman's
rank correlation of the mapped area is printed for the estimate, the AND count, the published full-adder count, mask
bits and summands.

    python benchmarks/search_cost.py [--dataset cardiotocography] [--hidden 3] [--designs 40]
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr

from bespoke.backend.synthesis import synthesise
from bespoke.data import load_dataset, prepare
from bespoke.model import ArgmaxTree, Network, QRelu
from bespoke.rtl import emit_verilog
from bespoke.search import SearchData, SearchOptions, circuit_of, estimate_area, estimate_static_power, explore
from bespoke.search.batch import full_adders
from bespoke.search.genome import Layout
from bespoke.sensing import feature_bits
from bespoke.technology import load_technology

TECHNOLOGY = load_technology()


def random_designs(data, hidden: int, count: int, rng: np.random.Generator) -> list[Network]:
    """Networks of powers of two with random density, masks and units; none is looked at before it is kept."""
    designs = []
    for _ in range(count):
        density = rng.uniform(0.03, 0.9)
        sizes = (data.features, hidden, data.classes)
        widths = [int(width) for width in rng.integers(1, 7, hidden)]
        weights, masks, biases = [], [], []
        for layer in range(2):
            shape = (sizes[layer + 1], sizes[layer])
            dense = density if layer == 0 else max(density, 0.5)
            weight = rng.choice([-1, 1], shape) * (1 << rng.integers(0, 6, shape)) * (rng.random(shape) < dense)
            bits = [data.bits] * data.features if layer == 0 else widths
            mask = np.stack([rng.integers(0, 1 << b, shape[0]) for b in bits], axis=1)
            sums = (np.array([(1 << b) - 1 for b in bits]) / 2 * weight).sum(axis=1)
            weights.append(weight)
            masks.append(mask)
            biases.append(np.round(-sums / 2 + rng.normal(0, 8, shape[0])).astype(int))
        units = [QRelu(int(rng.integers(0, 5)), width) for width in widths]
        network = Network.from_arrays(
            input_bits=data.bits, weights=weights, biases=biases, masks=masks, activations=[units]
        )
        order = rng.permutation(data.classes)
        designs.append(network.with_argmax(ArgmaxTree.full(data.classes, network.argmax.width, order)))
    return designs


def evolved_designs(data, hidden: int, count: int, candidates: int) -> list[Network]:
    """Designs spread over a search's whole result, near-ties included."""
    search_data = SearchData(data.train.features, data.train.classes, data.bits, data.classes)
    options = SearchOptions(candidates=candidates, islands=1, hidden=(hidden,))
    front = explore(search_data, [], options, technology=TECHNOLOGY).candidates
    picks = np.unique(np.linspace(0, len(front) - 1, count).round().astype(int))
    return [front[pick].classifier for pick in picks]


def figures(network: Network, data) -> dict[str, float]:
    """Candidate costs and, from the flow, mapped area and static power."""
    layout = Layout.of(network)
    bits = feature_bits(data.train.features, data.bits)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "top.v"
        source.write_text(emit_verilog(network, title="benchmark"), encoding="utf-8")
        result = synthesise(
            [source], top="top", technology=TECHNOLOGY, folder=Path(folder), data_bits=bits, effort="fast"
        )
    live = [(weights != 0) & (masks != 0) for weights, masks in zip(network.weights, network.masks, strict=True)]
    return {
        "mapped area": result.final.area_cm2,
        "mapped static power": result.final.static_power_mw,
        "estimated area": estimate_area(network, TECHNOLOGY),
        "estimated static power": estimate_static_power(network, TECHNOLOGY, data.train.features),
        "AND count": len(circuit_of(network).fanins),
        "full adders": full_adders(layout.encode(network), layout.array),
        "mask bits": float(
            sum(int(mask).bit_count() for masks, kept in zip(network.masks, live, strict=True) for mask in masks[kept])
        ),
        "summands": float(sum(int(kept.sum()) for kept in live)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--dataset", default="cardiotocography")
    parser.add_argument("--hidden", type=int, default=3)
    parser.add_argument("--designs", type=int, default=40)
    parser.add_argument("--candidates", type=int, default=400_000)
    arguments = parser.parse_args()
    data = prepare(load_dataset(arguments.dataset))
    sets = {
        "random": random_designs(data, arguments.hidden, arguments.designs, np.random.default_rng(0)),
        "evolved": evolved_designs(data, arguments.hidden, arguments.designs, arguments.candidates),
    }
    measures = ("estimated area", "AND count", "full adders", "mask bits", "summands")
    print(f"{data.name}, {arguments.hidden} hidden neurons; Spearman's rank correlation with mapped area")
    print(f"{'designs':10} {'n':>3} {'area cm²':>15} " + " ".join(f"{name:>15}" for name in measures))
    for name, designs in sets.items():
        rows = [figures(design, data) for design in designs]
        mapped = np.array([row["mapped area"] for row in rows])
        ranks = [spearmanr([row[measure] for row in rows], mapped).statistic for measure in measures]
        span = f"{mapped.min():.3f}..{mapped.max():.2f}"
        print(f"{name:10} {len(rows):3d} {span:>15} " + " ".join(f"{rank:15.3f}" for rank in ranks))
        some = mapped > 0
        ratio = mapped[some] / np.array([row["estimated area"] for row in rows])[some]
        print(f"{'':10} mapped / estimated area: median {np.median(ratio):.2f}, "
              f"10 % to 90 %: {np.quantile(ratio, 0.1):.2f} to {np.quantile(ratio, 0.9):.2f}")  # fmt: skip
        power = np.array([row["mapped static power"] for row in rows])
        rank = spearmanr([row["estimated static power"] for row in rows], power).statistic
        ratio = power[some] / np.array([row["estimated static power"] for row in rows])[some]
        print(f"{'':10} static power: rank correlation {rank:.3f}, mapped / estimated median {np.median(ratio):.2f}")


if __name__ == "__main__":
    main()
