"""Area of the same networks written with full adders and with word-level sums (``a + b``).

    python benchmarks/verilog_forms.py                  # networks of random weights, dense and sparse
    python benchmarks/verilog_forms.py model.json …     # model files of networks

Every network is written with full adders, with every sum as one expression, and with those sums as one expression that
add up to three (what `emit_verilog` does), or two, vectors, a constant among them. Each text is mapped by the back end
from its own structure alone, with proof, and by the plain flow. Prints area per network and, as the ratio to the first
form, geometric means.
"""

from __future__ import annotations

import argparse
import math
import tempfile
from pathlib import Path

import numpy as np

from bespoke.backend.synthesis import synthesise
from bespoke.model import Network, QRelu
from bespoke.netlist import predict
from bespoke.rtl import emit_verilog
from bespoke.rtl.verilog import default_wires
from bespoke.run.modelfile import ModelFile
from bespoke.technology import load_technology

#: Features, hidden neurons, classes, and the share of the weights that is not 0.
NETWORKS = (
    (4, 3, 3, 1.0),
    (6, 3, 2, 0.8),
    (5, 3, 3, 0.5),
    (6, 2, 4, 0.5),
    (4, 4, 3, 0.4),
    (8, 3, 3, 0.3),
    (8, 4, 4, 0.3),
    (10, 4, 3, 0.25),
    (12, 5, 4, 0.2),
    (7, 3, 5, 0.35),
)

#: What a sum may add to be written as one expression, by the form's name.
FORMS = {"full adders": 0, "words": 1_000_000, "words of 3": 3, "words of 2": 2}


def random_network(shape: tuple[int, int, int, float], seed: int) -> Network:
    """Signed powers of two up to 32 and zeros, drawn until no class has more than three quarters of the answers."""
    features, hidden, classes, density = shape
    rng = np.random.default_rng(seed)
    vectors = rng.integers(0, 16, (2000, features))

    def weights(rows: int, columns: int) -> np.ndarray:
        size = (rows, columns)
        return rng.choice([-1, 1], size) * (1 << rng.integers(0, 6, size)) * (rng.random(size) < density)

    while True:
        network = Network.from_arrays(
            input_bits=4,
            weights=[weights(hidden, features), weights(classes, hidden)],
            biases=[rng.integers(-40, 60, hidden), rng.integers(-8, 9, classes)],
            activations=[[QRelu(3, 4)] * hidden],
        )
        if np.bincount(network.predict(vectors)).max() <= 0.75 * len(vectors):
            return network


def areas(network: Network, text: str, folder: Path, *, effort: str, seed: int) -> tuple[float, float]:
    """cm² of the back end's netlist, proven equal to the text, and of the plain flow's.

    Raises
    ------
    SystemExit
        if the netlist answers otherwise than the network, for then the text is not the network's, or has no cells.
    """
    folder.mkdir(parents=True)
    source = folder / "top.v"
    source.write_text(text)
    result = synthesise(
        [source],
        top="top",
        technology=load_technology(),
        folder=folder / "logs",
        data_bits=None,
        effort=effort,
        seed=seed,
    )
    if not result.final.area_cm2:
        raise SystemExit(f"{source} takes no cell, so there is nothing to compare")
    vectors = np.random.default_rng(seed).integers(0, 1 << network.input_bits, (2000, network.features))
    if (predict(result.netlist, vectors, default_wires(network)) != network.predict(vectors)).any():
        raise SystemExit(f"{source} is not the network's")
    return result.final.area_cm2, result.plain.area_cm2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", type=Path, help="model files of networks")
    parser.add_argument("--effort", default="fast", choices=["fast", "normal", "high"])
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    networks = [(path.stem, ModelFile.load(path).classifier) for path in arguments.models] or [
        ("-".join(map(str, shape[:3])) + f", {shape[3]:.0%}", random_network(shape, arguments.seed + number))
        for number, shape in enumerate(NETWORKS)
    ]
    print(f"{'network':<16} {'form':<12} {'ours cm²':>10} {'ratio':>6} {'plain cm²':>10} {'ratio':>6}")
    logarithms: dict[str, list[tuple[float, float]]] = {}
    with tempfile.TemporaryDirectory(prefix="bespoke-forms-") as scratch:
        for number, (name, network) in enumerate(networks):
            known: dict[str, tuple[float, float]] = {}  # forms that are the same text are mapped once
            for title, longest in FORMS.items():
                text = emit_verilog(network, longest_word_sum=longest)
                if text not in known:
                    folder = Path(scratch) / f"{number}_{longest}"
                    known[text] = areas(network, text, folder, effort=arguments.effort, seed=arguments.seed)
                (ours, plain), first = known[text], next(iter(known.values()))
                ratios = ours / first[0], plain / first[1]
                logarithms.setdefault(title, []).append(tuple(map(math.log, ratios)))
                print(
                    f"{name:<16} {title:<12} {ours:>10.4f} {ratios[0]:>6.3f} {plain:>10.4f} {ratios[1]:>6.3f}",
                    flush=True,
                )
    for title, found in logarithms.items():
        ours, plain = (math.exp(float(np.mean(column))) for column in zip(*found, strict=True))
        print(f"geometric mean of {len(found)}, {title}: ours {ours:.3f}, plain flow {plain:.3f}")


if __name__ == "__main__":
    main()
