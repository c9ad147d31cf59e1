"""What becomes of a mapped design when it is printed: every part of ``robustness.json``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bespoke.errors import InputError
from bespoke.netlist import Netlist
from bespoke.robustness import (
    DEFAULT_DEVICE_YIELDS,
    GOOD_LOSS,
    SeveralFaults,
    YieldPoint,
    printed_yield,
    several_stuck_at,
    single_stuck_at,
)
from bespoke.robustness.corners import Corner, corners
from bespoke.robustness.drift import DEFAULT_SIGMAS, DriftPoint, drift
from bespoke.run.kept_parts import KeptParts
from bespoke.run.printable import Printable, digest_of
from bespoke.run.robustness_record import Robustness, StuckAtRecord
from bespoke.sensing import BinaryWires, FrontEnd, FrontEndKind

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class PrintSettings:
    """How closely prints are looked at.

    Parameters
    ----------
    device_yields : probabilities that a printed device works.
    threshold_sigma : drift of every comparator beside broken devices, standard deviation in steps of the grid.
    floor : least accuracy of a good print; None for the intact accuracy less `GOOD_LOSS`.
    prints : sampled for each device yield, where the prints cannot be enumerated.
    drift_prints : drawn for each amount of drift.
    sigmas : amounts of drift that are normally distributed, in steps of the grid.
    fault_counts : stuck-at faults at once, of which prints are sampled; none for single faults alone.
    """

    device_yields: tuple[float, ...] = DEFAULT_DEVICE_YIELDS
    threshold_sigma: float = 0.0
    floor: float | None = None
    prints: int = 2000
    drift_prints: int = 200
    sigmas: tuple[float, ...] = DEFAULT_SIGMAS
    fault_counts: tuple[int, ...] = (2, 3, 5, 10)
    seed: int = 0

    def __post_init__(self):
        for share in self.device_yields:
            if not 0 < share <= 1:
                raise InputError(f"option --device-yield must be above 0 and at most 1, not {share:g}")
        if not self.device_yields:
            raise InputError("option --device-yield must name one device yield at least")
        if self.floor is not None and not 0 <= self.floor <= 1:
            raise InputError(f"option --floor must lie between 0 and 1, not {self.floor:g}")
        if not 0 <= self.threshold_sigma < float("inf"):
            raise InputError(f"option --threshold-sigma must be zero or more, not {self.threshold_sigma:g}")
        if self.prints < 2:
            raise InputError(f"option --prints must be 2 or more, not {self.prints}")

    @classmethod
    def quick(cls, *, device_yield: float, threshold_sigma: float, seed: int) -> PrintSettings:
        """What every run does with the design that it chose: a second's work."""
        yields = tuple(sorted({*DEFAULT_DEVICE_YIELDS, device_yield}))
        return cls(yields, threshold_sigma, prints=1000, drift_prints=20, fault_counts=(), seed=seed)


