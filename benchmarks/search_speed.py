"""Candidates a second of processor time: this search against the published evaluation, side by side on one core.

The published evaluation is written here in plain Python from its description: a chromosome of bit masks over a
network of power-of-two weights, every training sample through masked summands, QReLU and argmax, and full adders
counted column by column. It is checked against the model before it is timed.

    python benchmarks/search_speed.py [--dataset cardiotocography] [--hidden 3] [--candidates 1000000]
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from bespoke.data import load_dataset, prepare
from bespoke.model import Network, QRelu
from bespoke.search import SearchData, SearchOptions, explore
from bespoke.technology import load_technology


def published_accuracy(samples, classes, weights, masks, biases, shift, width):
    """Share of samples that the masked network answers right."""
    ceiling = (1 << width) - 1
    right = 0
    for sample, answer in zip(samples, classes, strict=True):
        values = sample
        for layer in range(2):
            sums = []
            for neuron in range(len(weights[layer])):
                total = biases[layer][neuron]
                for j, value in enumerate(values):
                    sign, exponent = weights[layer][neuron][j]
                    if sign:
                        total += sign * ((value & masks[layer][neuron][j]) << exponent)
                sums.append(total)
            values = [min(max(0, total) >> shift, ceiling) for total in sums] if layer == 0 else sums
        best = 0
        for node in range(1, len(values)):
            if values[node] > values[best]:
                best = node
        right += best == answer
    return right / len(classes)


def published_cost(weights, masks):
    """Full adders that reduce every neuron's columns to one bit each."""
    adders = 0
    for layer in range(2):
        for neuron in range(len(weights[layer])):
            columns: dict[int, int] = {}
            for (sign, exponent), mask in zip(weights[layer][neuron], masks[layer][neuron], strict=True):
                bit = 0
                while sign and mask >> bit:
                    if mask >> bit & 1:
                        columns[bit + exponent] = columns.get(bit + exponent, 0) + 1
                    bit += 1
            column = 0
            while column <= max(columns, default=-1):
                carries = columns.get(column, 0) // 2
                adders += carries
                if carries:
                    columns[column + 1] = columns.get(column + 1, 0) + carries
                column += 1
    return adders


def published_rate(data, hidden: int, seconds: float) -> float:
    """Chromosomes a second, of a random power-of-two network with random masks."""
    rng = np.random.default_rng(0)
    sizes = (data.features, hidden, data.classes)
    shift, width = 2, 8
    samples, classes = data.train.features.tolist(), data.train.classes.tolist()
    evaluated, started = 0, None
    while started is None or time.process_time() - started < seconds:
        weights, masks, biases = [], [], []
        for layer in range(2):
            shape = (sizes[layer + 1], sizes[layer])
            sign, exponent = rng.integers(-1, 2, shape), rng.integers(0, 7, shape)
            weights.append([list(zip(*row, strict=True)) for row in zip(sign.tolist(), exponent.tolist(), strict=True)])
            masks.append(rng.integers(0, 1 << (data.bits if layer == 0 else width), shape).tolist())
            biases.append(rng.integers(-64, 64, shape[0]).tolist())
        accuracy = published_accuracy(samples, classes, weights, masks, biases, shift, width)
        published_cost(weights, masks)
        if started is None:  # the first one is the check
            network = Network.from_arrays(
                input_bits=data.bits,
                weights=[
                    np.array([[s << e if s > 0 else -(abs(s) << e) for s, e in row] for row in w]) for w in weights
                ],
                biases=[np.array(b) for b in biases],
                masks=[np.array(m) for m in masks],
                activations=[[QRelu(shift, width)] * hidden],
            )
            truth = (network.predict(data.train.features) == data.train.classes).mean()
            if abs(truth - accuracy) > 1e-12:
                raise SystemExit(f"the plain evaluation is wrong: {accuracy} instead of {truth}")
            started = time.process_time()
            continue
        evaluated += 1
    return evaluated / (time.process_time() - started)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--dataset", default="cardiotocography")
    parser.add_argument("--hidden", type=int, default=3)
    parser.add_argument("--candidates", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    data = prepare(load_dataset(arguments.dataset))
    search_data = SearchData(data.train.features, data.train.classes, data.bits, data.classes)
    technology = load_technology()
    options = SearchOptions(candidates=arguments.candidates // arguments.rounds, islands=1, hidden=(arguments.hidden,))
    print(f"{data.name}: {data.train.samples} samples, {data.features} features, {arguments.hidden} hidden neurons")
    ours, published = [], []
    for number in range(arguments.rounds):  # interleaved, so that a busy machine slows both alike
        published.append(published_rate(data, arguments.hidden, 2.0))
        front = explore(search_data, [], options, technology=technology)
        ours.append(front.statistics.candidates_per_second)
        share = front.statistics.priced / front.statistics.evaluated
        print(
            f"round {number + 1}: this search {ours[-1]:,.0f}/s ({share:.0%} priced by their circuit), "
            f"published evaluation in plain Python {published[-1]:.1f}/s, ratio {ours[-1] / published[-1]:,.0f}"
        )
    print(f"median: {np.median(ours):,.0f}/s, ratio {np.median(np.array(ours) / np.array(published)):,.0f}")


if __name__ == "__main__":
    main()
