"""Accuracy of a finished netlist behind comparators and sensors that are off.

Comparators: every one by an offset of its own, or all of a print by the same. Sensors: noise that is the same for all
comparators of a feature, a gain around the low end of the range, an offset. All in steps of the grid; a wire of a
thermometer is ``position + noise >= level + offset``, and without any disturbance exactly what the intact front end
delivers. See `Converters` for binary words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bespoke.errors import InputError
from bespoke.netlist import simulate
from bespoke.robustness.measured import Answers, Converters, DriftingPrints, Measured
from bespoke.robustness.subject import Subject

__all__ = ["DriftPoint", "DriftingPrints", "Measured", "drift"]

Progress = Callable[[float, str], None]

#: Standard deviations of offsets and of noise, in steps of the grid.
DEFAULT_SIGMAS = (0.1, 0.25, 0.5, 1.0)
#: Gains and offsets of whole sensors; offsets in steps of the grid.
GAINS = (0.9, 0.95, 1.05, 1.1)
OFFSETS = (-2.0, -1.0, -0.5, -0.25, 0.25, 0.5, 1.0, 2.0)

COMPARATOR_OFFSET = "comparator offset"
COMMON_OFFSET = "common offset"
SENSOR_NOISE = "sensor noise"
SENSOR_GAIN = "sensor gain"
SENSOR_OFFSET = "sensor offset"


@dataclass(frozen=True)
class DriftPoint:
    """Accuracy at one disturbance.

    Parameters
    ----------
    kind : ``comparator offset``, ``common offset``, ``sensor noise``, ``sensor gain`` or ``sensor offset``.
    feature : the sensor that is off; None where all are, or where comparators are.
    amount : standard deviation or offset in steps of the grid; a gain as a ratio.
    amount_in_unit : of a feature's offset, in the unit of its data where its range is known; else None.
    unit : of ``amount_in_unit``, where known.
    mean_accuracy, low_accuracy, high_accuracy : over the prints, with the 5th and the 95th percentile.
    prints : how many were drawn; one where nothing is random.
    positions_assumed : measured values are not known, so each was taken to lie in the middle of its cell of the grid.
    """

    kind: str
    feature: str | None
    amount: float
    amount_in_unit: float | None
    unit: str
    mean_accuracy: float
    low_accuracy: float
    high_accuracy: float
    prints: int
    positions_assumed: bool = False


def drift(
    subject: Subject,
    measured: Measured,
    *,
    seed: int,
    prints: int = 200,
    sigmas: Sequence[float] = DEFAULT_SIGMAS,
    progress: Progress | None = None,
) -> tuple[DriftPoint, ...]:
    """Accuracy of a print against each kind of drift, on the samples of ``measured``, which are those of the subject.

    The same draws serve every standard deviation of a kind, scaled, so that a curve is no noisier than one point.
    Behind a digital front end there is no comparator that could drift.

    Raises
    ------
    InputError
        for another number of samples, none at all, no prints, or a netlist with flip-flops.
    """
    samples = len(subject.expected)
    if samples == 0 or measured.samples != samples:
        raise InputError(f"drift needs the measured values of the {samples} samples, not of {measured.samples}")
    if prints < 1:
        raise InputError(f"drift needs a print at least, not {prints}")
    used = subject.netlist.read_inputs()[: measured.wires.count]
    bench = _Bench(subject, measured, Converters(measured, used), prints, seed)
    steps = [*bench.random(sigmas), *bench.sensors()]
    points = []
    for number, (title, step) in enumerate(steps):
        if progress is not None:
            progress(number / len(steps), title)
        points.append(step())
    if progress is not None:
        progress(1.0, "drift")
    return tuple(points)


_Step = tuple[str, Callable[[], DriftPoint]]


@dataclass(frozen=True, eq=False)
class _Bench:
    """A subject behind converters that can be put off."""

    subject: Subject
    measured: Measured
    converters: Converters
    prints: int
    seed: int

    def random(self, sigmas: Sequence[float]) -> Iterator[_Step]:
        """The points of every kind that draws prints."""
        kinds = {
            COMPARATOR_OFFSET: self._comparator_offsets,
            COMMON_OFFSET: self._common_offset,
            SENSOR_NOISE: self._noise,
        }
        for place, (kind, disturbed) in enumerate(kinds.items()):
            if kind == SENSOR_NOISE or self.converters.can_drift:
                for sigma in sigmas:
                    yield kind, lambda k=kind, d=disturbed, p=place, s=sigma: self._drawn(k, d, p, float(s))

    def sensors(self) -> Iterator[_Step]:
        """The points of gains and offsets: of all sensors together, then of each that is read alone."""
        for feature in (None, *self.converters.features_read.tolist()):
            for gain in GAINS:
                yield SENSOR_GAIN, lambda f=feature, g=gain: self._moved(SENSOR_GAIN, f, g)
            for offset in OFFSETS:
                yield SENSOR_OFFSET, lambda f=feature, o=offset: self._moved(SENSOR_OFFSET, f, o)

    def _comparator_offsets(self, rng: np.random.Generator, sigma: float) -> np.ndarray:
        return self.converters.packed(offsets=sigma * rng.normal(size=self.converters.comparators))

    def _common_offset(self, rng: np.random.Generator, sigma: float) -> np.ndarray:
        return self.converters.packed(offsets=sigma * rng.normal())

    def _noise(self, rng: np.random.Generator, sigma: float) -> np.ndarray:
        moved = self.converters.positions.copy()
        read = self.converters.features_read
        moved[read] += sigma * rng.normal(size=(len(read), self.measured.samples))
        return self.converters.packed(positions=moved)

    def _drawn(self, kind: str, disturbed, stream: int, sigma: float) -> DriftPoint:
        rng = np.random.default_rng([self.seed, stream])
        return self._point(kind, None, sigma, [self._accuracy(disturbed(rng, sigma)) for _ in range(self.prints)])

    def _moved(self, kind: str, feature: int | None, amount: float) -> DriftPoint:
        moved = self.converters.positions.copy()
        chosen = slice(None) if feature is None else feature
        if kind == SENSOR_GAIN:
            moved[chosen] *= amount
        else:
            moved[chosen] += amount
        return self._point(kind, feature, amount, [self._accuracy(self.converters.packed(positions=moved))])

    def _accuracy(self, packed: np.ndarray) -> float:
        netlist = self.subject.netlist
        return self._answers.accuracy(simulate(netlist, packed)[netlist.output_nets])

    @cached_property
    def _answers(self) -> Answers:
        return Answers(self.subject.expected, self.subject.netlist.output_bits)

    def _point(self, kind: str, feature: int | None, amount: float, accuracies: list[float]) -> DriftPoint:
        low, high = np.percentile(accuracies, [5, 95])
        steps, units = self.measured.step_in_unit, self.measured.units
        in_unit = None
        if kind == SENSOR_OFFSET and feature is not None and steps is not None:
            in_unit = amount * steps[feature]
        name = None
        if feature is not None:
            names = self.subject.features
            name = f"feature {feature}" if names is None else names[feature]
        return DriftPoint(
            kind=kind,
            feature=name,
            amount=amount,
            amount_in_unit=in_unit,
            unit="" if in_unit is None or units is None else units[feature],
            mean_accuracy=float(np.mean(accuracies)),
            low_accuracy=float(low),
            high_accuracy=float(high),
            prints=len(accuracies),
            positions_assumed=self.measured.assumed,
        )
