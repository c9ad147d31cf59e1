"""Where everything of a network's drawing stands; the template turns it into SVG.

All positions are in the drawing's own units, about one CSS pixel each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sklearn.isotonic import isotonic_regression

from bespoke.model import ArgmaxTree, Network, Summand, read_values, used_bits

_ROW = 30
_TOP = 34
_INPUT_X = 210
_NEURON_WIDTH = 104
_COLUMN = 250
_COMPARATOR_STEP = 78
#: Least distance of two comparators in a column: the box and how many bits it reads, under it.
_COMPARATOR_ROW = 42


@dataclass(frozen=True)
class InputNode:
    """A used input feature: its label, which bits are read (highest first), and its place."""

    key: str
    name: str
    bits: tuple[bool, ...]
    x: float
    y: float


@dataclass(frozen=True)
class NeuronNode:
    """A neuron: ``bias`` and ``activation`` as text; ``label`` is the class where it is an output."""

    key: str
    name: str
    label: str
    bias: str
    activation: str
    x: float
    y: float


@dataclass(frozen=True)
class Edge:
    """A summand that is not zero, from right edge to left edge of its nodes."""

    source: str
    target: str
    path: str
    positive: bool
    width: float
    title: str


@dataclass(frozen=True)
class ComparatorNode:
    """A comparator of the argmax tree; ``paths`` lead from its operands."""

    x: float
    y: float
    bits: int
    title: str
    paths: tuple[str, ...]


@dataclass(frozen=True)
class NetworkDrawing:
    """Everything that the drawing of a network shows."""

    width: float
    height: float
    inputs: tuple[InputNode, ...]
    neurons: tuple[NeuronNode, ...]
    edges: tuple[Edge, ...]
    comparators: tuple[ComparatorNode, ...]
    output_path: str
    headings: tuple[tuple[float, str], ...]
    neuron_width: float = _NEURON_WIDTH


@dataclass(frozen=True)
class WeightCell:
    """One summand as the weight map shows it."""

    weight: str
    positive: bool
    zero: bool
    bits: tuple[bool, ...]
    title: str


@dataclass(frozen=True)
class WeightMap:
    """A layer as a table: a row per input that any neuron reads, a column per neuron."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[WeightCell, ...]], ...]
    biases: tuple[str, ...]
    activations: tuple[str, ...]


def _live_neurons(network: Network) -> list[list[bool]]:
    """Per layer which neurons the argmax tree's result depends on; in the output layer those that the tree compares."""
    read = [*read_values(network)[1:-1], set(network.argmax.leaves())]
    return [
        [position in level for position in range(len(layer.neurons))]
        for layer, level in zip(network.layers, read, strict=True)
    ]


def weight_text(summand: Summand) -> str:
    """``+2³−2⁰``: the multiply unit's terms, highest first."""
    superscripts = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
    terms = sorted(summand.terms, key=lambda term: -term.shift)
    return "".join(f"{'+' if term.sign > 0 else '−'}2{str(term.shift).translate(superscripts)}" for term in terms)


def bit_flags(mask: int, width: int) -> tuple[bool, ...]:
    """The mask's bits, highest first."""
    return tuple(bool(mask >> bit & 1) for bit in range(width - 1, -1, -1))


