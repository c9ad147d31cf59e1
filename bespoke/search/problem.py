"""A search made ready for kernels: layout, limits, samples, prices, start rows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from bespoke.errors import InputError
from bespoke.model import NARROW_SUM_BITS, ArgmaxTree, Comparator, Layer, Network, Neuron, QRelu, Summand
from bespoke.search import batch
from bespoke.search.aig import COLUMNS
from bespoke.search.cost_model import CostModel, cost_model
from bespoke.search.estimate import estimate_area
from bespoke.search.genome import CONNECTIONS, MASK, SHIFT, TREE_MASK, TREE_WIDTH, WIDTH, Layout
from bespoke.search.options import SearchData, SearchOptions
from bespoke.search.power import leakages, packed_inputs
from bespoke.search.pricing import INPUT_INV, INV, NAND, prices, with_free_complements
from bespoke.search.variation import moves
from bespoke.sensing import FrontEnd, FrontEndKind, Wires, all_wires
from bespoke.technology import Technology

#: Sums of so many bits are allowed for generously; beyond, networks' reach is counted closely.
_GENEROUS_BITS = 30
#: Widths and shifts that the search gives to QReLUs by itself; starts may have larger ones.
QRELU_WIDTH = 8
QRELU_SHIFT = 8
#: A shift by more bits than sums have gives zero, as this one does; kernels of 32 bits take no larger one.
_LARGEST_SHIFT = NARROW_SUM_BITS
#: By default no candidate is looked at that is less accurate than the best start by more than this.
_FLOOR_BELOW_START = 0.12


@dataclass(frozen=True, eq=False)
class Problem:
    """Everything that islands share and nothing changes.

    ``samples`` holds features (samples, features), ``classes`` and ``weights`` what the fitness counts; noisy copies
    included. ``limits`` is what `variation` obeys, ``starts`` int64 (starts, genes), ``capacity`` and ``deepest`` the
    builder's sizes.
    """

    layout: Layout
    options: SearchOptions
    features: np.ndarray
    classes: np.ndarray
    weights: np.ndarray
    limits: np.ndarray
    starts: np.ndarray
    wires: Wires
    model: CostModel
    cost_kind: int
    leak: np.ndarray
    power_inputs: np.ndarray
    power_samples: int
    floor: int
    capacity: int
    deepest: int
    cost_range: tuple[float, float]

    @property
    def fingerprint(self) -> str:
        """Names the search: options other than its time limit, samples, starts, prices."""
        digest = hashlib.sha256()
        options = {key: value for key, value in asdict(self.options).items() if key != "time_limit_s"}
        digest.update(
            json.dumps([options, self.wires.to_json()["kind"], self.layout.input_bits, self.layout.topology]).encode()
        )
        charges = (self.model.area, self.model.weights, *self.model.wires[:3], self.leak)
        for array in (self.features, self.classes, self.weights, self.limits, self.starts, *charges):
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()


def make_problem(
    data: SearchData,
    starts: Sequence[Network],
    options: SearchOptions,
    technology: Technology,
    front_end: FrontEnd | None = None,
) -> Problem:
    """Check that data, starts and options fit together and lay them out.

    Raises
    ------
    InputError
        naming what does not fit.
    """
    layout = _layout(data, starts, options)
    if not starts and not options.all_units:
        raise InputError("without a start every kind of unit must be free to change")
    limits = _limits(layout, starts, options)
    rows = np.zeros((len(starts), layout.genes), dtype=np.int64)
    for index, start in enumerate(starts):
        row = layout.encode(padded(start, layout.topology))
        shifts = row[layout.array[SHIFT] : layout.array[WIDTH]]
        np.minimum(shifts, _LARGEST_SHIFT, out=shifts)
        rows[index] = widened(layout, row, int(limits[moves.TREE_BITS]))
    rng = np.random.default_rng(options.seed)
    features, classes, weights = _samples(data, options, rng)
    kind = FrontEndKind.BINARY if front_end is None else front_end.kind
    wires = all_wires(kind, layout.topology[0], data.input_bits)
    model = cost_model(technology, options.objective, wires, front_end)
    if options.full_adders:
        cost_kind = batch.COST_FULL_ADDERS
    else:
        cost_kind = batch.COST_POWER if options.objective.is_power else batch.COST_AREA
    shares = np.bincount(np.asarray(data.classes), minlength=data.class_count) / len(data.classes)
    floor = options.accuracy_floor
    if floor is None:
        best = max((float((start.predict(data.features) == data.classes).mean()) for start in starts), default=0.0)
        floor = max(float(shares.max()), best - _FLOOR_BELOW_START)
    total = int(weights.sum())
    few = np.asarray(data.features)[:256]
    capacity, deepest = _builder_sizes(layout, limits, rows)
    return Problem(
        layout=layout,
        options=options,
        features=features,
        classes=classes,
        weights=weights,
        limits=limits,
        starts=rows,
        wires=wires,
        model=model,
        cost_kind=cost_kind,
        leak=_leakages(technology, model),
        power_inputs=packed_inputs(few, wires),
        power_samples=len(few),
        floor=int(np.floor(floor * total)),
        capacity=capacity,
        deepest=deepest,
        cost_range=_cost_range(options, starts, technology, model, front_end, few),
    )


def _leakages(technology: Technology, model: CostModel) -> np.ndarray:
    """Leakage by gate and state, none of inverters that comparators make needless where these cost no area either."""
    states = leakages(technology, prices(technology))
    return states if model.area[INPUT_INV] else with_free_complements(states)


def _cost_range(
    options: SearchOptions,
    starts: Sequence[Network],
    technology: Technology,
    model: CostModel,
    front_end: FrontEnd | None,
    features: np.ndarray,
) -> tuple[float, float]:
    """Lowest and highest edge of the cost bins: from below one gate to beyond the largest start."""
    largest = max((estimate_area(start, technology, front_end) for start in starts), default=0.0)
    gates = max(3000.0, 1.2 * largest / model.area[NAND])
    if options.full_adders:
        return 1.0, gates / 4
    unit = model.area[INV] if not options.objective.is_power else model.unit
    highest = gates * unit * float(model.area[NAND] / model.area[INV])
    if front_end is not None and options.objective.counts_front_end:
        wires = all_wires(front_end.kind, features.shape[1], starts[0].input_bits) if starts else None
        if wires is not None:
            everything = front_end.cost(wires, np.ones(wires.count, dtype=bool))
            highest += everything.power_mw if options.objective.is_power else everything.area_cm2
    return 0.9 * unit, highest


def _layout(data: SearchData, starts: Sequence[Network], options: SearchOptions) -> Layout:
    features = np.shape(data.features)[1]
    for number, start in enumerate(starts):
        if (start.features, start.input_bits, start.classes) != (features, data.input_bits, data.class_count):
            raise InputError(
                f"start {number} reads {start.features} features of {start.input_bits} bits and names "
                f"{start.classes} classes; the data have {features} features of {data.input_bits} bits and "
                f"{data.class_count} classes"
            )
    depths = {len(start.layers) - 1 for start in starts}
    if options.hidden is not None:
        hidden = tuple(options.hidden)
        if any(size < 1 for size in hidden):
            raise InputError(f"hidden layers need at least one neuron each, not {hidden}")
        depths.add(len(hidden))
    elif starts:
        hidden = (1,) * (len(starts[0].layers) - 1)
    else:
        raise InputError("a search without starts needs the option hidden")
    if len(depths) > 1:
        raise InputError(f"starts and options must agree in the number of hidden layers; found {sorted(depths)}")
    for start in starts:
        hidden = tuple(max(a, b) for a, b in zip(hidden, start.topology[1:-1], strict=True))
    return Layout(data.input_bits, (features, *hidden, data.class_count))


def _limits(layout: Layout, starts: Sequence[Network], options: SearchOptions) -> np.ndarray:
    limits = np.zeros(moves.LIMITS, dtype=np.int64)
    weight_shift, widths, shifts, bias = options.max_shift, QRELU_WIDTH, QRELU_SHIFT, 0
    for start in starts:
        largest = max(int(np.abs(weights).max(initial=0)) for weights in start.weights)
        weight_shift = max(weight_shift, largest.bit_length() - (0 if largest & (largest - 1) else 1))
        bias = max(bias, *(int(np.abs(biases).max(initial=0)) for biases in start.biases))
        for layer in start.layers[:-1]:
            for neuron in layer.neurons:
                widths = max(widths, neuron.activation.width)
                shifts = max(shifts, min(neuron.activation.shift, _LARGEST_SHIFT))
    weight = 2 << weight_shift if options.max_terms > 1 or starts else 1 << weight_shift
    width = max(layout.input_bits, widths if len(layout.topology) > 2 else 0)
    reach = max(layout.topology[:-1]) * weight * ((1 << width) - 1)
    bias = max(bias, reach)
    bits = (reach + bias).bit_length()
    if bits > _GENEROUS_BITS:
        reach = _reach(layout, _largest_weight(weight_shift, starts, options), widths)
        bias = _bias_limit(layout, starts, reach)
        bits = (reach + bias).bit_length()
    limits[moves.WEIGHT_SHIFTS] = weight_shift
    limits[moves.TERMS] = options.max_terms
    limits[moves.LARGEST_BIAS] = bias
    limits[moves.QRELU_SHIFTS] = shifts
    limits[moves.QRELU_WIDTHS] = widths
    limits[moves.TREE_BITS] = bits
    return limits


def _largest_weight(weight_shift: int, starts: Sequence[Network], options: SearchOptions) -> int:
    """What no move brings a weight beyond: the largest power alone where there are but powers, else its double."""
    powers = options.max_terms == 1 and all(
        not (np.abs(weights) & (np.abs(weights) - 1)).any() for start in starts for weights in start.weights
    )
    return 1 << weight_shift if powers else (2 << weight_shift) - 1


def _reach(layout: Layout, weight: int, width: int) -> int:
    """The most that the summands of any neuron add up to with weights up to ``weight`` and QReLUs of ``width`` bits."""
    widths = [layout.input_bits, *(width for _ in layout.topology[1:-1])]
    return max(fan_in * weight * ((1 << bits) - 1) for fan_in, bits in zip(layout.topology[:-1], widths, strict=True))


def _bias_limit(layout: Layout, starts: Sequence[Network], reach: int) -> int:
    """The largest bias that moves may set: what the kernels' int32 leaves beside the summands' ``reach``.

    Raises
    ------
    InputError
        where that is less than a start's own bias, or nothing.
    """
    left = (1 << NARROW_SUM_BITS) - 1 - reach
    own = max((int(np.abs(biases).max(initial=0)) for start in starts for biases in start.biases), default=0)
    if max(own, 1) > left:
        raise InputError(
            f"sums of {(reach + own).bit_length()} bits are possible with {layout.topology[0]} features of "
            f"{layout.input_bits} bits, the starts' weights and activations, and biases of {own.bit_length()} bits; "
            f"the search takes {NARROW_SUM_BITS}"
        )
    return max(own, min(reach, left))


def _samples(
    data: SearchData, options: SearchOptions, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The samples that the fitness counts: noisy copies appended, equal ones merged into one with a weight."""
    features = np.asarray(data.features, dtype=np.int64)
    classes = np.asarray(data.classes, dtype=np.int64)
    parts = [features]
    for _ in range(options.jitter):
        step = rng.integers(-1, 2, features.shape) * (rng.random(features.shape) < 0.375)
        parts.append(np.clip(features + step, 0, (1 << data.input_bits) - 1))
    every = np.column_stack([np.concatenate(parts), np.tile(classes, len(parts))])
    unique, weights = np.unique(every, axis=0, return_counts=True)
    order = rng.permutation(len(unique))  # the kernels see classes in no order
    return unique[order, :-1].astype(np.int32), unique[order, -1].astype(np.int32), weights[order].astype(np.int32)


