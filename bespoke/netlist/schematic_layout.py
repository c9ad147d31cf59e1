"""Where the parts of a schematic go: layers from left to right, rows, and tracks for the wires between layers.

Sugiyama's method: a layer per logic level, a place-holder in every layer that a wire passes, crossings reduced by
sweeps over the mean position of neighbours (Sugiyama, Tagawa and Toda 1981). Rows are then moved towards their
neighbours by isotonic regression, and wires get vertical tracks by the left-edge algorithm (Hashimoto and Stevens
1971).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

from bespoke.netlist.types import Netlist

_SWEEPS = 12
_ALIGNMENTS = 6


class Kind(Enum):
    """What stands in a row of a layer."""

    SOURCE = "source"
    GATE = "gate"
    PASS = "pass"
    OUTPUT = "output"


@dataclass(eq=False)
class Part:
    """A thing in a layer.

    ``index`` is the gate, or the output bit; ``net`` what it drives or (an output) shows; ``fanins`` the parts of the
    layer before it that it reads, by pin.
    """

    kind: Kind
    index: int
    net: int
    layer: int
    fanins: list[Part] = field(default_factory=list)
    readers: list[Part] = field(default_factory=list)
    row: int = 0


@dataclass(frozen=True)
class Wire:
    """A net between two layers: its vertical track, or None where it runs straight."""

    source: Part
    readers: tuple[Part, ...]
    track: int


@dataclass(frozen=True)
class Layout:
    """Parts by layer in row order, and per channel (between layer i and i+1) its wires and number of tracks."""

    layers: tuple[tuple[Part, ...], ...]
    channels: tuple[tuple[Wire, ...], ...]
    tracks: tuple[int, ...]
    rows: int


def layout(netlist: Netlist) -> Layout:
    """Layout of a netlist; the same netlist always gives the same one."""
    layers = _layers(netlist)
    _reduce_crossings(layers)
    _align(layers)
    top = min(part.row for layer in layers for part in layer)
    for layer in layers:
        for part in layer:
            part.row -= top
    channels = [_channel(layer) for layer in layers[:-1]]
    return Layout(
        tuple(tuple(layer) for layer in layers),
        tuple(channels),
        tuple(1 + max((wire.track for wire in wires), default=-1) for wires in channels),
        1 + max(part.row for layer in layers for part in layer),
    )


def _layers(netlist: Netlist) -> list[list[Part]]:
    """Parts and their connections, wires over several layers cut by place-holders."""
    fanins = [[int(net) for net in row if net >= 0] for row in netlist.gate_fanins]
    level = {net: 0 for net in range(netlist.first_gate_net)}
    for gate, nets in enumerate(fanins):
        level[netlist.first_gate_net + gate] = 1 + max((level[net] for net in nets), default=0)
    last = 1 + max(level.values())
    layers: list[list[Part]] = [[] for _ in range(last + 1)]
    used = {net for nets in fanins for net in nets} | {int(net) for net in output_nets(netlist)}
    drivers: dict[tuple[int, int], Part] = {}

    def add(part: Part) -> Part:
        layers[part.layer].append(part)
        return part

    def driver(net: int, layer: int) -> Part:
        """What carries a net in a layer: its gate or source, or a place-holder that is made on demand."""
        if (net, layer) not in drivers:
            before = driver(net, layer - 1)
            holder = drivers[net, layer] = add(Part(Kind.PASS, -1, net, layer))
            _connect(before, holder)
        return drivers[net, layer]

    for net in sorted(net for net in used if net < netlist.first_gate_net):
        drivers[net, 0] = add(Part(Kind.SOURCE, net, net, 0))
    for gate, nets in enumerate(fanins):
        net = netlist.first_gate_net + gate
        part = add(Part(Kind.GATE, gate, net, level[net]))
        drivers[net, level[net]] = part
        for fanin in nets:
            _connect(driver(fanin, level[net] - 1), part)
    for index, net in enumerate(output_nets(netlist)):
        _connect(driver(int(net), last - 1), add(Part(Kind.OUTPUT, index, int(net), last)))
    return layers


def output_nets(netlist: Netlist) -> list[int]:
    """Nets shown on the right: the output ports' bits, then the data inputs of flip-flops."""
    return [int(net) for net in netlist.output_nets] + [flip_flop.d_net for flip_flop in netlist.flip_flops]


def _connect(source: Part, reader: Part) -> None:
    source.readers.append(reader)
    reader.fanins.append(source)


def _reduce_crossings(layers: list[list[Part]]) -> None:
    """Orders the parts of every layer by the mean order of what they read, then of what reads them, and so on."""
    order: dict[Part, float] = {}

    def number(layer: list[Part]) -> None:
        order.update((part, float(position)) for position, part in enumerate(layer))

    for layer in layers:
        number(layer)
    for sweep in range(_SWEEPS):
        forward = sweep % 2 == 0
        for layer in layers[1:] if forward else layers[-2::-1]:
            means = {part: _mean(order, part.fanins if forward else part.readers, order[part]) for part in layer}
            layer.sort(key=lambda part, means=means: (means[part], order[part]))
            number(layer)
    for index, layer in enumerate(layers):
        for position, part in enumerate(layer):
            part.row, part.layer = position, index


def _mean(values: dict[Part, float], parts: Sequence[Part], default: float) -> float:
    return sum(values[part] for part in parts) / len(parts) if parts else default


def _align(layers: list[list[Part]]) -> None:
    """Moves rows towards their neighbours' without changing any order."""
    for turn in range(_ALIGNMENTS):
        for layer in layers[1:] if turn % 2 == 0 else layers[-2::-1]:
            rows = {part: float(part.row) for other in layers for part in other}
            wishes = [
                _mean(rows, part.fanins if turn % 2 == 0 else part.readers, rows[part]) - position
                for position, part in enumerate(layer)
            ]
            row = None
            for position, (part, place) in enumerate(zip(layer, _isotonic(wishes), strict=True)):
                wanted = round(place + position)
                row = wanted if row is None else max(row + 1, wanted)
                part.row = row


def _isotonic(values: Sequence[float]) -> list[float]:
    """The non-decreasing sequence nearest to ``values`` in least squares, by pooling adjacent violators."""
    pools: list[tuple[float, int]] = []
    for value in values:
        mean, count = value, 1
        while pools and pools[-1][0] > mean:
            other, size = pools.pop()
            mean, count = (mean * count + other * size) / (count + size), count + size
        pools.append((mean, count))
    return [mean for mean, count in pools for _ in range(count)]


def _channel(layer: Sequence[Part]) -> tuple[Wire, ...]:
    """Wires from a layer to the next; no two wires share a track where their vertical parts would touch."""
    spans = []
    for part in layer:
        if part.readers:
            rows = [2 * part.row + part.layer % 2, *(2 * reader.row + reader.layer % 2 for reader in part.readers)]
            spans.append((min(rows) - 1, max(rows) + 1, part))
    ends: dict[int, int] = defaultdict(lambda: -(10**9))
    wires = []
    for low, high, part in sorted(spans, key=lambda span: (span[0], span[1])):
        track = next(number for number in range(len(spans)) if ends[number] < low)
        ends[track] = high
        unique = tuple(dict.fromkeys(part.readers))
        wires.append(Wire(part, unique, track))
    return tuple(wires)