def draw_network(network: Network, feature_names: Sequence[str], class_labels: Sequence[object]) -> NetworkDrawing:
    """Lay out a network: used inputs, neurons by layer, the argmax tree."""
    used = used_bits(network)
    live = _live_neurons(network)
    reading = [feature for feature in range(network.features) if used[feature].any()]
    tallest = max([len(reading), *(2 * len(layer.neurons) for layer in network.layers)])
    height = _TOP + _ROW * max(tallest, 3) + 16

    def spread(count: int) -> list[float]:
        gap = (height - _TOP) / count
        return [_TOP + gap * (index + 0.5) for index in range(count)]

    inputs, places = [], {}
    for feature, y in zip(reading, spread(max(1, len(reading))), strict=False):
        flags = tuple(bool(bit) for bit in used[feature][::-1])
        inputs.append(InputNode(f"i{feature}", str(feature_names[feature]), flags, _INPUT_X, y))
        places[f"i{feature}"] = (_INPUT_X + 8, y)

    neurons, edges, headings = [], [], [(_INPUT_X - 60.0, "Inputs")]
    for index, layer in enumerate(network.layers):
        last = index == len(network.layers) - 1
        x = _INPUT_X + _COLUMN * (index + 1) - 60
        headings.append((x + _NEURON_WIDTH / 2, "Output sums" if last else _hidden_title(network, index)))
        for position, (neuron, y) in enumerate(zip(layer.neurons, spread(len(layer.neurons)), strict=True)):
            if not live[index][position]:
                continue
            key = f"n{index}-{position}"
            unit = neuron.activation
            neurons.append(
                NeuronNode(
                    key,
                    str(position) if last else neuron_name(network, index, position),
                    str(class_labels[position]) if last else "",
                    _signed(neuron.bias),
                    "" if unit is None else f"≫{unit.shift}, {unit.width} bit",
                    x,
                    y,
                )
            )
            places[key] = (x + _NEURON_WIDTH, y)
            prefix = "i" if index == 0 else f"n{index - 1}-"
            for source, summand in enumerate(neuron.summands):
                if summand.is_zero or f"{prefix}{source}" not in places:
                    continue
                origin = str(feature_names[source]) if index == 0 else neuron_name(network, index - 1, source)
                widths = network.layer_input_widths(index)
                edges.append(
                    Edge(
                        f"{prefix}{source}",
                        key,
                        _curve(places[f"{prefix}{source}"], (x, y)),
                        summand.weight > 0,
                        1 + 0.6 * min(5, max(term.shift for term in summand.terms)),
                        f"{origin}: weight {weight_text(summand)}, bits {summand.mask:0{widths[source]}b}",
                    )
                )
    comparators, output_path, right = _draw_argmax(network, places, class_labels, height)
    if comparators:
        headings.append(((comparators[0].x + right - 46) / 2, "Argmax"))
    return NetworkDrawing(
        right, height, tuple(inputs), tuple(neurons), tuple(edges), comparators, output_path, tuple(headings)
    )


def _draw_argmax(
    network: Network, places: dict[str, tuple[float, float]], class_labels: Sequence[object], height: float
) -> tuple[tuple[ComparatorNode, ...], str, float]:
    tree: ArgmaxTree = network.argmax
    last = len(network.layers) - 1
    nodes: dict[int, tuple[float, float]] = {position: places[f"n{last}-{position}"] for position in tree.leaves()}
    start = _INPUT_X + _COLUMN * (last + 1) - 60 + _NEURON_WIDTH + 48
    drawn = {}
    for level, comparators in enumerate(_by_level(tree)):
        x = start + level * _COMPARATOR_STEP
        wishes = [
            (nodes[tree.comparators[index].first][1] + nodes[tree.comparators[index].second][1]) / 2
            for index in comparators
        ]
        for index, y in zip(comparators, _apart(wishes, height), strict=True):
            comparator = tree.comparators[index]
            sides = comparator.first, comparator.second
            names = [" or ".join(str(class_labels[leaf]) for leaf in tree.leaves(side)) for side in sides]
            drawn[index] = ComparatorNode(
                x,
                y,
                comparator.mask.bit_count(),
                f"{names[0]} against {names[1]} on bits {comparator.mask:0{tree.width}b}",
                tuple(_curve(nodes[side], (x - 15, y)) for side in sides),
            )
            nodes[tree.classes + index] = (x + 15, y)
    x, y = nodes[tree.root]
    return tuple(drawn[index] for index in sorted(drawn)), f"M{x:.0f},{y:.0f}h34", x + 78


