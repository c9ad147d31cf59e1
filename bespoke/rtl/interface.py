"""What the input bus carries: the header's lines about it, and the wires that a module's body reads from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bespoke.errors import InputError
from bespoke.model import Network, used_bits
from bespoke.rtl.bits import Signal
from bespoke.sensing import BinaryWires, Quantiser, ThermometerWires, Wires


@dataclass(frozen=True)
class InputWire:
    """A slice of the bus as the module's body names it."""

    signal: Signal
    source: str
    comment: str


@dataclass(frozen=True)
class FormedFeature:
    """A feature as a binary number, each bit an expression over comparators' wires, highest first."""

    signal: Signal
    bits: tuple[str, ...]
    comment: str


@dataclass(frozen=True)
class ComparatorLine:
    """What the header says of one bit of the bus; ``threshold`` is empty where the data's unit is not known."""

    bit: int
    feature: str
    level: int
    threshold: str


@dataclass(frozen=True)
class RangeLine:
    """What the header says of a feature that comes as a binary number."""

    name: str
    low: str
    high: str


def header_view(wires: Wires, names: Sequence[str] | None, quantiser: Quantiser | None) -> dict[str, object]:
    """What ``header.v.j2`` shows of the input bus."""
    if quantiser is not None and (len(quantiser.low), quantiser.bits) != (wires.features, wires.bits):
        raise InputError(
            f"the quantiser is one of {len(quantiser.low)} features of {quantiser.bits} bits, the classifier reads "
            f"{wires.features} of {wires.bits}"
        )
    view: dict[str, object] = {"thresholds": None, "ranges": [], "levels": 1 << wires.bits}
    if isinstance(wires, ThermometerWires):
        view["thresholds"] = [
            ComparatorLine(
                bit, _quoted(names, feature), level, quantiser.threshold_text(feature, level) if quantiser else ""
            )
            for bit, (feature, level) in enumerate(wires.levels.tolist())
        ]
    elif quantiser is not None:
        limits = zip(quantiser.low, quantiser.high, strict=True)
        view["ranges"] = [
            RangeLine(f"x{feature}" + (f" {_quoted(names, feature)}" if names else ""), repr(low), repr(high))
            for feature, (low, high) in enumerate(limits)
        ]
    return view


def network_inputs(network: Network, wires: Wires, names: Sequence[str] | None) -> dict[str, object]:
    """What ``network.v.j2`` shows of the features: slices of the bus, or numbers formed from comparators.

    Raises
    ------
    InputError
        where the wires are those of another grid, or lack one that a bit read is formed from.
    """
    if (wires.features, wires.bits) != (network.features, network.input_bits):
        raise InputError(
            f"the wires are those of {wires.features} features of {wires.bits} bits, the network reads "
            f"{network.features} of {network.input_bits}"
        )
    used = used_bits(network)
    read = [feature for feature in range(network.features) if used[feature].any()]
    view: dict[str, object] = {
        "wires": [],
        "formed": [],
        "unused": [f"x{feature}" for feature in range(network.features) if feature not in read],
    }
    if isinstance(wires, BinaryWires):
        view["wires"] = [
            InputWire(
                Signal(f"x{feature}", wires.bits), _bus_slice(feature, wires.bits), names[feature] if names else ""
            )
            for feature in read
        ]
        return view
    named: dict[int, InputWire] = {}
    view["formed"] = [
        FormedFeature(
            Signal(f"x{feature}", wires.bits),
            tuple(
                _bit_text(wires, feature, bit, named) if used[feature][bit] else "1'b0"
                for bit in range(wires.bits - 1, -1, -1)
            ),
            names[feature] if names else "",
        )
        for feature in read
    ]
    view["wires"] = [named[place] for place in sorted(named)]
    return view


def circuit_inputs(wires: Wires, places: Sequence[int], names: Sequence[str] | None) -> dict[int, InputWire]:
    """Wires of the bus by number, as a logic circuit names those that it reads."""
    if isinstance(wires, ThermometerWires):
        return {place: _comparator_wire(wires, place, names) for place in places}
    result = {}
    for place in places:
        feature, bit = divmod(place, wires.bits)
        comment = f"bit {bit} of {names[feature]}" if names else ""
        result[place] = InputWire(Signal(f"x{feature}_{bit}", 1), f"inp[{place}]", comment)
    return result


def _bit_text(wires: ThermometerWires, feature: int, bit: int, named: dict[int, InputWire]) -> str:
    """A bit is set from an odd multiple of ``2**bit`` up to the next multiple; wires read are added to ``named``."""

    def wire(level: int) -> str:
        place = wires.place(feature, level)
        if place < 0:
            raise InputError(f"bit {bit} of feature {feature} cannot be formed: there is no wire at level {level}")
        return named.setdefault(place, _comparator_wire(wires, place, None)).signal.name

    top = 1 << wires.bits
    return " | ".join(
        wire(level) + (f" & ~{wire(level + (1 << bit))}" if level + (1 << bit) < top else "")
        for level in range(1 << bit, top, 2 << bit)
    )


def _comparator_wire(wires: ThermometerWires, place: int, names: Sequence[str] | None) -> InputWire:
    feature, level = wires.levels[place].tolist()
    comment = f"{names[feature]} from level {level} on" if names else ""
    return InputWire(Signal(f"x{feature}_ge{level}", 1), f"inp[{place}]", comment)


def _quoted(names: Sequence[str] | None, feature: int) -> str:
    return f"'{names[feature]}'" if names else f"x{feature}"


def _bus_slice(feature: int, bits: int) -> str:
    low = feature * bits
    return f"inp[{low}]" if bits == 1 else f"inp[{low + bits - 1}:{low}]"
