"""What becomes of a mapped design when it is printed: every part of ``robustness.json``, and what it is made from."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bespoke import __version__
from bespoke.data import Part
from bespoke.documents import read_json
from bespoke.errors import InputError
from bespoke.files import write_json
from bespoke.netlist import Netlist
from bespoke.pipeline.mapping import complements
from bespoke.pipeline.metrics import restored
from bespoke.pipeline.modelfile import ModelFile
from bespoke.pipeline.robustness_record import (
    CriticalFault,
    DeviceCount,
    GroupedFaults,
    Robustness,
    SeveralRecord,
    StuckAtRecord,
)
from bespoke.robustness.corners import Corner, corners
from bespoke.robustness.drift import DEFAULT_SIGMAS, DriftingPrints, DriftPoint, Measured, drift
from bespoke.robustness.prints import DEFAULT_DEVICE_YIELDS, GOOD_LOSS, YieldPoint, printed_yield
from bespoke.robustness.stuck_at import StuckAtFaults, several_stuck_at, single_stuck_at
from bespoke.robustness.subject import Subject
from bespoke.sensing import BinaryWires, FrontEnd, FrontEndKind, ThermometerWires, Wires, port_bits
from bespoke.statistics import Accuracy
from bespoke.technology import Technology, devices_of

Progress = Callable[[float, str], None]

#: Single faults that a record lists by name.
CRITICAL_FAULTS = 20
CLASSES, INTACT_ANSWERS = "classes", "intact answers"


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


@dataclass(frozen=True, eq=False)
class Printable:
    """A mapped design with all that decides what its prints answer.

    Parameters
    ----------
    design, samples_of, expected : as in `Robustness`.
    wires : what the input bits carry; None where nothing is known of them, and then there is no drift.
    """

    design: str
    samples_of: str
    expected: str
    subject: Subject
    measured: Measured | None
    wires: Wires | None
    front_end: FrontEnd
    technology: Technology
    clock_ms: float | None
    needless: np.ndarray

    @classmethod
    def of_model(
        cls,
        netlist: Netlist,
        model: ModelFile,
        part: Part,
        *,
        front_end: FrontEnd,
        technology: Technology,
        design: str,
        samples_of: str,
        clock_ms: float | None = None,
    ) -> Printable:
        """The netlist of a model, on samples whose classes are known.

        Without measured values the samples are taken to lie in the middle of their cells of the grid.
        """
        wires = model.wires
        measured = None
        if wires.count:
            if part.measured is None:
                measured = Measured.of_codes(part.features, wires, front_end.kind, quantiser=model.quantiser)
            else:
                measured = Measured.of_values(part.measured, model.quantiser, wires, front_end.kind)
        names, owners = wire_names(model), np.full(netlist.input_bits, -1, dtype=np.int64)
        owners[: wires.count] = wires.feature_of()
        return cls.of_netlist(
            netlist,
            port_bits(wires, part.features),
            part.classes,
            names=(*names, *["idle"] * (netlist.input_bits - len(names))),
            features=tuple(map(str, model.feature_names)),
            feature_of=owners,
            wires=wires,
            measured=measured,
            front_end=front_end,
            technology=technology,
            design=design,
            samples_of=samples_of,
            clock_ms=clock_ms,
        )

    @classmethod
    def of_netlist(
        cls,
        netlist: Netlist,
        bits: np.ndarray,
        expected: np.ndarray,
        *,
        names: tuple[str, ...],
        front_end: FrontEnd,
        technology: Technology,
        design: str,
        samples_of: str,
        features: tuple[str, ...] | None = None,
        feature_of: np.ndarray | None = None,
        wires: Wires | None = None,
        measured: Measured | None = None,
        clock_ms: float | None = None,
        answers: str = CLASSES,
    ) -> Printable:
        """A netlist on vectors, bool (samples, input bits), with the right answers, int64 (samples,)."""
        if netlist.flip_flops:
            raise InputError(
                f"module {netlist.module} has flip-flops, such as {netlist.flip_flops[0].instance}; faults are "
                "simulated in combinational netlists alone"
            )
        if not len(bits):
            raise InputError(f"{samples_of}: there are no samples, and robustness is counted on samples")
        swapped = isinstance(wires, ThermometerWires)
        needless = complements(netlist) if swapped else np.zeros(0, dtype=np.int64)
        each = np.array([devices_of(cell).count for cell in netlist.cells] or [0], dtype=np.int64)
        of_gates = each[netlist.gate_cells] if netlist.gates else np.zeros(0, dtype=np.int64)
        of_gates[needless] = 0
        of_inputs = np.zeros(netlist.input_bits)
        if wires is not None:
            used = netlist.read_inputs()[: wires.count]
            of_inputs[: wires.count] = front_end.devices_of_wires(wires, used)
        subject = Subject(
            netlist=netlist,
            bits=np.asarray(bits, dtype=bool),
            expected=np.asarray(expected, dtype=np.int64),
            devices_of_gates=of_gates,
            devices_of_inputs=of_inputs,
            input_names=names,
            features=features,
            feature_of=feature_of,
        )
        return cls(design, samples_of, answers, subject, measured, wires, front_end, technology, clock_ms, needless)

    @property
    def devices(self) -> DeviceCount:
        netlist = self.subject.netlist
        present = {netlist.cells[cell] for cell in np.unique(netlist.gate_cells).tolist()} if netlist.gates else set()
        return DeviceCount(
            logic=int(self.subject.devices_of_gates.sum()),
            front_end=None if self.wires is None else float(self.subject.devices_of_inputs.sum()),
            counted=any(devices_of(cell).counted for cell in present),
            source=self.technology.devices_source,
        )

    def drifting(self, sigma: float) -> DriftingPrints | None:
        """Prints whose comparators drift so much; None where they do not, or are not known."""
        if not sigma or self.measured is None:
            return None
        used = self.subject.netlist.read_inputs()[: self.measured.wires.count]
        return DriftingPrints(self.measured, used, sigma)


def wire_names(model: ModelFile) -> tuple[str, ...]:
    """A name for people of every wire of a model: its comparator's threshold, or the bit of its feature's word."""
    wires, names = model.wires, model.feature_names
    if isinstance(wires, ThermometerWires):
        return tuple(
            f"{names[feature]} >= {model.quantiser.threshold_text(feature, level)}"
            for feature, level in wires.levels.tolist()
        )
    return tuple(f"{names[feature]}[{bit % wires.bits}]" for bit, feature in enumerate(wires.feature_of().tolist()))


# --- parts, each kept when it is done ---------------------------------------------------------------------------


class KeptParts:
    """Parts of an examination in a folder, so that one that was killed goes on.

    A part is kept with a digest of everything that it depends on; another digest, and it is computed again.
    """

    def __init__(self, folder: Path | None):
        self._folder = folder

    def of(self, name: str, key: str, kind: Any, compute: Callable[[], Any]) -> Any:
        """The part of that name as the annotated type, computed where it is not kept."""
        if self._folder is None:
            return compute()
        path = self._folder / f"{name}.json"
        held = self._held(path)
        if held.get("digest") == key:
            try:
                return restored(kind, held["result"])
            except (KeyError, TypeError, ValueError):
                pass  # damaged, so computed again
        result = compute()
        write_json(path, {"digest": key, "result": _plain(result)})
        return result

    @staticmethod
    def _held(path: Path) -> dict[str, Any]:
        if not path.is_file():
            return {}
        try:
            document = read_json(path, "file")
        except InputError:
            return {}
        return document if isinstance(document, dict) else {}


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return dataclasses.asdict(value)
    return [_plain(entry) for entry in value] if isinstance(value, tuple) else value


def digest_of(printable: Printable, *settings: Any) -> str:
    """Of all that the figures of a design depend on, and of the settings given."""
    subject, netlist, measured = printable.subject, printable.subject.netlist, printable.measured
    digest = hashlib.sha256()
    arrays = [
        netlist.gate_cells,
        netlist.gate_fanins,
        netlist.output_nets,
        subject.bits,
        subject.expected,
        subject.devices_of_gates,
        subject.devices_of_inputs,
    ]
    if measured is not None:
        arrays.append(measured.positions)
    for array in arrays:
        digest.update(repr((array.shape, array.dtype.str)).encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    wires = None if printable.wires is None else printable.wires.to_json()
    named = (subject.input_names, netlist.gate_names, netlist.inputs, netlist.outputs, wires)
    steps = None if measured is None else (measured.step_in_unit, measured.assumed)
    told = (__version__, printable.technology, printable.front_end, printable.clock_ms, netlist.cells, named, steps)
    digest.update(json.dumps([repr(part) for part in (*told, *settings)]).encode())
    return digest.hexdigest()


# --- the examination -------------------------------------------------------------------------------------------


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
    single, intact = parts.of(
        "single_stuck_at",
        digest_of(printable, title),
        _Single,
        lambda: _single(single_stuck_at(subject, progress=tell), subject),
    ).both
    floor = max(0.0, intact.value - GOOD_LOSS) if settings.floor is None else settings.floor

    title = "several stuck-at faults"
    tell = steps.begin(title)
    several: tuple[SeveralRecord, ...] = ()
    if settings.fault_counts and single.faults:
        several = parts.of(
            "several_stuck_at",
            digest_of(printable, title, settings.fault_counts, settings.seed),
            tuple[SeveralRecord, ...],
            lambda: _several(subject, settings, tell),
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
        intact_accuracy=intact,
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


# --- from the room's values to the record's ----------------------------------------------------------------------


@dataclass(frozen=True)
class _Single:
    """The first part: faults one at a time, and the accuracy without any."""

    single: StuckAtRecord
    intact: Accuracy

    @property
    def both(self) -> tuple[StuckAtRecord, Accuracy]:
        return self.single, self.intact


def _single(faults: StuckAtFaults, subject: Subject) -> _Single:
    names = gate_names(subject.netlist)
    worst = dict(zip(names, np.asarray(faults.of_gates(), dtype=float).tolist(), strict=True))
    if not faults.faults:  # a constant circuit without any gate: nothing can break
        whole = faults.intact.value
        return _Single(StuckAtRecord(0, whole, whole, whole, (), (), (), {}), faults.intact)
    record = StuckAtRecord(
        faults=faults.faults,
        mean_accuracy=faults.mean_accuracy,
        median_accuracy=faults.median_accuracy,
        worst_accuracy=faults.worst_accuracy,
        critical=_critical(faults, names),
        by_cell=_grouped(faults.by_cell()),
        by_feature=_grouped(faults.by_feature()),
        worst_of_gates=worst,
    )
    return _Single(record, faults.intact)


def gate_names(netlist: Netlist) -> tuple[str, ...]:
    """The gates' instance names, or their numbers where they have none."""
    return netlist.gate_names or tuple(f"gate {gate}" for gate in range(netlist.gates))