def _by_level(tree: ArgmaxTree) -> list[list[int]]:
    """Comparators by the number of others before them on the longest way."""
    level = dict.fromkeys(range(tree.classes), 0)
    levels: list[list[int]] = []
    for index, comparator in enumerate(tree.comparators):
        own = level[tree.classes + index] = 1 + max(level[comparator.first], level[comparator.second])
        levels += [[]] * (own - len(levels))
        levels[own - 1] = [*levels[own - 1], index]
    return levels


def _apart(wishes: Sequence[float], height: float) -> list[float]:
    """Heights near those wished for, in the same order, no two closer than a comparator with its caption needs.

    Operands of two comparators may lie symmetrically, so that both would stand on one spot.
    """
    order = sorted(range(len(wishes)), key=lambda place: (wishes[place], place))
    wanted = [wishes[place] - rank * _COMPARATOR_ROW for rank, place in enumerate(order)]
    steps = isotonic_regression(wanted)  # the nearest places that keep the order and the distance
    lowest, highest = _TOP + 12.0, height - 28.0 - _COMPARATOR_ROW * (len(order) - 1)
    found = [0.0] * len(wishes)
    for rank, place in enumerate(order):
        found[place] = min(max(float(steps[rank]), lowest), max(highest, lowest)) + rank * _COMPARATOR_ROW
    return found


def neuron_name(network: Network, layer: int, position: int) -> str:
    """``h2`` in a network of one hidden layer, ``h1.2`` in a deeper one."""
    return f"h{position}" if len(network.layers) <= 2 else f"h{layer}.{position}"


def weight_maps(
    network: Network, feature_names: Sequence[str], class_labels: Sequence[object]
) -> tuple[WeightMap, ...]:
    """Every layer as a table of weights and masks."""
    maps = []
    live = _live_neurons(network)
    for index, layer in enumerate(network.layers):
        last = index == len(network.layers) - 1
        widths = network.layer_input_widths(index)
        kept = [position for position in range(len(layer.neurons)) if live[index][position]]
        rows = []
        for source in range(layer.fan_in):
            summands = [layer.neurons[position].summands[source] for position in kept]
            if all(summand.is_zero for summand in summands):
                continue
            name = str(feature_names[source]) if index == 0 else neuron_name(network, index - 1, source)
            rows.append((name, tuple(_weight_cell(summand, widths[source]) for summand in summands)))
        maps.append(
            WeightMap(
                "Output layer" if last else _hidden_title(network, index),
                tuple(str(class_labels[p]) if last else neuron_name(network, index, p) for p in kept),
                tuple(rows),
                tuple(_signed(layer.neurons[p].bias) for p in kept),
                tuple(
                    "argmax"
                    if last
                    else f"≫{layer.neurons[p].activation.shift}, {layer.neurons[p].activation.width} bit"
                    for p in kept
                ),
            )
        )
    return tuple(maps)


def _weight_cell(summand: Summand, width: int) -> WeightCell:
    if summand.is_zero:
        return WeightCell("", False, True, (), "not read")
    return WeightCell(
        weight_text(summand),
        summand.weight > 0,
        False,
        bit_flags(summand.mask, width),
        f"weight {summand.weight}, mask {summand.mask:0{width}b}",
    )


def _hidden_title(network: Network, index: int) -> str:
    return "Hidden layer" if len(network.layers) <= 2 else f"Hidden layer {index + 1}"


def _signed(value: int) -> str:
    return f"+{value}" if value >= 0 else f"−{-value}"


def _curve(start: tuple[float, float], end: tuple[float, float]) -> str:
    (x0, y0), (x1, y1) = start, end
    bend = (x1 - x0) * 0.5
    return f"M{x0:.0f},{y0:.1f}C{x0 + bend:.0f},{y0:.1f} {x1 - bend:.0f},{y1:.1f} {x1:.0f},{y1:.1f}"
