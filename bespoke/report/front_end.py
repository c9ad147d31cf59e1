"""What stands before the chosen design: what the circuit reads of each sensor, in its unit, and what that costs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bespoke.model import LogicCircuit, input_wires, used_bits
from bespoke.netlist import Netlist
from bespoke.report.reading import RunRecord
from bespoke.sensing import (
    BinaryWires,
    FrontEnd,
    FrontEndCost,
    FrontEndKind,
    Quantiser,
    ThermometerWires,
    Wires,
    port_width,
    priced_kinds,
)
from bespoke.technology import FrontEndFigures, smallest_carrier


@dataclass(frozen=True)
class Threshold:
    """A comparator's reference: in the sensor's unit, and as a share of the feature's range."""

    text: str
    share: float


@dataclass(frozen=True, eq=False)
class ChosenFrontEnd:
    """The wires before the chosen design, which of them it reads, and their prices where they are known."""

    wires: Wires
    used: np.ndarray
    quantiser: Quantiser
    front_end: FrontEnd | None

    def read_features(self) -> tuple[int, ...]:
        """Features of which anything is read."""
        return tuple(np.unique(self.wires.feature_of()[self.used]).tolist())

    def thresholds(self, feature: int) -> tuple[Threshold, ...]:
        """The feature's comparators, lowest first; none where it comes as a word."""
        if not isinstance(self.wires, ThermometerWires):
            return ()
        levels = self.wires.levels[self.used & (self.wires.feature_of() == feature), 1].tolist()
        steps = 1 << self.wires.bits
        return tuple(Threshold(self.quantiser.threshold_text(feature, level), level / steps) for level in levels)

    def bits(self, feature: int) -> tuple[bool, ...]:
        """Which bits of the feature's word are read, highest first; none where it has comparators instead."""
        if not isinstance(self.wires, BinaryWires):
            return ()
        return tuple(bool(bit) for bit in self.used.reshape(-1, self.wires.bits)[feature][::-1])

    def by_feature(self) -> tuple[FrontEndCost, ...] | None:
        """What each feature's converter costs; None where there are no figures."""
        if self.front_end is None or not self.front_end.is_priced:
            return None
        return self.front_end.by_feature(self.wires, self.used)


def chosen_front_end(record: RunRecord, netlist: Netlist | None) -> ChosenFrontEnd:
    """The chosen design's front end, as its netlist reads it: mapping may have found further wires idle.

    Parameters
    ----------
    netlist : None where it cannot be read; then the model says what is read.
    """
    wires = input_wires(record.chosen_model, FrontEndKind(record.metrics.chosen.front_end.kind))
    if netlist is not None and netlist.input_bits == port_width(wires):
        used = netlist.read_inputs()[: wires.count]
    else:
        used = _read_by_model(record, wires)
    return ChosenFrontEnd(wires, used, record.quantiser, record.front_end)


def _read_by_model(record: RunRecord, wires: Wires) -> np.ndarray:
    model = record.chosen_model
    if isinstance(model, LogicCircuit):
        return model.used_wires()
    # behind comparators a network has no other wires than those that form the bits it reads
    return used_bits(model).ravel() if isinstance(wires, BinaryWires) else np.ones(wires.count, dtype=bool)


def comparators_in_words(front_end: ChosenFrontEnd, names: tuple[str, ...]) -> tuple[str, ...]:
    """Every comparator in the sensor's unit, ``petal_width_cm ≥ 1.6``; for words, which bits of which feature."""
    words = []
    for feature in front_end.read_features():
        name, bits = str(names[feature]), front_end.bits(feature)
        words += [f"{name} ≥ {threshold.text}" for threshold in front_end.thresholds(feature)]
        if bits:
            words.append(f"{name} ({sum(bits)} of {len(bits)} bits)")
    return tuple(words)


@dataclass(frozen=True)
class PricedOtherwise:
    """The chosen design's costs under one set of figures; ``source`` carries the system, None where nothing does."""

    figures: FrontEndFigures
    own: bool
    front_end_area_cm2: float
    front_end_power_mw: float
    system_area_cm2: float
    system_power_mw: float
    carrier: str | None


def priced_otherwise(record: RunRecord, chosen: ChosenFrontEnd) -> tuple[PricedOtherwise, ...]:
    """The chosen design under every set of figures that can price its front end, the run's own first."""
    metrics, own = record.metrics.chosen, chosen.front_end
    if own is None or own.figures is None or metrics.estimated_system_power_mw is None:
        return ()
    others = [
        figures
        for figures in record.technology.front_end_figures
        if own.kind in priced_kinds(figures) and figures.name != own.figures.name
    ]
    rows = []
    for figures in (own.figures, *others):
        cost = FrontEnd(own.kind, figures).cost(chosen.wires, chosen.used)
        power_mw = metrics.estimated_system_power_mw - metrics.estimated_front_end_power_mw + cost.power_mw
        carrier = smallest_carrier(record.technology, max(0.0, power_mw))
        rows.append(
            PricedOtherwise(
                figures,
                figures is own.figures,
                cost.area_cm2,
                cost.power_mw,
                metrics.estimated_system_area_cm2 - metrics.estimated_front_end_area_cm2 + cost.area_cm2,
                power_mw,
                None if carrier is None else carrier.source.name,
            )
        )
    return tuple(rows)