def _builder_sizes(layout: Layout, limits: np.ndarray, rows: np.ndarray) -> tuple[int, int]:
    """Nodes and column depth that suffice for every network within the limits."""
    terms = int(limits[moves.TERMS])
    widest = max(layout.input_bits, int(limits[moves.QRELU_WIDTHS]))
    digits = 0
    capacity = 1 + layout.topology[0] * layout.input_bits
    at = layout.array
    for row in rows:
        for weight in row[: at[CONNECTIONS]]:
            terms = max(terms, abs(int(weight) ^ 3 * int(weight)).bit_count())
    for index in range(len(layout.topology) - 1):
        width = layout.input_bits if index == 0 else widest
        own = layout.topology[index] * width * terms
        digits = max(digits, own)
        capacity += layout.topology[index + 1] * (7 * own + 10 * COLUMNS)
    capacity += layout.topology[-1] * 8 * COLUMNS
    return capacity, 2 * digits + 8


def padded(network: Network, topology: tuple[int, ...]) -> Network:
    """The network with idle neurons added to its hidden layers."""
    if network.topology == topology:
        return network
    layers = []
    for index, layer in enumerate(network.layers):
        fan_in, size = topology[index], topology[index + 1]
        neurons = []
        for neuron in layer.neurons:
            idle = (Summand((), 0),) * (fan_in - len(neuron.summands))
            neurons.append(Neuron(neuron.summands + idle, neuron.bias, neuron.activation))
        if index < len(network.layers) - 1:
            spare = Neuron((Summand((), 0),) * fan_in, 0, QRelu(0, 1))
            neurons += [spare] * (size - len(neurons))
        layers.append(Layer(tuple(neurons)))
    return Network(network.input_bits, tuple(layers), network.argmax)


