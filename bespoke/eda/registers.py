"""Which register of one circuit is which of another: by name, else by what it takes over and what it reaches.

Any one-to-one match whatever serves a proof: where outputs and next states are equal for equal states, the circuits are
equal. A wrong match costs a proof, never gives one.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np

from bespoke.circuit import Circuit, RegisterCut, cut_outputs
from bespoke.eda.equivalence import find_difference
from bespoke.eda.rtlil import FlipFlopCut

_PATTERNS = 512


@dataclass(frozen=True, eq=False)
class CutCircuit:
    """A graph cut at its registers, in the layout of ``Elaborated.aig``."""

    aig: Circuit
    outputs: int
    registers: tuple[FlipFlopCut, ...]

    @property
    def inputs(self) -> int:
        return self.aig.inputs - len(self.registers)

    @property
    def cuts(self) -> list[RegisterCut[int]]:
        return [cut_outputs(index, self.outputs) for index in range(len(self.registers))]

    def in_order(self, order: Sequence[int]) -> CutCircuit:
        """With register ``order[i]`` as register i."""
        inputs = [*range(self.inputs), *(self.inputs + index for index in order)]
        outputs = [*range(self.outputs), *itertools.chain(*(self.cuts[index] for index in order))]
        registers = tuple(self.registers[index] for index in order)
        return CutCircuit(self.aig.reordered(inputs, outputs), self.outputs, registers)


def matches(a: CutCircuit, b: CutCircuit) -> Iterator[list[int]]:
    """Ways to say which register of ``b`` stands for each one of ``a``, the likeliest first; each is one to one.

    Parameters
    ----------
    a, b : the same inputs and outputs in the same order, as many registers each.
    """
    named = _by_name(a, b)
    found: list[list[int]] = []
    for anchored in (named, {}):
        order = [anchored.get(index, -1) for index in range(len(a.registers))]
        if -1 in order:
            order = _by_structure(a, b, anchored)
        if order is not None and order not in found:
            found.append(order)
            yield order


def without_duplicates(circuit: CutCircuit, folder: Path, time_limit_s: float) -> CutCircuit:
    """The circuit with one register for those that take over the same whatever their states, as Yosys merges them.

    From the first clock on they are equal, wherever they started.
    """
    while len(circuit.registers) > 1:
        rng = np.random.default_rng(0)
        results = circuit.aig.evaluate(rng.random((_PATTERNS, circuit.aig.inputs)) < 0.5)
        groups: dict[bytes, list[int]] = {}
        for index, cut in enumerate(circuit.cuts):
            groups.setdefault(results[:, list(cut)].tobytes(), []).append(index)
        keeper = list(range(len(circuit.registers)))
        for members in groups.values():
            for other in members[1:]:
                if _same_next(circuit, members[0], other, folder, time_limit_s):
                    keeper[other] = members[0]
        kept = [index for index, other in enumerate(keeper) if index == other]
        if len(kept) == len(keeper):
            break
        places = [*range(circuit.inputs), *(circuit.inputs + kept.index(other) for other in keeper)]
        aig = circuit.aig.with_inputs(circuit.inputs + len(kept), np.array(places))
        outputs = [*range(circuit.outputs), *itertools.chain(*(circuit.cuts[index] for index in kept))]
        circuit = CutCircuit(
            Circuit(aig.inputs, aig.fanins, aig.outputs[outputs]),
            circuit.outputs,
            tuple(circuit.registers[index] for index in kept),
        )
    return circuit


def unmatched_register(a: CutCircuit, b: CutCircuit) -> str:
    """In words, a register of one circuit that has no namesake in the other."""
    named = _by_name(a, b)
    first = next((cut.name for index, cut in enumerate(a.registers) if index not in named), None)
    if first is not None:
        return f"register {first} of the first circuit"
    second = next(cut.name for index, cut in enumerate(b.registers) if index not in set(named.values()))
    return f"register {second} of the second circuit"


def _same_next(circuit: CutCircuit, first: int, second: int, folder: Path, time_limit_s: float) -> bool:
    sides = [
        Circuit(circuit.aig.inputs, circuit.aig.fanins, circuit.aig.outputs[list(circuit.cuts[index])])
        for index in (first, second)
    ]
    return find_difference(*sides, folder=folder / f"merge_{first}_{second}", time_limit_s=time_limit_s) is None


def _by_name(a: CutCircuit, b: CutCircuit) -> dict[int, int]:
    """Registers of ``a`` and their namesakes in ``b``: those called the same, then those that share an alias."""
    by_name = {cut.name: index for index, cut in enumerate(b.registers)}
    found = {index: by_name[cut.name] for index, cut in enumerate(a.registers) if cut.name in by_name}
    free = [index for index in range(len(b.registers)) if index not in set(found.values())]
    for index, cut in enumerate(a.registers):
        if index not in found:
            match = next((other for other in free if cut.is_called_like(b.registers[other])), None)
            if match is not None:
                found[index] = match
                free.remove(match)
    return found


def _by_structure(a: CutCircuit, b: CutCircuit, anchored: dict[int, int]) -> list[int] | None:
    """A match for all registers, ``anchored`` pairs kept; None where some register has no counterpart.

    Registers start in one class and are told apart by what they take over when registers of a class hold the same,
    then, where that leaves several, by what changes when one of them does.
    """
    sides = (a, b)
    labels = [np.zeros(len(side.registers), dtype=np.int64) for side in sides]
    for label, (first, second) in enumerate(anchored.items(), start=1):
        labels[0][first] = labels[1][second] = label
    fixed = 1 + len(anchored)
    rng = np.random.default_rng(0)
    count = -1
    while count != (count := len(set(np.concatenate(labels).tolist()))):
        for observe in (_taken_over, _reached):
            ports = rng.random((_PATTERNS, a.inputs)) < 0.5
            states = rng.random((_PATTERNS, 1 + max(int(one.max(initial=0)) for one in labels))) < 0.5
            seen = [observe(side, ports, states, own) for side, own in zip(sides, labels, strict=True)]
            labels = _refined(labels, seen, fixed)
    order = []
    taken: set[int] = set()
    for index, label in enumerate(labels[0].tolist()):
        free = [other for other in np.flatnonzero(labels[1] == label).tolist() if other not in taken]
        if not free:
            return None
        cut = a.registers[index]
        order.append(next((other for other in free if cut.is_called_like(b.registers[other])), free[0]))
        taken.add(order[-1])
    return order


def _refined(labels: list[np.ndarray], seen: list[list[bytes]], fixed: int) -> list[np.ndarray]:
    """Labels for the classes that label and observation make, the same on both sides; anchored labels stay."""
    numbers: dict[tuple[int, bytes], int] = {}
    refined = []
    for own, observed in zip(labels, seen, strict=True):
        pairs = zip(own.tolist(), observed, strict=True)
        refined.append(
            np.array(
                [
                    label if 0 < label < fixed else numbers.setdefault((label, what), fixed + len(numbers))
                    for label, what in pairs
                ],
                dtype=np.int64,
            )
        )
    return refined


def _taken_over(circuit: CutCircuit, ports: np.ndarray, states: np.ndarray, labels: np.ndarray) -> list[bytes]:
    """Per register what it reads, registers of a class holding the same."""
    results = circuit.aig.evaluate(np.concatenate([ports, states[:, labels]], axis=1))
    return [results[:, list(cut)].tobytes() for cut in circuit.cuts]


def _reached(circuit: CutCircuit, ports: np.ndarray, states: np.ndarray, labels: np.ndarray) -> list[bytes]:
    """Per register that is not alone in its class, what changes if it alone holds the other value."""
    bits = np.concatenate([ports, states[:, labels]], axis=1)
    plain = circuit.aig.evaluate(bits)
    nexts = [cut.data for cut in circuit.cuts]
    alone = np.bincount(labels)[labels] == 1
    found = []
    for index in range(len(labels)):
        if alone[index]:
            found.append(b"")
            continue
        bits[:, circuit.inputs + index] ^= True
        changed = circuit.aig.evaluate(bits) ^ plain
        bits[:, circuit.inputs + index] ^= True
        digest = blake2b(changed[:, : circuit.outputs].tobytes())
        for label, column in sorted(zip(labels.tolist(), map(bytes, changed[:, nexts].T), strict=True)):
            digest.update(label.to_bytes(8, "little") + column)
        found.append(digest.digest())
    return found
