"""What of a hundred prints: chance to be perfect, expected accuracy, share of good ones, against device yield.

Prints are told apart by how many of their elements are broken. None, one, two and so on are counted over all sets of
faults, exactly, as long as there are not too many; the rest is drawn from its own distribution. So prints that work,
the common case, are never drawn, and all draws go where something is not known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from bespoke.errors import InputError
from bespoke.robustness.bench import Bench
from bespoke.robustness.draws import FaultSets, all_sets, draw_sets
from bespoke.robustness.faulty import elements_of
from bespoke.robustness.kernels import suffix_sums
from bespoke.robustness.subject import Subject
from bespoke.statistics import wilson_interval

Progress = Callable[[float, str], None]

#: Device yields that printed transistors were published with, and two that they may reach.
DEFAULT_DEVICE_YIELDS = (0.9, 0.95, 0.99, 0.999)
#: A good print loses at most so much accuracy.
GOOD_LOSS = 0.03

#: Sets of faults that are counted exactly at most, and words of gates that they may take to simulate.
_EXACT_SETS = 200_000
_EXACT_WORK = 4e9
#: Sets whose simulation is one step of the progress.
_TOGETHER = 20_000
_Z95 = 1.959963984540054
#: Shares of samples are compared with a floor that was computed, not typed.
_ROUNDING = 1e-9


class DriftingInputs(Protocol):
    """What prints' front ends deliver where their comparators are off."""

    def draw(self, rng: np.random.Generator, count: int) -> np.ndarray:
        """uint64 (count, input bits, words), the next prints."""


@dataclass(frozen=True)
class YieldPoint:
    """Prints at one device yield.

    Parameters
    ----------
    device_yield : chance of a device to work.
    perfect_prints : chance of a print that none of its devices is broken.
    expected_accuracy : mean over prints, with its 95 % interval.
    good_prints : share of prints with an accuracy of ``floor`` or more, with its 95 % interval.
    exact : all sets of faults were counted; the intervals are points.
    """

    device_yield: float
    perfect_prints: float
    expected_accuracy: float
    expected_low: float
    expected_high: float
    good_prints: float
    good_low: float
    good_high: float
    floor: float
    exact: bool


def printed_yield(
    subject: Subject,
    *,
    device_yields: Sequence[float] = DEFAULT_DEVICE_YIELDS,
    floor: float | None = None,
    seed: int,
    prints: int = 2000,
    drift: DriftingInputs | None = None,
    progress: Progress | None = None,
) -> tuple[YieldPoint, ...]:
    """Prints at every device yield.

    Parameters
    ----------
    device_yields : above 0, at most 1.
    floor : accuracy of a good print; by default ``GOOD_LOSS`` below that of the intact circuit.
    prints : how many are drawn of those that are not counted exactly, per device yield.
    drift : what every print's front end delivers instead of ``subject.bits``; then nothing is exact, and ``prints`` are
        drawn of those with nothing broken and as many of the others.
    progress : told the share done, and of what.

    Raises
    ------
    InputError
        for a device yield out of range, or fewer than two prints.
    """
    for device_yield in device_yields:
        if not 0 < device_yield <= 1:
            raise InputError(f"device yield must be above 0 and at most 1, not {device_yield!r}")
    if prints < 2:
        raise InputError(f"printed yield needs 2 prints or more, not {prints}")
    bench = _Prints(subject, seed=seed, prints=prints, progress=progress, steps=len(device_yields))
    if floor is None:
        floor = bench.intact / subject.samples - GOOD_LOSS
    one = bench.at if drift is None else lambda share, floor: bench.drifting(share, floor, drift)
    return tuple(one(float(device_yield), float(floor)) for device_yield in device_yields)


