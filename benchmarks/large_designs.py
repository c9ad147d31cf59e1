"""Classifiers of a thousand gates and more as Verilog with their training vectors, for ``backend.py --large``.

Two kinds that look different to an optimiser: a forest of decision trees (multiplexers and a vote), and a network of
look-up tables that hold what is more frequent among the samples they saw. The adder trees of exact networks are the
third; ``backend.py`` without files makes them.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sklearn.tree import DecisionTreeClassifier

from bespoke.data import Part, load_dataset, prepare
from bespoke.sensing import feature_bits
from bespoke.train.trees import noisy_samples

#: Data set, trees, leaves of each.
FORESTS = (("redwine", 7, 64), ("whitewine", 9, 100), ("cardiotocography", 15, 100))
#: Data set, tables in each layer; the last layer's are shared out among the classes.
TABLE_NETWORKS = (("redwine", (96, 48, 48)), ("whitewine", (210, 140, 70)))
_BITS, _TABLE_INPUTS = 4, 6


def large_designs(folder: Path, *, data_dir: str | None) -> list[tuple[str, Path, Path]]:
    """Name, Verilog and vectors of the forests and table networks, trained with seed 1 and written into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for kind, rows in (("forest", FORESTS), ("tables", TABLE_NETWORKS)):
        for name, *size in rows:
            data = prepare(load_dataset(name, data_dir=data_dir), bits=_BITS)
            make = forest_verilog if kind == "forest" else tables_verilog
            path, vectors = folder / f"{kind}_{name}.v", folder / f"{name}.csv"
            path.write_text(make(data.train, data.classes, *size))
            words = (int("".join("01"[int(bit)] for bit in row[::-1]), 2) for row in _bits_of(data.train))
            vectors.write_text("\n".join(["inp", *map(str, words)]) + "\n")
            found.append((path.stem, path, vectors))
    return found


def forest_verilog(part: Part, classes: int, trees: int, leaves: int) -> str:
    """A forest on bootstrap samples, each tree's vote of equal weight, the first of equal classes wins."""
    rng = np.random.default_rng(1)
    features, labels = noisy_samples(part, _BITS, copies=1, seed=1)
    lines = []
    for index in range(trees):
        rows = rng.integers(0, len(features), len(features))
        tree = DecisionTreeClassifier(max_leaf_nodes=leaves, max_features=0.7, random_state=index)
        tree.fit(features[rows], labels[rows])
        width = _width(classes)
        lines.append(f"  wire [{width - 1}:0] t{index} = {_expression(tree, 0, width)};")
    votes = [[f"(t{index} == {kind})" for index in range(trees)] for kind in range(classes)]
    return _module(part.features.shape[1], classes, lines, votes)


def _expression(tree: DecisionTreeClassifier, node: int, width: int) -> str:
    grown = tree.tree_
    left, right = grown.children_left[node], grown.children_right[node]
    if left < 0:
        return f"{width}'d{int(tree.classes_[int(np.argmax(grown.value[node]))])}"
    feature = int(grown.feature[node])
    field = f"inp[{feature * _BITS} +: {_BITS}]"
    low, high = (_expression(tree, child, width) for child in (left, right))
    return f"({field} <= {int(np.floor(grown.threshold[node]))} ? {low} : {high})"


def tables_verilog(part: Part, classes: int, layers: tuple[int, ...]) -> str:
    """Layers of tables, each reading bits of the layer before at random and learning one class against the others."""
    rng = np.random.default_rng(1)
    # comparisons with every level, as a front end of comparators would deliver them
    thresholds = [(f, level) for f in range(part.features.shape[1]) for level in range(1, 1 << _BITS)]
    values = np.stack([part.features[:, f] >= level for f, level in thresholds], axis=1)
    names = [f"(inp[{f * _BITS} +: {_BITS}] >= {level})" for f, level in thresholds]
    lines = []
    for layer, tables in enumerate(layers):
        made = []
        for index in range(tables):
            wanted = part.classes == index % classes
            read = rng.choice(values.shape[1], _TABLE_INPUTS, replace=False)
            address = values[:, read] @ (1 << np.arange(_TABLE_INPUTS))
            share = wanted.mean()
            hits = np.bincount(address[wanted], minlength=1 << _TABLE_INPUTS) / max(share, 1e-9)
            misses = np.bincount(address[~wanted], minlength=1 << _TABLE_INPUTS) / max(1 - share, 1e-9)
            table = hits > misses
            word = "".join("01"[int(bit)] for bit in table[::-1])
            operands = ", ".join(names[source] for source in read[::-1])
            lines.append(f"  wire [{len(table) - 1}:0] c{layer}_{index} = {len(table)}'b{word};")
            lines.append(f"  wire [{_TABLE_INPUTS - 1}:0] a{layer}_{index} = {{{operands}}};")
            lines.append(f"  wire n{layer}_{index} = c{layer}_{index}[a{layer}_{index}];")
            made.append(table[address])
        values, names = np.stack(made, axis=1), [f"n{layer}_{index}" for index in range(tables)]
    votes = [names[kind::classes] for kind in range(classes)]
    return _module(part.features.shape[1], classes, lines, votes)


def _module(features: int, classes: int, lines: list[str], votes: list[list[str]]) -> str:
    """The sums of each class's votes behind ``lines``, and the class that has most; the first of equal ones."""
    width, count = _width(classes), max(map(len, votes)).bit_length()
    text = [f"module top(input [{features * _BITS - 1}:0] inp, output [{width - 1}:0] out);", *lines]
    best, winner = "s0", f"{width}'d0"
    for kind, terms in enumerate(votes):
        text.append(f"  wire [{count - 1}:0] s{kind} = {' + '.join(terms)};")
        if kind == 0:
            continue
        text.append(f"  wire g{kind} = s{kind} > {best};")
        text.append(f"  wire [{count - 1}:0] b{kind} = g{kind} ? s{kind} : {best};")
        text.append(f"  wire [{width - 1}:0] w{kind} = g{kind} ? {width}'d{kind} : {winner};")
        best, winner = f"b{kind}", f"w{kind}"
    return "\n".join([*text, f"  assign out = {winner};", "endmodule", ""])


def _width(classes: int) -> int:
    return max(1, (classes - 1).bit_length())


def _bits_of(part: Part) -> np.ndarray:
    return feature_bits(part.features, _BITS)
