"""Accuracy and time of every kind of training, at the literature's topologies.

    BESPOKE_DATA=folder/of/the/sets python benchmarks/training.py
    python benchmarks/training.py iris digits --hidden 8 --seeds 3

Prints a table with a row per set, seed and kind of network: accuracy on train, validation and test, seconds, width of
the hidden activations. Published is what the literature gives for the exact 8-bit bespoke MLP.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable

import numpy as np

from bespoke.data import Part, PreparedData, load_dataset, prepare
from bespoke.errors import BespokeError
from bespoke.model import Network
from bespoke.train import QuantisationOptions, fixed_point_network, train_float, train_quantised

#: Hidden neurons, and the accuracy of the exact bespoke baseline (Mubarik et al., MICRO 2020, and later papers).
LITERATURE = {
    "breast_cancer_wisconsin": (3, None),
    "cardiotocography": (3, 0.88),
    "redwine": (2, 0.56),
    "whitewine": (4, 0.54),
    "pendigits": (5, 0.94),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=list(LITERATURE), help="data sets (default: the literature's)")
    parser.add_argument("--hidden", type=int, nargs="+", help="neurons of every hidden layer")
    parser.add_argument("--bits", type=int, default=4, help="bits of an input")
    parser.add_argument("--seeds", type=int, default=1, help="seeds 0, 1, ... to run")
    arguments = parser.parse_args()
    print(
        f"{'set':<24} {'seed':>4} {'network':<22} {'train':>6} {'valid.':>6} {'test':>6} {'publ.':>6} {'s':>6}  width"
    )
    try:
        for name in arguments.names:
            hidden, published = LITERATURE.get(name, (3, None))
            data = prepare(load_dataset(name), bits=arguments.bits, validation_fraction=0.25)
            for seed in range(arguments.seeds):
                _measure(data, tuple(arguments.hidden or (hidden,)), seed, published)
    except BespokeError as error:
        print(f"training: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def _measure(data: PreparedData, hidden: tuple[int, ...], seed: int, published: float | None) -> None:
    begun = time.perf_counter()
    model = train_float(data, hidden=hidden, seed=seed)
    _row(data, seed, "float", lambda features: model.predict(features, data.bits), begun)
    begun = time.perf_counter()
    baseline = fixed_point_network(model, bits=data.bits)
    _row(data, seed, "exact 8-bit fixed", baseline.predict, begun, _widths(baseline), published)
    for terms in (1, 2):
        begun = time.perf_counter()
        network = train_quantised(model, data, seed=seed, options=QuantisationOptions(max_terms=terms))
        _row(data, seed, f"power of two, {terms} term{'s'[: terms - 1]}", network.predict, begun, _widths(network))


def _row(
    data: PreparedData,
    seed: int,
    what: str,
    predict: Callable[[np.ndarray], np.ndarray],
    begun: float,
    widths: str = "",
    published: float | None = None,
) -> None:
    seconds = time.perf_counter() - begun

    def accuracy(part: Part) -> str:
        return f"{(predict(part.features) == part.classes).mean():6.3f}"

    accuracies = " ".join(accuracy(part) for part in (data.train, data.validation, data.test))
    reference = f"{published:6.2f}" if published is not None else " " * 6
    print(f"{data.name:<24} {seed:>4} {what:<22} {accuracies} {reference} {seconds:6.1f}  {widths}", flush=True)


def _widths(network: Network) -> str:
    widths = sorted({neuron.activation.width for layer in network.layers[:-1] for neuron in layer.neurons})
    return "-".join(map(str, widths[:: max(1, len(widths) - 1)]))


if __name__ == "__main__":
    sys.exit(main())