class _Prints:
    """Right samples of all sets of few faults, counted once for all yields, and draws of the rest."""

    def __init__(self, subject: Subject, *, seed: int, prints: int, progress: Progress | None, steps: int):
        self._subject, self._seed, self._prints, self._progress = subject, seed, prints, progress
        self._done, self._steps = 0, steps
        gates = np.flatnonzero(np.asarray(subject.devices_of_gates) > 0)
        wires = subject.read_wires[np.asarray(subject.devices_of_inputs, dtype=float)[subject.read_wires] > 0]
        self._elements = elements_of(subject.netlist, gates, wires)
        self._devices = np.concatenate(
            [np.asarray(subject.devices_of_gates)[gates], np.asarray(subject.devices_of_inputs)[wires]]
        ).astype(np.float64)
        self._bench = Bench(subject)
        self.intact = self._bench.intact(self._elements)
        self._strata: list[tuple[FaultSets, np.ndarray]] | None = None

    def at(self, device_yield: float, floor: float) -> YieldPoint:
        """Counted exactly where few elements are broken, drawn where more are."""
        chances = self._broken(device_yield)
        strata = self._counted()
        right = np.concatenate([counts for _, counts in strata])
        mass = np.concatenate([self._mass(sets, chances) for sets, _ in strata])
        good = self._good(right, floor)
        expected, good_share = float(mass @ right) / self._subject.samples, float(mass[good].sum())
        rest = float(suffix_sums(chances, 1 - chances, len(strata), True)[0, len(strata)])
        exact = rest == 0.0
        half, low, high = 0.0, 0.0, 0.0
        if not exact:
            drawn = self._drawn(chances, device_yield, len(strata))
            share = float(self._good(drawn, floor).mean())
            low, high = (rest * bound for bound in wilson_interval(share * len(drawn), len(drawn)))
            low, high = good_share + low, good_share + high
            half = rest * _half_width(drawn / self._subject.samples)
            expected += rest * float(drawn.mean()) / self._subject.samples
            good_share += rest * share
        else:
            low = high = good_share
        self._tell(1.0, device_yield)
        return self._point(device_yield, floor, (expected, half), (good_share, low, high), exact)

    def drifting(self, device_yield: float, floor: float, drift: DriftingInputs) -> YieldPoint:
        """Whole prints and broken ones drawn apart, each print with what its own front end delivers."""
        chances = self._broken(device_yield)
        whole = float(np.prod(1 - chances))
        expected, variance = 0.0, 0.0
        good = np.zeros(3)  # share, low, high
        for part, (chance, fewest) in enumerate(((whole, 0), (1 - whole, 1))):
            if chance <= 0.0:
                continue
            drawn = self._drifted(chances if fewest else np.zeros(len(chances)), device_yield, fewest, drift)
            accuracies = drawn / self._subject.samples
            share = float(self._good(drawn, floor).mean())
            expected += chance * float(accuracies.mean())
            variance += (chance * _half_width(accuracies)) ** 2
            good += chance * np.array([share, *wilson_interval(share * len(drawn), len(drawn))])
            self._tell((part + 1) / 2, device_yield)
        return self._point(device_yield, floor, (expected, variance**0.5), tuple(good.tolist()), False)

    def _drifted(self, chances: np.ndarray, device_yield: float, fewest: int, drift: DriftingInputs) -> np.ndarray:
        """Right samples of prints with so many broken elements at least, and front ends that drift."""
        rng = np.random.default_rng(self._stream(device_yield, 1 + fewest))
        found = []
        for some in self._draws(chances, device_yield, fewest):
            for number, packed in enumerate(drift.draw(rng, len(some))):
                one = some.part(number)
                found.append(self._bench.sets(self._elements, one.starts, one.faults, packed)[0])
        return np.array(found)

    def _point(
        self,
        device_yield: float,
        floor: float,
        expected: tuple[float, float],
        good: tuple[float, float, float],
        exact: bool,
    ) -> YieldPoint:
        self._done += 1
        mean, half = expected
        share, low, high = good
        shares = (mean, mean - half, mean + half, share, min(low, share), max(high, share))  # whatever was rounded
        within = (min(1.0, max(0.0, one)) for one in shares)
        perfect = float(device_yield ** self._devices.sum())
        return YieldPoint(device_yield, perfect, *within, floor, exact)

    def _broken(self, device_yield: float) -> np.ndarray:
        """Chance of every element to be broken."""
        return -np.expm1(self._devices * np.log(device_yield))

    def _counted(self) -> list[tuple[FaultSets, np.ndarray]]:
        """Sets of no, one, two and more faults, as far as they can be counted, with their right samples."""
        if self._strata is None:
            self._strata = []
            for broken in range(self._exact_up_to() + 1):
                sets = all_sets(self._elements, broken)
                self._strata.append((sets, self._count(sets)))
        return self._strata

    def _count(self, sets: FaultSets) -> np.ndarray:
        counts = []
        for begin in range(0, len(sets), _TOGETHER):
            starts = sets.starts[begin : begin + _TOGETHER + 1]
            counts.append(self._bench.sets(self._elements, starts, sets.faults))
        return np.concatenate(counts)

    def _exact_up_to(self) -> int:
        """Most broken elements of which all sets of faults can be counted."""
        elements, netlist = self._elements, self._subject.netlist
        most = min(elements.count, 64)
        sets = suffix_sums(elements.choices.astype(np.float64), np.ones(elements.count), most, False)[0]
        gate_words = max(1, netlist.gates) * self._bench.words
        fit = np.cumsum(sets) <= min(_EXACT_SETS, _EXACT_WORK / gate_words)
        return max(0, int(fit.sum()) - 1)

    def _mass(self, sets: FaultSets, chances: np.ndarray) -> np.ndarray:
        """Chance of every set of faults, all with the same number of them."""
        whole = float(np.prod(1 - chances))
        if whole == 0.0:  # then as good as no print has so few broken elements
            return np.zeros(len(sets))
        elements = self._elements
        factors = (chances / (1 - chances))[elements.fault_elements] * elements.shares
        return whole * factors[sets.faults].reshape(len(sets), -1).prod(axis=1)

    def _drawn(self, chances: np.ndarray, device_yield: float, fewest: int) -> np.ndarray:
        """Right samples of prints with so many broken elements or more."""
        found = []
        for some in self._draws(chances, device_yield, fewest):
            found.append(self._bench.sets(self._elements, some.starts, some.faults))
            self._tell(sum(map(len, found)) / self._prints, device_yield)
        return np.concatenate(found)

    def _draws(self, chances: np.ndarray, device_yield: float, fewest: int) -> Iterator[FaultSets]:
        stream = self._stream(device_yield, 0)
        return draw_sets(self._elements, chances, broken=fewest, at_least=True, prints=self._prints, seed=stream)

    def _stream(self, device_yield: float, purpose: int) -> np.random.SeedSequence:
        """Streams of a device yield's own, so that its figures do not depend on the other yields."""
        return np.random.SeedSequence([self._seed, purpose, round(device_yield * 1e12)])

    def _good(self, right: np.ndarray, floor: float) -> np.ndarray:
        return right >= (floor - _ROUNDING) * self._subject.samples

    def _tell(self, share: float, device_yield: float) -> None:
        if self._progress is not None:
            self._progress((self._done + share) / self._steps, f"device yield {device_yield:g}")


def _half_width(values: np.ndarray) -> float:
    """Half of the 95 % interval of a mean."""
    return _Z95 * float(values.std(ddof=1)) / len(values) ** 0.5
