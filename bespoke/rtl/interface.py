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
    """What the header says of a feature that is read, in the data's unit."""

    name: str
    low: str
    high: str


@dataclass(frozen=True)
class InputWords:
    """What comments say of the inputs: feature names, safe ones, and the data's unit as far as they are known."""

    names: Sequence[str] | None = None
    quantiser: Quantiser | None = None

    def feature(self, feature: int) -> str:
        """A feature that is a binary number: its name and its range."""
        return ", ".join(part for part in (self.names[feature] if self.names else "", self._range(feature)) if part)

    def bit(self, feature: int, bit: int) -> str:
        """A bit of such a number."""
        if not self.names and self.quantiser is None:
            return ""
        name = self.names[feature] if self.names else f"x{feature}"
        return ", ".join(part for part in (f"bit {bit} of {name}", self._range(feature)) if part)

    def comparator(self, feature: int, level: int) -> str:
        """A comparator's wire: its threshold, or its level where the unit is not known."""
        if self.quantiser is not None:
            name = self.names[feature] if self.names else f"x{feature}"
            return f"{name} >= {self.quantiser.threshold_text(feature, level)}"
        return f"{self.names[feature]} from level {level} on" if self.names else ""

    def _range(self, feature: int) -> str:
        if self.quantiser is None:
            return ""
        return f"{self.quantiser.low[feature]!r} to {self.quantiser.high[feature]!r}"


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
    if quantiser is not None:
        view["ranges"] = [
            RangeLine(
                f"x{feature}" + (f" {_quoted(names, feature)}" if names else ""),
                repr(quantiser.low[feature]),
                repr(quantiser.high[feature]),
            )
            for feature in dict.fromkeys(wires.feature_of().tolist())
        ]
    return view


def network_inputs(network: Network, wires: Wires, words: InputWords) -> dict[str, object]:
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
            InputWire(Signal(f"x{feature}", wires.bits), _bus_slice(feature, wires.bits), words.feature(feature))
            for feature in read
        ]
        return view
    named: dict[int, InputWire] = {}
    view["formed"] = [
        FormedFeature(
            Signal(f"x{feature}", wires.bits),
            tuple(
                _bit_text(wires, feature, bit, named, words) if used[feature][bit] else "1'b0"
                for bit in range(wires.bits - 1, -1, -1)
            ),
            words.feature(feature),
        )
        for feature in read
    ]
    view["wires"] = [named[place] for place in sorted(named)]
    return view


def circuit_inputs(wires: Wires, places: Sequence[int], words: InputWords) -> dict[int, InputWire]:
    """Wires of the bus by number, as a logic circuit names those that it reads."""
    if isinstance(wires, ThermometerWires):
        return {place: _comparator_wire(wires, place, words) for place in places}
    result = {}
    for place in places:
        feature, bit = divmod(place, wires.bits)
        result[place] = InputWire(Signal(f"x{feature}_{bit}", 1), f"inp[{place}]", words.bit(feature, bit))
    return result


def _bit_text(wires: ThermometerWires, feature: int, bit: int, named: dict[int, InputWire], words: InputWords) -> str:
    """A bit is set from an odd multiple of ``2**bit`` up to the next multiple; wires read are added to ``named``."""

    def wire(level: int) -> str:
        place = wires.place(feature, level)
        if place < 0:
            raise InputError(f"bit {bit} of feature {feature} cannot be formed: there is no wire at level {level}")
        return named.setdefault(place, _comparator_wire(wires, place, words)).signal.name

    top = 1 << wires.bits
    return " | ".join(
        wire(level) + (f" & ~{wire(level + (1 << bit))}" if level + (1 << bit) < top else "")
        for level in range(1 << bit, top, 2 << bit)
    )


def _comparator_wire(wires: ThermometerWires, place: int, words: InputWords) -> InputWire:
    feature, level = wires.levels[place].tolist()
    return InputWire(Signal(f"x{feature}_ge{level}", 1), f"inp[{place}]", words.comparator(feature, level))


def _quoted(names: Sequence[str] | None, feature: int) -> str:
    return f"'{names[feature]}'" if names else f"x{feature}"


def _bus_slice(feature: int, bits: int) -> str:
    low = feature * bits
    return f"inp[{low}]" if bits == 1 else f"inp[{low + bits - 1}:{low}]"