def _critical(faults: StuckAtFaults, names: Sequence[str]) -> tuple[CriticalFault, ...]:
    return tuple(
        CriticalFault(
            site=worst.site.name,
            kind=worst.site.kind,
            gate=names[worst.site.gate] if worst.site.gate >= 0 else "",
            cell=worst.site.cell,
            stuck_at=int(worst.stuck_at),
            accuracy=float(worst.accuracy),
        )
        for worst in faults.critical(CRITICAL_FAULTS)
    )


def _grouped(groups: Sequence[Any]) -> tuple[GroupedFaults, ...]:
    """The most critical first."""
    found = [
        GroupedFaults(str(one.name), int(one.faults), float(one.mean_accuracy), float(one.worst_accuracy))
        for one in groups
    ]
    return tuple(sorted(found, key=lambda one: (one.mean_accuracy, one.name)))


def _several(subject: Subject, settings: PrintSettings, progress: Progress | None) -> tuple[SeveralRecord, ...]:
    found = several_stuck_at(
        subject, counts=settings.fault_counts, prints=settings.prints, seed=settings.seed, progress=progress
    )
    return tuple(
        SeveralRecord(one.faults, one.prints, one.mean_accuracy, one.median_accuracy, one.worst_accuracy)
        for one in found
    )


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