def widened(layout: Layout, row: np.ndarray, bits: int) -> np.ndarray:
    """The row with an argmax tree of ``bits + 1`` bits: masks that hold the sign hold all bits above it too."""
    at = layout.array
    row = row.copy()
    old, new = int(row[at[TREE_WIDTH]]), bits + 1
    masks = row[at[TREE_MASK] :]
    if new > old:
        signed = (masks >> (old - 1)) & 1 == 1
        masks[signed] |= (1 << new) - (1 << old)
        row[at[TREE_WIDTH]] = new
    return row


def tidied(layout: Layout, row: np.ndarray) -> Network:
    """The network of a row, without what has no effect: masks beyond widths, idle summands, spare tree bits."""
    at = layout.array
    row = row.copy()
    connection = neuron = 0
    widths = np.full(layout.topology[0], layout.input_bits, dtype=np.int64)
    for index in range(len(layout.topology) - 1):
        fan_in, size = layout.topology[index], layout.topology[index + 1]
        count = fan_in * size
        weights = row[connection : connection + count].reshape(size, fan_in)
        masks = row[at[MASK] + connection : at[MASK] + connection + count].reshape(size, fan_in)
        masks &= (1 << widths) - 1
        idle = (weights == 0) | (masks == 0)
        weights[idle] = 0
        masks[idle] = 0
        if index < len(layout.topology) - 2:
            widths = row[at[WIDTH] + neuron : at[WIDTH] + neuron + size]
        connection += count
        neuron += size
    network = layout.decode(row)
    width = max(interval.signed_width for interval in network.sum_intervals[-1])
    tree = network.argmax
    sign = 1 << (tree.width - 1)
    if width < tree.width and all(comparator.mask & sign for comparator in tree.comparators):
        low = (1 << (width - 1)) - 1
        comparators = tuple(Comparator(c.first, c.second, (c.mask & low) | 1 << (width - 1)) for c in tree.comparators)
        network = network.with_argmax(ArgmaxTree(tree.classes, width, comparators, tree.root))
    return network
