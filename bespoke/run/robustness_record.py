"""What was found out about prints of a design: the content of ``robustness.json``, versioned."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bespoke.errors import InputError
from bespoke.robustness.corners import Corner
from bespoke.robustness.drift import DriftPoint
from bespoke.robustness.prints import YieldPoint
from bespoke.robustness.stuck_at import FaultGroup, SeveralFaults, StuckAtFaults
from bespoke.run.metrics import restored
from bespoke.statistics import Accuracy

#: Raised whenever a field changes its name or meaning.
ROBUSTNESS_SCHEMA = 1


#: Single faults that a record lists by name.
CRITICAL_FAULTS = 20


@dataclass(frozen=True)
class NamedFault:
    """A single stuck-at fault: where it is, the value that it is stuck at, the accuracy that it leaves.

    ``site`` names it for people, ``kind`` is ``gate output``, ``gate input`` or ``front-end wire``; ``gate`` and
    ``cell`` are empty at a wire.
    """

    site: str
    kind: str
    gate: str
    cell: str
    stuck_at: int
    accuracy: float


@dataclass(frozen=True)
class StuckAtRecord:
    """Every single stuck-at fault of the netlist, one at a time.

    ``worst_of_gates`` is the least accuracy that a fault at a gate's output or inputs leaves, by instance name.
    """

    faults: int
    mean_accuracy: float
    median_accuracy: float
    worst_accuracy: float
    critical: tuple[NamedFault, ...]
    by_cell: tuple[FaultGroup, ...]
    by_feature: tuple[FaultGroup, ...]
    worst_of_gates: dict[str, float]

    @classmethod
    def of(cls, found: StuckAtFaults, gates: Sequence[str]) -> StuckAtRecord:
        """What was found, in words; ``gates`` are the gates' names."""
        return cls(
            faults=found.faults,
            mean_accuracy=found.mean_accuracy,
            median_accuracy=found.median_accuracy,
            worst_accuracy=found.worst_accuracy,
            critical=tuple(
                NamedFault(
                    site=fault.site.name,
                    kind=fault.site.kind,
                    gate=gates[fault.site.gate] if fault.site.gate >= 0 else "",
                    cell=fault.site.cell,
                    stuck_at=fault.stuck_at,
                    accuracy=fault.accuracy,
                )
                for fault in found.critical(CRITICAL_FAULTS)
            ),
            by_cell=found.by_cell(),
            by_feature=found.by_feature(),
            worst_of_gates=dict(zip(gates, found.of_gates().tolist(), strict=True)),
        )


@dataclass(frozen=True)
class DeviceCount:
    """Printed devices of the logic and of the front end that delivers what it reads.

    ``counted`` says that cells were counted from their functions, for the technology does not state all; ``source``
    is the technology's own. ``front_end`` is None where it is not known what stands before the circuit.
    """

    logic: int
    front_end: float | None
    counted: bool
    source: str


@dataclass(frozen=True)
class Robustness:
    """Everything about one design.

    Parameters
    ----------
    design : which one, in words.
    samples_of : where the samples are from, in words; a run's test part.
    expected : what a right answer is: ``classes``, or ``intact answers`` where the classes are not known.
    floor : least accuracy of a good print.
    threshold_sigma : drift of the comparators of the prints that ``yields`` counts, in steps of the grid.
    yields : by device yield; ``yield`` in the file.
    """

    design: str
    samples_of: str
    expected: str
    technology: str
    intact_accuracy: Accuracy
    floor: float
    threshold_sigma: float
    seed: int
    devices: DeviceCount
    single_stuck_at: StuckAtRecord
    several_stuck_at: tuple[SeveralFaults, ...]
    yields: tuple[YieldPoint, ...]
    drift: tuple[DriftPoint, ...]
    corners: tuple[Corner, ...]
    schema: int = field(default=ROBUSTNESS_SCHEMA)

    def at(self, device_yield: float) -> YieldPoint | None:
        """The prints at that device yield, where they were asked for."""
        return next((point for point in self.yields if point.device_yield == device_yield), None)

    def to_json(self) -> dict[str, Any]:
        """Plain dictionary, ready for ``json.dump``."""
        document = {"schema": self.schema, **dataclasses.asdict(self)}
        return {"yield" if name == "yields" else name: value for name, value in document.items()}

    @classmethod
    def from_json(cls, document: Any, where: str) -> Robustness:
        """What ``to_json`` made.

        Raises
        ------
        InputError
            naming ``where`` it is from, if it is damaged or of another version.
        """
        hint = "`bespoke robustness` on the run writes it anew"
        schema = document.get("schema") if isinstance(document, dict) else None
        if schema != ROBUSTNESS_SCHEMA:
            raise InputError(f"{where} has schema {schema!r}, this version reads {ROBUSTNESS_SCHEMA}; {hint}")
        try:
            return restored(cls, {"yields" if name == "yield" else name: value for name, value in document.items()})
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"{where} is damaged or of another version ({error}); {hint}") from None
