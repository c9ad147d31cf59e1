"""Stuck-at faults: every single one, and several at once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bespoke.errors import InputError
from bespoke.robustness.bench import Bench
from bespoke.robustness.draws import draw_sets
from bespoke.robustness.faulty import elements_of
from bespoke.robustness.subject import Subject
from bespoke.statistics import Accuracy

Progress = Callable[[float, str], None]

GATE_OUTPUT = "gate output"
GATE_INPUT = "gate input"
FRONT_END_WIRE = "front-end wire"


@dataclass(frozen=True)
class Site:
    """A place that can be stuck.

    Parameters
    ----------
    kind : ``gate output``, ``gate input`` or ``front-end wire``.
    gate, pin : indices, -1 where there is none.
    net : what the place carries.
    cell : name of the gate's cell, else empty.
    name : for people.
    feature : of a front-end wire where it is known, else empty.
    """

    kind: str
    gate: int
    pin: int
    net: int
    cell: str
    name: str
    feature: str = ""


@dataclass(frozen=True)
class CriticalFault:
    """A place stuck at 0 or at 1, and the accuracy left."""

    site: Site
    stuck_at: int
    accuracy: float


@dataclass(frozen=True)
class FaultGroup:
    """The faults of one cell or feature."""

    name: str
    faults: int
    mean_accuracy: float
    worst_accuracy: float


@dataclass(frozen=True, eq=False)
class StuckAtFaults:
    """Accuracy under every single stuck-at fault.

    Parameters
    ----------
    subject : what the faults are in.
    correct : int64 (sites, 2), right samples with the site at 0 and at 1.
    """

    subject: Subject
    correct: np.ndarray

    @property
    def intact(self) -> Accuracy:
        """Without any fault."""
        return self.subject.intact

    @property
    def samples(self) -> int:
        return self.subject.samples

    @property
    def gates(self) -> int:
        return self.subject.netlist.gates

    @cached_property
    def sites(self) -> tuple[Site, ...]:
        """Gate by gate its output and its inputs, then the front-end wires that are read."""
        return _sites(self.subject)

    @property
    def faults(self) -> int:
        return self.correct.size

    @property
    def accuracies(self) -> np.ndarray:
        """Float64 (sites, 2)."""
        return self.correct / self.samples

    @property
    def mean_accuracy(self) -> float:
        """Over all faults; without any, the intact accuracy, as of the other two."""
        return float(self.accuracies.mean()) if self.faults else self.intact.value

    @property
    def median_accuracy(self) -> float:
        return float(np.median(self.accuracies)) if self.faults else self.intact.value

    @property
    def worst_accuracy(self) -> float:
        return float(self.accuracies.min()) if self.faults else self.intact.value

    def of_gates(self) -> np.ndarray:
        """Worst accuracy of every gate, float64 (gates,), over its output and its inputs."""
        worst = np.full(self.gates, self.intact.value)
        gates = np.array([site.gate for site in self.sites], dtype=np.int64)
        np.minimum.at(worst, gates[gates >= 0], self.accuracies.min(axis=1, initial=1.0)[gates >= 0])
        return worst

    def critical(self, count: int) -> tuple[CriticalFault, ...]:
        """So many faults, the worst first; of equal ones the first in order."""
        order = np.argsort(self.correct.ravel(), kind="stable")[:count]
        accuracies = self.accuracies.ravel()
        return tuple(CriticalFault(self.sites[one // 2], one % 2, float(accuracies[one])) for one in order.tolist())

    def by_cell(self) -> tuple[FaultGroup, ...]:
        """Of the gates' faults, by name of the cell; the most critical first."""
        return self._grouped([site.cell for site in self.sites])

    def by_feature(self) -> tuple[FaultGroup, ...]:
        """Of the front-end wires' faults, by feature; of none where features are not known. The most critical first."""
        return self._grouped([site.feature for site in self.sites])

    def _grouped(self, names: Sequence[Hashable]) -> tuple[FaultGroup, ...]:
        places = np.array(names, dtype=object)
        accuracies = self.accuracies
        groups = []
        for name in dict.fromkeys(name for name in names if name):
            of_name = accuracies[places == name]
            groups.append(FaultGroup(str(name), of_name.size, float(of_name.mean()), float(of_name.min())))
        return tuple(sorted(groups, key=lambda group: (group.mean_accuracy, group.name)))


