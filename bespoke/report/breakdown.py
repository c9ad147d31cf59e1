"""What each input and each neuron of the chosen design contributes, read off its mapped netlist."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from bespoke.errors import BespokeError
from bespoke.model import Network
from bespoke.netlist import Netlist, read_netlist
from bespoke.netlist.attribution import MERGED, SHARED, neuron_label
from bespoke.netlist.schematic import schematic_svg
from bespoke.report.drawing import neuron_name
from bespoke.report.front_end import ChosenFrontEnd, Threshold
from bespoke.report.reading import RunRecord

#: Above this many gates a schematic no longer helps on a page.
MAX_SCHEMATIC_GATES = 150
#: Shuffles that an input's influence is averaged over.
_SHUFFLES = 5


def read_circuit(record: RunRecord) -> Netlist | None:
    """The chosen design's mapped netlist; None where it or its technology cannot be read."""
    if not record.netlist_path.is_file():
        return None
    try:
        return read_netlist(record.netlist_path, record.technology)
    except BespokeError:
        return None


def schematic(netlist: Netlist | None) -> Markup | None:
    """The netlist as SVG, where it is small enough to be looked at."""
    if netlist is None or not 0 < netlist.gates <= MAX_SCHEMATIC_GATES:
        return None
    return Markup(schematic_svg(netlist, title="Schematic of the mapped netlist"))


@dataclass(frozen=True)
class InputShare:
    """A feature: what the circuit reads of it, what its converter costs, what hangs on it.

    ``thresholds`` are its comparators, ``bits`` those of its word that are read (highest first); one of the two is
    empty. The converter's figures are None where there are none. ``influence`` is the share of test samples whose
    class changes when the feature's values are shuffled among them; None without test vectors.
    """

    name: str
    thresholds: tuple[Threshold, ...]
    bits: tuple[bool, ...]
    used: bool
    comparators: int | None
    converter_area_cm2: float | None
    converter_power_mw: float | None
    influence: float | None


def input_shares(record: RunRecord, front_end: ChosenFrontEnd) -> tuple[InputShare, ...]:
    """Every feature, the most influential first."""
    read = front_end.read_features()
    influence = _influence(record, read)
    costs = front_end.by_feature()
    shares = []
    for feature, name in enumerate(record.metrics.data.features):
        cost = None if costs is None else costs[feature]
        shares.append(
            InputShare(
                str(name),
                front_end.thresholds(feature),
                front_end.bits(feature),
                feature in read,
                None if cost is None else cost.comparators,
                None if cost is None else cost.area_cm2,
                None if cost is None else cost.power_mw,
                None if influence is None else influence[feature],
            )
        )
    return tuple(sorted(shares, key=lambda share: (-(share.influence or 0.0), not share.used)))


def _influence(record: RunRecord, read: tuple[int, ...]) -> list[float] | None:
    inputs, model = record.test_inputs, record.chosen_model
    if inputs is None or not len(inputs):
        return None
    usual = model.predict(inputs)
    rng = np.random.default_rng(record.metrics.seed)
    changed = []
    for feature in range(inputs.shape[1]):
        shares = []
        for _ in range(_SHUFFLES if feature in read else 0):
            shuffled = inputs.copy()
            shuffled[:, feature] = rng.permutation(shuffled[:, feature])
            shares.append(float((model.predict(shuffled) != usual).mean()))
        changed.append(sum(shares) / len(shares) if shares else 0.0)
    return changed


@dataclass(frozen=True)
class NeuronShareRow:
    """A neuron's (or a group's) part of area and static power, each also relative to the largest."""

    name: str
    area_cm2: float
    static_power_mw: float
    area_part: float
    power_part: float


def neuron_shares(record: RunRecord) -> tuple[NeuronShareRow, ...]:
    """Every gate laid to the neuron whose output it helps to compute; empty for a logic circuit."""
    model, shares = record.chosen_model, record.metrics.chosen.shares
    if not isinstance(model, Network) or not shares:
        return ()
    labels = [str(label) for label in record.metrics.data.class_labels]
    last = len(model.layers) - 1
    names = {
        neuron_label(layer, neuron): f"output {labels[neuron]}" if layer == last else neuron_name(model, layer, neuron)
        for layer, units in enumerate(model.layers)
        for neuron in range(len(units.neurons))
    } | {SHARED: "used by several neurons", MERGED: "argmax and what is merged with it"}
    by_owner = {share.owner: share for share in shares}
    most_area = max(share.area_cm2 for share in shares) or 1.0
    most_power = max(share.static_power_mw for share in shares) or 1.0
    return tuple(
        NeuronShareRow(
            text,
            by_owner[owner].area_cm2,
            by_owner[owner].static_power_mw,
            by_owner[owner].area_cm2 / most_area,
            by_owner[owner].static_power_mw / most_power,
        )
        for owner, text in names.items()
        if owner in by_owner
    )
