"""What a printed design loses to faults, drifting converters and other supplies."""

from bespoke.robustness.prints import DEFAULT_DEVICE_YIELDS, GOOD_LOSS, YieldPoint, printed_yield
from bespoke.robustness.stuck_at import (
    CriticalFault,
    FaultGroup,
    SeveralFaults,
    Site,
    StuckAtFaults,
    several_stuck_at,
    single_stuck_at,
)
from bespoke.robustness.subject import Subject

__all__ = [
    "DEFAULT_DEVICE_YIELDS",
    "GOOD_LOSS",
    "CriticalFault",
    "FaultGroup",
    "SeveralFaults",
    "Site",
    "StuckAtFaults",
    "Subject",
    "YieldPoint",
    "printed_yield",
    "several_stuck_at",
    "single_stuck_at",
]