@dataclass(frozen=True)
class SeveralFaults:
    """Accuracy with so many faults at once, over sampled prints."""

    faults: int
    prints: int
    mean_accuracy: float
    median_accuracy: float
    worst_accuracy: float


def single_stuck_at(subject: Subject, *, progress: Progress | None = None) -> StuckAtFaults:
    """Accuracy with every gate output, gate input and front-end wire that is read stuck at 0 and at 1, exactly.

    Parameters
    ----------
    progress : told the share done, and of what.
    """
    netlist, bench = subject.netlist, Bench(subject)
    counts, pin_counts = bench.single()
    gates = np.concatenate([counts[netlist.first_gate_net :, None], pin_counts], axis=1)
    pins = np.array([len(cell.inputs) for cell in netlist.cells], dtype=np.int64)[netlist.gate_cells]
    own = np.arange(gates.shape[1]) <= pins[:, None]
    correct = np.concatenate([gates[own], counts[2 + subject.read_wires]])
    if progress is not None:
        progress(1.0, f"{correct.size} faults")
    return StuckAtFaults(subject, correct)


def several_stuck_at(
    subject: Subject,
    *,
    counts: Sequence[int] = (2, 3, 5, 10),
    prints: int = 1000,
    seed: int,
    progress: Progress | None = None,
) -> tuple[SeveralFaults, ...]:
    """Accuracy with several faults at once, at different gates and wires, all such sets equally likely.

    Numbers of faults beyond that of gates and wires are left out.

    Raises
    ------
    InputError
        for a number of faults or prints below 1.
    """
    if prints < 1 or any(count < 1 for count in counts):
        raise InputError(f"several stuck-at faults: {prints} prints with {tuple(counts)} faults; all must be 1 or more")
    elements = elements_of(subject.netlist, np.arange(subject.netlist.gates), subject.read_wires)
    bench = Bench(subject)
    found = []
    counts = [count for count in counts if count <= elements.count]
    for place, (count, stream) in enumerate(zip(counts, _streams(seed, counts), strict=True)):
        right = []
        odds = elements.sites * (count / elements.sites.sum())  # about so many break, so that sums stay in range
        sets = draw_sets(elements, odds / (1 + odds), broken=count, at_least=False, prints=prints, seed=stream)
        for some in sets:
            right.append(bench.sets(elements, some.starts, some.faults))
            if progress is not None:
                share = sum(map(len, right)) / prints
                progress((place + share) / len(counts), f"{count} faults at once")
        accuracies = np.concatenate(right) / subject.samples
        found.append(
            SeveralFaults(
                count, prints, float(accuracies.mean()), float(np.median(accuracies)), float(accuracies.min())
            )
        )
    return tuple(found)


def _streams(seed: int, counts: Sequence[int]) -> list[np.random.SeedSequence]:
    """A stream for every number of faults, whatever the others are."""
    return [np.random.SeedSequence([seed, count]) for count in counts]


def _sites(subject: Subject) -> tuple[Site, ...]:
    netlist = subject.netlist
    names = netlist.gate_names or tuple(f"gate {gate}" for gate in range(netlist.gates))
    sites = []
    for gate, (kind, row) in enumerate(zip(netlist.gate_cells.tolist(), netlist.gate_fanins.tolist(), strict=True)):
        cell = netlist.cells[kind]
        title = f"{cell.name} {names[gate]}"
        output = f"{title}, output {cell.output}"
        sites.append(Site(GATE_OUTPUT, gate, -1, netlist.first_gate_net + gate, cell.name, output))
        sites += [
            Site(GATE_INPUT, gate, pin, row[pin], cell.name, f"{title}, input {name}")
            for pin, name in enumerate(cell.inputs)
        ]
    for wire in subject.read_wires.tolist():
        feature = ""
        if subject.features is not None and subject.feature_of is not None and subject.feature_of[wire] >= 0:
            feature = subject.features[subject.feature_of[wire]]
        sites.append(Site(FRONT_END_WIRE, -1, -1, 2 + wire, "", subject.input_names[wire], feature))
    return tuple(sites)