def examine(
    printable: Printable,
    settings: PrintSettings,
    *,
    kept_in: Path | None = None,
    progress: Progress | None = None,
) -> Robustness:
    """Everything about one design; the same printable and settings give the same figures.

    Parameters
    ----------
    kept_in : folder that keeps the parts that are done; a second call takes them from there.
    """
    parts = KeptParts(kept_in)
    steps = _Steps(progress, 4 + (len(settings.device_yields) if kept_in is not None else 1))
    subject, technology = printable.subject, printable.technology

    title = "single stuck-at faults"
    tell = steps.begin(title)
    single = parts.of(
        "single_stuck_at",
        digest_of(printable, title),
        StuckAtRecord,
        lambda: StuckAtRecord.of(single_stuck_at(subject, progress=tell), gate_names(subject.netlist)),
    )
    floor = max(0.0, subject.intact.value - GOOD_LOSS) if settings.floor is None else settings.floor

    title = "several stuck-at faults"
    tell = steps.begin(title)
    several: tuple[SeveralFaults, ...] = ()
    if settings.fault_counts and single.faults:
        several = parts.of(
            "several_stuck_at",
            digest_of(printable, title, settings.fault_counts, settings.seed),
            tuple[SeveralFaults, ...],
            lambda: several_stuck_at(
                subject, counts=settings.fault_counts, prints=settings.prints, seed=settings.seed, progress=tell
            ),
        )

    yields = []
    for shares in _together(settings.device_yields, apart=kept_in is not None):
        title = f"device yield {', '.join(f'{share:g}' for share in shares)}"
        tell = steps.begin(title)
        yields += parts.of(
            f"yield_{'_'.join(map(repr, shares))}",
            digest_of(printable, title, floor, settings.prints, settings.threshold_sigma, settings.seed),
            tuple[YieldPoint, ...],
            lambda shares=shares, tell=tell: printed_at(printable, settings, shares, floor=floor, progress=tell),
        )

    title = "drift"
    tell = steps.begin(title)
    drifted: tuple[DriftPoint, ...] = ()
    if printable.measured is not None:
        drifted = parts.of(
            "drift",
            digest_of(printable, title, settings.drift_prints, settings.sigmas, settings.seed),
            tuple[DriftPoint, ...],
            lambda: drift(
                subject,
                printable.measured,
                seed=settings.seed,
                prints=settings.drift_prints,
                sigmas=settings.sigmas,
                progress=tell,
            ),
        )

    title = "corners"
    steps.begin(title)
    supplies = parts.of("corners", digest_of(printable, title), tuple[Corner, ...], lambda: _corners(printable))
    steps.end()
    return Robustness(
        design=printable.design,
        samples_of=printable.samples_of,
        expected=printable.expected,
        technology=technology.name,
        intact_accuracy=subject.intact,
        floor=floor,
        threshold_sigma=settings.threshold_sigma,
        seed=settings.seed,
        devices=printable.devices,
        single_stuck_at=single,
        several_stuck_at=several,
        yields=tuple(yields),
        drift=drifted,
        corners=supplies,
    )


def _together(device_yields: tuple[float, ...], *, apart: bool) -> tuple[tuple[float, ...], ...]:
    """Each device yield a part where parts are kept; else all as one, which counts few broken elements only once."""
    return tuple((share,) for share in device_yields) if apart else (device_yields,)


def printed_at(
    printable: Printable,
    settings: PrintSettings,
    device_yields: tuple[float, ...],
    *,
    floor: float,
    progress: Progress | None = None,
) -> tuple[YieldPoint, ...]:
    """Prints of a design at each device yield; the figures of one do not depend on the others."""
    return printed_yield(
        printable.subject,
        device_yields=device_yields,
        floor=floor,
        seed=settings.seed,
        prints=settings.prints,
        drift=printable.drifting(settings.threshold_sigma),
        progress=progress,
    )


class _Steps:
    """Progress of several steps as one."""

    def __init__(self, progress: Progress | None, count: int):
        self._progress, self._count, self._done = progress, count, -1

    def begin(self, title: str) -> Progress | None:
        """The next step; what it returns takes the step's own progress."""
        self._done += 1
        done, progress = self._done, self._progress
        if progress is None:
            return None
        progress(done / self._count, title)
        return lambda fraction, note="": progress((done + fraction) / self._count, title)

    def end(self) -> None:
        if self._progress is not None:
            self._progress(1.0, "")


def gate_names(netlist: Netlist) -> tuple[str, ...]:
    """The gates' instance names, or their numbers where they have none."""
    return netlist.gate_names or tuple(f"gate {gate}" for gate in range(netlist.gates))


def _corners(printable: Printable) -> tuple[Corner, ...]:
    netlist, wires = printable.subject.netlist, printable.wires
    front_end: FrontEnd | FrontEndKind = printable.front_end
    if wires is None:  # words from somewhere, which cost nothing that is known here
        wires, front_end = BinaryWires(max(1, netlist.input_bits), 1), FrontEndKind.DIGITAL
    return corners(
        netlist,
        wires,
        printable.subject.bits,
        front_end,
        printable.technology,
        clock_ms=printable.clock_ms,
        needless=printable.needless,
    )
